package slack_test

import (
	"errors"
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

// mentions lets Ana say something to the app in a room.
func (h house) mentions(t *testing.T, room, thread, text string) (fakeslack.Message, fakeslack.Reply) {
	t.Helper()
	m, reply, err := h.Mention(t.Context(), h.url+"/slack/events", fakeslack.MentionRequest{User: h.ana.ID, Room: room, Thread: thread, Text: text})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%q gives %d, %v", text, reply.Status, err)
	}
	return m, reply
}

// lounge is a room of no incident in which Ana, Ben and the app are.
func (h house) lounge() string {
	return h.AddRoom(fakeslack.Room{Name: "team-checkout", Members: []string{fakeslack.BotUser, h.ana.ID, h.ben.ID}}).ID
}

// told waits for the n-th message in a room that one person alone sees.
func (h house) told(t *testing.T, room string, n int) fakeslack.Message {
	t.Helper()
	until(t, "an answer for one person", func() bool { return len(h.Ephemerals(room)) >= n })
	return h.Ephemerals(room)[n-1]
}

// replies are the messages of a thread without the first.
func (h house) replies(room, thread string) (out []fakeslack.Message) {
	for _, m := range h.Messages(room) {
		if m.ThreadTS == thread {
			out = append(out, m)
		}
	}
	return out
}

func TestMentionDeclares(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		room, own := h.lounge(), h.room(t)
		h.door.answer.Text = "INC-7 is declared"
		h.door.shown.Incident = incident.Incident{Key: "INC-7", Room: incident.Room{ID: own, URL: "https://example.slack.com/archives/" + own}}
		began := time.Now()
		m, reply := h.mentions(t, room, "", "@musterbook declare service=checkout severity=sev1 <@"+h.ben.ID+"> sees <https://x.example/d|errors> &lt;!channel&gt;")
		acts := h.door.all()
		want := &slack.Declaration{
			Title: "@Ben Okoye sees errors (https://x.example/d) <!channel>", Service: "checkout", Severity: "SEV1", Room: room, By: anaActor,
		}
		if len(acts) != 1 || acts[0].Declared == nil {
			t.Fatalf("acts are %+v", acts)
		}
		want.ID = acts[0].Declared.ID
		want.Title = acts[0].Declared.Title
		if diff := cmp.Diff(want, acts[0].Declared); diff != "" || !strings.HasPrefix(want.ID, "slack/Ev") || !strings.HasSuffix(want.Title, " sees errors (https://x.example/d) <!channel>") {
			t.Errorf("declared as %+v (-want +got):\n%s", acts[0].Declared, diff)
		}
		until(t, "the answer in the thread", func() bool { return len(h.replies(room, m.TS)) == 1 })
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("it took %s", took)
		}
		if text := h.replies(room, m.TS)[0].Text; text != "INC-7 is declared. Its room: https://example.slack.com/archives/"+own {
			t.Errorf("everybody reads %q", text)
		}
		until(t, "Ana in the room", func() bool { r, _ := h.RoomByID(own); return strings.Contains(strings.Join(r.Members, " "), h.ana.ID) })
		// Slack sends it again, to this process, and to another one.
		if _, err := h.Resend(t.Context(), reply.Sent); err != nil {
			t.Fatal(err)
		}
		h.door.again = true
		other := h
		other.url = h.serve(t, slack.NewDesk(slack.New(slack.Options{Token: fakeslack.DefaultToken, APIURL: h.api, People: people()}), h.door))
		sent := reply.Sent
		sent.URL = other.url + "/slack/events"
		if h.url == fakeslack.OverSocket {
			return // one of several sockets is Slack's choice; see the test of two gateways
		}
		if _, err := h.Resend(t.Context(), sent); err != nil {
			t.Fatal(err)
		}
		until(t, "the other's look", func() bool { return h.calls("conversations.replies") == 1 && h.calls("chat.update") == 1 })
		if n := len(h.replies(room, m.TS)); n != 1 || len(h.door.all()) != 2 || h.door.all()[1].Declared.ID != want.ID {
			t.Errorf("%d answers, declared %+v", n, h.door.all())
		}
	})
}

