package file_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/providers/file"
)

// TestAcceptance runs the suite that every archive passes.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	activitiestest.Archive(t, func(t *testing.T) *activitiestest.ArchiveWorld {
		dir := filepath.Join(t.TempDir(), "records")
		in := func() activities.Archive {
			a, err := file.New(dir)
			if err != nil {
				t.Fatal(err)
			}
			return a
		}
		return &activitiestest.ArchiveWorld{
			Archive: in(), Restarted: in, Read: os.ReadFile,
			BadNames: []string{"", ".", "..", "../INC-1.md", "a/b.md", `a\b.md`, "/etc/passwd", ".hidden", "INC-1.md\x00", "INC 1.md", strings.Repeat("a", 101)},
			Obstruct: func() (restore func()) { return obstruct(t, dir) },
		}
	})
}

// obstruct puts the directory aside and a file into its place, as when another disk is mounted there.
func obstruct(t *testing.T, dir string) (restore func()) {
	t.Helper()
	aside := dir + "-aside"
	if err := os.Rename(dir, aside); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, []byte("in the way"), 0o600); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(aside, dir); err != nil {
			t.Fatal(err)
		}
	}
}
