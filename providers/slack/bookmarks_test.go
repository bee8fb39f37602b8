package slack_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// bookmarked are the room's bookmarks, in order.
func (w world) bookmarked(room string) (out []contract.Link) {
	r, _ := w.RoomByID(room)
	for _, b := range r.Bookmarks {
		out = append(out, contract.Link{Name: b.Title, URL: b.Link})
	}
	return out
}

// links are those of an incident.
func links() []contract.Link {
	return []contract.Link{{Name: "Runbook", URL: "https://wiki.example/r"}, {Name: "Bridge", URL: "https://meet.example/1"}}
}

func TestBookmarks(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	show := func(links ...contract.Link) {
		t.Helper()
		got, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("b"), Room: room, Bookmarks: links})
		if err != nil || !got.Bookmarked || got.Problems != nil {
			t.Errorf("%+v, %v", got, err)
		}
	}
	theirs := contract.Link{Name: "Lunch", URL: "https://lunch.example"}
	show(theirs)
	show(links()...)
	show(append(links(), contract.Link{Name: "Record", URL: "records/INC-1.md"})...) // a file is no address
	moved := links()
	moved[1].URL = "https://meet.example/2"
	show(moved...)
	if diff := cmp.Diff(append([]contract.Link{theirs}, moved...), w.bookmarked(room)); diff != "" {
		t.Errorf("bookmarks (-want +got):\n%s", diff)
	}
	if add, edit := w.calls("bookmarks.add"), w.calls("bookmarks.edit"); add != 3 || edit != 1 {
		t.Errorf("added %d times, changed %d times", add, edit)
	}
}

// TestBookmarksAreTheLeast lets Slack fail in every class at each call: the rest of the room is shown all the same, the
// bookmarks follow when Slack is back, and none stands there twice.
func TestBookmarksAreTheLeast(t *testing.T) {
	t.Parallel()
	tests := []struct {
		fault    fakeslack.Fault
		done     bool // there is nothing to try again
		problems int
	}{
		{fault: fakeslack.Fault{Kind: fakeslack.WorkThenDrop}},
		{fault: fakeslack.Fault{Kind: fakeslack.DropBeforeWork}},
		{fault: fakeslack.Fault{Kind: fakeslack.ServerError, Status: 503}},
		{fault: fakeslack.Fault{Kind: fakeslack.HTMLPage}},
		{fault: fakeslack.Fault{Kind: fakeslack.RateLimited, RetryAfter: 3e9}},
		{fault: fakeslack.Fault{Kind: fakeslack.RateLimitedBare}},
		{fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "internal_error"}},
		{fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "token_revoked"}},
		{fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "access_denied"}, done: true, problems: 1},
		{fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "missing_scope", Needed: "bookmarks:write"}, done: true, problems: 1},
	}
	for _, method := range []string{"bookmarks.list", "bookmarks.add"} {
		for _, test := range tests {
			t.Run(method+" "+string(test.fault.Kind)+" "+test.fault.Error, func(t *testing.T) {
				t.Parallel()
				w := start(t)
				room := w.room(t)
				test.fault.Method, test.fault.Times = method, 1
				w.Break(test.fault)
				req := contract.ShowRoomRequest{Effect: effect("card"), Room: room, Topic: "SEV1", Card: card("SEV1"), Bookmarks: links()}
				first, err := w.ShowRoom(t.Context(), req)
				if err != nil || first.Bookmarked != test.done || len(first.Problems) != test.problems || first.CardID == "" {
					t.Fatalf("%+v, %v", first, err)
				}
				req.CardID = first.CardID
				if again, err := w.ShowRoom(t.Context(), req); err != nil || !again.Bookmarked || again.Problems != nil {
					t.Errorf("when Slack is back: %+v, %v", again, err)
				}
				inOrder := cmpopts.SortSlices(func(a, b contract.Link) bool { return a.Name > b.Name })
				if diff := cmp.Diff(links(), w.bookmarked(room), inOrder); diff != "" {
					t.Errorf("bookmarks (-want +got):\n%s", diff)
				}
			})
		}
	}
}
