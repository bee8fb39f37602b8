package slack_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// openedRoom makes the room of an incident, in which Ana and Ben are, and whom Slack has not told of yet.
func (h house) openedRoom(t *testing.T) string {
	t.Helper()
	h.door.room = h.AddRoom(fakeslack.Room{Name: "inc-1-checkout", Members: []string{fakeslack.BotUser, h.ana.ID, h.ben.ID}}).ID
	return h.door.room
}

// says has somebody say something.
func (h house) says(t *testing.T, room, user, text, thread string) fakeslack.Message {
	t.Helper()
	m, err := h.Say(room, user, text, thread)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// events is where the app takes events.
func (h house) events() string { return h.url + "/slack/events" }

// reacts has somebody put an emoji on a message, or take it off, and returns what Slack hears.
func (h house) reacts(t *testing.T, add bool, r fakeslack.ReactRequest) int {
	t.Helper()
	react := h.React
	if !add {
		react = h.Unreact
	}
	reply, err := react(t.Context(), h.events(), r)
	if err != nil {
		t.Fatal(err)
	}
	return reply.Status
}

// pinnedBy is somebody's 📌 on a message.
func pinnedBy(user, room, ts string) fakeslack.ReactRequest {
	return fakeslack.ReactRequest{User: user, Room: room, MessageTS: ts, Emoji: "pushpin"}
}

// settled waits until Slack was asked n times for reactions: what goes on after the answer to an event asks last.
func (h house) settled(t *testing.T, n int) {
	t.Helper()
	for range 500 {
		if h.calls("reactions.get") >= n {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("Slack was asked %d times for reactions, want %d", h.calls("reactions.get"), n)
}

// TestPin: a 📌 puts the message on the timeline with its author, its time and its link, once for each event; taking it
// off withdraws it; and nobody is told anything.
func TestPin(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		room := h.openedRoom(t)
		said := h.says(t, room, h.ben.ID, "the pool is exhausted &amp; <@"+h.ana.ID+"> looks", "")
		reply, err := h.React(t.Context(), h.events(), pinnedBy(h.ana.ID, room, said.TS))
		if err != nil || reply.Status != http.StatusOK {
			t.Fatalf("Slack hears %+v, %v", reply, err)
		}
		if again, err := h.Resend(t.Context(), reply.Sent); err != nil || again.Status != http.StatusOK {
			t.Fatalf("the repetition gives %+v, %v", again, err)
		}
		h.settled(t, 2)
		h.reacts(t, false, pinnedBy(h.ana.ID, room, said.TS))
		got := h.door.all()
		if len(got) != 2 || got[0].Act.ID == got[1].Act.ID {
			t.Fatalf("the door saw %+v", got)
		}
		quote := incident.Quote{Message: room + "/" + said.TS, Author: "Ben Okoye", At: got[0].Act.Quote.At, Link: got[0].Act.Quote.Link}
		if off := quote.At.Sub(said.At).Abs(); off > time.Millisecond {
			t.Errorf("it was said at %s, want %s", quote.At, said.At)
		}
		if link := "/archives/" + room + "/p" + strings.ReplaceAll(said.TS, ".", ""); !strings.HasPrefix(quote.Link, "http://") || !strings.HasSuffix(quote.Link, link) {
			t.Errorf("the link is %s, want …%s", quote.Link, link)
		}
		to := slack.Target{Room: room, RoomName: "inc-1-checkout"}
		want := []acted{
			{To: to, Verb: contract.VerbNote, Act: contract.Act{ID: got[0].Act.ID, By: anaActor, Value: "the pool is exhausted & @Ana Ruiz looks", Quote: &quote}},
			{To: to, Verb: contract.VerbWithdraw, Act: contract.Act{ID: got[1].Act.ID, By: anaActor, Quote: &incident.Quote{Message: quote.Message}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("acts (-want +got):\n%s", diff)
		}
		if n := len(h.Ephemerals(room)) + len(h.Responses()); n != 0 {
			t.Errorf("people were told %d things", n)
		}
	})
}

// TestPinOfAReply: a reply in a thread is a message like others.
func TestPinOfAReply(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room := h.openedRoom(t)
	parent := h.says(t, room, h.ana.ID, "what is it?", "")
	reply := h.says(t, room, h.ben.ID, "the cache", parent.TS)
	h.reacts(t, true, pinnedBy(h.ana.ID, room, reply.TS))
	if got := h.door.all(); len(got) != 1 || got[0].Act.Value != "the cache" || got[0].Act.Quote.Message != room+"/"+reply.TS {
		t.Errorf("the door saw %+v", got)
	}
}

// TestOtherReactionsCostNothing: another emoji, and a room of no incident after the first time, lead to no call of Slack
// and of nobody else.
func TestOtherReactionsCostNothing(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room := h.openedRoom(t)
	lounge := h.AddRoom(fakeslack.Room{Name: "lounge", Members: []string{fakeslack.BotUser, h.ana.ID}}).ID
	said, chat := h.says(t, room, h.ben.ID, "x", ""), h.says(t, lounge, h.ana.ID, "lunch?", "")
	h.reacts(t, true, pinnedBy(h.ana.ID, lounge, chat.TS))
	before, asked := len(h.Requests()), len(h.door.asked)
	h.reacts(t, true, fakeslack.ReactRequest{User: h.ana.ID, Room: room, MessageTS: said.TS, Emoji: "thumbsup"})
	h.reacts(t, false, fakeslack.ReactRequest{User: h.ana.ID, Room: room, MessageTS: said.TS, Emoji: "thumbsup"})
	h.reacts(t, false, pinnedBy(h.ana.ID, lounge, chat.TS))
	h.reacts(t, true, pinnedBy(fakeslack.BotUser, room, said.TS)) // our own
	for n, inner := range []string{
		`{"type":"reaction_added","reaction":"pushpin","user":"U1","item":{"type":"file","file":"F1"}}`,
		`{"type":"reaction_added","reaction":"pushpin","user":"U1","item":{"type":"message"}}`,
		`{"type":"reaction_added","reaction":"pushpin","user":7}`,
	} {
		body := fmt.Appendf(nil, `{"type":"event_callback","event_id":"EvOdd%d","event":%s}`, n, inner)
		if reply, err := h.Send(t.Context(), h.events(), body, fakeslack.Signing{}); err != nil || reply.Status != http.StatusOK {
			t.Errorf("%s gives %+v, %v", inner, reply, err)
		}
	}
	if n := len(h.Requests()) - before; n != 0 || len(h.door.asked) != asked || len(h.door.all()) != 0 {
		t.Errorf("Slack was called %d times, the door asked %d times, and it saw %+v", n, len(h.door.asked)-asked, h.door.all())
	}
}

// TestPinRightAfterTheOpening: people come into a room before the incident knows it, and a 📌 in the same moment counts.
func TestPinRightAfterTheOpening(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room := h.openedRoom(t)
	h.door.room = ""
	h.joins(t, "Ev1", h.ana.ID, room)
	h.door.room = room
	h.reacts(t, true, pinnedBy(h.ana.ID, room, h.says(t, room, h.ben.ID, "the cache", "").TS))
	if got := h.door.all(); len(got) != 1 {
		t.Errorf("the door saw %+v", got)
	}
}

// TestLatePins: what counts is whether the 📌 stands there now, and not what an event said that comes late.
func TestLatePins(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		do    func(t *testing.T, h house, r fakeslack.ReactRequest)
		event string
		want  []contract.Verb
	}{
		{
			name: "set, and gone", event: "reaction_added",
			do: func(*testing.T, house, fakeslack.ReactRequest) {},
		},
		{
			name: "gone, and set again", event: "reaction_removed",
			do: func(t *testing.T, h house, r fakeslack.ReactRequest) { h.silently(t, r) },
		},
		{
			name: "set, and the message deleted", event: "reaction_added",
			do: func(t *testing.T, h house, r fakeslack.ReactRequest) {
				h.silently(t, r)
				h.Delete(r.Room, r.MessageTS)
			},
		},
		{
			name: "gone, and the message deleted", event: "reaction_removed", want: []contract.Verb{contract.VerbWithdraw},
			do: func(_ *testing.T, h house, r fakeslack.ReactRequest) { h.Delete(r.Room, r.MessageTS) },
		},
		{
			name: "set by many", event: "reaction_added", want: []contract.Verb{contract.VerbNote},
			do: func(t *testing.T, h house, r fakeslack.ReactRequest) {
				for n := range 9 { // Slack names a few unless it is asked for all
					other := r
					other.User = h.AddUser(fakeslack.User{Name: fmt.Sprintf("other%d", n)}).ID
					h.silently(t, other)
				}
				h.silently(t, r)
			},
		},
		{
			name: "taken off while it is being written", event: "reaction_added", want: []contract.Verb{contract.VerbNote, contract.VerbWithdraw},
			do: func(t *testing.T, h house, r fakeslack.ReactRequest) {
				h.silently(t, r)
				h.door.meanwhile = func(a acted) {
					if a.Verb != contract.VerbNote {
						return
					}
					if _, err := h.Unreact(t.Context(), "", r); err != nil {
						t.Error(err)
					}
				}
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := startHouse(t)
			room := h.openedRoom(t)
			r := pinnedBy(h.ana.ID, room, h.says(t, room, h.ben.ID, "the cache", "").TS)
			tt.do(t, h, r)
			if _, err := h.Event(t.Context(), h.events(), "Ev1", h.ReactionEvent(tt.event, r)); err != nil {
				t.Fatal(err)
			}
			if len(tt.want) > 1 {
				h.settled(t, 2)
			}
			var got []contract.Verb
			for range 100 {
				got = nil
				for _, a := range h.door.all() {
					got = append(got, a.Verb)
				}
				if len(got) >= len(tt.want) {
					break
				}
				time.Sleep(10 * time.Millisecond)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("acts (-want +got):\n%s", diff)
			}
			if n := len(h.Ephemerals(room)); n != 0 {
				t.Errorf("people were told %d things", n)
			}
		})
	}
}

// silently reacts, and the app hears nothing of it.
func (h house) silently(t *testing.T, r fakeslack.ReactRequest) {
	t.Helper()
	if _, err := h.React(t.Context(), "", r); err != nil {
		t.Fatal(err)
	}
}

// TestPinFails: what may still succeed is sent again by Slack, and is the same act then; what is refused is said to whoever
// has set the 📌, to them alone; and no link is worth a pin.
func TestPinFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  fakeslack.Fault
		away   error // of the door, when it is asked whose room it is
		act    error // of the door's acts
		want   int   // status of the first try
		acts   int   // in all, after the second
		tells  string
		unsure bool // the first try may have done it: both carry the same id
	}{
		{name: "Temporal is away", away: errors.New("away"), want: http.StatusServiceUnavailable, acts: 1},
		{name: "the incident does not answer", act: errors.New("away"), want: http.StatusServiceUnavailable, acts: 2, unsure: true},
		{name: "the incident refuses", act: &incident.Refusal{What: "only the commander may write notes"}, want: http.StatusOK, acts: 1, tells: "only the commander may write notes"},
		{name: "reactions: too many requests", fault: fakeslack.Fault{Method: "reactions.get", Kind: fakeslack.RateLimited}, want: http.StatusServiceUnavailable, acts: 1},
		{name: "reactions: in trouble", fault: fakeslack.Fault{Method: "reactions.get", Kind: fakeslack.ServerError}, want: http.StatusServiceUnavailable, acts: 1},
		{name: "reactions: the answer is lost", fault: fakeslack.Fault{Method: "reactions.get", Kind: fakeslack.WorkThenDrop}, want: http.StatusServiceUnavailable, acts: 1},
		{name: "reactions: no scope", fault: fakeslack.Fault{Method: "reactions.get", Kind: fakeslack.Refuse, Error: "missing_scope"}, want: http.StatusOK, tells: "missing_scope"},
		{name: "reactions: Slack hangs", fault: fakeslack.Fault{Method: "reactions.get", Kind: fakeslack.Slow, Delay: time.Minute}, want: http.StatusServiceUnavailable, acts: 1},
		{name: "people: in trouble", fault: fakeslack.Fault{Method: "users.info", Kind: fakeslack.ServerError}, want: http.StatusServiceUnavailable, acts: 1},
		{name: "people: not known", fault: fakeslack.Fault{Method: "users.info", Kind: fakeslack.Refuse, Error: "user_not_found"}, want: http.StatusOK, acts: 1},
		{name: "people: not visible", fault: fakeslack.Fault{Method: "users.info", Kind: fakeslack.Refuse, Error: "user_not_visible"}, want: http.StatusOK, acts: 1},
		{name: "the link: in trouble", fault: fakeslack.Fault{Method: "chat.getPermalink", Kind: fakeslack.ServerError}, want: http.StatusOK, acts: 1},
		{name: "the link: refused", fault: fakeslack.Fault{Method: "chat.getPermalink", Kind: fakeslack.Refuse, Error: "message_not_found"}, want: http.StatusOK, acts: 1},
		{name: "the room's name: in trouble", fault: fakeslack.Fault{Method: "conversations.info", Kind: fakeslack.ServerError}, want: http.StatusOK, acts: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := startHouse(t)
			room := h.openedRoom(t)
			said := h.says(t, room, h.ben.ID, "the cache", "")
			h.door.away, h.door.refusal = tt.away, tt.act
			if tt.fault.Kind != "" {
				tt.fault.Times = 1
				h.Break(tt.fault)
			}
			r := pinnedBy(h.ana.ID, room, said.TS)
			r.ID = "Ev1"
			if status := h.reacts(t, true, r); status != tt.want {
				t.Errorf("Slack hears %d, want %d", status, tt.want)
			}
			h.door.away, h.door.refusal = nil, nil
			reply, err := h.Event(t.Context(), h.events(), "Ev1", h.ReactionEvent("reaction_added", r))
			if err != nil || reply.Status != http.StatusOK {
				t.Errorf("the repetition hears %+v, %v", reply, err)
			}
			acts := h.door.all()
			if len(acts) != tt.acts {
				t.Fatalf("the door saw %d acts, want %d: %+v", len(acts), tt.acts, acts)
			}
			for _, a := range acts {
				if a.Act.ID != acts[0].Act.ID || a.Act.Value != "the cache" || !strings.HasPrefix(a.Act.Quote.Link, "http") || strings.Contains(a.Act.Quote.Author, "U0") {
					t.Errorf("the act is %+v of %+v", a.Act, a.Act.Quote)
				}
			}
			h.whispered(t, room, h.ana.ID, tt.tells)
		})
	}
}

