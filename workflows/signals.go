package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// awaitSignal waits until somebody or something sends the signal, or until its condition holds. A signal that came
// before anybody waited for it counts.
func (r *run) awaitSignal(ctx workflow.Context, n *node) error {
	a := r.asking(ctx, n, asking{
		kind: incident.QuestionSignal, text: "waits for " + n.s.Await.Signal, who: []string{string(incident.Commander)},
		signal: n.s.Await.Signal, form: contract.FormOf(n.s.Await.Payload),
		choices: []incident.Choice{{Key: incident.ChoiceFilled, Label: "received"}},
	})
	watch := r.begin(ctx, func(ctx workflow.Context) {
		arrived := func() bool { return r.signalWaiting(n.s.Await.Signal) >= 0 }
		holds := func() bool { return n.s.Await.Until != "" && r.holds(ctx, n.frame, n.s.Await.Until) }
		// An error means that the wait is over.
		if workflow.Await(ctx, func() bool { return r.inc.Question(a.key) != nil && (arrived() || holds()) }) == nil {
			r.settleSignal(ctx, a.key, n.s.Await.Signal)
		}
	})
	defer watch.stop()
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	n.sr.By = q.By.String()
	n.sr.Output = map[string]any{"payload": filled(n.s.Await.Payload, q.Fields), "by": who(q.By)}
	return nil
}

// signalWaiting is the place of a signal that nobody has taken, or -1.
func (r *run) signalWaiting(name string) int {
	for i, s := range r.st.Signals {
		if s.Name == name {
			return i
		}
	}
	return -1
}

// settleSignal ends the wait for a signal with the one that has come, else because its condition holds.
func (r *run) settleSignal(ctx workflow.Context, question, name string) {
	i := r.signalWaiting(name)
	if i < 0 {
		r.inc.Settle(now(ctx), incident.RunbookActor(), question, incident.Settlement{
			State: incident.QuestionAnswered, Choice: incident.ChoiceFilled, Reason: "its condition holds",
		})
		return
	}
	in := r.st.Signals[i]
	r.st.Signals = slices.Delete(r.st.Signals, i, i+1)
	if q := r.inc.Question(question); q != nil {
		if fitting, err := incident.FillForm(q.Form, in.Payload); err == nil {
			in.Payload = fitting
		} else {
			r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Step: q.Step, Text: fmt.Sprintf("%s has another payload than it should: %v", name, err)})
		}
	}
	r.inc.Settle(now(ctx), in.By, question, incident.Settlement{
		State: incident.QuestionAnswered, Choice: incident.ChoiceFilled, Fields: in.Payload,
	})
}

// checkSend says whether a signal would reach a step: one that waits, or one that will. A name that no step awaits would
// be kept for ever and read by nobody.
func (r *run) checkSend(act contract.Act) error {
	if act.Value == "" {
		return &incident.Refusal{What: "name the signal", Hint: "muster send KEY NAME"}
	}
	if err := r.mustRun(); err != nil {
		return err
	}
	for _, q := range r.inc.OpenQuestions() {
		if q.Kind == incident.QuestionSignal && q.Signal == act.Value {
			return incident.CheckFields(q.Form, act.Fields)
		}
	}
	if err := r.checkEarly(act); err != nil {
		return err
	}
	if len(r.st.Signals) >= maxSignals {
		return &incident.Refusal{What: "too many signals wait that nobody has asked for"}
	}
	return nil
}

// checkEarly refuses a signal that no step will await, or whose payload fits none of those that will.
func (r *run) checkEarly(act contract.Act) error {
	if !r.since(versionMends) {
		return nil
	}
	steps := r.awaiting(act.Value)
	if len(steps) == 0 {
		known := r.signalNames()
		hint := "the runbook awaits: " + orElse(strings.Join(known, ", "), "no signal")
		if near, ok := expression.Nearest(act.Value, known); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return &incident.Refusal{What: fmt.Sprintf("no step awaits the signal %q", act.Value), Hint: hint}
	}
	var unfit error
	for _, s := range steps {
		if unfit = incident.CheckFields(contract.FormOf(s.Await.Payload), act.Fields); unfit == nil {
			return nil
		}
	}
	return unfit
}

// awaiting lists the steps that await a signal, wherever they stand: also in imported runbooks, in watches, and among
// those that people have added by hand.
func (r *run) awaiting(name string) []*runbooks.Step {
	var out []*runbooks.Step
	r.eachAwait(func(s *runbooks.Step) {
		if s.Await.Signal == name {
			out = append(out, s)
		}
	})
	return out
}

// signalNames lists the signals that steps await.
func (r *run) signalNames() []string {
	var names []string
	r.eachAwait(func(s *runbooks.Step) {
		if !slices.Contains(names, s.Await.Signal) {
			names = append(names, s.Await.Signal)
		}
	})
	return names
}

// eachAwait visits the steps that await a signal.
func (r *run) eachAwait(visit func(*runbooks.Step)) {
	await := func(_ runbooks.Place, s *runbooks.Step) {
		if s.Await != nil && s.Await.Signal != runbooks.AwaitSeverity {
			visit(s)
		}
	}
	r.in.Runbook.WalkAll(await)
	byHand := runbooks.Runbook{Finally: r.st.AdHoc}
	byHand.WalkAll(await)
}

// maxSignals bounds the signals that came before anybody waited for them.
const maxSignals = 100

// send brings a signal that a step waits for, or will.
func (r *run) send(at time.Time, act contract.Act) (string, error) {
	r.st.Signals = append(r.st.Signals, contract.SignalIn{Name: act.Value, By: act.By, At: at, Payload: act.Fields})
	r.inc.Log(at, incident.Entry{Kind: incident.EntryNote, By: act.By, Text: fmt.Sprintf("%s sends %s", act.By, act.Value)})
	for _, q := range r.inc.OpenQuestions() {
		if q.Kind == incident.QuestionSignal && q.Signal == act.Value {
			return act.Value + " is received", nil
		}
	}
	text := act.Value + " is received; it is kept until a step awaits it"
	if steps := r.awaiting(act.Value); len(steps) == 1 {
		text = fmt.Sprintf("%s is received; it is kept until %s awaits it", act.Value, steps[0].Address)
	}
	return text, nil
}
