package slack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// room opens a room for a test.
func (w world) room(t *testing.T) string {
	t.Helper()
	got, err := w.OpenRoom(t.Context(), contract.OpenRoomRequest{Effect: effect("room"), Owner: "o", Name: "inc-INC-1", Purpose: "INC-1 Checkout"})
	if err != nil {
		t.Fatal(err)
	}
	return got.Room.ID
}

func TestPost(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	got, err := w.Post(t.Context(), contract.PostRequest{
		Effect: effect("inc/say/1"), Room: room,
		Message: contract.Message{
			Text: "5 < 6 & <!channel> @here", Tone: contract.ToneRed, Mention: []oncall.PersonID{"ana", "cem", "lost", "nobody"}, Pin: true,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	messages := w.Messages(room)
	if len(messages) != 1 || messages[0].TS != got.Message {
		t.Fatalf("messages are %+v, the result %+v", messages, got)
	}
	m := messages[0]
	want := "<@" + w.ana.ID + "> <@U0CEM00000> Lost &amp; Found nobody :red_circle: 5 &lt; 6 &amp; &lt;!channel&gt; @\u2060here"
	if m.Text != want {
		t.Errorf("the text is\n%s, want\n%s", m.Text, want)
	}
	if m.Metadata.EventPayload["k"] != "inc/say/1" {
		t.Errorf("metadata is %+v", m.Metadata)
	}
	if after, _ := w.RoomByID(room); !cmp.Equal(after.Pins, []string{m.TS}) {
		t.Errorf("pins are %v", after.Pins)
	}
}

// TestPostRecovers loses the answer of a post, or of its pin, while people talk:
// the repetition finds the message by its key.
func TestPostRecovers(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"chat.postMessage", "pins.add"} {
		for _, kind := range []fakeslack.FaultKind{fakeslack.WorkThenDrop, fakeslack.DropBeforeWork, fakeslack.ServerError, fakeslack.HTMLPage, fakeslack.RateLimited} {
			t.Run(method+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				room := w.room(t)
				req := contract.PostRequest{Effect: effect("inc/say/1"), Room: room, Message: contract.Message{Text: "once", Pin: true}}
				other := contract.PostRequest{Effect: effect("inc/say/11"), Room: room, Message: contract.Message{Text: "another"}}
				w.Break(fakeslack.Fault{Method: method, Kind: kind, Times: 1})
				if _, err := w.Post(t.Context(), req); err == nil || contract.IsRefused(err) {
					t.Fatalf("the first attempt gives %v", err)
				}
				if _, err := w.Post(t.Context(), other); err != nil {
					t.Fatal(err)
				}
				for range 20 {
					if _, err := w.Say(room, w.ana.ID, "once", ""); err != nil {
						t.Fatal(err)
					}
				}
				req.Again = true
				got, err := w.Post(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				ours := 0
				for _, m := range w.Messages(room) {
					if m.Metadata != nil && m.Metadata.EventPayload["k"] == "inc/say/1" {
						ours++
					}
				}
				after, _ := w.RoomByID(room)
				if ours != 1 || !cmp.Equal(after.Pins, []string{got.Message}) {
					t.Errorf("%d messages carry the key, pins are %v, the result is %v", ours, after.Pins, got)
				}
			})
		}
	}
}

func TestPostInARoomThatWeLeft(t *testing.T) {
	t.Parallel()
	w := start(t)
	public := w.AddRoom(fakeslack.Room{Name: "ops"})
	private := w.AddRoom(fakeslack.Room{Name: "secret", Private: true})
	post := func(room string) error {
		_, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("k"), Room: room, Message: contract.Message{Text: "hi"}})
		return err
	}
	if err := post(public.ID); err != nil {
		t.Errorf("a public room is joined, but: %v", err)
	}
	if err := post(private.ID); !contract.IsRefused(err) {
		t.Errorf("a private room gives %v", err)
	}
	if n := w.calls("conversations.join"); n != 1 {
		t.Errorf("joined %d times", n)
	}
}

func TestPinIsNotWorthAMessage(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	w.Break(fakeslack.Fault{Method: "pins.add", Kind: fakeslack.Refuse, Error: "too_many_pins"})
	got, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("k"), Room: room, Message: contract.Message{Text: "hi", Pin: true}})
	if err != nil || got.Message == "" {
		t.Errorf("the post gives %+v, %v", got, err)
	}
}

func TestMentionsFallBackToNames(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	w.Break(fakeslack.Fault{Method: "users.lookupByEmail", Kind: fakeslack.ServerError})
	if _, err := w.Post(t.Context(), contract.PostRequest{
		Effect: effect("k"), Room: room, Message: contract.Message{Text: "hi", Mention: []oncall.PersonID{"ana", "ben", "cem"}},
	}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Ana Ruiz Ben Okoye Cem hi"}, w.posts(room)); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	if n := w.calls("users.lookupByEmail"); n != 1 {
		t.Errorf("Slack was asked %d times although it is away", n)
	}
}

