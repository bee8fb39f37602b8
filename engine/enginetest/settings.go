//go:build !noengine && !windows

package enginetest

import (
	"fmt"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/engine/internal/server"
)

// CheckSettingsFile reads a dynamic-config file as a Temporal server does. The error names every setting that the
// server would ignore, and every one in which a server with this file differs from the embedded engine.
func CheckSettingsFile(content []byte) error {
	got, err := server.CheckSettingsFile(content)
	if err != nil {
		return err
	}
	want := map[string]any{}
	for name, value := range server.Settings() {
		if d, ok := value.(time.Duration); ok {
			value = d.String()
		}
		want[strings.ToLower(name)] = value // names are the same in any case
	}
	if diff := cmp.Diff(want, got); diff != "" {
		return fmt.Errorf("settings differ from the embedded engine's (-engine +file):\n%s", diff)
	}
	return nil
}
