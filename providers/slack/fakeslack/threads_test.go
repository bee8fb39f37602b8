package fakeslack_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestReplies: a thread is its first message and its replies, oldest first, whichever of them names it.
func TestReplies(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	room := w.create(t, "ops").ID
	user := w.AddUser(fakeslack.User{Name: "ana"}).ID
	say := func(text, thread string) string {
		m, err := w.Say(room, user, text, thread)
		if err != nil {
			t.Fatal(err)
		}
		return m.TS
	}
	first := say("first", "")
	say("beside it", "")
	early := say("early", first)
	say("late", first)
	for _, test := range []struct {
		ts, oldest string
		want       []string
	}{
		{first, "", []string{"first", "early", "late"}},
		{early, "", []string{"first", "early", "late"}},
		{first, early, []string{"first", "late"}},
	} {
		got := w.call(t, "conversations.replies", url.Values{"channel": {room}, "ts": {test.ts}, "oldest": {test.oldest}})
		var texts []string
		list, _ := got["messages"].([]any)
		for _, m := range list {
			texts = append(texts, m.(map[string]any)["text"].(string))
		}
		if diff := cmp.Diff(test.want, texts); diff != "" {
			t.Errorf("%s since %s (-want +got):\n%s", test.ts, test.oldest, diff)
		}
	}
	for code, args := range map[string]url.Values{
		"thread_not_found": {"channel": {room}, "ts": {"1.000001"}}, "invalid_arguments": {"channel": {room}}, "channel_not_found": {"channel": {"C404"}, "ts": {first}},
	} {
		if got := w.call(t, "conversations.replies", args); got["error"] != code {
			t.Errorf("%v gives %v, want %s", args, got, code)
		}
	}
}
