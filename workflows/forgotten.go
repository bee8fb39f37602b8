package workflows

import (
	"slices"
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
			err := workflow.Await(ctx, func() bool {
				return slices.ContainsFunc(r.inc.Pages, func(p *incident.Page) bool { return !r.inc.ForgottenAt(p).IsZero() })
			})
			if err != nil {
				return
			}
			_, at := soonest()
			_, err = wait(ctx, waiting{ // a deed moves the time without a new timer: it is looked at again when this one is over
				summary: "call again whoever has forgotten",
				done:    func() bool { next, _ := soonest(); return next == nil },
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
