//go:build !noengine

package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// silentTown is a town in which Twilio does not reach Musterbook. Ana is called, and nothing else, and lets it ring; Ben's
// telephone rings until somebody ends the call.
func silentTown(t *testing.T) *town {
	t.Helper()
	v := newTownWith(t, faketwilio.Options{Speed: 10})
	v.twilio.Number("+12025550100", "")
	v.twilio.Phone(townBen, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	settings := strings.Replace(v.settings(), `  public_url: "http://`+v.listen+"\"\n", "", 1)
	v.write("musterbook.yaml", strings.Replace(settings, "email: ana@town.example,",
		"email: ana@town.example, contact: { high: [{ via: call }] },", 1))
	v.write("runbooks/town.yaml", strings.Replace(townRunbook, "      ack: 2s\n", "      ack: 5m\n", 1))
	return v
}

// told waits until the timeline of the incident has a line.
func (v *town) told(t *testing.T, s *stack, line string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		part, err := s.Incidents.Timeline(ctx, "INC-1", 0)
		for _, e := range part.Entries {
			if strings.Contains(e.Text, line) {
				return
			}
		}
		if ctx.Err() != nil {
			t.Fatalf("the timeline lacks %q: %v, %+v", line, err, part.Entries)
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// textTo waits for a message to a number.
func (v *town) textTo(t *testing.T, number, holds string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := v.twilio.WaitMessage(ctx, func(m faketwilio.Message) bool {
		return m.To == number && m.Direction == "outbound-api" && strings.Contains(m.Body, holds)
	}); err != nil {
		t.Fatal(err)
	}
}

// TestWithoutPublicAddress is the whole way on a real engine, without a single webhook: Ana does not answer, which is
// learnt long before her level's time is over; Ben is called, and acknowledges by message, which ends his call.
func TestWithoutPublicAddress(t *testing.T) {
	t.Parallel()
	v := silentTown(t)
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	v.told(t, s, "Ana rings")
	v.told(t, s, "Ana does not answer")
	v.textTo(t, townBen, "Reply 1a to acknowledge")
	v.told(t, s, "Ben rings")
	if _, err := v.twilio.Reply(t.Context(), townBen, "1a"); err != nil {
		t.Fatal(err)
	}
	v.textTo(t, townBen, "INC-1 is acknowledged.")
	shown, err := s.Incidents.Show(t.Context(), "INC-1")
	if err != nil {
		t.Fatal(err)
	}
	if by := shown.Incident.AcknowledgedBy; by.Person != "ben" || by.Door != incident.DoorSMS || !by.Verified {
		t.Errorf("it was acknowledged by %+v", by)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	ended, err := v.twilio.WaitCall(ctx, func(c faketwilio.Call) bool { return c.To == townBen && c.Status == faketwilio.Canceled })
	if err != nil {
		t.Fatal(err)
	}
	if ended.URL != "" || len(ended.Problems) != 0 {
		t.Errorf("a callback was asked for: %+v", ended)
	}
}

// TestReplyWhileDown: what Ben writes while Musterbook is down is done when it is back, once.
func TestReplyWhileDown(t *testing.T) {
	t.Parallel()
	v := silentTown(t)
	v.write("musterbook.yaml", strings.Replace(v.settings(), `  public_url: "http://`+v.listen+"\"\n", "", 1))
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	v.textTo(t, townAna, "Reply 1a to acknowledge")
	began := time.Now()
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("whoever follows a call holds the end up: it took %s", took)
	}
	if _, err := v.twilio.Reply(t.Context(), townAna, "1a"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s = v.serve(t)
		v.told(t, s, "Ana acknowledged after")
		v.textTo(t, townAna, "INC-1 is acknowledged.")
		pause(t.Context(), time.Second) // for a second answer, if there were one
		if err := s.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	answers := 0
	for _, m := range v.twilio.Messages() {
		if m.To == townAna && strings.Contains(m.Body, "(re ") {
			answers++
		}
	}
	if answers != 1 {
		t.Errorf("one reply has %d answers", answers)
	}
}
