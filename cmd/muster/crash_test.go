//go:build !noengine

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/record"
)

// crashes is at how many random moments the process is killed, and how long after the alert at the latest.
const (
	crashes     = 10
	latestCrash = 5 * time.Second
)

// TestCrash kills a whole Musterbook, engine and all, at random moments of an incident and starts it again on the same
// data. The incident ends as its runbook says, nobody who had to be called is left out, and no call is placed twice but
// for the one that was on its way.
func TestCrash(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes a minute")
	}
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("MUSTERBOOK_SEED"); text != "" {
		given, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seed = given
	}
	t.Logf("seed %d; run it again with MUSTERBOOK_SEED=%d", seed, seed)
	random := rand.New(rand.NewPCG(seed, 1))
	for n := range crashes {
		moment := time.Duration(random.Int64N(int64(latestCrash)))
		t.Run(fmt.Sprintf("%02d after %s", n, moment.Round(time.Millisecond)), func(t *testing.T) {
			t.Parallel()
			crashOnce(t, moment)
		})
	}
}

// crashOnce plays one incident with one crash.
func crashOnce(t *testing.T, moment time.Duration) {
	v := newTown(t)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	data := filepath.Join(v.dir, "data")
	serve := func() *child {
		return startChild(t, v.environment(), "serve", "--config", v.config, "--runbooks", filepath.Join(v.dir, "runbooks"),
			"--data", data, "--engine-port", "0", "--ui-port", "-1")
	}
	first := serve()
	if err := v.ready(ctx); err != nil {
		t.Fatalf("never ready: %v\n%s", err, first.out)
	}
	people, gone := context.WithCancel(ctx)
	defer gone()
	go v.live(people)
	if err := v.alert(ctx, "crash"); err != nil {
		t.Fatal(err)
	}
	pause(ctx, moment)
	first.kill()
	before := len(v.twilio.Calls())
	second := serve()
	r, err := v.recordOf(ctx, filepath.Join(data, "records"), "INC-1")
	if err != nil {
		t.Fatalf("the incident has not ended after the crash: %v\n%s\n%s", err, first.out, second.out)
	}
	gone()
	t.Logf("%d calls before the crash, %d in all", before, len(v.twilio.Calls()))
	v.checkAfterCrash(r)
	if err := v.ready(ctx); err != nil {
		t.Fatalf("never ready after the crash: %v\n%s", err, second.out)
	}
	second.stop(time.Minute)
}

// checkAfterCrash judges what the world has seen.
func (v *town) checkAfterCrash(r record.Record) {
	v.t.Helper()
	if r.Ending != incident.Resolved || r.Severity != "SEV1" || r.AcknowledgedBy == nil || r.AcknowledgedBy.Person != "ben" {
		v.t.Errorf("ended as %q with %q, acknowledged by %v; want resolved, SEV1, ben\n%+v", r.Ending, r.Severity, r.AcknowledgedBy, r.Timeline)
	}
	if rooms := v.slack.Rooms(); len(rooms) != 1 {
		v.t.Errorf("%d rooms were opened, want one", len(rooms))
	}
	placed := map[string]int{}
	called := map[string]int{}
	duplicates := 0
	for _, call := range v.twilio.Calls() {
		called[call.To]++
		attempt := call.To + " " + call.URL
		placed[attempt]++
		if placed[attempt] == 1 {
			continue
		}
		duplicates++
		heard := strings.Join(call.Heard, " ")
		if !call.Answered.IsZero() && len(call.Pressed) == 0 && !strings.Contains(heard, "already acknowledged") {
			v.t.Errorf("a call that was placed twice heard %q", heard)
		}
	}
	if duplicates > 1 {
		v.t.Errorf("%d calls were placed twice, want one at the most", duplicates)
	}
	if called[townAna] == 0 || called[townBen] == 0 {
		v.t.Errorf("calls: %v; both had to be called", called)
	}
	v.checkPosts()
}

// checkPosts fails when a message stands in the room twice.
func (v *town) checkPosts() {
	v.t.Helper()
	for _, room := range v.slack.Rooms() {
		seen := map[string]bool{}
		for _, m := range v.slack.Messages(room.ID) {
			if m.Metadata == nil {
				continue
			}
			key := fmt.Sprint(m.Metadata.EventPayload["k"])
			if seen[key] {
				v.t.Errorf("posted twice: %s %q", key, m.Text)
			}
			seen[key] = true
		}
	}
}
