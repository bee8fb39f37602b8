package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Whoever mentions the app says to it what they would say after the slash
// command. That an incident was declared is answered for everybody, everything
// else for them alone.

// mentionEvent is what Slack tells when somebody mentions the app.
const mentionEvent = "app_mention"

// addressName is what the app is called in its answers.
const addressName = "@musterbook"

// mention is what we need of the event
// (https://docs.slack.dev/reference/events/app_mention).
type mention struct {
	User     string          `json:"user"`
	Bot      string          `json:"bot_id"`
	Subtype  string          `json:"subtype"`
	Text     string          `json:"text"` // in Slack's markup
	TS       string          `json:"ts"`
	ThreadTS string          `json:"thread_ts"` // of a reply
	Room     string          `json:"channel"`
	Edited   json.RawMessage `json:"edited"`

	id string // the event's, for acts
}

// thread is where everybody is answered.
func (m mention) thread() string { return cmp.Or(m.ThreadTS, m.TS) }

// bySomebody tells whether a person says it for the first time: programs that
// answer each other would never end, and a corrected word is no new command.
func (m mention) bySomebody() bool {
	edited := len(m.Edited) > 0 && string(m.Edited) != "null"
	return m.User != "" && m.Bot == "" && m.Subtype != "bot_message" && !edited
}

// said is what a mention says to us, in Slack's markup. Only a message that
// begins with the mention is a command: "we could let @musterbook resolve that"
// resolves nothing.
func (m mention) said(us string) (text string, command bool) {
	for _, at := range mentions.FindAllStringSubmatchIndex(m.Text, -1) {
		if m.Text[at[2]:at[3]] != "@" || m.Text[at[4]:at[5]] != us {
			continue
		}
		before, after := strings.TrimSpace(m.Text[:at[0]]), strings.TrimLeft(m.Text[at[1]:], " \t\n\r\u00a0:,")
		return strings.TrimSpace(before + " " + after), before == ""
	}
	return strings.TrimSpace(m.Text), false
}

// addressed handles a mention. What was said is done before Slack has its
// answer, and is recognised by the event's ID when Slack sends it again; the
// person is answered afterwards. When nobody behind the door answers, Slack
// sends it again.
func (d *Desk) addressed(ctx context.Context, e event) (answer, error) {
	m := mention{id: e.ID}
	if err := json.Unmarshal(e.raw, &m); err != nil || m.Room == "" || m.TS == "" {
		d.log.Warn("Slack tells of a mention and not where", "event", e.ID, "error", err)
		return answer{}, nil // it would come again as it is
	}
	self, err := d.client.identity(ctx)
	if err != nil {
		return answer{}, err
	}
	if !m.bySomebody() || m.User == self.user {
		return answer{}, nil
	}
	text, command := m.said(self.user)
	if !command {
		return d.offer(m, chatter(m, d.plain(ctx, text))), nil
	}
	typed := withoutMarkup(text)
	o, err := parseCommand(typed)
	o = o.onceMore()
	var none unknownWord
	switch {
	case errors.As(err, &none):
		return d.offer(m, chatter(m, d.plain(ctx, text))), nil
	case err != nil:
		return d.alone(m, err.Error()), nil
	case o.kind == orderErrand:
		return d.offer(m, lacking(m, o, typed)), nil
	case o.kind == orderDeclare:
		return d.declareAloud(ctx, m, o, typed)
	}
	return d.obeyMention(ctx, m, o)
}

// obeyMention does what a mention says and tells the person what came of it.
func (d *Desk) obeyMention(ctx context.Context, m mention, o order) (answer, error) {
	c := m.command()
	if o.act.Key == "" && o.kind != orderHelp && o.topic.Service == "" {
		asking, cancel := context.WithTimeout(ctx, askWithin)
		c.RoomName = d.client.roomName(asking, m.Room)
		cancel()
	}
	receipt, err := d.perform(ctx, c, o)
	if err != nil && !isRefusal(err) {
		return answer{}, d.putOff(ctx, m, err)
	}
	return d.alone(m, d.say(receipt, err)), nil
}

// declareAloud declares an incident at once when there is a title, and offers the
// form otherwise.
func (d *Desk) declareAloud(ctx context.Context, m mention, o order, typed string) (answer, error) {
	if o.declaration.Title == "" {
		return d.offer(m, lacking(m, o, typed)), nil
	}
	begun, err := d.declareFor(ctx, m.command(), o.declaration)
	switch {
	case isRefusal(err):
		return d.alone(m, d.say(contract.Receipt{}, err)), nil
	case err != nil:
		return answer{}, d.putOff(ctx, m, err)
	}
	return answer{then: func(ctx context.Context) {
		d.tellDeclared(ctx, hearing{key: m.id, room: m.Room, thread: m.thread(), user: m.User, since: instantOf(m.TS)}, begun)
	}}, nil
}

// command is a mention as the slash command that says the same. An event has no
// trigger and no response URL.
func (m mention) command() command {
	return command{Name: addressName, TriggerID: strings.TrimPrefix(m.id, actID("")), User: m.User, Room: m.Room}
}

// putOff says once that something has not got through yet, and returns the error
// with which Slack is asked to send it again: at once, after a minute, and after
// five.
func (d *Desk) putOff(ctx context.Context, m mention, why error) error {
	if !d.delayed.take(m.id, time.Hour) {
		return why
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*askWithin)
	defer cancel()
	text := "That has not got through yet: Musterbook does not answer just now. It is tried again by itself for some six minutes; " +
		"there is no need to say it again. In a hurry use the telephone or the command line."
	if err := d.client.aside(ctx, m, d.client.render(ctx, contract.Message{Text: text})...); err != nil {
		d.log.Warn("somebody is not told that what they said is tried again", "user", m.User, "error", err)
	}
	return why
}

