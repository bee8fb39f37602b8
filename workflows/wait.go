package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// waiting says what a coroutine waits for.
type waiting struct {
	summary string           // shown beside the timer in the Temporal Web UI
	done    func() bool      // the wait is over
	until   func() time.Time // the deadline; zero = none. It is read again whenever durations may have changed
	change  func() int       // counts the moments at which until may have changed; nil = never
}

// wait blocks until the wait is over or its deadline has passed, and answers whether it is over. Its timer never
// outlives it: it is cancelled, and set anew only when the deadline has moved.
func wait(ctx workflow.Context, w waiting) (bool, error) {
	for {
		if w.done() {
			return true, nil
		}
		deadline := w.until()
		if !deadline.IsZero() && !now(ctx).Before(deadline) {
			return false, nil
		}
		fired, err := w.round(ctx, deadline)
		if err != nil {
			return false, err
		}
		if w.done() {
			return true, nil
		}
		if fired && w.until().Equal(deadline) {
			return false, nil
		}
	}
}

// version is the present count of changes.
func (w *waiting) version() int {
	if w.change == nil {
		return 0
	}
	return w.change()
}

// round waits once, with one timer, until something has happened. A change that leaves the deadline where it is costs
// no new timer.
func (w *waiting) round(ctx workflow.Context, deadline time.Time) (fired bool, err error) {
	elapsed := func() bool { return false }
	if !deadline.IsZero() {
		timerCtx, cancel := workflow.WithCancel(ctx)
		defer cancel()
		timer := workflow.NewTimerWithOptions(timerCtx, deadline.Sub(now(ctx)), workflow.TimerOptions{Summary: w.summary})
		elapsed = timer.IsReady
	}
	version := w.version()
	moved := func() bool {
		if w.version() == version {
			return false
		}
		version = w.version()
		return !w.until().Equal(deadline)
	}
	err = workflow.Await(ctx, func() bool { return w.done() || elapsed() || moved() })
	if err == nil {
		err = ctx.Err() // a timer that was cancelled with the wait is ready too, and has not fired
	}
	return err == nil && elapsed(), err
}

// never is the deadline of a wait without one.
func never() time.Time { return time.Time{} }

// timeAt is a deadline that does not move.
func timeAt(t time.Time) func() time.Time { return func() time.Time { return t } }

// sleep lets time pass until an instant.
func sleep(ctx workflow.Context, summary string, until time.Time) error {
	_, err := wait(ctx, waiting{
		summary: summary, done: func() bool { return false }, until: timeAt(until),
	})
	return err
}
