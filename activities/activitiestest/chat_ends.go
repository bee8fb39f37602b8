package activitiestest

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
)

// announcement is a request that tells the channel of an incident.
func (w *ChatWorld) announcement(key, words string) contract.AnnounceRequest {
	return contract.AnnounceRequest{Effect: effect(key), Channel: w.Channel, Message: contract.Message{Text: words, Tone: contract.ToneRed}}
}

// channel is what was announced, without the service's own identifiers.
func (w *ChatWorld) channel() any {
	posts := w.Announced()
	for n := range posts {
		posts[n].ID = ""
	}
	return posts
}

// announcing is the stage on which an incident is announced.
func (s chatSuite) announcing(t *testing.T) stage {
	w := s.open(t)
	req := w.announcement(owner+"/announcement", "INC-1 declared")
	return stage{trouble: w, look: w.channel, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).Announce(t.Context(), req)
	}}
}

// announcingChange is the stage on which an announcement follows its incident.
func (s chatSuite) announcingChange(t *testing.T) stage {
	w := s.open(t)
	posted, err := w.Chat.Announce(t.Context(), w.announcement(owner+"/announcement", "INC-1 declared"))
	must(t, err)
	req := w.announcement(owner+"/announcement", "INC-1 resolved")
	req.Posted = posted.Posted
	return stage{trouble: w, look: w.channel, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).Announce(t.Context(), req)
	}}
}

// announces: the channel has one message, which follows, and the result names it.
func (s chatSuite) announces(t *testing.T) {
	w := s.open(t)
	req := w.announcement("k", "INC-1 declared")
	for _, words := range []string{"INC-1 declared", "INC-1 SEV1", "INC-1 SEV1", "INC-1 resolved"} {
		req.Message.Text = words
		got, err := w.Chat.Announce(t.Context(), req)
		must(t, err)
		posts := w.Announced()
		if len(posts) != 1 || posts[0].ID != got.Posted || got.Posted == "" || !strings.Contains(posts[0].Text, words) {
			t.Fatalf("%q: the channel has %s, the result is %s", words, text(posts), text(got))
		}
		req.Posted = got.Posted
	}
}

// announceConverges is about every request that can be lost while an incident is announced, and while that is changed.
func (s chatSuite) announceConverges(t *testing.T) {
	t.Run("first", func(t *testing.T) { converges(t, s.announcing) })
	t.Run("changed", func(t *testing.T) { converges(t, s.announcingChange) })
}

// announcesForEachKey: what is adopted carries the very same key, however much another's looks like it.
func (s chatSuite) announcesForEachKey(t *testing.T) {
	w := s.open(t)
	seen := map[string]bool{}
	for _, key := range []string{"a/announcement", "aa/announcement", "/announcement"} {
		req := w.announcement(key, "the same words")
		req.Again = true
		got, err := w.Restarted().Announce(t.Context(), req)
		must(t, err)
		seen[got.Posted] = true
	}
	if posts := w.Announced(); len(posts) != 3 || len(seen) != 3 {
		t.Errorf("the channel has %s, the results are %v", text(posts), seen)
	}
}

// announcesDeleted: an announcement that somebody has deleted stays away.
func (s chatSuite) announcesDeleted(t *testing.T) {
	w := s.open(t)
	if w.Withdraw == nil {
		t.Skip("nobody deletes messages in this world")
	}
	got, err := w.Chat.Announce(t.Context(), w.announcement("k", "INC-1 declared"))
	must(t, err)
	w.Withdraw(got.Posted)
	req := w.announcement("k", "INC-1 resolved")
	req.Posted = got.Posted
	again, err := w.Chat.Announce(t.Context(), req)
	must(t, err)
	same(t, "the result", got, again)
	same(t, "announcements", 0, len(w.Announced()))
}

// closing is the stage on which a room is archived.
func (s chatSuite) closing(t *testing.T) stage {
	w := s.open(t)
	req := w.goodbye(w.room(t))
	return stage{trouble: w, look: w.look, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return nil, w.port(restarted).CloseRoom(t.Context(), req)
	}}
}

// goodbye is a request that archives a room.
func (w *ChatWorld) goodbye(room string) contract.CloseRoomRequest {
	return contract.CloseRoomRequest{Effect: effect(owner + "/farewell"), Room: room, Goodbye: contract.Message{Text: "Goodbye from INC-1"}}
}

// closes: the room is archived, and the goodbye stands in it.
func (s chatSuite) closes(t *testing.T) {
	w := s.open(t)
	room := w.room(t)
	same(t, "archived before", false, w.byID(t, room).Archived)
	must(t, w.Chat.CloseRoom(t.Context(), w.goodbye(room)))
	one(t, w.byID(t, room), "Goodbye from INC-1")
	same(t, "archived", true, w.byID(t, room).Archived)
}

// closesClosed: a room that is archived already is success, and hears nothing more.
func (s chatSuite) closesClosed(t *testing.T) {
	w := s.open(t)
	room := w.room(t)
	must(t, w.Chat.CloseRoom(t.Context(), w.goodbye(room)))
	before := w.look()
	other := w.goodbye(room)
	other.Key = owner + "/farewell/other"
	must(t, w.Restarted().CloseRoom(t.Context(), other))
	same(t, "the rooms", before, w.look())
}
