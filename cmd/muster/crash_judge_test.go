//go:build !noengine

package main

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// betweenLooks is how long nobody looks at what another process does.
const betweenLooks = 50 * time.Millisecond

// afterCrash waits until the page is acknowledged and nothing of it rings or asks any more, and judges what the world has
// seen of it.
func (p *crashPage) afterCrash(ctx context.Context, t *testing.T) {
	if p.blind {
		p.answerBoth(ctx, t)
	}
	page := p.over(ctx, t)
	by := firstOf(p.pair)
	if p.want.NextCalls > 0 {
		by = nextOf(p.pair)
	}
	if string(page.AckedBy.Person) != by {
		t.Errorf("acknowledged by %v, want %s", page.AckedBy, by)
	}
	if diff := cmp.Diff(p.want, p.seen()); diff != "" {
		t.Errorf("the world has seen (-want +got):\n%s", diff)
	}
	p.ordered(t, page)
}

// answerBoth answers both of two calls for one attempt: the first one acknowledges, and the second one hears so.
func (p *crashPage) answerBoth(ctx context.Context, t *testing.T) {
	for len(p.calls(p.number)) < 2 {
		if ctx.Err() != nil {
			t.Fatalf("called once, and nobody knows: %+v", p.calls(p.number))
		}
		pause(ctx, betweenLooks)
	}
	both := p.calls(p.number)
	if err := p.c.twilio.Answer(both[0].SID); err != nil {
		t.Fatal(err)
	}
	if err := p.c.twilio.Press(both[0].SID, "1"); err != nil {
		t.Fatal(err)
	}
	if _, err := p.acknowledged(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.c.twilio.Answer(both[1].SID); err != nil {
		t.Fatal(err)
	}
	_, err := p.c.twilio.WaitCall(ctx, func(c faketwilio.Call) bool {
		return c.SID == both[1].SID && strings.Contains(strings.Join(c.Heard, " "), "already acknowledged by "+firstOf(p.pair))
	})
	if err != nil {
		t.Error(err)
	}
}

// over waits until the page is acknowledged, its calls are over and its message says who has it.
func (p *crashPage) over(ctx context.Context, t *testing.T) incident.Page {
	t.Helper()
	page, err := p.acknowledged(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for {
		rings := slices.ContainsFunc(slices.Concat(p.calls(p.number), p.calls(nextNumber(p.pair))), func(c faketwilio.Call) bool { return !c.Status.Over() })
		if seen := p.seen(); !rings && seen.Settled >= seen.Messages {
			return page
		}
		if ctx.Err() != nil {
			t.Fatalf("it still rings, or the message still asks: %+v %+v", p.calls(p.number), p.seen())
		}
		pause(ctx, betweenLooks)
	}
}

// seen counts what was done.
func (p *crashPage) seen() doneOnce {
	out := doneOnce{Calls: len(p.calls(p.number)), NextCalls: len(p.calls(nextNumber(p.pair)))}
	for _, m := range p.c.twilio.Messages() {
		if m.To == p.number {
			out.Texts++
		}
	}
	for _, m := range p.written() {
		out.Messages++
		for n := range m.Edits {
			now := m.Text
			if n+1 < len(m.Edits) {
				now = m.Edits[n+1].Text
			}
			// That it is told who has it a second time changes nothing, and nobody sees it.
			if strings.Contains(now, "has it") && !strings.Contains(m.Edits[n].Text, "has it") {
				out.Settled++
			}
		}
	}
	return out
}

// written are the messages in Slack to the first one.
func (p *crashPage) written() (all []fakeslack.Message) {
	users := p.c.slack.Users()
	n := slices.IndexFunc(users, func(u fakeslack.User) bool { return u.Name == firstOf(p.pair) })
	for _, room := range p.c.slack.Rooms() {
		if !room.Direct || !slices.Contains(room.Members, users[n].ID) {
			continue
		}
		for _, m := range p.c.slack.Messages(room.ID) {
			if strings.Contains(m.Text, p.title) {
				all = append(all, m)
			}
		}
	}
	return all
}

// ordered checks the order within the page: attempts have their numbers, levels come one after the other, and so did the
// calls.
func (p *crashPage) ordered(t *testing.T, page incident.Page) {
	t.Helper()
	for n, a := range page.Attempts {
		if a.Number != n+1 || n > 0 && a.Level < page.Attempts[n-1].Level {
			t.Errorf("attempts are out of order: %+v", page.Attempts)
		}
	}
	for _, next := range p.calls(nextNumber(p.pair)) {
		for _, first := range p.calls(p.number) {
			if next.Created.Before(first.Created) {
				t.Errorf("%s was called before %s", nextOf(p.pair), firstOf(p.pair))
			}
		}
		t.Logf("the next level was called %s after the first one", next.Created.Sub(p.calls(p.number)[0].Created))
	}
}

// acknowledged waits until the page is.
func (p *crashPage) acknowledged(ctx context.Context) (incident.Page, error) {
	for {
		page, err := p.page(ctx)
		if err == nil && page.State == incident.PageAcknowledged {
			return page, nil
		}
		if ctx.Err() != nil {
			return page, fmt.Errorf("%s was never acknowledged: %w %w %+v", p.key, ctx.Err(), err, page)
		}
		pause(ctx, betweenLooks)
	}
}

// countedOnce checks that each line has counted each attempt once, however often it was asked.
func (c *crowd) countedOnce(ctx context.Context, t *testing.T, port int) {
	t.Helper()
	temporal, err := engine.Dial(ctx, client.Options{HostPort: net.JoinHostPort("127.0.0.1", strconv.Itoa(port))})
	if err != nil {
		t.Fatal(err)
	}
	defer temporal.Close()
	for n := range c.pairs {
		value, err := temporal.QueryWorkflow(ctx, contract.LineID(oncall.PersonID(firstOf(n))), "", string(contract.LineQuery), contract.None{})
		if err != nil {
			t.Fatal(err)
		}
		var line contract.LineState
		if err := value.Get(&line); err != nil {
			t.Fatal(err)
		}
		counted := map[string]int{}
		for _, use := range line.Uses {
			counted[use.Via+" "+use.Key]++
		}
		for id, times := range counted {
			if times != 1 {
				t.Errorf("the line of %s has counted %s %d times", firstOf(n), id, times)
			}
		}
		if len(counted) != 2 {
			t.Errorf("the line of %s has counted %v, want a call and a message", firstOf(n), counted)
		}
	}
}
