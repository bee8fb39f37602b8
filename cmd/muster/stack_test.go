//go:build !noengine

package main

import (
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// roomOf waits for an incident's room.
func roomOf(t *testing.T, s *stack, key incident.Key) incident.Room {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		shown, err := s.Incidents.Show(ctx, key)
		if err == nil && shown.Incident.Room.ID != "" {
			return shown.Incident.Room
		}
		if ctx.Err() != nil {
			t.Fatalf("%s has no room: %v", key, err)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// TestSlackCommandMeansItsRoom types commands in rooms: of an incident, of none, and of one that was renamed.
func TestSlackCommandMeansItsRoom(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	s := v.serve(t)
	for _, title := range []string{"Checkout is slow", "Search is slow"} {
		if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: title, Service: "payments"}); err != nil {
			t.Fatal(err)
		}
	}
	first, second := roomOf(t, s, "INC-1"), roomOf(t, s, "INC-2")
	lobby := v.slack.AddRoom(fakeslack.Room{Name: "inc-1-old"})
	tests := []struct {
		name, room, text, want string
	}{
		{name: "its own incident", room: second.ID, text: "note the cache is cold", want: "noted"},
		{name: "named", room: second.ID, text: "note INC-1 seen from the other room", want: "noted"},
		{name: "no incident's room, whatever its name", room: lobby.ID, text: "note hello", want: "not the room of an open incident"},
		{name: "named from there", room: lobby.ID, text: "severity INC-2 SEV9", want: "unknown severity"},
		{name: "declared", room: lobby.ID, text: "declare service=payments mail is slow", want: "INC-3 is declared"},
	}
	for _, test := range tests {
		reply, err := v.slack.Command(t.Context(), v.gateway()+"/slack/commands", fakeslack.CommandRequest{
			User: v.benUserID, Room: test.room, Command: "/muster", Text: test.text,
		})
		if err != nil || !strings.Contains(string(reply.Body), test.want) {
			t.Errorf("%s: %v %s, want %q", test.name, err, reply.Body, test.want)
		}
	}
	for key, want := range map[incident.Key]string{"INC-1": "seen from the other room", "INC-2": "the cache is cold"} {
		part, err := s.Incidents.Timeline(t.Context(), key, 0)
		if err != nil {
			t.Fatal(err)
		}
		notes := 0
		for _, e := range part.Entries {
			if e.Kind == incident.EntryNote && e.By.Verified && strings.Contains(e.Text, want) {
				notes++
			}
		}
		if notes != 1 {
			t.Errorf("%s has %d notes %q by a verified person, want 1", key, notes, want)
		}
	}
	if first.ID == second.ID {
		t.Error("two incidents share a room")
	}
}

// TestStackStopsInOrderAndStartsAgain stops twice, and starts again on the same directory and port.
func TestStackStopsInOrderAndStartsAgain(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	roomOf(t, s, "INC-1")
	for range 2 {
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case err := <-s.Done():
		t.Errorf("an end that was asked for is told as a fault: %v", err)
	default:
	}
	if status, err := v.get(t.Context(), "/healthz"); err == nil {
		t.Errorf("the gateway answers %d after the end", status)
	}
	again := v.serve(t)
	if status, err := v.get(t.Context(), "/readyz"); err != nil || status != http.StatusOK {
		t.Errorf("after the second start: %d %v", status, err)
	}
	if room := roomOf(t, again, "INC-1"); room.Name != "inc-1-town" {
		t.Errorf("the incident has come back with the room %q", room.Name)
	}
	if left := sockets(t, filepath.Join(v.dir, "data")); len(left) != 1 {
		t.Errorf("control sockets: %v, want one", left)
	}
}

// TestStackThatCannotStartLeavesNothing fails at the gateway, the last part, and starts when the port is free.
func TestStackThatCannotStartLeavesNothing(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	taken := &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: time.Second}
	listener, err := listen(t.Context(), v.listen)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- taken.Serve(listener) }()
	books, live, _, err := openConfiguration(sources{config: v.config, books: filepath.Join(v.dir, "runbooks")}, v.getenv)
	if err != nil {
		t.Fatal(err)
	}
	_, err = startStack(t.Context(), stackOptions{
		Live: live, Runbooks: books, DataDir: filepath.Join(v.dir, "data"), Engine: true, Worker: true, Gateway: true, UIPort: -1,
	})
	if err == nil || !strings.Contains(err.Error(), "taken") {
		t.Fatalf("got %v, want the taken port", err)
	}
	if _, hint := explain(err); !strings.Contains(hint, "--listen") {
		t.Errorf("the hint does not name the flag: %q", hint)
	}
	if err := taken.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		t.Fatal(err)
	}
	v.serve(t)
}
