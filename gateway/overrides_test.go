package gateway_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/oncall"
)

// noticeBoard is a Temporal that shows the roster workflow's memo, or fails.
type noticeBoard struct {
	client.Client
	shown []oncall.Override
	err   error
}

// DescribeWorkflowExecution shows the memo.
func (b *noticeBoard) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if b.err != nil {
		return nil, b.err
	}
	payload, err := converter.GetDefaultDataConverter().ToPayload(b.shown)
	if err != nil {
		return nil, err
	}
	return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
		Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{contract.RosterMemo: payload}},
	}}, nil
}

// The overrides that stand are read; where Temporal cannot be asked, the last ones that were read count, with the error.
func TestOverridesAreTheLastKnown(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	board := &noticeBoard{err: serviceerror.NewNotFound("no such workflow")}
	d, err := gateway.New(gateway.Options{Client: board, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	stands := oncall.Override{ID: "a", Schedule: "sre", Kind: oncall.OverrideReplace, Person: "ben", Since: now.Add(-time.Hour), Until: now.Add(time.Hour)}
	over := oncall.Override{ID: "b", Schedule: "sre", Kind: oncall.OverrideReplace, Person: "ana", Since: now.Add(-time.Hour), Until: now}
	broken := errors.New("the frontend is away")
	for _, step := range []struct {
		name  string
		shown []oncall.Override
		err   error
		want  []oncall.Override
		fails bool
	}{
		{name: "nobody has ever made one", err: serviceerror.NewNotFound("no such workflow")},
		{name: "away before anything was read", err: broken, fails: true},
		{name: "one stands, one is over", shown: []oncall.Override{stands, over}, want: []oncall.Override{stands}},
		{name: "away", err: broken, want: []oncall.Override{stands}, fails: true},
		{name: "taken back", shown: []oncall.Override{}},
	} {
		board.shown, board.err = step.shown, step.err
		got, err := d.Overrides(t.Context())
		if (err != nil) != step.fails {
			t.Errorf("%s: %v", step.name, err)
		}
		if diff := cmp.Diff(step.want, got); diff != "" && len(step.want)+len(got) > 0 {
			t.Errorf("%s (-want +got):\n%s", step.name, diff)
		}
	}
}