// whispered waits for what one person is told in a room; empty is nothing.
func (h house) whispered(t *testing.T, room, user, want string) {
	t.Helper()
	for range 300 {
		if want == "" || len(h.Ephemerals(room)) > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	told := h.Ephemerals(room)
	if want == "" && len(told) > 0 || want != "" && (len(told) != 1 || told[0].To != user || !strings.Contains(told[0].Text, want)) {
		t.Errorf("told %+v, want %q", told, want)
	}
}

// TestPinnedWords: what stands on the timeline is for people: names and never ids, and something of every message.
func TestPinnedWords(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room := h.openedRoom(t)
	zoe := h.AddUser(fakeslack.User{Name: "zoe", RealName: "Zoe | <Zed>"})
	lounge := h.AddRoom(fakeslack.Room{Name: "lounge"}).ID
	tests := []struct {
		name         string
		message      fakeslack.Message
		text, author string
	}{
		{name: "of the roster", message: fakeslack.Message{User: h.ben.ID, Text: "x"}, text: "x", author: "Ben Okoye"},
		{name: "of the roster by Slack id", message: fakeslack.Message{User: "U0CEM00000", Text: "x"}, text: "x", author: "Cem"},
		{name: "not in the roster", message: fakeslack.Message{User: zoe.ID, Text: "x"}, text: "x", author: "Zoe | <Zed>"},
		{name: "of nobody that Slack knows", message: fakeslack.Message{User: "U0GONE", Text: "x"}, text: "x", author: "somebody"},
		{name: "a bot under a name", message: fakeslack.Message{BotID: "B1", Username: "Deployer", Text: "x"}, text: "x", author: "Deployer"},
		{name: "our own", message: fakeslack.Message{User: fakeslack.BotUser, BotID: fakeslack.BotID, Text: "x"}, text: "x", author: "musterbook"},
		{
			name:    "mentions",
			message: fakeslack.Message{User: h.ben.ID, Text: "<@" + h.ana.ID + ">, <@" + zoe.ID + "> and <@U0GONE>: see <#" + lounge + ">, <#C1|ops>, <#C0GONE|>"},
			text:    "@Ana Ruiz, @Zoe | <Zed> and @somebody: see #lounge, #ops, #a channel", author: "Ben Okoye",
		},
		{
			name:    "everybody",
			message: fakeslack.Message{User: h.ben.ID, Text: "<!here> <!channel|@channel> <!subteam^S123> <!subteam^S1|@sre> <!date^1392734382^{date}|Feb 18>"},
			text:    "@here @channel @a group @sre Feb 18", author: "Ben Okoye",
		},
		{name: "links", message: fakeslack.Message{User: h.ben.ID, Text: "<https://a.example/x?a=1&amp;b=2> <https://b.example|the graph>"}, text: "https://a.example/x?a=1&b=2 the graph (https://b.example)", author: "Ben Okoye"},
		{name: "files alone", message: fakeslack.Message{User: h.ben.ID, Files: []string{"graph.png", "heap.txt"}}, text: "[file: graph.png]\n[file: heap.txt]", author: "Ben Okoye"},
		{name: "words and a file", message: fakeslack.Message{User: h.ben.ID, Text: "look", Files: []string{"graph.png"}}, text: "look\n[file: graph.png]", author: "Ben Okoye"},
		{name: "attachments alone", message: fakeslack.Message{BotID: "B1", Username: "CI", Attachments: []string{"build 7 failed"}}, text: "build 7 failed", author: "CI"},
		{name: "blocks with a fallback", message: fakeslack.Message{User: h.ben.ID, Text: "a poll", Blocks: []byte(`[{"type":"hologram","block_id":"b"}]`)}, text: "a poll", author: "Ben Okoye"},
		{name: "nothing at all", message: fakeslack.Message{User: h.ben.ID, Text: " "}, text: "(a message without words)", author: "Ben Okoye"},
	}
	for n, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, err := h.Put(room, tt.message)
			if err != nil {
				t.Fatal(err)
			}
			h.reacts(t, true, pinnedBy(h.ana.ID, room, m.TS))
			choice := fakeslack.ShortcutRequest{User: h.ana.ID, CallbackID: slack.ShortcutTimeline, Room: room, MessageTS: m.TS}
			if reply, err := h.Shortcut(t.Context(), h.url+"/slack/actions", choice); err != nil || reply.Status != http.StatusOK {
				t.Fatalf("the shortcut gives %+v, %v", reply, err)
			}
			acts := h.door.all()
			if len(acts) != 2*n+2 {
				t.Fatalf("the door saw %d acts, want %d", len(acts), 2*n+2)
			}
			for _, a := range acts[2*n:] {
				if a.Act.Value != tt.text || a.Act.Quote.Author != tt.author {
					t.Errorf("%q of %q, want %q of %q", a.Act.Value, a.Act.Quote.Author, tt.text, tt.author)
				}
			}
		})
	}
}

