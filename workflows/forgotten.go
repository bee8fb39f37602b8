package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/incident"
)

// callForgotten watches acknowledged pages whose policy does not let them be forgotten: when nobody does anything on the
// incident for so long, they are called again. An acknowledgement is a promise, not the work.
func (r *run) callForgotten(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		soonest := func() (next *incident.Page, at time.Time) {
			for _, p := range r.inc.Pages {
				if due := r.inc.ForgottenAt(p); !due.IsZero() && (at.IsZero() || due.Before(at)) {
					next, at = p, due
				}
			}
			return next, at
		}
		for {
			if err := workflow.Await(ctx, func() bool { p, _ := soonest(); return p != nil }); err != nil {
				return
			}
			// A deed puts the time off without a new timer: it is looked at again when this one is over. A page that is due
			// earlier than the one that is waited for needs its own.
			_, at := soonest()
			_, err := wait(ctx, waiting{
				summary: "call again whoever has forgotten",
				done:    func() bool { next, sooner := soonest(); return next == nil || sooner.Before(at) },
				until:   func() time.Time { return at },
			})
			if err != nil {
				return
			}
			if p, at := soonest(); p != nil && !at.After(now(ctx)) {
				r.inc.CallAgain(now(ctx), p)
			}
		}
	})
}