// alone is the answer that says something to the one who mentioned us, where they
// did.
func (d *Desk) alone(m mention, text string) answer {
	return answer{then: func(ctx context.Context) {
		d.tellAlone(ctx, m, text, d.client.render(ctx, contract.Message{Text: text})...)
	}}
}

// offer is the answer that shows them one button, which opens a form: an event
// opens none, a click does.
func (d *Desk) offer(m mention, p prompt) answer {
	return answer{then: func(ctx context.Context) {
		d.tellAlone(ctx, m, p.text+" "+p.instead, slack.MsgOptionText(escape(p.text), false), slack.MsgOptionBlocks(p.blocks()...))
	}}
}

// tellAlone shows content to the one who mentioned us. Slack keeps nothing of it
// in which it could be found, so it is not shown again: what was certainly or
// perhaps not shown comes as a message of their own, which is idempotent by the
// event.
func (d *Desk) tellAlone(ctx context.Context, m mention, text string, content ...slack.MsgOption) {
	var err error
	for range mostTries {
		err = d.client.aside(ctx, m, content...)
		var later *contract.Later
		if err == nil || !errors.As(err, &later) || !sleep(ctx, later.After) {
			break
		}
	}
	if err == nil {
		return
	}
	d.log.Warn("an answer is not shown where somebody asked; they get a message of their own", "room", m.Room, "user", m.User, "error", err)
	if err := d.inform(ctx, m.User, m.id+"/answer", text); err != nil {
		d.log.Warn("an answer does not reach somebody who mentioned the app", "user", m.User, "error", err)
	}
}

// aside shows a message to the one who mentioned us: in the thread, where they
// did it in one. It is not idempotent.
func (c *Client) aside(ctx context.Context, m mention, content ...slack.MsgOption) error {
	if m.ThreadTS != "" {
		content = append(content, slack.MsgOptionTS(m.ThreadTS))
	}
	err := c.inside(ctx, m.Room, func() error {
		_, err := c.api.PostEphemeralContext(ctx, m.Room, m.User, content...)
		return err
	})
	return classify("answer a mention", err)
}

// hearing is where a declaration is answered for everybody.
type hearing struct {
	key          string    // of what declared it; makes the answer recognisable
	room, thread string    // ids
	user         string    // who declared it
	since        time.Time // not before it was said
}

// tellDeclared tells everybody in a thread which incident was declared, with the
// way to its room, and lets whoever declared it in. Of a private incident they
// alone are told, and of one that does not say in time whether it is private.
//
// It is idempotent by the hearing's key. Another process that had declared the
// same before is most likely answering just now: it is given time, and its answer
// is looked for before there is another one.
func (d *Desk) tellDeclared(ctx context.Context, h hearing, begun Declared) {
	if begun.Again && !sleep(ctx, othersTurn*d.pace) {
		return
	}
	inc, known := d.begunAs(ctx, begun, tellWithin)
	room, ts := "", ""
	if known && !inc.Private {
		room, ts = d.tellThread(ctx, h, begun.Again, d.declaredText(ctx, inc, begun, "; its room is being opened."))
	}
	late, waited := !known, inc.Room.ID == ""
	if waited {
		if later, answered := d.begunAs(ctx, begun, roomWithin); answered {
			inc, known = later, true
		}
	}
	text := d.declaredText(ctx, inc, begun, noRoomYet)
	if inc.Room.ID != "" {
		d.admit(ctx, begun, inc.Room, h.user)
	}
	switch {
	case late && known && !inc.Private:
		d.tellThread(ctx, h, begun.Again, text)
	case !known || inc.Private:
		if err := d.inform(ctx, h.user, h.key+"/declared", text); err != nil {
			d.log.Warn("whoever declared an incident is not told of it", "incident", begun.Key, "error", err)
		}
	case ts != "" && (waited || begun.Again): // one that was found again may say less
		err := d.tryOn(ctx, func(bool) error {
			return classify("change an answer", d.client.update(ctx, room, ts, contract.Message{Text: text}))
		})
		if err != nil {
			d.log.Warn("an answer goes on without the way to the room", "incident", begun.Key, "error", err)
		}
	}
}

// How long another process may take for an answer, in paces of the desk, and how
// long the room is waited for before everybody is told.
const (
	othersTurn = 20
	tellWithin = 1500 * time.Millisecond
)

// tellThread tells everybody in a thread, and answers which message does. Without
// one the incident stands all the same.
func (d *Desk) tellThread(ctx context.Context, h hearing, again bool, text string) (room, ts string) {
	e := contract.Effect{Key: h.key + "/declared", Intended: h.since, Again: again}
	err := d.insist(ctx, e, func(e contract.Effect) (err error) {
		room, ts, err = d.client.postOnce(ctx, h.room, e, contract.Message{Text: text, Thread: h.thread})
		return err
	})
	if err != nil {
		d.log.Warn("nobody is told where an incident was declared; it stands", "room", h.room, "error", err)
		return "", ""
	}
	return room, ts
}

// declaredText says which incident was declared, and where its room is.
func (d *Desk) declaredText(ctx context.Context, inc incident.Incident, begun Declared, without string) string {
	text := string(cmp.Or(inc.Key, begun.Key, "The incident")) + " is declared"
	if inc.Room.ID == "" {
		return text + without
	}
	return text + d.itsRoom(ctx, inc.Room)
}
