package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// story runs the phases, each in a coroutine of its own that begins when its time has come, then ends the incident. A
// return opens phases anew; the story goes on until none is left.
func (r *run) story(ctx workflow.Context) {
	r.own.background = ctx
	r.watchers(ctx)
	r.follow(ctx)
	r.resumeByHand(ctx)
	r.awaitUndo(ctx)
	for {
		r.beginPhases(ctx)
		if err := workflow.Await(ctx, func() bool { return r.phasesOver() || r.unbegun() }); err != nil {
			return
		}
		if !r.unbegun() {
			break
		}
	}
	if r.inc.Reviewing {
		return
	}
	if err := workflow.Await(ctx, func() bool { return !r.draining && r.st.Ending == nil }); err != nil {
		return
	}
	r.finish(ctx, incident.RunbookActor(), incident.End{Ending: incident.Resolved})
}

// finish ends the incident where no person waits for the answer. What could have been taken back and was not stands in
// its state.
func (r *run) finish(ctx workflow.Context, by incident.Actor, e incident.End) {
	r.inc.NotUndone = r.undoable()
	if err := r.inc.Finish(now(ctx), by, e); err != nil {
		workflow.GetLogger(ctx).Warn("the end came second", "key", r.inc.Key, "error", err)
	}
}

// phases lists the phases of this story: the review runs the lessons learned, the incident all others.
func (r *run) phases() []*runbooks.Phase {
	var out []*runbooks.Phase
	for i := range r.in.Runbook.Phases {
		if p := &r.in.Runbook.Phases[i]; (p.Name == incident.LessonsLearned) == r.inc.Reviewing {
			out = append(out, p)
		}
	}
	return out
}

// phaseRun is where a phase stands.
func (r *run) phaseRun(p incident.Phase) *contract.PhaseRun {
	pr, ok := r.st.Phases[p]
	if !ok {
		pr = &contract.PhaseRun{Pass: 1}
		r.st.Phases[p] = pr
	}
	return pr
}

// phaseSeen is phaseRun for whoever only looks.
func (r *run) phaseSeen(p incident.Phase) contract.PhaseRun {
	if pr, ok := r.st.Phases[p]; ok {
		return *pr
	}
	return contract.PhaseRun{Pass: 1}
}

// unbegun says whether a phase has no coroutine in this run.
func (r *run) unbegun() bool {
	return slices.ContainsFunc(r.phases(), func(p *runbooks.Phase) bool { return r.lanes[p.Name] == nil })
}

// phasesOver says whether every phase has ended.
func (r *run) phasesOver() bool {
	return !slices.ContainsFunc(r.phases(), func(p *runbooks.Phase) bool { return r.phaseSeen(p.Name).Ended.IsZero() })
}

// beginPhases gives every phase that has none a coroutine.
func (r *run) beginPhases(ctx workflow.Context) {
	for _, p := range r.phases() {
		if r.lanes[p.Name] != nil {
			continue
		}
		l := &lane{}
		l.background, l.stopBackground = workflow.WithCancel(ctx)
		r.lanes[p.Name] = l
		pr := r.phaseRun(p.Name)
		l.task = r.begin(ctx, func(ctx workflow.Context) {
			// The error says how the phase was withdrawn; whoever withdrew it knows.
			_ = r.phase(ctx, p, l, pr)
		})
	}
}

// phase runs one phase from its beginning to its end.
func (r *run) phase(ctx workflow.Context, p *runbooks.Phase, l *lane, pr *contract.PhaseRun) error {
	if err := r.beginPhase(ctx, p, pr); err != nil {
		return err
	}
	box := r.begin(ctx, func(ctx workflow.Context) { r.timebox(ctx, p, pr) })
	defer box.stop()
	f := &frame{scope: r.scope, lane: l, phase: p.Name, pass: pr.Pass}
	err := r.walk(ctx, f, p.Steps)
	if err != nil && !temporal.IsCanceledError(err) {
		err = r.afterStop(ctx, p, err)
	}
	if err == nil && pr.Ended.IsZero() {
		err = r.awaitExit(ctx, f, p)
	}
	if pr.Advanced != "" && l.how == contract.StepSkipped {
		err = nil // a person has ended it
	}
	if err != nil {
		return err
	}
	if pr.Ended.IsZero() {
		pr.Ended = now(ctx)
	}
	return nil
}