func card(text string) *contract.Message { return &contract.Message{Text: text} }

func TestShowRoom(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	question, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("q"), Room: room, Message: contract.Message{
		Text: "Roll back?", Buttons: []contract.Button{{Label: "Yes", Verb: contract.VerbAnswer, Incident: "incident/x", Key: "INC-1", Question: "stop/1", Value: "yes"}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	first, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{
		Effect: effect("card"), Room: room, Topic: "SEV2", Card: card("severity not set"), Invite: []oncall.PersonID{"ben"},
	})
	if err != nil || first.CardID == "" || first.Problems != nil {
		t.Fatalf("the first showing gives %+v, %v", first, err)
	}
	second, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{
		Effect: effect("card"), Room: room, Topic: "SEV1", Card: card("SEV1"), CardID: first.CardID,
		Settled: []contract.SettledPost{{Message: question.Message, Now: contract.Message{Text: "Roll back? Yes (Ana)"}}},
	})
	if err != nil || second.CardID != first.CardID || second.Problems != nil {
		t.Fatalf("the second showing gives %+v, %v", second, err)
	}
	if diff := cmp.Diff([]string{"Roll back? Yes (Ana)", "SEV1"}, w.posts(room)); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
	if n := len(w.Messages(room)[0].Buttons()); n != 0 {
		t.Errorf("the settled question has %d buttons", n)
	}
	after, _ := w.RoomByID(room)
	if after.Topic != "SEV1" || !cmp.Equal(after.Pins, []string{first.CardID}) || len(after.Members) != 2 {
		t.Errorf("the room is %+v", after)
	}
}

// TestShowRoomRecovers loses the answer of each call in turn.
func TestShowRoomRecovers(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"chat.postMessage", "pins.add", "chat.update", "conversations.setTopic", "conversations.invite"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			room := w.room(t)
			old, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("q"), Room: room, Message: contract.Message{Text: "which?"}})
			if err != nil {
				t.Fatal(err)
			}
			req := contract.ShowRoomRequest{
				Effect: effect("card"), Room: room, Topic: "SEV1", Card: card("SEV1"), Invite: []oncall.PersonID{"ana"},
				Settled: []contract.SettledPost{{Message: old.Message, Now: contract.Message{Text: "this"}}},
			}
			w.Break(fakeslack.Fault{Method: method, Kind: fakeslack.WorkThenDrop, Times: 1})
			if _, err := w.ShowRoom(t.Context(), req); err == nil || contract.IsRefused(err) {
				t.Fatalf("the first attempt gives %v", err)
			}
			topics := w.calls("conversations.setTopic")
			req.Again = true
			got, err := w.ShowRoom(t.Context(), req)
			if err != nil || got.Problems != nil {
				t.Fatalf("the second attempt gives %+v, %v", got, err)
			}
			if diff := cmp.Diff([]string{"this", "SEV1"}, w.posts(room)); diff != "" {
				t.Errorf("posts (-want +got):\n%s", diff)
			}
			after, _ := w.RoomByID(room)
			if after.Topic != "SEV1" || !cmp.Equal(after.Pins, []string{got.CardID}) || len(after.Members) != 2 {
				t.Errorf("the room is %+v", after)
			}
			if method == "conversations.setTopic" && w.calls(method) != topics {
				t.Error("the topic was set twice, so the room was told twice")
			}
		})
	}
}

// TestShowRoomBringsAFoundCardUpToDate: the first card's answer was lost, and by
// the next attempt something else is so.
func TestShowRoomBringsAFoundCardUpToDate(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	req := contract.ShowRoomRequest{Effect: effect("card"), Room: room, Card: card("severity not set")}
	w.Break(fakeslack.Fault{Method: "chat.postMessage", Kind: fakeslack.WorkThenDrop, Times: 1})
	if _, err := w.ShowRoom(t.Context(), req); err == nil {
		t.Fatal("the first attempt succeeds")
	}
	req.Again, req.Card = true, card("SEV1")
	if _, err := w.ShowRoom(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"SEV1"}, w.posts(room)); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
}

func TestShowRoomReplacesADeletedCard(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	first, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("card/1"), Room: room, Card: card("one")})
	if err != nil {
		t.Fatal(err)
	}
	w.Delete(room, first.CardID)
	second, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("card/2"), Room: room, Card: card("two"), CardID: first.CardID})
	if err != nil || second.CardID == first.CardID || second.CardID == "" {
		t.Fatalf("the second showing gives %+v, %v", second, err)
	}
	after, _ := w.RoomByID(room)
	if diff := cmp.Diff([]string{"two"}, w.posts(room)); diff != "" || !cmp.Equal(after.Pins, []string{second.CardID}) {
		t.Errorf("pins %v, posts (-want +got):\n%s", after.Pins, diff)
	}
}

