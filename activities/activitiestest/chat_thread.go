package activitiestest

import (
	"slices"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
)

// replying is the stage on which a message of the room is answered, which has been answered before.
func (s chatSuite) replying(t *testing.T) stage {
	w := s.open(t)
	room := w.room(t)
	first := w.post(t, room, owner+"/say/1", "who looks at the cache?")
	answer := func(key, words string) contract.PostRequest {
		return contract.PostRequest{Effect: effect(key), Room: room, Message: contract.Message{Text: words, Thread: first}}
	}
	_, err := w.Chat.Post(t.Context(), answer(owner+"/say/2", "Ana does"))
	must(t, err)
	req := answer(owner+"/say/22", "and Ben")
	return stage{trouble: w, look: w.look, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).Post(t.Context(), req)
	}}
}

// postsIntoAThread: an answer stands with what it answers, and is found there again.
func (s chatSuite) postsIntoAThread(t *testing.T) {
	w := s.open(t)
	room := w.room(t)
	first := w.post(t, room, owner+"/say/1", "who looks at the cache?")
	req := contract.PostRequest{Effect: effect(owner + "/say/2"), Room: room, Message: contract.Message{Text: "Ana does", Thread: first}}
	got, err := w.Chat.Post(t.Context(), req)
	must(t, err)
	if p := one(t, w.byID(t, room), "Ana does"); p.ID != got.Message || p.Thread != first {
		t.Errorf("the result names %q, the message is %s", got.Message, text(p))
	}
	req.Again = true
	repeated, err := w.Restarted().Post(t.Context(), req)
	must(t, err)
	same(t, "the repetition", got, repeated)
	one(t, w.byID(t, room), "Ana does")
}

// postsIntoNoThread: what was to answer a message that is not there stands in the room, once.
func (s chatSuite) postsIntoNoThread(t *testing.T) {
	w := s.open(t)
	if w.Dim {
		t.Skip("nothing is deleted here")
	}
	room := w.room(t)
	gone := w.post(t, room, owner+"/say/1", "who looks at the cache?")
	w.Delete(room, gone)
	for _, thread := range []string{gone, "no message at all"} {
		req := contract.PostRequest{Effect: effect(owner + "/say/" + thread), Room: room, Message: contract.Message{Text: "for " + thread, Thread: thread}}
		got, err := w.Chat.Post(t.Context(), req)
		must(t, err)
		req.Again = true
		repeated, err := w.Restarted().Post(t.Context(), req)
		must(t, err)
		same(t, "the repetition for "+thread, got, repeated)
		posts := slices.DeleteFunc(w.byID(t, room).Posts, func(p Post) bool { return !strings.HasPrefix(p.Text, "for "+thread) })
		if len(posts) != 1 || posts[0].ID != got.Message || posts[0].Thread != "" {
			t.Errorf("for the thread %q the messages are %s", thread, text(posts))
		}
	}
}
