package workflows_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// pager is a small runbook: a room, a page with one more level, the severity, and an end by hand.
const pager = `
runbook: pager
roles: { commander: sre-oncall, owner: payments-oncall }
severities:
  SEV1: { ack: 5m }
  SEV2: { ack: 10m }
phases:
  identification:
    - channel: inc-${{ incident.key }}
      invite: [owner]
    - page: owner
      id: first
      ack: 1m
      escalate: [commander]
      rounds: 2
      background: true
    - await: severity
      timeout: 10m
      on_timeout: { choose: SEV1 }
    - task: Make it work again
      id: fix
      who: owner
`

func TestScenarioDemo(t *testing.T) {
	t.Parallel()
	s := newScenario(t, shipped(t, "demo"))
	s.phones(map[oncall.PersonID]time.Duration{"ben": time.Second})
	s.act(7*time.Second, contract.VerbSeverity, contract.Act{By: person("ben", incident.DoorSlack), Value: "SEV1"})
	s.act(9*time.Second, contract.VerbAnswer, contract.Act{By: person("ben", incident.DoorSlack), Step: "stop", Value: "rollback"})
	s.act(10*time.Second, contract.VerbApprove, contract.Act{By: person("ben", incident.DoorSlack), Step: "rollback"})
	s.act(14*time.Second, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "cause"})
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	s.golden()
}

func TestScenarioNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.phones(nil)
	s.stopAt(15 * time.Minute)
	s.run()
	s.golden()
}

func TestScenarioLevelTwo(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.phones(map[oncall.PersonID]time.Duration{"ben": 5 * time.Second})
	s.act(2*time.Minute, contract.VerbSeverity, contract.Act{By: person("ben", incident.DoorSlack), Value: "SEV2"})
	s.act(3*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorCLI), Step: "fix", Reason: "restarted"})
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	s.golden()
}

func TestScenarioSeverityNeverSet(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
	s.act(11*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorCLI), Step: "fix"})
	s.run()
	if got := s.snapshot().Incident.Severity; got != "SEV1" {
		t.Errorf("severity is %q, want the timeout's choice SEV1", got)
	}
	s.golden()
}

func TestScenarioAckWhileItRings(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.world.Placed = func(c contract.CallRequest, provider string) {
		s.status(200*time.Millisecond, c, provider, incident.CallRinging)
	}
	ack := s.act(5*time.Second, contract.VerbAck, contract.Act{By: person("cleo", incident.DoorCLI)})
	second := s.act(6*time.Second, contract.VerbAck, contract.Act{By: person("ana", incident.DoorPhone)})
	s.stopAt(time.Minute)
	s.run()
	if want := "INC-1 is acknowledged"; ack.receipt.Text != want {
		t.Errorf("the first hears %q, want %q", ack.receipt.Text, want)
	}
	if want := "already acknowledged by Cleo"; second.receipt.Text != want {
		t.Errorf("the second hears %q, want %q", second.receipt.Text, want)
	}
	s.golden()
}

func TestScenarioAlertRepeatsAndClears(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.phones(map[oncall.PersonID]time.Duration{"ben": 5 * time.Second})
	s.at(10*time.Second, func() { s.alert(false) })
	s.at(20*time.Second, func() { s.alert(false) })
	s.at(30*time.Second, func() { s.alert(true) })
	s.stopAt(3 * time.Minute)
	s.run()
	s.golden()
}

func TestScenarioRoomNameTaken(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.world.Taken = []string{"inc-1"}
	s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
	s.stopAt(time.Minute)
	s.run()
	s.golden()
}

func TestScenarioChatDown(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.world.Fail = func(a memory.Act) error {
		down := a.At.Before(start.Add(8 * time.Minute))
		if down && (a.Kind == "room" || a.Kind == "post" || a.Kind == "show") {
			return errors.New("chat answers 503")
		}
		return nil
	}
	s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorCLI), Value: "SEV1"})
	s.act(5*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorCLI), Step: "fix"})
	s.run()
	s.golden()
}

func TestScenarioTooManyRequests(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	refused := 0
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "call" && refused < 2 {
			refused++
			return &contract.Later{After: 4 * time.Second, Err: errors.New("429 too many requests")}
		}
		return nil
	}
	s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
	s.stopAt(time.Minute)
	s.run()
	s.golden()
}

func TestScenarioRefusedCallAdvancesAtOnce(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.world.Fail = func(a memory.Act) error {
		if a.Who == "ana" {
			return &contract.Refused{What: "+15550100001 is no telephone number"}
		}
		return nil
	}
	s.phones(map[oncall.PersonID]time.Duration{"ben": 2 * time.Second})
	s.stopAt(time.Minute)
	s.run()
	if told := strings.Count(s.transcript(), "~ call ben"); told != 1 {
		t.Errorf("Ben was called %d times, want once\n%s", told, s.transcript())
	}
	s.golden()
}
