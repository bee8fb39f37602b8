package activitiestest

import (
	"slices"
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// card is the pinned message.
func card(words string) *contract.Message {
	return &contract.Message{Text: words, Pin: true, Buttons: []contract.Button{{Label: "Acknowledge", Verb: contract.VerbAck}}}
}

// showing is the stage on which a room shows something for the first time: guests, a card, a settled question, a topic.
func (s chatSuite) showing(t *testing.T) stage {
	w := s.open(t)
	room := w.room(t)
	question := w.post(t, room, owner+"/ask/1", "how?")
	req := contract.ShowRoomRequest{
		Effect: effect(owner + "/card/1"), Room: room, Topic: "INC-1 - SEV1", Card: card("somebody is called"), Invite: w.Members[:],
		Settled: []contract.SettledPost{{Message: question, Now: contract.Message{Text: "how? rolled back"}}},
	}
	return stage{trouble: w, look: w.look, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).ShowRoom(t.Context(), req)
	}}
}

// changing is the stage on which a room that shows something already shows something else.
func (s chatSuite) changing(t *testing.T) stage {
	w := s.open(t)
	room := w.room(t)
	first := contract.ShowRoomRequest{Effect: effect(owner + "/card/1"), Room: room, Topic: "INC-1", Card: card("somebody is called")}
	got, err := w.Chat.ShowRoom(t.Context(), first)
	must(t, err)
	req := contract.ShowRoomRequest{
		Effect: effect(owner + "/card/2"), Room: room, Topic: "INC-1 - SEV2", Card: card("Ana has acknowledged"), CardID: got.CardID,
	}
	return stage{trouble: w, look: w.look, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).ShowRoom(t.Context(), req)
	}}
}

// shows: the topic and the card follow what is wished, on one message.
func (s chatSuite) shows(t *testing.T) {
	w := s.open(t)
	room := w.room(t)
	id := ""
	for n, words := range []string{"somebody is called", "somebody is called", "Ana has acknowledged", "resolved"} {
		req := contract.ShowRoomRequest{Effect: effect(owner + "/card/1"), Room: room, Topic: "INC-1 - " + words, Card: card(words), CardID: id}
		got, err := w.Chat.ShowRoom(t.Context(), req)
		must(t, err)
		if got.CardID == "" || n > 0 && got.CardID != id || len(got.Problems) > 0 {
			t.Errorf("showing %q gives %s, the card was %q", words, text(got), id)
		}
		id = got.CardID
		r := w.byID(t, room)
		if r.Topic != "INC-1 - "+words {
			t.Errorf("the topic is %q", r.Topic)
		}
		if w.Dim {
			continue
		}
		if p := one(t, r, words); p.ID != id || !p.Pinned || !slices.Equal(p.Buttons, []string{"Acknowledge"}) || len(r.Posts) != 1 {
			t.Errorf("after %q the messages are %s", words, text(r.Posts))
		}
	}
}

// showConverges is about every request that can be lost while a room is made to show something.
func (s chatSuite) showConverges(t *testing.T) {
	t.Run("first", func(t *testing.T) { converges(t, s.showing) })
	t.Run("changed", func(t *testing.T) { converges(t, s.changing) })
}

// showsAfterALostCard: the incident goes on while nobody knows whether its card was posted. What is shown then is what is
// so then, on the one card that may stand there already.
func (s chatSuite) showsAfterALostCard(t *testing.T) {
	if s.open(t).Dim {
		t.Skip("this world shows no cards")
	}
	for skip := range mostRequests {
		w := s.open(t)
		room := w.room(t)
		req := contract.ShowRoomRequest{Effect: effect(owner + "/card"), Room: room, Topic: "INC-1", Card: card("somebody is called"), Invite: w.Members[:]}
		struck := w.Break(Lost, skip)
		first, err := w.Chat.ShowRoom(t.Context(), req)
		if !struck() {
			must(t, err)
			return
		}
		req.Again, req.Topic, req.Card, req.CardID = true, "INC-1 - SEV2", card("Ana has acknowledged"), first.CardID
		got, err := w.Restarted().ShowRoom(t.Context(), req)
		must(t, err)
		r := w.byID(t, room)
		if p := one(t, r, "Ana has acknowledged"); p.ID != got.CardID || !p.Pinned || len(r.Posts) != 1 || r.Topic != "INC-1 - SEV2" {
			t.Errorf("request %d was lost, and now the room is %s, the result %s", skip+1, text(r), text(got))
		}
		guests(t, r, w.Members[:])
	}
	t.Errorf("an effect makes more than %d requests", mostRequests)
}

