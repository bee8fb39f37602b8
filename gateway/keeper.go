package gateway

import (
	"context"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
)

// keeper is a workflow that keeps something beyond incidents: numbers, overrides, how often somebody is told. The first
// who asks it begins it.
type keeper struct {
	workflowID string
	workflow   string
	about      string // in the Temporal Web UI
	state      any    // that it begins with
}

// errand is one request to a keeper.
type errand[In, Out any] struct {
	name contract.Update[In, Out]
	id   string // by which the request is idempotent; empty = it is another one each time
	in   In
}

// ask sends a request to a keeper and waits for its answer. The error is the client's own.
func ask[In, Out any](ctx context.Context, d *Incidents, k keeper, e errand[In, Out]) (Out, error) {
	var out Out
	handle, err := d.client.UpdateWithStartWorkflow(ctx, client.UpdateWithStartWorkflowOptions{
		StartWorkflowOperation: d.client.NewWithStartWorkflowOperation(client.StartWorkflowOptions{
			ID: k.workflowID, TaskQueue: contract.QueueMain, WorkflowTaskTimeout: contract.TaskTimeout, StaticSummary: k.about,
			WorkflowIDConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		}, k.workflow, k.state),
		UpdateOptions: client.UpdateWorkflowOptions{
			UpdateID: e.id, UpdateName: string(e.name), Args: []any{e.in}, WaitForStage: client.WorkflowUpdateStageCompleted,
		},
	})
	if err == nil {
		err = handle.Get(ctx, &out)
	}
	return out, err
}
