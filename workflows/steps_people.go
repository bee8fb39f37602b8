package workflows

import (
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// perform is the one list of step kinds and their executors.
func (r *run) perform(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	executors := map[runbooks.Kind]func(workflow.Context, *runbooks.Step, *contract.StepRun) error{
		runbooks.KindChannel:  r.channel,
		runbooks.KindPage:     r.page,
		runbooks.KindAwait:    r.awaitSeverity,
		runbooks.KindAssign:   r.assign,
		runbooks.KindSay:      r.say,
		runbooks.KindAsk:      r.ask,
		runbooks.KindApprove:  r.approve,
		runbooks.KindTask:     r.task,
		runbooks.KindWait:     r.waitStep,
		runbooks.KindNote:     r.note,
		runbooks.KindSeverity: r.severity,
		runbooks.KindEnd:      r.endStep,
	}
	return executors[s.Kind](ctx, s, sr)
}

// wording is what a step asks and whom, as the runbook writes it.
type wording struct {
	text string
	who  []string // empty = the commander
}

// question begins an asking for a step: its key, its words, its clock and what silence means.
func (r *run) question(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun, w wording) (asking, error) {
	text, err := r.text(ctx, w.text)
	if err != nil {
		return asking{}, err
	}
	who, err := r.names(ctx, w.who)
	if err != nil {
		return asking{}, err
	}
	return r.asking(ctx, s, sr, asking{text: text, who: orCommander(who)}), nil
}

// asking completes an asking with what every step's question has.
func (r *run) asking(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun, a asking) asking {
	if sr.Waiting.IsZero() {
		sr.Waiting = now(ctx)
	}
	sr.State = contract.StepWaiting
	a.step, a.key, a.run, a.timeout = s.Address, r.questionKey(s, sr), sr, s.Timeout
	a.silence, a.choice = silenceOf(s.OnTimeout)
	return a
}

// questionKey is the identity of a step's question; one that is tried again asks a new one.
func (r *run) questionKey(s *runbooks.Step, sr *contract.StepRun) string {
	key := r.stepKey(s)
	if sr.Tries > 0 {
		key += "/try/" + itoa(sr.Tries)
	}
	return key
}

// ask puts a question with choices, and runs the steps of the chosen case.
func (r *run) ask(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	if _, answered := sr.Output["choice"]; !answered {
		if err := r.askChoice(ctx, s, sr); err != nil {
			return err
		}
	}
	sr.State = contract.StepRunning
	for _, c := range s.Ask.Cases {
		if c.Choice == sr.Output["choice"] {
			return r.walk(ctx, c.Steps)
		}
	}
	return nil
}

// askChoice asks and records the answer.
func (r *run) askChoice(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	a, err := r.question(ctx, s, sr, wording{s.Ask.Question, s.Ask.Who})
	if err != nil {
		return err
	}
	a.kind, a.remind = incident.QuestionAsk, s.Ask.Remind
	for _, c := range s.Ask.Choices {
		label, err := r.text(ctx, c.Label)
		if err != nil {
			return err
		}
		a.choices = append(a.choices, incident.Choice{Key: c.Key, Label: orElse(label, c.Key)})
	}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	sr.By = q.By.String()
	sr.Output = map[string]any{"choice": q.Choice, "by": who(q.By)}
	return nil
}

// approve asks for a yes by a quorum; a no, by a person or by time, runs `else`, and without one nothing after the
// gate runs by itself.
func (r *run) approve(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	if _, answered := sr.Output["approved"]; !answered {
		if err := r.askApproval(ctx, s, sr); err != nil {
			return err
		}
	}
	sr.State = contract.StepRunning
	switch {
	case sr.Output["approved"] == true:
		return r.walk(ctx, s.Approve.Then)
	case s.Approve.HasElse:
		if err := r.walk(ctx, s.Approve.Else); err != nil {
			return err
		}
		r.end(ctx, sr, contract.StepRejected)
		return nil
	}
	return errRejected
}

// askApproval asks and records the verdict.
func (r *run) askApproval(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	a, err := r.question(ctx, s, sr, wording{s.Approve.Question, s.Approve.Who})
	if err != nil {
		return err
	}
	a.kind, a.quorum, a.not, a.remind = incident.QuestionApprove, s.Approve.Quorum, s.Approve.Not, s.Approve.Remind
	if s.OnTimeout == nil {
		a.silence, a.choice = silenceChoose, incident.ChoiceNo
	}
	a.choices = []incident.Choice{{Key: incident.ChoiceYes, Label: "Approve"}, {Key: incident.ChoiceNo, Label: "Reject"}}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	sr.By = q.By.String()
	sr.Output = map[string]any{"approved": q.Choice == incident.ChoiceYes, "by": who(q.By), "reason": q.Reason}
	return nil
}

// task gives work to a person and waits until it is done; `due` only nudges.
func (r *run) task(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	a, err := r.question(ctx, s, sr, wording{s.Task.Text, s.Task.Who})
	if err != nil {
		return err
	}
	a.kind, a.due, a.remind = incident.QuestionTask, s.Task.Due, s.Task.Remind
	for _, item := range s.Task.Checklist {
		line, err := r.text(ctx, item)
		if err != nil {
			return err
		}
		a.checklist = append(a.checklist, line)
	}
	a.choices = []incident.Choice{{Key: incident.ChoiceDone, Label: "Done"}}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	sr.By = q.By.String()
	sr.Output = map[string]any{"by": who(q.By), "note": q.Reason}
	return nil
}

// awaitSeverity waits until the severity is set; it returns at once when it is.
func (r *run) awaitSeverity(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	if r.inc.Severity == "" || r.inc.Question(r.questionKey(s, sr)) != nil {
		a := r.asking(ctx, s, sr, asking{
			kind: incident.QuestionSeverity, text: "How severe is it?", who: []string{string(incident.Commander)},
		})
		for _, name := range r.inc.Severities {
			a.choices = append(a.choices, incident.Choice{Key: string(name), Label: string(name)})
		}
		q, err := r.askPeople(ctx, a)
		if err != nil {
			return err
		}
		sr.By = q.By.String()
		if q.State == incident.QuestionTimedOut && r.inc.Severity == "" {
			if err := r.setSeverity(ctx, incident.Severity(q.Choice), "nobody has set it in time"); err != nil {
				return err
			}
		}
	}
	sr.Output = map[string]any{"payload": string(r.inc.Severity)}
	return nil
}

// setSeverity sets the severity by the runbook.
func (r *run) setSeverity(ctx workflow.Context, to incident.Severity, why string) error {
	err := r.inc.SetSeverity(now(ctx), incident.RunbookActor(), incident.SeverityChange{To: to, Reason: why})
	r.retime()
	return err
}

// assign hands out a role: it is held at once, so that questions have an addressee, and offered to the person, who
// accepts or declines. Somebody who has acknowledged a page of this incident is awake and has accepted.
func (r *run) assign(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	if r.inc.Question(r.questionKey(s, sr)) == nil { // else a former run has offered it already
		d, err := r.appoint(ctx, s)
		if err != nil {
			return err
		}
		if !r.inc.Holders[s.Assign.Role].Accepted {
			if err := r.offer(ctx, s, sr, d); err != nil {
				return err
			}
		}
	} else if err := r.offer(ctx, s, sr, oncall.Duty{}); err != nil {
		return err
	}
	sr.Output = map[string]any{"user": string(r.inc.Holders[s.Assign.Role].Person)}
	return nil
}

// appoint finds the person for a role and makes them its holder.
func (r *run) appoint(ctx workflow.Context, s *runbooks.Step) (oncall.Duty, error) {
	target := string(s.Assign.Role)
	if s.Assign.To != "" {
		text, err := r.text(ctx, s.Assign.To)
		if err != nil {
			return oncall.Duty{}, err
		}
		target = orElse(text, target)
	}
	duties, problems, err := r.people(ctx, []string{target})
	if err != nil {
		return oncall.Duty{}, err
	}
	if len(duties) == 0 {
		return oncall.Duty{}, &missing{
			what: "nobody to assign: " + orElse(strings.Join(problems, "; "), target+" means nobody at present"),
		}
	}
	d := duties[0]
	h := incident.Holder{Person: d.Person, Name: d.Name, Accepted: r.hasAcknowledged(d.Person)}
	return d, r.inc.Assign(now(ctx), incident.RunbookActor(), s.Assign.Role, h)
}

// offer asks the person to accept the role; an unanswered offer goes to the next of the chain, a declined one is taken
// back.
func (r *run) offer(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun, d oncall.Duty) error {
	a := r.asking(ctx, s, sr, asking{
		kind: incident.QuestionAssign, role: s.Assign.Role, text: d.Name + ", do you take " + string(s.Assign.Role) + "?",
		who: []string{string(d.Person)}, then: []string{string(s.Assign.Role)},
	})
	a.timeout = orElse(s.Assign.Ack, "10m")
	if s.OnTimeout == nil {
		a.silence = silenceEscalate
	}
	a.choices = []incident.Choice{
		{Key: incident.ChoiceAccept, Label: "Accept"}, {Key: incident.ChoiceDecline, Label: "Decline"},
	}
	q, err := r.askPeople(ctx, a)
	if err != nil {
		return err
	}
	sr.By = q.By.String()
	if q.Choice == incident.ChoiceDecline {
		r.inc.Decline(s.Assign.Role)
		return &missing{what: q.By.String() + " has declined " + string(s.Assign.Role)}
	}
	h := r.inc.Holders[s.Assign.Role]
	if h.Accepted {
		return nil
	}
	h.Accepted = true
	if q.By.Person != "" {
		h.Person, h.Name = q.By.Person, q.By.String()
	}
	return r.inc.Assign(now(ctx), q.By, s.Assign.Role, h)
}

// hasAcknowledged says whether the person has acknowledged a page of this incident.
func (r *run) hasAcknowledged(person oncall.PersonID) bool {
	for _, p := range r.inc.Pages {
		if p.State == incident.PageAcknowledged && p.AckedBy.Person == person && person != "" {
			return true
		}
	}
	return false
}

// waitStep lets time pass.
func (r *run) waitStep(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	value, err := r.evaluate(ctx, r.plan.Text(s.Wait.Duration).Eval)
	if err != nil {
		return err
	}
	if sr.Waiting.IsZero() {
		sr.Waiting = now(ctx)
		r.log(ctx, incident.Entry{Kind: incident.EntryWait, Step: s.Address, Text: "wait " + expression.Format(value)})
	}
	sr.State = contract.StepWaiting
	until := sr.Waiting.Add(r.durationAt(s.Wait.Duration, 0, r.seenAt(sr.Waiting)))
	return sleep(ctx, "wait "+expression.Format(value), until)
}

// severity sets the severity by the runbook; setting what is set already does nothing.
func (r *run) severity(ctx workflow.Context, s *runbooks.Step, _ *contract.StepRun) error {
	if r.inc.Severity == s.Severity.Level {
		return nil
	}
	why, err := r.text(ctx, s.Severity.Reason)
	if err != nil {
		return err
	}
	return r.setSeverity(ctx, s.Severity.Level, orElse(why, "set by the runbook"))
}

// endStep ends the incident; the steps after it never run, because the story is withdrawn.
func (r *run) endStep(ctx workflow.Context, s *runbooks.Step, sr *contract.StepRun) error {
	of, err := r.text(ctx, s.End.Of)
	if err != nil {
		return err
	}
	r.end(ctx, sr, contract.StepDone)
	if !r.inc.Open() {
		return nil // a review has nothing left to end
	}
	r.finish(ctx, incident.End{Ending: s.End.Reason, Of: of})
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
