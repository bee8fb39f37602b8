package slack_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

func openRequest() contract.OpenRoomRequest {
	return contract.OpenRoomRequest{
		Effect: effect("inc/room/1"), Owner: "0198-ab", Name: "INC-1 Checkout: 5 % errors", Purpose: "Checkout fails & how",
		Topic: "SEV1 · <checkout>", Invite: []oncall.PersonID{"ana", "ben"},
	}
}

func TestOpenRoom(t *testing.T) {
	t.Parallel()
	w := start(t)
	got, err := w.OpenRoom(t.Context(), openRequest())
	if err != nil {
		t.Fatal(err)
	}
	room, ok := w.RoomByName("inc-1-checkout-5-errors")
	if !ok {
		t.Fatalf("no such room among %+v", w.Rooms())
	}
	if got.Room.ID != room.ID || got.Room.Name != room.Name || !strings.HasSuffix(got.Room.URL, "/archives/"+room.ID) || got.NotInvited != nil {
		t.Errorf("the result is %+v", got)
	}
	want := fakeslack.Room{
		ID: room.ID, Name: room.Name, Creator: fakeslack.BotUser, Created: room.Created,
		Topic: "SEV1 · &lt;checkout&gt;", Purpose: "Checkout fails &amp; how id:0198-ab",
		Members: []string{fakeslack.BotUser, w.ana.ID, w.ben.ID},
	}
	if diff := cmp.Diff(want, room); diff != "" {
		t.Errorf("room (-want +got):\n%s", diff)
	}
	if n := w.calls("conversations.list"); n != 0 {
		t.Errorf("the first attempt lists all rooms %d times", n)
	}
}

// TestOpenRoomRecovers loses the answer of each call in turn: the repetition
// finds what was done and makes nothing twice.
func TestOpenRoomRecovers(t *testing.T) {
	t.Parallel()
	for _, method := range []string{
		"auth.test", "conversations.create", "conversations.setPurpose", "conversations.setTopic", "users.lookupByEmail", "conversations.invite",
	} {
		for _, kind := range []fakeslack.FaultKind{fakeslack.WorkThenDrop, fakeslack.DropBeforeWork, fakeslack.ServerError, fakeslack.HTMLPage} {
			t.Run(method+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				w.AddRoom(fakeslack.Room{Name: "general"})
				w.Break(fakeslack.Fault{Method: method, Kind: kind, Times: 1})
				req := openRequest()
				if _, err := w.OpenRoom(t.Context(), req); err == nil || contract.IsRefused(err) {
					t.Fatalf("the first attempt gives %v, want an error that is tried again", err)
				}
				req.Again = true
				got, err := w.OpenRoom(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				if n := len(w.Rooms()); n != 2 {
					t.Errorf("there are %d rooms, want general and ours: %+v", n, w.Rooms())
				}
				room, _ := w.RoomByID(got.Room.ID)
				if room.Topic == "" || !strings.Contains(room.Purpose, "id:0198-ab") || len(room.Members) != 3 || got.NotInvited != nil {
					t.Errorf("the adopted room is %+v, not invited %q", room, got.NotInvited)
				}
				third, err := w.OpenRoom(t.Context(), req)
				if diff := cmp.Diff(got, third); diff != "" || err != nil {
					t.Errorf("a third attempt differs: %v\n%s", err, diff)
				}
			})
		}
	}
}

