package fakeslack_test

import (
	"fmt"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestReactions: people react and think better of it, and the real client reads who has reacted; of a reply too.
func TestReactions(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	room := w.create(t, "mine").ID
	var people []string
	for n := range 5 {
		people = append(people, w.AddUser(fakeslack.User{Name: fmt.Sprintf("p%d", n)}).ID)
	}
	parent, err := w.Say(room, people[0], "x", "")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := w.Say(room, people[1], "y", parent.TS)
	if err != nil {
		t.Fatal(err)
	}
	pin := func(user string) fakeslack.ReactRequest {
		return fakeslack.ReactRequest{User: user, Room: room, MessageTS: reply.TS, Emoji: "pushpin"}
	}
	for _, user := range people {
		if _, err := w.React(t.Context(), "", pin(user)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.React(t.Context(), "", pin(people[0])); err == nil {
		t.Error("somebody reacts twice")
	}
	if _, err := w.Unreact(t.Context(), "", fakeslack.ReactRequest{User: people[0], Room: room, MessageTS: parent.TS, Emoji: "pushpin"}); err == nil {
		t.Error("somebody takes off what is not there")
	}
	for _, full := range []bool{true, false} {
		got, err := w.client.GetReactionsContext(t.Context(), slack.NewRefToMessage(room, reply.TS), slack.GetReactionsParameters{Full: full})
		if err != nil || got.Message == nil || got.Message.Text != "y" || got.Message.ThreadTimestamp != parent.TS {
			t.Fatalf("%+v, %v", got, err)
		}
		want := []slack.ItemReaction{{Name: "pushpin", Count: 5, Users: people}}
		if !full {
			want[0].Users = people[:3]
		}
		if diff := cmp.Diff(want, got.Reactions); diff != "" {
			t.Errorf("all of them %t (-want +got):\n%s", full, diff)
		}
	}
	for _, user := range people {
		if _, err := w.Unreact(t.Context(), "", pin(user)); err != nil {
			t.Fatal(err)
		}
	}
	if got, err := w.client.GetReactionsContext(t.Context(), slack.NewRefToMessage(room, reply.TS), slack.GetReactionsParameters{}); err != nil || got.Reactions != nil {
		t.Errorf("what is left is %+v, %v", got.Reactions, err)
	}
	hidden := w.AddRoom(fakeslack.Room{Name: "private", Private: true})
	for want, form := range map[string]url.Values{
		"no_item_specified": {"channel": {room}},
		"bad_timestamp":     {"channel": {room}, "timestamp": {"now"}},
		"message_not_found": {"channel": {room}, "timestamp": {"1.000001"}},
		"channel_not_found": {"channel": {hidden.ID}, "timestamp": {reply.TS}},
	} {
		if got := w.call(t, "reactions.get", form)["error"]; got != want {
			t.Errorf("%v gives %v, want %s", form, got, want)
		}
	}
}
