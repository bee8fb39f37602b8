package incident_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterbook/musterbook/incident"
)

// busy is an incident in which everything exists that an act can change in place.
func busy(t *testing.T) *incident.Incident {
	t.Helper()
	i := pages()
	i.TakeAlerts(start, []incident.Alert{fires("a"), fires("b")})
	must(t, i.Assign(start, person("dan"), incident.Commander, holder("dan", true)))
	must(t, i.Assign(start, person("dan"), "comms", holder("cem", false)))
	must(t, i.StopCalling(start, person("eve")))
	_, _, err := i.Pin(start, person("eve"), "the pool is exhausted", message("m1"))
	must(t, err)
	i.Ask(start, incident.Question{Key: "ask/1", Step: "stop", Kind: incident.QuestionAsk, Choices: choices()})
	i.Ask(start, incident.Question{Key: "approve/1", Step: "gate", Kind: incident.QuestionApprove, Chain: ids("ana", "ben", "cem"), Quorum: 3, Choices: verdicts()})
	_, err = i.Answer(start, person("ana"), incident.Answer{Step: "gate", Choice: incident.ChoiceYes})
	must(t, err)
	// Room to grow in place: a copy that shares the array would write into it.
	i.Timeline = append(make([]incident.Entry, 0, 100), i.Timeline...)
	i.Pages[0].Attempts = append(make([]incident.Attempt, 0, 100), i.Pages[0].Attempts...)
	i.Question("approve/1").Votes = append(make([]incident.Vote, 0, 100), i.Question("approve/1").Votes...)
	return i
}

// acts are all that may happen to an incident, each by one method.
func acts(t *testing.T) map[string]func(*incident.Incident) {
	t.Helper()
	now := at(time.Hour)
	return map[string]func(*incident.Incident){
		"alerts": func(i *incident.Incident) { i.TakeAlerts(now, []incident.Alert{clears("a"), fires("c")}) },
		"severity": func(i *incident.Incident) {
			must(t, i.SetSeverity(now, person("ana"), incident.SeverityChange{To: "SEV1"}))
		},
		"assign": func(i *incident.Incident) {
			must(t, i.Assign(now, person("ana"), incident.Commander, holder("ben", true)))
		},
		"note": func(i *incident.Incident) { must(t, i.Note(now, person("ana"), "x")) },
		"pin": func(i *incident.Incident) {
			_, _, err := i.Pin(now, person("ana"), "x", message("m2"))
			must(t, err)
		},
		"pin again": func(i *incident.Incident) {
			_, _, err := i.Pin(now, person("ana"), "x", message("m1"))
			must(t, err)
		},
		"unpin":       func(i *incident.Incident) { i.Unpin(now, person("eve"), "m1") },
		"withdraw it": func(i *incident.Incident) { must(t, i.Withdraw(now, person("ana"), quoted(i, "m1"))) },
		"phase":       func(i *incident.Incident) { i.EnterPhase(now, incident.Recovery) },
		"finish": func(i *incident.Incident) {
			must(t, i.Finish(now, person("ana"), incident.End{Ending: incident.Resolved}))
		},
		"page": func(i *incident.Incident) { must(t, i.PageByHand(now, person("ana"), "ben", "x")) },
		"plan": func(i *incident.Incident) { i.Pages[0].Plan(now, duty("ben"), "sms") },
		"progress": func(i *incident.Incident) {
			i.Progress(now, incident.CallProgress{Page: "one", Attempt: 1, Status: incident.CallAnswered})
		},
		"acknowledge": func(i *incident.Incident) {
			_, err := i.Acknowledge(now, person("ana"), incident.AckScope{})
			must(t, err)
		},
		"escalate": func(i *incident.Incident) { must(t, i.EscalateNow(now, person("ana"), "")) },
		"quiet":    func(i *incident.Incident) { must(t, i.StopCalling(now, person("ana"))) },
		"ask":      func(i *incident.Incident) { i.Ask(now, incident.Question{Key: "ask/2"}) },
		"answer": func(i *incident.Incident) {
			_, err := i.Answer(now, person("ana"), incident.Answer{Step: "stop", Choice: "rollback"})
			must(t, err)
		},
		"vote": func(i *incident.Incident) {
			_, err := i.Answer(now, person("ben"), incident.Answer{Step: "gate", Choice: incident.ChoiceYes})
			must(t, err)
		},
		"decline":  func(i *incident.Incident) { i.Decline("comms") },
		"withdraw": func(i *incident.Incident) { i.WithdrawPages("t") },
		"settle": func(i *incident.Incident) {
			i.Settle(now, person("ana"), "ask/1", incident.Settlement{State: incident.QuestionWithdrawn})
		},
	}
}

// TestCloneIsIndependent: what happens to one of the two never shows in the other.
func TestCloneIsIndependent(t *testing.T) {
	t.Parallel()
	for name, act := range acts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original := busy(t)
			before := frozen(t, original)
			copied := original.Clone()
			if diff := cmp.Diff(original, copied, cmpopts.EquateEmpty()); diff != "" {
				t.Fatalf("the copy differs (-original +copy):\n%s", diff)
			}
			act(copied)
			if after := frozen(t, original); after != before {
				t.Errorf("an act on the copy shows in the original:\n%s", cmp.Diff(before, after))
			}
			acted := frozen(t, copied)
			if acted == before {
				t.Error("the act has done nothing")
			}
			act(original)
			if frozen(t, original) != acted {
				t.Error("the same act has led the two to different states")
			}
			must(t, original.Note(at(2*time.Hour), person("ana"), "only here"))
			if frozen(t, copied) != acted {
				t.Error("an act on the original shows in the copy")
			}
		})
	}
}

// TestCloneOfNothing: an empty incident is copied too.
func TestCloneOfNothing(t *testing.T) {
	t.Parallel()
	differs(t, "copy", &incident.Incident{}, (&incident.Incident{}).Clone())
}

// TestStateSurvivesJSON: what one run hands to the next is all there is, so acts lead to the same.
func TestStateSurvivesJSON(t *testing.T) {
	t.Parallel()
	for name, act := range acts(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			original := busy(t)
			var copied incident.Incident
			if err := json.Unmarshal([]byte(frozen(t, original)), &copied); err != nil {
				t.Fatal(err)
			}
			act(original)
			act(&copied)
			if diff := cmp.Diff(frozen(t, original), frozen(t, &copied)); diff != "" {
				t.Errorf("the state that was carried over behaves differently:\n%s", diff)
			}
		})
	}
}
