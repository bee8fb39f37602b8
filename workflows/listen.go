package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// listen registers everything that may reach the incident from outside. Handlers call one domain method and return:
// what must happen because of it is done by the coroutines that watch the state. Whoever is faster than the incident's
// key waits for it; signals wait in their channels until
// takeSignals, when the incident has its key.
func (r *run) listen(ctx workflow.Context) error {
	for _, verb := range contract.Verbs() {
		if err := r.handle(ctx, verb); err != nil {
			return fmt.Errorf("handle %s: %w", verb, err)
		}
	}
	return r.answerQueries(ctx)
}

// handle registers one verb as an update. Its validator tries the act on a copy, so that a refusal costs no event.
func (r *run) handle(ctx workflow.Context, verb contract.Verb) error {
	return workflow.SetUpdateHandlerWithOptions(ctx, string(verb),
		func(ctx workflow.Context, act contract.Act) (contract.Receipt, error) {
			if err := workflow.Await(ctx, func() bool { return r.inc.Key != "" }); err != nil {
				return contract.Receipt{}, err
			}
			receipt, err := r.act(now(ctx), verb, act)
			return receipt, refusal(err)
		},
		workflow.UpdateHandlerOptions{
			Validator: func(ctx workflow.Context, act contract.Act) error {
				return refusal(r.check(now(ctx), verb, act))
			},
			Description: verbHelp[verb],
		})
}

// check says whether an act would be accepted, and its person may do it. One that is a repetition is: it was accepted the
// first time.
func (r *run) check(at time.Time, verb contract.Verb, act contract.Act) error {
	switch {
	case r.known(act.ID):
		return nil
	case r.handed:
		return r.tooLate()
	}
	if err := r.try(at, verb, act); err != nil {
		return err
	}
	return r.permitted(verb, act)
}

// try says whether the incident would accept an act, whoever's it is.
func (r *run) try(at time.Time, verb contract.Verb, act contract.Act) error {
	if c, ok := controls()[verb]; ok {
		return c.check(r, r.meant(verb, act))
	}
	if ends(verb) {
		if err := r.checkEnding(verb, act); err != nil {
			return err
		}
	}
	_, err := actOn(r.inc.Clone(), at, verb, act)
	return err
}

// ends says whether a verb ends the incident.
func ends(verb contract.Verb) bool {
	return verb == contract.VerbResolve || verb == contract.VerbCancel
}

// meant completes an act on a step: three verbs are the choices of a hold.
func (r *run) meant(verb contract.Verb, act contract.Act) contract.Act {
	if choice, ok := verdicts[verb]; ok {
		act.Value = choice
	}
	return act
}

// tooLate refuses what comes between the handing over and the close, a moment later the review takes it.
func (r *run) tooLate() error {
	return &incident.Refusal{What: fmt.Sprintf("%s is closing", r.inc.Key), Hint: "again in a moment: its review takes it"}
}

// act carries out a verb once.
func (r *run) act(at time.Time, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	if r.handed && !r.known(act.ID) {
		return contract.Receipt{}, r.tooLate()
	}
	if r.ruled() {
		// A signal has met no validator, and who holds which role may have changed since an update has.
		if err := r.check(at, verb, act); err != nil {
			return contract.Receipt{}, err
		}
	}
	return r.carryOut(at, verb, act)
}

// carryOut is act without the question who may do it.
func (r *run) carryOut(at time.Time, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	if r.seen(act.ID) {
		return contract.Receipt{Text: "recorded already"}, nil
	}
	if c, ok := controls()[verb]; ok {
		return r.control(at, c, r.meant(verb, act))
	}
	if ends(verb) {
		if pending, err := r.ending(at, verb, act); pending || err != nil {
			return contract.Receipt{Text: fmt.Sprintf("%s ends when everything is taken back", r.inc.Key)}, err
		}
	}
	before := r.inc.Severity
	receipt, err := actOn(r.inc, at, verb, act)
	if err == nil && verb == contract.VerbQuiet && r.since(versionDeclines) {
		r.inc.DeclinePages(act.By.Person)
	}
	if err == nil && verb == contract.VerbWithdraw {
		r.recallComments()
	}
	r.severityChanged(before)
	return receipt, err
}

// control carries out a verb on the run of the runbook. What comes as a signal has not met the validator.
func (r *run) control(at time.Time, c control, act contract.Act) (contract.Receipt, error) {
	if act.Key != "" && r.inc.Key != "" && act.Key != r.inc.Key {
		return contract.Receipt{}, &incident.Refusal{
			What: fmt.Sprintf("%s is closed", act.Key), Hint: fmt.Sprintf("the trouble is back as %s", r.inc.Key),
		}
	}
	if err := c.check(r, act); err != nil {
		return contract.Receipt{}, err
	}
	text, err := c.act(r, at, act)
	return contract.Receipt{Text: text}, err
}

