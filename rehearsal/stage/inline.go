package stage

import (
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// inline runs activities in the workflow's own thread, so that nothing depends on which goroutine is faster, and looks
// at the timeline after every step of the workflow. The workflow notices neither.
type inline struct {
	interceptor.WorkerInterceptorBase
	stage   *Stage
	effects *effects
}

// InterceptWorkflow puts the inline parts around a workflow.
func (i *inline) InterceptWorkflow(_ workflow.Context, next interceptor.WorkflowInboundInterceptor) interceptor.WorkflowInboundInterceptor {
	in := &inbound{inline: i}
	in.Next = next
	return in
}

// inbound is what reaches a workflow.
type inbound struct {
	interceptor.WorkflowInboundInterceptorBase
	inline *inline
	watch  *watch
}

// Init puts the inline parts around what a workflow asks for.
func (in *inbound) Init(next interceptor.WorkflowOutboundInterceptor) error {
	in.watch = &watch{stage: in.inline.stage}
	out := &outbound{inline: in.inline, watch: in.watch}
	out.Next = next
	return in.Next.Init(out)
}

// ExecuteWorkflow runs a workflow with somebody who watches it.
func (in *inbound) ExecuteWorkflow(ctx workflow.Context, input *interceptor.ExecuteWorkflowInput) (any, error) {
	in.inline.stage.hear = func(name string, arg *commonpb.Payloads) error {
		return in.Next.HandleSignal(ctx, &interceptor.HandleSignalInput{SignalName: name, Arg: arg})
	}
	in.inline.stage.curtain()
	in.watch.start(ctx)
	return in.Next.ExecuteWorkflow(ctx, input)
}

// outbound is what a workflow asks for.
type outbound struct {
	interceptor.WorkflowOutboundInterceptorBase
	inline *inline
	watch  *watch
}

// ExecuteActivity runs an activity with the time that it takes, its retries and its timeouts.
func (out *outbound) ExecuteActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	return out.inline.effects.start(ctx, name, args)
}

// ExecuteLocalActivity runs a short activity. It takes a moment, in which everything else that can go on does.
func (out *outbound) ExecuteLocalActivity(ctx workflow.Context, name string, args ...any) workflow.Future {
	future, settable := workflow.NewFuture(ctx)
	own, _ := workflow.NewDisconnectedContext(ctx)
	workflow.Go(own, func(own workflow.Context) {
		// An error is impossible: this context is never cancelled.
		_ = workflow.Sleep(own, moment)
		settable.Set(out.inline.effects.invoke(&attempt{workflow: own}, name, args))
	})
	return decoded{future}
}

// ExecuteChildWorkflow starts the review, when the incident is over: the stage plays one workflow after the other. What
// archives the room begins when the play is over, and is only kept.
func (out *outbound) ExecuteChildWorkflow(ctx workflow.Context, name string, args ...any) workflow.ChildWorkflowFuture {
	future, settable := workflow.NewFuture(ctx)
	if room, ok := args[0].(contract.FarewellInput); ok {
		out.inline.stage.left = &room
		settable.Set(nil, nil)
		return child{future}
	}
	in, ok := args[0].(contract.IncidentInput)
	if !ok || name != string(contract.Review) {
		settable.SetError(fmt.Errorf("a play has no %s", name))
		return child{future}
	}
	settable.Set(nil, out.inline.stage.take(in))
	return child{future}
}

// child is a workflow that has been started, or could not be.
type child struct{ workflow.Future }

func (c child) GetChildWorkflowExecution() workflow.Future { return c.Future }

func (c child) SignalChildWorkflow(workflow.Context, string, any) workflow.Future { return c.Future }

// SignalExternalWorkflow keeps what is handed on to the review. The numbering, which hears of ends, is not there.
func (out *outbound) SignalExternalWorkflow(ctx workflow.Context, id, _, name string, arg any) workflow.Future {
	future, settable := workflow.NewFuture(ctx)
	if id != contract.NumbersID {
		out.inline.stage.forward = append(out.inline.stage.forward, forwarded{name, arg})
	}
	settable.Set(nil, nil)
	return future
}

// SetQueryHandlerWithOptions keeps the queries by which the play is watched.
func (out *outbound) SetQueryHandlerWithOptions(ctx workflow.Context, name string, handler any, options workflow.QueryHandlerOptions) error {
	if err := out.watch.keep(name, handler); err != nil {
		return err
	}
	return out.Next.SetQueryHandlerWithOptions(ctx, name, handler, options)
}

// watch reads the timeline of one workflow as it grows.
type watch struct {
	stage    *Stage
	timeline func(contract.TimelineRequest) (contract.TimelinePart, error)
}

// keep takes the handlers of the queries that the watch asks.
func (w *watch) keep(name string, handler any) error {
	ok := true
	switch name {
	case string(contract.Show):
		w.stage.show, ok = handler.(func(contract.None) (contract.Snapshot, error))
	case string(contract.Timeline):
		w.timeline, ok = handler.(func(contract.TimelineRequest) (contract.TimelinePart, error))
	}
	if !ok {
		return fmt.Errorf("the handler of the query %s is a %T", name, handler)
	}
	return nil
}

// start looks at the timeline whenever the workflow has moved. A run that continues an earlier one begins where that
// one was. Looking is part of waiting: if it counted as progress of the workflow, everything that waits would be asked
// once more after each line.
func (w *watch) start(ctx workflow.Context) {
	own, _ := workflow.NewDisconnectedContext(ctx)
	workflow.Go(own, func(ctx workflow.Context) {
		// An error is impossible: this context is never cancelled, and the wait has no end.
		_ = workflow.Await(ctx, func() bool {
			if news := w.news(); len(news) > 0 && w.stage.options.News != nil && !w.stage.closed {
				w.stage.options.News(news)
			}
			return false
		})
	})
}

// news is what the timeline has that the stage has not seen.
func (w *watch) news() []incident.Entry {
	if w.timeline == nil {
		return nil
	}
	part, err := w.timeline(contract.TimelineRequest{After: w.stage.seen})
	if err != nil || len(part.Entries) == 0 {
		return nil
	}
	w.stage.seen = part.Entries[len(part.Entries)-1].Seq
	return part.Entries
}
