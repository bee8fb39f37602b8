package workflows_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/mock"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/workflows"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// start is when every scenario begins: a Sunday night.
var start = time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)

// book is the roster of all scenarios.
func book() oncall.Book {
	person := func(id, name, phone string) oncall.Person {
		return oncall.Person{ID: oncall.PersonID(id), Name: name, Phone: phone, Zone: "UTC"}
	}
	return oncall.Book{
		People: []oncall.Person{
			person("ana", "Ana", "+15550100001"), person("ben", "Ben", "+15550100002"),
			person("cleo", "Cleo", "+15550100003"), person("dan", "Dan", "+15550100004"),
		},
		Schedules: []oncall.Schedule{
			{Name: "payments-oncall", Person: "ana"},
			{Name: "sre-oncall", Person: "ben"},
			{Name: "support-oncall", Person: "cleo"},
			{Name: "engineering-manager", Person: "cleo"},
			{Name: "cto", Person: "dan"},
			{Name: "vp-engineering", Person: "dan"},
			{Name: "security-oncall", Person: "ben"},
			{Name: "forensics-oncall", Person: "ana"},
			{Name: "legal-oncall", Person: "cleo"},
			{Name: "ciso", Person: "dan"},
		},
		Fallback: []oncall.PersonID{"dan"},
	}
}

// plans compiles without a cache.
type plans struct{}

func (plans) Plan(_ string, rb *runbooks.Runbook, extra []runbooks.Step) (*runbooks.Plan, error) {
	return runbooks.CompileWith(rb, extra)
}

// scenario is one incident in skipped time, over every port in memory.
type scenario struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	world *memory.World
	in    contract.IncidentInput

	actions []string                 // the custom actions that the runbook names
	script  []*event                 // what happens from outside, at instants that outlive a cut
	rounds  atomic.Int64             // of polls
	runs    int                      // how many runs the scenario took
	slows   map[string]time.Duration // effects that take longer than usual
	between func(*contract.State)    // what the drain of a cut has done to the state
}

// event is something that happens once, at an instant.
type event struct {
	at   time.Time
	f    func()
	done bool
}

// newScenario prepares an incident that an alert has started.
func newScenario(t *testing.T, rb *runbooks.Runbook) *scenario {
	t.Helper()
	hash, err := rb.Hash()
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{t: t}
	s.world = memory.New(book(), func() time.Time { return s.env.Now() })
	rb.WalkAll(func(_ runbooks.Place, step *runbooks.Step) {
		if step.Action != nil && !slices.Contains(s.actions, step.Action.Name) {
			s.actions = append(s.actions, step.Action.Name)
		}
	})
	s.stage(start)
	s.at(20*24*time.Hour, func() {
		t.Error("stuck: nothing ends this incident")
		s.env.CancelWorkflow()
	})
	s.in = contract.IncidentInput{
		Runbook: *rb, Hash: hash,
		Declaration: contract.Declaration{
			Title: "error rate above 5 %", Service: "payments", Source: "alertmanager", At: start, Type: "outage",
			By: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true},
		},
	}
	s.at(0, func() { s.alert(false) })
	return s
}