// ending says whether an end has to wait for the undo that its person wants, and notes what is left without one.
func (r *run) ending(at time.Time, verb contract.Verb, act contract.Act) (pending bool, err error) {
	if err := r.checkEnding(verb, act); err != nil {
		return false, err
	}
	if pending, err := r.endAfterUndo(at, verb, act); pending || err != nil {
		return pending, err
	}
	if r.inc.Open() {
		r.inc.NotUndone = r.undoable()
	}
	return false, nil
}

// refusal makes a domain refusal an error that keeps its hint on the way to the person.
func refusal(err error) error {
	var refused *incident.Refusal
	if errors.As(err, &refused) {
		return temporal.NewApplicationError(refused.What, contract.RefusalType, refused.Hint)
	}
	return err
}

// takeSignals receives signals until the run ends: alerts, the telephone's statuses, and the verbs as plain signals.
func (r *run) takeSignals(ctx workflow.Context) { r.pump = startPump(ctx, r.signals) }

// pump receives signals in a coroutine of its own.
type pump struct {
	signals func(workflow.Context) workflow.Selector
	stop    workflow.Settable
	stopped bool
}

// startPump receives what a selector lists until drain.
func startPump(ctx workflow.Context, signals func(workflow.Context) workflow.Selector) *pump {
	p := &pump{signals: signals}
	stop, settable := workflow.NewFuture(ctx)
	p.stop = settable
	selector := signals(ctx).AddFuture(stop, func(workflow.Future) { p.stopped = true })
	workflow.Go(ctx, func(ctx workflow.Context) {
		for !p.stopped {
			selector.Select(ctx)
		}
	})
	return p
}

// drain takes every signal that has arrived, so that none is lost when the run closes. The pump is stopped first: a
// signal that has woken it and that it has not yet run for is neither in a channel nor taken.
func (p *pump) drain(ctx workflow.Context) error {
	if !p.stopped {
		p.stop.SetValue(nil)
	}
	if err := workflow.Await(ctx, func() bool { return p.stopped }); err != nil {
		return err
	}
	selector := p.signals(ctx)
	for selector.HasPending() {
		selector.Select(ctx)
	}
	return nil
}

// signals is the list of all signals and what is done with them.
func (r *run) signals(ctx workflow.Context) workflow.Selector {
	selector := workflow.NewNamedSelector(ctx, "signals")
	receive(ctx, selector, contract.AlertsSignal, r.takeAlerts)
	receive(ctx, selector, contract.CallSignal, r.takeCallStatus)
	for _, verb := range contract.Verbs() {
		receive(ctx, selector, contract.SignalOf(verb), func(ctx workflow.Context, act contract.Act) {
			r.actBySignal(ctx, verb, act)
		})
	}
	return selector
}

// receive adds one signal to a selector.
func receive[In any](ctx workflow.Context, s workflow.Selector, name contract.Signal[In], f func(workflow.Context, In)) {
	s.AddReceive(workflow.GetSignalChannel(ctx, string(name)), func(c workflow.ReceiveChannel, _ bool) {
		var in In
		c.Receive(ctx, &in)
		f(ctx, in)
	})
}

// actBySignal carries out a verb that nobody waits for; a refusal is written down, because there is nobody to tell.
func (r *run) actBySignal(ctx workflow.Context, verb contract.Verb, act contract.Act) {
	r.takeAct(ctx, forwarded{verb, act}, r.act)
}

// takeAct does what a signal says, by act or carryOut.
func (r *run) takeAct(ctx workflow.Context, said forwarded, do func(time.Time, contract.Verb, contract.Act) (contract.Receipt, error)) {
	verb, act := said.verb, said.act
	if act.By == (incident.Actor{}) {
		act.By = incident.Actor{Name: "Temporal", Door: incident.DoorEngine}
	}
	if r.handed {
		r.forward = append(r.forward, forwarded{verb, act})
		return
	}
	if _, err := do(now(ctx), verb, act); err != nil {
		r.log(ctx, incident.Entry{
			Kind: incident.EntryRefused, By: act.By,
			Text: fmt.Sprintf("%s by %s was refused: %s", verb, act.By, err),
		})
	}
}

