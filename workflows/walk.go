package workflows

import (
	"errors"
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// How a step can end other than well. The cancellation of its context is the fourth way: it was withdrawn.
var (
	errStopped  = errors.New("stopped") // the enclosing block ends as failed
	errTimedOut = errors.New("no answer in time")
	errRejected = errors.New("rejected")
)

// story walks the runbook: phases in their order, then the end.
func (r *run) story(ctx workflow.Context) {
	for n := range r.in.Runbook.Phases {
		p := &r.in.Runbook.Phases[n]
		if (p.Name == incident.LessonsLearned) != r.inc.Reviewing {
			continue
		}
		if err := r.phase(ctx, p); err != nil {
			return
		}
	}
	if r.inc.Reviewing {
		return
	}
	if err := r.gate(ctx); err != nil {
		return
	}
	r.finish(ctx, incident.End{Ending: incident.Resolved})
}

// finish ends the incident by the runbook.
func (r *run) finish(ctx workflow.Context, e incident.End) {
	if err := r.inc.Finish(now(ctx), incident.RunbookActor(), e); err != nil {
		workflow.GetLogger(ctx).Warn("the runbook's end came second", "key", r.inc.Key, "error", err)
	}
}

// phase runs one phase. When it was stopped, the steps after it never run by themselves: the commander is asked.
func (r *run) phase(ctx workflow.Context, p *runbooks.Phase) error {
	if !r.phaseOver(p) {
		if err := r.gate(ctx); err != nil {
			return err
		}
		if !r.entered(p.Name) {
			r.inc.EnterPhase(now(ctx), p.Name)
		}
	}
	err := r.walk(ctx, p.Steps)
	if err == nil || temporal.IsCanceledError(err) {
		return err
	}
	return r.afterStop(ctx, p, err)
}

// entered says whether the incident has come to the phase, or beyond it: a new run walks through phases that it left
// unfinished, because they were stopped.
func (r *run) entered(p incident.Phase) bool {
	order := incident.Phases()
	return slices.Index(order, r.inc.Phase) >= slices.Index(order, p)
}

// phaseOver says whether every step of the phase has ended, so that a new run only walks past it.
func (r *run) phaseOver(p *runbooks.Phase) bool {
	for n := range p.Steps {
		if !r.stepRun(&p.Steps[n]).State.Terminal() {
			return false
		}
	}
	return true
}

// walk runs the steps of a block from top to bottom. Steps that have ended are passed over by their recorded state;
// only what still runs in the background below them is taken up again.
func (r *run) walk(ctx workflow.Context, steps []runbooks.Step) error {
	for n := range steps {
		if err := r.step(ctx, &steps[n]); err != nil {
			return err
		}
	}
	return nil
}

// step runs one step, or takes it up where a former run left it.
func (r *run) step(ctx workflow.Context, s *runbooks.Step) error {
	if r.over() {
		return temporal.NewCanceledError()
	}
	sr := r.stepRun(s)
	if sr.State.Terminal() {
		return r.pass(ctx, s, sr)
	}
	if sr.State == contract.StepPending || (sr.State == contract.StepHolding && sr.Reaction == heldAtIf) {
		if err := r.gate(ctx); err != nil {
			return err
		}
		wanted, err := r.reach(ctx, s, sr)
		if err != nil || !wanted {
			return err
		}
	}
	if !s.Background {
		return r.execute(ctx, s, sr)
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := r.execute(ctx, s, sr); err != nil && !temporal.IsCanceledError(err) {
			r.problem(ctx, s.Address, "a step in the background has ended badly: "+err.Error())
		}
	})
	return nil
}

// pass walks past a step that has ended.
func (r *run) pass(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	for _, block := range s.Blocks() {
		r.resumeBackground(ctx, block)
	}
	if sr.Reaction == endedBlock && !s.Background {
		return errStopped
	}
	return nil
}

