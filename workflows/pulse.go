package workflows

import (
	"fmt"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
)

// pulseCut is after how many events the pulse continues as new: a few hours of beats.
const pulseCut = 2000

// Pulse answers beats. Each is written down by the engine and answered by a worker, so whoever hears one knows that both
// live and that a timer would fire.
func Pulse(ctx workflow.Context, st contract.PulseState) (contract.None, error) {
	beat := func(ctx workflow.Context, _ contract.PulseRequest) (contract.PulseResult, error) {
		st.Beats++
		return contract.PulseResult{Beat: st.Beats, At: now(ctx)}, nil
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, string(contract.PulseUpdate), beat, workflow.UpdateHandlerOptions{
		Description: "Answer, which proves that the engine writes and a worker works.",
	})
	if err != nil {
		return contract.None{}, fmt.Errorf("handle %s: %w", contract.PulseUpdate, err)
	}
	if err := untilGrown(ctx, pulseCut); err != nil {
		return contract.None{}, fmt.Errorf("pulse: %w", err)
	}
	return contract.None{}, workflow.NewContinueAsNewError(ctx, string(contract.Pulse), st)
}