// showsDeletedCard: a card that somebody has deleted comes back.
func (s chatSuite) showsDeletedCard(t *testing.T) {
	w := s.open(t)
	if w.Dim {
		t.Skip("this world shows no cards")
	}
	room := w.room(t)
	req := contract.ShowRoomRequest{Effect: effect(owner + "/card/1"), Room: room, Card: card("somebody is called")}
	first, err := w.Chat.ShowRoom(t.Context(), req)
	must(t, err)
	w.Delete(room, first.CardID)
	req.CardID, req.Card = first.CardID, card("Ana has acknowledged")
	second, err := w.Chat.ShowRoom(t.Context(), req)
	must(t, err)
	if p := one(t, w.byID(t, room), "Ana has acknowledged"); p.ID != second.CardID || second.CardID == first.CardID || !p.Pinned {
		t.Errorf("the new card is %s, the result %s, the old one was %q", text(p), text(second), first.CardID)
	}
}

// settles: a question that is over loses its buttons and says how it ended, as often as it is asked for.
func (s chatSuite) settles(t *testing.T) {
	w := s.open(t)
	if w.Dim {
		t.Skip("this world does not show what has become of a message")
	}
	room := w.room(t)
	asked, err := w.Chat.Post(t.Context(), contract.PostRequest{Effect: effect("q"), Room: room, Message: contract.Message{
		Text: "how?", Buttons: []contract.Button{{Label: "Restart", Verb: contract.VerbAnswer}},
	}})
	must(t, err)
	other := w.post(t, room, "o", "something else")
	req := contract.ShowRoomRequest{Effect: effect("s"), Room: room, Settled: []contract.SettledPost{{
		Message: asked.Message, Now: contract.Message{Text: "how? restarted by Ana"},
	}}}
	for range 2 {
		_, err = w.Chat.ShowRoom(t.Context(), req)
		must(t, err)
		r := w.byID(t, room)
		if p := one(t, r, "how? restarted by Ana"); p.ID != asked.Message || len(p.Buttons) > 0 || len(r.Posts) != 2 {
			t.Errorf("the messages are %s", text(r.Posts))
		}
		if p := one(t, r, "something else"); p.ID != other {
			t.Errorf("another message has changed: %s", text(p))
		}
		req.Again = true
	}
}

// showInvites: people come in, those who are there already stay, and who cannot is told and keeps nobody out.
func (s chatSuite) showInvites(t *testing.T) {
	w := s.open(t)
	if w.Dim {
		t.Skip("this world shows only the first guests")
	}
	room := w.room(t)
	invite := func(who ...oncall.PersonID) []string {
		t.Helper()
		got, err := w.Chat.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("i"), Room: room, Invite: who})
		must(t, err)
		return got.Problems
	}
	if problems := invite(w.Members[0]); len(problems) > 0 {
		t.Errorf("problems: %q", problems)
	}
	guests(t, w.byID(t, room), w.Members[:1])
	if problems := invite(w.Members[0], w.Outsider, w.Members[1]); len(problems) != 1 {
		t.Errorf("problems: %q, want one about %s", problems, w.Outsider)
	}
	guests(t, w.byID(t, room), w.Members[:])
	if problems := invite(w.Members[:]...); len(problems) > 0 {
		t.Errorf("problems with members: %q", problems)
	}
}

// showLeaves: what a request does not name stays as it is.
func (s chatSuite) showLeaves(t *testing.T) {
	w := s.open(t)
	room := w.room(t)
	first, err := w.Chat.ShowRoom(t.Context(), contract.ShowRoomRequest{
		Effect: effect("c"), Room: room, Topic: "INC-1", Card: card("somebody is called"), Invite: w.Members[:],
	})
	must(t, err)
	before := w.look()
	got, err := w.Chat.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("d"), Room: room, CardID: first.CardID})
	must(t, err)
	same(t, "result", first, got)
	same(t, "world", before, w.look())
}
