//go:build !noengine

package workflows_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/worker"
)

// quick is a runbook whose waits are so short that a real engine plays it in a few seconds.
const quick = `
runbook: quick
roles: { commander: sre-oncall, owner: payments-oncall }
severities:
  SEV1: { ack: 1s }
  SEV2: { ack: 2s }
phases:
  identification:
    - channel: inc-${{ incident.key }}
      invite: [owner]
    - page: owner
      id: first
      ack: 1s
      escalate: [commander]
      rounds: 2
    - await: severity
      timeout: 2s
      on_timeout: { choose: SEV1 }
    - assign: commander
      to: ${{ steps.first.acked_by }}
  containment:
    - ask: What now?
      id: now
      choices: { restart: Restart, nothing: Nothing }
      timeout: 20s
      on_timeout: escalate
      case:
        restart:
          - task: Restart it
            id: restart
  recovery:
    - wait: 1s
    - say: ${{ incident.title }} is over after ${{ steps.first.level }} levels.
`

// live is a real engine with a real worker over every port in memory.
type live struct {
	t           testing.TB
	client      client.Client
	world       *memory.World
	permissions *incident.Permissions // of what is declared; nil = none
}

// newLive starts the engine's guests. cutAfter shrinks the history's limit.
func newLive(t testing.TB, e *engine.Engine, cutAfter int) *live {
	t.Helper()
	c, err := e.Client(t.Context(), client.Options{Identity: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	world := memory.New(book(), time.Now)
	ports := activities.Ports{
		Chat: world, Direct: world, Presence: world, Mail: world, Phone: world, People: world, Archive: world, Numbers: world, Bridges: world, Tracker: world, Audiences: world,
		Web: world, Commands: world,
	}
	w := worker.New(c, ports, worker.Options{
		FailOnPanic: true, CutAfter: cutAfter, StopTimeout: time.Second, DeadlockTimeout: time.Minute,
		Actions: func(r activities.Registry) {
			r.RegisterActivityWithOptions(func(_ context.Context, with map[string]any, e contract.Effect, _ contract.Secrets) (map[string]any, error) {
				return world.DoAction("deploy.rollback", with, e)
			}, activity.RegisterOptions{Name: "deploy.rollback"})
		},
	})
	if err := worker.Prepare(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Stop)
	return &live{t: t, client: c, world: world}
}

// declare starts an incident with its alert, as the gateway does; change makes another declaration of it.
func (l *live) declare(id string, rb *runbooks.Runbook, change ...func(*contract.Declaration)) client.WorkflowRun {
	l.t.Helper()
	hash, err := rb.Hash()
	if err != nil {
		l.t.Fatal(err)
	}
	in := contract.IncidentInput{
		Runbook: *rb, Hash: hash, Permissions: l.permissions,
		Declaration: contract.Declaration{
			Title: "error rate above 5 %", Service: "payments", Source: "alertmanager", At: time.Now(),
			By: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true},
		},
	}
	for _, c := range change {
		c(&in.Declaration)
	}
	run, err := l.client.SignalWithStartWorkflow(l.t.Context(), id, string(contract.AlertsSignal), contract.Alerts{
		Alerts: []incident.Alert{{Source: "alertmanager", Fingerprint: "f1", Title: "HighErrorRate"}},
	}, client.StartWorkflowOptions{
		ID: id, TaskQueue: contract.QueueMain, WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, string(contract.Incident), in)
	if err != nil {
		l.t.Fatal(err)
	}
	return run
}

// act sends a verb as an update and gives what the person hears.
func (l *live) act(id string, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	ctx, cancel := context.WithTimeout(l.t.Context(), 20*time.Second)
	defer cancel()
	handle, err := l.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: id, UpdateName: string(verb), Args: []any{act}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return contract.Receipt{}, err
	}
	var receipt contract.Receipt
	return receipt, handle.Get(ctx, &receipt)
}

// mustAct is act for a verb that may not be refused.
func (l *live) mustAct(id string, verb contract.Verb, act contract.Act) contract.Receipt {
	l.t.Helper()
	receipt, err := l.act(id, verb, act)
	if err != nil {
		l.t.Fatalf("%s: %v", verb, err)
	}
	return receipt
}

// show asks for the incident.
func (l *live) show(id string) contract.Snapshot {
	l.t.Helper()
	value, err := l.client.QueryWorkflow(l.t.Context(), id, "", string(contract.Show), contract.None{})
	if err != nil {
		l.t.Fatal(err)
	}
	var snap contract.Snapshot
	if err := value.Get(&snap); err != nil {
		l.t.Fatal(err)
	}
	return snap
}

// until polls the incident until it is as wanted. The engine's time is real, so the poll is too.
func (l *live) until(id, what string, wanted func(contract.Snapshot) bool) contract.Snapshot {
	l.t.Helper()
	deadline := time.Now().Add(40 * time.Second)
	for {
		snap := l.show(id)
		if wanted(snap) {
			return snap
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("%s: not within 40 s; steps %+v", what, snap.Steps)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// waitsFor says whether a question of a step is open.
func waitsFor(step string) func(contract.Snapshot) bool {
	return func(s contract.Snapshot) bool {
		for _, q := range s.Incident.OpenQuestions() {
			if q.Step == step {
				return true
			}
		}
		return false
	}
}

// pickUp lets people answer their calls at once and press 1; the others let it ring.
func (l *live) pickUp(id string, who ...oncall.PersonID) {
	l.world.Placed = func(c contract.CallRequest, provider string) {
		say := func(s incident.CallStatus) {
			_ = l.client.SignalWorkflow(context.Background(), id, "", string(contract.CallSignal),
				contract.CallStatus{Callback: c.Callback, Provider: provider, Status: s})
		}
		go func() {
			say(incident.CallRinging)
			for _, p := range who {
				if p == c.Person {
					say(incident.CallAnswered)
					_, _ = l.act(id, contract.VerbAck, contract.Act{By: person(p, incident.DoorPhone), Page: c.Callback.Page})
				}
			}
		}()
	}
}

// ended waits for the incident's result.
func (l *live) ended(run client.WorkflowRun) contract.IncidentResult {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.t.Context(), 60*time.Second)
	defer cancel()
	var result contract.IncidentResult
	if err := run.Get(ctx, &result); err != nil {
		l.t.Fatal(err)
	}
	return result
}

// history reads the history of a run.
func (l *live) history(id, runID string) *history.History {
	l.t.Helper()
	h := &history.History{}
	events := l.client.GetWorkflowHistory(l.t.Context(), id, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		e, err := events.Next()
		if err != nil {
			l.t.Fatal(err)
		}
		h.Events = append(h.Events, e)
	}
	return h
}

// runs lists the runs of a workflow id from the last to the first, by their histories.
func (l *live) runs(id, last string) []*history.History {
	var all []*history.History
	for run := last; run != ""; {
		h := l.history(id, run)
		all = append(all, h)
		run = h.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetContinuedExecutionRunId()
	}
	return all
}

// keep writes histories as testdata when they are to be recorded anew, and checks that no timer outlived its wait.
func (l *live) keep(name string, histories []*history.History) {
	l.t.Helper()
	for n, h := range histories {
		checkTimers(l.t, h)
		if !*record {
			continue
		}
		text, err := protojson.MarshalOptions{Indent: " "}.Marshal(h)
		if err != nil {
			l.t.Fatal(err)
		}
		file := filepath.Join("testdata", "history", fmt.Sprintf("%s-%d.json", name, len(histories)-n))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			l.t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			l.t.Fatal(err)
		}
	}
}

// checkTimers fails when a run that has completed left a timer that neither fired nor was cancelled.
func checkTimers(t testing.TB, h *history.History) {
	t.Helper()
	open := map[int64]string{}
	if last := h.GetEvents()[len(h.GetEvents())-1]; last.GetEventType() != enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED {
		return // it still waits, or its waits are taken up, with their deadlines, by the next run
	}
	for _, e := range h.GetEvents() {
		switch e.GetEventType() {
		case enums.EVENT_TYPE_TIMER_STARTED:
			open[e.GetEventId()] = e.GetEventTime().AsTime().Format(time.TimeOnly) + " " + e.GetUserMetadata().GetSummary().String()
		case enums.EVENT_TYPE_TIMER_FIRED:
			delete(open, e.GetTimerFiredEventAttributes().GetStartedEventId())
		case enums.EVENT_TYPE_TIMER_CANCELED:
			delete(open, e.GetTimerCanceledEventAttributes().GetStartedEventId())
		}
	}
	if len(open) > 0 {
		t.Errorf("%d timers outlived their waits: %v", len(open), open)
	}
}

// TestEngine plays the paths of an incident on the real embedded engine, side by side.
func TestEngine(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t, nil)
	paths := map[string]func(*testing.T, *live){
		"happy": playHappy, "nobody": playNobody, "raised": playRaised, "cancelled": playCancelled, "drill": playDrill, "mends": playMends,
	}
	shared := newLive(t, e, 0)
	for name, play := range paths {
		t.Run(name, func(t *testing.T) {
			play(t, shared.fork(t))
		})
	}
}

// fork is the same engine seen from a subtest.
func (l *live) fork(t *testing.T) *live { return &live{t: t, client: l.client, world: l.world} }

func playHappy(t *testing.T, l *live) {
	const id = "incident/happy"
	l.pickUp(id, "ben")
	run := l.declare(id, parse(t, quick))
	l.until(id, "the second level answers", func(s contract.Snapshot) bool { return !s.Incident.AcknowledgedAt.IsZero() })
	l.mustAct(id, contract.VerbSeverity, contract.Act{By: person("ben", incident.DoorSlack), Value: "SEV2"})
	l.until(id, "the question is open", waitsFor("now"))
	l.mustAct(id, contract.VerbAnswer, contract.Act{By: person("ben", incident.DoorSlack), Step: "now", Value: "restart"})
	l.until(id, "the task is open", waitsFor("restart"))
	l.mustAct(id, contract.VerbDone, contract.Act{By: person("ben", incident.DoorSlack), Step: "restart"})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	l.keep("happy", l.runs(id, run.GetRunID()))
}

func playNobody(t *testing.T, l *live) {
	const id = "incident/nobody"
	l.pickUp(id)
	run := l.declare(id, parse(t, quick))
	l.until(id, "everything is exhausted", func(s contract.Snapshot) bool {
		return len(s.Incident.Pages) > 0 && s.Incident.Pages[0].Exhausted && s.Incident.Pages[0].Round >= 3
	})
	l.mustAct(id, contract.VerbCancel, contract.Act{By: person("dan", incident.DoorCLI), Reason: "a test"})
	l.ended(run)
	l.keep("nobody", l.runs(id, run.GetRunID()))
}

func playRaised(t *testing.T, l *live) {
	const id = "incident/raised"
	l.pickUp(id, "ana")
	run := l.declare(id, parse(t, quick))
	l.until(id, "somebody answers", func(s contract.Snapshot) bool { return !s.Incident.AcknowledgedAt.IsZero() })
	l.mustAct(id, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"})
	if _, err := l.act(id, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV9"}); err == nil {
		t.Error("an unknown severity was accepted")
	}
	l.mustAct(id, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV1"})
	if _, err := l.act(id, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"}); err == nil {
		t.Error("lowering without a reason was accepted")
	}
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ana", incident.DoorSlack)})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	l.keep("raised", l.runs(id, run.GetRunID()))
}

func playCancelled(t *testing.T, l *live) {
	const id = "incident/cancelled"
	l.pickUp(id)
	run := l.declare(id, parse(t, quick))
	l.until(id, "somebody is called", func(s contract.Snapshot) bool {
		return len(s.Incident.Pages) > 0 && len(s.Incident.Pages[0].Attempts) > 0
	})
	if err := l.client.CancelWorkflow(t.Context(), id, ""); err != nil {
		t.Fatal(err)
	}
	if result := l.ended(run); result.Ending != incident.Cancelled {
		t.Errorf("ended as %q, want cancelled", result.Ending)
	}
	l.keep("cancelled", l.runs(id, run.GetRunID()))
}

// TestContinueAsNew shrinks the history's limit, so that an incident is cut again and again while notes rain on it as
// signals. Every note arrives exactly once, and the story goes on where it was.
func TestContinueAsNew(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 60)
	const id, notes = "incident/cut", 300
	l.pickUp(id, "ben")
	first := l.declare(id, parse(t, quick))
	l.until(id, "the question is open", waitsFor("now"))
	var senders sync.WaitGroup
	for n := range 4 {
		senders.Go(func() {
			for m := range notes / 4 {
				err := l.client.SignalWorkflow(t.Context(), id, "", string(contract.VerbNote), contract.Act{
					ID: fmt.Sprintf("note-%d-%d", n, m), Value: fmt.Sprintf("note %d %d", n, m),
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	senders.Wait()
	l.mustAct(id, contract.VerbAnswer, contract.Act{By: person("ben", incident.DoorSlack), Step: "now", Value: "restart"})
	l.until(id, "the task is open", waitsFor("restart"))
	last := l.client.GetWorkflow(t.Context(), id, "")
	l.mustAct(id, contract.VerbDone, contract.Act{By: person("ben", incident.DoorSlack), Step: "restart"})
	if result := l.ended(last); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	value, err := l.client.QueryWorkflow(t.Context(), id, "", string(contract.Timeline), contract.TimelineRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var part contract.TimelinePart
	if err := value.Get(&part); err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, entry := range part.Entries {
		if entry.Kind == incident.EntryNote {
			seen[entry.Text]++
		}
	}
	if len(seen) != notes {
		t.Errorf("%d different notes arrived, want %d", len(seen), notes)
	}
	for text, count := range seen {
		if count != 1 {
			t.Errorf("%q arrived %d times", text, count)
		}
	}
	description, err := l.client.DescribeWorkflowExecution(t.Context(), id, "")
	if err != nil {
		t.Fatal(err)
	}
	lastRun := description.GetWorkflowExecutionInfo().GetExecution().GetRunId()
	histories := l.runs(id, lastRun)
	t.Logf("%d runs", len(histories))
	if len(histories) < 3 || lastRun == first.GetRunID() {
		t.Errorf("the incident was cut into %d runs only", len(histories))
	}
	l.keep("cut", histories[max(0, len(histories)-2):])
}
