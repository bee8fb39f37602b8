package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// demoMarker is the file by which a demo knows a directory that it may empty.
const demoMarker = ".muster-demo"

// markerText is what the marker says to a person who finds it.
const markerText = "This directory belongs to `muster demo`, which empties it at every start.\n"

// freshDemoDirectory makes an empty directory for a demo. What an earlier demo left there is removed; a directory with
// anything in it that no demo has marked is never touched.
func freshDemoDirectory(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return fmt.Errorf("read the demo's directory: %w", err)
	case len(entries) > 0:
		if err := emptyDemoDirectory(dir, entries); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the demo's directory: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, demoMarker), []byte(markerText), 0o600); err != nil {
		return fmt.Errorf("mark the demo's directory: %w", err)
	}
	return nil
}

// emptyDemoDirectory removes what an earlier demo left, the marker last, so that a removal that was cut short goes on
// at the next start.
func emptyDemoDirectory(dir string, entries []os.DirEntry) error {
	info, err := os.Lstat(filepath.Join(dir, demoMarker))
	if err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("%s has files in it and is no demo's directory: nothing was touched; choose another with --data", dir)
	}
	for _, e := range entries {
		if e.Name() == demoMarker {
			continue
		}
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return fmt.Errorf("empty the demo's directory: %w", err)
		}
	}
	return nil
}
