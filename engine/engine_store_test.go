//go:build !noengine && !windows

package engine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.temporal.io/sdk/client"
)

// inDir starts an engine in a directory, checks that it serves, and stops it again.
func inDir(t *testing.T, dir string) {
	t.Helper()
	e, err := Start(t.Context(), Options{DataDir: dir, UIPort: -1})
	if err != nil {
		t.Fatal(err)
	}
	c, err := e.Client(t.Context(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := e.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// write puts a file into a data directory.
func write(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func mustStamp(t *testing.T) stamp {
	t.Helper()
	s, err := currentStamp()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func writeStampOf(t *testing.T, dir string, s stamp) {
	t.Helper()
	content, err := s.bytes()
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, stampFile, string(content))
}

func refusal(t *testing.T, dir string, parts ...string) {
	t.Helper()
	e, err := Start(t.Context(), Options{DataDir: dir, UIPort: -1})
	if err == nil {
		t.Error(e.Stop(context.Background()))
		t.Fatal("the engine started")
	}
	for _, part := range append(parts, dir) {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q lacks %q", err, part)
		}
	}
}

func TestHalfBuiltDatabaseIsBuiltAnew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	// What a power cut leaves: a database in the middle of its schema, its journal, perhaps the stamp already.
	write(t, dir, buildingFile, "SQLite format 3\x00 and then nothing")
	write(t, dir, buildingFile+"-journal", "half")
	write(t, dir, stampFile+".new", "half")
	writeStampOf(t, dir, stamp{Server: "0.0.1", Schema: "old"})
	inDir(t, dir)
	leftovers, err := filepath.Glob(filepath.Join(dir, buildingFile+"*"))
	if err != nil || len(leftovers) > 0 {
		t.Errorf("left over: %v, %v", leftovers, err)
	}
	inDir(t, dir)
}

func TestForeignStoreIsRefusedAndLeftAlone(t *testing.T) {
	t.Parallel()
	current := mustStamp(t)
	dir := t.TempDir()
	inDir(t, dir)
	database, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}

	writeStampOf(t, dir, stamp{Server: "99.0.0", Schema: current.Schema})
	refusal(t, dir, "engine version 99.0.0", "engine version "+current.Server, "run the version that wrote it", "--data", "engine.VERSION.backup.db")
	writeStampOf(t, dir, stamp{Server: current.Server, Schema: "another"})
	refusal(t, dir, current.Server+" with another schema", "--data")
	write(t, dir, stampFile, "mystery")
	refusal(t, dir, stampFile, "not a version stamp", "backup")
	if err := os.Remove(filepath.Join(dir, stampFile)); err != nil {
		t.Fatal(err)
	}
	refusal(t, dir, "has no "+stampFile, "backup")

	after, err := os.ReadFile(filepath.Join(dir, databaseFile))
	if err != nil {
		t.Fatal(err)
	}
	if string(after) != string(database) {
		t.Error("a refused database was changed")
	}
	writeStampOf(t, dir, current)
	inDir(t, dir)
}

func TestLostDatabaseIsNotReplaced(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	inDir(t, dir)
	if err := os.Rename(filepath.Join(dir, databaseFile), filepath.Join(dir, "elsewhere.db")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, databaseFile+"-wal", "the last transactions")
	refusal(t, dir, databaseFile+" is missing", "backup")
}

func TestOlderStoreIsBackedUpAndTakenOver(t *testing.T) {
	t.Parallel()
	current := mustStamp(t)
	v, err := parseVersion(current.Server)
	if err != nil {
		t.Fatal(err)
	}
	older := stamp{Server: fmt.Sprintf("%d.%d.7", v.major, v.minor-1), Schema: current.Schema}
	dir := t.TempDir()
	inDir(t, dir)
	writeStampOf(t, dir, older)
	write(t, dir, buildingFile, "a backup that was cut off")
	inDir(t, dir)
	content, err := os.ReadFile(filepath.Join(dir, stampFile))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := parseStamp(content); err != nil || got != current {
		t.Errorf("stamp is %v, %v, want %v", got, err, current)
	}

	// The backup is a whole database: in another directory, with its own stamp, it opens.
	backup, err := os.ReadFile(filepath.Join(dir, backupName(older.Server)))
	if err != nil {
		t.Fatal(err)
	}
	other := t.TempDir()
	write(t, other, databaseFile, string(backup))
	writeStampOf(t, other, current)
	inDir(t, other)
}

func TestStampReads(t *testing.T) {
	t.Parallel()
	mine := stamp{Server: "1.32.1", Schema: "s"}
	tests := []struct {
		name string
		old  stamp
		want reading
	}{
		{name: "same", old: mine, want: readAsIs},
		{name: "older patch", old: stamp{"1.32.0", "s"}, want: readUpgrade},
		{name: "older minor", old: stamp{"1.31.9", "s"}, want: readUpgrade},
		{name: "two minors older", old: stamp{"1.30.0", "s"}, want: readRefuse},
		{name: "newer patch", old: stamp{"1.32.2", "s"}, want: readRefuse},
		{name: "newer minor", old: stamp{"1.33.0", "s"}, want: readRefuse},
		{name: "older major", old: stamp{"0.31.0", "s"}, want: readRefuse},
		{name: "another schema", old: stamp{"1.32.1", "t"}, want: readRefuse},
		{name: "older patch of another schema", old: stamp{"1.32.0", "t"}, want: readRefuse},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := mine.reads(test.old)
			if err != nil || got != test.want {
				t.Errorf("got %v, %v, want %v", got, err, test.want)
			}
		})
	}
}

func FuzzParseStamp(f *testing.F) {
	f.Add([]byte(`{"server":"1.32.1","schema":"ab"}`))
	f.Add([]byte(`{"server":"1.32","schema":"ab"}`))
	f.Add([]byte(`{"server":1}`))
	f.Add([]byte("1.32.1\n"))
	f.Fuzz(func(t *testing.T, content []byte) {
		s, err := parseStamp(content)
		if err != nil {
			return
		}
		again, err := s.bytes()
		if err != nil {
			t.Fatal(err)
		}
		if got, err := parseStamp(again); err != nil || got != s {
			t.Errorf("%q is read as %v, written as %q and read as %v, %v", content, s, again, got, err)
		}
	})
}

func TestSynchronousText(t *testing.T) {
	t.Parallel()
	for _, mode := range []Synchronous{SynchronousFull, SynchronousNormal} {
		text, err := mode.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got Synchronous
		if err := got.UnmarshalText(text); err != nil || got != mode {
			t.Errorf("%q is read as %v, %v", text, got, err)
		}
	}
	var got Synchronous
	if err := got.UnmarshalText([]byte("off")); err == nil || !strings.Contains(err.Error(), "full or normal") {
		t.Errorf("off is accepted: %v", err)
	}
}
