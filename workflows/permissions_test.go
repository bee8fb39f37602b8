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

// guarded is an incident under the rules that ship with the product; Dan is the fallback.
func guarded(t *testing.T, rb *runbooks.Runbook) *scenario {
	t.Helper()
	s := newScenario(t, rb)
	rules := incident.DefaultPermissions()
	rules.Always = []oncall.PersonID{"dan"}
	s.in.Permissions = &rules
	return s
}

// inCommand is a runbook in which Ben has command a second after the start, and Ana was called.
const inCommand = `runbook: command
title: Somebody has command
roles: { commander: ben }
severities: { SEV1: {}, SEV2: {} }
phases:
  identification:
    - page: ana
      background: true
    - assign: commander
      to: ben
      ack: 1s
  recovery:
    - wait: 1h
`

// mine is an act of somebody in Slack.
func mine(who oncall.PersonID, act contract.Act) contract.Act {
	act.By = person(who, incident.DoorSlack)
	return act
}

// TestPermissions: whoever may not is refused by update without a trace, and by signal with a line; who takes command is not
// refused any more.
func TestPermissions(t *testing.T) {
	t.Parallel()
	s := guarded(t, parse(t, inCommand))
	give := func(after time.Duration, who, to oncall.PersonID) *outcome {
		return s.act(after, contract.VerbAssign, mine(who, contract.Act{Role: incident.Commander, Person: string(to)}))
	}
	signal := func(after time.Duration, verb contract.Verb, act contract.Act) {
		s.at(after, func() { s.env().SignalWorkflow(string(verb), act) })
	}
	given := give(time.Minute, "ben", "ben")
	raised := s.act(2*time.Minute, contract.VerbSeverity, mine("cleo", contract.Act{Value: "SEV2"}))
	raisedMore := s.act(3*time.Minute, contract.VerbSeverity, mine("cleo", contract.Act{Value: "SEV1"}))
	lowered := s.act(4*time.Minute, contract.VerbSeverity, mine("cleo", contract.Act{Value: "SEV2", Reason: "one region"}))
	resolved := s.act(5*time.Minute, contract.VerbResolve, mine("cleo", contract.Act{ID: "click"}))
	cancelled := s.act(6*time.Minute, contract.VerbCancel, mine("ana", contract.Act{Reason: "a test"}))
	stranger := s.act(7*time.Minute, contract.VerbResolve, contract.Act{})
	liar := s.act(8*time.Minute, contract.VerbResolve, contract.Act{By: incident.RunbookActor()})
	closed := s.act(9*time.Minute, contract.VerbResolve, mine("cleo", contract.Act{Key: "INC-99"}))
	signal(10*time.Minute, contract.VerbResolve, mine("cleo", contract.Act{ID: "signal"}))
	signal(11*time.Minute, contract.VerbSeverity, contract.Act{Value: "SEV2", Reason: "from the UI"})
	taken := give(12*time.Minute, "cleo", "cleo")
	former := s.act(13*time.Minute, contract.VerbSeverity, mine("ben", contract.Act{Value: "SEV2", Reason: "I had it"}))
	again := s.act(14*time.Minute, contract.VerbSeverity, mine("cleo", contract.Act{Value: "SEV2", Reason: "one region"}))
	signal(15*time.Minute, contract.VerbResolve, mine("cleo", contract.Act{ID: "signal"}))
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	for name, o := range map[string]*outcome{"given": given, "raised": raised, "raised more": raisedMore, "taken": taken, "lowered by the commander": again} {
		if !o.done || o.refused != "" {
			t.Errorf("%s: %+v", name, o)
		}
	}
	const only = "only the commander (ben) or the deputy may "
	for want, o := range map[string]*outcome{
		only + "lower the severity": lowered, only + "resolve incidents": resolved, only + "cancel incidents": cancelled,
		"only the commander (cleo) or the deputy may lower the severity": former, "INC-99 is closed": closed,
	} {
		if !strings.Contains(o.refused, want) {
			t.Errorf("refused with %q, want %q", o.refused, want)
		}
	}
	if stranger.refused == "" || liar.refused == "" {
		t.Errorf("a stranger and somebody who says to be the runbook: %+v, %+v", stranger, liar)
	}
	s.wantLines(
		"10m0s  refused: resolve by Cleo was refused: only the commander (ben) or the deputy may resolve incidents (ask them, or somebody of the fallback, or take command: /muster assign INC-1 commander cleo)",
		"11m0s  refused: severity by Temporal was refused: only the commander (ben) or the deputy may lower the severity",
		"14m0s  severity: Cleo changes SEV1 to SEV2 – one region", "15m0s  ended: resolved by Cleo",
	)
	if n := strings.Count(s.transcript(), "  refused: "); n != 2 {
		t.Errorf("%d refusals are written down, want those of the two signals", n)
	}
}

