package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

func TestDataIn(t *testing.T) {
	t.Parallel()
	getenv := func(name string) string { return map[string]string{"DATA_DIR": "/srv/data"}[name] }
	for text, want := range map[string]string{
		"":                                "",
		"people: {}\n":                    "",
		"data: /srv/x\n":                  "/srv/x",
		"people: {{{\ndata: \"/srv/a b\"": "/srv/a b",
		"data: '/srv/x' # here":           "/srv/x",
		"data:    musterbook-data # here": "musterbook-data",
		"data: ${DATA_DIR}":               "/srv/data",
		"data: ${OTHER}":                  "",
		"people:\n  data: { name: Data }": "",
		"# data: /srv/x":                  "",
	} {
		if got := dataIn([]byte(text), getenv); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestWriteWholeLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "new", "file")
	for _, text := range []string{"one", "two"} {
		if err := writeWhole(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != text {
			t.Errorf("%q, %v", got, err)
		}
	}
	about, err := os.Stat(path)
	if err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", about.Mode(), err)
	}
	if err := writeWhole(dir, []byte("a file in place of a directory")); err == nil {
		t.Error("a directory was replaced")
	}
	for _, d := range []string{filepath.Dir(path), filepath.Dir(dir)} {
		left, err := filepath.Glob(filepath.Join(d, ".*-*"))
		if err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	}
}

func TestNotes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	silent := func(err error) { t.Errorf("complained: %v", err) }
	dir := t.TempDir()
	old := filepath.Join(dir, notesDir, "old.json")
	if err := writeWhole(old, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(old, now, now.Add(-notesKept-time.Hour)); err != nil {
		t.Fatal(err)
	}
	open := func(id string, at time.Time) *notes {
		n := openNotes(t.Context(), noting{data: dir, id: id, now: func() time.Time { return at }, complain: silent})
		n.close() // as a command that was killed would
		return n
	}
	n := open("one", now)
	if _, err := os.Stat(old); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("old notes are kept: %v", err)
	}
	first := n.intend("ana/call", now)
	if first.Again || !first.Intended.Equal(now) {
		t.Errorf("a first intention: %+v", first)
	}
	n.placed("ana/sms", "SM1")

	// The command was killed and is given again.
	again := open("one", now.Add(time.Minute))
	if !again.knows("ana", now.Add(time.Minute)) || again.knows("ben", now) || again.provider("ana/sms") != "SM1" || again.provider("ana/call") != "" {
		t.Errorf("%+v", again.page)
	}
	if effect := again.intend("ana/call", now.Add(time.Minute)); !effect.Again || !effect.Intended.Equal(now) {
		t.Errorf("a repeated intention: %+v", effect)
	}
	// Later a list of calls says nothing about an intention of then.
	late := now.Add(10 * time.Minute)
	if again.knows("ana", late) {
		t.Error("an intention of ten minutes ago is trusted")
	}
	if effect := open("one", late).intend("ana/call", late); effect.Again || !effect.Intended.Equal(late) {
		t.Errorf("a late intention: %+v", effect)
	}
	again.forget("ana/sms")
	if again.provider("ana/sms") != "" {
		t.Error("what was taken back is known")
	}
	if other := open("two", now); other.knows(oncall.PersonID("ana"), now) {
		t.Error("another id knows it, too")
	}
	if n := open("one", now.Add(directMemory)); n.provider("ana/sms") != "" {
		t.Error("it is known for more than an hour")
	}
}

func TestNotesThatCannotBeWrittenAreMissedOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	complaints := 0
	n := openNotes(t.Context(), noting{data: dir, id: "one", now: time.Now, complain: func(error) { complaints++ }})
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where the directory was
		t.Fatal(err)
	}
	n.placed("ana/call", "CA1")
	n.placed("ana/sms", "SM1")
	if complaints != 1 || n.provider("ana/call") != "CA1" {
		t.Errorf("%d complaints, %+v", complaints, n.page)
	}
}

func TestSpokenWordsFitIntoACall(t *testing.T) {
	t.Parallel()
	n := newOutage(t)
	s := n.page("ana", strings.Repeat("<&>", 500), "--as", strings.Repeat("&", 500))
	if s.status != 0 {
		t.Fatalf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
	}
	if got := n.fake.Calls()[0].TwiML; !strings.Contains(got, "cannot be acknowledged") || !strings.Contains(got, "See the chat.") {
		t.Error(got)
	}
}
