package slack_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// joins tells the app that somebody has joined a room.
func (h house) joins(t *testing.T, id, user, room string) int {
	t.Helper()
	body := fmt.Appendf(nil, `{"type":"event_callback","event_id":%q,"event":{"type":"member_joined_channel","user":%q,"channel":%q,"channel_type":"C","team":"T1"}}`, id, user, room)
	reply, err := h.Send(t.Context(), h.url+"/slack/events", body, fakeslack.Signing{})
	if err != nil {
		t.Fatal(err)
	}
	return reply.Status
}

// opened is a house with the room of an incident in which Ana is.
func opened(t *testing.T) (house, string) {
	t.Helper()
	h := startHouse(t)
	got, err := h.OpenRoom(t.Context(), contract.OpenRoomRequest{Effect: effect("room"), Owner: "o", Name: "inc-1-checkout", Invite: []oncall.PersonID{"ana", "ben"}})
	if err != nil {
		t.Fatal(err)
	}
	h.door.card, h.door.room = fullCard(), got.Room.ID
	return h, got.Room.ID
}

// TestWhoeverJoinsIsCaughtUp: once an hour, in a message that they alone see, and only in the room of an incident.
func TestWhoeverJoinsIsCaughtUp(t *testing.T) {
	t.Parallel()
	h, room := opened(t)
	lounge := h.AddRoom(fakeslack.Room{Name: "lounge", Members: []string{fakeslack.BotUser, h.ana.ID}}).ID
	for n, join := range []struct{ id, user, room string }{
		{"Ev1", h.ana.ID, room},
		{"Ev1", h.ana.ID, room}, // Slack says it twice
		{"Ev2", h.ana.ID, room}, // she has left and come back
		{"Ev3", h.ben.ID, room},
		{"Ev4", fakeslack.BotUser, room},
		{"Ev5", h.ana.ID, lounge},
		{"Ev6", h.ben.ID, lounge},
	} {
		if status := h.joins(t, join.id, join.user, join.room); status != http.StatusOK {
			t.Errorf("%d: Slack hears %d", n, status)
		}
	}
	told := h.Ephemerals(room)
	if len(told) != 2 || told[0].To != h.ana.ID || told[1].To != h.ben.ID {
		t.Fatalf("told %+v", told)
	}
	if !strings.Contains(string(told[0].Blocks), "Roll") || !strings.HasPrefix(told[0].Text, "INC-1") || strings.Contains(told[0].Text, "<!channel>") {
		t.Errorf("Ana reads %s", told[0].Text)
	}
	if n := len(h.Ephemerals(lounge)) + len(h.Messages(room)) + len(h.Messages(lounge)); n != 0 {
		t.Errorf("%d other messages were posted", n)
	}
	asked := []slack.Target{{Room: room, RoomName: "inc-1-checkout"}, {Room: room, RoomName: "inc-1-checkout"}, {Room: lounge, RoomName: "lounge"}}
	if fmt.Sprint(h.door.asked) != fmt.Sprint(asked) {
		t.Errorf("asked %+v", h.door.asked)
	}
}

// TestCatchingUpFails: what certainly was not shown is sent again by Slack and shown then; what may have been shown is not
// shown twice.
func TestCatchingUpFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault fakeslack.Fault
		away  error
		want  int // status
		shown int // after the second try
	}{
		{name: "Temporal is away", away: errors.New("away"), want: http.StatusServiceUnavailable, shown: 1},
		{name: "too many requests", fault: fakeslack.Fault{Kind: fakeslack.RateLimited}, want: http.StatusServiceUnavailable, shown: 1},
		{name: "the answer is lost", fault: fakeslack.Fault{Kind: fakeslack.WorkThenDrop}, want: http.StatusOK, shown: 1},
		{name: "Slack is in trouble", fault: fakeslack.Fault{Kind: fakeslack.ServerError}, want: http.StatusOK},
		{name: "they have left again", fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "user_not_in_channel"}, want: http.StatusOK},
		{name: "revoked", fault: fakeslack.Fault{Kind: fakeslack.RevokeToken}, want: http.StatusOK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, room := opened(t)
			h.door.away = tt.away
			if tt.fault.Kind != "" {
				tt.fault.Method, tt.fault.Times = "chat.postEphemeral", 1
				h.Break(tt.fault)
			}
			if status := h.joins(t, "Ev1", h.ana.ID, room); status != tt.want {
				t.Errorf("Slack hears %d, want %d", status, tt.want)
			}
			h.door.away = nil
			if status := h.joins(t, "Ev1", h.ana.ID, room); status != http.StatusOK {
				t.Errorf("the repetition hears %d", status)
			}
			if n := len(h.Ephemerals(room)); n != tt.shown {
				t.Errorf("shown %d times, want %d", n, tt.shown)
			}
		})
	}
}