// TestMentionDeclaresBeforeThereIsARoom: everybody is told at once, and the way to the room comes into what they were told.
func TestMentionDeclaresBeforeThereIsARoom(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room, own := h.lounge(), h.room(t)
	first, err := h.Say(room, h.ben.ID, "what is this?", "")
	if err != nil {
		t.Fatal(err)
	}
	h.mentions(t, room, first.TS, "@musterbook: declare Checkout is down")
	until(t, "the answer in the thread", func() bool { return len(h.replies(room, first.TS)) == 2 })
	if text := h.replies(room, first.TS)[1].Text; text != "INC-7 is declared; its room is being opened." {
		t.Errorf("everybody reads %q", text)
	}
	h.door.mu.Lock()
	h.door.shown.Incident = incident.Incident{Key: "INC-7", Room: incident.Room{ID: own, URL: "https://example.slack.com/archives/" + own}}
	h.door.mu.Unlock()
	until(t, "the way to the room", func() bool { return strings.Contains(h.replies(room, first.TS)[1].Text, "/archives/"+own) })
	if n := len(h.replies(room, first.TS)); n != 2 {
		t.Errorf("%d answers", n)
	}
}

// TestMentionOfAPrivateIncident: where it is declared nobody reads of it but the one who declared it.
func TestMentionOfAPrivateIncident(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room, own := h.lounge(), h.room(t)
	h.door.shown.Incident = incident.Incident{Key: "INC-7", Private: true, Room: incident.Room{ID: own}}
	m, _ := h.mentions(t, room, "", "@musterbook declare runbook=breach a laptop")
	until(t, "a message of her own", func() bool { return h.calls("conversations.open") == 1 && h.calls("conversations.invite") == 1 })
	if n := len(h.replies(room, m.TS)); n != 0 {
		t.Errorf("everybody reads %+v", h.replies(room, m.TS))
	}
}

// TestMentionOfAnIncidentThatIsSilent: as long as an incident does not say whether it is private, everybody hears nothing of it.
func TestMentionOfAnIncidentThatIsSilent(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		private bool
		aloud   int
	}{
		{name: "private", private: true},
		{name: "for everybody", aloud: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := startHouse(t)
			room, own := h.lounge(), h.room(t)
			h.door.unseen = errors.New("nobody answers")
			m, _ := h.mentions(t, room, "", "@musterbook declare a laptop is gone")
			until(t, "its declaration", func() bool { return len(h.door.all()) == 1 })
			soon := time.Now().Add(2 * time.Second) // longer than an answer for everybody waits
			until(t, "an answer, or none", func() bool { return len(h.replies(room, m.TS)) > 0 || time.Now().After(soon) })
			if n := len(h.replies(room, m.TS)); n != 0 {
				t.Fatalf("everybody reads %+v", h.replies(room, m.TS))
			}
			h.door.mu.Lock()
			h.door.unseen = nil
			h.door.shown.Incident = incident.Incident{Key: "INC-7", Private: tt.private, Room: incident.Room{ID: own}}
			h.door.mu.Unlock()
			until(t, "whoever declared it in the room", func() bool { return h.calls("conversations.invite") == 1 })
			until(t, "the answer", func() bool { return h.calls("chat.postMessage") == 1 })
			if n := len(h.replies(room, m.TS)); n != tt.aloud {
				t.Errorf("everybody reads %+v", h.replies(room, m.TS))
			}
		})
	}
}