// beginPhase waits until the phase's time has come: its own condition, or the end of every earlier phase.
func (r *run) beginPhase(ctx workflow.Context, p *runbooks.Phase, pr *contract.PhaseRun) error {
	if !pr.Started.IsZero() {
		return nil
	}
	f := r.phaseFrame(p.Name)
	err := workflow.Await(ctx, func() bool {
		return !r.draining && r.st.Paused == nil && !r.raised && (r.earlierOver(p) || (p.Start != "" && r.holds(ctx, f, p.Start)))
	})
	if err != nil {
		return err
	}
	pr.Started = now(ctx)
	r.inc.EnterPhase(now(ctx), p.Name)
	return nil
}

// earlierOver says whether every phase before this one has ended.
func (r *run) earlierOver(p *runbooks.Phase) bool {
	for _, earlier := range r.phases() {
		if earlier == p {
			return true
		}
		if r.phaseSeen(earlier.Name).Ended.IsZero() {
			return false
		}
	}
	return true
}

// awaitExit waits until what must hold before the phase may end by itself does.
func (r *run) awaitExit(ctx workflow.Context, f *frame, p *runbooks.Phase) error {
	if p.Exit == "" || r.holds(ctx, f, p.Exit) {
		return nil
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryWait, Text: fmt.Sprintf("%s waits for: %s", p.Name, p.Exit)})
	return workflow.Await(ctx, func() bool { return r.holds(ctx, f, p.Exit) })
}

// timebox nudges the commander when the phase takes longer than it should, again and again, and never forces.
func (r *run) timebox(ctx workflow.Context, p *runbooks.Phase, pr *contract.PhaseRun) {
	if p.Timebox == "" {
		return
	}
	f := r.phaseFrame(p.Name)
	r.tellTime(ctx, string(p.Name), timed{field: "timebox", source: p.Timebox, pace: timeboxPace}, r.seenAt(f, pr.Started))
	for {
		last := latest(pr.Started, pr.Nudged)
		_, err := wait(ctx, waiting{
			summary: "timebox of " + string(p.Name),
			done:    func() bool { return !pr.Ended.IsZero() },
			until: func() time.Time {
				return last.Add(r.paced(p.Timebox, timeboxPace, r.seenAt(f, pr.Started)))
			},
			change: func() int { return r.retimes },
		})
		if err != nil || !pr.Ended.IsZero() {
			return
		}
		pr.Nudged = now(ctx)
		text := fmt.Sprintf("%s takes longer than planned (%s). Advance, or say what is missing.", p.Name, p.Timebox)
		r.log(ctx, incident.Entry{Kind: incident.EntryTimeout, Text: text})
		r.post(ctx, posting{message: contract.Message{Text: text, Mention: r.commander()}})
	}
}

// commander is who holds the command, for mentions.
func (r *run) commander() []oncall.PersonID {
	if h, ok := r.inc.Holders[incident.Commander]; ok {
		return []oncall.PersonID{h.Person}
	}
	return nil
}

