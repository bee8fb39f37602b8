package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// A message of an incident's room comes onto the timeline when somebody puts a
// 📌 on it, or chooses the shortcut; and goes when they take the 📌 off.

// pinEmoji is the reaction that is meant.
const pinEmoji = "pushpin"

// ShortcutTimeline is the callback id of the shortcut that adds a message to the
// timeline.
const ShortcutTimeline = "add_to_timeline"

// reaction is what we need of the events
// (https://docs.slack.dev/reference/events/reaction_added and reaction_removed).
type reaction struct {
	User     string `json:"user"` // who has reacted
	Reaction string `json:"reaction"`
	Item     struct {
		Type    string `json:"type"`
		Channel string `json:"channel"`
		TS      string `json:"ts"`
	} `json:"item"`
}

// readReaction reads either event. ours is false for another emoji, and for what
// is no message.
func readReaction(raw json.RawMessage) (in reaction, ours bool, err error) {
	if err := json.Unmarshal(raw, &in); err != nil {
		return reaction{}, false, fmt.Errorf("read the reaction: %w", err)
	}
	if in.Reaction != pinEmoji || in.Item.Type != "message" {
		return reaction{}, false, nil
	}
	if in.User == "" || in.Item.Channel == "" || in.Item.TS == "" {
		return reaction{}, false, errors.New("the reaction lacks user, item.channel or item.ts")
	}
	return in, true, nil
}

// messageID is what the incident knows a message by.
func messageID(room, ts string) string { return room + "/" + ts }

// pinned reads an event and says whether it is about a message in the room of an
// open incident. Other emojis and other rooms cost no call of Slack; a room of no
// incident is asked about once in a while.
func (d *Desk) pinned(ctx context.Context, e event) (in reaction, to Target, ours bool, err error) {
	in, ours, err = readReaction(e.raw)
	if err != nil {
		d.log.Warn("Slack tells of a reaction that cannot be read", "event", e.ID, "error", err)
		return in, to, false, nil // it would come again as it is
	}
	// Who is brought into a new room comes before the incident knows that it is its room, and marks it as a stranger. Pins
	// have a mark of their own, or the first half minute of each incident would take none.
	mark := "pin/" + in.Item.Channel
	if !ours || !d.strangers.past(mark) {
		return in, to, false, nil
	}
	self, err := d.client.identity(ctx)
	if err != nil || in.User == self.user {
		return in, to, false, err
	}
	to = Target{Room: in.Item.Channel, RoomName: d.client.roomName(ctx, in.Item.Channel)}
	if _, ours, err = d.door.Standing(ctx, to); err == nil && !ours {
		d.strangers.take(mark, notOurs)
	}
	return in, to, ours, err
}

// pin puts a message on the timeline. It is idempotent by the event's ID, and by
// the message. A 📌 that is gone by now is left alone. Whoever has set it sees it;
// only a refusal is said, to them alone.
func (d *Desk) pin(ctx context.Context, e event) (answer, error) {
	in, to, ours, err := d.pinned(ctx, e)
	if err != nil || !ours {
		return answer{}, err
	}
	m, still, err := d.client.reacted(ctx, in)
	if err != nil || !still {
		return d.settlePin(in, err)
	}
	act, err := d.pinAct(ctx, in.User, in.Item.Channel, m)
	if err != nil {
		return d.settlePin(in, err)
	}
	act.ID = e.ID
	if _, err := d.door.Act(ctx, to, contract.VerbNote, act); err != nil {
		return d.settlePin(in, err)
	}
	return answer{then: func(ctx context.Context) { d.pinStill(ctx, in, to, act) }}, nil
}

// pinStill takes a message off the timeline whose 📌 was taken off while it was
// being written there: the event of that may have been handled before. It is
// idempotent by the event's ID.
func (d *Desk) pinStill(ctx context.Context, in reaction, to Target, act contract.Act) {
	_, still, err := d.client.reacted(ctx, in)
	if err == nil && still {
		return
	}
	if err == nil {
		gone := contract.Act{ID: act.ID + "/gone", By: act.By, Quote: &incident.Quote{Message: act.Quote.Message}}
		_, err = d.door.Act(ctx, to, contract.VerbWithdraw, gone)
	}
	if err != nil {
		d.log.Warn("whether a message that was just pinned is still pinned is not known; it stays on the timeline", "room", to.Room, "error", err)
	}
}