func TestMentionIsACommand(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		room := h.lounge()
		zoe := h.AddUser(fakeslack.User{Name: "zoe", RealName: "Zoe Q"})
		said := []struct {
			text string
			want acted
			told string
		}{
			{"@musterbook sev1 all is &lt;red&gt;", acted{Verb: contract.VerbSeverity, Act: contract.Act{Value: "SEV1", Reason: "all is <red>"}}, "done &amp; noted"},
			{"@musterbook, ack INC-3", acted{Verb: contract.VerbAck, Act: contract.Act{Key: "INC-3"}}, "done &amp; noted"},
			{"  @musterbook note see <https://x.example/d>", acted{Verb: contract.VerbNote, Act: contract.Act{Value: "see https://x.example/d"}}, "done &amp; noted"},
			{"@musterbook assign comms <@" + h.ben.ID + ">", acted{Verb: contract.VerbAssign, Act: contract.Act{Role: "comms", Person: "ben", PersonName: "Ben Okoye"}}, "done &amp; noted"},
			{"@musterbook assign comms <@" + zoe.ID + ">", acted{}, "not in the roster"},
			{"@musterbook who", acted{Told: &slack.Topic{Subject: slack.SubjectWho}}, "done &amp; noted"},
			{"@musterbook status INC-3", acted{Told: &slack.Topic{Subject: slack.SubjectStatus}}, "done &amp; noted"},
			{"@musterbook help", acted{}, "@musterbook declare"},
			{"@musterbook approve", acted{}, "write it so: approve"},
			{"@musterbook step do this", acted{}, "is not offered here"},
		}
		for n, s := range said {
			before := len(h.door.all())
			h.mentions(t, room, "", s.text)
			got := h.told(t, room, n+1)
			if got.To != h.ana.ID || !strings.Contains(got.Text, s.told) || got.ThreadTS != "" || strings.Contains(got.Text, "<!") {
				t.Errorf("%q tells %s %q", s.text, got.To, got.Text)
			}
			acts := h.door.all()[before:]
			if s.want.Verb == "" && s.want.Told == nil {
				if len(acts) != 0 {
					t.Errorf("%q does %+v", s.text, acts)
				}
				continue
			}
			if len(acts) != 1 {
				t.Fatalf("%q does %+v", s.text, acts)
			}
			a := acts[0]
			if a.Told == nil && (!strings.HasPrefix(a.Act.ID, "slack/Ev") || a.Act.By != anaActor) {
				t.Errorf("%q is done as %+v", s.text, a.Act)
			}
			if a.To.Room != room || a.To.Key == "" && a.To.RoomName != "team-checkout" {
				t.Errorf("%q is meant for %+v", s.text, a.To)
			}
			a.To, a.Act.ID, a.Act.By = slack.Target{}, "", incident.Actor{}
			if diff := cmp.Diff(s.want, a); diff != "" {
				t.Errorf("%q (-want +got):\n%s", s.text, diff)
			}
		}
		if n := len(h.Messages(room)); n != len(said) {
			t.Errorf("the room has %d messages, %d were said", n, len(said))
		}
	})
}

// TestMentionByAStranger: they act under the name that Slack knows.
func TestMentionByAStranger(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	zoe := h.AddUser(fakeslack.User{Name: "zoe", RealName: "Zoe Q", Email: "zoe@example.com"})
	room := h.AddRoom(fakeslack.Room{Name: "secret", Private: true, Members: []string{fakeslack.BotUser, zoe.ID}}).ID
	first, err := h.Say(room, zoe.ID, "hm", "")
	if err != nil {
		t.Fatal(err)
	}
	_, reply, err := h.Mention(t.Context(), h.url+"/slack/events", fakeslack.MentionRequest{User: zoe.ID, Room: room, Thread: first.TS, Text: "@musterbook note hello"})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatal(reply.Status, err)
	}
	if got := h.told(t, room, 1); got.To != zoe.ID || got.ThreadTS != first.TS {
		t.Errorf("she is told %+v", got)
	}
	want := incident.Actor{Name: "Zoe Q", Door: incident.DoorSlack, Verified: true}
	if acts := h.door.all(); len(acts) != 1 || acts[0].Act.By != want {
		t.Errorf("acts are %+v", acts)
	}
}

