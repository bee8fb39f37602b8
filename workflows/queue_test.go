package workflows_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// A message that has left starts no level's clock while the call beside it still waits in the provider's queue: the level
// has its time from the ring on.
func TestAMessageDoesNotStartTheClock(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.world.Placed = func(c contract.CallRequest, provider string) {
		s.status(20*time.Second, c, provider, incident.CallRinging)
		sms := contract.CallStatus{Callback: c.Callback, Provider: "SM", Status: incident.CallSent}
		sms.Attempt-- // the message beside it
		s.after(time.Second, func() { s.env().SignalWorkflow(string(contract.CallSignal), sms) })
	}
	s.stopAt(3 * time.Minute)
	s.run()
	s.wantLines("1s  call: Ana was sent a message", "20s  call: Ana rings", "1m20s  escalate: no answer; calling commander (level 2, round 1)")
}
