// Package workflows is the deterministic heart: the incident that listens and runs its runbook, its pages, its mirrors,
// its review, the numbering, and the overrides of the roster. It knows time and the contract; it knows no vendor, no clock of its own and no I/O.
package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
)

// Plans gives the compiled form of a runbook and of the steps that people have added to it. Compiling is a pure function
// of both, so a cache in the process is invisible to the workflow; hash is the key of the runbook alone.
type Plans interface {
	Plan(hash string, rb *runbooks.Runbook, extra []runbooks.Step) (*runbooks.Plan, error)
}

// Workflows holds what the workflows share: nothing but the cache of compiled runbooks.
type Workflows struct {
	Plans Plans
	// CutAfter is the number of history events after which an incident continues as new by itself; 0 = 2,000. The
	// server's own suggestion counts too.
	CutAfter int
}

// Registry is where workflows are made known: a worker, or the test environment.
type Registry interface {
	RegisterWorkflowWithOptions(w any, options workflow.RegisterOptions)
}

// Register binds the workflows to the contract's names.
func Register(r Registry, w *Workflows) {
	register(r, contract.Incident, w.Incident)
	register(r, contract.Review, w.Review)
	register(r, contract.Numbers, Numbers)
	register(r, contract.Farewell, Farewell)
	register(r, contract.Roster, Roster)
	register(r, contract.Line, Line)
	register(r, contract.Pulse, Pulse)
}

// register binds one workflow.
func register[In, Out any](r Registry, name contract.Workflow[In, Out], f func(workflow.Context, In) (Out, error)) {
	r.RegisterWorkflowWithOptions(f, workflow.RegisterOptions{Name: string(name)})
}

// call runs an activity of the contract and waits for it.
func call[In, Out any](ctx workflow.Context, name contract.Activity[In, Out], in In) (Out, error) {
	var out Out
	err := workflow.ExecuteActivity(ctx, string(name), in).Get(ctx, &out)
	return out, err
}

// callLocal runs a short activity without effects inside the workflow task: one event, no dispatch.
func callLocal[In, Out any](ctx workflow.Context, name contract.Activity[In, Out], in In) (Out, error) {
	var out Out
	err := workflow.ExecuteLocalActivity(ctx, string(name), in).Get(ctx, &out)
	return out, err
}

// lookupPatience is how long the roster is asked before a page goes on without it.
const lookupPatience = 10 * time.Second

// lookup is how short questions are asked: on-call, numbers. Each try is short; all of it is bounded by total.
func lookup(ctx workflow.Context, total time.Duration) workflow.Context {
	return workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{
		StartToCloseTimeout:    2 * time.Second,
		ScheduleToCloseTimeout: total,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: 100 * time.Millisecond, BackoffCoefficient: 2, MaximumInterval: time.Second,
		},
	})
}
