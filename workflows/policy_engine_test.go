//go:build !noengine

package workflows_test

import (
	"context"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// TestPolicyOnTheEngine plays a page that follows a policy and people's own rules: Ana is told in Slack and called, and
// declines; Ben is called at once and sends it on; Cleo has it.
func TestPolicyOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const id = "incident/policy"
	l.world.Book.Ways = oncall.Ways()
	for n := range l.world.Book.People {
		l.world.Book.People[n].Contact.High = []oncall.ContactRule{{Via: []oncall.Way{"slack", "call"}}, {Via: []oncall.Way{"call"}, After: time.Minute}}
	}
	l.world.Book.Policies = []oncall.Policy{{Name: "payments", AckTimeout: 30 * time.Minute, Levels: []oncall.Level{
		{Targets: []string{"ana"}, Ack: time.Minute},
		{Targets: []string{"ben", "dan"}, Strategy: oncall.StrategyRoundRobin, Ack: time.Minute},
		{Targets: []string{"cleo"}, Ack: time.Minute},
	}}}
	run := l.declare(id, parse(t, byPolicy))
	reached := func(who oncall.PersonID) func(contract.Snapshot) bool {
		return func(s contract.Snapshot) bool {
			for _, p := range s.Incident.Pages {
				for _, a := range p.Attempts {
					if a.Person == who && a.Via == "call" && a.Provider != "" {
						return true
					}
				}
			}
			return false
		}
	}
	l.until(id, "Ana is called", reached("ana"))
	l.mustAct(id, contract.VerbQuiet, contract.Act{By: person("ana", incident.DoorSlack), ID: "decline"})
	second := oncall.PersonID("dan") // INC-1 takes the second of the two
	l.until(id, "the second level is called", reached(second))
	l.mustAct(id, contract.VerbEscalate, contract.Act{By: person(second, incident.DoorPhone), ID: "escalate"})
	l.until(id, "Cleo is called", reached("cleo"))
	l.mustAct(id, contract.VerbAck, contract.Act{By: person("cleo", incident.DoorSlack), ID: "ack"})
	l.until(id, "the messages are settled", func(s contract.Snapshot) bool {
		for _, p := range s.Incident.Pages {
			for n := range p.Attempts {
				if p.Unsettled(&p.Attempts[n]) || p.Unended(&p.Attempts[n]) {
					return false
				}
			}
		}
		return true
	})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	l.keep("policy", l.runs(id, run.GetRunID()))
}

// TestLineOnTheEngine plays a person's line: one call is placed, another attempt waits for it and joins, and both leave.
func TestLineOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	id := contract.LineID("ana")
	run, err := l.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: contract.QueueMain}, string(contract.Line), contract.LineState{})
	if err != nil {
		t.Fatal(err)
	}
	use := func(key string) client.WorkflowUpdateHandle {
		return l.ask(ctx, id, string(contract.LineUpdate), contract.LineRequest{
			Person: "ana", Key: key, Via: "call", Callback: contract.Callback{WorkflowID: "incident/" + key, Key: key},
		})
	}
	if err := use("a").Get(ctx, nil); err != nil {
		t.Fatal(err)
	}
	waiting := use("b")
	if err := l.ask(ctx, id, string(contract.LinePlacedUpdate), contract.LinePlaced{Person: "ana", Key: "a", Provider: "CA1"}).Get(ctx, nil); err != nil {
		t.Fatal(err)
	}
	var joined contract.LineResult
	if err := waiting.Get(ctx, &joined); err != nil || joined.Joined != "CA1" {
		t.Fatalf("%+v, %v", joined, err)
	}
	for _, leaves := range []struct {
		key    string
		others bool
	}{{"a", true}, {"b", false}} {
		var left contract.LineLeft
		err := l.ask(ctx, id, string(contract.LineLeaveUpdate), contract.LineLeave{Person: "ana", Key: leaves.key}).Get(ctx, &left)
		if err != nil || left.Others != leaves.others {
			t.Errorf("%s left: %+v, %v", leaves.key, left, err)
		}
	}
	l.keep("line", l.runs(id, run.GetRunID()))
}

// ask sends an update of a workflow's own, and does not wait for its answer.
func (l *live) ask(ctx context.Context, id, name string, in any) client.WorkflowUpdateHandle {
	l.t.Helper()
	handle, err := l.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: name, Args: []any{in}, WaitForStage: client.WorkflowUpdateStageAccepted,
	})
	if err != nil {
		l.t.Fatal(err)
	}
	return handle
}
