package gateway

import (
	"context"
	"fmt"

	"google.golang.org/protobuf/types/known/durationpb"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	sdkpb "go.temporal.io/api/sdk/v1"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
)

// identity is how the gateway signs its messages in a history.
const identity = "musterbook-gateway"

// opening is a signal that starts the incident when it is not open.
type opening struct {
	workflowID string
	request    string // id of the message
	summary    string // one line for the Temporal Web UI
	input      contract.IncidentInput
	signal     contract.Alerts
}

// open sends the signal, and starts the incident first where none is open under the id. Temporal drops a second message
// with the same request id while the incident that took the first is open; a closed incident is followed by a new one.
func (d *Incidents) open(ctx context.Context, o opening) (runID string, started bool, err error) {
	input, err := payloads(o.input)
	if err != nil {
		return "", false, err
	}
	signal, err := payloads(o.signal)
	if err != nil {
		return "", false, err
	}
	summary, err := converter.GetDefaultDataConverter().ToPayload(o.summary)
	if err != nil {
		return "", false, fmt.Errorf("encode the summary: %w", err)
	}
	answer, err := d.client.WorkflowService().SignalWithStartWorkflowExecution(ctx, &workflowservice.SignalWithStartWorkflowExecutionRequest{
		Namespace:                d.namespace,
		WorkflowId:               o.workflowID,
		WorkflowType:             &commonpb.WorkflowType{Name: string(contract.Incident)},
		TaskQueue:                &taskqueuepb.TaskQueue{Name: contract.QueueMain, Kind: enumspb.TASK_QUEUE_KIND_NORMAL},
		Input:                    input,
		Identity:                 identity,
		RequestId:                o.request,
		WorkflowIdReusePolicy:    enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE,
		WorkflowIdConflictPolicy: enumspb.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING,
		SignalName:               string(contract.AlertsSignal),
		SignalInput:              signal,
		UserMetadata:             &sdkpb.UserMetadata{Summary: summary},
		WorkflowTaskTimeout:      durationpb.New(contract.TaskTimeout),
	})
	if err != nil {
		return "", false, err
	}
	return answer.GetRunId(), answer.GetStarted(), nil
}

// parcel is a signal for a workflow that must be open.
type parcel struct {
	workflowID string
	request    string // id of the message: Temporal drops the second of the same
	name       string
	payload    any
}

// send signals an open workflow; when none is open the error is NotFound.
func (d *Incidents) send(ctx context.Context, p parcel) error {
	input, err := payloads(p.payload)
	if err != nil {
		return err
	}
	_, err = d.client.WorkflowService().SignalWorkflowExecution(ctx, &workflowservice.SignalWorkflowExecutionRequest{
		Namespace:         d.namespace,
		WorkflowExecution: &commonpb.WorkflowExecution{WorkflowId: p.workflowID},
		SignalName:        p.name,
		Input:             input,
		Identity:          identity,
		RequestId:         p.request,
	})
	return err
}

// payloads encodes one argument the way workers decode it.
func payloads(v any) (*commonpb.Payloads, error) {
	out, err := converter.GetDefaultDataConverter().ToPayloads(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return out, nil
}
