//go:build !noengine

package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.temporal.io/server/common/dynamicconfig"
)

type settings = dynamicconfig.StaticClient

// Settings are the values in which a Musterbook server differs from Temporal's defaults, by the server's own names.
func Settings() map[string]any {
	return map[string]any{
		// A server in one process has one shard, and the default of 20 polls a second makes every dispatched task wait
		// 50 ms. With these rates ten sequential activities take a tenth of the time.
		"history.transferProcessorMaxPollRPS":   1000,
		"history.timerProcessorMaxPollRPS":      1000,
		"history.visibilityProcessorMaxPollRPS": 200,
		// Whoever waits for a workflow's end is told through a channel with room for one message; when two events come
		// at once the second is dropped, and the waiter finds out when its poll expires. 20 s is the default.
		"history.longPollExpirationInterval": 2 * time.Second,
		// Lists are limited to 10 a second by default, which the Web UI and one command line exceed together.
		"frontend.namespaceRPS.visibility": 100,
		// SQL stores keep ids in 255 bytes; the server's own limit of 1000 would let a longer one fail late.
		"limit.maxIDLength": 255,
		// A worker that stops in good order gives its polls back, so that no task is handed to a process that is gone.
		"frontend.enableCancelWorkerPollsOnShutdown": true,
		// The version check asks a host on the internet once a day.
		"frontend.enableServerVersionCheck": false,
	}
}

// mergeSettings lays overrides over Settings and refuses names and values that the server does not know, which it
// would otherwise ignore.
func mergeSettings(overrides map[string]any) (settings, error) {
	var loader dynamicconfig.YamlLoader
	for _, layer := range []map[string]any{Settings(), overrides} {
		for _, name := range slices.Sorted(maps.Keys(layer)) {
			text, err := settingText(layer[name])
			if err != nil {
				return nil, fmt.Errorf("setting %s: %w", name, err)
			}
			loader.LoadValue(dynamicconfig.MakeKey(name), text)
		}
	}
	if err := errors.Join(append(loader.Errors, loader.Warnings...)...); err != nil {
		return nil, fmt.Errorf("settings of the Temporal server: %w", err)
	}
	merged := make(settings, len(loader.Map))
	for key, value := range loader.Map {
		merged[key] = value
	}
	return merged, nil
}

// CheckSettingsFile reads a dynamic-config file as the server would, and returns an error for each name or value that
// the server would ignore.
func CheckSettingsFile(content []byte) (map[string]any, error) {
	loader := dynamicconfig.LoadYamlFile(content)
	if err := errors.Join(append(loader.Errors, loader.Warnings...)...); err != nil {
		return nil, err
	}
	found := make(map[string]any, len(loader.Map))
	for key, values := range loader.Map {
		if len(values) != 1 {
			return nil, fmt.Errorf("setting %s: want one value, got %d", key, len(values))
		}
		found[key.String()] = values[0].Value
	}
	return found, nil
}

// settingText writes a value as an entry of a dynamic-config file (JSON is YAML).
func settingText(value any) ([]byte, error) {
	if d, ok := value.(time.Duration); ok {
		value = d.String()
	}
	return json.Marshal([]map[string]any{{"value": value}})
}
