package workflows

import (
	"errors"

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

// stopped is the end of a block as failed, in the words of the step that has ended it: whoever is asked what is next, or
// whether the list or the branches around it are tried again, reads why.
type stopped struct{ why string }

func (s *stopped) Error() string { return s.why }

func (s *stopped) Unwrap() error { return errStopped }

// walk runs the steps of a block from top to bottom. Steps that have ended are passed over by their recorded state;
// only what still runs in the background below them is taken up again.
func (r *run) walk(ctx workflow.Context, f *frame, steps []runbooks.Step) error {
	for i := range steps {
		if err := r.step(ctx, r.node(f, &steps[i])); err != nil {
			return err
		}
	}
	return nil
}

// step runs one step, or takes it up where a former run left it.
func (r *run) step(ctx workflow.Context, n *node) error {
	if r.over() {
		return temporal.NewCanceledError()
	}
	if n.sr.State.Terminal() {
		return r.pass(ctx, n)
	}
	if n.sr.Caught && !n.catching { // a former run has begun to catch up
		r.catchBranch(ctx, []*node{n})
		return nil
	}
	if n.sr.State == contract.StepPending || (n.sr.State == contract.StepHolding && n.sr.Reaction == heldAtIf) {
		if err := r.gate(ctx, n); err != nil {
			return err
		}
		if n.sr.State.Terminal() { // a person has skipped it meanwhile
			return r.pass(ctx, n)
		}
		wanted, err := r.reach(ctx, n)
		if err != nil || !wanted {
			return err
		}
	}
	if !n.s.Background {
		return r.execute(ctx, n)
	}
	r.inBackground(ctx, n)
	return nil
}

// inBackground runs a step that nobody waits for. It ends with what is withdrawn around it; a page outlives even that.
func (r *run) inBackground(ctx workflow.Context, n *node) {
	if n.lane.background != nil {
		ctx = n.lane.background
	}
	if n.s.Kind == runbooks.KindPage && r.own.background != nil {
		ctx = r.own.background
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		if err := r.execute(ctx, n); err != nil && !temporal.IsCanceledError(err) {
			r.problem(ctx, n.address(), "a step in the background has ended badly: "+err.Error())
		}
	})
}

// pass walks past a step that has ended.
func (r *run) pass(ctx workflow.Context, n *node) error {
	r.resumeBackground(ctx, n)
	switch {
	case n.s.Background:
		return nil
	case n.sr.Reaction == endedBlock:
		return &stopped{why: n.called() + ": " + n.sr.Problem}
	case n.sr.Reaction == endedWithin:
		return &stopped{why: n.sr.Problem}
	}
	return nil
}

// resumeBackground takes up the background steps that were running below a step that has ended.
func (r *run) resumeBackground(ctx workflow.Context, ended *node) {
	for _, p := range r.below(ended) {
		for i := range p.steps {
			n := r.peek(p.frame, &p.steps[i])
			if n.s.Background && n.sr.State != contract.StepPending && !n.sr.State.Terminal() && r.active[n.key] == nil {
				r.inBackground(ctx, r.node(p.frame, n.s))
			}
			r.resumeBackground(ctx, n)
		}
	}
}

// over says whether the incident has ended, so that nothing of the runbook goes on, whatever its waits have answered.
func (r *run) over() bool { return !r.inc.Open() && !r.inc.Reviewing }

// gate holds every new step while the run comes to rest for its successor, while a person has paused the runbook, and
// while what a rise of the severity has brought catches up. What finally has to be done nobody pauses.
func (r *run) gate(ctx workflow.Context, n *node) error {
	return workflow.Await(ctx, func() bool {
		switch {
		case r.draining:
			return false
		case n.catching:
			return r.st.Paused == nil
		case r.st.Paused != nil && !isFinally(n.s):
			return false
		}
		return !r.raised && r.catching[n.phase] == 0
	})
}

// reach evaluates a step's condition, once, when it is reached. A hold that a former run left open is taken up first.
func (r *run) reach(ctx workflow.Context, n *node) (bool, error) {
	sr := n.sr
	if sr.Started.IsZero() {
		sr.Started = now(ctx)
	}
	if n.s.If == "" {
		sr.State = contract.StepRunning
		return true, nil
	}
	for {
		if sr.State == contract.StepHolding {
			again, err := r.hold(ctx, n, sr.Problem)
			if err != nil || !again {
				return false, err
			}
			sr.State = contract.StepPending // its condition comes first, whichever run evaluates it
		}
		var lack *missing
		wanted, err := r.condition(ctx, n, n.s.If)
		switch {
		case errors.As(err, &lack):
			sr.State, sr.Reaction, sr.Problem = contract.StepHolding, heldAtIf, lack.what
			continue
		case err != nil:
			r.endWithdrawn(ctx, n)
			return false, err
		}
		if !wanted {
			sr.Reaction = skippedByIf
			r.end(ctx, n, contract.StepSkipped)
			return false, nil
		}
		sr.State = contract.StepRunning
		return true, nil
	}
}

