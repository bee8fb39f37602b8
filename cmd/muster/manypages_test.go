//go:build !noengine

package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// latestEscalation is how late the next level may be called, as this project promises.
const latestEscalation = 2 * time.Second

// manyPages is how many pages are open at once, and how long their escalations are spread. The figures of the promise are
// 1000 and 5m; the suite plays fewer.
func manyPages(t testing.TB, pages int, spread time.Duration) (int, time.Duration) {
	t.Helper()
	var err error
	if text := os.Getenv("MUSTERBOOK_PAGES"); text != "" {
		if pages, err = strconv.Atoi(text); err != nil || pages < 1 {
			t.Fatalf("MUSTERBOOK_PAGES is %q, want how many", text)
		}
	}
	if text := os.Getenv("MUSTERBOOK_SPREAD"); text != "" {
		if spread, err = time.ParseDuration(text); err != nil {
			t.Fatalf("MUSTERBOOK_SPREAD: %v", err)
		}
	}
	return pages, spread
}

// TestManyPages opens many pages that nobody answers, all of them before the first one is due. Each calls its next level
// within two seconds of its time, none is lost, and within each page everything keeps its order.
//
// The clock is real: what is too late on a machine that is busy with other things is tried once more, and a third time
// where the machine itself has been seen to stand still.
func TestManyPages(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("takes half a minute")
	}
	pages, spread := manyPages(t, 40, 20*time.Second)
	for tried := 1; ; tried++ {
		strain := newStrain(t)
		late := playManyPages(t, pages, spread)
		worst := strain.worst()
		t.Logf("the machine took %s at worst to write a line to its disk", worst)
		if late == "" || t.Failed() {
			return
		}
		if tried > 2 || tried == 2 && worst < latestEscalation/4 {
			t.Error(late)
			return
		}
		t.Logf("the machine may have been overloaded, so all of it is tried once more: %s", late)
	}
}

// strain sees how long the machine itself takes for the least there is to do: to wake up and to write a line to the disk.
type strain struct {
	stop chan struct{}
	most chan time.Duration
}

// newStrain begins to look.
func newStrain(t *testing.T) *strain {
	t.Helper()
	s := &strain{stop: make(chan struct{}), most: make(chan time.Duration, 1)}
	file, err := os.Create(filepath.Join(t.TempDir(), "strain"))
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		var most time.Duration
		const pace = 100 * time.Millisecond
		for {
			begin := time.Now()
			select {
			case <-s.stop:
				s.most <- most
				return
			case <-time.After(pace):
			}
			_, err := file.WriteString(".\n")
			if err := errors.Join(err, file.Sync()); err != nil {
				t.Error(err)
			}
			most = max(most, time.Since(begin)-pace)
		}
	}()
	t.Cleanup(func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// worst ends the look and tells the longest time.
func (s *strain) worst() time.Duration {
	close(s.stop)
	return <-s.most
}

// mostPairs are so many that a pair is called for one incident at a time: calls at the same time would be one call.
const mostPairs = 250

// playManyPages plays it once, and says what was too late; "" = nothing.
func playManyPages(t *testing.T, pages int, spread time.Duration) string {
	t.Helper()
	c := newCrowd(t, min(pages, mostPairs), 300*time.Millisecond)
	s := c.serve(t)
	begin := time.Now().Add(opening(pages))
	keys := c.dueAt(t, s, pages, func(n int) time.Time { return begin.Add(spread * time.Duration(n) / time.Duration(pages)) })
	early := time.Until(begin)
	pause(t.Context(), time.Until(begin.Add(spread)))
	all := c.escalations(t, s, keys)
	var late, rings []time.Duration
	said := ""
	for _, e := range all {
		late, rings = append(late, e.late()), append(rings, e.call.Sub(e.rang.Add(e.page.Ack)))
		if e.late() < 0 {
			t.Errorf("%s: the next level was called %s before its time", e.key, -e.late())
		}
		if e.late() > latestEscalation {
			said = fmt.Sprintf("%s was %s late, the promise is %s", e.key, e.late(), latestEscalation)
		}
	}
	t.Logf("%d pages, the last one open %s before the first was due, due within %s: the next level was called p50 %s, p99 %s, at most %s late; from the ring as Twilio has it p50 %s, at most %s",
		pages, early.Round(time.Millisecond), spread, quantile(late, 0.5), quantile(late, 0.99), quantile(late, 1), quantile(rings, 0.5), quantile(rings, 1))
	if early < 0 {
		t.Log("not all pages were open when the first one was due")
	}
	if err := s.Stop(context.Background()); err != nil {
		t.Error(err)
	}
	return said
}

// progress is how far Twilio has heard of the pages, second by second.
func (c *crowd) progress() string {
	var begin time.Time
	bySecond := map[string]int{}
	calls := c.twilio.Calls()
	for _, call := range calls {
		if begin.IsZero() {
			begin = call.Created
		}
		who := "next"
		if strings.HasPrefix(call.To, "+12026") {
			who = "first"
		}
		bySecond[fmt.Sprintf("%4.0f s %s", call.Created.Sub(begin).Seconds(), who)]++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d calls:", len(calls))
	for _, second := range slices.Sorted(maps.Keys(bySecond)) {
		fmt.Fprintf(&b, "\n%s: %d", second, bySecond[second])
	}
	return b.String()
}

// escalations waits for the pages of all incidents and reads them. A page that is lost fails the test.
func (c *crowd) escalations(t testing.TB, s *stack, keys []incident.Key) []escalated {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute+opening(len(keys)))
	defer cancel()
	for _, key := range keys {
		if _, err := c.acknowledged(ctx, s, key); err != nil {
			t.Fatalf("%v\n%s", err, c.progress())
		}
	}
	if refused := c.refusedByTwilio(); refused > 0 {
		t.Errorf("Twilio has refused %d requests", refused)
	}
	calls := c.callsByID(t)
	all := make([]escalated, 0, len(keys))
	for _, key := range keys {
		e, err := c.escalation(ctx, s, key, calls)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}
