package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// containing is a runbook whose containment holds the given steps, indented by four spaces.
func containing(steps string) string {
	return `
runbook: rules
roles: { commander: sre-oncall, owner: payments-oncall, comms: support-oncall }
severities:
  SEV1: { ack: 5m, answer: 5m, page: [owner, comms] }
  SEV2: { ack: 10m, answer: 20m, page: [owner] }
  SEV3: { ack: 30m, answer: 1h, page: [owner] }
phases:
  containment:
` + steps
}

// states gives the states of the runbook's steps by their address.
func (s *scenario) states() map[string]contract.StepState {
	out := map[string]contract.StepState{}
	for _, line := range s.snapshot().Steps {
		out[line.Address] = line.State
	}
	return out
}

// wantStates compares some states.
func (s *scenario) wantStates(want map[string]contract.StepState) {
	s.t.Helper()
	got := s.states()
	for address, state := range want {
		if got[address] != state {
			s.t.Errorf("%s is %q, want %q\n%s", address, got[address], state, s.transcript())
		}
	}
}

// wantLines asserts that the transcript has each text at its time.
func (s *scenario) wantLines(want ...string) {
	s.t.Helper()
	got := s.transcript()
	for _, line := range want {
		if !strings.Contains(got, line) {
			s.t.Errorf("no line %q in\n%s", line, got)
		}
	}
}

// does is a person's act in a scenario.
type does struct {
	at   time.Duration
	who  oncall.PersonID
	verb contract.Verb
	act  contract.Act
	// refused is a piece of the refusal's sentence; empty = it is accepted.
	refused string
}

