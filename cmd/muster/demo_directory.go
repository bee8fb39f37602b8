package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// demoMarker is the file by which a demo knows a directory that it may empty. A running demo holds a lock on it.
const demoMarker = ".muster-demo"

// markerText is what the marker says to a person who finds it.
const markerText = "This directory belongs to `muster demo`, which empties it at every start.\n"

// freshDemoDirectory makes an empty directory for a demo and keeps other demos off it until it is released. What an
// earlier demo left there is removed; a directory with anything in it that no demo has marked is never touched.
func freshDemoDirectory(dir string) (release func() error, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("read the demo's directory: %w", err)
	}
	marker := filepath.Join(dir, demoMarker)
	if info, err := os.Lstat(marker); len(entries) > 0 && (err != nil || !info.Mode().IsRegular()) {
		return nil, fmt.Errorf("%s has files in it and is no demo's directory: nothing was touched; choose another with --data", dir)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("make the demo's directory: %w", err)
	}
	if err := os.WriteFile(marker, []byte(markerText), 0o600); err != nil {
		return nil, fmt.Errorf("mark the demo's directory: %w", err)
	}
	release, err = lockFile(marker)
	if errors.Is(err, errLocked) {
		err = errors.New("another demo runs in this directory")
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w; choose another with --data", dir, err)
	}
	for _, e := range entries {
		if e.Name() == demoMarker {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return nil, errors.Join(fmt.Errorf("empty the demo's directory: %w", err), release())
		}
	}
	return release, nil
}
