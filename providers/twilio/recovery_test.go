package twilio_test

import (
	"errors"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// unknownOutcomes are the ways in which nobody knows whether the work was done.
func unknownOutcomes(afterWork bool) map[string]faketwilio.Fault {
	faults := map[string]faketwilio.Fault{}
	for _, kind := range []faketwilio.FaultKind{faketwilio.Drop, faketwilio.Broken, faketwilio.HTML} {
		faults[string(kind)] = faketwilio.Fault{Kind: kind, AfterWork: afterWork, Times: 1}
	}
	return faults
}

func TestLostCallIsAdopted(t *testing.T) {
	t.Parallel()
	for name, fault := range unknownOutcomes(true) {
		fault.Op = faketwilio.CreateCall
		for _, restarted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				b := newBench(t)
				b.fake.Phone(anaPhone, faketwilio.Behaviour{Queued: time.Hour})
				req := b.attempt("ana", 1)
				b.fake.Break(fault)
				if _, err := b.client.Call(t.Context(), req); err == nil || contract.IsRefused(err) {
					t.Fatalf("the first attempt: %v", err)
				}
				client := b.client
				if restarted {
					client = b.newClient()
				}
				req.Again = true
				result, err := client.Call(t.Context(), req)
				if err != nil {
					t.Fatalf("the repetition: %v", err)
				}
				calls := b.fake.Calls()
				if len(calls) != 1 || calls[0].SID != result.Provider {
					t.Errorf("%d calls; adopted %s", len(calls), result.Provider)
				}
			})
		}
	}
}

func TestCallThatWasNotPlacedIsPlacedOnce(t *testing.T) {
	t.Parallel()
	for name, fault := range unknownOutcomes(false) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			req := b.attempt("ana", 1)
			b.fake.Break(fault)
			if _, err := b.client.Call(t.Context(), req); err == nil {
				t.Fatal("the fault did not apply")
			}
			req.Again = true
			// A list that is asked at once may lack the call: look again before the telephone rings twice.
			_, err := b.client.Call(t.Context(), req)
			var later *contract.Later
			if !errors.As(err, &later) || later.After <= 0 || later.After > 3*time.Second {
				t.Fatalf("the first look: %v", err)
			}
			if n := len(b.fake.Calls()); n != 0 {
				t.Fatalf("%d calls before the list has settled", n)
			}
			b.clock.advance(later.After)
			result, err := b.client.Call(t.Context(), req)
			if err != nil || len(b.fake.Calls()) != 1 || b.fake.Calls()[0].SID != result.Provider {
				t.Errorf("the second look: %+v, %v, %d calls", result, err, len(b.fake.Calls()))
			}
		})
	}
}

func TestRefusedAttemptIsRepeatedWithoutWaiting(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	req := b.attempt("ana", 1)
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.TooMany, Times: 1})
	if _, err := b.client.Call(t.Context(), req); !errors.As(err, new(*contract.Later)) {
		t.Fatal(err)
	}
	req.Again = true
	if _, err := b.client.Call(t.Context(), req); err != nil || len(b.fake.Calls()) != 1 {
		t.Errorf("%v, %d calls", err, len(b.fake.Calls()))
	}
}

func TestLookPrefersADuplicateToSilence(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	req := b.attempt("ana", 1)
	req.Again = true
	b.fake.Break(faketwilio.Fault{Op: faketwilio.ListCalls, Kind: faketwilio.HTML})
	if _, err := b.client.Call(t.Context(), req); err != nil || len(b.fake.Calls()) != 1 {
		t.Errorf("the list is away: %v, %d calls", err, len(b.fake.Calls()))
	}
	b.fake.Mend()
	b.fake.Break(faketwilio.Fault{Op: faketwilio.ListCalls, Kind: faketwilio.TooMany})
	if _, err := b.client.Call(t.Context(), req); !errors.As(err, new(*contract.Later)) {
		t.Errorf("the list is limited: %v", err)
	}
}

func TestOtherAttemptsAreNotAdopted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// The same person is called for another attempt; this process knows it from its own request.
	known, err := b.client.Call(t.Context(), b.attempt("ana", 7))
	if err != nil {
		t.Fatal(err)
	}
	req := b.attempt("ana", 1)
	req.Again = true
	made, err := b.client.Call(t.Context(), req)
	if err != nil || made.Provider == known.Provider {
		t.Fatalf("adopted another attempt's call: %+v, %v", made, err)
	}
}

