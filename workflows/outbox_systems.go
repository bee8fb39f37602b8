package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// The bridge and the ticket leave through the outbox as well, each on its vendor's own line: neither waits for the
// chat, and the runbook waits for none of them.

// How often a bridge or a ticket is tried unless the step says otherwise, and how long at most.
const (
	tellingTries = 6
	tellingTime  = 10 * time.Minute
)

// bridge gives the outbox a conference to open.
func (r *run) bridge(ctx workflow.Context, n *node) error {
	req, invite, err := r.bridgeRequest(ctx, n)
	if err != nil {
		return err
	}
	r.st.Outbox = append(r.st.Outbox, contract.Outgoing{
		Kind: contract.OutgoingBridge, Key: r.effectKey(n, "bridge"), At: now(ctx), Step: n.key, Address: n.address(),
		Retries: retryOf(n.s, tellingTries-1).Max + 1, Mention: invite, Bridge: req,
	})
	return nil
}

// bridgeRequest fills in a request for a conference, with the people who are told when it is open.
func (r *run) bridgeRequest(ctx workflow.Context, n *node) (*contract.OpenBridgeRequest, []oncall.PersonID, error) {
	topic, err := r.text(ctx, n, "topic", n.s.Bridge.Topic)
	if err != nil {
		return nil, nil, err
	}
	invite, err := r.invited(ctx, n, n.s.Bridge.Invite)
	if err != nil {
		return nil, nil, err
	}
	return &contract.OpenBridgeRequest{
		Provider: n.s.Bridge.Provider, Owner: r.inc.ID, Incident: r.inc.Key,
		Topic: orElse(topic, fmt.Sprintf("%s %s", r.inc.Key, r.publicTitle())),
	}, invite, nil
}

// ticket gives the outbox a ticket to open; afterwards the ticket follows the incident.
func (r *run) ticket(ctx workflow.Context, n *node) error {
	req, err := r.ticketRequest(ctx, n)
	if err != nil {
		return err
	}
	r.st.Outbox = append(r.st.Outbox, contract.Outgoing{
		Kind: contract.OutgoingTicket, Key: r.effectKey(n, "ticket"), At: now(ctx), Step: n.key, Address: n.address(),
		Retries: retryOf(n.s, tellingTries-1).Max + 1, Ticket: req,
	})
	return nil
}

// ticketRequest fills in a request for a ticket.
func (r *run) ticketRequest(ctx workflow.Context, n *node) (*contract.OpenTicketRequest, error) {
	kind, err := r.text(ctx, n, "type", n.s.Ticket.Type)
	if err != nil {
		return nil, err
	}
	summary, err := r.text(ctx, n, "summary", n.s.Ticket.Summary)
	if err != nil {
		return nil, err
	}
	fields, err := r.fields(ctx, n, "fields", n.s.Ticket.Fields)
	if err != nil {
		return nil, err
	}
	return &contract.OpenTicketRequest{
		Tracker: n.s.Ticket.Tracker, Owner: r.inc.ID, Type: kind, Summary: orElse(summary, r.publicTitle()), Fields: fields,
	}, nil
}

// publicTitle is the incident's title as it may be shown outside its room.
func (r *run) publicTitle() string {
	if r.inc.Private {
		return r.marked(r.inc.Codename)
	}
	return r.inc.Title
}

// deliverSystems opens bridges and tickets, and keeps the ticket in step with the incident.
func (r *run) deliverSystems(ctx workflow.Context) {
	r.deliverKind(ctx, contract.OutgoingBridge, func() bool { return false }, nil)
	r.deliverKind(ctx, contract.OutgoingTicket, r.ticketDiffers, r.syncTicket)
}

// deliverKind delivers one kind of outgoing things in their order, then lets its mirror follow.
func (r *run) deliverKind(ctx workflow.Context, kind contract.OutgoingKind, differs func() bool, mirror func(workflow.Context) error) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			err := workflow.Await(ctx, func() bool { return !r.draining && (r.nextOf(kind) >= 0 || differs()) })
			if err != nil {
				return
			}
			own, stop := workflow.WithCancel(ctx)
			r.polls["outbox/"+string(kind)] = stop
			r.effects++
			if i := r.nextOf(kind); i >= 0 {
				r.deliverSystem(own, i)
			} else if err := mirror(own); err != nil && !temporal.IsCanceledError(err) {
				workflow.GetLogger(ctx).Warn("the ticket does not follow", "key", r.inc.Key, "error", err)
			}
			r.effects--
			delete(r.polls, "outbox/"+string(kind))
			stop()
		}
	})
}

// nextOf is the place of the next outgoing thing of a kind, or -1.
func (r *run) nextOf(kind contract.OutgoingKind) int {
	return slices.IndexFunc(r.st.Outbox, func(o contract.Outgoing) bool { return o.Kind == kind })
}

// systemsDiffer says whether a bridge, a ticket or the ticket's state is still on its way.
func (r *run) systemsDiffer() bool {
	return r.nextOf(contract.OutgoingBridge) >= 0 || r.nextOf(contract.OutgoingTicket) >= 0 || r.ticketDiffers()
}

// deliverSystem opens a bridge or a ticket. What cannot be opened is told in red, and whoever reads its output goes on
// without it.
func (r *run) deliverSystem(ctx workflow.Context, at int) {
	item := r.st.Outbox[at]
	r.st.Outbox[at].Tried = true
	open := r.openBridge
	if item.Kind == contract.OutgoingTicket {
		open = r.openTicket
	}
	err := open(r.tellingOptions(ctx, item), item)
	if temporal.IsCanceledError(err) {
		return // a cut has taken it back; it stays in the outbox
	}
	r.st.Outbox = slices.DeleteFunc(r.st.Outbox, func(o contract.Outgoing) bool { return o.Key == item.Key })
	if err != nil {
		r.problem(ctx, item.Address, fmt.Sprintf("%s could not be opened: %s", item.Kind, plain(err)))
		r.output(item.Step, noOutput(runbooks.Kind(item.Kind)))
	}
}