// resumeBackground takes up the background steps that were running below a block that has ended.
func (r *run) resumeBackground(ctx workflow.Context, steps []runbooks.Step) {
	for n := range steps {
		s := &steps[n]
		sr := r.stepRun(s)
		if s.Background && sr.State != contract.StepPending && !sr.State.Terminal() {
			// An error is impossible here: a background step is only started.
			_ = r.step(ctx, s)
		}
		for _, block := range s.Blocks() {
			r.resumeBackground(ctx, block)
		}
	}
}

// over says whether the incident has ended, so that nothing of the runbook goes on, whatever its waits have answered.
func (r *run) over() bool { return !r.inc.Open() && !r.inc.Reviewing }

// gate holds every new step while the run comes to rest for its successor.
func (r *run) gate(ctx workflow.Context) error {
	return workflow.Await(ctx, func() bool { return !r.draining })
}

// reach evaluates a step's condition, once, when it is reached. A hold that a former run left open is taken up first.
func (r *run) reach(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) (bool, error) {
	if sr.Started.IsZero() {
		sr.Started = now(ctx)
	}
	if s.If == "" {
		sr.State = contract.StepRunning
		return true, nil
	}
	for {
		if sr.State == contract.StepHolding {
			again, err := r.hold(ctx, s, sr, sr.Problem)
			if err != nil || !again {
				return false, err
			}
			sr.State = contract.StepPending // its condition comes first, whichever run evaluates it
		}
		var lack *missing
		value, err := r.evaluate(ctx, r.plan.Expression(s.If).Eval)
		switch {
		case errors.As(err, &lack):
			sr.State, sr.Reaction, sr.Problem = contract.StepHolding, heldAtIf, lack.what
			continue
		case err != nil:
			r.end(ctx, sr, contract.StepCancelled)
			return false, err
		}
		if wanted, _ := value.(bool); !wanted {
			r.end(ctx, sr, contract.StepSkipped)
			return false, nil
		}
		sr.State = contract.StepRunning
		return true, nil
	}
}

// end records a step's end.
func (r *run) end(ctx workflow.Context, sr *contract.StepRun, state contract.StepState) {
	sr.State, sr.Ended = state, now(ctx)
}

// stop records that a step has failed and that its enclosing block ends with it.
func (r *run) stop(ctx workflow.Context, sr *contract.StepRun) error {
	r.end(ctx, sr, contract.StepFailed)
	sr.Problem, sr.Reaction = errStopped.Error(), endedBlock
	return errStopped
}

// execute performs a step until it has ended, one way or another: done, or what its reactions make of it.
func (r *run) execute(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	for {
		again, err := r.executeOnce(ctx, s, sr)
		if err != nil || !again {
			return err
		}
	}
}

// executeOnce performs a step once and does what follows; it answers whether the step is to be tried again. A hold
// that a former run left open is taken up first.
func (r *run) executeOnce(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) (again bool, err error) {
	if sr.State == contract.StepHolding {
		return r.hold(ctx, s, sr, sr.Problem)
	}
	err = r.tryStep(ctx, s, sr)
	if err != nil && r.over() {
		err = temporal.NewCanceledError()
	}
	switch {
	case err == nil:
		if !sr.State.Terminal() {
			r.end(ctx, sr, contract.StepDone)
		}
		return false, nil
	case temporal.IsCanceledError(err):
		if !sr.State.Terminal() {
			r.end(ctx, sr, contract.StepCancelled)
		}
		return false, err
	case errors.Is(err, errStopped) && s.OnFailure == nil:
		return false, r.stop(ctx, sr)
	}
	return r.react(ctx, s, sr, err)
}

// tryStep performs a step once. A reaction whose steps a former run has begun is taken up instead.
func (r *run) tryStep(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	switch sr.Reaction {
	case reactedToTimeout:
		return errTimedOut
	case reactedToFailure:
		return errors.New(sr.Problem)
	}
	return r.perform(ctx, s, sr)
}

// What StepRun.Reaction records: the reactions whose steps are running, and what a new run could not see otherwise.
const (
	reactedToTimeout = "on_timeout"
	reactedToFailure = "on_failure"
	heldAtIf         = "if"      // it holds because its condition could not be evaluated
	endedBlock       = "stopped" // it is over, and so is the block around it
)
