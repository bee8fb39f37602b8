package workflows

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// pace is what becomes of a duration that a runbook computes. One that comes out as nothing or less (a legal deadline
// minus what has elapsed) may neither spin nor silence anybody.
type pace struct {
	otherwise time.Duration // where the runbook gives none, or one without a value
	late      time.Duration // where it comes out as nothing or less
	least     time.Duration // whatever it comes out as
}

// The paces of what waits, repeats and reminds. A level of a page has the least delay of a policy, so that a telephone
// can ring out; everything else that is late goes on as if the runbook said nothing.
var (
	remindPace  = pace{late: remindHold, least: leastEscalate}
	duePace     = pace{late: time.Minute}
	repeatPace  = pace{otherwise: time.Minute, late: time.Minute, least: leastEscalate}
	watchPace   = pace{otherwise: defaultTimeout, late: defaultTimeout, least: leastWatch}
	timeboxPace = pace{otherwise: defaultTimeout, late: defaultTimeout, least: time.Minute}
	pollPace    = pace{otherwise: 30 * time.Second, late: 30 * time.Second, least: time.Second}
	actionPace  = pace{otherwise: 30 * time.Second, late: 30 * time.Second, least: leastPoll}
)

// levelPace is that of a level of a page.
func levelPace(otherwise time.Duration) pace {
	return pace{otherwise: otherwise, late: lateLevel, least: leastAck}
}

// systemPace is that of a request to a system, whose time is over at once when it has none.
func systemPace(otherwise time.Duration) pace {
	return pace{otherwise: otherwise, late: time.Second, least: time.Second}
}

const (
	lateLevel = 30 * time.Second    // of a page, when its time is over before it begins
	lateTurn  = incident.DefaultAck // between two people who are asked after the deadline: as long as the call that wakes each
)

// paced computes a duration at its pace.
func (r *run) paced(source string, p pace, v values) time.Duration {
	d, err := r.spanAt(source, v)
	switch {
	case source == "" || err != nil:
		return p.otherwise
	case d <= 0 && r.since(versionMends):
		return p.late
	case d <= 0 && p.otherwise == 0:
		return 0
	}
	return max(d, p.least)
}

// durationAt computes a duration as it is seen from given values, without waiting for anything; a text that is empty or
// has no value yet gives the default.
func (r *run) durationAt(source string, otherwise time.Duration, v values) time.Duration {
	if d, err := r.spanAt(source, v); err == nil {
		return d
	}
	return otherwise
}

// spanAt computes a duration; the error says in words why it has no value.
func (r *run) spanAt(source string, v values) (time.Duration, error) {
	if source == "" {
		return 0, errors.New("none is given")
	}
	if constant, err := expression.ParseDuration(source); err == nil {
		return constant, nil
	}
	out, err := v.f.scope.plan.Text(source).Eval(v)
	switch {
	case err != nil:
		return 0, errors.New(r.lacking(err.Error()))
	case !out.Known():
		return 0, fmt.Errorf("`%s` is not known", strings.Join(out.Unknown, "`, `"))
	}
	return span(out.Value)
}

// span reads a value as a duration.
func span(value any) (time.Duration, error) {
	if d, ok := value.(time.Duration); ok {
		return d, nil
	}
	d, err := expression.ParseDuration(expression.Format(value))
	if err != nil {
		return 0, fmt.Errorf("%q is not a duration", expression.Format(value))
	}
	return d, nil
}

// timed is a duration of a step, and its pace.
type timed struct {
	field, source string
	pace          pace
	deadline      bool // of a question, which is told where it is asked
}

// times lists the durations of a step.
func (n *node) times() []timed {
	out := []timed{{field: "timeout", source: n.timeout(), pace: pace{otherwise: defaultTimeout}, deadline: true}}
	add := func(field, source string, p pace) { out = append(out, timed{field: field, source: source, pace: p}) }
	system := func(every string, otherwise time.Duration, poll pace) {
		out[0].pace, out[0].deadline = systemPace(otherwise), false
		add("every", every, poll)
	}
	switch s := n.s; {
	case s.Page != nil:
		add("ack", s.Page.Ack, levelPace(incident.DefaultAck))
	case s.Assign != nil:
		out[0] = timed{field: "ack", source: s.Assign.Ack, pace: pace{otherwise: defaultTimeout}, deadline: true}
	case s.Ask != nil:
		add("remind", s.Ask.Remind, remindPace)
	case s.Approve != nil:
		add("remind", s.Approve.Remind, remindPace)
	case s.Assess != nil:
		add("remind", s.Assess.Remind, remindPace)
	case s.Task != nil:
		add("remind", s.Task.Remind, remindPace)
		add("due", s.Task.Due, duePace)
	case s.Repeat != nil:
		add("every", s.Repeat.Every, repeatPace)
	case s.HTTP != nil:
		system(s.HTTP.Every, httpTimeout, pollPace)
	case s.Run != nil:
		system(s.Run.Every, runTimeout, pollPace)
	case s.Action != nil:
		system(s.Action.Every, actionTime(s.Action), actionPace)
	}
	return out
}