// stage sets up the engine's stand-in for one run, from an instant on.
func (s *scenario) stage(from time.Time) {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(quietLogger{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(from)
	env.SetTestTimeout(time.Minute) // of the real clock, on a busy machine
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: time.Minute})
	env.SetWorkflowRunTimeout(0)
	all := activities.Ports{
		Chat: s.world, Phone: s.world, People: s.world, Archive: s.world, Numbers: s.world, Bridges: s.world, Tracker: s.world,
		Audiences: s.world, Web: s.world, Commands: s.world, Sleep: s.polled,
	}
	workflows.Register(env, &workflows.Workflows{Plans: plans{}})
	activities.Register(env, all)
	ports := functions{}
	activities.Register(ports, all)
	for _, name := range s.actions {
		ports[name] = func(_ context.Context, with map[string]any, e contract.Effect, _ contract.Secrets) (map[string]any, error) {
			out, err := s.world.DoAction(name, with, e)
			if contract.IsRefused(err) {
				err = temporal.NewNonRetryableApplicationError(err.Error(), contract.RefusedType, nil)
			}
			return out, err
		}
		env.RegisterActivityWithOptions(ports[name], activity.RegisterOptions{Name: name})
	}
	for n, name := range s.actions {
		env.OnActivity(name, mock.Anything, mock.Anything, mock.Anything, mock.Anything).After(time.Duration(n+20) * 7 * time.Millisecond).Return(ports[name]).Maybe()
	}
	// Each effect takes a time of its own, so that what happens in one instant has one order.
	for n, name := range []string{
		"SendText", "PlaceCall", "HangUp", "ShowRoom", "Post", "OpenRoom", "OpenBridge", "OpenTicket", "SyncTicket", "PublishUpdate",
		"KeepEvidence", "DraftPostmortem", "CallHTTP", "RunCommand",
	} {
		takes := time.Duration(n+1) * 7 * time.Millisecond
		if slow, ok := s.slows[name]; ok {
			takes = slow
		}
		env.OnActivity(name, mock.Anything, mock.Anything).After(takes).Return(ports[name]).Maybe()
	}
	env.OnSignalExternalWorkflow(mock.Anything, contract.NumbersID, "", string(contract.EndedSignal), mock.Anything).Return(nil).Maybe()
	s.env = env
	for _, e := range s.script {
		s.arm(e)
	}
}

// mostRounds is how often a poll asks before it is given up: its time is the test's own, not the skipped one.
const mostRounds = 50

// polled lets a poll go on at once.
func (s *scenario) polled(context.Context, time.Duration) error {
	if s.rounds.Add(1)%mostRounds == 0 {
		return &contract.Refused{What: "it polls for ever"}
	}
	return nil
}

// slow makes a kind of effect take long, so that it is in flight when something else happens.
func (s *scenario) slow(name string, takes time.Duration) {
	if s.slows == nil {
		s.slows = map[string]time.Duration{}
	}
	s.slows[name] = takes
	s.stage(start)
}

// arm lets an event happen in the present run, unless it has happened.
func (s *scenario) arm(e *event) {
	if e.done {
		return
	}
	s.env.RegisterDelayedCallback(func() {
		e.done = true
		e.f()
	}, max(e.at.Sub(s.env.Now()), 0))
}

// after does something a while from now, whichever run it is then.
func (s *scenario) after(delay time.Duration, f func()) {
	e := &event{at: s.env.Now().Add(delay), f: f}
	s.script = append(s.script, e)
	s.arm(e)
}

// cut asks for a continue-as-new after a while of the incident's time.
func (s *scenario) cut(after time.Duration) {
	s.at(after, func() {
		s.env.SetContinueAsNewSuggested(true)
		s.env.SignalWorkflow(string(contract.CallSignal), contract.CallStatus{Status: "nothing, but it wakes the workflow"})
	})
}

// functions keeps activities by name.
type functions map[string]any

// RegisterActivityWithOptions keeps one.
func (f functions) RegisterActivityWithOptions(a any, o activity.RegisterOptions) { f[o.Name] = a }

// shipped loads a runbook that ships with the product.
func shipped(t *testing.T, name string) *runbooks.Runbook {
	t.Helper()
	rb, err := runbooks.Load(runbooks.Shipped(), name)
	if err != nil {
		t.Fatal(err)
	}
	return rb
}

// parse reads a runbook from text.
func parse(t *testing.T, text string) *runbooks.Runbook {
	t.Helper()
	rb, problems := runbooks.Parse("test.yaml", []byte(text))
	for _, p := range problems {
		if !p.Warning {
			t.Fatal(problems)
		}
	}
	return rb
}

// at does something after a while of the incident's time.
func (s *scenario) at(after time.Duration, f func()) { s.after(start.Add(after).Sub(s.env.Now()), f) }

