package slack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestChannel: how the app stands to a channel, by name and by id; a hidden one is as good as none.
func TestChannel(t *testing.T) {
	t.Parallel()
	w := start(t)
	open := w.AddRoom(fakeslack.Room{Name: "open", Members: []string{w.ana.ID}})
	own := w.AddRoom(fakeslack.Room{Name: "own", Private: true, Restricted: true, Members: []string{fakeslack.BotUser}})
	old := w.AddRoom(fakeslack.Room{Name: "old", Archived: true})
	hidden := w.AddRoom(fakeslack.Room{Name: "hidden", Private: true})
	for asked, want := range map[string]slack.Channel{
		"#open": {ID: open.ID, Name: "open"},
		own.ID:  {ID: own.ID, Name: "own", Private: true, Member: true, Restricted: true},
		old.ID:  {ID: old.ID, Name: "old", Archived: true},
	} {
		got, err := w.Channel(t.Context(), asked)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", asked, err, diff)
		}
	}
	for _, none := range []string{"#none", "#hidden", hidden.ID} {
		if got, err := w.Channel(t.Context(), none); !contract.IsRefused(err) {
			t.Errorf("%s is %+v, %v", none, got, err)
		}
	}
}