// tellTimes writes down what becomes of the durations of a step that mean nothing.
func (r *run) tellTimes(ctx workflow.Context, n *node) {
	f := n.frame
	if n.s.Repeat != nil {
		f = r.roundFrame(n, max(1, n.sr.Rounds))
	}
	for _, t := range n.times() {
		r.tellTime(ctx, n.address(), t, r.values(ctx, f))
	}
}

// tellTime writes down, once, that a duration has no value or comes out as nothing or less, and what counts instead.
func (r *run) tellTime(ctx workflow.Context, what string, t timed, v values) {
	if t.source == "" || !r.since(versionMends) {
		return
	}
	stem := what + ": " + t.field + " "
	d, err := r.spanAt(t.source, v)
	instead := "there is none"
	switch {
	case err != nil:
		if t.pace.otherwise > 0 {
			instead = expression.Format(t.pace.otherwise) + " counts"
		}
		r.tellOnce(ctx, stem, fmt.Sprintf("has no value (%v); %s", err, instead))
	case d <= 0 && !t.deadline:
		r.tellOnce(ctx, stem, fmt.Sprintf("is %s; %s counts", expression.Format(d), expression.Format(t.pace.late)))
	}
}

// tellOnce writes a problem on the timeline unless one that begins alike is there: a loop computes its durations again
// and again, each time with another value.
func (r *run) tellOnce(ctx workflow.Context, stem, text string) {
	for _, e := range r.inc.Timeline {
		if e.Kind == incident.EntryProblem && strings.HasPrefix(e.Text, stem) {
			return
		}
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: stem + text})
}

// waitStep lets time pass.
func (r *run) waitStep(ctx workflow.Context, n *node) error {
	value, err := r.value(ctx, n, string(runbooks.KindWait), n.s.Wait.Duration)
	if err != nil {
		return err
	}
	length, err := span(value)
	if err != nil && r.since(versionMends) {
		return &missing{what: r.lacking(err.Error())}
	}
	if n.sr.Waiting.IsZero() {
		n.sr.Waiting = now(ctx)
		text := "wait " + expression.Format(value)
		if length <= 0 {
			text = fmt.Sprintf("%s: nothing to wait for: the time was over already%s", n.address(), lateBy(length))
		}
		r.log(ctx, incident.Entry{Kind: incident.EntryWait, Step: n.address(), Text: text})
	}
	n.sr.State = contract.StepWaiting
	length = r.durationAt(n.s.Wait.Duration, 0, r.seenAt(n.frame, n.sr.Waiting))
	if edited, ok := n.sr.Edits["wait"]; ok {
		length = r.durationAt(expression.Format(edited), length, r.seenAt(n.frame, n.sr.Waiting))
	}
	return sleep(ctx, "wait "+expression.Format(value), n.sr.Waiting.Add(length))
}

// tellLate writes down, once, that the deadline of a question is over before anybody could answer.
func (r *run) tellLate(ctx workflow.Context, q *incident.Question, a asking, how string) {
	if q.Late || a.timeout == "" || a.silence == silenceRepeats || !r.since(versionMends) {
		return
	}
	d, err := r.spanAt(a.timeout, r.values(ctx, a.frame()))
	if err != nil || d > 0 {
		return
	}
	q.Late = true
	text := fmt.Sprintf("the deadline of “%s” %s%s", q.Text, how, lateBy(d))
	if a.silence == silenceEscalate {
		text += fmt.Sprintf("; from now on somebody is asked every %s", expression.Format(lateTurn))
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryTimeout, Step: q.Step, Text: text})
}

// lateBy is by how much a time was over.
func lateBy(left time.Duration) string {
	if left > -time.Second {
		return ""
	}
	return ", by " + expression.Format(-left)
}
