//go:build !noengine

package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// answered waits for the answers below a message.
func (v *town) answered(t *testing.T, room, thread, word string) []fakeslack.Message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		var replies []fakeslack.Message
		for _, m := range v.slack.Messages(room) {
			if m.ThreadTS == thread {
				replies = append(replies, m)
			}
		}
		if len(replies) > 0 && strings.Contains(replies[len(replies)-1].Text, word) {
			return replies
		}
		if ctx.Err() != nil {
			t.Fatalf("nobody reads %q in the thread: %+v", word, replies)
		}
		pause(ctx, 10*time.Millisecond)
	}
}

// TestDeclaredByMention is the whole way on a real engine, with two gateways: the app is mentioned, the acknowledgement
// gets lost, so that Slack gives the same to one of the two again. It is one incident, and everybody reads of it once,
// with the way to its room, where whoever declared it is and goes on by mentions.
func TestDeclaredByMention(t *testing.T) {
	t.Parallel()
	v := plugged(t)
	s := v.serve(t)
	v.replica(t, s)
	for open := 0; open < 2; open, _ = v.slack.Connections() {
		pause(t.Context(), 20*time.Millisecond)
		if t.Context().Err() != nil {
			t.Fatal("the second gateway has no socket")
		}
	}
	ops := v.slack.AddRoom(fakeslack.Room{Name: "ops", Members: []string{fakeslack.BotUser, "UANA", v.benUserID}}).ID
	v.slack.Break(fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Method: fakeslack.Socket, Times: 1})
	began := time.Now()
	said, reply, err := v.slack.Mention(t.Context(), fakeslack.OverSocket, fakeslack.MentionRequest{
		User: "UANA", Room: ops, Text: "@musterbook declare service=payments Checkout is slow",
	})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatal(reply.Status, err)
	}
	room := roomOf(t, s, "INC-1")
	v.answered(t, ops, said.TS, "INC-1 is declared. Its room: ")
	t.Logf("declared and answered in %s", time.Since(began))
	if got := v.answered(t, ops, said.TS, room.ID); len(got) != 1 {
		t.Errorf("everybody reads %+v", got)
	}
	lines, err := s.Incidents.List(t.Context(), gateway.Listing{})
	if err != nil || len(lines) != 1 || lines[0].Title != "Checkout is slow" {
		t.Errorf("incidents are %+v, %v", lines, err)
	}
	for members := ""; !strings.Contains(members, "UANA"); {
		r, _ := v.slack.RoomByID(room.ID)
		members = strings.Join(r.Members, " ")
		if pause(t.Context(), 20*time.Millisecond); t.Context().Err() != nil {
			t.Fatal("Ana is not in the room")
		}
	}
	if _, _, err := v.slack.Mention(t.Context(), fakeslack.OverSocket, fakeslack.MentionRequest{
		User: "UANA", Room: room.ID, Text: "@musterbook note the cache is cold",
	}); err != nil {
		t.Fatal(err)
	}
	part, err := s.Incidents.Timeline(t.Context(), "INC-1", 0)
	if err != nil {
		t.Fatal(err)
	}
	noted := 0
	for _, e := range part.Entries {
		if strings.Contains(e.Text, "the cache is cold") && e.By.Person == "ana" {
			noted++
		}
	}
	if noted != 1 {
		t.Errorf("noted %d times: %+v", noted, part.Entries)
	}
	v.declaresInTheForm(t, ops)
}

// declaresInTheForm: what is no command declares nothing; the button under the answer opens the form, and everybody reads
// of what is declared in it where the mention stands.
func (v *town) declaresInTheForm(t *testing.T, ops string) {
	t.Helper()
	said, _, err := v.slack.Mention(t.Context(), fakeslack.OverSocket, fakeslack.MentionRequest{User: "UANA", Room: ops, Text: "Search is slow, too @musterbook"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for len(v.slack.Ephemerals(ops)) == 0 && ctx.Err() == nil {
		pause(ctx, 10*time.Millisecond)
	}
	offered := v.slack.Ephemerals(ops)[0]
	click := fakeslack.ClickRequest{User: "UANA", Room: ops, MessageTS: offered.TS, ActionID: offered.Buttons()[0].ActionID}
	if _, err := v.slack.Click(t.Context(), fakeslack.OverSocket, click); err != nil {
		t.Fatal(err)
	}
	v.looksAt(t, "UANA", "Search is slow, too")
	if _, err := v.slack.Choose(t.Context(), fakeslack.OverSocket, fakeslack.ChooseRequest{User: "UANA", BlockID: "service", Value: "payments"}); err != nil {
		t.Fatal(err)
	}
	v.looksAt(t, "UANA", "runbook:payments")
	v.submits(t, fakeslack.OverSocket, "UANA", nil)
	v.answered(t, ops, said.TS, "INC-2 is declared. Its room: ")
}
