//go:build !noengine

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// crowd is a town of many people: half of them are called first and never answer, the other half are called next.
type crowd struct {
	*town
	pairs int
}

// crowdRunbook pages one of the crowd, and after a time of its own the next one.
const crowdRunbook = `
runbook: town
title: One of many
roles: { commander: sre-oncall }
severities: { SEV1: {} }
inputs:
  first: { type: string, default: first0, description: who is called first }
  next: { type: string, default: next0, description: who is called when nobody answers }
  begun: { type: string, default: "2029-12-31T00:00:00Z", description: when it is declared }
  due: { type: string, default: "2030-01-01T00:00:00Z", description: about when the first one's time is over }
phases:
  identification:
    - channel: inc-${{ incident.key }}
    - page: ${{ inputs.first }}
      ack: ${{ timestamp(inputs.due) - timestamp(inputs.begun) }}
      escalate: ["${{ inputs.next }}"]
    - wait: 12h
  lessons_learned: []
`

// newCrowd builds the world around so many pairs of people. The second ones answer after a while and press 1.
func newCrowd(t testing.TB, pairs int, answers time.Duration) *crowd {
	t.Helper()
	return newCrowdWith(t, pairs, answers, faketwilio.Options{})
}

// newCrowdWith is newCrowd with a Twilio of its own kind.
func newCrowdWith(t testing.TB, pairs int, answers time.Duration, telephone faketwilio.Options) *crowd {
	t.Helper()
	c := &crowd{town: newTownWith(t, telephone), pairs: pairs}
	c.write("runbooks/town.yaml", crowdRunbook)
	var people strings.Builder
	people.WriteString("people:\n")
	add := func(name, number string, phone faketwilio.Behaviour) {
		fmt.Fprintf(&people, "  %s: { name: %s, email: %s@town.example, phone: %q }\n", name, name, name, number)
		c.slack.AddUser(fakeslack.User{Email: name + "@town.example", Name: name})
		c.twilio.Phone(number, phone)
	}
	for n := range pairs {
		add(firstOf(n), firstNumber(n), faketwilio.Behaviour{Reaction: faketwilio.RingsOut})
		add(nextOf(n), nextNumber(n), faketwilio.Behaviour{
			Reaction: faketwilio.Answers, After: answers, Presses: []faketwilio.Press{{Keys: "1", After: 300 * time.Millisecond}},
		})
	}
	c.write("musterbook.yaml", strings.Replace(c.settings(), "people:\n", people.String(), 1))
	return c
}

// telephone is somebody's number.
func (c *crowd) telephone(name string) string {
	for n := range c.pairs {
		switch name {
		case firstOf(n):
			return firstNumber(n)
		case nextOf(n):
			return nextNumber(n)
		}
	}
	return ""
}

// tellBy has everybody told in some ways at once.
func (c *crowd) tellBy(t testing.TB, ways string) {
	t.Helper()
	text, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	rules := "$1, contact: { high: [{ via: [" + ways + "] }] } }"
	c.write("musterbook.yaml", regexp.MustCompile(`(?m)^(  (?:first|next)\d+: .*) }$`).ReplaceAllString(string(text), rules))
}

// teams makes teams.
func (c *crowd) teams(t testing.TB, teams map[string][]string) {
	t.Helper()
	text, err := os.ReadFile(c.config)
	if err != nil {
		t.Fatal(err)
	}
	settings := string(text)
	settings += "teams:\n"
	for name, members := range teams {
		settings += fmt.Sprintf("  %s: { members: [%s] }\n", name, strings.Join(members, ", "))
	}
	c.write("musterbook.yaml", settings)
}

// openingPace is how soon after one incident the next one begins: no opening may be late for want of a machine.
const openingPace = 150 * time.Millisecond

// opening is how long so many incidents are given to begin, and the telephones of their first level to ring.
func opening(pages int) time.Duration { return 5*time.Second + time.Duration(pages)*openingPace }

// The names of a pair.
func firstOf(pair int) string { return fmt.Sprintf("first%d", pair) }
func nextOf(pair int) string  { return fmt.Sprintf("next%d", pair) }

// The telephones of a pair.
func firstNumber(pair int) string { return fmt.Sprintf("+1202%07d", 6000000+pair) }
func nextNumber(pair int) string  { return fmt.Sprintf("+1202%07d", 7000000+pair) }

// dueAt begins so many incidents, one after the other in the time that there is for the opening, whose first level is over
// at about the times that due says. It answers their keys.
func (c *crowd) dueAt(t testing.TB, s *stack, pages int, due func(n int) time.Time) []incident.Key {
	t.Helper()
	const sideBySide = 4
	begin := time.Now()
	keys := make([]incident.Key, pages)
	var declaring sync.WaitGroup
	for lane := range sideBySide {
		declaring.Go(func() {
			for n := lane; n < pages; n += sideBySide {
				pause(t.Context(), time.Until(begin.Add(openingPace*time.Duration(n))))
				key, err := c.page(t.Context(), s, paged{first: firstOf(n % c.pairs), next: nextOf(n % c.pairs), due: due(n)})
				if err != nil {
					t.Error(err)
					return
				}
				keys[n] = key
			}
		})
	}
	declaring.Wait()
	return keys
}

