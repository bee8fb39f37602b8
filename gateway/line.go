package gateway

import (
	"context"

	"github.com/musterbook/musterbook/contract"
)

// Use asks a person's line whether they may be told now, and counts it. The line is begun by the first who asks. It is
// idempotent by the request's key, in the line's own memory.
func (d *Incidents) Use(ctx context.Context, req contract.LineRequest) (contract.LineResult, error) {
	line := keeper{
		workflowID: contract.LineID(req.Person), workflow: string(contract.Line), about: "how often " + string(req.Person) + " is told",
		state: contract.LineState{},
	}
	use := errand[contract.LineRequest, contract.LineResult]{name: contract.LineUpdate, id: req.Via + "/" + req.Key, in: req}
	out, err := ask(ctx, d, line, use)
	if err != nil {
		return out, failed("ask the line of "+string(req.Person), err)
	}
	return out, nil
}
