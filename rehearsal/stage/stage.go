// Package stage plays incidents in skipped time: the real workflows and the real activities over any ports, without a
// server. Everything happens in one thread and in one order, so the same play always gives the same transcript. It
// knows nothing of scripts, people or reports; package rehearsal does.
package stage

import (
	"errors"
	"fmt"
	"slices"
	"time"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/workflows"
)

// Options are what a play needs.
type Options struct {
	Start time.Time // when the incident begins
	Ports activities.Ports
	Plans workflows.Plans
	// Action does custom actions; nil = they succeed and give nothing.
	Action func(name string, with map[string]any, effect contract.Effect) (map[string]any, error)
	// Takes is how long an effect takes; nil = a few milliseconds, another number for each kind of effect.
	Takes func(Effect) time.Duration
	// News hears of every new line of the timeline, at the instant it is written. It is called in the middle of the
	// workflow: it may Look, and what it wants to do it does with After.
	News func(entries []incident.Entry)
	// Between sees the state that one run hands to the next; nil = nobody looks.
	Between func(*contract.State)
}

// Stage is one play. All methods must be called from one goroutine, or from what At, After and News call.
type Stage struct {
	options Options
	env     *testsuite.TestWorkflowEnvironment // of the incident's present run
	review  *testsuite.TestWorkflowEnvironment // of its review; nil = the incident has not ended
	script  []event                            // what has yet to happen, in order
	playing bool                               // the workflow's own code runs: before that no time may pass
	sent    int                                // updates, for their ids
	runs    int
	closed  bool // nothing that still happens counts

	hear    func(name string, arg *commonpb.Payloads) error // a signal reaches the present run; nil = it has not begun
	show    func(contract.None) (contract.Snapshot, error)
	seen    int                     // the newest line of the timeline that News has heard of
	handed  *contract.IncidentInput // what the incident has left to its review
	left    *contract.FarewellInput // the room that the review has left
	forward []forwarded             // what came too late for the incident, and is its review's
}

// event is something that happens once, at an instant.
type event struct {
	at time.Time
	f  func()
}

// forwarded is a signal on its way to the review.
type forwarded struct {
	name string
	arg  any
}

// New sets up a play.
func New(o Options) *Stage {
	s := &Stage{options: o}
	s.env = s.set(o.Start.Add(-moment)) // the incident gets its number first
	return s
}

// Longest times of the real clock. They only count when something is broken.
const (
	patience = time.Minute
	deadlock = time.Minute // a workflow task on a busy machine
)

// moment is how long a question to the roster or to the numbering takes in a play.
const moment = time.Millisecond

// set makes the engine's stand-in for one run, from an instant on.
func (s *Stage) set(from time.Time) *testsuite.TestWorkflowEnvironment {
	suite := &testsuite.WorkflowTestSuite{}
	suite.SetLogger(silence{})
	env := suite.NewTestWorkflowEnvironment()
	env.SetStartTime(from)
	env.SetTestTimeout(patience)
	env.SetWorkflowRunTimeout(0)
	env.SetWorkerOptions(worker.Options{
		DeadlockDetectionTimeout: deadlock,
		Interceptors:             []interceptor.WorkerInterceptor{&inline{stage: s, effects: newEffects(s)}},
	})
	workflows.Register(env, &workflows.Workflows{Plans: s.options.Plans})
	s.playing, s.hear = false, nil
	return env
}

// curtain begins a run: from here on time passes, and what is in the script happens.
func (s *Stage) curtain() {
	if s.playing {
		return
	}
	s.playing = true
	for _, e := range s.script {
		s.arm(e.at)
	}
}

// Incident is the engine's stand-in of the incident's last run, for tests that need more of it than a play does.
func (s *Stage) Incident() *testsuite.TestWorkflowEnvironment { return s.env }

// Review is the engine's stand-in of the incident's review, or nil.
func (s *Stage) Review() *testsuite.TestWorkflowEnvironment { return s.review }

// present is where the play is now.
func (s *Stage) present() *testsuite.TestWorkflowEnvironment {
	if s.review != nil {
		return s.review
	}
	return s.env
}

// Now is the time in the play.
func (s *Stage) Now() time.Time { return s.present().Now().UTC() }

// At does something a while after the beginning. What happens at the beginning itself is there when the incident starts,
// as the alert is that it starts with.
func (s *Stage) At(after time.Duration, f func()) {
	if after <= 0 && !s.playing {
		s.env.RegisterDelayedCallback(f, 0)
		return
	}
	s.After(s.options.Start.Add(after).Sub(s.Now()), f)
}

// After does something a while from now, whichever run it is then. Of what happens at one instant, that which was asked
// for first happens first.
func (s *Stage) After(delay time.Duration, f func()) {
	e := event{at: s.Now().Add(delay), f: f}
	place, _ := slices.BinarySearchFunc(s.script, e.at, func(other event, at time.Time) int {
		if other.at.After(at) {
			return 1
		}
		return -1
	})
	s.script = slices.Insert(s.script, place, e)
	if s.playing {
		s.arm(e.at)
	}
}

// arm sets an alarm in the present run, at which the next thing of the script happens. There is one for each thing, and
// which of them goes off first at an instant does not matter: the engine's stand-in keeps no order among them.
func (s *Stage) arm(at time.Time) {
	env := s.present()
	env.RegisterDelayedCallback(func() {
		if s.closed || env != s.present() || len(s.script) == 0 || s.script[0].at.After(env.Now()) {
			return
		}
		next := s.script[0]
		s.script = s.script[1:]
		next.f()
	}, max(at.Sub(env.Now()), 0))
}

