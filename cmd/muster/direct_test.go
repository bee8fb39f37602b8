//go:build !noengine

package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// directMessage waits until the newest message to a user fits, and gives the conversation's id as well.
func directMessage(t *testing.T, slack *fakeslack.Server, user string, fits func(fakeslack.Message) bool) (string, fakeslack.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		for _, room := range slack.Rooms() {
			messages := slack.Messages(room.ID)
			if room.Direct && room.Members[1] == user && len(messages) > 0 && fits(messages[len(messages)-1]) {
				return room.ID, messages[len(messages)-1]
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("no message to %s fits: %+v", user, slack.Rooms())
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// TestAcknowledgedInADirectMessage is the whole way on a real engine: rules, message, button, acknowledgement, and the
// message that says who has it. Nobody answers the telephone.
func TestAcknowledgedInADirectMessage(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	v.twilio.Phone(townBen, faketwilio.Behaviour{Reaction: faketwilio.RingsOut})
	v.write("musterbook.yaml", strings.Replace(v.settings(), "email: ana@town.example,",
		"email: ana@town.example, contact: { high: [{ via: [call, slack] }] },", 1))
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	room, m := directMessage(t, v.slack, "UANA", func(m fakeslack.Message) bool { return len(m.Buttons()) == 3 })
	began := time.Now()
	reply, err := v.slack.Click(t.Context(), v.gateway()+"/slack/actions", fakeslack.ClickRequest{
		User: "UANA", Room: room, MessageTS: m.TS, ActionID: m.Buttons()[0].ActionID,
	})
	if err != nil || reply.Status != http.StatusOK || time.Since(began) > 3*time.Second {
		t.Fatalf("the press gives %d, %v after %s", reply.Status, err, time.Since(began))
	}
	directMessage(t, v.slack, "UANA", func(m fakeslack.Message) bool {
		return len(m.Buttons()) == 0 && strings.Contains(m.Text, "Ana has it")
	})
	shown, err := s.Incidents.Show(t.Context(), "INC-1")
	if err != nil {
		t.Fatal(err)
	}
	if by := shown.Incident.AcknowledgedBy; by.Person != "ana" || by.Door != incident.DoorSlack || !by.Verified {
		t.Errorf("it was acknowledged by %+v", by)
	}
}
