package gateway

import (
	"context"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// queryTime bounds one query; with no worker there is never an answer. After a worker has died, Temporal looks for it
// for five seconds before it asks another one, so a query must have more patience than that.
const queryTime = 7 * time.Second

// numbersTime bounds the query to the numbering, which has its history to fall back on.
const numbersTime = 2500 * time.Millisecond

// question is one query to one workflow.
type question[In, Out any] struct {
	workflowID string
	runID      string // empty = the newest
	name       contract.Query[In, Out]
	in         In
	within     time.Duration // zero = queryTime
}

// query asks a workflow, open or closed. The error is the client's own.
func query[In, Out any](ctx context.Context, d *Incidents, q question[In, Out]) (Out, error) {
	var out Out
	within := q.within
	if within == 0 {
		within = queryTime
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	answer, err := d.client.QueryWorkflow(ctx, q.workflowID, q.runID, string(q.name), q.in)
	if err != nil {
		return out, err
	}
	if err := answer.Get(&out); err != nil {
		return out, fmt.Errorf("read the answer of %s to %s: %w", q.workflowID, q.name, err)
	}
	return out, nil
}