// paged is who is paged first, who next, and when.
type paged struct {
	first, next string
	due         time.Time // about when the first level is over
}

// page begins an incident that pages somebody.
func (c *crowd) page(ctx context.Context, s *stack, p paged) (incident.Key, error) {
	declared, err := s.Incidents.Declare(ctx, gateway.NewIncident{
		Title: "Trouble for " + p.first, Service: "payments", Severity: "SEV1",
		Inputs: map[string]any{
			"first": p.first, "next": p.next,
			"begun": time.Now().UTC().Format(time.RFC3339Nano), "due": p.due.UTC().Format(time.RFC3339Nano),
		},
		By: incident.Actor{Name: "Alertmanager", Door: incident.DoorAlert, Verified: true},
	})
	return declared.Key, err
}

// escalated is one page of the crowd, as the incident and Twilio have it together.
type escalated struct {
	key   incident.Key
	clock time.Time // when the clock of the first level began
	due   time.Time // when the next one had to be called
	rang  time.Time // when the first telephone rang, by Twilio's clock
	call  time.Time // when Twilio took the next one's call
	page  *incident.Page
}

// late is how late the next one was called.
func (e escalated) late() time.Duration { return e.call.Sub(e.due) }

// acknowledged waits until the incident's page is, and reads it. Its error tells what the page last was, and what was
// spoken on its calls.
func (c *crowd) acknowledged(ctx context.Context, s *stack, key incident.Key) (contract.Snapshot, error) {
	var known contract.Snapshot
	for {
		shown, err := s.Incidents.Show(ctx, key)
		if err == nil {
			known = shown
		}
		if err == nil && len(shown.Incident.Pages) == 1 && shown.Incident.Pages[0].State == incident.PageAcknowledged {
			return shown, nil
		}
		if ctx.Err() == nil {
			pause(ctx, 100*time.Millisecond)
			continue
		}
		var told strings.Builder
		for _, p := range known.Incident.Pages {
			for _, a := range p.Attempts {
				fmt.Fprintf(&told, "\n%+v", a)
				for _, call := range c.twilio.Calls() {
					if call.SID == a.Provider {
						fmt.Fprintf(&told, "\n  %s heard %q pressed %q problems %q", call.Status, call.Heard, call.Pressed, call.Problems)
					}
				}
			}
		}
		return known, fmt.Errorf("%s was never acknowledged: %w; %w; %s", key, ctx.Err(), err, told.String())
	}
}

// escalation reads what has become of an incident's page, and judges its order: everything of the first level was done
// once, and before anything of the next one.
func (c *crowd) escalation(ctx context.Context, s *stack, key incident.Key, calls map[string]faketwilio.Call) (escalated, error) {
	shown, err := c.acknowledged(ctx, s, key)
	if err != nil {
		return escalated{}, err
	}
	part, err := s.Incidents.Timeline(ctx, key, 0)
	if err != nil {
		return escalated{}, err
	}
	e := escalated{key: key, page: shown.Incident.Pages[0]}
	seen := map[string]bool{}
	var last time.Time
	for n, a := range e.page.Attempts {
		once := fmt.Sprintf("%d/%s", a.Level, a.Via)
		if a.Number != n+1 || seen[once] || a.Level != n/2 {
			return e, fmt.Errorf("%s: attempt %d is out of order: %+v", key, n+1, e.page.Attempts)
		}
		seen[once] = true
		if a.Via != string(oncall.WayCall) {
			continue
		}
		call, ok := calls[a.Provider]
		if !ok || call.Created.Before(last) {
			return e, fmt.Errorf("%s: Twilio has no call for attempt %d after that of the level before: %+v", key, a.Number, a)
		}
		last = call.Created
		if a.Level == 0 {
			e.rang = call.Started
		} else {
			e.call = call.Created
		}
	}
	if len(e.page.Attempts) != 4 {
		return e, fmt.Errorf("%s: %d attempts, want a call and a message at each of two levels: %+v", key, len(e.page.Attempts), e.page.Attempts)
	}
	first := e.page.Attempts[0].Name
	for _, entry := range part.Entries {
		told := strings.HasPrefix(entry.Text, first+" rings") || strings.HasPrefix(entry.Text, first+" was sent") || strings.HasPrefix(entry.Text, first+" has the message")
		if entry.Kind == incident.EntryCall && told {
			e.clock, e.due = entry.At, entry.At.Add(e.page.Ack)
			return e, nil
		}
	}
	return e, fmt.Errorf("%s: the timeline tells of no ring of %s", key, first)
}

// callsByID are Twilio's calls, and whether any attempt was made twice.
func (c *crowd) callsByID(t testing.TB) map[string]faketwilio.Call {
	t.Helper()
	calls, placed := map[string]faketwilio.Call{}, map[string]bool{}
	for _, call := range c.twilio.Calls() {
		attempt := call.To + " " + call.URL
		if placed[attempt] {
			t.Errorf("%s was called twice for one attempt", call.To)
		}
		placed[attempt], calls[call.SID] = true, call
	}
	return calls
}

// refusedByTwilio counts what Twilio has not taken.
func (c *crowd) refusedByTwilio() (count int) {
	for _, r := range c.twilio.Requests() {
		if r.Method == http.MethodPost && r.Status/100 != 2 {
			count++
		}
	}
	return count
}
