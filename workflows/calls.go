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
)

// callPeople drives every open page, those of the runbook and those by hand, each in a coroutine of its own; and those
// that are over whose calls a former run has not hung up, or that were placed only when the page had ended.
func (r *run) callPeople(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		idle := func(p *incident.Page) bool {
			return !r.driving[p.Key] && (p.State == incident.PageOpen || r.owesHangUp(p))
		}
		for {
			err := workflow.Await(ctx, func() bool { return slices.ContainsFunc(r.inc.Pages, idle) })
			if err != nil {
				return
			}
			for _, p := range r.inc.Pages {
				if idle(p) {
					r.driving[p.Key] = true
					workflow.Go(ctx, func(ctx workflow.Context) { r.drive(ctx, p) })
				}
			}
		}
	})
}

// calling says whether anything is still to be done by telephone. A review calls nobody.
func (r *run) calling() bool {
	if r.inc.Reviewing {
		return false
	}
	return len(r.driving) > 0 || slices.ContainsFunc(r.inc.Pages, func(p *incident.Page) bool {
		return p.State == incident.PageOpen || r.owesHangUp(p)
	})
}

// drive calls level after level and round after round until the page ends, then ends the calls that still ring.
func (r *run) drive(ctx workflow.Context, p *incident.Page) {
	defer func() { delete(r.driving, p.Key) }()
	attempts, stop := workflow.WithCancel(ctx)
	r.placeLost(attempts, p)
	for p.State == incident.PageOpen {
		if p.LevelAt.IsZero() {
			r.callLevel(attempts, p)
		}
		if err := r.waitLevel(ctx, attempts, p); err != nil {
			break
		}
		if p.State == incident.PageOpen {
			r.nextLevel(ctx, p)
		}
	}
	stop()
	r.endCalls(ctx, p)
}

// placeLost makes the attempts of the present level again that a former run had decided and never heard of.
func (r *run) placeLost(ctx workflow.Context, p *incident.Page) {
	for _, a := range p.Attempts {
		if a.Status == incident.CallPlanned && a.Provider == "" && a.Level == p.Level && a.Round == p.Round && !p.LevelAt.IsZero() {
			r.goAttempt(ctx, p, a.Number, true)
		}
	}
}

// callLevel looks up who is on call now and calls all of them, each in every way at once.
func (r *run) callLevel(ctx workflow.Context, p *incident.Page) {
	turn := r.inc.Key.Number() + p.Round
	targets := p.Levels[p.Level].Names(turn)
	if p.Exhausted {
		targets = slices.Concat(targets, []string{oncall.Fallback})
	}
	found, problems, err := r.lookUp(ctx, r.pageFrame(p), meant{names: targets, turn: turn})
	if err != nil || p.State != incident.PageOpen {
		return
	}
	if policy := found[0].Policy; policy != nil && p.Levels[p.Level].Policy == "" {
		p.Follow(*policy)
	}
	duties := together(found)
	p.LevelAt, p.ClockAt, p.Next, p.CallsFirst = now(ctx), time.Time{}, false, r.since(versionPrecise)
	for _, problem := range problems {
		r.problem(ctx, p.Step, problem)
	}
	reached := false
	for _, d := range duties {
		switch {
		case r.inc.Quiet[d.Person]:
			r.log(ctx, incident.Entry{Kind: incident.EntryCall, Step: p.Step, Text: d.Name + " asked not to be called for this incident"})
			continue
		case !p.Reaches(d):
			r.problem(ctx, p.Step, d.Name+" has no telephone number")
			continue
		}
		reached = true
		if r.callsNobody() {
			r.wouldCall(ctx, p, d)
			continue
		}
		r.tell(ctx, p, p.Contacts(now(ctx), d))
	}
	if !reached {
		r.problem(ctx, p.Step, "nobody can be called for "+strings.Join(targets, " and "))
	}
	p.StartClock(now(ctx))
}

// tell makes the attempts whose time has come, and keeps the others.
func (r *run) tell(ctx workflow.Context, p *incident.Page, contacts []incident.Contact) {
	said := false
	for _, c := range contacts {
		if c.At.After(now(ctx)) {
			p.Postpone(c)
			continue
		}
		if !said {
			r.log(ctx, incident.Entry{Kind: incident.EntryCall, Step: p.Step, Text: fmt.Sprintf("%s (%s)", telling(contacts, now(ctx)), c.Duty.Why)})
			said = true
		}
		r.goAttempt(ctx, p, p.Plan(now(ctx), c.Duty, c.Via).Number, false)
	}
	if !said && len(contacts) > 0 {
		first, why := contacts[0], "as their own rules say"
		if first.Duty.Quiet.After(now(ctx)) {
			why = "it does not hurry, and these are quiet hours"
		}
		r.log(ctx, incident.Entry{Kind: incident.EntryCall, Step: p.Step, Text: fmt.Sprintf(
			"%s is told at %s: %s", first.Duty.Name, first.At.Format("15:04 MST"), why)})
	}
}

