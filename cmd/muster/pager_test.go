//go:build !noengine

package main

import (
	"context"
	"fmt"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/pager/fakepager"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// pagerSecret signs what is posted to the receiver of these tests.
const pagerSecret = "a secret of thirty-two characters"

// TestPagerIsTheLastLink: both telephone accounts are refused, and the pager makes the same attempt; without any account it
// is all there is. When somebody acknowledges elsewhere, what it has taken is cancelled. One request is lost on the way.
func TestPagerIsTheLastLink(t *testing.T) {
	t.Parallel()
	twilioLine := regexp.MustCompile(`(?m)^twilio: \{(.*)\}$`)
	for name, test := range map[string]struct {
		telephone string // in place of the town's
		notes     []string
	}{
		"after two accounts": {
			telephone: "twilio: {$1, second: {$1} }",
			notes:     []string{"the first telephone account failed: ", "the second one failed: "},
		},
		"alone": {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := fakepager.New(pagerSecret, time.Now)
			server := httptest.NewServer(receiver)
			t.Cleanup(server.Close)
			lost := receiver.Drop(true, 0)
			v := newTown(t)
			v.twilio.Break(faketwilio.Fault{Kind: faketwilio.Revoked})
			secret := v.write("pager-secret", pagerSecret)
			v.write("musterbook.yaml", fmt.Sprintf("pager: { url: %q, secret: %q }\n", server.URL, "file:"+secret)+
				twilioLine.ReplaceAllString(v.settings(), test.telephone))
			s := v.serve(t)
			if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
				t.Fatal(err)
			}
			taken := func(cancelled bool) (call *fakepager.Page) {
				for _, p := range receiver.Pages() {
					if p.Kind == "call" && p.Person["id"] == "ana" && p.Cancelled == cancelled {
						call = &p
					}
				}
				return call
			}
			soon(t, "Ana is called by the pager", func() bool { return taken(false) != nil })
			if call := taken(false); call.Incident != "INC-1" || !strings.Contains(call.Text, "Checkout is slow") || !lost() {
				t.Errorf("taken: %+v", call)
			}
			shown := func() incident.Incident {
				got, err := s.Incidents.Show(t.Context(), "INC-1")
				if err != nil {
					t.Fatal(err)
				}
				return got.Incident
			}
			soon(t, "the level's clock runs", func() bool { return len(shown().Pages) > 0 && !shown().Pages[0].ClockAt.IsZero() })
			act := contract.Act{By: incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorCLI}}
			if _, err := s.Incidents.Act(t.Context(), "INC-1", gateway.Deed{Verb: contract.VerbAck, Act: act}); err != nil {
				t.Fatal(err)
			}
			soon(t, "the call is cancelled", func() bool { return taken(true) != nil })
			told, err := s.Incidents.Timeline(t.Context(), "INC-1", 0)
			if err != nil {
				t.Fatal(err)
			}
			text := fmt.Sprint(told)
			for _, want := range test.notes {
				if !strings.Contains(text, want) {
					t.Errorf("the timeline lacks %q: %s", want, text)
				}
			}
			if refused := receiver.Refused(); len(refused) > 0 || strings.Contains(text, server.URL) {
				t.Errorf("the receiver refuses %v; timeline %s", refused, text)
			}
		})
	}
}

// soon waits for something.
func soon(t *testing.T, what string, so func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for !so() {
		if ctx.Err() != nil {
			t.Fatalf("%s: not yet", what)
		}
		pause(ctx, 20*time.Millisecond)
	}
}
