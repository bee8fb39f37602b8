package workflows

import (
	"errors"
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

// Telling never holds doing: everything that is told goes through the outbox, one coroutine that delivers in order
// while the runbook goes on. A chat outage delays no page and no question; the backlog is posted when chat returns.

// posting is a message on its way into the outbox.
type posting struct {
	key      string // idempotency key; empty = made from the outbox's count
	step     string // `<path>/<pass>` of the step whose output it fills
	question string
	in       string // another room than the incident's
	message  contract.Message
}

// maxOutbox bounds the backlog of a long chat outage.
const maxOutbox = 400

// post puts a message into the outbox.
func (r *run) post(ctx workflow.Context, p posting) {
	if r.inc.Drill {
		p = r.intoDrillRoom(ctx, p)
	}
	r.st.Sent++
	key := p.key
	if key == "" {
		key = fmt.Sprintf("%s/post/%d", r.inc.ID, r.st.Sent)
	}
	if len(r.st.Outbox) >= maxOutbox {
		r.dropOldest()
	}
	p.message.Text = incident.Shorten(p.message.Text, maxMessage)
	r.st.Outbox = append(r.st.Outbox, contract.Outgoing{
		Kind: contract.OutgoingPost, Key: key, At: now(ctx), Step: p.step, Question: p.question, In: p.in, Message: &p.message,
	})
}

// maxMessage bounds a message in bytes; no chat takes longer ones, and they travel through payloads.
const maxMessage = 8000

// dropOldest leaves out the oldest post of a backlog that has grown too long; the timeline has them all. The room is
// never left out, nor what may be on its way.
func (r *run) dropOldest() {
	n := slices.IndexFunc(r.st.Outbox, func(o contract.Outgoing) bool { return o.Kind == contract.OutgoingPost && !o.Tried })
	if n >= 0 {
		r.st.Outbox = slices.Delete(r.st.Outbox, n, n+1)
	}
}

// postQuestion shows a question in the room, with a button for each answer.
func (r *run) postQuestion(ctx workflow.Context, q *incident.Question) {
	r.post(ctx, posting{
		key:      fmt.Sprintf("%s/%s/turn/%d", r.inc.ID, q.Key, q.Turn+100*q.Handed),
		question: q.Key,
		message:  r.questionMessage(ctx, q),
	})
}

// channel gives the outbox a room to open; the step is done when the outbox has it.
func (r *run) channel(ctx workflow.Context, n *node) error {
	c := n.s.Channel
	name, err := r.text(ctx, n, "channel", c.Name)
	if err != nil {
		return err
	}
	topic, err := r.text(ctx, n, "topic", c.Topic)
	if err != nil {
		return err
	}
	pins, err := r.texts(ctx, n, "pin", c.Pin)
	if err != nil {
		return err
	}
	invite, err := r.invited(ctx, n, c.Invite)
	if err != nil {
		return err
	}
	// From here on nothing waits: a run that is cut has done all of it or nothing.
	private := r.inc.Private
	if c.Private != nil {
		private = *c.Private
	}
	room := &contract.OpenRoomRequest{
		Owner: r.inc.ID, Name: name, Topic: orElse(topic, r.topic()), Invite: invite, Private: private,
		Purpose: fmt.Sprintf("%s %s", r.inc.Key, r.publicTitle()),
	}
	if r.inc.Drill {
		room = r.drillRoom(invite)
	}
	r.st.Sent++
	r.st.Outbox = append(r.st.Outbox, contract.Outgoing{
		Kind: contract.OutgoingRoom, Key: r.effectKey(n, "room"), At: now(ctx), Step: n.key, Address: n.address(), Room: room,
	})
	for _, pin := range pins {
		r.post(ctx, posting{message: contract.Message{Text: pin, Pin: true}})
	}
	return nil
}

// invited are the ids of the people whom a step invites, and writes down who was not found. Whoever calls it waits for
// nothing afterwards, so that a run that is cut does not write it down twice.
func (r *run) invited(ctx workflow.Context, n *node, sources []string) ([]oncall.PersonID, error) {
	names, err := r.names(ctx, n, "invite", sources)
	if err != nil {
		return nil, err
	}
	duties, problems, err := r.people(ctx, n.frame, names)
	if err != nil {
		return nil, err
	}
	for _, p := range problems {
		r.problem(ctx, n.address(), p)
	}
	return ids(duties), nil
}

// say posts a text to the room, or to another one.
func (r *run) say(ctx workflow.Context, n *node) error {
	text, err := r.text(ctx, n, "say", n.s.Say.Text)
	if err != nil {
		return err
	}
	room, err := r.text(ctx, n, "in", n.s.Say.In)
	if err != nil {
		return err
	}
	thread, err := r.text(ctx, n, "thread", n.s.Say.Thread)
	if err != nil {
		return err
	}
	r.log(ctx, incident.Entry{Kind: incident.EntrySay, Step: n.address(), Text: text})
	r.post(ctx, posting{
		key: r.effectKey(n, "say"), step: n.key, in: room,
		message: contract.Message{Text: text, Pin: n.s.Say.Pin, Thread: thread},
	})
	return nil
}

// note writes a line on the timeline and shows it in the room.
func (r *run) note(ctx workflow.Context, n *node) error {
	text, err := r.text(ctx, n, "note", n.s.Note.Text)
	if err != nil {
		return err
	}
	r.log(ctx, incident.Entry{Kind: incident.EntryNote, Step: n.address(), Text: text})
	n.sr.Output = map[string]any{"id": itoa(r.inc.Seq)}
	r.post(ctx, posting{key: r.effectKey(n, "note"), message: contract.Message{Text: "Note: " + text}})
	return nil
}

// deliver empties the outbox in order, then lets the room show what is so. It goes on until the run ends. What is shown
// waits while the roster is asked, and while a change of the severity is followed: both are about to change what is so.
func (r *run) deliver(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for failures := 0; ; {
			err := workflow.Await(ctx, func() bool {
				return !r.draining && (r.outgoing() >= 0 || (r.roomDiffers() && r.lookups == 0 && !r.raised))
			})
			if err != nil {
				return
			}
			switch err := r.deliverNext(ctx, failures); {
			case err == nil:
				failures = 0
			case !temporal.IsCanceledError(err):
				failures++
			}
		}
	})
}

