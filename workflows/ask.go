package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
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
	who       []string // names without ${{ }}
	then      []string // who is next, after them
	choices   []incident.Choice
	checklist []string
	quorum    int
	not       []incident.Role
	role      incident.Role // of an offer
	node      *node         // nil = no step's
	form      []incident.FormField
	signal    string // of a wait for a signal
	timeout   string // text: a duration, read again when the severity changes
	silence   silence
	choice    string // of silenceChoose
	remind    string // text: a duration, likewise
	due       string // text: a duration, likewise; nudges the assignee once, then the commander
}

const (
	remindHold     = 15 * time.Minute // how often people are reminded of a step that holds
	defaultTimeout = 15 * time.Minute // of a timeout that cannot be computed: no wait for people is without an end
	leastEscalate  = time.Second      // between two people who are asked, whatever the runbook computes
	longestSilence = 15 * time.Minute // between two calls of the fallback, unless the runbook's timeout is longer
	quickTurns     = 3                // how often the fallback is asked before the pauses grow
)

// askPeople puts a question and waits for its end. The question is open from the moment it is in the state, whether or
// not chat has shown it. A question that a former run asked is taken up with its clock.
func (r *run) askPeople(ctx workflow.Context, a asking) (*incident.Question, error) {
	q := r.inc.Question(a.key)
	if q == nil {
		var err error
		if q, err = r.open(ctx, a); err != nil {
			return nil, err
		}
	}
	a.who = q.Who
	err := r.awaitAnswer(ctx, q, a)
	r.inc.WithdrawPages(r.wakingPages(q))
	if err != nil {
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
func (r *run) open(ctx workflow.Context, a asking) (*incident.Question, error) {
	c, err := r.lookUpChain(ctx, a)
	if err != nil {
		return nil, err
	}
	q := r.inc.Ask(now(ctx), incident.Question{
		Key: a.key, Step: a.step, Kind: a.kind, Text: r.marked(a.text), Who: a.who, Choices: a.choices, Checklist: a.checklist,
		Quorum: max(1, a.quorum), Not: a.not, Role: a.role, Chain: c.mayAnswer(a.kind), OnTimeout: a.inWords(),
		Form: a.form, Signal: a.signal,
	})
	q.Addressed, q.Asked = ids(c.asked), ids(c.asked)
	q.Deadline = r.answerDeadline(q, a)
	r.tellLate(ctx, q, a, "had passed already")
	if a.quorum > len(c.asked) && len(c.asked) > 0 && r.since(versionMends) {
		r.problem(ctx, q.Step, fmt.Sprintf("%s needs %d approvals, and only %s can give one", q.Step, a.quorum, names(c.asked)))
	}
	r.postQuestion(ctx, q)
	return q, nil
}

// frame is where the question's step stands.
func (a *asking) frame() *frame {
	if a.node == nil {
		return nil
	}
	return a.node.frame
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

// awaitAnswer waits for the question's end, with its reminders and its escalation.
func (r *run) awaitAnswer(ctx workflow.Context, q *incident.Question, a asking) error {
	for {
		handed := q.Handed
		answered, err := wait(ctx, waiting{
			summary: "wait for " + q.Step,
			done:    func() bool { return q.State != incident.QuestionOpen || q.Handed != handed },
			until:   func() time.Time { q.Deadline = r.answerDeadline(q, a); return earliest(q.Deadline, r.nudgeAt(q, a)) },
			change:  func() int { return r.retimes },
		})
		if err == nil && q.State == incident.QuestionOpen && q.Handed != handed {
			r.postQuestion(ctx, q)
			continue
		}
		if err != nil || answered {
			return err
		}
		if beat := r.nudgeAt(q, a); !beat.IsZero() && (q.Deadline.IsZero() || beat.Before(q.Deadline)) {
			q.NudgedAt = latest(beat, now(ctx))
			r.nudge(ctx, q, a)
			continue
		}
		if a.silence == silenceEscalate {
			if err := r.escalateQuestion(ctx, q, a); err != nil {
				return err
			}
			continue
		}
		r.inc.Settle(now(ctx), incident.RunbookActor(), q.Key, incident.Settlement{State: incident.QuestionTimedOut, Choice: a.choice})
		return nil
	}
}

// answerDeadline is when silence counts as an answer: the wait's beginning and the duration as it is now. A duration
// that is re-evaluated sees `elapsed` as it was when the wait began; one that is over already fires at once, and whoever
// is asked after that has the time of the call that wakes them.
func (r *run) answerDeadline(q *incident.Question, a asking) time.Time {
	if a.timeout == "" || a.silence == silenceRepeats {
		return time.Time{}
	}
	began := q.OpenedAt
	if a.node != nil && !a.node.sr.Waiting.IsZero() {
		began = a.node.sr.Waiting
	}
	d := max(r.durationAt(a.timeout, defaultTimeout, r.seenAt(a.frame(), began)), 0)
	if a.silence == silenceEscalate {
		if d == 0 && q.Turn > 0 && r.since(versionMends) {
			d = lateTurn
		}
		d = max(d, leastEscalate)
		for n := len(q.Asked) + quickTurns; n < q.Turn && d < longestSilence; n++ {
			d = min(2*d, longestSilence)
		}
	}
	return began.Add(d)
}

// nudgeAt is the next reminder, or zero. Reminders count from the question's opening, so that a new run keeps their
// beat.
func (r *run) nudgeAt(q *incident.Question, a asking) time.Time {
	last, seen := latest(q.OpenedAt, q.NudgedAt), r.seenAt(a.frame(), q.OpenedAt)
	every := r.paced(a.remind, remindPace, seen)
	if a.silence == silenceRepeats {
		every = remindHold
	}
	if every > 0 {
		return q.OpenedAt.Add((last.Sub(q.OpenedAt)/every + 1) * every)
	}
	due := r.paced(a.due, duePace, seen)
	for n := range dueNudges {
		if at := q.OpenedAt.Add(time.Duration(n+1) * due); due > 0 && last.Before(at) {
			return at
		}
	}
	return time.Time{}
}

// dueNudges is how often a task that is due is brought up: to the assignee, then to the commander too.
const dueNudges = 2

// nudge reminds the people who are asked, and whoever has taken their role over; a task that is long due is also
// brought to the commander.
func (r *run) nudge(ctx workflow.Context, q *incident.Question, a asking) {
	r.log(ctx, incident.Entry{Kind: incident.EntryTimeout, Step: q.Step, Text: "still open: " + q.Text})
	mention := slices.Clone(q.Addressed)
	roles := slices.Clone(q.Who)
	if due := r.paced(a.due, duePace, r.seenAt(a.frame(), q.OpenedAt)); due == 0 || !now(ctx).Before(q.OpenedAt.Add(dueNudges*due)) {
		roles = append(roles, string(incident.Commander))
	}
	for _, role := range roles {
		if h, ok := r.inc.Holders[incident.Role(role)]; ok && !slices.Contains(mention, h.Person) {
			mention = append(mention, h.Person)
		}
	}
	r.post(ctx, posting{message: contract.Message{Text: "Still open: " + q.Text, Mention: mention}})
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
		p.Ack = r.ackTime(p.AckText, p.Ack, r.seenAt(r.pageFrame(p), p.StartedAt))
	}
}

// ackTime is how long a level of a page has, as it is seen from an instant.
func (r *run) ackTime(text string, otherwise time.Duration, v values) time.Duration {
	return r.paced(text, levelPace(otherwise), v)
}

// earliest is the earlier of two instants, of which zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}

// latest is the later of two instants.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
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
