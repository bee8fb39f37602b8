package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// perform is the one list of step kinds and their executors.
func (r *run) perform(ctx workflow.Context, n *node) error {
	executors := map[runbooks.Kind]executor{
		runbooks.KindChannel:  r.channel,
		runbooks.KindPage:     r.page,
		runbooks.KindAwait:    r.await,
		runbooks.KindAssign:   r.assign,
		runbooks.KindSay:      r.say,
		runbooks.KindAsk:      r.ask,
		runbooks.KindApprove:  r.approve,
		runbooks.KindTask:     r.task,
		runbooks.KindWait:     r.waitStep,
		runbooks.KindNote:     r.note,
		runbooks.KindSeverity: r.severity,
		runbooks.KindEnd:      r.endStep,

		runbooks.KindBridge:     r.bridge,
		runbooks.KindTicket:     r.ticket,
		runbooks.KindAssess:     r.assess,
		runbooks.KindUpdate:     r.tellAudience,
		runbooks.KindEvidence:   r.evidence,
		runbooks.KindHTTP:       r.http,
		runbooks.KindRun:        r.command,
		runbooks.KindAction:     r.action,
		runbooks.KindPostmortem: r.postmortem,
		runbooks.KindRunbook:    r.imported,
		runbooks.KindParallel:   r.parallel,
		runbooks.KindForEach:    r.forEach,
		runbooks.KindRepeat:     r.repeat,
		runbooks.KindSwitch:     r.choose,
		runbooks.KindGroup:      r.group,
		runbooks.KindSet:        r.set,
		runbooks.KindRevert:     r.revertStep,
		runbooks.KindReturn:     r.returnStep,
	}
	execute := executors[n.s.Kind]
	if r.inc.Drill {
		execute = r.rehearsed(n.s.Kind, execute)
	}
	return execute(ctx, n)
}

// executor performs the steps of a kind.
type executor func(workflow.Context, *node) error

// wording is what a step asks and whom, as the runbook writes it.
type wording struct {
	text string
	who  []string // empty = the commander
}

// question begins an asking for a step: its key, its words, its clock and what silence means.
func (r *run) question(ctx workflow.Context, n *node, w wording) (asking, error) {
	text, err := r.text(ctx, n, string(n.s.Kind), w.text)
	if err != nil {
		return asking{}, err
	}
	who, err := r.names(ctx, n, "who", w.who)
	if err != nil {
		return asking{}, err
	}
	return r.asking(ctx, n, asking{text: text, who: orCommander(who)}), nil
}

// asking completes an asking with what every step's question has.
func (r *run) asking(ctx workflow.Context, n *node, a asking) asking {
	if n.sr.Waiting.IsZero() {
		n.sr.Waiting = now(ctx)
	}
	n.sr.State = contract.StepWaiting
	a.step, a.key, a.node, a.timeout = n.address(), r.questionKey(n), n, n.timeout()
	a.silence, a.choice = silenceOf(n.s.OnTimeout)
	return a
}

// questionKey is the identity of a step's question; one that is tried again asks a new one.
func (r *run) questionKey(n *node) string {
	key := n.key
	if n.sr.Tries > 0 {
		key += "/try/" + itoa(n.sr.Tries)
	}
	return key
}

// ask puts a question with choices, and runs the steps of the chosen case.
func (r *run) ask(ctx workflow.Context, n *node) error {
	if n.sr.Output == nil {
		ask := r.askChoice
		if len(n.s.Ask.Form) > 0 {
			ask = r.askForm
		}
		if err := ask(ctx, n); err != nil {
			return err
		}
	}
	n.sr.State = contract.StepRunning
	for _, c := range n.s.Ask.Cases {
		if c.Choice == n.sr.Output["choice"] {
			return r.walk(ctx, n.frame, c.Steps)
		}
	}
	return nil
}

// askChoice asks and records the answer.
func (r *run) askChoice(ctx workflow.Context, n *node) error {
	a, err := r.question(ctx, n, wording{n.s.Ask.Question, n.s.Ask.Who})
	if err != nil {
		return err
	}
	a.kind, a.remind = incident.QuestionAsk, n.s.Ask.Remind
	for _, c := range n.s.Ask.Choices {
		label, err := r.text(ctx, n, "choices."+c.Key, c.Label)
		if err != nil {
			return err
		}
		a.choices = append(a.choices, incident.Choice{Key: c.Key, Label: orElse(label, c.Key)})
	}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	n.sr.By = q.By.String()
	n.sr.Output = map[string]any{"choice": q.Choice, "by": who(q.By)}
	return nil
}