// TestAddToTimeline: the shortcut does what the 📌 does, and says what came of it to whoever has chosen it.
func TestAddToTimeline(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		room := h.openedRoom(t)
		said := h.says(t, room, h.ben.ID, "the cache", "")
		choice := fakeslack.ShortcutRequest{User: h.ana.ID, CallbackID: slack.ShortcutTimeline, Room: room, MessageTS: said.TS}
		reply, err := h.Shortcut(t.Context(), h.url+"/slack/actions", choice)
		if err != nil || reply.Status != http.StatusOK || len(reply.Body) != 0 {
			t.Fatalf("the shortcut gives %+v, %v", reply, err)
		}
		if _, err := h.Resend(t.Context(), reply.Sent); err != nil {
			t.Fatal(err)
		}
		h.door.mu.Lock()
		h.door.refusal = &incident.Refusal{What: "INC-1 is closed"}
		h.door.mu.Unlock()
		told := h.responses(t, 2)
		if told[0].Text != "done &amp; noted" || told[0].User != h.ana.ID || told[0].InChannel || told[0].Replace {
			t.Errorf("Ana is told %+v", told[0])
		}
		if _, err := h.Shortcut(t.Context(), h.url+"/slack/actions", choice); err != nil {
			t.Fatal(err)
		}
		if told := h.responses(t, 3); told[2].Text != "INC-1 is closed" {
			t.Errorf("Ana is told %+v", told[2])
		}
		got := h.door.all()
		if len(got) != 3 || got[0].Act.ID != got[1].Act.ID || got[0].Act.ID == got[2].Act.ID || got[0].Act.Value != "the cache" {
			t.Errorf("the door saw %+v", got)
		}
		h.Break(fakeslack.Fault{Method: "users.info", Kind: fakeslack.ServerError, Times: 1})
		stranger := h.AddUser(fakeslack.User{Name: "zoe"})
		choice.User = stranger.ID
		if _, err := h.Shortcut(t.Context(), h.url+"/slack/actions", choice); err != nil {
			t.Fatal(err)
		}
		if told := h.responses(t, 4); !strings.Contains(told[3].Text, "Try again") || len(h.door.all()) != 3 {
			t.Errorf("Zoe is told %+v", told[3])
		}
	})
}