// alert sends the alert again, firing or cleared.
func (s *scenario) alert(cleared bool) {
	s.env.SignalWorkflow(string(contract.AlertsSignal), contract.Alerts{Alerts: []incident.Alert{{
		Source: "alertmanager", Fingerprint: "f1", Title: "HighErrorRate", Summary: "error rate above 5 %",
		StartsAt: start.Add(-time.Minute), Cleared: cleared,
	}}})
}

// person is somebody of the roster at a door.
func person(id oncall.PersonID, door incident.Door) incident.Actor {
	for _, p := range book().People {
		if p.ID == id {
			return incident.Actor{Person: id, Name: p.Name, Door: door, Verified: true}
		}
	}
	return incident.Actor{Name: string(id), Door: door}
}

// outcome is what an act led to.
type outcome struct {
	receipt contract.Receipt
	refused string
	done    bool
}

// act lets a person act at a time and gives the outcome when the scenario has run.
func (s *scenario) act(after time.Duration, verb contract.Verb, act contract.Act) *outcome {
	o := &outcome{}
	s.at(after, func() { s.actNow(verb, act, o) })
	return o
}

// actInReview lets a person act on the incident's review at a time, by signal.
func (s *scenario) actInReview(after time.Duration, verb contract.Verb, act contract.Act) {
	// A review that is over by then needs nobody.
	s.at(after, func() { _ = s.env.SignalWorkflowByID(contract.ReviewID("INC-1"), string(verb), act) })
}

// reviewed is the transcript as the review has it in the end.
func (s *scenario) reviewed() string {
	s.t.Helper()
	value, err := s.env.QueryWorkflowByID(contract.ReviewID("INC-1"), string(contract.Timeline), contract.TimelineRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	var part contract.TimelinePart
	if err := value.Get(&part); err != nil {
		s.t.Fatal(err)
	}
	return s.merged(part.Entries)
}

// actNow sends an update.
func (s *scenario) actNow(verb contract.Verb, act contract.Act, o *outcome) {
	s.env.UpdateWorkflow(string(verb), fmt.Sprintf("u%p", o), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { o.refused, o.done = err.Error(), true },
		OnComplete: func(v any, err error) {
			o.done = true
			if err != nil {
				o.refused = err.Error()
				return
			}
			o.receipt, _ = v.(contract.Receipt)
		},
	}, act)
}

// answers lets a person pick up and press 1 a while after each call rings; everybody else lets it ring out.
func (s *scenario) phones(pick map[oncall.PersonID]time.Duration) {
	s.world.Placed = func(c contract.CallRequest, provider string) {
		own := time.Duration(c.Person[0]-'a') * 3 * time.Millisecond // no two telephones ring in the same instant
		s.status(200*time.Millisecond+own, c, provider, incident.CallRinging)
		after, picks := pick[c.Person]
		if !picks {
			s.status(c.Ring+own, c, provider, incident.CallNoAnswer)
			return
		}
		s.status(after, c, provider, incident.CallAnswered)
		s.after(after+time.Second, func() {
			s.actNow(contract.VerbAck, contract.Act{By: person(c.Person, incident.DoorPhone), Page: c.Callback.Page}, &outcome{})
		})
	}
}

// status sends a provider's word about a call.
func (s *scenario) status(after time.Duration, c contract.CallRequest, provider string, status incident.CallStatus) {
	s.after(after, func() {
		s.env.SignalWorkflow(string(contract.CallSignal), contract.CallStatus{Callback: c.Callback, Provider: provider, Status: status})
	})
}

// run plays the scenario to its end and gives the final state.
func (s *scenario) run() contract.IncidentResult {
	s.t.Helper()
	s.play(string(contract.Incident), s.in)
	var result contract.IncidentResult
	if err := s.env.GetWorkflowError(); err != nil {
		var crashed *temporal.PanicError
		if errors.As(err, &crashed) {
			s.t.Log(crashed.StackTrace())
		}
		s.t.Fatalf("the incident failed: %v\n%s", err, s.transcript())
	}
	if err := s.env.GetWorkflowResult(&result); err != nil {
		s.t.Fatal(err)
	}
	return result
}

