package twilio_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// direct are the requests of a page for no incident.
func (b *bench) direct(reference string) (contract.CallRequest, contract.TextRequest) {
	effect := contract.Effect{Key: "ana", Intended: b.clock.now()}
	return contract.CallRequest{
		Effect: effect, Callback: contract.Callback{Page: "ana/call", Attempt: 1}, Person: "ana", Say: "the database is gone",
	}, contract.TextRequest{
		Effect: effect, Callback: contract.Callback{Page: "ana/sms", Attempt: 1}, Person: "ana",
		Text: "The database is gone " + reference, Reference: reference,
	}
}

func TestCallForNoIncidentOffersNoAcknowledgement(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *twilio.Config) { c.PublicURL = "" })
	call, _ := b.direct("(direct one)")
	result, err := b.client.Call(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	twiml := b.fake.Calls()[0].TwiML
	if !result.Silent || strings.Count(twiml, "The database is gone.") != 2 || strings.Contains(twiml, "cknowledge") {
		t.Errorf("%+v: %s", result, twiml)
	}
}

func TestEarlierFindsThePageByItsMessage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name       string
		reference  string
		apart      time.Duration // between the message and the call
		since      time.Duration // before now
		fault      faketwilio.Operation
		text, call bool
		fails      bool
	}{
		{name: "both", reference: "(direct one)", since: time.Hour, text: true, call: true},
		{name: "another id", reference: "(direct on)", since: time.Hour},
		{name: "long ago", reference: "(direct one)", since: -time.Minute},
		{name: "a call for something else", reference: "(direct one)", since: time.Hour, apart: 10 * time.Minute, text: true},
		{name: "the messages cannot be listed", reference: "(direct one)", since: time.Hour, fault: faketwilio.ListMessages, fails: true},
		{name: "the calls cannot be listed", reference: "(direct one)", since: time.Hour, fault: faketwilio.ListCalls, text: true, fails: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			clock := &clock{}
			fake := faketwilio.New(faketwilio.Options{Now: clock.now})
			fake.Number(ours, "")
			api := httptest.NewServer(fake)
			t.Cleanup(api.Close)
			t.Cleanup(fake.Close)
			b := &bench{t: t, fake: fake, api: api.URL, clock: clock, log: &strings.Builder{}}
			world := b.newClient()
			call, text := b.direct("(direct one)")
			sent, err := world.Text(t.Context(), text)
			if err != nil {
				t.Fatal(err)
			}
			// The call is another one, placed after the message.
			clock.advance(test.apart)
			placed, err := world.Call(t.Context(), call)
			if err != nil {
				t.Fatal(err)
			}
			if test.fault != "" {
				b.fake.Break(faketwilio.Fault{Op: test.fault, Kind: faketwilio.Unavailable})
			}
			found, err := world.Earlier(t.Context(), twilio.Sought{
				Person: "ana", Reference: test.reference, Since: time.Now().Add(-test.since),
			})
			var want twilio.Earlier
			if test.text {
				want.Text = sent.Provider
			}
			if test.call {
				want.Call = placed.Provider
			}
			if found != want || (err != nil) != test.fails {
				t.Errorf("%+v, want %+v: %v", found, want, err)
			}
		})
	}
	if _, err := newBench(t).client.Earlier(t.Context(), twilio.Sought{Person: "cleo", Reference: "(direct one)"}); !contract.IsRefused(err) {
		t.Errorf("somebody without a number: %v", err)
	}
}

func TestProgressTellsWhyAMessageFailed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Fails, SMS: faketwilio.Undelivered, ErrorCode: 30034})
	call, text := b.direct("(direct one)")
	placed, err := b.client.Call(t.Context(), call)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := b.client.Text(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	for provider, detail := range map[string]string{placed.Provider: "", sent.Provider: "Twilio error 30034 (the carrier blocks this sender"} {
		var got contract.FollowResult
		for end := time.Now().Add(10 * time.Second); !got.Status.Final() && time.Now().Before(end); {
			if got, err = b.client.Follow(t.Context(), provider); err != nil {
				t.Fatal(err)
			}
		}
		if got.Status != incident.CallFailed || !strings.HasPrefix(got.Detail, detail) || (detail == "") != (got.Detail == "") {
			t.Errorf("%+v, want %q", got, detail)
		}
	}
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.Revoked, Times: 1})
	if _, err := b.client.Follow(t.Context(), placed.Provider); !contract.IsRefused(err) {
		t.Errorf("a revoked account: %v", err)
	}
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.HTML, Times: 1})
	if _, err := b.client.Follow(t.Context(), placed.Provider); err == nil || contract.IsRefused(err) {
		t.Errorf("a company that is away: %v", err)
	}
	if _, err := b.client.Follow(t.Context(), "CA0"); !contract.IsRefused(err) {
		t.Errorf("a call that is not known: %v", err)
	}
}
