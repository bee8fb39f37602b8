package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// react does what the runbook says about a timeout or a failure; it answers whether the step is to be tried again.
func (r *run) react(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun, cause error) (bool, error) {
	reaction, state, mark := s.OnFailure, contract.StepFailed, reactedToFailure
	if errors.Is(cause, errTimedOut) {
		reaction, state, mark = s.OnTimeout, contract.StepTimedOut, reactedToTimeout
	}
	sr.Problem, sr.Reaction = cause.Error(), ""
	if errors.Is(cause, errRejected) {
		reaction, state = nil, contract.StepRejected
	}
	do := runbooks.DoAsk
	if reaction != nil {
		do = reaction.Do
	}
	switch do {
	case runbooks.DoContinue:
		r.end(ctx, sr, state)
		r.log(ctx, incident.Entry{Kind: incident.EntryTimeout, Step: s.Address, Text: s.Address + ": " + sr.Problem + "; going on"})
		return false, nil
	case runbooks.DoStop:
		return false, r.stop(ctx, sr)
	case runbooks.DoSteps:
		return false, r.rescue(ctx, sr, reaction.Steps, mark)
	default:
		return r.hold(ctx, s, sr, sr.Problem)
	}
}

// rescue runs the steps of a reaction; when they succeed the step counts as done.
func (r *run) rescue(ctx workflow.Context, sr *contract.StepRun, steps []runbooks.Step, mark string) error {
	sr.State, sr.Reaction = contract.StepRunning, mark
	if err := r.walk(ctx, steps); err != nil {
		if temporal.IsCanceledError(err) {
			r.end(ctx, sr, contract.StepCancelled)
			return err
		}
		return r.stop(ctx, sr)
	}
	sr.Reaction = ""
	r.end(ctx, sr, contract.StepDone)
	return nil
}

// hold stops at a step that cannot go on by itself and asks the commander: retry, skip, or stop the block. `finally` may
// not wait for people: there the step has failed, and the next one follows.
func (r *run) hold(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun, why string) (again bool, err error) {
	if strings.HasPrefix(s.Path, "finally/") {
		r.problem(ctx, s.Address, s.Title()+" has failed: "+why)
		sr.Problem = why
		r.end(ctx, sr, contract.StepFailed)
		return false, nil
	}
	sr.State, sr.Problem = contract.StepHolding, why
	q, err := r.askPeople(ctx, asking{
		step: s.Address, key: fmt.Sprintf("%s/hold/%d", r.stepKey(s), sr.Tries), kind: incident.QuestionHold,
		text: fmt.Sprintf("%s holds: %s", s.Title(), why), who: []string{string(incident.Commander)},
		choices: []incident.Choice{
			{Key: incident.ChoiceRetry, Label: "Retry"},
			{Key: incident.ChoiceSkip, Label: "Skip"},
			{Key: incident.ChoiceStop, Label: "Stop"},
		},
		silence: silenceRepeats,
	})
	if err != nil {
		r.end(ctx, sr, contract.StepCancelled)
		return false, err
	}
	sr.By = q.By.String()
	switch q.Choice {
	case incident.ChoiceRetry:
		*sr = contract.StepRun{State: contract.StepRunning, Started: sr.Started, Tries: sr.Tries + 1}
		r.renew(s)
		return true, nil
	case incident.ChoiceSkip:
		r.end(ctx, sr, contract.StepSkipped)
		return false, nil
	default:
		return false, r.stop(ctx, sr)
	}
}

// renew makes the steps below one that is tried again new, those that have run at all.
func (r *run) renew(s *runbooks.Step) {
	for _, block := range s.Blocks() {
		for n := range block {
			if sr := r.stepRun(&block[n]); sr.State != contract.StepPending {
				*sr = contract.StepRun{Tries: sr.Tries + 1}
			}
			r.renew(&block[n])
		}
	}
}

// afterStop asks what follows a phase that was stopped. Without an answer nothing follows: people drive the incident
// and end it. A review that was stopped has nothing left but its end.
func (r *run) afterStop(ctx workflow.Context, p *runbooks.Phase, cause error) error {
	if r.inc.Reviewing {
		return nil
	}
	q, err := r.askPeople(ctx, asking{
		step: string(p.Name), key: fmt.Sprintf("%s/stopped/%d", p.Name, r.st.Pass), kind: incident.QuestionHold,
		text: fmt.Sprintf("%s was stopped (%v). What next?", p.Name, cause), who: []string{string(incident.Commander)},
		choices: []incident.Choice{
			{Key: incident.ChoiceSkip, Label: "Go on with the next phase"},
			{Key: incident.ChoiceStop, Label: "Leave the runbook; we drive by hand"},
		},
		silence: silenceRepeats,
	})
	if err != nil {
		return err
	}
	if q.Choice == incident.ChoiceSkip {
		return nil
	}
	return r.byHand(ctx, q)
}

// byHand waits for the end of an incident that has left its runbook, and reminds the commander that it is open: an
// incident without anything to wait for would be forgotten.
func (r *run) byHand(ctx workflow.Context, left *incident.Question) error {
	for {
		beat := left.ClosedAt
		if left.NudgedAt.After(beat) {
			beat = left.NudgedAt
		}
		beat = beat.Add(remindByHand)
		if err := sleep(ctx, "remind the commander that the incident is open", beat); err != nil {
			return err
		}
		left.NudgedAt = latest(beat, now(ctx))
		var mention []oncall.PersonID
		if h, ok := r.inc.Holders[incident.Commander]; ok {
			mention = []oncall.PersonID{h.Person}
		}
		r.post(ctx, posting{message: contract.Message{
			Text: fmt.Sprintf("%s is still open and driven by hand. Resolve it when it is over.", r.inc.Key), Mention: mention,
		}})
	}
}

// remindByHand is how often people are reminded of an incident that they drive by hand.
const remindByHand = time.Hour
