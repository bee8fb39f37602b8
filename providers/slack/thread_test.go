package slack_test

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestThreadThatTakesNoReplies: whatever Slack calls it, the message stands in the room, says so, and is posted once.
// Every other refusal stays one.
func TestThreadThatTakesNoReplies(t *testing.T) {
	t.Parallel()
	for code, taken := range map[string]bool{
		"cannot_reply_to_message": true, "thread_not_found": true, "invalid_thread_ts": true, "message_not_found": true,
		"restricted_action_non_threadable_channel": true, "restricted_action_thread_locked": true,
		"restricted_action": false, "msg_too_long": false, "is_archived": false,
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			room := w.room(t)
			first, err := w.Say(room, w.ana.ID, "who looks?", "")
			if err != nil {
				t.Fatal(err)
			}
			w.Break(fakeslack.Fault{Kind: fakeslack.Refuse, Method: "chat.postMessage", Error: code, Times: 1})
			req := contract.PostRequest{Effect: effect("inc/say/1"), Room: room, Message: contract.Message{Text: "Ana", Thread: first.TS}}
			got, err := w.Post(t.Context(), req)
			if !taken {
				if !contract.IsRefused(err) || len(w.Messages(room)) != 1 {
					t.Errorf("it gives %+v, %v", got, err)
				}
				return
			}
			posted := w.Messages(room)
			if err != nil || len(posted) != 2 || posted[1].TS != got.Message || posted[1].ThreadTS != "" ||
				!strings.Contains(posted[1].Text, "in whose thread nothing can be posted") {
				t.Errorf("it gives %+v, %v, and the room has %+v", got, err, posted)
			}
		})
	}
}

// TestReplyIsFoundAmongManyReplies: a thread is listed from the moment of the intent on, so that what was said in it
// before does not hide the reply; and a reply that was posted into the room is found there.
func TestReplyIsFoundAmongManyReplies(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	first, err := w.Say(room, w.ana.ID, "who looks?", "")
	if err != nil {
		t.Fatal(err)
	}
	req := contract.PostRequest{Effect: effect("inc/say/1"), Room: room, Message: contract.Message{Text: "Ben", Thread: first.TS}}
	w.Break(fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Method: "chat.postMessage", Times: 1})
	if _, err := w.Post(t.Context(), req); err == nil || contract.IsRefused(err) {
		t.Fatalf("the lost answer gives %v", err)
	}
	for range 150 {
		if _, err := w.Say(room, w.ben.ID, "Ben", first.TS); err != nil {
			t.Fatal(err)
		}
	}
	req.Again = true
	if _, err := w.Post(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	w.Break(fakeslack.Fault{Kind: fakeslack.ServerError, Method: "conversations.replies", Times: 1})
	if _, err := w.Post(t.Context(), req); err == nil || contract.IsRefused(err) {
		t.Errorf("while Slack cannot say what stands in the thread it gives %v", err)
	}
	if n := len(w.Messages(room)); n != 152 || w.calls("chat.postMessage") != 1 {
		t.Errorf("%d messages, %d were posted by us", n, w.calls("chat.postMessage"))
	}
}
