package faketwilio_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// An account dials one call after the other at its rate; what is ended in the queue is never dialled and takes no turn.
func TestCallsWaitInTheQueue(t *testing.T) {
	t.Parallel()
	const speed, calls = 5, 4
	b := newBench(t, faketwilio.Options{Speed: speed, CallsASecond: 1})
	var placed []string
	for range calls {
		placed = append(placed, *b.place(ana).Sid)
	}
	if _, err := b.client.UpdateCall(placed[1], (&api.UpdateCallParams{}).SetStatus("canceled")); err != nil {
		t.Fatal(err)
	}
	var dialled []time.Time
	for n, sid := range placed {
		if n == 1 {
			continue
		}
		call := b.wait(sid, func(c faketwilio.Call) bool { return !c.Started.IsZero() })
		dialled = append(dialled, call.Started)
	}
	const apart = time.Second / speed
	for n := 1; n < len(dialled); n++ {
		if gap := dialled[n].Sub(dialled[n-1]); gap < apart*9/10 {
			t.Errorf("call %d was dialled %s after the one before, want %s", n, gap, apart)
		}
	}
	for _, c := range b.fake.Calls() {
		if c.SID == placed[1] && (!c.Started.IsZero() || c.Status != faketwilio.Canceled) {
			t.Errorf("a call that was ended in the queue was dialled: %+v", c)
		}
	}
}