// end records a step's end.
func (r *run) end(ctx workflow.Context, n *node, state contract.StepState) {
	n.sr.State, n.sr.Ended = state, now(ctx)
}

// endWithdrawn records the end of a step that was withdrawn, by what has withdrawn it.
func (r *run) endWithdrawn(ctx workflow.Context, n *node) {
	if n.sr.State.Terminal() {
		return
	}
	how := contract.StepCancelled
	if n.lane.how != "" && r.inc.Open() {
		how = n.lane.how
	}
	r.end(ctx, n, how)
}

// stop records that a step has failed and that its enclosing block ends with it.
func (r *run) stop(ctx workflow.Context, n *node) error {
	r.end(ctx, n, contract.StepFailed)
	n.sr.Problem, n.sr.Reaction = orElse(n.sr.Problem, errStopped.Error()), endedBlock
	return &stopped{why: n.called() + ": " + n.sr.Problem}
}

// stopWithin records that a block has failed with a step in it, whose words it passes on.
func (r *run) stopWithin(ctx workflow.Context, n *node, cause error) error {
	r.end(ctx, n, contract.StepFailed)
	n.sr.Problem, n.sr.Reaction = cause.Error(), endedWithin
	return cause
}

// execute performs a step until it has ended, one way or another: done, or what its reactions make of it.
func (r *run) execute(ctx workflow.Context, n *node) error {
	for {
		again, err := r.executeOnce(ctx, n)
		if err != nil || !again {
			return err
		}
	}
}

// executeOnce performs a step once and does what follows; it answers whether the step is to be tried again. A hold
// that a former run left open is taken up first.
func (r *run) executeOnce(ctx workflow.Context, n *node) (again bool, err error) {
	if n.sr.State == contract.StepHolding {
		return r.hold(ctx, n, n.sr.Problem)
	}
	r.tellTimes(ctx, n)
	err = r.tryStep(ctx, n)
	if err != nil && r.over() {
		err = temporal.NewCanceledError()
	}
	switch {
	case err == nil:
		if !n.sr.State.Terminal() {
			r.end(ctx, n, contract.StepDone)
		}
		r.recordUndo(ctx, n)
		return false, nil
	case temporal.IsCanceledError(err) && ctx.Err() == nil && n.sr.Verdict != "" && !r.over():
		return r.obey(ctx, n)
	case temporal.IsCanceledError(err):
		r.endWithdrawn(ctx, n)
		return false, err
	case errors.Is(err, errStopped) && n.s.OnFailure == nil:
		return false, r.stopWithin(ctx, n, err)
	}
	return r.react(ctx, n, err)
}

// tryStep performs a step once, so that a person can withdraw it alone. A reaction whose steps a former run has begun
// is taken up instead.
func (r *run) tryStep(ctx workflow.Context, n *node) error {
	switch n.sr.Reaction {
	case reactedToTimeout:
		return errTimedOut
	case reactedToFailure:
		return errors.New(n.sr.Problem)
	}
	own, withdraw := workflow.WithCancel(ctx)
	defer withdraw()
	r.active[n.key] = withdraw
	defer delete(r.active, n.key)
	return r.perform(own, n)
}

// obey does what a person has decided about a step while it ran.
func (r *run) obey(ctx workflow.Context, n *node) (again bool, err error) {
	verdict := n.sr.Verdict
	n.sr.Verdict = ""
	switch verdict {
	case incident.ChoiceRetry:
		r.tryAgain(n)
		return true, nil
	case incident.ChoiceStop:
		return false, r.stop(ctx, n)
	}
	r.end(ctx, n, contract.StepSkipped)
	return false, nil
}

// What StepRun.Reaction records: the reactions whose steps are running, and what a new run could not see otherwise.
const (
	reactedToTimeout = "on_timeout"
	reactedToFailure = "on_failure"
	heldAtIf         = "if"             // it holds because its condition could not be evaluated
	skippedByIf      = "not_if"         // it was skipped by its condition, not by a person
	endedBlock       = "stopped"        // it is over, and so is the block around it
	endedWithin      = "stopped_within" // likewise, because a step in it has ended it
)
