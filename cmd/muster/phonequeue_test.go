//go:build !noengine

package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// queueCap is after how long a level's clock starts although no telephone has rung.
const queueCap = 30 * time.Second

// queued is a page whose call waits behind others in Twilio's queue.
type queued struct {
	name     string
	first    string // who is paged
	numbers  []string
	next     int // the pair whose next one is called
	patience time.Duration
	key      incident.Key
}

// aQueueOfCalls places calls for whole teams at an account that dials one a second, as Twilio's do, and for single
// people behind them. A level's time does not run while its calls wait: it begins with the first telephone that rings, and
// at the latest after half a minute.
//
// The clock is real: what is too late on a machine that is busy with other things is tried once more.
func aQueueOfCalls(t *testing.T) {
	for range 2 {
		late := playQueue(t)
		if late == "" || t.Failed() {
			return
		}
		t.Logf("the machine may have been overloaded, so all of it is tried once more: %s", late)
	}
	t.Error("levels were called too late twice, see above")
}

// playQueue plays it once, and says what was too late; "" = nothing.
func playQueue(t *testing.T) string {
	const few, many = 8, 32
	c := newCrowdWith(t, few+many+4, time.Second, faketwilio.Options{CallsASecond: 1})
	c.tellBy(t, "call")
	c.teams(t, map[string][]string{"few": firsts(0, few), "many": firsts(few, many)})
	const single = few + many
	for n := range single { // teams are patient: a level of which all telephones have rung out is over
		c.twilio.Phone(firstNumber(n), faketwilio.Behaviour{Reaction: faketwilio.Manual})
	}
	pages := []*queued{
		{name: "a small team", first: "few", numbers: numbers(0, few), next: single, patience: 2 * time.Minute},
		{name: "one behind a small team", first: firstOf(single + 1), numbers: numbers(single+1, 1), next: single + 1, patience: 3 * time.Second},
		{name: "a large team", first: "many", numbers: numbers(few, many), next: single + 2, patience: 2 * time.Minute},
		{name: "one behind a large team", first: firstOf(single + 3), numbers: numbers(single+3, 1), next: single + 3, patience: 3 * time.Second},
	}
	s := c.serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	placed := 0
	for _, p := range pages {
		var err error
		if p.key, err = c.page(ctx, s, paged{first: p.first, next: nextOf(p.next), due: time.Now().Add(p.patience)}); err != nil {
			t.Fatal(err)
		}
		placed += len(p.numbers)
		for len(c.twilio.Calls()) < placed { // the order in the queue is that of the pages
			if ctx.Err() != nil {
				t.Fatalf("%s: not everybody is called: %d of %d", p.name, len(c.twilio.Calls()), placed)
			}
			pause(ctx, betweenLooks)
		}
	}
	c.untilDialled(ctx, t, pages)
	said := ""
	for _, p := range pages {
		if late := c.judgeQueued(ctx, t, s, p); late != "" {
			said = late
		}
	}
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	return said
}

// firsts are the first ones of some pairs.
func firsts(from, count int) (names []string) {
	for n := range count {
		names = append(names, firstOf(from+n))
	}
	return names
}

// numbers are the telephones of the first ones of some pairs.
func numbers(from, count int) (all []string) {
	for n := range count {
		all = append(all, firstNumber(from+n))
	}
	return all
}

// untilDialled waits until every telephone of every first level has rung, and the next level of those behind them is
// called.
func (c *crowd) untilDialled(ctx context.Context, t *testing.T, pages []*queued) {
	t.Helper()
	for _, p := range pages {
		for _, number := range p.numbers {
			_, err := c.twilio.WaitCall(ctx, func(call faketwilio.Call) bool {
				return call.To == number && (!call.Started.IsZero() || call.Status.Over())
			})
			if err != nil {
				t.Fatalf("%s: %s was never dialled: %v", p.name, number, err)
			}
		}
		if p.patience > time.Minute {
			continue
		}
		if _, err := c.twilio.WaitCall(ctx, func(call faketwilio.Call) bool { return call.To == nextNumber(p.next) }); err != nil {
			t.Fatalf("%s: the next level was never called: %v", p.name, err)
		}
	}
}

// judgeQueued judges when the next level was called, by Twilio's clock and by when the incident decided to call the first
// one, and says when that was too late.
func (c *crowd) judgeQueued(ctx context.Context, t *testing.T, s *stack, p *queued) string {
	t.Helper()
	shown, err := s.Incidents.Show(ctx, p.key)
	if err != nil {
		t.Fatal(err)
	}
	decided := shown.Incident.Pages[0].Attempts[0].At
	var rang, next time.Time
	for _, call := range c.twilio.Calls() {
		switch {
		case slices.Contains(p.numbers, call.To):
			if !call.Started.IsZero() && (rang.IsZero() || call.Started.Before(rang)) {
				rang = call.Started
			}
		case call.To == nextNumber(p.next):
			next = call.Created
		}
	}
	clock := rang
	if latest := decided.Add(queueCap); rang.IsZero() || rang.After(latest) {
		clock = latest
	}
	c.ringsAreTrue(ctx, t, s, p)
	if p.patience > time.Minute {
		if !next.IsZero() {
			t.Errorf("%s: the next level was called %s after the first telephone rang, want %s", p.name, next.Sub(rang), p.patience)
		}
		return ""
	}
	late := next.Sub(clock.Add(p.patience))
	t.Logf("%s: called, rang after %s, next level after %s, %s late", p.name, rang.Sub(decided), next.Sub(decided), late)
	switch {
	case late < 0:
		t.Errorf("%s: the next level was called %s too early", p.name, -late)
	case late > latestEscalation:
		return fmt.Sprintf("%s: the next level was called %s late", p.name, late)
	}
	return ""
}

// ringsAreTrue checks that the incident's timeline tells of no ring before Twilio does.
func (c *crowd) ringsAreTrue(ctx context.Context, t *testing.T, s *stack, p *queued) {
	t.Helper()
	part, err := s.Incidents.Timeline(ctx, p.key, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, call := range c.twilio.Calls() {
		if !slices.Contains(p.numbers, call.To) {
			continue
		}
		for _, e := range part.Entries {
			name, rings := strings.CutSuffix(e.Text, " rings")
			if rings && c.telephone(name) == call.To && (call.Started.IsZero() || e.At.Before(call.Started)) {
				t.Errorf("%s: %s is told at %s to ring, and was dialled at %s", p.name, name, e.At, call.Started)
			}
		}
	}
}
