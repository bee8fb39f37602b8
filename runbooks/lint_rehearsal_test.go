package runbooks

import (
	"os"
	"path/filepath"
	"testing"
)

// runbookForTests is the runbook that the fixtures of rehearsals play.
func runbookForTests(t testing.TB) *Runbook {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rehearsalFixtures, "runbook", "outage.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	rb, problems := ParseWith("outage.yaml", text, Known{Runbooks: Beside(os.DirFS(filepath.Join(rehearsalFixtures, "runbook")))})
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return rb
}

// A rehearsal that was put together by a program has no places of its parts; its own place does.
func TestCheckWithoutPlaces(t *testing.T) {
	t.Parallel()
	own := Mark{File: "made.go", Line: 7, Column: 1}
	test := Rehearsal{Mark: own, With: map[string]any{"servce": "x"}, Script: []ScriptAct{{Does: "answer", What: "stpo"}}}
	for _, p := range test.Check(runbookForTests(t)) {
		if p.File != own.File || p.Line != own.Line || p.Column != own.Column {
			t.Errorf("%s stands at another place", p)
		}
	}
}
