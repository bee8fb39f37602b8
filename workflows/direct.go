package workflows

import (
	"fmt"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Messages to one person, in chat and by e-mail, are attempts of a page like calls, on the chat's own task queue: no
// telephone waits for them, and none rings earlier or later because they hang.

// telling says in words how somebody is told of what is due.
func telling(contacts []incident.Contact, at time.Time) string {
	var means []string
	for _, c := range contacts {
		if c.At.After(at) {
			continue
		}
		switch oncall.Way(c.Via) {
		case oncall.WaySlack:
			means = append(means, "in Slack")
		case oncall.WayEmail:
			means = append(means, "by e-mail")
		case oncall.WayCall, oncall.WaySMS:
			return "calling " + c.Duty.Name
		}
	}
	return "writing " + strings.Join(means, " and ") + " to " + contacts[0].Duty.Name
}

// written says whether an attempt goes by a message that never holds the telephones up.
func written(a incident.Attempt) bool {
	return a.Via == string(oncall.WaySlack) || a.Via == string(oncall.WayEmail)
}

// firstStatus is what is known of an attempt that its provider has taken.
func firstStatus(a incident.Attempt) incident.CallStatus {
	if written(a) {
		return incident.CallSent
	}
	return incident.CallQueued
}

// directMessage tells somebody of a page, with what they can do about it.
func (r *run) directMessage(ctx workflow.Context, p *incident.Page, a incident.Attempt) contract.Message {
	return contract.Message{Text: r.directWords(p), Buttons: r.here(ctx).Ringing(p.Key, a.Number)}
}

// directWords are those of the telephone, and where the others are.
func (r *run) directWords(p *incident.Page) string {
	return strings.Join(nonEmpty(r.words(p), r.inc.Room.URL), "\n")
}

// mail tells somebody of a page by e-mail. It is about as much as a telephone says: a mailbox, too, may be read by others.
func (r *run) mail(p *incident.Page, a incident.Attempt) contract.MailRequest {
	about := strings.TrimSpace(r.inc.Service + " " + r.inc.Title)
	if r.inc.Private {
		about = r.inc.Codename
	}
	subject := strings.Join(nonEmpty(string(r.inc.Key), string(r.inc.Severity)), " ") + ": " + about
	if r.inc.Drill {
		subject = "DRILL " + subject
	}
	return contract.MailRequest{
		Person: a.Person, Thread: r.inc.ID, Subject: incident.Shorten(strings.Join(strings.Fields(subject), " "), longestSubject),
		Text: r.words(p), Room: r.inc.Room.URL,
	}
}

// longestSubject is how long the subject of a mail is, in bytes: what a telephone shows of it.
const longestSubject = 140

// message is one message to one person; send asks its provider for it.
type message struct {
	key   string
	to    oncall.PersonID
	again bool
	send  func(ctx workflow.Context, again bool) (provider string, err error)
}

// writeTo writes to one person. A cut takes the request back and the next run makes it again; so does this one when it
// goes on after all.
func (r *run) writeTo(ctx workflow.Context, p *incident.Page, m message) (provider string, err error) {
	for {
		lane, stop := workflow.WithCancel(directOptions(ctx, max(p.Patience(), time.Minute), "write to "+string(m.to)))
		r.polls[m.key] = stop
		provider, err = m.send(lane, m.again)
		stop()
		delete(r.polls, m.key)
		if !temporal.IsCanceledError(err) || ctx.Err() != nil || p.State != incident.PageOpen {
			return provider, err
		}
		m.again = true
		r.effects--
		err = workflow.Await(ctx, func() bool { return !r.draining })
		r.effects++
		if err != nil {
			return "", err
		}
	}
}

// placeWritten asks for an attempt in chat or by e-mail.
func (r *run) placeWritten(ctx workflow.Context, p *incident.Page, a incident.Attempt, w wanted) (placed, error) {
	m := message{key: w.effect.Key, to: a.Person, again: w.effect.Again}
	if a.Via == string(oncall.WayEmail) {
		req := r.mail(p, a)
		req.Effect, req.Callback = w.effect, w.back
		m.send = func(ctx workflow.Context, again bool) (string, error) {
			req.Again = again
			out, err := call(ctx, contract.SendMail, req)
			return out.Provider, err
		}
	} else {
		req := contract.TellPersonRequest{Effect: w.effect, Callback: w.back, Person: a.Person, Message: r.directMessage(ctx, p, a)}
		m.send = func(ctx workflow.Context, again bool) (string, error) {
			req.Again = again
			out, err := call(ctx, contract.TellPerson, req)
			return out.Provider, err
		}
	}
	provider, err := r.writeTo(ctx, p, m)
	return placed{provider: provider}, err
}

// wanted is an effect and what comes back of it.
type wanted struct {
	effect contract.Effect
	back   contract.Callback
}

// directOptions are those of a message to one person, and of its change.
func directOptions(ctx workflow.Context, limit time.Duration, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueChat, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: limit,
		WaitForCancellation: true, Summary: summary, Priority: temporal.Priority{PriorityKey: 1},
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 1.5, MaximumInterval: 10 * time.Second,
		},
	})
}

