package twilio_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

var _ activities.Phone = (*twilio.Client)(nil)

// TestAcceptance runs the suite that every telephone passes, with a public address and without.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	for name, public := range map[string]bool{"public": true, "silent": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			activitiestest.Phone(t, func(t *testing.T) *activitiestest.PhoneWorld { return phoneWorld(t, public) })
		})
	}
}

// phoneWorld is a telephone company of its own with the real client in front of it. Its calls ring until somebody ends
// them, and nobody listens to its callbacks.
func phoneWorld(t *testing.T, public bool) *activitiestest.PhoneWorld {
	t.Helper()
	deaf := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }))
	t.Cleanup(deaf.Close)
	clock := &clock{}
	fake := faketwilio.New(faketwilio.Options{Now: clock.now})
	fake.Number(ours, "")
	owners := map[string]oncall.PersonID{anaPhone: "ana", benPhone: "ben"}
	for number := range owners {
		fake.Phone(number, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	}
	api := httptest.NewServer(fake)
	t.Cleanup(api.Close)
	t.Cleanup(fake.Close)
	client := func() activities.Phone {
		config := twilio.Config{
			AccountSID: fake.AccountSID(), AuthToken: fake.AuthToken(), From: ours, BaseURL: api.URL, People: roster(), Now: clock.now,
		}
		if public {
			config.PublicURL, config.Secret = deaf.URL, secret
		}
		c, err := twilio.New(config)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	return &activitiestest.PhoneWorld{
		Trouble: company{t, fake}, Phone: client(), Restarted: client, Person: "ana", Other: "ben",
		Unreachable: []oncall.PersonID{"cleo", "dora", "nobody-of-that-name"},
		Calls: func() (out []activitiestest.Call) {
			for _, c := range fake.Calls() {
				out = append(out, activitiestest.Call{ID: c.SID, Person: owners[c.To], Over: c.Status.Over()})
			}
			return out
		},
		Texts: func() (out []activitiestest.Text) {
			for _, m := range fake.Messages() {
				out = append(out, activitiestest.Text{ID: m.SID, Person: owners[m.To], Body: m.Body})
			}
			return out
		},
		Finish: func(call string) { ringOut(t, fake, call) },
		Now:    clock.now, Pass: clock.advance,
	}
}

// ringOut lets a call end by itself.
func ringOut(t *testing.T, fake *faketwilio.Server, call string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := fake.RingOut(call); err != nil {
		t.Fatal(err)
	}
	if _, err := fake.WaitCall(ctx, func(c faketwilio.Call) bool { return c.SID == call && over(c) }); err != nil {
		t.Fatal(err)
	}
}

// company breaks the simulated Twilio.
type company struct {
	t    *testing.T
	fake *faketwilio.Server
}

// Break lets the company fail.
func (c company) Break(m activitiestest.Mishap, skip int) (struck func() bool) {
	c.t.Helper()
	fault := faketwilio.Fault{Kind: faketwilio.Drop, Skip: skip, Times: 1, AfterWork: m == activitiestest.Lost}
	switch m {
	case activitiestest.Lost, activitiestest.Away:
	case activitiestest.Busy:
		fault = faketwilio.Fault{Kind: faketwilio.TooMany}
	case activitiestest.Refuses:
		fault = faketwilio.Fault{Kind: faketwilio.Refuse, Code: 21211}
	case activitiestest.Revoked:
		fault = faketwilio.Fault{Kind: faketwilio.Revoked}
	default:
		c.t.Fatalf("no company knows the mishap %q", m)
	}
	c.fake.Break(fault)
	return func() bool {
		for _, r := range c.fake.Requests() {
			if r.Fault != "" {
				return true
			}
		}
		return false
	}
}

// Mend ends every mishap.
func (c company) Mend() { c.fake.Mend() }