// Act lets a person act, and says what came of it. An incident that is handing over hears nothing any more.
func (s *Stage) Act(verb contract.Verb, act contract.Act, heard func(contract.Receipt, error)) {
	s.sent++
	s.present().UpdateWorkflow(string(verb), fmt.Sprint("act-", s.sent), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { heard(contract.Receipt{}, plain(err)) },
		OnComplete: func(value any, err error) {
			receipt, _ := value.(contract.Receipt)
			heard(receipt, plain(err))
		},
	}, act)
}

// plain is an error without the engine's wrapping.
func plain(err error) error {
	var app *temporal.ApplicationError
	if errors.As(err, &app) {
		return errors.New(app.Message())
	}
	return err
}

// Alerts sends alerts.
func (s *Stage) Alerts(alerts ...incident.Alert) {
	s.signal(string(contract.AlertsSignal), contract.Alerts{At: s.Now(), Alerts: alerts})
}

// CallStatus is the telephone provider's word about a call.
func (s *Stage) CallStatus(status contract.CallStatus) {
	s.signal(string(contract.CallSignal), status)
}

// signal sends a signal. It is there at once: sent through the engine's stand-in it would be a step of its own, for which
// everything that waits is woken.
func (s *Stage) signal(name string, arg any) {
	wire, err := converter.GetDefaultDataConverter().ToPayloads(arg)
	if s.hear == nil || err != nil || s.hear(name, wire) != nil {
		s.present().SignalWorkflow(name, arg)
	}
}

// Look is the incident as it is now. What it holds goes on changing with the play.
func (s *Stage) Look() (contract.Snapshot, error) {
	if s.show == nil {
		return contract.Snapshot{}, errors.New("the incident has not begun")
	}
	return s.show(contract.None{})
}

// Cut asks for a continue-as-new.
func (s *Stage) Cut() {
	s.env.SetContinueAsNewSuggested(true)
	s.env.SignalWorkflow(string(contract.CallSignal), contract.CallStatus{Status: "nothing, but it wakes the workflow"})
}

// Close ends the play: whatever still happens is only the end of the workflow.
func (s *Stage) Close() {
	s.closed = true
	s.present().CancelWorkflow()
}

// Left is the room that is to be archived, or nil.
func (s *Stage) Left() *contract.FarewellInput { return s.left }

// Runs is how many runs the incident took: one more than it was continued as new.
func (s *Stage) Runs() int { return s.runs }

// Play executes the incident, run after run, and its review, to the end or to Close. An alert that comes while the
// incident closes is another one, which is played last.
func (s *Stage) Play(in contract.IncidentInput) (contract.IncidentResult, error) {
	name := string(contract.Incident)
	for {
		s.runs++
		s.env.ExecuteWorkflow(name, in)
		err := s.env.GetWorkflowError()
		again := s.continued(err)
		if s.handed != nil && !s.closed && (err == nil || again != nil) {
			if problem := s.playReview(); problem != nil {
				return contract.IncidentResult{}, problem
			}
		}
		if again == nil || s.closed {
			return s.result(s.env, err)
		}
		if in, err = s.next(again); err != nil {
			return contract.IncidentResult{}, err
		}
		from := s.Now()
		if s.handed != nil {
			s.handed, s.review, s.seen = nil, nil, 0
		}
		name, s.env = again.WorkflowType.Name, s.set(from)
	}
}

// playReview executes the review that the incident has started, from the instant at which the incident was over.
func (s *Stage) playReview() error {
	name, in := string(contract.Review), *s.handed
	for from := s.env.Now(); ; from = s.review.Now() {
		s.review = s.set(from)
		for _, f := range s.forward {
			s.review.RegisterDelayedCallback(func() { s.review.SignalWorkflow(f.name, f.arg) }, 0)
		}
		s.forward = nil
		s.review.ExecuteWorkflow(name, in)
		again := s.continued(s.review.GetWorkflowError())
		if again == nil {
			_, err := s.result(s.review, s.review.GetWorkflowError())
			return err
		}
		var err error
		if in, err = s.next(again); err != nil {
			return err
		}
	}
}

// take takes what an incident leaves to its review. It passes through JSON, as it does on the wire.
func (s *Stage) take(in contract.IncidentInput) error {
	data := converter.GetDefaultDataConverter()
	wire, err := data.ToPayloads(in)
	if err == nil {
		s.handed = &contract.IncidentInput{}
		err = data.FromPayloads(wire, s.handed)
	}
	return err
}

// continued is how a run goes on; nil = it does not.
func (s *Stage) continued(err error) *workflow.ContinueAsNewError {
	var again *workflow.ContinueAsNewError
	if errors.As(err, &again) {
		return again
	}
	return nil
}

// next is what the next run begins with.
func (s *Stage) next(again *workflow.ContinueAsNewError) (contract.IncidentInput, error) {
	in := contract.IncidentInput{}
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &in); err != nil {
		return in, fmt.Errorf("read the state of run %d: %w", s.runs, err)
	}
	if s.options.Between != nil && in.State != nil {
		s.options.Between(in.State)
	}
	return in, nil
}

// result is what the workflow gave.
func (s *Stage) result(env *testsuite.TestWorkflowEnvironment, err error) (contract.IncidentResult, error) {
	var result contract.IncidentResult
	if err == nil {
		err = env.GetWorkflowResult(&result)
	}
	var crashed *temporal.PanicError
	switch {
	case errors.As(err, &crashed):
		return result, fmt.Errorf("%w\n%s", err, crashed.StackTrace())
	case err != nil && !s.closed:
		return result, fmt.Errorf("play the incident: %w", err)
	}
	return result, nil
}

// silence is a logger that says nothing.
type silence struct{}

func (silence) Debug(string, ...any) {}
func (silence) Info(string, ...any)  {}
func (silence) Warn(string, ...any)  {}
func (silence) Error(string, ...any) {}
