package workflows

import (
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Whoever commands an incident shows its key beside their name in the chat, if they let their status be set. The line that
// does it is its own, and the incident never waits for it: what is open at the end is taken back by the review, and what
// cannot be taken back ends by itself. Only an incident whose declaration says that statuses are used has the line. A
// private incident shows nothing, because that somebody is busy with it is a part of what it hides; a drill shows nothing,
// because nobody is to leave a person alone for it.

// How long a status stands by itself, how long before that it is prolonged, and how long one rests that has failed.
const (
	statusStands = 24 * time.Hour
	statusRenews = 12 * time.Hour
	statusPause  = 10 * time.Minute
)

// statusHolder is whose chat status is to name the incident; the zero value is nobody.
func (r *run) statusHolder() incident.Holder {
	h := r.inc.Holders[incident.Commander]
	if !r.st.Statuses || !r.inc.Open() || r.inc.Private || r.inc.Drill || r.inc.Key == "" || !h.Accepted {
		return incident.Holder{}
	}
	return h
}

// statusLine is the place of the chat statuses among what a cut takes back.
const statusLine = "status"

// showStatuses keeps the chat statuses in step with who has command, until the run ends.
func (r *run) showStatuses(ctx workflow.Context) {
	if !r.st.Statuses {
		return
	}
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			err := workflow.Await(ctx, func() bool { return !r.statusesRest() })
			if err == nil {
				_, err = wait(ctx, waiting{
					summary: "the chat status of the commander is renewed, or tried again", until: r.nextStatus,
					done: func() bool { return r.statusesRest() || r.statusWanted() || r.dueStatus(now(ctx)) != nil },
				})
			}
			if err != nil {
				return
			}
			if r.statusesRest() {
				continue
			}
			if h := r.statusHolder(); r.statusWanted() {
				r.st.Shown.Statuses = append(r.st.Shown.Statuses, contract.StatusShown{Person: h.Person, Name: orElse(h.Name, string(h.Person))})
			}
			if due := r.dueStatus(now(ctx)); due != nil {
				r.tendStatus(ctx, due)
			}
			r.forgetStatuses(now(ctx))
		}
	})
}

// statusesRest says whether nothing is to be begun in this run. One that ends leaves what is open to the review.
func (r *run) statusesRest() bool { return r.draining || !r.inc.Open() && !r.inc.Reviewing }

// statusWanted says whether there is a holder of whom the list knows nothing.
func (r *run) statusWanted() bool {
	h := r.statusHolder()
	return h.Person != "" && !slices.ContainsFunc(r.st.Shown.Statuses, func(s contract.StatusShown) bool { return s.Person == h.Person })
}

// dueStatus is a status about which something is to be done now; nil = there is none. The holder's comes first, so that a
// hand-over does not wait for a predecessor whose status cannot be changed.
func (r *run) dueStatus(at time.Time) (due *contract.StatusShown) {
	holder := r.statusHolder().Person
	for n := range r.st.Shown.Statuses {
		s := &r.st.Shown.Statuses[n]
		if when, open := r.statusDue(s); !open || at.Before(when) || due != nil && s.Person != holder {
			continue
		}
		due = s
	}
	return due
}

// statusDue is from when on something is to be done about a status, and whether anything is.
func (r *run) statusDue(s *contract.StatusShown) (from time.Time, open bool) {
	wanted := r.statusHolder().Person == s.Person
	switch {
	case s.Left, !wanted && s.Until.IsZero():
		return time.Time{}, false
	case wanted && s.Shown:
		from = s.Until.Add(-statusRenews)
	}
	if s.Rest.After(from) {
		from = s.Rest
	}
	return from, true
}

// nextStatus is the next moment at which something is to be done about a status; zero = nothing is.
func (r *run) nextStatus() (next time.Time) {
	for n := range r.st.Shown.Statuses {
		from, open := r.statusDue(&r.st.Shown.Statuses[n])
		if open && (next.IsZero() || from.Before(next)) {
			next = from
		}
	}
	return next
}

// statusesDiffer says whether a status still names the incident although its person has no command.
func (r *run) statusesDiffer() bool {
	holder := r.statusHolder().Person
	return slices.ContainsFunc(r.st.Shown.Statuses, func(s contract.StatusShown) bool {
		_, open := r.statusDue(&s)
		return open && s.Person != holder
	})
}