// TestPermissionsGoAround: what would end the incident or lower its severity by another verb takes the same permission.
func TestPermissionsGoAround(t *testing.T) {
	t.Parallel()
	adHoc := func(rb *runbooks.Runbook, text string) *runbooks.Step {
		step, problems := runbooks.ParseStep(rb, "step", []byte(text), "adhoc/0")
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		return step
	}
	tests := []struct {
		name    string
		verb    contract.Verb
		act     contract.Act
		yaml    string
		refused bool
	}{
		{name: "a phase before the last", verb: contract.VerbAdvance, act: contract.Act{Value: "identification"}},
		{name: "the last phase", verb: contract.VerbAdvance, act: contract.Act{Value: "recovery"}, refused: true},
		{name: "a step that ends it", verb: contract.VerbStep, yaml: "end: resolved", refused: true},
		{name: "a false alarm", verb: contract.VerbStep, yaml: "end: false_alarm", refused: true},
		{name: "a step that lowers", verb: contract.VerbStep, yaml: "severity: SEV2", refused: true},
		{name: "a step that raises", verb: contract.VerbStep, yaml: "severity: SEV1"},
		{name: "a step below a step", verb: contract.VerbStep, yaml: "group: Both\nsteps:\n  - say: Hello\n  - end: resolved", refused: true},
		{name: "a harmless step", verb: contract.VerbStep, yaml: "say: Hello"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			rb := parse(t, inCommand)
			s := guarded(t, rb)
			s.act(time.Minute, contract.VerbAssign, mine("ben", contract.Act{Role: incident.Commander, Person: "ben"}))
			if test.act.Value == "identification" {
				s.in.Runbook = *parse(t, strings.Replace(inCommand, "      ack: 1s", "      ack: 1s\n    - wait: 1h", 1))
			}
			if test.yaml != "" {
				test.act.AdHoc = adHoc(rb, test.yaml)
			}
			o := s.act(5*time.Minute, test.verb, mine("cleo", test.act))
			s.stopAt(10 * time.Minute)
			if result := s.run(); result.Ending != incident.Cancelled {
				t.Errorf("ended as %q, want by Dan of the fallback", result.Ending)
			}
			if got := strings.Contains(o.refused, "only the commander"); got != test.refused || !test.refused && o.refused != "" {
				t.Errorf("the outcome is %+v", o)
			}
		})
	}
}

// TestPermissionsLast: rules outlast a continue-as-new, hold in the review, and go on to the incident of an alert that comes
// back.
func TestPermissionsLast(t *testing.T) {
	t.Parallel()
	s := guarded(t, parse(t, inCommand+"  lessons_learned:\n    - wait: 2h\n"))
	s.in.Permissions.Rules["note"] = []incident.Grant{{Kind: incident.GrantRole, Name: "commander"}}
	s.act(time.Minute, contract.VerbAssign, mine("ben", contract.Act{Role: incident.Commander, Person: "ben"}))
	s.cut(2 * time.Minute)
	refused := s.act(3*time.Minute, contract.VerbNote, mine("cleo", contract.Act{Value: "hello"}))
	s.act(4*time.Minute, contract.VerbResolve, mine("ben", contract.Act{}))
	s.actInReview(30*time.Minute, contract.VerbNote, mine("cleo", contract.Act{Value: "a lesson of Cleo"}))
	s.actInReview(31*time.Minute, contract.VerbNote, mine("ben", contract.Act{Value: "a lesson of Ben"}))
	s.run()
	if !strings.Contains(refused.refused, "only the commander (ben) may write notes") {
		t.Errorf("after a cut: %+v", refused)
	}
	told := s.reviewed()
	if !strings.Contains(told, "note by Cleo was refused: only the commander (ben) may write notes") || !strings.Contains(told, "note: a lesson of Ben") {
		t.Errorf("in the review:\n%s", told)
	}
}

// TestPermissionsNobodyCommands: in the night somebody was called and nobody has taken command; who was called closes.
func TestPermissionsNobodyCommands(t *testing.T) {
	t.Parallel()
	s := guarded(t, parse(t, pager))
	s.phones(nil)
	other := s.act(2*time.Minute, contract.VerbResolve, mine("cleo", contract.Act{}))
	s.act(3*time.Minute, contract.VerbResolve, mine("ana", contract.Act{}))
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	if !strings.Contains(other.refused, "while nobody is commander or deputy, only those who respond to INC-1 may resolve incidents") {
		t.Errorf("somebody who was not called: %+v", other)
	}
	s.wantLines("3m0s  ended: resolved by Ana")
}

// TestPermissionsTemporalCancels: the cancel button of Temporal itself is obeyed, as it can do worse.
func TestPermissionsTemporalCancels(t *testing.T) {
	t.Parallel()
	s := guarded(t, parse(t, inCommand))
	s.act(time.Minute, contract.VerbAssign, mine("ben", contract.Act{Role: incident.Commander, Person: "ben"}))
	s.at(2*time.Minute, func() { s.env().CancelWorkflow() })
	if result := s.run(); result.Ending != incident.Cancelled {
		t.Errorf("ended as %q, want cancelled", result.Ending)
	}
}