// unsettled is a message that still asks for an acknowledgement although its page is over; nil = there is none. Those that
// could not be changed a moment ago are passed over.
func (r *run) unsettled(passedOver map[string]bool) (*incident.Page, *incident.Attempt) {
	for _, p := range r.inc.Pages {
		for n := range p.Attempts {
			if a := &p.Attempts[n]; p.Unsettled(a) && !passedOver[a.Provider] {
				return p, a
			}
		}
	}
	return nil, nil
}

// owesSettling says whether a message still asks for an acknowledgement that nobody needs.
func (r *run) owesSettling() bool {
	p, _ := r.unsettled(nil)
	return p != nil
}

// settleMessages lets the messages of pages that are over say who has them, one after the other, so that nobody presses a
// button in vain. While chat is away they are tried again now and then.
func (r *run) settleMessages(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		failed := map[string]bool{}
		for {
			fresh := func() bool { p, _ := r.unsettled(failed); return p != nil && !r.draining }
			until := never
			if len(failed) > 0 {
				until = timeAt(now(ctx).Add(chatPause))
			}
			some, err := wait(ctx, waiting{summary: "change messages in chat", done: fresh, until: until})
			if err != nil {
				return
			}
			if !some {
				clear(failed)
				continue
			}
			p, a := r.unsettled(failed)
			if provider := a.Provider; !r.settleMessage(ctx, p, a) {
				failed[provider] = true
			}
		}
	})
}

// settleMessage changes one message; it answers whether that is done with. A message that chat refuses to change keeps its
// buttons, and whoever presses one is told who has acknowledged.
func (r *run) settleMessage(ctx workflow.Context, p *incident.Page, a *incident.Attempt) bool {
	lane, stop := workflow.WithCancel(directOptions(ctx, time.Minute, "tell "+a.Name+" who has it"))
	defer stop()
	number, key := a.Number, "settle/"+a.Provider
	r.polls[key] = stop
	r.effects++
	_, err := call(lane, contract.RetellPerson, contract.RetellPersonRequest{
		Provider: a.Provider, Message: r.markedMessage(contract.Message{Text: r.directWords(p) + "\n→ " + settledBy(p, a)}),
	})
	r.effects--
	delete(r.polls, key)
	if err != nil && !isType(err, contract.RefusedType) {
		return false
	}
	if err != nil {
		workflow.GetLogger(ctx).Warn("a message keeps its buttons; a press is answered with who has it", "person", a.Name, "error", err)
	}
	r.inc.Progress(now(ctx), incident.CallProgress{Page: p.Key, Attempt: number, Status: incident.CallCompleted})
	return true
}

// settledBy says why a message asks for nothing any more.
func settledBy(p *incident.Page, a *incident.Attempt) string {
	if p.State == incident.PageOpen && a.Declined {
		return "you are not called for this any more; others are"
	}
	return whoHasIt(p)
}

// whoHasIt is how a page ended.
func whoHasIt(p *incident.Page) string {
	switch p.State {
	case incident.PageAcknowledged:
		return p.AckedBy.String() + " has it"
	case incident.PageExhausted:
		return fmt.Sprintf("nobody has acknowledged after %s", rounds(p.Rounds))
	default:
		return "nobody is called for this any more"
	}
}
