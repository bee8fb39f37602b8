package main

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// The habits of the simulated people.
const (
	smsTime   = 150 * time.Millisecond  // a message's way, twice
	pickUp    = 600 * time.Millisecond  // until Ben answers
	listens   = time.Second             // to the first words, then he presses 1
	thinks    = 1200 * time.Millisecond // before Ben presses a button in Slack
	clickTime = 10 * time.Second        // the longest that a click may take
)

// demoPhone is what a person does with the telephone: Ben answers and presses 1, everybody else lets it ring.
func demoPhone(id oncall.PersonID) faketwilio.Behaviour {
	if id != "ben" {
		return faketwilio.Behaviour{SMSAfter: smsTime}
	}
	return faketwilio.Behaviour{
		Reaction: faketwilio.Answers, After: pickUp, SMSAfter: smsTime,
		Presses: []faketwilio.Press{{After: listens, Keys: "1"}},
	}
}

// benPresses are the buttons that Ben presses when he sees them in a message, by their labels.
func benPresses() []string { return []string{"SEV1", "Accept", "Roll back", "Approve", "Done"} }

// cardMark is a button that only the pinned card has. Ben answers questions where they are asked.
const cardMark = "Resolve"

// demoPeople are the people in the simulated workspace. They see messages and press the real buttons on them, which
// sends the signed request that Slack would send.
type demoPeople struct {
	actions string // where Slack sends clicks
	pace    demoPace
	feed    *demoFeed
	slack   *fakeslack.Server
	ben     string // user id

	ctx    context.Context // ends when they leave
	cancel context.CancelFunc
	group  sync.WaitGroup

	mu      sync.Mutex // guards what follows
	left    bool
	pressed map[string]bool // by message and label
}

func newDemoPeople(actions string, pace demoPace, feed *demoFeed) *demoPeople {
	p := &demoPeople{actions: actions, pace: pace, feed: feed, pressed: map[string]bool{}}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// enter makes the people members of the workspace. It comes before the first event.
func (p *demoPeople) enter(s *fakeslack.Server) {
	p.slack = s
	for _, person := range demoCast() {
		u := s.AddUser(fakeslack.User{Name: string(person.ID), RealName: person.Name, Email: person.Email})
		if person.ID == "ben" {
			p.ben = u.ID
		}
	}
}

// leave ends everything that the people are doing.
func (p *demoPeople) leave() {
	p.mu.Lock()
	p.left = true
	p.mu.Unlock()
	p.cancel()
	p.group.Wait()
}

// see lets Ben read what was posted. It returns at once.
func (p *demoPeople) see(e fakeslack.Event) {
	if e.Kind != fakeslack.MessagePosted && e.Kind != fakeslack.MessageUpdated {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.left {
		p.group.Go(func() { p.read(e.Room, e.TS) })
	}
}

// read finds the button that Ben would press on a message, and presses it once.
func (p *demoPeople) read(room, ts string) {
	buttons := demoButtons(p.slack, room, ts)
	if slices.ContainsFunc(buttons, func(b fakeslack.Button) bool { return b.Text == cardMark }) {
		return
	}
	for _, label := range benPresses() {
		n := slices.IndexFunc(buttons, func(b fakeslack.Button) bool { return b.Text == label })
		if n >= 0 && p.first(ts+" "+label) {
			p.press(room, ts, buttons[n])
			return
		}
	}
}

// press thinks and clicks. A click that goes wrong is a fault of the demo.
func (p *demoPeople) press(room, ts string, b fakeslack.Button) {
	select {
	case <-time.After(p.pace.of(thinks)):
	case <-p.ctx.Done():
		return
	}
	ctx, cancel := context.WithTimeout(p.ctx, clickTime)
	defer cancel()
	p.feed.Simulated(time.Now(), "Ben", "presses ["+b.Text+"] in Slack")
	reply, err := p.slack.Click(ctx, p.actions, fakeslack.ClickRequest{
		User: p.ben, Room: room, MessageTS: ts, ActionID: b.ActionID, Value: b.Value, BlockID: b.BlockID,
	})
	if err == nil && reply.Status != http.StatusOK {
		err = fmt.Errorf("the gateway answered %d: %s", reply.Status, reply.Body)
	}
	if err != nil && p.ctx.Err() == nil {
		p.feed.Fault(time.Now(), "Ben", "could not press ["+b.Text+"]: "+err.Error())
	}
}

// first says whether this was not done before.
func (p *demoPeople) first(what string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	known := p.pressed[what]
	p.pressed[what] = true
	return !known
}

// demoButtons lists the buttons that stand on a message now.
func demoButtons(s *fakeslack.Server, room, ts string) []fakeslack.Button {
	for _, m := range s.Messages(room) {
		if m.TS == ts {
			return m.Buttons()
		}
	}
	return nil
}