func TestRules(t *testing.T) {
	t.Parallel()
	answer := func(step, value string) contract.Act { return contract.Act{Step: step, Value: value} }
	tests := map[string]struct {
		steps  string
		script []does
		states map[string]contract.StepState
		lines  []string
		ending incident.Ending
	}{
		"a question that nobody answers goes to the next of the chain, who is also called": {
			steps: `
    - ask: Which one?
      id: which
      who: owner
      choices: { left: Left, right: Right }
      timeout: 2m
      on_timeout: escalate
`,
			script: []does{
				{at: time.Minute, who: "cleo", verb: contract.VerbAnswer, act: answer("which", "left"), refused: "may not answer"},
				{at: 3 * time.Minute, who: "dan", verb: contract.VerbAnswer, act: answer("which", "left")},
			},
			states: map[string]contract.StepState{"which": contract.StepDone},
			lines:  []string{"2m0s  escalate: no answer to “Which one?”; asking Dan", "2m0s    ~ call dan: INC-1. severity not set. payments error rate above 5 %. A decision waits: Which one?."},
			ending: incident.Resolved,
		},
		"a page that needs more acknowledgements than it has targets says so, and goes on when all of them have acknowledged": {
			steps: `
    - page: [owner, comms]
      id: both
      need: 3
    - note: both are there
`,
			script: []does{
				{at: time.Minute, who: "ana", verb: contract.VerbAck},
				{at: 2 * time.Minute, who: "cleo", verb: contract.VerbAck},
			},
			states: map[string]contract.StepState{"both": contract.StepDone},
			lines: []string{
				"0s  problem: both needs 3 acknowledgements and calls 2: it goes on when each of them has acknowledged", "2m0s  note: both are there",
			},
			ending: incident.Resolved,
		},
		"silence has a choice": {
			steps: `
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 2m
      on_timeout: { choose: right }
      case:
        right:
          - note: went right
`,
			states: map[string]contract.StepState{"which": contract.StepDone},
			lines:  []string{"2m0s  timeout: nobody answered in time: Which one? → Right", "2m0s  note: went right"},
			ending: incident.Resolved,
		},
		"silence has steps": {
			steps: `
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 2m
      on_timeout:
        - note: nobody was there
`,
			states: map[string]contract.StepState{"which": contract.StepDone},
			lines:  []string{"2m0s  note: nobody was there"},
			ending: incident.Resolved,
		},
		"a wrong choice is refused with the choices": {
			steps: `
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 20m
      on_timeout: { choose: right }
`,
			script: []does{
				{at: time.Second, who: "ben", verb: contract.VerbAnswer, act: answer("which", "up"), refused: `"up" is no choice`},
				{at: 2 * time.Second, who: "ben", verb: contract.VerbAnswer, act: answer("witch", "left"), refused: `no question "witch"`},
				{at: 3 * time.Second, who: "ben", verb: contract.VerbDone, act: contract.Act{Step: "which"}, refused: "not answered this way"},
				{at: 4 * time.Second, who: "ben", verb: contract.VerbAnswer, act: answer("which", "left")},
			},
			ending: incident.Resolved,
		},
		"an approval needs its quorum of distinct people": {
			steps: `
    - approve: Drop the table?
      id: drop
      who: [owner, comms]
      quorum: 2
      timeout: 20m
      on_timeout: reject
      then:
        - note: dropped
`,
			script: []does{
				{at: time.Second, who: "dan", verb: contract.VerbApprove, act: contract.Act{Step: "drop"}, refused: "may not answer"},
				{at: 2 * time.Second, who: "ana", verb: contract.VerbApprove, act: contract.Act{Step: "drop"}},
				{at: 3 * time.Second, who: "ana", verb: contract.VerbApprove, act: contract.Act{Step: "drop"}, refused: "has approved already"},
				{at: 4 * time.Second, who: "cleo", verb: contract.VerbApprove, act: contract.Act{Step: "drop"}},
			},
			states: map[string]contract.StepState{"drop": contract.StepDone},
			lines:  []string{"4s  note: dropped"},
			ending: incident.Resolved,
		},
		"one no rejects, and else runs": {
			steps: `
    - approve: Drop the table?
      id: drop
      who: [owner, comms]
      quorum: 2
      timeout: 20m
      on_timeout: reject
      then:
        - note: dropped
      else:
        - note: kept
    - note: afterwards
`,
			script: []does{{at: 2 * time.Second, who: "ana", verb: contract.VerbReject, act: contract.Act{Step: "drop", Reason: "no backup"}}},
			states: map[string]contract.StepState{"drop": contract.StepRejected},
			lines:  []string{"2s  note: kept", "2s  note: afterwards"},
			ending: incident.Resolved,
		},
		"an approval that times out never means yes, and nothing after the gate runs by itself": {
			steps: `
    - approve: Drop the table?
      id: drop
      who: owner
      timeout: 5m
      on_timeout: reject
      then:
        - note: dropped
    - note: afterwards
`,
			script: []does{
				{at: 6 * time.Minute, who: "ben", verb: contract.VerbAnswer, act: answer("drop", "stop")},
				{at: 7 * time.Minute, who: "ben", verb: contract.VerbResolve},
			},
			states: map[string]contract.StepState{"drop": contract.StepFailed, "containment/2": contract.StepPending},
			lines:  []string{"5m0s  question: commander: drop holds: rejected [Retry] [Skip] [Stop]", "7m0s  ended: resolved by Ben"},
			ending: incident.Resolved,
		},
		"retry asks again": {
			steps: `
    - approve: Drop the table?
      id: drop
      who: owner
      timeout: 5m
      on_timeout: reject
      then:
        - note: dropped
`,
			script: []does{
				{at: 6 * time.Minute, who: "ben", verb: contract.VerbAnswer, act: answer("drop", "retry")},
				{at: 7 * time.Minute, who: "ana", verb: contract.VerbApprove, act: contract.Act{Step: "drop"}},
			},
			states: map[string]contract.StepState{"drop": contract.StepDone},
			lines:  []string{"7m0s  note: dropped"},
			ending: incident.Resolved,
		},
		"a wait is read again when the severity changes": {
			steps: `
    - severity: SEV3
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: ${{ policy.answer }}
      on_timeout: { choose: right }
`,
			script: []does{{at: 8 * time.Minute, who: "ben", verb: contract.VerbSeverity, act: contract.Act{Value: "SEV1"}}},
			lines:  []string{"8m0s  timeout: nobody answered in time: Which one? → Right"},
			ending: incident.Resolved,
		},
		"a page is read again when the severity changes": {
			steps: `
    - severity: SEV3
    - page: owner
      id: call
      ack: ${{ policy.ack }}
      escalate: [comms]
`,
			script: []does{
				{at: 8 * time.Minute, who: "ben", verb: contract.VerbSeverity, act: contract.Act{Value: "SEV1"}},
				{at: 9 * time.Minute, who: "cleo", verb: contract.VerbAck},
			},
			lines:  []string{"8m0s  escalate: no answer; calling comms (level 2, round 1)", "8m0s    ~ call cleo"},
			states: map[string]contract.StepState{"call": contract.StepDone},
			ending: incident.Resolved,
		},
		"lowering needs a reason": {
			steps: `
    - severity: SEV2
    - wait: 10m
`,
			script: []does{
				{at: time.Minute, who: "ben", verb: contract.VerbSeverity, act: contract.Act{Value: "SEV3"}, refused: "needs a reason"},
				{at: 2 * time.Minute, who: "ben", verb: contract.VerbSeverity, act: contract.Act{Value: "SEV9"}, refused: "unknown severity"},
				{at: 3 * time.Minute, who: "ben", verb: contract.VerbSeverity, act: contract.Act{Value: "SEV3", Reason: "a few users only"}},
			},
			lines:  []string{"3m0s  severity: Ben changes SEV2 to SEV3 – a few users only"},
			ending: incident.Resolved,
		},
		"a list pages everybody, and an acknowledgement ends only one's own": {
			steps: `
    - page: ${{ policy.page }}
      id: all
      ack: 5m
`,
			script: []does{
				{at: time.Minute, who: "ana", verb: contract.VerbAck},
				{at: 2 * time.Minute, who: "cleo", verb: contract.VerbAck},
			},
			lines:  []string{"0s    ~ call ana", "0s    ~ call cleo", "1m0s  acknowledged: Ana", "2m0s  acknowledged: Cleo", "2m0s  ended: resolved"},
			states: map[string]contract.StepState{"all": contract.StepDone},
			ending: incident.Resolved,
		},
		"need any is done with the first": {
			steps: `
    - page: ${{ policy.page }}
      id: all
      ack: 5m
      need: any
`,
			script: []does{{at: time.Minute, who: "ana", verb: contract.VerbAck}},
			lines:  []string{"1m0s  ended: resolved"},
			ending: incident.Resolved,
		},
		"a step that is skipped does not skip its successors, but what reads it holds": {
			steps: `
    - ask: Which one?
      id: which
      if: severity == "SEV1"
      choices: { left: Left, right: Right }
      timeout: 20m
      on_timeout: { choose: right }
    - note: went ${{ steps.which.choice }}
      id: told
    - note: afterwards
`,
			script: []does{{at: time.Minute, who: "ben", verb: contract.VerbAnswer, act: answer("told", "skip")}},
			states: map[string]contract.StepState{"which": contract.StepSkipped, "told": contract.StepSkipped, "containment/3": contract.StepDone},
			lines:  []string{"told holds: needs `steps.which.choice`, which was skipped [Retry] [Skip] [Stop]"},
			ending: incident.Resolved,
		},
		"an offer is accepted": {
			steps: `
    - assign: commander
      to: ana
    - note: ${{ roles.commander }} leads
`,
			script: []does{{at: time.Minute, who: "ana", verb: contract.VerbAnswer, act: answer("assign", "accept")}},
			lines:  []string{"0s  role: commander: Ana (offered)", "1m0s  role: commander: Ana (accepted)", "1m0s  note: Ana leads"},
			ending: incident.Resolved,
		},
		"an offer is declined": {
			steps: `
    - assign: commander
      to: ana
`,
			script: []does{
				{at: time.Minute, who: "ana", verb: contract.VerbAnswer, act: answer("assign", "decline")},
				{at: 2 * time.Minute, who: "dan", verb: contract.VerbAssign, act: contract.Act{Role: "commander", Person: "dan", PersonName: "Dan"}},
				{at: 3 * time.Minute, who: "dan", verb: contract.VerbAnswer, act: answer("assign", "skip")},
			},
			lines:  []string{"assign holds: Ana has declined commander", "2m0s  role: commander: Dan"},
			ending: incident.Resolved,
		},
		"an unanswered offer goes to the role's own target": {
			steps: `
    - assign: commander
      to: ana
      ack: 3m
`,
			script: []does{{at: 4 * time.Minute, who: "ben", verb: contract.VerbAnswer, act: answer("assign", "accept")}},
			lines:  []string{"3m0s  escalate: no answer to “Ana, do you take commander?”; asking Ben", "3m0s    ~ call ben", "4m0s  role: commander: Ben, taken over from Ana"},
			ending: incident.Resolved,
		},
		"a task is nudged when it is due, then brought to the commander": {
			steps: `
    - task: Clean up
      id: clean
      who: owner
      due: 5m
`,
			script: []does{{at: time.Hour, who: "ana", verb: contract.VerbDone, act: contract.Act{Step: "clean", Reason: "all of it"}}},
			lines:  []string{"5m0s  timeout: still open: Clean up", "10m0s  timeout: still open: Clean up", "1h0m0s  answer: Ana: Done – all of it"},
			ending: incident.Resolved,
		},
		"an end ends": {
			steps: `
    - end: false_alarm
`,
			lines:  []string{"0s  ended: false alarm"},
			states: map[string]contract.StepState{"end": contract.StepDone},
			ending: incident.FalseAlarm,
		},
		"a page by hand": {
			steps: `
    - wait: 10m
`,
			script: []does{
				{at: time.Minute, who: "ben", verb: contract.VerbPage, act: contract.Act{Value: "cto", Reason: "please decide"}},
				{at: 2 * time.Minute, who: "dan", verb: contract.VerbAck},
			},
			lines:  []string{"1m0s  page: Ben pages cto", "1m0s    ~ call dan: INC-1. severity not set. payments error rate above 5 %. please decide.", "2m0s  acknowledged: Dan"},
			ending: incident.Resolved,
		},
		"the telephone is told to be quiet": {
			steps: `
    - page: owner
      ack: 1m
      escalate: [comms]
`,
			script: []does{
				{at: 10 * time.Second, who: "ana", verb: contract.VerbQuiet},
				{at: 20 * time.Second, who: "ana", verb: contract.VerbEscalate},
				{at: 4 * time.Minute, who: "cleo", verb: contract.VerbAck},
			},
			lines:  []string{"20s  escalate: Ana escalates", "20s    ~ call cleo", "call: Ana asked not to be called for this incident"},
			ending: incident.Resolved,
		},
		"cancelling needs a reason, and a closed incident refuses": {
			steps: `
    - wait: 10m
`,
			script: []does{
				{at: time.Minute, who: "ben", verb: contract.VerbCancel, refused: "needs a reason"},
				{at: time.Minute, who: "ben", verb: contract.VerbNote, act: contract.Act{Key: "INC-9", Value: "hello"}, refused: "INC-9 is closed"},
				{at: 2 * time.Minute, who: "ben", verb: contract.VerbCancel, act: contract.Act{Reason: "a test alert"}},
			},
			lines:  []string{"2m0s  ended: cancelled by Ben – a test alert"},
			ending: incident.Cancelled,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, containing(test.steps)))
			outcomes := make([]*outcome, 0, len(test.script))
			for _, d := range test.script {
				d.act.By = person(d.who, incident.DoorSlack)
				outcomes = append(outcomes, s.act(d.at, d.verb, d.act))
			}
			result := s.run()
			for n, d := range test.script {
				switch o := outcomes[n]; {
				case d.refused == "" && o.refused != "":
					t.Errorf("%s by %s at %s was refused: %s", d.verb, d.who, d.at, o.refused)
				case d.refused != "" && !strings.Contains(o.refused, d.refused):
					t.Errorf("%s by %s at %s: refusal is %q, want %q", d.verb, d.who, d.at, o.refused, d.refused)
				}
			}
			if result.Ending != test.ending {
				t.Errorf("ended as %q, want %q", result.Ending, test.ending)
			}
			s.wantStates(test.states)
			s.wantLines(test.lines...)
		})
	}
}

