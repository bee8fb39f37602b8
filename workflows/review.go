package workflows

import (
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Review is what remains after an incident has ended: the posts that chat has not taken yet, the lessons learned of a
// resolved one, `finally`, and the last record. It is the same code on the same state.
func (w *Workflows) Review(ctx workflow.Context, in contract.IncidentInput) (contract.IncidentResult, error) {
	engine := workflow.GetVersion(ctx, "engine", workflow.DefaultVersion, engineVersion)
	if in.State == nil {
		return contract.IncidentResult{}, temporal.NewNonRetryableApplicationError(
			"a review goes on with an incident's state and has none", "NoState", nil)
	}
	r, err := w.newRun(ctx, in)
	if err != nil {
		return contract.IncidentResult{}, err
	}
	r.engine, r.inc.Reviewing, r.st.Reviewing = engine, true, true
	ctx = r.obeyCancel(ctx)
	if err := r.listen(ctx); err != nil {
		return contract.IncidentResult{}, err
	}
	return r.liveOn(ctx)
}

// liveOn is the life of a review, one line a beat.
func (r *run) liveOn(ctx workflow.Context) (contract.IncidentResult, error) {
	r.takeSignals(ctx)
	story := r.begin(ctx, r.lessons)
	r.mirror(ctx)
	r.deliver(ctx)
	r.settleMessages(ctx)
	r.deliverSystems(ctx)
	r.announce(ctx)
	r.showStatuses(ctx)

	cut, err := r.untilEnded(ctx, story)
	if err != nil || cut {
		return contract.IncidentResult{}, errors.Join(err, r.next(ctx, cut))
	}
	if err := r.settle(ctx, story); err != nil {
		return contract.IncidentResult{}, err
	}
	r.record(ctx)
	r.draining = false
	if err := r.emptyOutbox(ctx); err != nil {
		return contract.IncidentResult{}, err
	}
	if err := r.pump.drain(ctx); err != nil {
		return contract.IncidentResult{}, err
	}
	if r.inc.Seq != r.recorded { // somebody has written something since, or the first try has failed
		r.record(ctx)
	}
	r.leaveRoom(ctx)
	return contract.IncidentResult{Key: r.inc.Key, Ending: r.inc.Ending, Record: r.st.Record}, nil
}

// lessons is the story of a review: the lessons learned of a resolved incident, then what finally has to be done
// whatever has happened.
func (r *run) lessons(ctx workflow.Context) {
	learning, stop := workflow.WithCancel(ctx)
	defer stop() // what still runs in the background ends with the review
	if r.inc.Ending == incident.Resolved {
		story := r.begin(learning, r.story)
		// An error means that the whole review is gone, and so is what would come next.
		_ = workflow.Await(ctx, func() bool { return story.finished || r.halted })
		story.stop()
		_ = workflow.Await(ctx, func() bool { return story.finished })
	}
	// A step of finally waits for nobody, so that an error is one of the whole review too.
	_ = r.walk(ctx, r.ownFrame(), r.in.Runbook.Finally)
}

// stopReview ends the lessons because somebody cancelled the review in Temporal. The steps that are left are recorded
// as cancelled, so that no later run takes them up.
func (r *run) stopReview(ctx workflow.Context) {
	r.log(ctx, incident.Entry{Kind: incident.EntryNote, Text: "the review was cancelled in Temporal"})
	r.halted = true
	for n := range r.in.Runbook.Phases {
		p := &r.in.Runbook.Phases[n]
		for m := range p.Steps {
			if n := r.node(r.phaseFrame(p.Name), &p.Steps[m]); p.Name == incident.LessonsLearned && n.sr.State == contract.StepPending {
				r.end(ctx, n, contract.StepCancelled)
			}
		}
	}
}

// emptyOutbox waits, a few days at most, until chat has taken what is still to be told.
func (r *run) emptyOutbox(ctx workflow.Context) error {
	deadline := now(ctx).Add(outboxPatience)
	_, err := wait(ctx, waiting{
		summary: "chat has not taken everything yet",
		done: func() bool {
			return r.halted || r.outgoing() < 0 && !r.owesSettling() && !r.roomDiffers() && !r.systemsDiffer() &&
				!r.announcementDiffers() && !r.statusesDiffer()
		},
		until: timeAt(deadline),
	})
	return err
}

// outboxPatience is how long an incident that is over in every other way waits for chat to return.
const outboxPatience = 48 * time.Hour

// handOver starts the review with the state and tells the numbering that the incident has ended. The review's id is
// the incident's key, so a repetition finds it started.
func (r *run) handOver(ctx workflow.Context) error {
	in := r.in
	in.State = r.st
	r.handed = true
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: contract.ReviewID(string(r.inc.Key)), TaskQueue: contract.QueueMain,
		WorkflowTaskTimeout:   contract.TaskTimeout,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         string(r.inc.Key) + " · lessons learned",
		TypedSearchAttributes: r.attributes(),
	})
	started := workflow.ExecuteChildWorkflow(ctx, string(contract.Review), in).GetChildWorkflowExecution()
	var known *temporal.ChildWorkflowExecutionAlreadyStartedError
	if err := started.Get(ctx, nil); err != nil && !errors.As(err, &known) {
		return fmt.Errorf("start the review of %s: %w", r.inc.Key, err)
	}
	numbers := workflow.SignalExternalWorkflow(ctx, contract.NumbersID, "", string(contract.EndedSignal), contract.NumberEntry{
		Key: r.inc.Key, Ending: r.inc.Ending, EndedAt: now(ctx),
	})
	if err := numbers.Get(ctx, nil); err != nil {
		workflow.GetLogger(ctx).Warn("the numbering was not told of the end; lists ask the incident itself", "key", r.inc.Key, "error", err)
	}
	return nil
}
