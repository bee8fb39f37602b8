package workflows

import (
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
)

// A room outlives its incident for a while, and a workflow that waited for it with the whole incident in its hands would
// be an open incident to everybody who counts. So the review, when it is over, leaves the room to a workflow that holds
// nothing else: one timer and one activity.

// leaveRoom starts what archives the room, where the declaration wants that. The room of drills belongs to all drills and
// is kept. That it cannot be started costs an archived room and no more.
func (r *run) leaveRoom(ctx workflow.Context) {
	if r.st.ArchiveAfter <= 0 || r.inc.Room.ID == "" || r.inc.Drill {
		return
	}
	ctx = workflow.WithChildOptions(ctx, workflow.ChildWorkflowOptions{
		WorkflowID: contract.FarewellID(string(r.inc.Key)), TaskQueue: contract.QueueMain,
		WorkflowTaskTimeout:   contract.TaskTimeout,
		ParentClosePolicy:     enums.PARENT_CLOSE_POLICY_ABANDON,
		WorkflowIDReusePolicy: enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		StaticSummary:         string(r.inc.Key) + " · archive #" + r.inc.Room.Name,
	})
	started := workflow.ExecuteChildWorkflow(ctx, string(contract.Farewell), contract.FarewellInput{
		Key: r.inc.Key, ID: r.inc.ID, Room: r.inc.Room, Record: r.st.Record, At: now(ctx).Add(r.st.ArchiveAfter),
	}).GetChildWorkflowExecution()
	var known *temporal.ChildWorkflowExecutionAlreadyStartedError
	if err := started.Get(ctx, nil); err != nil && !errors.As(err, &known) {
		workflow.GetLogger(ctx).Error("the room will not be archived", "key", r.inc.Key, "error", err)
	}
}

// farewellPatience is how long a room is tried to be archived.
const farewellPatience = 7 * 24 * time.Hour

// Farewell waits until a room's time has come, says goodbye in it and archives it. What chat refuses is final: the room
// stays.
func Farewell(ctx workflow.Context, in contract.FarewellInput) (contract.None, error) {
	if err := sleep(ctx, "archive #"+in.Room.Name, in.At); err != nil {
		return contract.None{}, err
	}
	text := string(in.Key) + " and its review are over. This room is archived now; everything in it stays readable."
	if len(in.Record) > 0 {
		text += "\nThe record: " + strings.Join(in.Record, ", ")
	}
	req := contract.CloseRoomRequest{
		Effect: contract.Effect{Key: in.ID + "/farewell", Intended: now(ctx)},
		Room:   in.Room.ID, Goodbye: contract.Message{Text: text},
	}
	for end := now(ctx).Add(farewellPatience); ; req.Again = true {
		_, err := call(farewellOptions(ctx), contract.CloseRoom, req)
		switch {
		case err == nil, isType(err, contract.RefusedType):
			if err != nil {
				workflow.GetLogger(ctx).Warn("the room is not archived", "key", in.Key, "room", in.Room.Name, "error", err)
			}
			return contract.None{}, nil
		case temporal.IsCanceledError(err) || !now(ctx).Before(end):
			return contract.None{}, err
		}
		if err := sleep(ctx, "archive #"+in.Room.Name+"; try again", now(ctx).Add(farewellPause)); err != nil {
			return contract.None{}, err
		}
	}
}

// farewellPause is how long chat is left alone when it refuses everything, or does not answer for long.
const farewellPause = 6 * time.Hour

func farewellOptions(ctx workflow.Context) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueChat, StartToCloseTimeout: 30 * time.Second, ScheduleToCloseTimeout: time.Hour,
		Summary:     "archive the room",
		RetryPolicy: &temporal.RetryPolicy{InitialInterval: 5 * time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Minute},
	})
}
