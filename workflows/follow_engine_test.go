//go:build !noengine

package workflows_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
)

// TestSilentOnTheEngine plays a page of which no word comes by itself: Ana's telephone rings and is not answered, Ben's
// rings until he acknowledges by message. What is followed then is let go, and holds up nothing.
func TestSilentOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const id = "incident/silent"
	var mu sync.Mutex
	rings := map[string]time.Time{}
	l.world.Reached = func(provider string) contract.FollowResult {
		mu.Lock()
		defer mu.Unlock()
		if rings[provider].IsZero() {
			rings[provider] = time.Now()
		}
		if strings.Contains(provider, "ana") && time.Since(rings[provider]) > time.Second {
			return contract.FollowResult{Status: incident.CallNoAnswer}
		}
		return contract.FollowResult{Status: incident.CallRinging}
	}
	run := l.declare(id, parse(t, strings.Replace(quick, "      ack: 1s\n", "      ack: 1m\n      via: [call]\n", 1)))
	l.until(id, "Ben's telephone rings", func(s contract.Snapshot) bool {
		p := s.Incident.Pages
		return len(p) > 0 && len(p[0].Attempts) == 2 && p[0].Attempts[0].Status == incident.CallNoAnswer && p[0].Attempts[1].Status == incident.CallRinging
	})
	l.mustAct(id, contract.VerbAck, contract.Act{By: person("ben", incident.DoorSMS), ID: "SM1"})
	l.until(id, "his call is ended", func(s contract.Snapshot) bool {
		return s.Incident.Pages[0].Attempts[1].Status == incident.CallCanceled
	})
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	looks := 0
	for _, e := range l.history(id, run.GetRunID()).GetEvents() {
		if e.GetEventType() == enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED &&
			e.GetActivityTaskScheduledEventAttributes().GetTaskQueue().GetName() == contract.QueueFollow {
			looks++
		}
	}
	if looks != 4 { // each rings; one is not answered, one is let go
		t.Errorf("two calls were followed by %d activities, want 4", looks)
	}
	l.keep("silent", l.runs(id, run.GetRunID()))
}
