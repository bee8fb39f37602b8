package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// everybody picks up.
func everybody() map[oncall.PersonID]time.Duration {
	return map[oncall.PersonID]time.Duration{"ana": 5 * time.Second, "ben": 6 * time.Second, "cleo": 7 * time.Second, "dan": 8 * time.Second}
}

// outage plays service-outage; slo says when the burn rate is well again.
func outage(t *testing.T) *scenario {
	s := newScenario(t, shipped(t, "service-outage"))
	s.actInReview(72*time.Hour, contract.VerbDone, contract.Act{By: inSlack("ana"), Step: "lessons_learned/1"})
	s.world.HTTP = func(contract.HTTPRequest) contract.HTTPResult {
		return contract.HTTPResult{Status: 200, Body: map[string]any{"burn_rate": 0.5}}
	}
	return s
}

// inSlack is a person in Slack.
func inSlack(who oncall.PersonID) incident.Actor { return person(who, incident.DoorSlack) }

func (s *scenario) answer(at time.Duration, who oncall.PersonID, step, choice string) *outcome {
	return s.act(at, contract.VerbAnswer, contract.Act{By: inSlack(who), Step: step, Value: choice})
}

func (s *scenario) done(at time.Duration, who oncall.PersonID, step string) *outcome {
	return s.act(at, contract.VerbDone, contract.Act{By: inSlack(who), Step: step})
}

func TestOutageAnswered(t *testing.T) {
	t.Parallel()
	s := outage(t)
	s.phones(everybody())
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV2"})
	s.answer(10*time.Minute, "ana", "stop", "failover")
	s.act(12*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ana"), Step: "approve"})
	s.done(30*time.Minute, "ana", "eradication/1")
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	s.goldenInSeconds()
}

func TestOutageRaisedInTheMiddle(t *testing.T) {
	t.Parallel()
	s := outage(t)
	s.phones(everybody())
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV3"})
	s.act(8*time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV1"})
	s.answer(10*time.Minute, "ana", "stop", "rollback")
	s.done(30*time.Minute, "ana", "eradication/1")
	s.run()
	for _, want := range []string{"bridge zoom", "call cleo", "call dan", "update customers [investigating]", "SEV1. Ana has command."} {
		if !strings.Contains(s.transcript(), want) {
			t.Errorf("nothing of %q in\n%s", want, s.transcript())
		}
	}
	s.goldenInSeconds()
}

func TestOutageNobodyAnswers(t *testing.T) {
	t.Parallel()
	s := outage(t)
	s.phones(nil)
	s.stopAt(24 * time.Hour)
	s.run()
	text := s.transcript()
	for _, want := range []string{"fallback until somebody does", "calling engineering-manager", "calling cto"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing of %q in\n%s", want, text)
		}
	}
}

func TestOutageActionFails(t *testing.T) {
	t.Parallel()
	for _, choice := range []string{"retry", "skip", "stop"} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			s := outage(t)
			s.phones(everybody())
			fails := true
			s.world.Fail = func(a memory.Act) error {
				if a.Kind == "action" && fails {
					return &contract.Refused{What: "the deployment is locked"}
				}
				return nil
			}
			s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV2"})
			s.answer(10*time.Minute, "ana", "stop", "rollback")
			s.at(14*time.Minute, func() { fails = false })
			s.answer(15*time.Minute, "ana", "rollback", choice)
			s.answer(16*time.Minute, "ana", "containment", "skip")
			s.done(30*time.Minute, "ana", "eradication/1")
			s.run()
			s.goldenInSeconds()
		})
	}
}

// breach plays security-breach.
func breach(t *testing.T) *scenario {
	s := newScenario(t, shipped(t, "security-breach"))
	s.in.Declaration.Type = "security"
	s.actInReview(72*time.Hour, contract.VerbDone, contract.Act{By: inSlack("ben"), Step: "lessons_learned/1"})
	s.in.Declaration.Inputs = map[string]any{"hosts": []any{"web-1", "web-2", "db-1"}, "accounts": []any{"eve", "bob"}}
	s.world.Action = func(name string, with map[string]any) (map[string]any, error) {
		if name == "edr.snapshot" {
			return map[string]any{"uri": "s3://evidence/" + with["host"].(string), "sha256": "abc"}, nil
		}
		return map[string]any{}, nil
	}
	return s
}

func TestBreachAnswered(t *testing.T) {
	t.Parallel()
	s := breach(t)
	s.phones(everybody())
	s.act(10*time.Second, contract.VerbSeverity, contract.Act{By: inSlack("ben"), Value: "SEV1"})
	s.answer(5*time.Minute, "ben", "real", "confirmed")
	s.act(10*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ben"), Step: "containment/2"})
	s.act(20*time.Minute, contract.VerbAnswer, contract.Act{By: inSlack("ana"), Step: "scope", Fields: map[string]any{"personal_data": true, "records": 12}})
	s.act(30*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("cleo"), Step: "watch/1/2"})
	for n, at := range []time.Duration{40 * time.Minute, 41 * time.Minute} {
		s.done(at, "ben", "runbook/eradication/1/steps/1["+string(rune('1'+n))+"]")
	}
	s.answer(45*time.Minute, "ben", "runbook/refused", "refused")
	s.done(50*time.Minute, "ana", "eradication/2")
	s.act(55*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ben"), Step: "clean"})
	s.act(56*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ana"), Step: "clean"})
	s.answer(26*time.Hour, "ana", "quiet", "quiet")
	s.run()
	s.goldenInSeconds()
}
