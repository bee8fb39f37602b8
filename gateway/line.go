package gateway

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
)

// Use asks a person's line whether they may be told now, and counts it. The line is begun by the first who asks. It is
// idempotent by the request's key, in the line's own memory.
func (d *Incidents) Use(ctx context.Context, req contract.LineRequest) (contract.LineResult, error) {
	var out contract.LineResult
	handle, err := d.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: d.client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: contract.LineID(req.Person), TaskQueue: contract.QueueMain, WorkflowTaskTimeout: contract.TaskTimeout,
			StaticSummary:            "how often " + string(req.Person) + " is told",
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, string(contract.Line), contract.LineState{}),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: req.Via + "/" + req.Key, UpdateName: string(contract.LineUpdate), Args: []any{req}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, &out)
	}
	if err != nil {
		return out, failed("ask the line of "+string(req.Person), err)
	}
	return out, nil
}
