package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// bookText is a runbook that is in order.
func bookText(id, title string) string {
	return "runbook: " + id + "\ntitle: " + title + `
roles: { commander: ana }
severities: { SEV1: {} }
phases:
  identification:
    - wait: 1s
`
}

// shelve writes a file into a directory of runbooks.
func shelve(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestTestsAreNoRunbooks: what tests a runbook lies beside it, and the server neither reads it nor complains of it.
func TestTestsAreNoRunbooks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shelve(t, dir, "mine.yaml", bookText("mine", "Mine"))
	shelve(t, dir, "mine.test.yaml", "test: mine\nexpect: { ends: open }\n")
	l, problems, err := openLibrary(dir)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems)
	}
	if titleOf(l, "mine") != "Mine" || titleOf(l, "mine.test") != "" {
		t.Errorf("in force: %v", l.Known())
	}
}

// titleOf is the title of a runbook in force; empty where there is none.
func titleOf(l *library, id string) string {
	rb, hash, err := l.Runbook(id)
	if err != nil || hash == "" {
		return ""
	}
	return rb.Title
}

func TestLibraryKeepsTheLastGood(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shelve(t, dir, "own.yaml", bookText("own", "first"))
	l, problems, err := openLibrary(dir)
	if err != nil || problems.Err() != nil {
		t.Fatal(err, problems)
	}
	steps := []struct {
		what   string
		file   string
		text   string // empty = the file is removed
		faulty bool
		id     string
		want   string // title in force
	}{
		{what: "a change", file: "own.yaml", text: bookText("own", "second"), id: "own", want: "second"},
		{what: "a faulty file", file: "own.yaml", text: "runbook: own\n", faulty: true, id: "own", want: "second"},
		{what: "still faulty", file: "own.yaml", text: ":", faulty: true, id: "own", want: "second"},
		{what: "another runbook's id", file: "own.yaml", text: bookText("other", "x"), faulty: true, id: "own", want: "second"},
		{what: "that other id", file: "own.yaml", text: bookText("other", "x"), faulty: true, id: "other", want: ""},
		{what: "repaired", file: "own.yaml", text: bookText("own", "third"), id: "own", want: "third"},
		{what: "over a shipped one", file: "demo.yaml", text: bookText("demo", "ours"), id: "demo", want: "ours"},
		{what: "removed", file: "own.yaml", id: "own", want: ""},
		{what: "not for us", file: ".own.yaml", text: "nonsense", id: "own", want: ""},
		{what: "no YAML", file: "README.md", text: "nonsense", id: "demo", want: "ours"},
	}
	for _, step := range steps {
		if step.text == "" {
			if err := os.Remove(filepath.Join(dir, step.file)); err != nil {
				t.Fatal(err)
			}
		} else {
			shelve(t, dir, step.file, step.text)
		}
		problems, err := l.Reload()
		if err != nil {
			t.Fatalf("%s: %v", step.what, err)
		}
		if faulty := problems.Err() != nil; faulty != step.faulty {
			t.Errorf("%s: problems %v, want some: %v", step.what, problems, step.faulty)
		}
		for _, p := range problems {
			if !strings.HasPrefix(p.String(), filepath.Join(dir, step.file)+":") {
				t.Errorf("%s: the problem does not name its file: %s", step.what, p)
			}
		}
		if got := titleOf(l, step.id); got != step.want {
			t.Errorf("%s: runbook %s is %q, want %q", step.what, step.id, got, step.want)
		}
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Reload(); err == nil || titleOf(l, "demo") != "ours" {
		t.Errorf("without its directory: error %v, demo is %q, want an error and nothing changed", err, titleOf(l, "demo"))
	}
}

func TestLibraryStartsBesideAFaultyRunbook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shelve(t, dir, defaultRunbook+".yaml", "runbook: service-outage\n")
	l, problems, err := openLibrary(dir)
	if err != nil {
		t.Fatal(err)
	}
	if problems.Err() == nil {
		t.Error("the faulty file was not told of")
	}
	if titleOf(l, defaultRunbook) == "" {
		t.Error("the shipped runbook is not in force")
	}
	if _, _, err := openLibrary(filepath.Join(dir, "missing")); err == nil {
		t.Error("a directory that is not there is no error")
	}
}

func TestLibraryNamesWhatItHas(t *testing.T) {
	t.Parallel()
	l, problems, err := openLibrary("")
	if err != nil || len(problems) > 0 {
		t.Fatal(err, problems)
	}
	_, _, err = l.Runbook("service-outrage")
	if err == nil || !strings.Contains(err.Error(), `did you mean "service-outage"?`) {
		t.Errorf("a slip: %v, want the name that was meant", err)
	}
	known := l.Known()
	if len(known) != l.Len() || !slices.IsSortedFunc(known, func(a, b roster.Runbook) int { return strings.Compare(a.ID, b.ID) }) {
		t.Errorf("known %d of %d, or not sorted", len(known), l.Len())
	}
	for _, k := range known {
		if len(k.Severities) == 0 || !slices.Contains(k.Roles, "commander") {
			t.Errorf("the roster is not told of %s: %+v", k.ID, k)
		}
		if err := k.Accepts(map[string]any{"no such input": 1}); err == nil {
			t.Errorf("%s accepts an input that it does not have", k.ID)
		}
	}
}

func TestPageRunbooks(t *testing.T) {
	t.Parallel()
	for name, text := range map[string][]byte{"page.yaml": pageText, "page_self.yaml": selfText} {
		rb, hash, err := pageBook{text: text}.Runbook("page")
		if err != nil || hash == "" {
			t.Fatal(err)
		}
		if _, problems := runbooks.Parse(name, text); problems.Err() != nil {
			t.Error(problems)
		}
		if string(rb.Severities[0].Severity) != pageSeverity {
			t.Errorf("the severity is %s, want %s", rb.Severities[0].Severity, pageSeverity)
		}
		if _, err := rb.Bind(map[string]any{"target": "ana", "message": "please"}); err != nil {
			t.Error(err)
		}
	}
}
