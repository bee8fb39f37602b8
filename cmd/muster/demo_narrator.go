package main

import (
	"cmp"
	"html"
	"regexp"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// spokenCells is how much of what a telephone says, or Slack shows, stands in the demo: two lines.
const spokenCells = 2 * (widest - textColumn - 10)

// demoNarrator puts what the simulations see into words. Each of the two simulations tells one event after another.
type demoNarrator struct {
	feed   *demoFeed
	world  *demoWorld
	joined []string // who has entered a room, until the next event
}

// twilio tells what happened on a telephone. That a call waits or is dialled, and that a message has left, is left out.
func (n *demoNarrator) twilio(e faketwilio.Event) {
	who := demoOwner(cmp.Or(e.Call.To, e.Message.To))
	said := plainText(e.Text)
	switch e.Kind {
	case faketwilio.CallRinging:
		n.feed.Simulated(e.At, who, "the telephone rings …")
	case faketwilio.CallAnswered:
		n.feed.Simulated(e.At, who, "answers the telephone")
	case faketwilio.CallHeard:
		n.feed.Heard(e.At, who, said)
	case faketwilio.CallPressed:
		n.feed.Simulated(e.At, who, "presses "+said)
	case faketwilio.CallSilent:
		n.feed.Simulated(e.At, who, "presses nothing")
	case faketwilio.CallEnded:
		n.feed.Simulated(e.At, who, callEnd(e.Call.Status))
	case faketwilio.MessageDelivered:
		n.feed.Simulated(e.At, who, "gets an SMS “"+shorten(said, spokenCells)+"”")
	case faketwilio.MessageReceived:
		n.feed.Simulated(e.At, demoOwner(e.Message.From), "writes an SMS “"+shorten(said, spokenCells)+"”")
	case faketwilio.MessageFailed:
		n.feed.Fault(e.At, who, "the SMS does not arrive")
	case faketwilio.WebhookFailed:
		n.feed.Fault(e.At, "Twilio", "cannot reach us: "+said)
	case faketwilio.CallQueued, faketwilio.CallInitiated, faketwilio.MessageQueued, faketwilio.MessageSent:
	}
}

// callEnd is how a call ended, in words.
func callEnd(status faketwilio.CallStatus) string {
	switch status {
	case faketwilio.Canceled:
		return "the telephone stops ringing: Musterbook has ended the call"
	case faketwilio.NoAnswer:
		return "the telephone has rung out"
	case faketwilio.Completed:
		return "the call is over"
	case faketwilio.Busy, faketwilio.Failed, faketwilio.Queued, faketwilio.Ringing, faketwilio.InProgress:
	}
	return "the call ends: " + string(status)
}

// demoOwner is whose telephone number it is.
func demoOwner(number string) string {
	for _, p := range demoCast() {
		if p.Phone == number {
			return p.Name
		}
	}
	return number
}

// slack tells what people in the workspace see. Left out is what stands on the timeline as well: that a click was
// taken, and that a question gave way to its answer.
func (n *demoNarrator) slack(e fakeslack.Event) {
	if e.Kind == fakeslack.Joined {
		n.joined = append(n.joined, n.name(e.User))
		return
	}
	if names := slices.DeleteFunc(n.joined, func(name string) bool { return name == "" }); len(names) > 0 {
		n.feed.Simulated(e.At, "Slack", "in the room: "+strings.Join(names, ", "))
	}
	n.joined = nil
	switch e.Kind {
	case fakeslack.RoomCreated:
		n.feed.Simulated(e.At, "Slack", "the room to look at: "+n.world.url+"/archives/"+e.Room)
	case fakeslack.TopicSet:
		n.feed.Simulated(e.At, "Slack", "topic: "+plainText(e.Text))
	case fakeslack.MessagePosted:
		n.posted(e)
	case fakeslack.RoomArchived, fakeslack.PurposeSet, fakeslack.MessageUpdated, fakeslack.EphemeralPosted, fakeslack.Answered,
		fakeslack.Pinned, fakeslack.Bookmarked, fakeslack.ViewOpened, fakeslack.ViewUpdated, fakeslack.Joined:
	}
}

// posted tells of a new message and its buttons.
func (n *demoNarrator) posted(e fakeslack.Event) {
	text := n.readable(e.Text)
	var labels []string
	for _, b := range demoButtons(n.world.slack, e.Room, e.TS) {
		if b.Text == cardMark {
			n.feed.Simulated(e.At, "Slack", "the incident's card: "+strings.ReplaceAll(text, "*", ""))
			return
		}
		labels = append(labels, "["+b.Text+"]")
	}
	n.feed.Simulated(e.At, "Slack", strings.TrimSpace("“"+text+"” "+strings.Join(labels, " ")))
}

// mention is a person in Slack's markup.
var mention = regexp.MustCompile(`<@([UW][A-Z0-9]+)>`)

// readable is a message as people read it: its first line, with names in place of ids.
func (n *demoNarrator) readable(text string) string {
	text = mention.ReplaceAllStringFunc(text, func(m string) string {
		return "@" + cmp.Or(n.name(mention.FindStringSubmatch(m)[1]), "somebody")
	})
	text = strings.NewReplacer(":red_circle:", "●", ":large_green_circle:", "●").Replace(html.UnescapeString(text))
	line, _, _ := strings.Cut(text, "\n")
	return shorten(plainText(line), spokenCells)
}

// name is a person of the cast by the Slack user id, empty for everybody else.
func (n *demoNarrator) name(user string) string {
	for _, u := range n.world.slack.Users() {
		if u.ID == user && !u.Bot && u.Email != "" {
			return u.RealName
		}
	}
	return ""
}
