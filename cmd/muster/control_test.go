//go:build !windows

package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// openControl opens a socket whose reload answers with a result.
func openControl(t *testing.T, dir string, result reloaded) *control {
	t.Helper()
	c, err := startControl(t.Context(), dir, controls{
		reload: func() reloaded { return result }, log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sockets lists what lies in a data directory.
func sockets(t *testing.T, dir string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, socketPattern))
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestControlBringsBackWhatCame(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	want := reloaded{Problems: []string{"a.yaml:1:2: wrong"}, Restart: []string{"slack"}, Runbooks: 3}
	c := openControl(t, dir, want)
	paths := sockets(t, dir)
	if len(paths) != 1 {
		t.Fatalf("sockets: %v, want one", paths)
	}
	if info, err := os.Stat(paths[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket is open to others: %v %v", info, err)
	}
	got, err := askReload(t.Context(), paths[0])
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if left := sockets(t, dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := askReload(t.Context(), paths[0]); err == nil {
		t.Error("a closed socket answers")
	}
}

func TestControlRemovesTheSocketsOfTheDead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dead, err := net.Listen("unix", filepath.Join(dir, "control-dead.sock"))
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false) // as a process that is killed
	if err := dead.Close(); err != nil {
		t.Fatal(err)
	}
	first := openControl(t, dir, reloaded{Runbooks: 1})
	second := openControl(t, dir, reloaded{Runbooks: 2})
	paths := sockets(t, dir)
	if len(paths) != 2 || strings.Contains(strings.Join(paths, " "), "dead") {
		t.Errorf("sockets: %v, want those of the two that live", paths)
	}
	for _, c := range []*control{first, second} {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestControlWhereThePathIsTooLong(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", longestSocket))
	if c := openControl(t, dir, reloaded{}); c != nil {
		t.Error("a socket with a path that some systems do not take")
	}
}
