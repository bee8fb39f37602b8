//go:build !noengine

package main

import (
	"sync"
	"testing"
)

// TestPagesInRealTime is what a page promises, on the real engine with real clocks and simulated vendors. Nearly all of
// its time is waiting, so its parts wait side by side.
func TestPagesInRealTime(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a minute")
	}
	atOnce(t, map[string]func(*testing.T){
		"a queue of calls":                   aQueueOfCalls,
		"past the throttle":                  pastTheThrottle,
		"telephones ignore Slack":            telephonesIgnoreSlack,
		"crash between done and recorded":    crashBetweenDoneAndRecorded,
		"crash between look-up and recorded": crashBetweenLookUpAndRecord,
	})
}

// atOnce runs parts of a test at the same time, more of them than there are processors.
func atOnce(t *testing.T, parts map[string]func(*testing.T)) {
	t.Helper()
	var running sync.WaitGroup
	for name, part := range parts {
		running.Go(func() { t.Run(name, part) })
	}
	running.Wait()
}
