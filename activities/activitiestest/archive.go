package activitiestest

import (
	"bytes"
	"fmt"
	"sync"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
)

// ArchiveWorld is a place where files are kept, with the port in front of it.
type ArchiveWorld struct {
	Archive activities.Archive
	// Restarted is the port of another process to the same place.
	Restarted func() activities.Archive
	// Read reads what lies at a place that Put has answered.
	Read func(place string) ([]byte, error)
	// BadNames are names that the archive cannot keep anything under. A world without any takes every name.
	BadNames []string
	// Obstruct makes the archive unable to write until it is restored. Whether what it holds can be read meanwhile is
	// left open.
	Obstruct func() (restore func())
}

// Archive runs the acceptance test of the archive.
func Archive(t *testing.T, open func(t *testing.T) *ArchiveWorld) {
	t.Helper()
	suite := archiveSuite{open}
	for name, test := range map[string]func(*testing.T){
		"Put":              suite.puts,
		"PutReplaces":      suite.replaces,
		"PutSideBySide":    suite.sideBySide,
		"PutRefusesNames":  suite.refusesNames,
		"PutAfterATrouble": suite.afterATrouble,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type archiveSuite struct {
	open func(t *testing.T) *ArchiveWorld
}

// put writes a file and answers its place.
func put(t *testing.T, archive activities.Archive, name, content string) string {
	t.Helper()
	place, err := archive.Put(t.Context(), name, []byte(content))
	must(t, err)
	if place == "" {
		t.Fatalf("nobody is told where %s lies", name)
	}
	return place
}

// holds compares what lies at a place.
func (w *ArchiveWorld) holds(t *testing.T, place, want string) {
	t.Helper()
	got, err := w.Read(place)
	if err != nil || string(got) != want {
		t.Errorf("at %s lies %.80q (%v), want %.80q", place, got, err, want)
	}
}

// puts: every file lies at a place of its own, as it was given, byte for byte.
func (s archiveSuite) puts(t *testing.T) {
	w := s.open(t)
	contents := map[string]string{
		"INC-1.md": "# INC-1\n", "INC-1.json": "{}", "INC-11.md": "", "INC-2.md": "\x00\xff\r\n", "INC-3.md": string(bytes.Repeat([]byte("long "), 100_000)),
	}
	places := map[string]string{}
	for name, content := range contents {
		place := put(t, w.Archive, name, content)
		if other, taken := places[place]; taken {
			t.Errorf("%s and %s both lie at %s", name, other, place)
		}
		places[place] = name
	}
	for place, name := range places {
		w.holds(t, place, contents[name])
	}
}

// replaces: writing again puts the new content into the same place, also by another process.
func (s archiveSuite) replaces(t *testing.T) {
	w := s.open(t)
	other := put(t, w.Archive, "INC-2.md", "untouched")
	place := ""
	for n, content := range []string{"a long first version of the record", "short", "", "short", "short"} {
		port := w.Archive
		if n%2 == 1 {
			port = w.Restarted()
		}
		got := put(t, port, "INC-1.md", content)
		if place != "" && got != place {
			t.Errorf("version %d lies at %s, before it was %s", n+1, got, place)
		}
		place = got
		w.holds(t, place, content)
	}
	w.holds(t, other, "untouched")
}

// sideBySide: of several writers one wins as a whole.
func (s archiveSuite) sideBySide(t *testing.T) {
	w := s.open(t)
	var writers sync.WaitGroup
	places := make([]string, 8)
	for n := range places {
		content := bytes.Repeat([]byte{byte('a' + n)}, 64<<10)
		writers.Go(func() {
			place, err := w.Archive.Put(t.Context(), "INC-1.json", content)
			if err != nil {
				t.Errorf("writer %d: %v", n, err)
			}
			places[n] = place
		})
	}
	writers.Wait()
	got, err := w.Read(places[0])
	must(t, err)
	if len(got) != 64<<10 || bytes.Count(got, got[:1]) != len(got) {
		t.Errorf("the file is no single writer's: %d bytes", len(got))
	}
	for _, place := range places {
		same(t, "place", places[0], place)
	}
}

// refusesNames: a name that can never be kept is refused for ever.
func (s archiveSuite) refusesNames(t *testing.T) {
	w := s.open(t)
	if len(w.BadNames) == 0 {
		t.Skip("this world takes every name")
	}
	for _, name := range w.BadNames {
		if place, err := w.Archive.Put(t.Context(), name, []byte("x")); !contract.IsRefused(err) {
			t.Errorf("%q: %q, %v, want a refusal", name, place, err)
		}
	}
}

// afterATrouble: what cannot be written just now gives a plain error, leaves what was there, and works afterwards.
func (s archiveSuite) afterATrouble(t *testing.T) {
	w := s.open(t)
	place := put(t, w.Archive, "INC-1.md", "old")
	restore := w.Obstruct()
	for n := range 2 {
		if _, err := w.Archive.Put(t.Context(), fmt.Sprintf("INC-%d.md", n+1), []byte("new")); !isPlain(err) {
			t.Errorf("while it cannot write it gives %T (%v), want an error that is tried again", err, err)
		}
	}
	restore()
	w.holds(t, place, "old")
	if again := put(t, w.Archive, "INC-1.md", "new"); again != place {
		t.Errorf("afterwards it lies at %s, before it was %s", again, place)
	}
	w.holds(t, place, "new")
}