func TestCallbacksSayWhoseCallItIs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// The process that placed the call is gone; the one that hears its callbacks learns which attempt it belongs to.
	restarted := b.newClient()
	h := restarted.Handler(b.incidents)
	b.gateway.Store(&h)
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.IsBusy})
	other, err := b.client.Call(t.Context(), b.attempt("ana", 9))
	if err != nil {
		t.Fatal(err)
	}
	b.incidents.waitStatuses(t, 3)
	req := b.attempt("ana", 1)
	req.Again = true
	req.Intended = b.wait(other.Provider, over).Created
	made, err := restarted.Call(t.Context(), req)
	if err != nil || made.Provider == other.Provider {
		t.Errorf("adopted a call that belongs to another attempt: %+v, %v", made, err)
	}
}

func TestEarlierCallsAreNotAdopted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.client.Call(t.Context(), b.attempt("ana", 1)); err != nil {
		t.Fatal(err)
	}
	b.clock.advance(time.Minute)
	req := b.attempt("ana", 2)
	req.Again = true
	if _, err := b.newClient().Call(t.Context(), req); err != nil || len(b.fake.Calls()) != 2 {
		t.Errorf("a call of a minute ago was taken for this one: %v, %d calls", err, len(b.fake.Calls()))
	}
}

// TestLaterCallsAreNotAdopted: whoever comes back late, or has tried in vain before, does not take a call that was placed
// meanwhile for something else, such as a direct page, for the one that was lost.
func TestLaterCallsAreNotAdopted(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		tried bool // in vain, five minutes ago
	}{{name: "away since"}, {name: "tried in vain", tried: true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.clock.advance(-5 * time.Minute)
			lost := b.attempt("ana", 1)
			lost.Intended = b.clock.now().Add(-5 * time.Minute)
			if test.tried {
				b.fake.Break(faketwilio.Fault{Op: faketwilio.CreateCall, Kind: faketwilio.Drop, Times: 1})
				if _, err := b.client.Call(t.Context(), lost); err == nil {
					t.Fatal("the fault did not apply")
				}
			}
			b.clock.advance(5 * time.Minute)
			direct := b.newClient(func(c *twilio.Config) { c.PublicURL, c.Secret = "", nil }) // tells nobody whose its call is
			other, err := direct.Call(t.Context(), b.attempt("ana", 7))
			if err != nil {
				t.Fatal(err)
			}
			lost.Again = true
			made, err := b.client.Call(t.Context(), lost)
			if err != nil || made.Provider == other.Provider || len(b.fake.Calls()) != 2 {
				t.Errorf("%+v, %v, %d calls; somebody else's is %s", made, err, len(b.fake.Calls()), other.Provider)
			}
		})
	}
}

// TestLateAttemptIsAdopted: what this process itself tried long after the decision, because the telephone company was away
// until then, is found.
func TestLateAttemptIsAdopted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	late := b.attempt("ana", 1)
	late.Intended = b.clock.now().Add(-10 * time.Minute)
	b.fake.Break(faketwilio.Fault{Op: faketwilio.CreateCall, Kind: faketwilio.Drop, AfterWork: true, Times: 1})
	if _, err := b.client.Call(t.Context(), late); err == nil {
		t.Fatal("the fault did not apply")
	}
	late.Again = true
	made, err := b.client.Call(t.Context(), late)
	if calls := b.fake.Calls(); err != nil || len(calls) != 1 || calls[0].SID != made.Provider {
		t.Errorf("%+v, %v, %d calls", made, err, len(calls))
	}
}

func TestLostMessageIsAdoptedByItsReference(t *testing.T) {
	t.Parallel()
	for name, fault := range unknownOutcomes(true) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			other := b.message("ana", "INC-2 SEV2 checkout")
			other.Reference = "INC-2"
			if _, err := b.client.Text(t.Context(), other); err != nil {
				t.Fatal(err)
			}
			req := b.message("ana", "INC-1 SEV1 payments")
			fault.Op = faketwilio.CreateMessage
			b.fake.Break(fault)
			if _, err := b.client.Text(t.Context(), req); err == nil {
				t.Fatal("the fault did not apply")
			}
			req.Again = true
			result, err := b.newClient().Text(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			messages := b.fake.Messages()
			if len(messages) != 2 || messages[1].SID != result.Provider {
				t.Errorf("%d messages; adopted %s", len(messages), result.Provider)
			}
		})
	}
}

func TestMessageThatWasNotSentIsSent(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	req := b.message("ana", "INC-1 SEV1 payments")
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.Drop, Times: 1})
	if _, err := b.client.Text(t.Context(), req); err == nil {
		t.Fatal("the fault did not apply")
	}
	req.Again = true
	if _, err := b.client.Text(t.Context(), req); !errors.As(err, new(*contract.Later)) {
		t.Fatalf("the first look: %v", err)
	}
	b.clock.advance(3 * time.Second)
	if _, err := b.client.Text(t.Context(), req); err != nil || len(b.fake.Messages()) != 1 {
		t.Errorf("%v, %d messages", err, len(b.fake.Messages()))
	}
}