// TestShowRoomGoesOnPastARefusal: what concerns one object is told and stops
// nothing else; what concerns the installation stops everything.
func TestShowRoomGoesOnPastARefusal(t *testing.T) {
	t.Parallel()
	request := func(room string) contract.ShowRoomRequest {
		return contract.ShowRoomRequest{
			Effect: effect("card"), Room: room, Topic: "SEV1", Card: card("SEV1"), Invite: []oncall.PersonID{"lost"},
			Settled: []contract.SettledPost{{Message: "1.000001", Now: contract.Message{Text: "x"}}},
		}
	}
	w := start(t)
	room := w.room(t)
	got, err := w.ShowRoom(t.Context(), request(room))
	if err != nil || len(got.Problems) != 2 || got.CardID == "" {
		t.Errorf("the showing gives %+v, %v", got, err)
	}
	if after, _ := w.RoomByID(room); after.Topic != "SEV1" {
		t.Errorf("the topic is %q", after.Topic)
	}
	w.Break(fakeslack.Fault{Kind: fakeslack.RevokeToken})
	before := len(w.Requests())
	if _, err := w.ShowRoom(t.Context(), request(room)); !contract.IsRefused(err) {
		t.Errorf("a revoked token gives %v", err)
	}
	if n := len(w.Requests()) - before; n != 1 {
		t.Errorf("%d calls were made with a revoked token, want one", n)
	}
}

func TestRendering(t *testing.T) {
	t.Parallel()
	button := func(n int) contract.Button {
		return contract.Button{Label: fmt.Sprint("choice ", n), Verb: contract.VerbAnswer, Incident: "incident/x", Key: "INC-1", Question: "q/1", Value: fmt.Sprint(n)}
	}
	var many []contract.Button
	for n := range 30 {
		many = append(many, button(n))
	}
	huge := button(1)
	huge.Incident = strings.Repeat("x", 2001)
	tests := []struct {
		name    string
		message contract.Message
		buttons int
		blocks  []string // pieces that the blocks hold
		absent  []string
	}{
		{name: "empty", blocks: []string{"(no text)"}},
		{name: "green", message: contract.Message{Text: "over", Tone: contract.ToneGreen}, blocks: []string{":large_green_circle: over"}},
		{name: "late", message: contract.Message{Text: "x", Late: time.Unix(1795000000, 0)}, blocks: []string{`\u003c!date^1795000000^{date_short_pretty}, {time_secs}|2026-11-18`, "posted late"}},
		{
			name: "every way to shout", message: contract.Message{Text: "<!here> <!subteam^S1> <@U1> @Channel @everyone @GROUP @hereabouts"},
			blocks: []string{"@\u2060Channel @\u2060everyone @\u2060GROUP @hereabouts", `\u0026lt;!here\u0026gt;`, `\u0026lt;!subteam^S1\u0026gt; \u0026lt;@U1\u0026gt;`},
		},
		{name: "many buttons", message: contract.Message{Text: "which?", Buttons: many}, buttons: 30},
		{
			name: "a button that does not fit", message: contract.Message{Text: "which?", Buttons: []contract.Button{huge, button(2)}},
			buttons: 1, blocks: []string{"give them on the command line: choice 1"},
		},
		{name: "a long label", message: contract.Message{Text: "x", Buttons: []contract.Button{{Label: strings.Repeat("w", 80), Verb: contract.VerbAck, Danger: true}}}, buttons: 1, blocks: []string{`"style":"danger"`}},
		{name: "a very long text", message: contract.Message{Text: strings.Repeat("a line & more\n", 2000)}, blocks: []string{"…"}},
		{name: "one very long word", message: contract.Message{Text: strings.Repeat("<", 20000)}, blocks: []string{"…"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			room := w.room(t)
			if _, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("k"), Room: room, Message: test.message}); err != nil {
				t.Fatal(err) // the fake checks all limits of Block Kit
			}
			m := w.Messages(room)[0]
			if n := len(m.Buttons()); n != test.buttons {
				t.Errorf("%d buttons, want %d", n, test.buttons)
			}
			for _, piece := range test.blocks {
				if !strings.Contains(string(m.Blocks), piece) {
					t.Errorf("the blocks do not hold %q:\n%s", piece, m.Blocks)
				}
			}
			for _, loud := range []string{"<!here", "<!channel", "<!everyone", "@here ", "@channel"} {
				if strings.Contains(m.Text, loud) {
					t.Errorf("the text shouts %q: %s", loud, m.Text)
				}
			}
		})
	}
}
