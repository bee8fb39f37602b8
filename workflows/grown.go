package workflows

import "go.temporal.io/sdk/workflow"

// grown says whether the history of a workflow that lives for ever is long enough to continue as new.
func grown(ctx workflow.Context, most int) bool {
	info := workflow.GetInfo(ctx)
	return info.GetContinueAsNewSuggested() || info.GetCurrentHistoryLength() > most
}

// untilGrown waits until such a workflow is to continue as new and no request is under way.
func untilGrown(ctx workflow.Context, most int) error {
	if err := workflow.Await(ctx, func() bool { return grown(ctx, most) }); err != nil {
		return err
	}
	return workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) })
}
