package workflows

import (
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// returnStep goes back to an earlier phase; the steps after it never run, because their pass is over.
func (r *run) returnStep(ctx workflow.Context, n *node) error {
	reason, err := r.text(ctx, n, "reason", n.s.Return.Reason)
	if err != nil {
		return err
	}
	if err := r.checkReturn(n.s.Return.Phase); err != nil {
		return &missing{what: err.Error()}
	}
	r.end(ctx, n, contract.StepDone)
	why := incident.Entry{By: incident.RunbookActor(), Step: n.address(), Text: reason}
	if err := r.goBack(now(ctx), n.s.Return.Phase, why); err != nil {
		return err
	}
	return ctx.Err() // a step outside the phases that were left goes on
}
