//go:build !noengine

package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// burstRunbook pages one person, and has time.
const burstRunbook = `
runbook: burst
roles: { commander: sre-oncall, owner: payments-oncall }
severities: { SEV1: {} }
phases:
  identification:
    - page: owner
      id: first
      via: [call]
      ack: 2m
  lessons_learned: []
`

// Four incidents need Ana at once. Her telephone rings once. Of the one for which it was placed Ben takes care meanwhile:
// it rings on for the others, speaks of those alone, and one key acknowledges them.
func TestOneCallForABurst(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	v.write("runbooks/burst.yaml", burstRunbook)
	v.twilio.Phone(townAna, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	s := v.serve(t)
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	const incidents = 4
	for n := range incidents {
		if _, err := s.Incidents.Declare(ctx, gateway.NewIncident{Title: fmt.Sprintf("Trouble %d", n), Service: "payments", Runbook: "burst"}); err != nil {
			t.Fatal(err)
		}
	}
	call, err := v.twilio.WaitCall(ctx, func(c faketwilio.Call) bool { return c.To == townAna && c.Status == faketwilio.Ringing })
	if err != nil {
		t.Fatal(err)
	}
	placedFor, joined := incident.Key(""), []incident.Key{}
	for n := range incidents {
		key := incident.Key(fmt.Sprintf("INC-%d", n+1))
		switch v.untilCalled(ctx, s, key) {
		case true:
			joined = append(joined, key)
		default:
			placedFor = key
		}
	}
	if len(joined) != incidents-1 {
		t.Fatalf("%v have joined the call for %s, want all others", joined, placedFor)
	}
	ben := incident.Actor{Person: "ben", Name: "Ben", Door: incident.DoorCLI}
	if _, err := s.Incidents.Act(ctx, placedFor, gateway.Deed{Verb: contract.VerbAck, Act: contract.Act{By: ben}}); err != nil {
		t.Fatal(err)
	}
	v.untilNothingRings(ctx, s, placedFor)
	if err := v.twilio.Answer(call.SID); err != nil {
		t.Fatalf("the call does not ring any more: %v", err)
	}
	if err := v.twilio.Press(call.SID, "1"); err != nil {
		t.Fatal(err)
	}
	over, err := v.twilio.WaitCall(ctx, func(c faketwilio.Call) bool { return c.SID == call.SID && c.Status.Over() })
	if err != nil {
		t.Fatal(err)
	}
	heard := strings.Join(over.Heard, " ")
	if !strings.HasPrefix(heard, "3 incidents need you. ") || strings.Contains(heard, string(placedFor)) {
		t.Errorf("heard %q, want the three others", heard)
	}
	for _, key := range joined {
		shown, err := s.Incidents.Show(ctx, key)
		if err != nil {
			t.Fatal(err)
		}
		if by := shown.Incident.AcknowledgedBy.Person; by != "ana" || !strings.Contains(heard, string(key)+" is acknowledged") {
			t.Errorf("%s is acknowledged by %q; heard %q", key, by, heard)
		}
	}
	if calls := v.twilio.Calls(); len(calls) != 1 {
		t.Errorf("%d calls were placed, want one", len(calls))
	}
}

// untilCalled waits until an incident has Ana's call, and answers whether it is one that was under way.
func (v *town) untilCalled(ctx context.Context, s *stack, key incident.Key) (joined bool) {
	v.t.Helper()
	for {
		shown, err := s.Incidents.Show(ctx, key)
		if err == nil && len(shown.Incident.Pages) > 0 && len(shown.Incident.Pages[0].Attempts) > 0 && shown.Incident.Pages[0].Attempts[0].Provider != "" {
			part, err := s.Incidents.Timeline(ctx, key, 0)
			if err != nil {
				v.t.Fatal(err)
			}
			for _, e := range part.Entries {
				joined = joined || e.Text == "Ana is being called for another incident; that call tells of this one too"
			}
			return joined
		}
		if ctx.Err() != nil {
			v.t.Fatalf("%s calls nobody: %v", key, err)
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// untilNothingRings waits until an incident has nothing to end any more.
func (v *town) untilNothingRings(ctx context.Context, s *stack, key incident.Key) {
	v.t.Helper()
	for {
		shown, err := s.Incidents.Show(ctx, key)
		if err == nil && shown.Incident.Pages[0].Attempts[0].Status.Final() {
			return
		}
		if ctx.Err() != nil {
			v.t.Fatalf("%s still wants a call ended: %v", key, err)
		}
		pause(ctx, 50*time.Millisecond)
	}
}
