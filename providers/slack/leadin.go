package slack

import (
	"context"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// How long the room of a new incident is waited for: in the answer to a command,
// which Slack wants soon, and before whoever declared it is told that it is not
// there yet.
const (
	roomAtOnce = 1200 * time.Millisecond
	roomWithin = 8 * time.Second
)

// leadIn brings whoever declared an incident to its room, when that exists: they
// are invited, and the link comes into the modal and as a message of their own.
// The message is idempotent by the modal; the rest by nature. When the process
// ends meanwhile nothing of it comes; the incident goes on.
func (d *Desk) leadIn(ctx context.Context, in interaction, begun Declared) {
	sleep(ctx, 2*d.pace) // what follows must not reach Slack before the answer that it follows
	text := begun.Text + noRoomYet
	if room := d.roomOf(ctx, begun, roomWithin); room.ID != "" {
		text = begun.Text + d.itsRoom(ctx, room)
		d.admit(ctx, begun, room, in.User.ID)
	}
	if err := d.fill(ctx, modal{id: in.View.ID}, frame(declareTitle, slack.NewSectionBlock(markdown(escape(text)), nil, nil))); err != nil {
		d.log.Warn("the link to a room does not come into the modal", "incident", begun.Key, "error", err)
	}
	if err := d.inform(ctx, in.User.ID, "declared/"+in.View.ID, text); err != nil {
		d.log.Warn("whoever declared an incident is not told of its room", "incident", begun.Key, "error", err)
	}
}

// noRoomYet is said of an incident whose room has not come in time.
const noRoomYet = ". Its room is not open yet; it will be on the list of channels."

// inOneLine declares what a command says in full. Rooms are mostly open at once,
// so the answer has the link; where one takes longer, the link follows. It is
// idempotent by the command's trigger.
func (d *Desk) inOneLine(ctx context.Context, c command, n Declaration) (answer, error) {
	begun, err := d.declareFor(ctx, c, n)
	if err != nil {
		return reply(d.say(contract.Receipt{}, err))
	}
	room := d.roomOf(ctx, begun, roomAtOnce)
	if room.ID == "" {
		a, err := reply(begun.Text + "; its room is being opened.")
		a.then = func(ctx context.Context) { d.follow(ctx, c, begun) }
		return a, err
	}
	a, err := reply(begun.Text + d.itsRoom(ctx, room))
	a.then = func(ctx context.Context) { d.admit(ctx, begun, room, c.User) }
	return a, err
}

// follow brings the link that an answer had to leave out.
func (d *Desk) follow(ctx context.Context, c command, begun Declared) {
	room := d.roomOf(ctx, begun, roomWithin)
	if room.ID == "" {
		d.whisper(ctx, c.ResponseURL, begun.Text+noRoomYet)
		return
	}
	d.whisper(ctx, c.ResponseURL, begun.Text+d.itsRoom(ctx, room))
	d.admit(ctx, begun, room, c.User)
}

// itsRoom says in a text where an incident's room is.
func (d *Desk) itsRoom(ctx context.Context, room incident.Room) string {
	return ". Its room: " + d.linkTo(ctx, room)
}

// admit lets whoever declared an incident into its room. It is idempotent by nature.
func (d *Desk) admit(ctx context.Context, begun Declared, room incident.Room, user string) {
	if _, err := d.client.inviteChunk(ctx, room.ID, []string{user}); err != nil {
		d.log.Warn("whoever declared an incident is not invited into its room", "incident", begun.Key, "error", err)
	}
}

// roomOf waits for the room of a new incident; the zero room is none.
func (d *Desk) roomOf(ctx context.Context, begun Declared, within time.Duration) incident.Room {
	inc, _ := d.begunAs(ctx, begun, within)
	return inc.Room
}

// begunAs waits for the room of a new incident and shows the incident, without a
// room when that takes too long. known is false when nobody answers: then nothing
// is known of it, not even whether it is private.
func (d *Desk) begunAs(ctx context.Context, begun Declared, within time.Duration) (inc incident.Incident, known bool) {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for pause := d.pace; ; pause = min(2*pause, 2*time.Second) {
		shown, err := d.door.Show(ctx, Target{WorkflowID: begun.WorkflowID, Key: begun.Key})
		if err == nil {
			inc, known = shown.Incident, true
		}
		if inc.Room.ID != "" || !sleep(ctx, pause) {
			return inc, known
		}
	}
}

// linkTo is the address of a room.
func (d *Desk) linkTo(ctx context.Context, room incident.Room) string {
	if room.URL != "" {
		return room.URL
	}
	self, err := d.client.identity(ctx)
	if err != nil {
		return "#" + room.Name
	}
	return self.archive(room.ID)
}

// inform writes to one user, in private. It is idempotent by the key, which the
// message carries: a second try looks for it first.
func (d *Desk) inform(ctx context.Context, user, key, text string) error {
	return d.insist(ctx, contract.Effect{Key: key, Intended: time.Now()}, func(e contract.Effect) error {
		room, err := d.client.direct(ctx, user)
		if err == nil {
			_, _, err = d.client.postOnce(ctx, room, e, contract.Message{Text: text})
		}
		return err
	})
}
