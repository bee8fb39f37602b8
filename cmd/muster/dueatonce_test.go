//go:build !noengine

package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// BenchmarkPagesDueAtOnce lets the first level of many pages be over at the same moment, and measures how long it takes
// until the last of the next levels is called, on an embedded engine that writes to a disk. From the same run it takes the
// floor: as many bare workflows whose timers end at one moment, each with as many bare activities as a level has.
func BenchmarkPagesDueAtOnce(b *testing.B) {
	pages, _ := manyPages(b, 1000, 0)
	var drains, floors []time.Duration
	uncounted := 0
	for b.Loop() {
		c := newCrowd(b, pages, 3*time.Second)
		s := c.serve(b)
		// Each level has at least a minute: a second round that comes while the first one is still called would be measured too.
		due := time.Now().Add(opening(pages) + time.Minute)
		all := c.escalations(b, s, c.dueAt(b, s, pages, func(int) time.Time { return due }))
		byDue := func(x, y escalated) int { return x.due.Compare(y.due) }
		byCall := func(x, y escalated) int { return x.call.Compare(y.call) }
		first, last, called := slices.MinFunc(all, byDue).due, slices.MaxFunc(all, byDue).due, slices.MaxFunc(all, byCall).call
		var late []time.Duration
		for _, e := range all {
			late = append(late, e.late())
		}
		b.Logf("%d pages due within %s: late p50 %s, p99 %s, at most %s", pages, last.Sub(first), quantile(late, 0.5), quantile(late, 0.99), quantile(late, 1))
		uncounted += c.uncounted(b, s.client)
		drains = append(drains, called.Sub(first))
		floors = append(floors, drainBare(b, s.client, pages))
		if err := s.Stop(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
	drain, floor := quantile(drains, 0.5), quantile(floors, 0.5)
	b.ReportMetric(drain.Seconds(), "drain-s")
	b.ReportMetric(floor.Seconds(), "floor-s")
	b.ReportMetric(float64(drain)/float64(floor), "ratio")
	b.ReportMetric(float64(uncounted), "uncounted")
}

// uncounted is how many calls were placed without the person's line, because it did not answer in time.
func (c *crowd) uncounted(b *testing.B, temporal client.Client) int {
	b.Helper()
	counted := 0
	for n := range c.pairs {
		for _, person := range []string{firstOf(n), nextOf(n)} {
			value, err := temporal.QueryWorkflow(b.Context(), contract.LineID(oncall.PersonID(person)), "", string(contract.LineQuery), contract.None{})
			if err != nil {
				continue // the line was never begun
			}
			var line contract.LineState
			if err := value.Get(&line); err != nil {
				b.Fatal(err)
			}
			for _, use := range line.Uses {
				if use.Via == string(oncall.WayCall) {
					counted++
				}
			}
		}
	}
	return len(c.twilio.Calls()) - counted
}

// drainBare measures how long the engine takes for so many bare workflows that are due at once: from the moment to the last
// one's activities, a call and a message without anything in them.
func drainBare(b *testing.B, c client.Client, count int) time.Duration {
	b.Helper()
	const queue = "bare"
	const activities = 2
	var last atomic.Int64
	w := sdkworker.New(c, queue, sdkworker.Options{})
	nothing := func(context.Context) error { last.Store(time.Now().UnixNano()); return nil }
	w.RegisterActivityWithOptions(nothing, activity.RegisterOptions{Name: "nothing"})
	w.RegisterWorkflowWithOptions(func(ctx workflow.Context, due time.Time) error {
		if err := workflow.Sleep(ctx, due.Sub(workflow.Now(ctx))); err != nil {
			return fmt.Errorf("sleep: %w", err)
		}
		ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute})
		var running []workflow.Future
		for range activities {
			running = append(running, workflow.ExecuteActivity(ctx, "nothing"))
		}
		for _, one := range running {
			if err := one.Get(ctx, nil); err != nil {
				return fmt.Errorf("nothing: %w", err)
			}
		}
		return nil
	}, workflow.RegisterOptions{Name: "bare"})
	if err := w.Start(); err != nil {
		b.Fatal(err)
	}
	defer w.Stop()
	due := time.Now().Add(opening(count))
	runs := make([]client.WorkflowRun, count)
	var starting sync.WaitGroup
	const sideBySide = 4
	for lane := range sideBySide {
		starting.Go(func() {
			for n := lane; n < count; n += sideBySide {
				run, err := c.ExecuteWorkflow(b.Context(), client.StartWorkflowOptions{ID: fmt.Sprintf("bare-%d", n), TaskQueue: queue}, "bare", due)
				if err != nil {
					b.Error(err)
					return
				}
				runs[n] = run
			}
		})
	}
	starting.Wait()
	for _, run := range runs {
		if err := run.Get(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
	}
	return time.Unix(0, last.Load()).Sub(due)
}