// takeAlerts merges alerts. News is told in the room; what fires again after the end is kept for the next incident.
func (r *run) takeAlerts(ctx workflow.Context, in contract.Alerts) {
	if r.seen(in.ID) {
		return
	}
	if !r.inc.Open() {
		for _, a := range in.Alerts {
			known, seen := r.inc.Alerts[a.Fingerprint]
			again := slices.ContainsFunc(r.late, func(l incident.Alert) bool { return l.Fingerprint == a.Fingerprint })
			if again || !a.Cleared && (!seen || known.Cleared || a.StartsAt.After(known.StartsAt)) {
				r.late = append(r.late, a)
			}
		}
		return
	}
	cleared := r.inc.ClearedAt
	first := r.inc.AlertCount == 0
	news := r.inc.TakeAlerts(now(ctx), in.Alerts)
	if !news || first {
		return
	}
	text := fmt.Sprintf("News from %s: %s", r.inc.Source, alertWords(in.Alerts))
	if cleared.IsZero() && !r.inc.ClearedAt.IsZero() {
		text = "The alert has cleared. The incident stays open until it is resolved."
	}
	r.post(ctx, posting{message: contract.Message{Text: text}})
}

// alertWords lists what a delivery held, in a few words.
func alertWords(alerts []incident.Alert) string {
	words := make([]string, 0, len(alerts))
	for _, a := range alerts {
		state := "firing"
		if a.Cleared {
			state = "cleared"
		}
		words = append(words, a.Title+" "+state)
	}
	const most = 5
	if len(words) > most {
		words = append(words[:most], fmt.Sprintf("and %d more", len(words)-most))
	}
	return strings.Join(words, ", ")
}

// takeCallStatus takes the telephone provider's word about an attempt.
func (r *run) takeCallStatus(ctx workflow.Context, in contract.CallStatus) {
	changed := r.inc.Progress(now(ctx), incident.CallProgress{
		Page: in.Page, Attempt: in.Attempt, Provider: in.Provider, Status: in.Status, Detail: in.Detail,
	})
	if changed {
		r.retimes++
	}
}

// verbHelp explains each verb on the buttons of the Temporal Web UI.
var verbHelp = map[contract.Verb]string{
	contract.VerbAck:      "Acknowledge: ends the pages that have rung for you, else the oldest; all=true ends all of them.",
	contract.VerbSeverity: `Set the severity: {"value":"SEV1","reason":"why"}; lowering needs a reason.`,
	contract.VerbAssign:   `Give a role: {"role":"commander","person":"ana"}.`,
	contract.VerbAnswer:   `Answer a question: {"step":"stop","value":"rollback"}.`,
	contract.VerbApprove:  `Approve: {"step":"failover"}.`,
	contract.VerbReject:   `Reject: {"step":"failover","reason":"why"}.`,
	contract.VerbDone:     `A task is done: {"step":"containment/2","reason":"what was done"}.`,
	contract.VerbNote:     `Write a note on the timeline: {"value":"text"}.`,
	contract.VerbWithdraw: `Take the words of a note away, by the number of its line: {"value":"12"}.`,
	contract.VerbPage:     `Page somebody: {"value":"sre-oncall","reason":"message"}.`,
	contract.VerbEscalate: "Send the open pages to their next level at once.",
	contract.VerbQuiet:    "Stop calling this person for this incident.",
	contract.VerbResolve:  "The service works again: ends the incident and starts its review.",
	contract.VerbCancel:   `Not an incident after all: {"reason":"why"}.`,
	contract.VerbPause:    `Let no further step begin; pages and questions go on: {"reason":"why"}.`,
	contract.VerbResume:   "Let the runbook go on.",
	contract.VerbRetry:    `Try a step again that holds or runs: {"step":"rollback"}.`,
	contract.VerbSkip:     `Skip a step: {"step":"rollback","reason":"why"}.`,
	contract.VerbStop:     `End a step and the block around it as failed: {"step":"rollback"}.`,
	contract.VerbReassign: `Give a question or a task to another person: {"step":"stop","person":"ana"}.`,
	contract.VerbAdvance:  `End the phase; what has not begun is skipped: {"value":"containment","reason":"why"}.`,
	contract.VerbReturn:   `Go back to a phase, as a new pass: {"value":"containment","reason":"why"}.`,
	contract.VerbStep:     "Run a step that is not in the runbook; the command line parses it: muster step.",
	contract.VerbEdit:     `Give a step that holds other parameters: {"step":"rollback","fields":{"with.service":"checkout"}}.`,
	contract.VerbRevert:   `Take recorded steps back: {"value":"containment"}.`,
	contract.VerbSend:     `Send a signal that the runbook awaits: {"value":"name","fields":{}}.`,
	contract.VerbUpgrade:  "Go on with a newer text of the runbook; the command line sends it: muster upgrade.",
}
