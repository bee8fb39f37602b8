package activitiestest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// opening is the stage on which a room is opened.
func (s chatSuite) opening(t *testing.T) stage {
	w := s.open(t)
	req := w.opening()
	return stage{trouble: w, look: w.look, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).OpenRoom(t.Context(), req)
	}}
}

// opens: the room is there, as it was wished, and the result names it.
func (s chatSuite) opens(t *testing.T) {
	w := s.open(t)
	got, err := w.Chat.OpenRoom(t.Context(), w.opening())
	must(t, err)
	rooms := w.Rooms()
	if len(rooms) != 1 || got.Room.ID != rooms[0].ID || got.Room.Name != rooms[0].Name || got.Room.ID == "" {
		t.Fatalf("the result is %s, the rooms are %s", text(got), text(rooms))
	}
	if !rooms[0].Ours || rooms[0].Name != roomName || len(got.NotInvited) > 0 {
		t.Errorf("the room is %s, not invited %q", text(rooms[0]), got.NotInvited)
	}
	if got.Room.URL == "" {
		t.Error("nobody is told where the room is")
	}
	guests(t, rooms[0], w.Members[:])
	if !w.Dim && rooms[0].Topic != "INC-1 - SEV1" {
		t.Errorf("the topic is %q", rooms[0].Topic)
	}
}

// opensConverges is about every request that can be lost while a room is opened.
func (s chatSuite) opensConverges(t *testing.T) { converges(t, s.opening) }

// takesNoStrangersRoom: a room of the wished name that somebody else has is left alone, however much it looks like ours.
func (s chatSuite) takesNoStrangersRoom(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(fmt.Sprintf("again %t", again), func(t *testing.T) {
			w := s.open(t)
			w.Occupy(roomName, owner)
			before := foreign(w.Rooms())
			req := w.opening()
			req.Again = again
			got, err := w.Chat.OpenRoom(t.Context(), req)
			must(t, err)
			same(t, "the stranger's room", before, foreign(w.Rooms()))
			ours := w.byID(t, got.Room.ID)
			if !ours.Ours || ours.Name == roomName || got.Room.Name != ours.Name || !strings.HasPrefix(ours.Name, roomName) {
				t.Errorf("our room is %s, the result %s", text(ours), text(got))
			}
			req.Again = true
			repeated, err := w.Restarted().OpenRoom(t.Context(), req)
			must(t, err)
			same(t, "the repetition", got, repeated)
		})
	}
}

// opensForEachOwner: two incidents that wish the same name get two rooms, and each keeps its own.
func (s chatSuite) opensForEachOwner(t *testing.T) {
	w := s.open(t)
	open := func(owner string, again bool) string {
		req := w.opening()
		req.Owner, req.Key, req.Again = owner, owner+"/room/1", again
		got, err := w.Chat.OpenRoom(t.Context(), req)
		must(t, err)
		return got.Room.ID
	}
	// One owner's id begins with the other's.
	first, second := open("0198-a", false), open("0198-ab", false)
	if first == second || len(w.Rooms()) != 2 {
		t.Fatalf("rooms %q and %q of %s", first, second, text(w.Rooms()))
	}
	if a, b := open("0198-a", true), open("0198-ab", true); a != first || b != second || len(w.Rooms()) != 2 {
		t.Errorf("repeated, they get %q and %q; before %q and %q", a, b, first, second)
	}
	if third := open("0198-abc", true); third == first || third == second {
		t.Errorf("a third gets the room %q of another", third)
	}
}

// opensWithoutOutsider: whoever cannot be invited is named, and everybody else comes in.
func (s chatSuite) opensWithoutOutsider(t *testing.T) {
	w := s.open(t)
	if w.Dim {
		t.Skip("this world invites everybody")
	}
	req := w.opening()
	req.Invite = []oncall.PersonID{w.Members[0], w.Outsider, w.Members[1], "nobody-of-that-name"}
	got, err := w.Chat.OpenRoom(t.Context(), req)
	must(t, err)
	guests(t, w.byID(t, got.Room.ID), w.Members[:])
	for n, who := range []oncall.PersonID{w.Outsider, "nobody-of-that-name"} {
		if n >= len(got.NotInvited) || !strings.Contains(got.NotInvited[n], string(who)) {
			t.Errorf("not invited are %q, want %s among them", got.NotInvited, who)
		}
	}
}

// guests compares a room's members.
func guests(t *testing.T, r Room, want []oncall.PersonID) {
	t.Helper()
	got := slices.Sorted(slices.Values(r.Members))
	same(t, "members", slices.Sorted(slices.Values(want)), got)
}

// posting is the stage on which a message is posted and pinned, among others.
func (s chatSuite) posting(t *testing.T) stage {
	w := s.open(t)
	room := w.room(t)
	w.post(t, room, owner+"/say/11", "before")
	req := contract.PostRequest{Effect: effect(owner + "/say/1"), Room: room, Message: contract.Message{
		Text: "roll back now", Pin: true, Tone: contract.ToneRed, Buttons: []contract.Button{{Label: "Yes", Verb: contract.VerbAnswer, Value: "yes"}},
	}}
	return stage{trouble: w, look: w.look, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).Post(t.Context(), req)
	}}
}

// posts: the message is there once, as it was wished, and the result names it.
func (s chatSuite) posts(t *testing.T) {
	w := s.open(t)
	room := w.room(t)
	got, err := w.Chat.Post(t.Context(), contract.PostRequest{Effect: effect("k"), Room: room, Message: contract.Message{
		Text: "roll back now", Pin: true, Buttons: []contract.Button{{Label: "Yes", Verb: contract.VerbAnswer}, {Label: "No", Verb: contract.VerbAnswer}},
	}})
	must(t, err)
	p := one(t, w.byID(t, room), "roll back now")
	if p.ID != got.Message || got.Message == "" {
		t.Errorf("the result names %q, the message is %q", got.Message, p.ID)
	}
	if !w.Dim && (!p.Pinned || !slices.Equal(p.Buttons, []string{"Yes", "No"})) {
		t.Errorf("the message is %s", text(p))
	}
}

// postConverges is about every request that can be lost while a message is posted.
func (s chatSuite) postConverges(t *testing.T) { converges(t, s.posting) }

// postKnowsItsKey: what is adopted carries the very same key; the same words prove nothing.
func (s chatSuite) postKnowsItsKey(t *testing.T) {
	w := s.open(t)
	room := w.room(t)
	if !w.Dim {
		w.Talk(room, "again")
	}
	seen := map[string]bool{}
	for _, key := range []string{owner + "/say/11", owner + "/say/1", owner + "/say/1/1", "/say/1"} {
		req := contract.PostRequest{Effect: effect(key), Room: room, Message: contract.Message{Text: "again"}}
		req.Again = true // A new process may not know whether it was posted before.
		got, err := w.Restarted().Post(t.Context(), req)
		must(t, err)
		if seen[got.Message] {
			t.Errorf("%s has adopted another's message %q", key, got.Message)
		}
		seen[got.Message] = true
		repeated, err := w.Chat.Post(t.Context(), req)
		must(t, err)
		same(t, "the repetition of "+key, got, repeated)
	}
	want := len(seen)
	if !w.Dim {
		want++
	}
	if found := saying(w.byID(t, room), "again"); len(found) != want {
		t.Errorf("%d messages were posted, want %d: %s", len(found), want, text(found))
	}
}
