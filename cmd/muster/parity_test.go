package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack"
)

// TestEveryVerbHasEveryDoor: what people can do, they can do on the command line, by the API, and in Slack, or it is
// said why not.
func TestEveryVerbHasEveryDoor(t *testing.T) {
	t.Parallel()
	commands := map[contract.Verb]string{}
	for _, c := range rootCommand(shell{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}).Commands() {
		if verb, ok := c.Annotations[verbAnnotation]; ok {
			commands[contract.Verb(verb)] = c.Name()
		}
	}
	text, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	_, table, _ := strings.Cut(string(text), "## The verbs")
	for line := range strings.SplitSeq(table, "\n") {
		if first, ok := strings.CutPrefix(line, "| `"); ok {
			cell, _, _ := strings.Cut(first, " | ")
			for verb := range strings.SplitSeq(cell, ", ") {
				rows[strings.Trim(verb, "`")] = true
			}
		}
	}
	for _, verb := range contract.Verbs() {
		word, said := slack.Offered()[verb]
		switch {
		case commands[verb] == "":
			t.Errorf("no command carries out %s", verb)
		case said && word != commands[verb]:
			t.Errorf("%s is said %q in Slack and %q on the command line", verb, word, commands[verb])
		}
		if !rows[string(verb)] {
			t.Errorf("docs/api.md has no row for %s", verb)
		}
		if slack.NotOffered()[verb] == "" && !said {
			t.Errorf("%s has no word in Slack, and no reason why", verb)
		}
	}
}

// TestActingIsDocumented: docs/acting.md says how each verb is said, in both ways, and shows the screen that the view draws.
func TestActingIsDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/acting.md")
	if err != nil {
		t.Fatal(err)
	}
	screen, err := os.ReadFile("testdata/watch/busy.txt")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "```\n"+string(screen)+"```\n") {
		t.Error("docs/acting.md shows another screen than testdata/watch/busy.txt")
	}
	for _, c := range rootCommand(shell{stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}}).Commands() {
		if verb := c.Annotations[verbAnnotation]; verb != "" && !strings.Contains(string(text), "`muster "+c.Name()+" ") {
			t.Errorf("docs/acting.md has no command for %s", verb)
		}
	}
	for verb, word := range slack.Offered() {
		if !strings.Contains(string(text), "`/muster "+word) {
			t.Errorf("docs/acting.md has no word for %s", verb)
		}
	}
}