// outgoing is the place of what is delivered next, or -1. Posts wait until there is a room; the room itself does not
// wait for posts that were made before it.
func (r *run) outgoing() int {
	return slices.IndexFunc(r.st.Outbox, func(o contract.Outgoing) bool {
		switch o.Kind {
		case contract.OutgoingRoom:
			return true
		case contract.OutgoingPost:
			return r.inc.Room.ID != "" || o.In != ""
		case contract.OutgoingBridge, contract.OutgoingTicket:
		}
		return false
	})
}

// deliverNext delivers the next thing of the outbox, or the room's mirror; an error means that it stays there.
func (r *run) deliverNext(ctx workflow.Context, failures int) error {
	n := r.outgoing()
	if n < 0 {
		return r.tryChat(ctx, failures, r.showRoom)
	}
	item := r.st.Outbox[n]
	r.st.Outbox[n].Tried = true
	send := r.sendPost
	if item.Kind == contract.OutgoingRoom {
		send = r.sendRoom
	}
	err := r.tryChat(ctx, failures, func(ctx workflow.Context) error { return send(ctx, item) })
	if err != nil && !isType(err, contract.RefusedType) {
		return err
	}
	r.st.Outbox = slices.DeleteFunc(r.st.Outbox, func(o contract.Outgoing) bool { return o.Key == item.Key })
	if err != nil {
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: "chat has refused: " + plain(err)})
		kind := runbooks.KindSay
		if item.Kind == contract.OutgoingRoom {
			kind = runbooks.KindChannel
		}
		r.output(item.Step, noOutput(kind)) // whoever reads it goes on without it
	}
	return nil
}

