package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/history/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/workflows"
)

// Prepare makes a namespace ready for incidents: the numbering runs, so that the first page is as fast as every other.
func Prepare(ctx context.Context, c client.Client) error {
	_, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: contract.NumbersID, TaskQueue: contract.QueueMain, StaticSummary: "incident numbers",
		WorkflowTaskTimeout:      contract.TaskTimeout,
		WorkflowIDConflictPolicy: enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
	}, string(contract.Numbers), contract.NumbersState{})
	if err != nil {
		return fmt.Errorf("start the numbering of incidents: %w", err)
	}
	return nil
}

// Mismatch is an open workflow that this code cannot go on with.
type Mismatch struct {
	WorkflowID, RunID string
	Err               error
}

// Error names the workflow and says what to do.
func (m *Mismatch) Error() string {
	return fmt.Sprintf("%s (run %s) cannot be continued by this version: %v (start the version that it ran on, or resolve it there first)",
		m.WorkflowID, m.RunID, m.Err)
}

// CheckOpen replays every open workflow of ours against this code before it polls. All mismatches are named at once.
func CheckOpen(ctx context.Context, c client.Client, namespace string) (checked int, err error) {
	replayer := worker.NewWorkflowReplayer()
	workflows.Register(replayer, &workflows.Workflows{Plans: runbooks.NewPlans()})
	var token []byte
	var mismatches []error
	for {
		page, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{
			Namespace: namespace, NextPageToken: token, PageSize: 100,
			Query: `ExecutionStatus = "Running" AND TaskQueue = "` + contract.QueueMain + `"`,
		})
		if err != nil {
			return checked, fmt.Errorf("list open incidents: %w", err)
		}
		for _, e := range page.GetExecutions() {
			id, run := e.GetExecution().GetWorkflowId(), e.GetExecution().GetRunId()
			if err := replay(ctx, c, replayer, workflow.Execution{ID: id, RunID: run}); err != nil {
				mismatches = append(mismatches, &Mismatch{WorkflowID: id, RunID: run, Err: err})
			}
			checked++
		}
		token = page.GetNextPageToken()
		if len(token) == 0 {
			return checked, errors.Join(mismatches...)
		}
	}
}

// replay runs one history against this code. Where no worker has ever decided anything there is nothing to compare.
func replay(ctx context.Context, c client.Client, r worker.WorkflowReplayer, e workflow.Execution) error {
	h := &history.History{}
	events := c.GetWorkflowHistory(ctx, e.ID, e.RunID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return fmt.Errorf("read its history: %w", err)
		}
		h.Events = append(h.Events, event)
	}
	decided := func(e *history.HistoryEvent) bool {
		return e.GetEventType() == enums.EVENT_TYPE_WORKFLOW_TASK_COMPLETED
	}
	if !slices.ContainsFunc(h.Events, decided) {
		return nil
	}
	if err := r.ReplayWorkflowHistoryWithOptions(nil, h, worker.ReplayWorkflowHistoryOptions{OriginalExecution: e}); err != nil {
		return fmt.Errorf("replay: %w", err)
	}
	return nil
}