// afterStop asks what follows a phase that was stopped. Without an answer nothing follows: people drive the incident
// and end it. A review that was stopped has nothing left but its end.
func (r *run) afterStop(ctx workflow.Context, p *runbooks.Phase, cause error) error {
	if r.inc.Reviewing {
		return nil
	}
	q, err := r.askPeople(ctx, asking{
		step: string(p.Name), key: fmt.Sprintf("%s/stopped/%d", p.Name, r.phaseSeen(p.Name).Pass), kind: incident.QuestionHold,
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
		r.phaseRun(p.Name).Ended = now(ctx)
		return nil
	}
	return r.byHand(ctx, q)
}

// byHand waits for the end of an incident that has left its runbook, and reminds the commander that it is open: an
// incident without anything to wait for would be forgotten.
func (r *run) byHand(ctx workflow.Context, left *incident.Question) error {
	for {
		beat := latest(left.ClosedAt, left.NudgedAt).Add(remindByHand)
		if err := sleep(ctx, "remind the commander that the incident is open", beat); err != nil {
			return err
		}
		left.NudgedAt = latest(beat, now(ctx))
		r.post(ctx, posting{message: contract.Message{
			Text: fmt.Sprintf("%s is still open and driven by hand. Resolve it when it is over.", r.inc.Key), Mention: r.commander(),
		}})
	}
}

// remindByHand is how often people are reminded of an incident that they drive by hand.
const remindByHand = time.Hour

// maxPasses is how often an incident may go back, so that a runbook cannot turn in a circle for ever.
const maxPasses = 20

// checkReturn says whether the incident can go back to a phase.
func (r *run) checkReturn(p incident.Phase) error {
	var names []incident.Phase
	for _, known := range r.phases() {
		names = append(names, known.Name)
	}
	switch {
	case !slices.Contains(names, p):
		return &incident.Refusal{What: fmt.Sprintf("this runbook has no phase %q to go back to", p), Hint: fmt.Sprintf("one of: %v", names)}
	case r.phaseSeen(p).Started.IsZero():
		return &incident.Refusal{What: fmt.Sprintf("%s has not begun", p), Hint: "advance to go on"}
	case r.st.Pass >= maxPasses:
		return &incident.Refusal{What: fmt.Sprintf("the incident has gone back %d times", maxPasses-1), Hint: "drive by hand, or declare a new one"}
	}
	return nil
}

// goBack ends every phase from one on and opens a new pass of each. What waits is withdrawn; pages that nobody has
// acknowledged go on. Why says who goes back, from which step if it is one, and for what reason.
func (r *run) goBack(at time.Time, p incident.Phase, why incident.Entry) error {
	if err := r.checkReturn(p); err != nil {
		return err
	}
	r.st.Pass++
	why.Kind, why.Text = incident.EntryPhase, fmt.Sprintf("%s goes back to %s", why.By, nonEmptyJoin(string(p), why.Text))
	r.inc.Log(at, why)
	from := slices.Index(incident.Phases(), p)
	for _, later := range incident.Phases()[from:] {
		pr, known := r.st.Phases[later]
		if !known || later == incident.LessonsLearned {
			continue
		}
		if l := r.lanes[later]; l != nil {
			l.withdraw(contract.StepReturned, true)
			delete(r.lanes, later)
		}
		if !pr.Started.IsZero() {
			if r.inc.Passes == nil {
				r.inc.Passes = map[incident.Phase]int{}
			}
			r.inc.Passes[later] = r.st.Pass
		}
		r.st.Phases[later] = &contract.PhaseRun{Pass: r.st.Pass}
	}
	return nil
}

// checkAdvance finds the phase that a person wants to end: the one named, else the latest that has begun.
func (r *run) checkAdvance(name string) (incident.Phase, error) {
	var active []incident.Phase
	for _, p := range r.phases() {
		if pr := r.phaseSeen(p.Name); !pr.Started.IsZero() && pr.Ended.IsZero() {
			active = append(active, p.Name)
		}
	}
	switch {
	case len(active) == 0:
		return "", &incident.Refusal{What: "no phase is under way"}
	case name == "":
		return active[len(active)-1], nil
	case !slices.Contains(active, incident.Phase(name)):
		return "", &incident.Refusal{What: fmt.Sprintf("%q is not under way", name), Hint: fmt.Sprintf("under way: %v", active)}
	}
	return incident.Phase(name), nil
}

// advance ends a phase: what waits is withdrawn, what has not begun is skipped.
func (r *run) advance(at time.Time, by incident.Actor, name, reason string) (incident.Phase, error) {
	p, err := r.checkAdvance(name)
	if err != nil {
		return "", err
	}
	pr := r.phaseRun(p)
	pr.Advanced = by.String()
	if reason != "" {
		pr.Advanced += ": " + reason
	}
	r.inc.Log(at, incident.Entry{Kind: incident.EntryPhase, By: by, Text: fmt.Sprintf("%s ends %s", by, nonEmptyJoin(string(p), reason))})
	l := r.lanes[p]
	f := r.phaseFrame(p)
	for i := range r.in.Runbook.Phases {
		if r.in.Runbook.Phases[i].Name != p {
			continue
		}
		for k := range r.in.Runbook.Phases[i].Steps {
			if n := r.peek(f, &r.in.Runbook.Phases[i].Steps[k]); n.sr.State == contract.StepPending {
				n = r.node(f, n.s)
				n.sr.State, n.sr.Ended, n.sr.By, n.sr.Problem = contract.StepSkipped, at, by.String(), reason
			}
		}
	}
	pr.Ended = at
	if l != nil {
		l.withdraw(contract.StepSkipped, false)
	}
	return p, nil
}

// nonEmptyJoin joins two texts by a dash, where there is a second.
func nonEmptyJoin(first, second string) string {
	if second == "" {
		return first
	}
	return first + " – " + second
}
