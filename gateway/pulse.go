package gateway

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
)

// Beat asks for a sign of life that has passed through Temporal's store and a worker. Repeating it is harmless: a beat
// changes nothing but its count.
func (d *Incidents) Beat(ctx context.Context) error {
	handle, err := d.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: d.client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: contract.PulseID, TaskQueue: contract.QueueMain, WorkflowTaskTimeout: contract.TaskTimeout, StaticSummary: "sign of life",
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, string(contract.Pulse), contract.PulseState{}),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateName: string(contract.PulseUpdate), Args: []any{contract.PulseRequest{At: d.now().UTC()}}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		var out contract.PulseResult
		err = handle.Get(ctx, &out)
	}
	if err != nil {
		return failed("feel the pulse", err)
	}
	return nil
}