// forgetStatuses drops those of people who have no command and of whom nothing stands: it was taken back, never set, or
// has ended by itself.
func (r *run) forgetStatuses(at time.Time) {
	holder := r.statusHolder().Person
	r.st.Shown.Statuses = slices.DeleteFunc(r.st.Shown.Statuses, func(s contract.StatusShown) bool {
		return s.Person != holder && (s.Left || !at.Before(s.Until))
	})
}

// tendStatus takes the next step with one status and remembers it, so that nothing is lost with an answer or with a run.
func (r *run) tendStatus(ctx workflow.Context, s *contract.StatusShown) {
	ctx, stop := workflow.WithCancel(workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueChat, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: time.Minute,
		WaitForCancellation: true, Summary: "chat status of " + s.Name,
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: time.Second, BackoffCoefficient: 3, MaximumInterval: 20 * time.Second},
	}))
	defer stop()
	r.polls[statusLine] = stop
	r.effects++
	doing, err := r.changeStatus(ctx, s)
	r.effects--
	delete(r.polls, statusLine)
	switch {
	case err == nil:
		s.Rest = time.Time{}
	case temporal.IsCanceledError(err): // a cut has taken it back; the next run goes on from here
	case isType(err, contract.RefusedType), isType(err, contract.InstallationType):
		s.Left = true
		r.tellStatus(ctx, incident.EntryProblem, "The chat status of "+s.Name+" cannot be "+doing+": "+plain(err))
	default:
		s.Rest = now(ctx).Add(statusPause)
		workflow.GetLogger(ctx).Warn("a chat status does not follow; it is tried again", "key", r.inc.Key, "person", s.Person, "error", err)
	}
}

// changeStatus takes a status back, asks what stands there, sets it or prolongs it: one thing. It answers which, in words.
func (r *run) changeStatus(ctx workflow.Context, s *contract.StatusShown) (doing string, err error) {
	req := contract.ShowStatusRequest{
		Effect: contract.Effect{Key: r.inc.ID + "/status/" + string(s.Person), Intended: now(ctx), Again: !s.Until.IsZero()},
		Person: s.Person, Text: string(r.inc.Key),
	}
	switch {
	case r.statusHolder().Person != s.Person:
		req.Clear, req.Before = true, s.Before
		if _, err = call(ctx, contract.ShowStatus, req); err == nil {
			// Nothing stands there any more, and whoever has taken command again meanwhile begins anew.
			*s = contract.StatusShown{Person: s.Person, Name: s.Name}
		}
		return "taken back (it ends by itself)", err
	case !s.Asked:
		return "read", r.askStatus(ctx, s)
	}
	stood := s.Until
	req.Until, req.Renew = now(ctx).Add(statusStands), s.Shown
	s.Until = req.Until // from here on it may stand there so long
	out, err := call(ctx, contract.ShowStatus, req)
	switch {
	case err == nil:
		s.Shown, s.Left = out.Shown, !out.Shown
	case s.Shown:
		s.Until = stood // so that it is tried again in time
	}
	return "set", err
}

// askStatus asks what stands beside somebody's name, before it is changed: it is to stand there again afterwards.
func (r *run) askStatus(ctx workflow.Context, s *contract.StatusShown) error {
	found, err := call(ctx, contract.ReadStatus, contract.ReadStatusRequest{Person: s.Person})
	if err != nil {
		return err
	}
	s.Asked, s.Before, s.Left = true, found.Status, !found.Connected
	if s.Left {
		r.tellStatus(ctx, incident.EntrySkipped, s.Name+" has connected no chat status, so it does not show "+string(r.inc.Key))
	}
	return nil
}

// tellStatus writes something about a status on the timeline, once: it is no news the second time, and never for the room.
func (r *run) tellStatus(ctx workflow.Context, kind incident.EntryKind, text string) {
	if !slices.ContainsFunc(r.inc.Timeline, func(e incident.Entry) bool { return e.Kind == kind && e.Text == text }) {
		r.log(ctx, incident.Entry{Kind: kind, Text: text})
	}
}
