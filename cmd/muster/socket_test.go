//go:build !noengine

package main

import (
	"context"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// replica starts another gateway beside a server, on the same engine.
func (v *town) replica(t *testing.T, of *stack) *stack {
	t.Helper()
	books, live, _, err := openConfiguration(sources{config: v.config, books: filepath.Join(v.dir, "runbooks")}, v.getenv)
	if err != nil {
		t.Fatal(err)
	}
	s, err := startStack(t.Context(), stackOptions{
		Live: live, Runbooks: books, Gateway: true, Listen: "127.0.0.1:0", TemporalAddress: of.EngineAddress, Getenv: v.getenv,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Stop(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestTwoGatewaysAreOneDesk: each of two gateways has a socket. What Slack gives to one, and then, because the
// acknowledgement was lost, to any one of them, is done once.
func TestTwoGatewaysAreOneDesk(t *testing.T) {
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
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	room := roomOf(t, s, "INC-1").ID
	want := map[string]int{}
	for n := range 8 {
		if n%2 == 0 {
			v.slack.Break(fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Method: fakeslack.Socket, Times: 1})
		}
		text := fmt.Sprintf("observation %d", n)
		want[text] = 1
		said, err := v.slack.Command(t.Context(), fakeslack.OverSocket, fakeslack.CommandRequest{
			User: "UANA", Room: room, Command: "/muster", Text: "note INC-1 " + text,
		})
		if err != nil || !strings.Contains(string(said.Body), "noted") {
			t.Errorf("%d: %s, %v", n, said.Body, err)
		}
	}
	part, err := s.Incidents.Timeline(t.Context(), "INC-1", 0)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, e := range part.Entries {
		if e.Kind == incident.EntryNote && strings.HasPrefix(e.Text, "observation") {
			got[e.Text]++
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("notes (-want +got):\n%s", diff)
	}
}
