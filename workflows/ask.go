package workflows

import (
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// silence is what follows when nobody answers.
type silence int

// The ways of silence.
const (
	silenceWaits    silence = iota // the deadline ends the wait: timed out
	silenceEscalate                // the next person of the chain, the clock starts again
	silenceChoose                  // the named choice counts
	silenceRepeats                 // no deadline; people are reminded again and again
)

// asking is a question on its way: what is asked, of whom, and what silence means.
type asking struct {
	step      string
	key       string
	kind      incident.QuestionKind
	text      string
	who       []string
	choices   []incident.Choice
	checklist []string
	quorum    int
	not       []incident.Role
	role      incident.Role // of an offer
	run       *contract.StepRun
	timeout   string // text: a duration, read again when the severity changes
	silence   silence
	choice    string // of silenceChoose
	remind    time.Duration
	due       time.Duration // nudges the assignee once, then the commander
}

// remindHold is how often people are reminded of a step that holds.
const remindHold = 15 * time.Minute

// askPeople puts a question and waits for its end. The question is open from the moment it is in the state, whether or
// not chat has shown it. A question that a former run asked is taken up with its clock.
func (r *run) askPeople(ctx workflow.Context, a asking) (*incident.Question, error) {
	q := r.inc.Question(a.key)
	if q == nil {
		q = r.open(ctx, a)
	}
	if err := r.awaitAnswer(ctx, q, a); err != nil {
		r.inc.Settle(now(ctx), incident.RunbookActor(), q.Key, incident.Settlement{State: incident.QuestionWithdrawn})
		return nil, err
	}
	if q.State == incident.QuestionWithdrawn {
		return nil, temporal.NewCanceledError()
	}
	if q.State == incident.QuestionTimedOut && a.silence != silenceChoose {
		return nil, errTimedOut
	}
	return q, nil
}

// open writes a new question into the state and into the room.
func (r *run) open(ctx workflow.Context, a asking) *incident.Question {
	duties := r.lookUpChain(ctx, a.who)
	q := r.inc.Ask(now(ctx), incident.Question{
		Key: a.key, Step: a.step, Kind: a.kind, Text: a.text, Who: a.who, Choices: a.choices, Checklist: a.checklist,
		Quorum: max(1, a.quorum), Not: a.not, Role: a.role, Chain: ids(duties), OnTimeout: a.inWords(),
	})
	q.Addressed = first(q.Chain)
	q.Deadline = r.answerDeadline(q, a)
	r.postQuestion(ctx, q)
	return q
}

// inWords is what silence leads to, for the card.
func (a *asking) inWords() string {
	switch a.silence {
	case silenceEscalate:
		return "the next person is asked"
	case silenceChoose:
		return a.choice
	case silenceRepeats:
		return "reminded"
	case silenceWaits:
	}
	return "timed out"
}

// lookUpChain finds who may answer, at this instant: of each name the holder, then the role's own target. Nobody found means that
// anybody may answer; the room is told why.
func (r *run) lookUpChain(ctx workflow.Context, who []string) []oncall.Duty {
	if len(who) == 0 {
		return nil
	}
	chain := make([]string, 0, 2*len(who))
	for _, name := range who {
		chain = append(chain, name)
		if target, ok := r.fill(incident.Role(name), r.values(ctx)); ok {
			chain = append(chain, expression.Format(target))
		}
	}
	duties, problems := r.people(ctx, chain)
	for _, p := range problems {
		r.problem(ctx, "", p)
	}
	return duties
}

// awaitAnswer waits for the question's end, with its reminders and its escalation.
func (r *run) awaitAnswer(ctx workflow.Context, q *incident.Question, a asking) error {
	for {
		nudge := nudgeAt(q, a, now(ctx))
		answered, err := wait(ctx, waiting{
			summary: "wait for " + q.Step,
			done:    func() bool { return q.State != incident.QuestionOpen },
			until:   func() time.Time { q.Deadline = r.answerDeadline(q, a); return earliest(q.Deadline, nudge) },
			change:  func() int { return r.retimes },
		})
		if err != nil || answered {
			return err
		}
		at := now(ctx)
		if q.Deadline.IsZero() || at.Before(q.Deadline) {
			r.nudge(ctx, q, a.due)
			continue
		}
		if a.silence == silenceEscalate {
			r.escalateQuestion(ctx, q, a)
			continue
		}
		r.inc.Settle(at, incident.RunbookActor(), q.Key, incident.Settlement{State: incident.QuestionTimedOut, Choice: a.choice})
		return nil
	}
}

// answerDeadline is when silence counts as an answer: the wait's beginning and the duration as it is now. A duration
// that is re-evaluated sees `elapsed` as it was when the wait began.
func (r *run) answerDeadline(q *incident.Question, a asking) time.Time {
	if a.timeout == "" || a.silence == silenceRepeats {
		return time.Time{}
	}
	began := q.OpenedAt
	if a.run != nil && !a.run.Waiting.IsZero() {
		began = a.run.Waiting
	}
	seen := values{r: r, at: began, elapsed: began.Sub(r.inc.DeclaredAt)}
	d := r.durationAt(a.timeout, 0, seen)
	if d <= 0 {
		return time.Time{}
	}
	return began.Add(d)
}

// nudgeAt is the next reminder, or zero. Reminders count from the question's opening, so that a new run keeps their
// beat.
func nudgeAt(q *incident.Question, a asking, at time.Time) time.Time {
	every := a.remind
	if a.silence == silenceRepeats {
		every = remindHold
	}
	if every > 0 {
		passed := at.Sub(q.OpenedAt) / every
		return q.OpenedAt.Add((passed + 1) * every)
	}
	for n := range dueNudges {
		if due := q.OpenedAt.Add(time.Duration(n+1) * a.due); a.due > 0 && at.Before(due) {
			return due
		}
	}
	return time.Time{}
}

// dueNudges is how often a task that is due is brought up: to the assignee, then to the commander too.
const dueNudges = 2

// nudge reminds the people who are asked; a task that is long due is also brought to the commander.
func (r *run) nudge(ctx workflow.Context, q *incident.Question, due time.Duration) {
	r.log(ctx, incident.Entry{Kind: incident.EntryTimeout, Step: q.Step, Text: "still open: " + q.Text})
	mention := slices.Clone(q.Addressed)
	h, ok := r.inc.Holders[incident.Commander]
	late := due == 0 || !now(ctx).Before(q.OpenedAt.Add(dueNudges*due))
	if ok && late && !slices.Contains(mention, h.Person) {
		mention = append(mention, h.Person)
	}
	r.post(ctx, posting{message: contract.Message{Text: "Still open: " + q.Text, Mention: mention}})
}

// escalateQuestion asks the next person of the chain, after the last the fallback, again and again; the clock starts
// again. Somebody who is asked in the night must be woken, so the person is also paged.
func (r *run) escalateQuestion(ctx workflow.Context, q *incident.Question, a asking) {
	q.Turn++
	if a.run != nil {
		a.run.Waiting = now(ctx)
	}
	target := oncall.Fallback
	if q.Turn < len(q.Chain) {
		target = string(q.Chain[q.Turn])
	}
	duties, problems := r.people(ctx, []string{target})
	for _, p := range problems {
		r.problem(ctx, q.Step, p)
	}
	q.Addressed = ids(duties)
	for _, p := range q.Addressed {
		if !slices.Contains(q.Chain, p) && !slices.Contains(q.Also, p) {
			q.Also = append(q.Also, p)
		}
	}
	r.log(ctx, incident.Entry{
		Kind: incident.EntryEscalate, Step: q.Step,
		Text: "no answer to “" + q.Text + "”; asking " + names(duties),
	})
	r.postQuestion(ctx, q)
	r.inc.StartPage(now(ctx), incident.Page{
		Key: r.inc.ID + "/" + q.Key + "/turn/" + itoa(q.Turn), Step: q.Step, Message: "A decision waits: " + q.Text,
		Levels: []incident.PageLevel{{Target: target}}, Rounds: 1, Ack: incident.DefaultAck, Via: bothWays(),
	})
}

// silenceOf turns a step's reaction into what silence means for its question.
func silenceOf(reaction *runbooks.Reaction) (silence, string) {
	if reaction == nil {
		return silenceWaits, ""
	}
	switch reaction.Do {
	case runbooks.DoEscalate:
		return silenceEscalate, ""
	case runbooks.DoChoose:
		return silenceChoose, reaction.Choice
	case runbooks.DoReject:
		return silenceChoose, incident.ChoiceNo
	case runbooks.DoRepeat:
		return silenceRepeats, ""
	case runbooks.DoAsk, runbooks.DoContinue, runbooks.DoStop, runbooks.DoSteps:
	}
	return silenceWaits, ""
}

// retime makes every wait read its durations again, after the severity or a call's clock has changed.
func (r *run) retime() {
	r.retimes++
	for _, p := range r.inc.OpenPages() {
		if p.AckText != "" {
			p.Ack = r.durationOr(p.AckText, p.Ack)
		}
	}
}

// earliest is the earlier of two instants, of which zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// ids lists the people of duties.
func ids(duties []oncall.Duty) []oncall.PersonID {
	out := make([]oncall.PersonID, 0, len(duties))
	for _, d := range duties {
		out = append(out, d.Person)
	}
	return out
}

// names lists the people of duties in words.
func names(duties []oncall.Duty) string {
	words := make([]string, 0, len(duties))
	for _, d := range duties {
		words = append(words, d.Name)
	}
	if len(words) == 0 {
		return "nobody"
	}
	return strings.Join(words, ", ")
}

// first is the first person of a chain, alone.
func first(chain []oncall.PersonID) []oncall.PersonID {
	return slices.Clone(chain[:min(1, len(chain))])
}