// TestOpenRoomLeavesOtherRoomsAlone is about who a room of the wished name
// belongs to: everybody but us.
func TestOpenRoomLeavesOtherRoomsAlone(t *testing.T) {
	t.Parallel()
	const name = "inc-1-checkout-5-errors"
	tests := []struct {
		name string
		room fakeslack.Room
	}{
		{"a stranger's", fakeslack.Room{Name: name}},
		{"a stranger's with our mark", fakeslack.Room{Name: name, Purpose: "id:0198-ab"}},
		{"a hidden one", fakeslack.Room{Name: name, Private: true}},
		{"our bot's, of another incident", fakeslack.Room{Name: name, Creator: fakeslack.BotUser, Purpose: "Old id:0198-abc"}},
		{"our bot's, archived", fakeslack.Room{Name: name, Creator: fakeslack.BotUser, Purpose: "id:0198-ab", Archived: true}},
		{"our bot's, unmarked and older", fakeslack.Room{Name: name, Creator: fakeslack.BotUser, Created: time.Now().Add(-time.Hour)}},
	}
	for _, test := range tests {
		for _, again := range []bool{false, true} {
			t.Run(fmt.Sprint(test.name, again), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				before := w.AddRoom(test.room)
				req := openRequest()
				req.Again = again
				got, err := w.OpenRoom(t.Context(), req)
				if err != nil {
					t.Fatal(err)
				}
				if got.Room.Name != name+"-2" {
					t.Errorf("our room is called %q", got.Room.Name)
				}
				after, _ := w.RoomByID(before.ID)
				if diff := cmp.Diff(before, after); diff != "" {
					t.Errorf("the other room was touched:\n%s", diff)
				}
			})
		}
	}
}

// TestOpenRoomFindsARenamedRoom: people rename rooms, and the mark stays.
func TestOpenRoomFindsARenamedRoom(t *testing.T) {
	t.Parallel()
	w := start(t)
	renamed := w.AddRoom(fakeslack.Room{
		Name: "war-room", Creator: fakeslack.BotUser, Purpose: "x id:0198-ab, see the wiki id:0198-ab", Members: []string{fakeslack.BotUser},
	})
	req := openRequest()
	req.Again = true
	got, err := w.OpenRoom(t.Context(), req)
	if err != nil || got.Room.ID != renamed.ID || len(w.Rooms()) != 1 {
		t.Errorf("adopted %+v, %v; want the renamed room", got.Room, err)
	}
}

// TestOpenRoomFindsItsSuffixedRoom: the name was a stranger's, ours got a
// suffix, and the answer was lost.
func TestOpenRoomFindsItsSuffixedRoom(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.AddRoom(fakeslack.Room{Name: "inc-1-checkout-5-errors"})
	req := openRequest()
	w.Break(fakeslack.Fault{Method: "conversations.setPurpose", Kind: fakeslack.DropBeforeWork, Times: 1})
	if _, err := w.OpenRoom(t.Context(), req); err == nil {
		t.Fatal("the first attempt succeeds")
	}
	req.Again = true
	got, err := w.OpenRoom(t.Context(), req)
	if err != nil || got.Room.Name != "inc-1-checkout-5-errors-2" || len(w.Rooms()) != 2 {
		t.Errorf("got %+v, %v, rooms %+v", got.Room, err, w.Rooms())
	}
}

func TestOpenRoomGivesUpWhenAllNamesAreTaken(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.AddRoom(fakeslack.Room{Name: "inc-1"})
	for n := 2; n <= 20; n++ {
		w.AddRoom(fakeslack.Room{Name: fmt.Sprint("inc-1-", n)})
	}
	_, err := w.OpenRoom(t.Context(), contract.OpenRoomRequest{Effect: effect("k"), Owner: "o", Name: "inc-1"})
	if !contract.IsRefused(err) {
		t.Errorf("the error is %v", err)
	}
	if n := w.calls("conversations.list"); n != 1 {
		t.Errorf("the rooms were listed %d times, want once", n)
	}
}

