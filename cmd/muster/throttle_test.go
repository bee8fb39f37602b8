//go:build !noengine

package main

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// pastTheThrottle lets several incidents call one person in turn who is always busy. After three calls each incident
// still gets its first one; whatever is past that goes to the next person at once, and is told.
func pastTheThrottle(t *testing.T) {
	const incidents = 3
	var c *crowd
	ready := make(chan struct{})
	// Whoever is next is busy once, and answers from then on: so each incident needs a second round.
	c = newCrowdWith(t, incidents, 0, faketwilio.Options{OnEvent: func(e faketwilio.Event) {
		<-ready
		if e.Kind == faketwilio.CallQueued && e.Call.To != firstNumber(0) && e.Call.To != nextNumber(0) {
			c.twilio.Phone(e.Call.To, faketwilio.Behaviour{
				Reaction: faketwilio.Answers, After: 100 * time.Millisecond, Presses: []faketwilio.Press{{Keys: "1", After: 100 * time.Millisecond}},
			})
		}
	}})
	close(ready)
	c.tellBy(t, "call")
	busy := faketwilio.Behaviour{Reaction: faketwilio.IsBusy, After: 300 * time.Millisecond}
	c.twilio.Phone(firstNumber(0), busy)
	for n := range incidents {
		c.twilio.Phone(nextNumber(n), busy)
	}
	s := c.serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for n := range incidents {
		key, err := c.page(ctx, s, paged{first: firstOf(0), next: nextOf(n), due: time.Now().Add(time.Minute)})
		if err != nil {
			t.Fatal(err)
		}
		shown, err := c.acknowledged(ctx, s, key)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			continue // nobody of the first incident ever answers but the fallback: three calls to each
		}
		if by := string(shown.Incident.AcknowledgedBy.Person); by != nextOf(n) {
			t.Errorf("%s is acknowledged by %q, want %s", key, by, nextOf(n))
		}
		c.judgeThrottled(ctx, t, s, shown.Incident.Pages[0], key)
	}
	calls := 0
	for _, call := range c.twilio.Calls() {
		if call.To == firstNumber(0) {
			calls++
		}
	}
	if want := 3 + incidents - 1; calls != want {
		t.Errorf("%s was called %d times, want %d: three times, and once for each further incident", firstOf(0), calls, want)
	}
}

// judgeThrottled checks that the second round's call was refused, that the timeline says why, and that the next one was
// called at once.
func (c *crowd) judgeThrottled(ctx context.Context, t *testing.T, s *stack, p *incident.Page, key incident.Key) {
	t.Helper()
	if len(p.Attempts) != 4 {
		t.Fatalf("%s: %+v, want two rounds of two levels", key, p.Attempts)
	}
	refused, after := p.Attempts[2], p.Attempts[3]
	if refused.Status != incident.CallRefused || refused.Provider != "" {
		t.Errorf("%s: %+v, want it refused", key, refused)
	}
	n := slices.IndexFunc(c.twilio.Calls(), func(call faketwilio.Call) bool { return call.SID == after.Provider })
	if n < 0 {
		t.Fatalf("%s: Twilio has no call for %+v", key, after)
	}
	if late := c.twilio.Calls()[n].Created.Sub(refused.At); late > latestEscalation {
		t.Errorf("%s: %s was called %s after the call to %s was refused", key, after.Name, late, refused.Name)
	}
	part, err := s.Incidents.Timeline(ctx, key, 0)
	if err != nil {
		t.Fatal(err)
	}
	told := func(e incident.Entry) bool {
		return e.Kind == incident.EntryProblem && strings.Contains(e.Text, refused.Name) && strings.Contains(e.Text, "goes on to the next person")
	}
	if !slices.ContainsFunc(part.Entries, told) {
		t.Errorf("%s: the timeline does not say why %s was not called: %+v", key, refused.Name, part.Entries)
	}
}
