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

// plugged is a town in which nobody outside reaches the product: Slack has its socket alone.
func plugged(t *testing.T) *town {
	t.Helper()
	v := newTown(t)
	v.twilio.Phone(townBen, faketwilio.Behaviour{Reaction: faketwilio.RingsOut})
	v.write("musterbook.yaml", strings.NewReplacer(
		"  public_url: \"http://"+v.listen+"\"\n", "", `signing_secret: "${TOWN_SIGNING}"`, `app_token: "${TOWN_APP}"`,
		"email: ana@town.example,", "email: ana@town.example, contact: { high: [{ via: [slack] }] },",
	).Replace(v.settings()))
	return v
}

// acknowledgeButton is the first button of a message.
func acknowledgeButton(room string, m fakeslack.Message) fakeslack.ClickRequest {
	return fakeslack.ClickRequest{User: "UANA", Room: room, MessageTS: m.TS, ActionID: m.Buttons()[0].ActionID}
}

// acknowledgements counts who acknowledged, by the timeline.
func acknowledgements(t *testing.T, s *stack, key incident.Key) (by []incident.Actor) {
	t.Helper()
	part, err := s.Incidents.Timeline(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range part.Entries {
		if e.Kind == incident.EntryAcknowledged {
			by = append(by, e.By)
		}
	}
	return by
}

// TestAcknowledgedThroughTheSocket is the whole way on a real engine without a public address. The connection breaks
// between the work and its acknowledgement, so Slack sends the click again: it is one act.
func TestAcknowledgedThroughTheSocket(t *testing.T) {
	t.Parallel()
	v := plugged(t)
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	room, m := directMessage(t, v.slack, "UANA", func(m fakeslack.Message) bool { return len(m.Buttons()) == 3 })
	v.slack.Break(fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Method: fakeslack.Socket, Times: 1})
	reply, err := v.slack.Click(t.Context(), fakeslack.OverSocket, acknowledgeButton(room, m))
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the press gives %d, %v", reply.Status, err)
	}
	directMessage(t, v.slack, "UANA", func(m fakeslack.Message) bool {
		return len(m.Buttons()) == 0 && strings.Contains(m.Text, "Ana has it")
	})
	by := acknowledgements(t, s, "INC-1")
	if len(by) != 1 || by[0].Person != "ana" || by[0].Door != incident.DoorSlack || !by[0].Verified {
		t.Errorf("it was acknowledged by %+v", by)
	}
	if _, ever := v.slack.Connections(); ever != 2 {
		t.Errorf("%d connections, want one that broke and one more", ever)
	}
	said, err := v.slack.Command(t.Context(), fakeslack.OverSocket, fakeslack.CommandRequest{
		User: "UANA", Room: roomOf(t, s, "INC-1").ID, Command: "/muster", Text: "note the cache is cold",
	})
	if err != nil || !strings.Contains(string(said.Body), "noted") {
		t.Errorf("%s, %v", said.Body, err)
	}
	// Over the web nothing is taken without a signing secret.
	if status, err := v.post(t.Context(), "/slack/actions", "", []byte("payload={}")); err != nil || status/100 != 4 {
		t.Errorf("over the web it answers %d, %v", status, err)
	}
}

// TestServerStopsWithItsSocket: the connection is closed with the server, and the next server takes what Slack kept.
func TestServerStopsWithItsSocket(t *testing.T) {
	t.Parallel()
	v := plugged(t)
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	room, m := directMessage(t, v.slack, "UANA", func(m fakeslack.Message) bool { return len(m.Buttons()) == 3 })
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	if open, _ := v.slack.Connections(); open != 0 {
		t.Errorf("%d sockets are open after the stop", open)
	}
	clicked := make(chan error, 1)
	go func() {
		_, err := v.slack.Click(t.Context(), fakeslack.OverSocket, acknowledgeButton(room, m))
		clicked <- err
	}()
	s = v.serve(t)
	select {
	case err := <-clicked:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(time.Minute):
		t.Fatal("the click got lost")
	}
	if by := acknowledgements(t, s, "INC-1"); len(by) != 1 {
		t.Errorf("it was acknowledged by %+v", by)
	}
}