// tryChat runs one delivery on the chat's own lane; a run that comes to rest cancels it, and the next one looks first
// whether it was done. The time for a delivery grows with every failure.
func (r *run) tryChat(ctx workflow.Context, failures int, send func(workflow.Context) error) error {
	laneCtx, stop := workflow.WithCancel(ctx)
	defer stop()
	r.stopChat = stop
	defer func() { r.stopChat = nil }()
	r.effects++
	err := send(chatOptions(laneCtx, failures))
	r.effects--
	if err == nil || temporal.IsCanceledError(err) {
		return err
	}
	if failures == 0 && !isType(err, contract.RefusedType) {
		r.log(ctx, incident.Entry{
			Kind: incident.EntryProblem,
			Text: "chat cannot be reached; it is told later, the incident goes on: " + plain(err),
		})
	}
	if isType(err, contract.InstallationType) {
		return errors.Join(err, r.pauseChat(ctx))
	}
	return err
}

// pauseChat stops hammering an installation that refuses everything (a revoked token), until a person may have mended
// it.
func (r *run) pauseChat(ctx workflow.Context) error {
	deadline := now(ctx).Add(chatPause)
	_, err := wait(ctx, waiting{
		summary: "chat refuses us; try again", done: func() bool { return r.draining },
		until: timeAt(deadline),
	})
	return err
}

// How long chat is left alone, and how long a delivery may take: from the least, doubled with each failure.
const (
	chatPause     = 5 * time.Minute
	shortDelivery = time.Minute
	longDelivery  = 30 * time.Minute
)

// chatOptions are the options of one delivery.
func chatOptions(ctx workflow.Context, failures int) workflow.Context {
	limit := shortDelivery
	for range min(failures, 5) {
		limit = min(2*limit, longDelivery)
	}
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueChat, StartToCloseTimeout: 15 * time.Second, ScheduleToCloseTimeout: limit,
		WaitForCancellation: true, Summary: "tell the room",
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second,
		},
	})
}

// isType says whether an activity ended with a class of error.
func isType(err error, kind string) bool {
	var app *temporal.ApplicationError
	return errors.As(err, &app) && app.Type() == kind
}

// sendRoom opens the room.
func (r *run) sendRoom(ctx workflow.Context, item contract.Outgoing) error {
	if r.inc.Drill && r.inc.Room.ID != "" {
		return r.inviteToDrill(ctx, item)
	}
	req := *item.Room
	req.Effect = contract.Effect{Key: item.Key, Intended: item.At, Again: item.Tried}
	out, err := call(ctx, contract.OpenRoom, req)
	if err != nil {
		return err
	}
	if r.inc.Room.ID == "" {
		r.inc.Room = out.Room
		r.st.Shown.Topic = req.Topic
		r.log(ctx, incident.Entry{Kind: incident.EntryRoom, Text: "#" + out.Room.Name + " opened"})
	}
	for _, name := range out.NotInvited {
		r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Text: "not invited: " + name})
	}
	r.output(item.Step, map[string]any{"id": out.Room.ID, "name": out.Room.Name, "url": out.Room.URL})
	return nil
}

// late is after how long a post says when it was meant.
const late = 45 * time.Second

// sendPost posts a message.
func (r *run) sendPost(ctx workflow.Context, item contract.Outgoing) error {
	message := *item.Message
	q := r.inc.Question(item.Question)
	if q != nil && q.State != incident.QuestionOpen { // it was answered before chat could show it
		message = r.questionMessage(ctx, q)
	}
	if now(ctx).Sub(item.At) > late {
		message.Late = item.At
	}
	out, err := call(ctx, contract.Post, contract.PostRequest{
		Effect: contract.Effect{Key: item.Key, Intended: item.At, Again: item.Tried}, Room: orElse(item.In, r.inc.Room.ID),
		Message: r.markedMessage(message),
	})
	if err != nil {
		return err
	}
	r.output(item.Step, map[string]any{"ts": out.Message})
	if q != nil && (item.Tried || len(message.Buttons) > 0) {
		r.st.Shown.Questions[out.Message] = item.Question
	}
	return nil
}

// output fills a step's output from a delivery, unless the fallback has been read already.
func (r *run) output(stepKey string, out map[string]any) {
	sr, ok := r.st.Steps[stepKey]
	if ok && sr.Output == nil {
		sr.Output = out
	}
}
