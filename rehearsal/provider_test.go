package rehearsal_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// parsed reads a runbook and the script of one play.
func parsed(t *testing.T, book, script string) rehearsal.Options {
	t.Helper()
	rb, problems := runbooks.Parse("book.yaml", []byte(book))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	scripts, problems := runbooks.ParseRehearsals("script.yaml", []byte(script))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return rehearsal.Options{Runbook: rb, Script: scripts[0]}
}

// A page by message alone escalates after its time, counted from the provider's word that the message is sent.
func TestMessageStartsTheClock(t *testing.T) {
	t.Parallel()
	r := run(t, parsed(t, `
runbook: book
roles: { commander: sre-oncall }
severities: { SEV1: {} }
phases:
  identification:
    - page: payments-oncall
      via: [sms]
      ack: 2s
      escalate: [commander]
`, `{ runbook: book, for: 10s }`))
	n := slices.IndexFunc(r.Entries, func(e incident.Entry) bool { return e.Kind == incident.EntryEscalate })
	if n < 0 || r.Entries[n].At.Sub(r.Start) > 3*time.Second {
		t.Errorf("no escalation within 3 s: %v", r.Entries)
	}
	for _, line := range text(r) {
		if strings.Contains(line, "message") {
			t.Errorf("a transcript tells that a message is on its way: %s", line)
		}
	}
}

// What an action refuses is not refused to the question that the step then asks, nor is the next outcome used up by it.
func TestRefusalIsTheActionsAlone(t *testing.T) {
	t.Parallel()
	r := run(t, parsed(t, `
runbook: book
roles: { commander: sre-oncall }
severities: { SEV1: {} }
phases:
  containment:
    - channel: inc-${{ incident.key }}
    - run: check
      id: check
`, `
runbook: book
for: 1h
people: { sre-oncall: ana }
mock: { check: [{ refuse: not now }, { refuse: not yet }, { ok: {} }] }
script: [{ at: 1m, retry: check, by: ana }, { at: 2m, retry: check, by: ana }]
`))
	posted := slices.ContainsFunc(r.Acts, func(l memory.Line) bool { return l.Kind == "post" && strings.Contains(l.Text, "not now") })
	if !posted {
		t.Errorf("the question of the step that holds was not posted: %v", r.Acts)
	}
	for _, e := range r.Entries {
		if e.Kind == incident.EntryProblem {
			t.Errorf("a problem: %s", e.Text)
		}
	}
	for _, step := range r.Final.Steps {
		if step.Address == "check" && step.State != "done" {
			t.Errorf("after the third try check is %s", step.State)
		}
	}
}