// TestMentionOpensForms: what lacks something, and what is no command, is answered with one button, which opens the form
// with what was said.
func TestMentionOpensForms(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.offer, h.door.shown = offers, burning()
		room := h.lounge()
		said := []struct{ text, button, form string }{
			{"@musterbook", "Declare an incident", `"runbook:checkout"`},
			{"@musterbook declare service=search", "Declare an incident", "input:slow:query"},
			{"@musterbook checkout is down\nsince nine", "Declare an incident", `"initial_value":"checkout is down"`},
			{"Thanks, @musterbook &amp; &lt;friends&gt;", "Declare an incident", `"initial_value":"Thanks, \u0026 \u003cfriends\u003e"`},
			{"let @musterbook resolve this", "Declare an incident", "let resolve this"},
			{"@musterbook severity", "Set the severity", "Not sure between two"},
			{"@musterbook cancel that, sorry", "It was no incident", `"initial_value":"that, sorry"`},
			{"@musterbook resolve revert the cache is well", "Resolve", `"initial_value":"the cache is well"`},
			{"@musterbook assign comms", "Give a role", "Yourself, when you choose nobody"},
		}
		for n, s := range said {
			m, _ := h.mentions(t, room, "", s.text)
			got := h.told(t, room, n+1)
			buttons := got.Buttons()
			if len(buttons) != 1 || buttons[0].Text != s.button || got.To != h.ana.ID {
				t.Fatalf("%q is answered with %+v, %s", s.text, buttons, got.Text)
			}
			_, err := h.Click(t.Context(), h.url+"/slack/actions", fakeslack.ClickRequest{User: h.ana.ID, Room: room, MessageTS: got.TS, ActionID: buttons[0].ActionID})
			if err != nil {
				t.Fatal(err)
			}
			view := h.seen(t, h.ana.ID, s.form)
			if s.button == "Declare an incident" && strings.HasPrefix(s.form, `"initial_value"`) && !strings.Contains(string(view.JSON), "/archives/"+room+"/p"+strings.ReplaceAll(m.TS, ".", "")) {
				t.Errorf("%q: the form has no link to the message: %s", s.text, view.JSON)
			}
		}
		if acts := h.door.all(); len(acts) != 0 || len(h.Messages(room)) != len(said) {
			t.Errorf("something was done: %+v", acts)
		}
	})
}

// TestMentionFormIsToldInTheThread: what is declared in the form of a mention stands below the mention, unless it is
// private.
func TestMentionFormIsToldInTheThread(t *testing.T) {
	t.Parallel()
	for private, want := range map[string]int{"no": 1, "yes": 0} {
		t.Run(private, func(t *testing.T) {
			t.Parallel()
			h := startHouse(t)
			h.door.offer = offers
			room, own := h.lounge(), h.room(t)
			h.door.shown.Incident = incident.Incident{Key: "INC-7", Room: incident.Room{ID: own, URL: "https://example.slack.com/archives/" + own}}
			m, _ := h.mentions(t, room, "", "@musterbook search is slow")
			got := h.told(t, room, 1)
			if _, err := h.Click(t.Context(), h.url+"/slack/actions", fakeslack.ClickRequest{User: h.ana.ID, Room: room, MessageTS: got.TS, ActionID: got.Buttons()[0].ActionID}); err != nil {
				t.Fatal(err)
			}
			h.seen(t, h.ana.ID, "search is slow")
			h.submit(t, map[string]string{"input:outage:region": "eu", "private": private})
			until(t, "a message of her own", func() bool { return h.calls("conversations.open") == 1 })
			until(t, "the answers", func() bool { return len(h.replies(room, m.TS)) == want })
			if want == 1 && !strings.Contains(h.replies(room, m.TS)[0].Text, "INC-7 is declared. Its room: https://") {
				t.Errorf("everybody reads %+v", h.replies(room, m.TS))
			}
		})
	}
}

// TestMentionsThatAreNobodys are not answered: those of programs, of ourselves, and corrected ones.
func TestMentionsThatAreNobodys(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room := h.lounge()
	text := "<@" + fakeslack.BotUser + "> declare x"
	for id, inner := range map[string]map[string]any{
		"Ev1": {"user": h.ana.ID, "bot_id": "B1", "text": text, "ts": "1.000001", "channel": room},
		"Ev2": {"user": fakeslack.BotUser, "text": text, "ts": "1.000001", "channel": room},
		"Ev3": {"user": h.ana.ID, "text": text, "ts": "1.000001", "channel": room, "edited": map[string]any{"user": h.ana.ID, "ts": "2.000001"}},
		"Ev4": {"user": h.ana.ID, "subtype": "bot_message", "text": text, "ts": "1.000001", "channel": room},
		"Ev5": {"text": text, "ts": "1.000001", "channel": room},
		"Ev6": {"user": h.ana.ID, "text": text, "channel": room},
		"Ev7": {"user": 7, "text": text, "ts": "1.000001", "channel": room},
	} {
		inner["type"] = "app_mention"
		reply, err := h.Event(t.Context(), h.url+"/slack/events", id, inner)
		if err != nil || reply.Status != http.StatusOK {
			t.Errorf("%s gives %d, %v", id, reply.Status, err)
		}
	}
	if acts := h.door.all(); len(acts) != 0 || len(h.Ephemerals(room)) != 0 {
		t.Errorf("something was done: %+v", acts)
	}
}

