//go:build !noengine

package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// slackFailure is a way in which Slack fails, at every request, while people are paged. Without a fault it works.
type slackFailure struct {
	name  string
	fault fakeslack.Fault
}

// slackLanes are all ways in which the simulated Slack can fail, in lanes that are played side by side. Each begins with
// a Slack that works.
func slackLanes() [][]slackFailure {
	works := slackFailure{name: "works"}
	return [][]slackFailure{
		{
			works,
			{name: "error 500", fault: fakeslack.Fault{Kind: fakeslack.ServerError}},
			{name: "error 503", fault: fakeslack.Fault{Kind: fakeslack.ServerError, Status: http.StatusServiceUnavailable}},
			{name: "a page for people", fault: fakeslack.Fault{Kind: fakeslack.HTMLPage}},
			{name: "a page for people, 502", fault: fakeslack.Fault{Kind: fakeslack.HTMLPage, Status: http.StatusBadGateway}},
		},
		{
			works,
			{name: "too many, come later", fault: fakeslack.Fault{Kind: fakeslack.RateLimited, RetryAfter: 30 * time.Second}},
			{name: "too many", fault: fakeslack.Fault{Kind: fakeslack.RateLimitedBare}},
			{name: "does nothing and hangs up", fault: fakeslack.Fault{Kind: fakeslack.DropBeforeWork}},
			{name: "does it and hangs up", fault: fakeslack.Fault{Kind: fakeslack.WorkThenDrop}},
		},
		{
			works,
			{name: "hangs", fault: fakeslack.Fault{Kind: fakeslack.Slow, Delay: time.Minute}},
			{name: "token revoked", fault: fakeslack.Fault{Kind: fakeslack.RevokeToken}},
			{name: "refuses", fault: fakeslack.Fault{Kind: fakeslack.Refuse, Error: "user_disabled"}},
			{name: "is slow", fault: fakeslack.Fault{Kind: fakeslack.Slow, Delay: 3 * time.Second}},
		},
	}
}

// rung is one call or message that Twilio has taken for a page.
type rung struct {
	what  string // who is told, and how
	taken time.Time
	after time.Duration // the level before, or the declaration
}

// telephonesIgnoreSlack pages people who are called, texted and written to at once, while Slack fails in every way it
// can: on the real engine and over HTTP, the same telephones ring in the same order as when Slack works, and at the times of
// the policy.
//
// The clock is real: what is late on a machine that is busy with other things is tried again. A Slack that is waited for
// would be late each time.
func telephonesIgnoreSlack(t *testing.T) {
	lanes := map[string]func(*testing.T){}
	for n, lane := range slackLanes() {
		lanes[fmt.Sprintf("lane %d", n+1)] = func(t *testing.T) { playSlackLane(t, lane) }
	}
	atOnce(t, lanes)
}

// slackTries is how often what is late is tried.
const slackTries = 3

// playSlackLane plays one failure after the other.
func playSlackLane(t *testing.T, lane []slackFailure) {
	t.Helper()
	c := newCrowd(t, slackTries*len(lane), 0)
	// A call that still rings would tell of the next round too. Messages keep each level open until its time is over.
	busy := faketwilio.Behaviour{Reaction: faketwilio.IsBusy, After: 200 * time.Millisecond}
	for n := range c.pairs {
		c.twilio.Phone(firstNumber(n), busy)
		c.twilio.Phone(nextNumber(n), busy)
	}
	c.tellBy(t, "call, sms, slack")
	s := c.serve(t)
	want := whatOf(c.rungDuring(t, s, 0)) // while the whole machine starts, so its times do not count
	for n, f := range lane[1:] {
		drift := ""
		for try := range slackTries {
			c.slack.Break(f.fault)
			got := c.rungDuring(t, s, (n+1)*slackTries+try)
			c.slack.Mend()
			if drift = gocmp.Diff(want, whatOf(got)) + lateOf(got); drift == "" {
				break
			}
			t.Logf("Slack: %s: the machine may have been overloaded, so it is tried again:\n%s", f.name, drift)
		}
		if drift != "" {
			t.Errorf("Slack: %s: other telephones ring than with a Slack that works", f.name)
		}
	}
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	for _, f := range lane {
		if c.askedSlack(f.fault.Kind) == 0 {
			t.Errorf("Slack: %s: it was never asked to write to anybody", f.name)
		}
	}
}

// whatOf is who was told, and how, without the times.
func whatOf(all []rung) (what []string) {
	for _, r := range all {
		what = append(what, r.what)
	}
	return what
}

// lateOf says which telephone did not ring at its time; "" = none.
func lateOf(all []rung) string {
	for n, r := range all {
		wanted := slackPatience
		if n < toldAtOnce {
			wanted = 0
		}
		if late := r.after - wanted; late < 0 || late > latestEscalation {
			return fmt.Sprintf("%s comes %s after the level before, want %s", r.what, r.after, wanted)
		}
	}
	return ""
}

// askedSlack counts the requests of direct messages that have met a fault, or none.
func (c *crowd) askedSlack(kind fakeslack.FaultKind) (count int) {
	for _, r := range c.slack.Requests() {
		if r.Fault == kind && (r.Method == "conversations.open" || r.Method == "users.lookupByEmail") {
			count++
		}
	}
	return count
}

// The story of a page that nobody answers: two people, two rounds, a call and a message each time.
const (
	slackPatience = 2 * time.Second
	toldAtOnce    = 2
	toldInAll     = 4 * toldAtOnce
)

// rungDuring pages a pair until each of the two has been told twice, and gives whom Twilio was asked to tell, how, and
// how long after the level before.
func (c *crowd) rungDuring(t *testing.T, s *stack, pair int) []rung {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	before := time.Now()
	key, err := c.page(ctx, s, paged{first: firstOf(pair), next: nextOf(pair), due: before.Add(slackPatience)})
	if err != nil {
		t.Fatal(err)
	}
	var all []rung
	for len(all) < toldInAll {
		if ctx.Err() != nil {
			t.Fatalf("%s: only %d were told: %v", key, len(all), all)
		}
		pause(ctx, betweenLooks)
		all = c.rungFor(pair)
	}
	by := incident.Actor{Person: oncall.PersonID(firstOf(pair)), Name: "Whoever was called", Door: incident.DoorCLI}
	if _, err := s.Incidents.Act(ctx, key, gateway.Deed{Verb: contract.VerbCancel, Act: contract.Act{By: by, Reason: "played"}}); err != nil {
		t.Fatal(err)
	}
	all = all[:toldInAll]
	for level := range slices.Chunk(all, toldAtOnce) {
		begins := level[0].taken
		// What happens in one moment has no order.
		slices.SortFunc(level, func(a, b rung) int { return cmp.Compare(a.what, b.what) })
		for n := range level {
			level[n].after = level[n].taken.Sub(before)
		}
		before = begins
	}
	return all
}

// rungFor is whom Twilio was asked to tell of a pair, in order of time.
func (c *crowd) rungFor(pair int) (all []rung) {
	names := map[string]string{firstNumber(pair): "first", nextNumber(pair): "next"}
	for _, call := range c.twilio.Calls() {
		if name, ok := names[call.To]; ok {
			all = append(all, rung{what: "call " + name, taken: call.Created})
		}
	}
	for _, m := range c.twilio.Messages() {
		if name, ok := names[m.To]; ok {
			all = append(all, rung{what: "text " + name, taken: m.Created})
		}
	}
	slices.SortFunc(all, func(a, b rung) int { return a.taken.Compare(b.taken) })
	return all
}
