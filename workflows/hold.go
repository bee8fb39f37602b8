package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// react does what the runbook says about a timeout or a failure; it answers whether the step is to be tried again. In an
// item of a list a failure of which the runbook says nothing ends the item: the list asks once for all of them.
func (r *run) react(ctx workflow.Context, n *node, cause error) (bool, error) {
	reaction, state, mark := n.s.OnFailure, contract.StepFailed, reactedToFailure
	if errors.Is(cause, errTimedOut) {
		reaction, state, mark = n.s.OnTimeout, contract.StepTimedOut, reactedToTimeout
	}
	n.sr.Problem, n.sr.Reaction = cause.Error(), ""
	if errors.Is(cause, errRejected) {
		reaction, state = nil, contract.StepRejected
	}
	do := runbooks.DoAsk
	switch {
	case reaction != nil:
		do = reaction.Do
	case n.ofItem && n.s.Kind != runbooks.KindForEach && !errors.Is(cause, errRejected):
		do = runbooks.DoStop
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Step: n.address(), Text: n.address() + ": " + n.sr.Problem})
	}
	switch do {
	case runbooks.DoContinue:
		r.end(ctx, n, state)
		r.log(ctx, incident.Entry{Kind: incident.EntryTimeout, Step: n.address(), Text: n.address() + ": " + n.sr.Problem + "; going on"})
		return false, nil
	case runbooks.DoStop:
		return false, r.stop(ctx, n)
	case runbooks.DoSteps:
		return false, r.rescue(ctx, n, reaction.Steps, mark)
	default:
		return r.hold(ctx, n, n.sr.Problem)
	}
}

// rescue runs the steps of a reaction; when they succeed the step counts as done.
func (r *run) rescue(ctx workflow.Context, n *node, steps []runbooks.Step, mark string) error {
	n.sr.State, n.sr.Reaction = contract.StepRunning, mark
	if err := r.walk(ctx, n.frame, steps); err != nil {
		if temporal.IsCanceledError(err) {
			r.endWithdrawn(ctx, n)
			return err
		}
		return r.stop(ctx, n)
	}
	n.sr.Reaction = ""
	r.end(ctx, n, contract.StepDone)
	return nil
}

// isFinally says whether a step belongs to what finally has to be done, which waits for nobody.
func isFinally(s *runbooks.Step) bool { return strings.HasPrefix(s.Path, "finally/") }

// hold stops at a step that cannot go on by itself and asks the commander: retry, skip, or stop the block. `finally` may
// not wait for people: there the step has failed, and the next one follows.
func (r *run) hold(ctx workflow.Context, n *node, why string) (again bool, err error) {
	if isFinally(n.s) {
		r.problem(ctx, n.address(), n.s.Title()+" has failed: "+why)
		n.sr.Problem = why
		r.end(ctx, n, contract.StepFailed)
		return false, nil
	}
	n.sr.State, n.sr.Problem = contract.StepHolding, why
	q, err := r.askPeople(ctx, asking{
		step: n.address(), key: fmt.Sprintf("%s/hold/%d", n.key, n.sr.Tries), kind: incident.QuestionHold,
		text: fmt.Sprintf("%s holds: %s", n.title(), why), who: []string{string(incident.Commander)},
		choices: []incident.Choice{
			{Key: incident.ChoiceRetry, Label: "Retry"},
			{Key: incident.ChoiceSkip, Label: "Skip"},
			{Key: incident.ChoiceStop, Label: "Stop"},
		},
		silence: silenceRepeats,
	})
	if err != nil {
		r.endWithdrawn(ctx, n)
		return false, err
	}
	n.sr.By = q.By.String()
	switch q.Choice {
	case incident.ChoiceRetry:
		r.tryAgain(n)
		return true, nil
	case incident.ChoiceSkip:
		r.end(ctx, n, contract.StepSkipped)
		return false, nil
	default:
		return false, r.stop(ctx, n)
	}
}

// title is how people recognise the step: its name, else its address, and of which items of lists it is.
func (n *node) title() string {
	title := orElse(n.s.Name, n.address())
	var items []string
	for _, item := range n.items {
		if at := n.scope.plan.At(item.Loop); at != nil && at.ForEach != nil {
			items = append(items, incident.Shorten(expression.Format(n.names[at.ForEach.As]), longestItem))
		}
	}
	if len(items) == 0 {
		return title
	}
	return title + " (" + strings.Join(items, ", ") + ")"
}

// called is how people recognise the step whichever item it is of: its name, else its id, else what it does.
func (n *node) called() string {
	does := n.s.Summary()
	if strings.Contains(does, "${{") {
		does = n.s.Address
	}
	return orElse(orElse(n.s.Name, n.s.ID), incident.Shorten(does, longestItem))
}

// How much of an item and of a reason a question repeats, in bytes.
const (
	longestItem   = 60
	longestReason = 200
)

// tryAgain makes a step and what is below it new. Of a list only the items that failed begin again, and of branches
// those; what a person has edited stays.
func (r *run) tryAgain(n *node) {
	old := *n.sr
	*n.sr = contract.StepRun{
		State: contract.StepRunning, Started: old.Started, Tries: old.Tries + 1, Edits: old.Edits, Caught: old.Caught,
		List: old.List, Inputs: old.Inputs, Vars: old.Vars,
	}
	places := r.below(n)
	if n.s.Runbook != nil { // its inputs are filled anew
		n.sr.Inputs, n.sr.Vars = nil, nil
	}
	if n.s.Revert != nil {
		r.renewUndo(n)
	}
	for i, p := range places {
		if n.s.ForEach != nil && p.block == "steps" && !slices.Contains(old.Failed, i) {
			continue
		}
		r.renew(p)
	}
}

// renew makes the steps of a block new, those that have run at all.
func (r *run) renew(p place) {
	for i := range p.steps {
		n := r.peek(p.frame, &p.steps[i])
		for _, below := range r.below(n) {
			r.renew(below)
		}
		if n.sr.State != contract.StepPending {
			*n.sr = contract.StepRun{Tries: n.sr.Tries + 1}
		}
	}
}