// TestMentionsSurviveTemporal: what is not known to be done comes again and is done once; the person is told once.
func TestMentionsSurviveTemporal(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"@musterbook declare checkout is down", "@musterbook note it is cold"} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			h := startHouse(t)
			room := h.lounge()
			h.door.shown.Incident.Room.ID = h.room(t)
			h.door.refusal = errors.New("Temporal is away")
			_, reply, err := h.Mention(t.Context(), h.url+"/slack/events", fakeslack.MentionRequest{User: h.ana.ID, Room: room, Text: text})
			if err != nil || reply.Status != http.StatusServiceUnavailable {
				t.Fatalf("Slack hears %d, %v", reply.Status, err)
			}
			if again, err := h.Resend(t.Context(), reply.Sent); err != nil || again.Status != http.StatusServiceUnavailable {
				t.Errorf("Slack hears %d, %v", again.Status, err)
			}
			if got := h.Ephemerals(room); len(got) != 1 || !strings.Contains(got[0].Text, "tried again by itself") {
				t.Errorf("she is told %+v", got)
			}
			h.door.refusal = nil
			if again, err := h.Resend(t.Context(), reply.Sent); err != nil || again.Status != http.StatusOK {
				t.Errorf("in the end Slack hears %d, %v", again.Status, err)
			}
			until(t, "an answer", func() bool { return len(h.Ephemerals(room))+len(h.Messages(room)) == 3 })
			if acts := h.door.all(); len(acts) != 3 || acts[0].Act.ID != acts[2].Act.ID {
				t.Errorf("acts are %+v", acts)
			}
		})
	}
}

// TestMentionRefused: a refusal is said to the person alone, in its own words.
func TestMentionRefused(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	room := h.lounge()
	h.door.refusal = &incident.Refusal{What: "you may not <!channel>", Hint: "ask Ana"}
	for n, text := range []string{"@musterbook declare checkout is down", "@musterbook ack"} {
		h.mentions(t, room, "", text)
		if got := h.told(t, room, n+1); !strings.HasPrefix(got.Text, "you may not &lt;!channel&gt;") {
			t.Errorf("%q tells %q", text, got.Text)
		}
	}
}

// TestAnswersToMentionsSurviveSlack: in every class of failure an answer arrives, and everybody reads it once.
func TestAnswersToMentionsSurviveSlack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		fault  fakeslack.Fault
		direct bool // it comes as a message of their own
	}{
		{"the answer gets lost", fakeslack.Fault{Kind: fakeslack.WorkThenDrop}, true},
		{"the line breaks", fakeslack.Fault{Kind: fakeslack.DropBeforeWork}, true},
		{"too many requests", fakeslack.Fault{Kind: fakeslack.RateLimited}, false},
		{"Slack is in trouble", fakeslack.Fault{Kind: fakeslack.ServerError}, true},
		{"maintenance", fakeslack.Fault{Kind: fakeslack.HTMLPage}, true},
		{"they have left", fakeslack.Fault{Kind: fakeslack.Refuse, Error: "user_not_in_channel"}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := startHouse(t)
			room, own := h.lounge(), h.room(t)
			h.door.shown.Incident = incident.Incident{Key: "INC-7", Room: incident.Room{ID: own}}
			alone, aloud := tt.fault, tt.fault
			alone.Method, alone.Times = "chat.postEphemeral", 1
			h.Break(alone)
			h.mentions(t, room, "", "@musterbook note x")
			until(t, "the answer for her", func() bool {
				return (h.calls("conversations.open") == 1) == tt.direct && len(h.Ephemerals(room))+h.calls("chat.postMessage") > 0
			})
			if tt.fault.Kind == fakeslack.Refuse {
				return
			}
			before := h.calls("chat.postMessage")
			aloud.Method, aloud.Times = "chat.postMessage", 1
			if before == 0 || tt.direct {
				h.Break(aloud)
			}
			m, _ := h.mentions(t, room, "", "@musterbook declare checkout is down")
			until(t, "the answer for everybody", func() bool { return len(h.replies(room, m.TS)) == 1 })
			until(t, "the invitation", func() bool { return h.calls("conversations.invite") == 1 })
			if n := len(h.replies(room, m.TS)); n != 1 {
				t.Errorf("everybody reads %d answers", n)
			}
		})
	}
}