// tellingOptions are the options of a bridge's or a ticket's delivery.
func (r *run) tellingOptions(ctx workflow.Context, item contract.Outgoing) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueMain, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: tellingTime,
		WaitForCancellation: true, Summary: "open the " + string(item.Kind),
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: time.Minute, MaximumAttempts: int32(item.Retries),
		},
	})
}

// openBridge opens the conference and tells the room.
func (r *run) openBridge(ctx workflow.Context, item contract.Outgoing) error {
	req := *item.Bridge
	req.Effect = contract.Effect{Key: item.Key, Intended: item.At, Again: item.Tried}
	req.Room = r.inc.Room
	out, err := call(ctx, contract.OpenBridge, req)
	if err != nil {
		return err
	}
	r.inc.Bridge = incident.Link{ID: out.ID, URL: out.URL}
	r.output(item.Step, map[string]any{"id": out.ID, "url": out.URL})
	text := "Bridge: " + out.URL
	if out.Standing {
		text = "The bridge could not be opened. Use the standing one: " + out.URL
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryRoom, Step: item.Address, Text: text})
	r.post(ctx, posting{key: item.Key + "/told", message: contract.Message{Text: text, Pin: true, Mention: item.Mention}})
	return nil
}

// openTicket opens the ticket.
func (r *run) openTicket(ctx workflow.Context, item contract.Outgoing) error {
	req := *item.Ticket
	req.Effect = contract.Effect{Key: item.Key, Intended: item.At, Again: item.Tried}
	req.Ticket = r.ticketNow()
	out, err := call(ctx, contract.OpenTicket, req)
	if err != nil {
		return err
	}
	r.inc.Ticket, r.inc.Tracker = incident.Link{ID: out.Key, URL: out.URL}, req.Tracker
	r.st.Shown.Ticket = fmt.Sprint(req.Ticket)
	r.output(item.Step, map[string]any{"key": out.Key, "url": out.URL})
	r.log(ctx, incident.Entry{Kind: incident.EntryRoom, Step: item.Address, Text: "ticket " + out.Key})
	return nil
}

// ticketNow is the incident as its ticket should show it.
func (r *run) ticketNow() contract.Ticket {
	status := string(r.inc.Phase)
	if !r.inc.Open() {
		status = string(r.inc.Ending)
	}
	return contract.Ticket{
		Key: r.inc.Key, Title: r.publicTitle(), Severity: r.inc.Severity, Status: status, Service: r.inc.Service, URL: r.inc.URL,
	}
}

// ticketDiffers says whether the ticket shows something else than what is so.
func (r *run) ticketDiffers() bool {
	return r.inc.Ticket.ID != "" && (fmt.Sprint(r.ticketNow()) != r.st.Shown.Ticket || len(r.comments()) > 0)
}

// comments are the lines of the timeline that the ticket does not have yet. What people have written in a private incident, or
// have pinned in its room, stays out of it: whoever reads the ticket need not be in the room.
func (r *run) comments() []incident.Entry {
	var out []incident.Entry
	for _, e := range r.inc.Timeline {
		told := slices.Contains([]incident.EntryKind{
			incident.EntrySeverity, incident.EntryNote, incident.EntryAnswer, incident.EntryAcknowledged, incident.EntryEnded,
		}, e.Kind)
		outside := !e.Written || !r.inc.Private
		if told && outside && e.Seq > r.st.Shown.Commented {
			e.Text = e.Sentence()
			out = append(out, e)
		}
	}
	const most = 50
	return out[:min(len(out), most)]
}

// recallComments takes back what is on its way to a ticket that does not answer, because it may have words that were taken
// away. It is sent again with what is so now; each comment is added once, by its line's number.
func (r *run) recallComments() {
	if stop := r.polls["outbox/"+string(contract.OutgoingTicket)]; stop != nil && r.nextOf(contract.OutgoingTicket) < 0 {
		stop()
	}
}

// syncTicket makes the ticket show what is so. What is refused counts as shown, so that it is not tried for ever; it is
// written down.
func (r *run) syncTicket(ctx workflow.Context) error {
	t, comments := r.ticketNow(), r.comments()
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueMain, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: time.Hour,
		WaitForCancellation: true, Summary: "bring the ticket up to date",
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 5 * time.Second, BackoffCoefficient: 2, MaximumInterval: 5 * time.Minute},
	})
	_, err := call(ctx, contract.SyncTicket, contract.SyncTicketRequest{
		Effect: contract.Effect{
			Key: fmt.Sprintf("%s/ticket/%d", r.inc.ID, r.inc.Seq), Intended: r.inc.DeclaredAt, Again: r.st.Shown.Ticket != "",
		},
		Tracker: r.inc.Tracker, Owner: r.inc.ID, ID: r.inc.Ticket.ID, Ticket: t, Comments: comments,
	})
	if temporal.IsCanceledError(err) {
		return err
	}
	r.st.Shown.Ticket = fmt.Sprint(t)
	if len(comments) > 0 {
		r.st.Shown.Commented = comments[len(comments)-1].Seq
	}
	if err != nil {
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: "the ticket does not show everything: " + plain(err)})
	}
	return err
}