// TestInvitedAtTheOpening: people are invited before the incident knows its room. They are caught up all the same, once,
// and one question about the room serves all of them.
func TestInvitedAtTheOpening(t *testing.T) {
	t.Parallel()
	h, room := opened(t)
	h.door.room = ""
	statuses := make(chan int, 2)
	for id, user := range map[string]string{"Ev1": h.ana.ID, "Ev2": h.ben.ID} {
		go func() { statuses <- h.joins(t, id, user, room) }()
	}
	until(t, "the first question", func() bool { h.door.mu.Lock(); defer h.door.mu.Unlock(); return len(h.door.asked) > 0 })
	h.door.mu.Lock()
	h.door.room = room
	h.door.mu.Unlock()
	for range 2 {
		if status := <-statuses; status != http.StatusOK {
			t.Errorf("Slack hears %d", status)
		}
	}
	if n := len(h.Ephemerals(room)); n != 2 {
		t.Errorf("%d are told, want two", n)
	}
	if status := h.joins(t, "Ev3", h.ana.ID, room); status != http.StatusOK || len(h.Ephemerals(room)) != 2 {
		t.Errorf("Ana is told again, Slack hears %d", status)
	}
}

// TestRoomThatTakesLong: Slack is asked to tell of it again, and they are caught up then, once. A room that nobody of us
// opened, and one that was opened long ago, is nobody's at once.
func TestRoomThatTakesLong(t *testing.T) {
	t.Parallel()
	h, room := opened(t)
	h.door.room = ""
	for range 2 {
		if status := h.joins(t, "Ev1", h.ana.ID, room); status != http.StatusServiceUnavailable {
			t.Fatalf("Slack hears %d", status)
		}
	}
	h.door.room = room
	for range 2 {
		if status := h.joins(t, "Ev1", h.ana.ID, room); status != http.StatusOK {
			t.Errorf("Slack hears %d", status)
		}
	}
	if told := h.Ephemerals(room); len(told) != 1 || told[0].To != h.ana.ID {
		t.Errorf("told %+v", told)
	}
	old := h.AddRoom(fakeslack.Room{Name: "inc-0-old", Creator: fakeslack.BotUser, Created: time.Now().Add(-time.Hour), Members: []string{fakeslack.BotUser, h.ana.ID}}).ID
	theirs := h.AddRoom(fakeslack.Room{Name: "inc-9-theirs", Members: []string{fakeslack.BotUser, h.ana.ID}}).ID
	for id, room := range map[string]string{"Ev2": old, "Ev3": theirs} {
		if status := h.joins(t, id, h.ana.ID, room); status != http.StatusOK {
			t.Errorf("of a room that is nobody's Slack hears %d", status)
		}
	}
}

// TestTakeCommand: the button gives the role to whoever presses it, and only to people of the roster.
func TestTakeCommand(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	click := h.ask(t, contract.Button{Label: "Take command", Verb: contract.VerbAssign, Incident: "incident/x", Key: "INC-1", Value: "commander"})
	if _, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil {
		t.Fatal(err)
	}
	acts := h.door.all()
	if len(acts) != 1 || acts[0].Act.Role != "commander" || acts[0].Act.Person != "ana" || acts[0].Act.PersonName != "Ana Ruiz" || acts[0].Act.Value != "" {
		t.Fatalf("acts are %+v", acts)
	}
	h.responses(t, 1) // what is told to two people comes in any order
	click.User = h.AddUser(fakeslack.User{Name: "zoe"}).ID
	if _, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil {
		t.Fatal(err)
	}
	if told := h.responses(t, 2); len(h.door.all()) != 1 || !strings.Contains(told[1].Text, "not in the roster") {
		t.Errorf("a stranger hears %+v", told)
	}
}
