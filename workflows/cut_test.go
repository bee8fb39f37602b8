package workflows_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// winding is a runbook that comes by many places at which a run may be cut: pages, questions with cases, escalation,
// background steps, holds, a phase that is stopped, an offer, reminders.
const winding = `
runbook: winding
roles: { commander: sre-oncall, owner: payments-oncall, comms: support-oncall }
severities:
  SEV1: { answer: 2m, page: [owner, comms] }
  SEV2: { answer: 4m, page: [owner] }
phases:
  identification:
    - channel: inc-${{ incident.key }}
      id: room
      invite: [owner]
    - page: owner
      id: first
      ack: 30s
      escalate: [commander]
      background: true
    - task: Write it down
      id: write
      background: true
    - wait: 1s
    - await: severity
      timeout: 3m
      on_timeout: { choose: SEV2 }
    - note: went ${{ steps.never.choice }}
      id: held
    - page: ${{ policy.page }}
      id: more
      ack: 1m
      background: true
    - wait: 1s
    - assign: commander
      to: ana
      ack: 1m
    - approve: May we?
      id: gone
      if: severity == "SEV1"
      timeout: 1m
      on_timeout: reject
    - ask: Never asked
      id: never
      if: severity == "none"
      choices: [a, b]
      timeout: 1m
      on_timeout: continue
  containment:
    - ask: Which?
      id: which
      who: owner
      choices: { left: Left, right: Right }
      timeout: ${{ policy.answer }}
      on_timeout: escalate
      remind: 50s
      case:
        left:
          - wait: 20s
          - task: In the background
            id: behind
            who: owner
            due: 1m
            background: true
          - wait: 1s
          - approve: Sure?
            id: sure
            who: [owner, comms]
            quorum: 2
            timeout: 5m
            on_timeout: reject
            then:
              - say: sure by ${{ steps.sure.by }}
    - task: Stop here
      id: stophere
      timeout: 1m
      on_timeout: ask
    - note: never reached
  recovery:
    - say: All is well ${{ steps.which.choice }} in ${{ steps.room.name }}
    - wait: 30s
`

// windingPath plays the runbook to its end.
func windingPath(t *testing.T) *scenario {
	// The runbook reads a later step on purpose, which only a warning of the reader forbids.
	text := strings.Replace(winding, "steps.never.choice", "steps.early.choice", 1)
	text = strings.Replace(text, "    - channel:", "    - ask: Early\n      id: early\n      if: severity == \"none\"\n      choices: [a, b]\n      timeout: 1m\n      on_timeout: continue\n    - channel:", 1)
	s := newScenario(t, parse(t, text))
	s.phones(map[oncall.PersonID]time.Duration{"ben": 5 * time.Second, "cleo": 9 * time.Second, "dan": 7 * time.Second})
	by := func(who oncall.PersonID) incident.Actor { return person(who, incident.DoorSlack) }
	s.act(100*time.Second, contract.VerbSeverity, contract.Act{By: by("ben"), Value: "SEV1"})
	s.act(130*time.Second, contract.VerbAnswer, contract.Act{By: by("ben"), Step: "held", Value: "skip"})
	s.act(260*time.Second, contract.VerbAnswer, contract.Act{By: by("ben"), Step: "assign", Value: "accept"})
	s.act(280*time.Second, contract.VerbReject, contract.Act{By: by("ben"), Step: "gone", Reason: "no"})
	s.act(300*time.Second, contract.VerbAnswer, contract.Act{By: by("ben"), Step: "gone", Value: "stop"})
	s.act(330*time.Second, contract.VerbAnswer, contract.Act{By: by("ben"), Step: "identification", Value: "skip"})
	s.act(340*time.Second, contract.VerbNote, contract.Act{By: by("ben"), Value: "on we go"})
	s.act(400*time.Second, contract.VerbSeverity, contract.Act{By: by("ben"), Value: "SEV2", Reason: "less"})
	s.act(620*time.Second, contract.VerbAnswer, contract.Act{By: by("dan"), Step: "which", Value: "left"})
	s.act(650*time.Second, contract.VerbApprove, contract.Act{By: by("ana"), Step: "sure"})
	s.act(680*time.Second, contract.VerbApprove, contract.Act{By: by("cleo"), Step: "sure"})
	s.act(700*time.Second, contract.VerbDone, contract.Act{By: by("ana"), Step: "behind"})
	s.act(780*time.Second, contract.VerbAnswer, contract.Act{By: by("ben"), Step: "stophere", Value: "stop"})
	s.act(800*time.Second, contract.VerbAnswer, contract.Act{By: by("ben"), Step: "containment", Value: "skip"})
	return s
}

// rounded is a transcript in lines, in whole seconds: what happens within one depends on how fast the test runs.
func rounded(s *scenario) []string {
	lines := strings.Split(tenths.ReplaceAllString(s.transcript(), "${1}s"), "\n")
	second := func(line string) string { return strings.TrimSpace(line[:min(len(line), 9)]) }
	for from := 0; from < len(lines); {
		to := from + 1
		for to < len(lines) && second(lines[to]) == second(lines[from]) {
			to++
		}
		slices.Sort(lines[from:to])
		from = to
	}
	for n := range lines {
		lines[n] = strings.TrimSpace(lines[n])
	}
	return lines
}

// withoutCards leaves out what the card shows: how often it changes on its way depends on what a cut coincides with.
func withoutCards(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return strings.Contains(line, "  ~ card ") })
}

var tenths = regexp.MustCompile(`([0-9])\.[0-9]+s`)

// TestCutAnywhere is the property that a run may be cut at any moment: whoever walks again from the recorded state
// comes to the same place, and the world sees no difference.
func TestCutAnywhere(t *testing.T) {
	t.Parallel()
	uncut := windingPath(t)
	if result := uncut.run(); result.Ending != incident.Resolved {
		t.Fatalf("ended as %q\n%s", result.Ending, uncut.transcript())
	}
	var all []time.Duration
	for at := 2 * time.Second; at < 825*time.Second; at += 11 * time.Second {
		all = append(all, at+313*time.Millisecond)
	}
	cutEverywhere(t, uncut, windingPath, all)
}

// cutEverywhere plays a story again, cut at each moment singly and at all of them, and compares what the world sees and
// the steps' states with those of the uncut one, which has run.
func cutEverywhere(t *testing.T, uncut *scenario, play func(*testing.T) *scenario, moments []time.Duration) {
	want, states := withoutCards(rounded(uncut)), uncut.states()
	check := func(name string, cuts ...time.Duration) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := play(t)
			for _, at := range cuts {
				s.cut(at)
			}
			s.run()
			if s.stage.Runs() < 2 {
				t.Fatal("the run was not cut")
			}
			if diff := gocmp.Diff(want, withoutCards(rounded(s))); diff != "" {
				t.Errorf("the cut shows (-uncut +cut):\n%s", diff)
			}
			if diff := gocmp.Diff(states, s.states()); diff != "" {
				t.Errorf("the steps' states differ (-uncut +cut):\n%s", diff)
			}
		})
	}
	for _, at := range moments {
		check(fmt.Sprint("at ", at), at)
	}
	check("again and again", moments...)
}