func TestPrivateRooms(t *testing.T) {
	t.Parallel()
	w := startWith(t, slack.Options{Private: true})
	req := openRequest()
	first, err := w.OpenRoom(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if room, _ := w.RoomByID(first.Room.ID); !room.Private {
		t.Error("the room is public")
	}
	req.Again = true
	second, err := w.OpenRoom(t.Context(), req)
	if err != nil || second.Room.ID != first.Room.ID {
		t.Errorf("the repetition gives %+v, %v", second, err)
	}
}

// TestPrivateRoomOfOneIncident: a private runbook has a private room where all others are public.
func TestPrivateRoomOfOneIncident(t *testing.T) {
	t.Parallel()
	w := start(t)
	req := openRequest()
	req.Private = true
	got, err := w.OpenRoom(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	if room, _ := w.RoomByID(got.Room.ID); !room.Private || !strings.Contains(room.Purpose, "id:"+req.Owner) {
		t.Errorf("the room is %+v", room)
	}
}

func TestRoomNamesAndTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("very long ", 30)
	tests := []struct{ name, wish, want string }{
		{"spaces and case", "INC-42 Checkout Latency", "inc-42-checkout-latency"},
		{"hash and dots", "#inc-1: api.example.com", "inc-1-api-example-com"},
		{"umlauts", "Störung", "störung"},
		{"nothing usable", "?!", "incident"},
		{"only underscores", "__", "incident"},
		{"long", long, strings.TrimSuffix(strings.Repeat("very-long-", 8)[:77], "-")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			got, err := w.OpenRoom(t.Context(), contract.OpenRoomRequest{
				Effect: effect("k"), Owner: `incident/{alertname="x"}`, Name: test.wish, Purpose: long + long, Topic: strings.Repeat("a & b ", 100),
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Room.Name != test.want {
				t.Errorf("the name is %q, want %q", got.Room.Name, test.want)
			}
			room, _ := w.RoomByID(got.Room.ID)
			if n := utf8.RuneCountInString(room.Topic); n > 250 || n < 240 || strings.HasSuffix(room.Topic, "&am…") {
				t.Errorf("the topic has %d characters: %q", n, room.Topic)
			}
			if !strings.Contains(room.Purpose, "… id:") {
				t.Errorf("the purpose is %q", room.Purpose)
			}
		})
	}
}

func TestInvite(t *testing.T) {
	t.Parallel()
	book := people()
	var everybody []oncall.PersonID
	for i := range 65 {
		id := oncall.PersonID(fmt.Sprint("p", i))
		book = append(book, oncall.Person{ID: id, Slack: fmt.Sprintf("U0P%d", i)})
		everybody = append(everybody, id)
	}
	w := startWith(t, slack.Options{People: book})
	for i := range 65 {
		w.AddUser(fakeslack.User{
			ID: fmt.Sprintf("U0P%d", i), Name: fmt.Sprint("p", i), Restricted: i == 3, Deleted: i == 40,
		})
	}
	req := openRequest()
	req.Invite = append([]oncall.PersonID{"ana", "nobody", "mute", "lost", "ana"}, everybody...)
	got, err := w.OpenRoom(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"nobody is not in the roster",
		"mute has neither a Slack user nor an e-mail in the roster",
		"lost: no Slack user has the e-mail lost@example.com (put their Slack user id into the roster)",
		"p3: Slack says user_is_restricted",
		"p40: Slack says cant_invite",
	}
	if diff := cmp.Diff(want, got.NotInvited); diff != "" {
		t.Errorf("not invited (-want +got):\n%s", diff)
	}
	room, _ := w.RoomByID(got.Room.ID)
	if n := len(room.Members); n != 1+1+63 {
		t.Errorf("the room has %d members, want the bot, Ana and 63 of 65", n)
	}
	// 66 users in chunks of 30, two of which are tried again without a bad one.
	if n := w.calls("conversations.invite"); n != 5 {
		t.Errorf("%d invitations were sent, want 5", n)
	}
	again, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("k2"), Room: room.ID, Invite: req.Invite})
	if diff := cmp.Diff(want, again.Problems); diff != "" || err != nil {
		t.Errorf("inviting again: %v (-want +got):\n%s", err, diff)
	}
}

