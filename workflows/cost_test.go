//go:build !noengine

package workflows_test

import (
	"slices"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
)

// calm is a runbook that waits for people: nothing happens but what they do.
const calm = `
runbook: calm
roles: { commander: sre-oncall, owner: payments-oncall }
severities:
  SEV1: { answer: 30m }
  SEV2: { answer: 1h }
phases:
  identification:
    - channel: inc-${{ incident.key }}
    - page: owner
      id: first
      ack: 5m
    - task: In the background
      id: behind
      timeout: 2h
      on_timeout: ask
      background: true
    - ask: What now?
      id: now
      choices: { restart: Restart, nothing: Nothing }
      timeout: ${{ policy.answer }}
      on_timeout: escalate
`

// TestEventsOfAnAct bounds what an act costs in history events: an incident's history is finite, and so is a night.
func TestEventsOfAnAct(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const id = "incident/calm"
	l.pickUp(id, "ana")
	run := l.declare(id, parse(t, calm))
	l.until(id, "the question is open", waitsFor("now"))
	by := person("ben", incident.DoorSlack)
	update := func(verb contract.Verb, act contract.Act) func() {
		return func() {
			act.By = by
			_, _ = l.act(id, verb, act) // what is refused is measured too
		}
	}
	repeat := contract.Alerts{Alerts: []incident.Alert{{Source: "alertmanager", Fingerprint: "f1", Title: "HighErrorRate"}}}
	acts := []struct {
		name string
		act  func()
		most int
	}{
		{"severity", update(contract.VerbSeverity, contract.Act{Value: "SEV2"}), 14}, // and the deadline of a question moves
		{"severity again", update(contract.VerbSeverity, contract.Act{Value: "SEV2"}), 0},
		{"role", update(contract.VerbAssign, contract.Act{Role: "commander", Person: "ben", PersonName: "Ben"}), 14},
		{"note", update(contract.VerbNote, contract.Act{Value: "hello"}), 6},
		{"a message", update(contract.VerbNote, pinOf("ben", "m1", "the pool is exhausted")), 6},
		{"a message again", update(contract.VerbNote, pinOf("ben", "m1", "the pool is exhausted")), 6},
		{"a message withdrawn", update(contract.VerbWithdraw, unpinOf("ben", "m1")), 6},
		{"acknowledged already", update(contract.VerbAck, contract.Act{}), 6},
		{"refused", update(contract.VerbAnswer, contract.Act{Step: "now", Value: "never"}), 0},
		{"alert repeats", func() {
			if err := l.client.SignalWorkflow(t.Context(), id, "", string(contract.AlertsSignal), repeat); err != nil {
				t.Error(err)
			}
		}, 6},
		{"done", update(contract.VerbDone, contract.Act{Step: "behind"}), 14},
	}
	before := l.settled(id, run.GetRunID())
	for _, a := range acts {
		a.act()
		after := l.settled(id, run.GetRunID())
		t.Logf("%s: %d events", a.name, after-before)
		if after-before > a.most {
			t.Errorf("%s costs %d events, want at most %d", a.name, after-before, a.most)
			for _, e := range l.history(id, run.GetRunID()).GetEvents()[before:] {
				t.Log(e.GetEventType())
			}
		}
		before = after
	}
	l.mustAct(id, contract.VerbResolve, contract.Act{By: by})
	l.ended(run)
	checkTimers(t, l.history(id, run.GetRunID()))
}

// settled is the length of a history that does not grow any more.
func (l *live) settled(id, run string) int {
	const quiet = 8
	for length, same := 0, 0; ; {
		if now := len(l.history(id, run).GetEvents()); now != length {
			length, same = now, 0
		}
		if same++; same > quiet {
			return length
		}
		time.Sleep(50 * time.Millisecond) // the engine's time is real
	}
}

// TestCancelOfAReview presses Temporal's cancel button on a review: the lessons end, what is final is still done.
func TestCancelOfAReview(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const id = "incident/reviewed"
	run := l.declare(id, parse(t, containing(`
    - channel: inc-${{ incident.key }}
  lessons_learned:
    - task: Learn
      id: learn
    - note: never reached
finally:
    - note: closed
`)))
	review := contract.ReviewID(string(l.ended(run).Key))
	l.until(review, "the task is open", waitsFor("learn"))
	if err := l.client.CancelWorkflow(t.Context(), review, ""); err != nil {
		t.Fatal(err)
	}
	l.ended(l.client.GetWorkflow(t.Context(), review, ""))
	value, err := l.client.QueryWorkflow(t.Context(), review, "", string(contract.Timeline), contract.TimelineRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var part contract.TimelinePart
	if err := value.Get(&part); err != nil {
		t.Fatal(err)
	}
	var notes []string
	for _, e := range part.Entries {
		if e.Kind == incident.EntryNote {
			notes = append(notes, e.Text)
		}
	}
	if want := []string{"the review was cancelled in Temporal", "closed"}; !slices.Equal(notes, want) {
		t.Errorf("notes are %q, want %q", notes, want)
	}
	checkTimers(t, l.history(review, ""))
}
