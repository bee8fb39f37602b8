package gateway

import (
	"context"

	"github.com/musterbook/musterbook/contract"
)

// Beat asks for a sign of life that has passed through Temporal's store and a worker. Repeating it is harmless: a beat
// changes nothing but its count.
func (d *Incidents) Beat(ctx context.Context) error {
	pulse := keeper{workflowID: contract.PulseID, workflow: string(contract.Pulse), about: "sign of life", state: contract.PulseState{}}
	beat := errand[contract.PulseRequest, contract.PulseResult]{name: contract.PulseUpdate, in: contract.PulseRequest{At: d.now().UTC()}}
	if _, err := ask(ctx, d, pulse, beat); err != nil {
		return failed("feel the pulse", err)
	}
	return nil
}