func TestInviteWithoutAList(t *testing.T) {
	t.Parallel()
	w := start(t)
	req := openRequest()
	// Slack refuses the chunk for one user's sake and does not say whose.
	w.Break(fakeslack.Fault{Method: "conversations.invite", Kind: fakeslack.Refuse, Error: "already_in_channel", Times: 1})
	got, err := w.OpenRoom(t.Context(), req)
	if err != nil || got.NotInvited != nil {
		t.Fatalf("not invited %q, %v", got.NotInvited, err)
	}
	if room, _ := w.RoomByID(got.Room.ID); len(room.Members) != 3 {
		t.Errorf("members are %v", room.Members)
	}
}

// TestRoomIsWorthMoreThanItsGuests: an invitation that Slack forbids altogether
// does not lose the room.
func TestRoomIsWorthMoreThanItsGuests(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"conversations.invite", "users.lookupByEmail"} {
		w := start(t)
		w.Break(fakeslack.Fault{Method: method, Kind: fakeslack.Refuse, Error: "missing_scope", Needed: "the:scope"})
		got, err := w.OpenRoom(t.Context(), openRequest())
		if err != nil || got.Room.ID == "" || len(got.NotInvited) == 0 || !strings.Contains(got.NotInvited[0], "the:scope") {
			t.Errorf("%s: %+v, %v", method, got, err)
		}
	}
}

func TestUsersAreRememberedByEmail(t *testing.T) {
	t.Parallel()
	w := start(t)
	for i := range 3 {
		req := contract.OpenRoomRequest{Effect: effect("k"), Owner: fmt.Sprint("o", i), Name: "r", Invite: []oncall.PersonID{"ana", "ben", "cem"}}
		if _, err := w.OpenRoom(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.calls("users.lookupByEmail"); n != 2 {
		t.Errorf("Slack was asked %d times for two e-mails", n)
	}
}

// TestAUserWhoIsGoneIsLookedUpAgain: a remembered user that Slack does not know
// any more is forgotten.
func TestAUserWhoIsGoneIsLookedUpAgain(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	invite := func() []string {
		t.Helper()
		got, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("k"), Room: room, Invite: []oncall.PersonID{"ana"}})
		if err != nil {
			t.Fatal(err)
		}
		return got.Problems
	}
	w.Break(fakeslack.Fault{Method: "conversations.invite", Kind: fakeslack.Refuse, Error: "user_not_found", Times: 1})
	if diff := cmp.Diff([]string{"ana: Slack says user_not_found"}, invite()); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if problems := invite(); problems != nil {
		t.Errorf("the second time: %q", problems)
	}
	if n := w.calls("users.lookupByEmail"); n != 2 {
		t.Errorf("Ana was looked up %d times", n)
	}
}

// TestInviteIntoAnArchivedRoom: a refusal that is about the room is told once
// for each who was not invited.
func TestInviteIntoAnArchivedRoom(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.AddRoom(fakeslack.Room{Name: "old", Creator: fakeslack.BotUser, Archived: true})
	got, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{Effect: effect("k"), Room: room.ID, Invite: []oncall.PersonID{"ana", "ben"}})
	want := []string{
		"ana: invite people: Slack says is_archived (unarchive the room)",
		"ben: invite people: Slack says is_archived (unarchive the room)",
	}
	if diff := cmp.Diff(want, got.Problems); diff != "" || err != nil {
		t.Errorf("%v, problems (-want +got):\n%s", err, diff)
	}
}

func TestSlowAnswerIsAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Break(fakeslack.Fault{Method: "conversations.create", Kind: fakeslack.Slow, Delay: time.Hour, Times: 1})
	ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
	defer cancel()
	req := openRequest()
	if _, err := w.OpenRoom(ctx, req); err == nil || contract.IsRefused(err) {
		t.Fatalf("the first attempt gives %v", err)
	}
	req.Again = true
	if _, err := w.OpenRoom(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if n := len(w.Rooms()); n != 1 {
		t.Errorf("there are %d rooms", n)
	}
}
