package slack_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// announcement tells #incidents of an incident.
func announcement(text string) contract.AnnounceRequest {
	return contract.AnnounceRequest{Effect: effect("i/announcement"), Channel: "#incidents", Message: contract.Message{Text: text}}
}

func TestAnnounce(t *testing.T) {
	t.Parallel()
	w := start(t)
	channel := w.AddRoom(fakeslack.Room{Name: "incidents"}).ID // the app is no member yet
	req := announcement("INC-1 declared")
	for _, text := range []string{"INC-1 declared", "INC-1 SEV1", "INC-1 resolved"} {
		req.Message.Text = text
		got, err := w.Announce(t.Context(), req)
		if err != nil || got.Posted == "" {
			t.Fatalf("%s: %+v, %v", text, got, err)
		}
		req.Posted = got.Posted
		if diff := cmp.Diff([]string{text}, w.posts(channel)); diff != "" {
			t.Errorf("the channel (-want +got):\n%s", diff)
		}
	}
	_, ts, _ := strings.Cut(req.Posted, "/")
	w.Delete(channel, ts)
	req.Message.Text = "INC-1 is back"
	if _, err := w.Announce(t.Context(), req); err != nil || len(w.posts(channel)) > 0 {
		t.Errorf("what somebody has deleted came back: %q, %v", w.posts(channel), err)
	}
	req = announcement("INC-2")
	req.Channel = channel // by its id
	if _, err := w.Announce(t.Context(), req); err != nil || len(w.posts(channel)) != 1 {
		t.Errorf("%q, %v", w.posts(channel), err)
	}
}

// TestAnnounceRecovers lets Slack fail in every class at each call, in a workspace where the app must join first.
func TestAnnounceRecovers(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"chat.postMessage", "conversations.list", "conversations.join"} {
		for _, fault := range []fakeslack.Fault{
			{Kind: fakeslack.WorkThenDrop},
			{Kind: fakeslack.DropBeforeWork},
			{Kind: fakeslack.ServerError},
			{Kind: fakeslack.HTMLPage},
			{Kind: fakeslack.RateLimited},
			{Kind: fakeslack.RateLimitedBare},
			{Kind: fakeslack.Refuse, Error: "fatal_error"},
		} {
			t.Run(method+" "+string(fault.Kind), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				channel := w.AddRoom(fakeslack.Room{Name: "incidents"}).ID
				fault.Method, fault.Times = method, 1
				w.Break(fault)
				req := announcement("INC-1 declared")
				_, err := w.Announce(t.Context(), req)
				if contract.IsRefused(err) && method == "chat.postMessage" {
					t.Fatalf("the first attempt gives %v", err)
				}
				req.Again, req.Message.Text = true, "INC-1 SEV1"
				if _, err := w.Announce(t.Context(), req); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff([]string{"INC-1 SEV1"}, w.posts(channel)); diff != "" {
					t.Errorf("the channel (-want +got):\n%s", diff)
				}
			})
		}
	}
}

func TestAnnounceWhereNobodyLetsUs(t *testing.T) {
	t.Parallel()
	w := start(t)
	for _, again := range []bool{false, true} {
		req := announcement("INC-1 declared")
		req.Again = again
		if _, err := w.Announce(t.Context(), req); !contract.IsRefused(err) {
			t.Errorf("again %t: a channel that is not there gives %v", again, err)
		}
	}
	w.AddRoom(fakeslack.Room{Name: "incidents", Private: true})
	if _, err := w.Announce(t.Context(), announcement("x")); !contract.IsRefused(err) {
		t.Errorf("a channel that cannot be seen gives %v", err)
	}
}

// TestCloseRoom says goodbye once and archives, whatever is lost on the way.
func TestCloseRoom(t *testing.T) {
	t.Parallel()
	faults := []fakeslack.Fault{
		{},
		{Kind: fakeslack.WorkThenDrop},
		{Kind: fakeslack.DropBeforeWork},
		{Kind: fakeslack.ServerError},
		{Kind: fakeslack.HTMLPage},
		{Kind: fakeslack.RateLimited},
		{Kind: fakeslack.Refuse, Error: "internal_error"},
	}
	for _, method := range []string{"chat.postMessage", "conversations.archive"} {
		for _, fault := range faults {
			t.Run(method+" "+string(fault.Kind), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				room := w.room(t)
				req := contract.CloseRoomRequest{Effect: effect("i/farewell"), Room: room, Goodbye: contract.Message{Text: "Goodbye"}}
				if fault.Kind != "" {
					fault.Method, fault.Times = method, 1
					w.Break(fault)
					if err := w.CloseRoom(t.Context(), req); err == nil || contract.IsRefused(err) {
						t.Fatalf("the first attempt gives %v", err)
					}
					req.Again = true
				}
				for range 2 { // the last answer may be lost as well
					if err := w.CloseRoom(t.Context(), req); err != nil {
						t.Fatal(err)
					}
					req.Again = true
				}
				after, _ := w.RoomByID(room)
				if diff := cmp.Diff([]string{"Goodbye"}, w.posts(room)); diff != "" || !after.Archived {
					t.Errorf("archived: %t (-want +got):\n%s", after.Archived, diff)
				}
			})
		}
	}
}

func TestCloseRoomThatIsClosed(t *testing.T) {
	t.Parallel()
	w := start(t)
	archived := w.AddRoom(fakeslack.Room{Name: "inc-1", Creator: fakeslack.BotUser, Members: []string{fakeslack.BotUser}, Archived: true}).ID
	if err := w.CloseRoom(t.Context(), contract.CloseRoomRequest{Effect: effect("k"), Room: archived, Goodbye: contract.Message{Text: "Goodbye"}}); err != nil {
		t.Error(err)
	}
	room := w.room(t)
	w.Break(fakeslack.Fault{Method: "conversations.archive", Kind: fakeslack.Refuse, Error: "restricted_action"})
	if err := w.CloseRoom(t.Context(), contract.CloseRoomRequest{Effect: effect("k"), Room: room, Goodbye: contract.Message{Text: "Goodbye"}}); !contract.IsRefused(err) {
		t.Errorf("a workspace that forbids it gives %v", err)
	}
	if err := w.CloseRoom(t.Context(), contract.CloseRoomRequest{Effect: effect("k"), Room: "C0GONE0000", Goodbye: contract.Message{Text: "Goodbye"}}); !contract.IsRefused(err) {
		t.Errorf("a room that was deleted gives %v", err)
	}
}