// approve asks for a yes by a quorum; a no, by a person or by time, runs `else`, and without one nothing after the
// gate runs by itself.
func (r *run) approve(ctx workflow.Context, n *node) error {
	if _, answered := n.sr.Output["approved"]; !answered {
		if err := r.askApproval(ctx, n); err != nil {
			return err
		}
	}
	n.sr.State = contract.StepRunning
	switch {
	case n.sr.Output["approved"] == true:
		return r.walk(ctx, n.frame, n.s.Approve.Then)
	case n.s.Approve.HasElse:
		if err := r.walk(ctx, n.frame, n.s.Approve.Else); err != nil {
			return err
		}
		r.end(ctx, n, contract.StepRejected)
		return nil
	}
	return errRejected
}

// askApproval asks and records the verdict.
func (r *run) askApproval(ctx workflow.Context, n *node) error {
	a, err := r.question(ctx, n, wording{n.s.Approve.Question, n.s.Approve.Who})
	if err != nil {
		return err
	}
	a.kind, a.quorum, a.not, a.remind = incident.QuestionApprove, n.s.Approve.Quorum, n.s.Approve.Not, n.s.Approve.Remind
	if n.s.OnTimeout == nil {
		a.silence, a.choice = silenceChoose, incident.ChoiceNo
	}
	a.choices = []incident.Choice{{Key: incident.ChoiceYes, Label: "Approve"}, {Key: incident.ChoiceNo, Label: "Reject"}}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	n.sr.By = q.By.String()
	n.sr.Output = map[string]any{"approved": q.Choice == incident.ChoiceYes, "by": who(q.By), "reason": q.Reason}
	return nil
}

// task gives work to a person and waits until it is done; `due` only nudges.
func (r *run) task(ctx workflow.Context, n *node) error {
	a, err := r.question(ctx, n, wording{n.s.Task.Text, n.s.Task.Who})
	if err != nil {
		return err
	}
	a.kind, a.due, a.remind = incident.QuestionTask, n.s.Task.Due, n.s.Task.Remind
	if a.checklist, err = r.texts(ctx, n, "checklist", n.s.Task.Checklist); err != nil {
		return err
	}
	a.choices = []incident.Choice{{Key: incident.ChoiceDone, Label: "Done"}}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	n.sr.By = q.By.String()
	n.sr.Output = map[string]any{"by": who(q.By), "note": q.Reason}
	return nil
}

// awaitSeverity waits until the severity is set; it returns at once when it is.
func (r *run) awaitSeverity(ctx workflow.Context, n *node) error {
	if r.inc.Severity == "" || r.inc.Question(r.questionKey(n)) != nil {
		a := r.asking(ctx, n, asking{
			kind: incident.QuestionSeverity, text: "How severe is it?", who: []string{string(incident.Commander)},
		})
		for _, name := range r.inc.Severities {
			a.choices = append(a.choices, incident.Choice{Key: string(name), Label: string(name)})
		}
		q, err := r.askPeople(ctx, a)
		if err != nil {
			return err
		}
		n.sr.By = q.By.String()
		if q.State == incident.QuestionTimedOut && r.inc.Severity == "" {
			if err := r.setSeverity(ctx, incident.Severity(q.Choice), "nobody has set it in time"); err != nil {
				return err
			}
		}
	}
	n.sr.Output = map[string]any{"payload": string(r.inc.Severity)}
	return nil
}

// setSeverity sets the severity by the runbook.
func (r *run) setSeverity(ctx workflow.Context, to incident.Severity, why string) error {
	before := r.inc.Severity
	err := r.inc.SetSeverity(now(ctx), incident.RunbookActor(), incident.SeverityChange{To: to, Reason: why})
	r.severityChanged(before)
	return err
}

// severity sets the severity by the runbook; setting what is set already does nothing.
func (r *run) severity(ctx workflow.Context, n *node) error {
	if r.inc.Severity == n.s.Severity.Level || r.inc.Reviewing {
		return nil
	}
	why, err := r.text(ctx, n, "reason", n.s.Severity.Reason)
	if err != nil {
		return err
	}
	return r.setSeverity(ctx, n.s.Severity.Level, orElse(why, "set by the runbook"))
}

// endStep ends the incident; the steps after it never run, because the story is withdrawn.
func (r *run) endStep(ctx workflow.Context, n *node) error {
	of, err := r.text(ctx, n, "of", n.s.End.Of)
	if err != nil {
		return err
	}
	r.end(ctx, n, contract.StepDone)
	if !r.inc.Open() {
		return nil // a review has nothing left to end
	}
	r.finish(ctx, incident.RunbookActor(), incident.End{Ending: n.s.End.Reason, Of: of})
	return workflow.Await(ctx, func() bool { return false })
}

// orCommander is who is asked when the runbook names nobody.
func orCommander(names []string) []string {
	if len(names) == 0 {
		return []string{string(incident.Commander)}
	}
	return names
}

// who is a person as expressions see it: the id, else the name.
func who(a incident.Actor) string { return orElse(string(a.Person), a.Name) }
