package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
)

func TestStatusText(t *testing.T) {
	t.Parallel()
	door := busyDoor()
	door.shown.Incident.Assessment = &incident.Assessment{Scope: incident.ScopeSome, Impact: "orders in the EU fail"}
	got := statusText(&door.shown, door.entries, door.shown.Incident.DeclaredAt.Add(30*time.Minute)) + "\n"
	path := filepath.Join("testdata", "watch", "status.txt")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}

// TestStatusTextIsOneMessage: however much is open, it fits, and what matters most is in it.
func TestStatusTextIsOneMessage(t *testing.T) {
	t.Parallel()
	door := busyDoor()
	inc := &door.shown.Incident
	for n := range 40 {
		inc.Questions = append(inc.Questions, &incident.Question{
			Key: fmt.Sprint(n), Step: fmt.Sprint("step", n), Text: strings.Repeat("long ", 100), Who: []string{"commander"},
			Kind: []incident.QuestionKind{incident.QuestionAsk, incident.QuestionTask}[n%2], Deadline: inc.DeclaredAt, OnTimeout: "the next one is asked",
		})
		door.entries = append(door.entries, incident.Entry{Seq: 100 + n, Kind: incident.EntryNote, Text: strings.Repeat("word ", 200)})
	}
	got := statusText(&door.shown, door.entries, inc.DeclaredAt)
	if n := utf8.RuneCountInString(got); n > 3800 {
		t.Errorf("%d characters", n)
	}
	for _, want := range []string{"INC-7 · checkout", "SEV1 · containment", "commander Ana Ruiz", "and 17 more", "Open tasks"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in:\n%s", want, got)
		}
	}
}