// TestSignals drives an incident by plain signals, as the Temporal UI and its command line do; a refusal is written
// down, and a repetition does nothing.
func TestSignals(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	signal := func(after time.Duration, verb contract.Verb, act contract.Act) {
		s.at(after, func() { s.env().SignalWorkflow(string(verb), act) })
	}
	signal(time.Second, contract.VerbSeverity, contract.Act{Value: "SEV2"})
	signal(2*time.Second, contract.VerbSeverity, contract.Act{Value: "SEV7"})
	signal(3*time.Second, contract.VerbNote, contract.Act{ID: "n1", Value: "hello"})
	signal(4*time.Second, contract.VerbNote, contract.Act{ID: "n1", Value: "hello"})
	signal(5*time.Second, contract.VerbAck, contract.Act{All: true})
	signal(6*time.Second, contract.VerbResolve, contract.Act{})
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	s.wantLines("1s  severity: Temporal sets SEV2", "2s  refused: severity by Temporal was refused: unknown severity", "5s  acknowledged: Temporal")
	if n := strings.Count(s.transcript(), "note: hello"); n != 1 {
		t.Errorf("the note was written %d times, want once", n)
	}
}

// TestEveryKindHasAScenario fails when a kind of step is in no scenario's runbook of this package.
func TestEveryKindHasAScenario(t *testing.T) {
	t.Parallel()
	used := map[runbooks.Kind]bool{}
	collect := func(rb *runbooks.Runbook) {
		rb.Walk(func(_ runbooks.Place, s *runbooks.Step) { used[s.Kind] = true })
	}
	collect(shipped(t, "demo"))
	collect(parse(t, pager))
	collect(shipped(t, "service-outage"))
	collect(shipped(t, "security-breach"))
	for _, c := range languageCases(t) {
		collect(parse(t, around(c.head, c.steps)))
	}
	collect(parse(t, containing("    - severity: SEV1\n    - end: false_alarm\n")))
	for _, kind := range runbooks.Kinds() {
		if !used[kind] {
			t.Errorf("no scenario has a step of the kind %q", kind)
		}
	}
}