// play executes a workflow, run after run, each on the state that the one before has left.
func (s *scenario) play(name string, in contract.IncidentInput) {
	s.t.Helper()
	for {
		s.runs++
		s.env.ExecuteWorkflow(name, in)
		if !s.env.IsWorkflowCompleted() {
			s.t.Fatalf("the incident has not ended\n%s", s.transcript())
		}
		var again *workflow.ContinueAsNewError
		if !errors.As(s.env.GetWorkflowError(), &again) {
			return
		}
		in = contract.IncidentInput{}
		if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &in); err != nil {
			s.t.Fatal(err)
		}
		if s.between != nil && in.State != nil {
			s.between(in.State)
		}
		name = again.WorkflowType.Name
		s.stage(s.env.Now())
	}
}

// stopAt cancels the scenario's incident after a while, for runs that would go on for ever.
func (s *scenario) stopAt(after time.Duration) {
	s.act(after, contract.VerbCancel, contract.Act{By: person("dan", incident.DoorCLI), Reason: "the test ends here"})
}

// timeline reads the incident's timeline.
func (s *scenario) timeline() []incident.Entry {
	s.t.Helper()
	value, err := s.env.QueryWorkflow(string(contract.Timeline), contract.TimelineRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	var part contract.TimelinePart
	if err := value.Get(&part); err != nil {
		s.t.Fatal(err)
	}
	return part.Entries
}

// snapshot reads the incident.
func (s *scenario) snapshot() contract.Snapshot {
	s.t.Helper()
	value, err := s.env.QueryWorkflow(string(contract.Show), contract.None{})
	if err != nil {
		s.t.Fatal(err)
	}
	var snap contract.Snapshot
	if err := value.Get(&snap); err != nil {
		s.t.Fatal(err)
	}
	return snap
}

// transcript lists every outward act and every line of the timeline, in order of time.
func (s *scenario) transcript() string { return s.merged(s.timeline()) }

// merged puts a timeline and all outward acts in order.
func (s *scenario) merged(entries []incident.Entry) string {
	type line struct {
		at   time.Time
		rank int
		text string
	}
	var lines []line
	for _, l := range s.world.Transcript() {
		lines = append(lines, line{l.At.UTC(), 1, "  ~ " + l.What})
	}
	for _, e := range entries {
		lines = append(lines, line{e.At.UTC(), 0, string(e.Kind) + ": " + e.Text})
	}
	// Effects of one moment have no order among themselves: they run side by side.
	const moment = 500 * time.Millisecond
	slices.SortStableFunc(lines, func(a, b line) int {
		if c := a.at.Truncate(moment).Compare(b.at.Truncate(moment)); c != 0 {
			return c
		}
		if a.rank != b.rank || a.rank == 0 {
			return cmp.Compare(a.rank, b.rank)
		}
		return cmp.Compare(a.text, b.text)
	})
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%9s  %s\n", l.at.Sub(start).Truncate(moment), l.text)
	}
	return b.String()
}

// golden compares the transcript with the scenario's file.
func (s *scenario) golden() {
	s.t.Helper()
	name := filepath.Join("testdata", strings.ReplaceAll(s.t.Name(), "/", "_"), "transcript.txt")
	s.compare(name, s.transcript())
}

// goldenInSeconds is golden for scenarios in which many effects happen side by side: what happens within one second has
// no order.
func (s *scenario) goldenInSeconds() {
	s.t.Helper()
	s.compare(filepath.Join("testdata", strings.ReplaceAll(s.t.Name(), "/", "_"), "transcript.txt"), strings.Join(rounded(s), "\n")+"\n")
}

// compare compares a text with a file.
func (s *scenario) compare(name, got string) {
	s.t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		s.t.Errorf("transcript differs (-want +got), write anew with -update:\n%s", diff)
	}
}

// quietLogger drops the engine's log lines.
type quietLogger struct{}

func (quietLogger) Debug(string, ...any) {}
func (quietLogger) Info(string, ...any)  {}
func (quietLogger) Warn(string, ...any)  {}
func (quietLogger) Error(string, ...any) {}