// tellLater makes the attempts whose time has come since, person by person.
func (r *run) tellLater(ctx workflow.Context, p *incident.Page) {
	if !p.HeldBack().IsZero() {
		p.LevelAt = now(ctx) // the level begins with its first attempt
	}
	due := p.Due(now(ctx))
	for len(due) > 0 {
		n := 1
		for n < len(due) && due[n].Duty.Person == due[0].Duty.Person {
			n++
		}
		if !r.inc.Quiet[due[0].Duty.Person] {
			r.tell(ctx, p, due[:n])
		}
		due = due[n:]
	}
	p.StartClock(now(ctx))
}

// pageFrame is where the page's step stands, for the roles that only its runbook has; nil = the incident's own runbook.
func (r *run) pageFrame(p *incident.Page) *frame {
	if n := r.pageNodes[p.Key]; n != nil {
		return n.frame
	}
	return nil
}

// waitLevel waits until the page ends, somebody sends it on, no answer can come any more, or the level's time is over;
// meanwhile it makes the later attempts when their time comes. When everything is exhausted it always waits, so that a
// repetition without a telephone does not spin.
func (r *run) waitLevel(ctx, attempts workflow.Context, p *incident.Page) error {
	over := func() bool { return p.State != incident.PageOpen || p.Next || !p.Exhausted && !p.Waiting() }
	declined := func() bool { return p.State == incident.PageOpen && r.owesHangUp(p) }
	for {
		_, err := wait(ctx, waiting{
			summary: fmt.Sprintf("escalate %s, level %d", p.Levels[p.Level].Target, p.Level+2),
			done:    func() bool { return over() || declined() },
			until: func() time.Time {
				if deadline := p.Deadline(); len(p.Later) == 0 || deadline.Before(p.Later[0].At) {
					return deadline
				}
				return p.Later[0].At
			},
			change: func() int { return r.retimes },
		})
		if declined() {
			r.endCalls(ctx, p)
		}
		if err != nil || over() || !now(ctx).Before(p.Deadline()) {
			return err
		}
		r.tellLater(attempts, p)
	}
}

// nextLevel moves a page on: the next level, the next round, and in the end the last level and the fallback, for ever.
// Silence is never an end state.
func (r *run) nextLevel(ctx workflow.Context, p *incident.Page) {
	why := "no answer"
	if who := p.DeclinedBy(); who != "" {
		why = who + " declined"
	}
	p.LevelAt, p.ClockAt, p.Next, p.Later = time.Time{}, time.Time{}, false, nil
	switch {
	case p.Exhausted:
		p.Round++
	case p.Level+1 < len(p.Levels):
		p.Level++
	case p.Round+1 < p.Rounds:
		p.Level, p.Round = 0, p.Round+1
	case p.Repeat:
		p.Exhausted = true
		p.Round++
		r.problem(ctx, p.Step, fmt.Sprintf(
			"Nobody has acknowledged %s after %s. Calling %s and the fallback until somebody does.",
			r.inc.Key, rounds(p.Rounds), p.Levels[p.Level].Target))
		return
	default:
		p.State = incident.PageExhausted
		r.problem(ctx, p.Step, r.inVain(p))
		return
	}
	text := fmt.Sprintf("%s; calling %s (level %d, round %d)", why, p.Levels[p.Level].Target, p.Level+1, p.Round+1)
	if p.Exhausted {
		text = fmt.Sprintf("%s; calling %s and the fallback again", why, p.Levels[p.Level].Target)
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryEscalate, Step: p.Step, Text: text})
}

// rounds counts them in words.
func rounds(n int) string {
	if n == 1 {
		return "one round"
	}
	return itoa(n) + " rounds"
}

// owesHangUp says whether a page that is over has a call that still rings or speaks and that this run has not tried to
// end.
func (r *run) owesHangUp(p *incident.Page) bool {
	return slices.ContainsFunc(p.Attempts, func(a incident.Attempt) bool { return p.Unended(&a) && !r.hungUp[a.Provider] })
}

// endCalls hangs up what still rings or speaks, except the call on which the acknowledgement was just pressed: that
// one hears its answer and ends by itself.
func (r *run) endCalls(ctx workflow.Context, p *incident.Page) {
	for _, a := range p.Attempts {
		if p.Unended(&a) && !r.hungUp[a.Provider] {
			r.hungUp[a.Provider] = true
			r.effects++
			workflow.Go(ctx, func(ctx workflow.Context) {
				r.hangUp(ctx, p, a)
				r.effects--
			})
		}
	}
}

// hangUp ends one call. A call that is over already is success; one that cannot be ended hears who has acknowledged.
func (r *run) hangUp(ctx workflow.Context, p *incident.Page, a incident.Attempt) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueuePhone, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: 30 * time.Second,
		Summary: "stop the call to " + a.Name, RetryPolicy: &temporal.RetryPolicy{MaximumInterval: 5 * time.Second},
	})
	if _, err := call(ctx, contract.HangUp, contract.HangUpRequest{
		Provider: a.Provider, Person: a.Person, Key: effectKey(p, a.Number),
	}); err != nil {
		workflow.GetLogger(ctx).Warn("call not ended; it rings out and hears who has acknowledged", "person", a.Name, "error", err)
		return
	}
	status := incident.CallCanceled
	if a.Status == incident.CallAnswered {
		status = incident.CallCompleted
	}
	r.inc.Progress(now(ctx), incident.CallProgress{Page: p.Key, Attempt: a.Number, Status: status})
}
