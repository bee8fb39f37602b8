package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// Whoever comes into an incident's room is told, in a message that they alone
// see, where the incident stands.

// greetAgain is how long somebody who leaves a room and comes back is not told
// again.
const greetAgain = time.Hour

// notOurs is how long a room of no incident is not asked about again. It is
// short, because a room may become an incident's while people come in.
const notOurs = 30 * time.Second

// joined is what we need of the event
// (https://docs.slack.dev/reference/events/member_joined_channel).
type joined struct {
	User    string `json:"user"`
	Channel string `json:"channel"`
}

// greet catches up somebody who has joined a room. It is kept from repetition
// by person and room, for an hour and in this process; a summary that may have
// been shown is not shown again.
func (d *Desk) greet(ctx context.Context, e event) (answer, error) {
	var in joined
	if err := json.Unmarshal(e.raw, &in); err != nil || in.User == "" || in.Channel == "" {
		d.log.Warn("Slack tells of somebody who joined and not who or where", "event", e.ID, "error", err)
		return answer{}, nil // it would come again as it is
	}
	self, err := d.client.identity(ctx)
	if err != nil {
		return answer{}, err
	}
	if in.User == self.user || !d.strangers.past(in.Channel) {
		return answer{}, nil
	}
	who := in.User + "/" + in.Channel
	if !d.greeted.take(who, greetAgain) {
		return answer{}, nil
	}
	err = d.catchUp(ctx, in, self)
	if err != nil {
		d.greeted.forget(who)
	}
	return answer{}, err
}

// catchUp shows the summary. An error means that it was certainly not shown.
func (d *Desk) catchUp(ctx context.Context, in joined, self identity) error {
	at := d.places.look(in.Channel, func() place { return d.placeOf(ctx, in.Channel, self) })
	switch {
	case at.err != nil:
		return at.err
	case !at.ours && at.young:
		return errors.New("the room was opened just now, and is not its incident's yet")
	case !at.ours && at.known:
		d.strangers.take(in.Channel, notOurs)
		return nil
	case !at.ours:
		return nil
	}
	err := d.client.whisper(ctx, in.Channel, in.User, contract.Message{Text: at.card.Text(), Card: &at.card})
	var later *contract.Later
	if errors.As(err, &later) {
		return err
	}
	if err != nil {
		d.log.Warn("somebody who joined a room is not caught up", "room", in.Channel, "user", in.User, "error", err)
	}
	return nil
}

// place is a room as whoever joins it finds it.
type place struct {
	card  contract.Card
	ours  bool  // it is an open incident's
	known bool  // Slack tells of it
	young bool  // we opened it just now
	err   error // nobody behind the door answers
}

// placeOf finds out where the incident of a room stands. People are invited in the
// moment in which a room is opened, before its incident knows that it has one: so
// a room that we opened just now is looked at again for a moment.
func (d *Desk) placeOf(ctx context.Context, room string, self identity) place {
	to := Target{Room: room}
	var at place
	if known, ok := d.client.roomInfo(ctx, room); ok {
		to.RoomName, at.known = known.Name, true
		at.young = known.Creator == self.user && time.Since(known.Created.Time()) < youth
	}
	waiting, cancel := context.WithTimeout(ctx, joinWithin)
	defer cancel()
	for pause := d.pace; ; pause *= 2 {
		at.card, at.ours, at.err = d.door.Standing(ctx, to)
		if at.err != nil || at.ours || !at.young || !sleep(waiting, pause) {
			return at
		}
	}
}

// youth is how long a room that we opened may take to become its incident's, with
// a margin for Slack's clock; joinWithin is how long that is waited for before
// Slack is asked to tell of the same again.
const (
	youth      = 10 * time.Minute
	joinWithin = 1500 * time.Millisecond
)

// places lets those who ask about one room at the same time share an answer:
// many are invited at once. The zero value is empty.
type places struct {
	mu    sync.Mutex
	asked map[string]*sharedPlace // by room
}

type sharedPlace struct {
	done chan struct{}
	at   place
}

// look asks about a room, or waits for the answer that somebody else is waiting for.
func (p *places) look(room string, ask func() place) place {
	p.mu.Lock()
	if s := p.asked[room]; s != nil {
		p.mu.Unlock()
		<-s.done
		return s.at
	}
	s := &sharedPlace{done: make(chan struct{}), at: place{err: errors.New("whoever asked about the room has failed")}}
	if p.asked == nil {
		p.asked = map[string]*sharedPlace{}
	}
	p.asked[room] = s
	p.mu.Unlock()
	defer func() { // also after a fault in what asks
		p.mu.Lock()
		delete(p.asked, room)
		p.mu.Unlock()
		close(s.done)
	}()
	s.at = ask()
	return s.at
}

// whisper shows a message to one member of a room. It is not idempotent: Slack
// keeps nothing of it in which it could be found.
func (c *Client) whisper(ctx context.Context, room, user string, m contract.Message) error {
	err := c.inside(ctx, room, func() error {
		_, err := c.api.PostEphemeralContext(ctx, room, user, c.render(ctx, m)...)
		return err
	})
	return classify("show a message to one person", err)
}

// roomInfo is what Slack tells of a room; ok is false when it does not.
func (c *Client) roomInfo(ctx context.Context, room string) (_ *slack.Channel, ok bool) {
	known, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: room})
	if err != nil {
		c.log.Warn("Slack does not tell a room's name; all open incidents are asked whose it is", "room", room,
			"error", fmt.Errorf("ask for the room's name: %w", err))
		return nil, false
	}
	return known, true
}

// roomName is a room's name; empty when Slack does not tell it.
func (c *Client) roomName(ctx context.Context, room string) string {
	if known, ok := c.roomInfo(ctx, room); ok {
		return known.Name
	}
	return ""
}

// lately remembers, within bounds, what was done not long ago. The zero value
// is empty.
type lately struct {
	now func() time.Time // nil means time.Now

	mu    sync.Mutex
	until map[string]time.Time
	order []string // as they were taken, oldest first
}

// take tells whether the thing was not done lately, and notes it for a while.
func (l *lately) take(what string, within time.Duration) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock()
	if now.Before(l.until[what]) {
		return false
	}
	if l.until == nil {
		l.until = map[string]time.Time{}
	}
	l.until[what] = now.Add(within)
	l.order = append(l.order, what)
	if len(l.order) > remembered {
		delete(l.until, l.order[0])
		l.order = l.order[1:]
	}
	return true
}

// past tells whether the thing was not done lately, and notes nothing.
func (l *lately) past(what string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.clock().Before(l.until[what])
}

// forget lets a thing be done again at once.
func (l *lately) forget(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.until, what)
}

func (l *lately) clock() time.Time {
	if l.now == nil {
		return time.Now()
	}
	return l.now()
}