// unpin takes back what somebody has pinned. It is idempotent by the event's ID,
// and by nature. A 📌 that stands there again is left alone.
func (d *Desk) unpin(ctx context.Context, e event) (answer, error) {
	in, to, ours, err := d.pinned(ctx, e)
	if err != nil || !ours {
		return answer{}, err
	}
	_, still, err := d.client.reacted(ctx, in)
	if err != nil || still {
		return d.settlePin(in, err)
	}
	by, err := d.client.identify(ctx, in.User)
	if err != nil {
		return d.settlePin(in, err)
	}
	act := contract.Act{ID: e.ID, By: by, Quote: &incident.Quote{Message: messageID(in.Item.Channel, in.Item.TS)}}
	_, err = d.door.Act(ctx, to, contract.VerbWithdraw, act)
	return d.settlePin(in, err)
}

// settlePin ends an event: what is refused for good is said to the person, and
// every other error has Slack send the event again.
func (d *Desk) settlePin(in reaction, err error) (answer, error) {
	if err == nil || !isRefusal(err) {
		return answer{}, err
	}
	text := d.say(contract.Receipt{}, err)
	d.log.Info("a 📌 comes to nothing; the person is told", "room", in.Item.Channel, "why", text)
	return answer{then: func(ctx context.Context) {
		if err := d.client.whisper(ctx, in.Item.Channel, in.User, contract.Message{Text: text}); err != nil {
			d.log.Warn("that a 📌 comes to nothing is not told to the person", "error", err)
		}
	}}, nil
}

// addToTimeline is the shortcut. It is idempotent by its trigger, and by the
// message; what came of it is told to the person alone.
func (d *Desk) addToTimeline(ctx context.Context, in interaction) (answer, error) {
	var payload struct {
		Message message `json:"message"`
	}
	if err := json.Unmarshal(in.raw, &payload); err != nil {
		return answer{}, fmt.Errorf("read the message: %w", err)
	}
	if in.User.ID == "" || in.TriggerID == "" || in.Channel.ID == "" || payload.Message.TS == "" {
		return answer{}, errors.New("the payload lacks user.id, trigger_id, channel.id or message.ts")
	}
	act, err := d.pinAct(ctx, in.User.ID, in.Channel.ID, payload.Message)
	if err != nil {
		return d.tell(in, d.say(contract.Receipt{}, err)), nil
	}
	act.ID = actID(in.TriggerID)
	receipt, err := d.door.Act(ctx, Target{Room: in.Channel.ID, RoomName: in.Channel.Name}, contract.VerbNote, act)
	return d.tell(in, d.say(receipt, err)), nil
}

// pinAct is the act of putting a message on the timeline, without its ID.
func (d *Desk) pinAct(ctx context.Context, user, room string, m message) (contract.Act, error) {
	by, err := d.client.identify(ctx, user)
	if err != nil {
		return contract.Act{}, err
	}
	author, err := d.client.author(ctx, m)
	if err != nil {
		return contract.Act{}, err
	}
	text, err := d.client.spoken(ctx, m)
	if err != nil {
		return contract.Act{}, err
	}
	return contract.Act{By: by, Value: text, Quote: &incident.Quote{
		Message: messageID(room, m.TS), Author: author, At: instantOf(m.TS), Link: d.client.permalink(ctx, room, m.TS),
	}}, nil
}

// reacted is the message of a reaction, and whether that stands on it now. A
// message that was deleted has no reactions.
func (c *Client) reacted(ctx context.Context, in reaction) (m message, still bool, err error) {
	item := slack.NewRefToMessage(in.Item.Channel, in.Item.TS)
	var got slack.ReactedItem
	err = c.inside(ctx, in.Item.Channel, func() error {
		var err error
		got, err = c.api.GetReactionsContext(ctx, item, slack.GetReactionsParameters{Full: true})
		return err
	})
	switch {
	case code(err) == messageNotFound:
		return message{}, false, nil
	case err != nil:
		return message{}, false, classify("look at the message with the 📌", err)
	case got.Message == nil:
		return message{}, false, nil
	}
	for _, r := range got.Reactions {
		still = still || r.Name == pinEmoji && slices.Contains(r.Users, in.User)
	}
	m = messageOf(got.Message)
	m.TS = in.Item.TS
	return m, still, nil
}
