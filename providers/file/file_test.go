package file_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/file"
)

var _ activities.Archive = (*file.Archive)(nil)

// open makes an archive in a directory that does not exist yet.
func open(t *testing.T) *file.Archive {
	t.Helper()
	a, err := file.New(filepath.Join(t.TempDir(), "deep", "records"))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestPutReplaces(t *testing.T) {
	t.Parallel()
	a := open(t)
	for _, content := range []string{"a long first version of the record", "short", ""} {
		place, err := a.Put(t.Context(), "INC-1.md", []byte(content))
		if err != nil {
			t.Fatal(err)
		}
		if want := filepath.Join(a.Dir(), "INC-1.md"); place != want || !filepath.IsAbs(place) {
			t.Errorf("place %s, want %s", place, want)
		}
		got, err := os.ReadFile(place)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(content, string(got)); diff != "" {
			t.Errorf("content (-want +got):\n%s", diff)
		}
	}
	onlyFiles(t, a, "INC-1.md")
}

func TestPutRefusesNames(t *testing.T) {
	t.Parallel()
	a := open(t)
	names := []string{
		"", ".", "..", "../INC-1.md", "a/b.md", `a\b.md`, "/etc/passwd", ".hidden", "INC-1.md\x00", "INC 1.md", "über.md",
		"INC-1.md\n", strings.Repeat("a", 101),
	}
	for _, name := range names {
		_, err := a.Put(t.Context(), name, []byte("x"))
		if !contract.IsRefused(err) {
			t.Errorf("name %q: %v, want a refusal", name, err)
		}
	}
	if _, err := os.Stat(a.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("refused names have made the directory: %v", err)
	}
}

func TestPutConcurrently(t *testing.T) {
	t.Parallel()
	a := open(t)
	contents := make([][]byte, 8)
	var done sync.WaitGroup
	for n := range contents {
		contents[n] = bytes.Repeat([]byte{byte('a' + n)}, 64<<10)
		done.Go(func() {
			if _, err := a.Put(t.Context(), "INC-1.json", contents[n]); err != nil {
				t.Errorf("write %d: %v", n, err)
			}
		})
	}
	done.Wait()
	got, err := os.ReadFile(filepath.Join(a.Dir(), "INC-1.json"))
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 64<<10 || !bytes.Equal(got, contents[got[0]-'a']) {
		t.Errorf("the file is no single writer's: %d bytes", len(got))
	}
	onlyFiles(t, a, "INC-1.json")
}

func TestPutTellsTroubleAndRecovers(t *testing.T) {
	t.Parallel()
	blocked := filepath.Join(t.TempDir(), "records")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	a, err := file.New(blocked)
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Put(t.Context(), "INC-1.md", []byte("x"))
	if err == nil || contract.IsRefused(err) || !strings.Contains(err.Error(), blocked) {
		t.Errorf("a file in the directory's place: %v, want a plain error that names it", err)
	}
	if err := os.Remove(blocked); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Put(t.Context(), "INC-1.md", []byte("x")); err != nil {
		t.Errorf("after the repair: %v", err)
	}
}

func TestPutLeavesNothingBehindWhenTheTargetCannotBeReplaced(t *testing.T) {
	t.Parallel()
	a := open(t)
	if err := os.MkdirAll(filepath.Join(a.Dir(), "INC-1.md", "in-the-way"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Put(t.Context(), "INC-1.md", []byte("x")); err == nil {
		t.Error("a directory was replaced")
	}
	onlyFiles(t, a, "INC-1.md")
}

func TestPutAfterTheDeadline(t *testing.T) {
	t.Parallel()
	a := open(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(fmt.Errorf("the worker stops"))
	if _, err := a.Put(ctx, "INC-1.md", []byte("x")); err == nil || !strings.Contains(err.Error(), "the worker stops") {
		t.Errorf("got %v, want the cause", err)
	}
}

func TestNewNeedsADirectory(t *testing.T) {
	t.Parallel()
	if _, err := file.New(""); err == nil {
		t.Error("no error without a directory")
	}
}

// onlyFiles checks that nothing but the named entries lies in the archive.
func onlyFiles(t *testing.T, a *file.Archive, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(a.Dir())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}
