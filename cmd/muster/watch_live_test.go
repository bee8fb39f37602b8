//go:build !noengine

package main

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// sitDownAt opens the view of an incident of a real server.
func sitDownAt(t *testing.T, s *stack, by incident.Actor) *liveDesk {
	t.Helper()
	m := newWatch(t.Context(), s.Incidents, watchOptions{key: "INC-1", by: by})
	m.resize(80, 24)
	return &liveDesk{t: t, m: m}
}

// liveDesk is a desk in real time.
type liveDesk struct {
	t *testing.T
	m *watch
}

// sees waits until something stands on the screen.
func (d *liveDesk) sees(text string) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); ; pause(d.t.Context(), 50*time.Millisecond) {
		d.m.take(d.m.look(d.m.seen))
		lines, _ := d.m.screen()
		screen := strings.Join(lines, "\n")
		if strings.Contains(screen, text) {
			return
		}
		if time.Now().After(end) {
			d.t.Fatalf("%q is not seen:\n%s", text, screen)
		}
	}
}

// press presses keys and carries out what they lead to.
func (d *liveDesk) press(keys ...tea.KeyPressMsg) {
	for _, key := range keys {
		_, cmd := d.m.Update(key)
		if cmd == nil || d.m.sending == nil {
			continue // a cursor that blinks
		}
		d.m.Update(cmd())
	}
}

// letter is a key.
func letter(r rune) tea.KeyPressMsg { return tea.KeyPressMsg{Code: r, Text: string(r)} }

// TestWatchDrivesAnIncident acknowledges, sets the severity and answers a question through the view, on a real engine;
// and Slack's words tell the same.
func TestWatchDrivesAnIncident(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	v.twilio.Phone(townBen, faketwilio.Behaviour{Reaction: faketwilio.RingsOut})
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	d := sitDownAt(t, s, incident.Actor{Person: "ben", Name: "Ben", Door: incident.DoorCLI, Login: "ben"})
	d.sees("CALLING  first: calls")
	d.press(letter('a'))
	d.sees("acknowledged by Ben")
	d.sees("How severe is it?")

	room := roomOf(t, s, "INC-1")
	say := func(text string) string {
		t.Helper()
		reply, err := v.slack.Command(t.Context(), v.gateway()+"/slack/commands", fakeslack.CommandRequest{
			User: v.benUserID, Room: room.ID, Command: "/muster", Text: text,
		})
		var answer struct{ Text string }
		if err = errors.Join(err, json.Unmarshal(reply.Body, &answer)); err != nil {
			t.Fatalf("%s: %v in %s", text, err, reply.Body)
		}
		return answer.Text
	}
	for _, want := range []string{"INC-1 · Checkout is slow", "Severity: not set", "Phase: identification since ", "Acknowledged: by Ben at ", "How severe is it?", "Last on the timeline:"} {
		if got := say("status"); !strings.Contains(got, want) {
			t.Errorf("%q is not in the status:\n%s", want, got)
		}
	}
	for _, want := range []string{"Payments is payments-oncall's, a schedule", "• Ana (payments-oncall", "If nobody answers", "• Ben"} {
		if got := say("who"); !strings.Contains(got, want) {
			t.Errorf("%q is not in who:\n%s", want, got)
		}
	}
	if got := say("who payment"); !strings.Contains(got, "payments") {
		t.Errorf("an unknown service: %s", got)
	}
	if got := say("sev1"); !strings.Contains(got, "INC-1 is SEV1") {
		t.Errorf("sev1: %s", got)
	}
	if got := say("page payments please look"); !strings.Contains(got, "calling payments-oncall") {
		t.Errorf("a service is paged: %s", got)
	}
	d.sees("What stops it? – commander")
	d.press(letter('1'), letter('r'))
	d.sees("Ben: Restart")
}
