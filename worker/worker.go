// Package worker is the engine room: it binds workflows and activities to a Temporal client, with the options that
// production needs, and checks before it polls that every open incident can still be replayed by this code.
package worker

import (
	"fmt"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/workflows"
)

// Options are what differs between a production worker and one in a test.
type Options struct {
	// FailOnPanic makes a workflow that panics or is not deterministic fail at once; production blocks it instead, so
	// that a repaired binary goes on with it.
	FailOnPanic bool
	// CutAfter is the number of history events after which an incident continues as new; 0 = the default.
	CutAfter int
	// StopTimeout is how long effects in flight may take when the worker stops; 0 = 20 s.
	StopTimeout time.Duration
	// DeadlockTimeout raises the limit for one workflow task on a loaded machine; 0 = the SDK's second.
	DeadlockTimeout time.Duration
	// Actions registers actions that are written in Go and built into this binary; nil = they run elsewhere.
	Actions func(activities.Registry)
}

// Worker is several workers in one: chat, telephone, following of calls and commands have task queues of their own, so that
// none waits for another.
type Worker struct {
	workers []worker.Worker
}

// workflowPollers is how many workflow tasks are fetched at once. Where many pages are due at one moment, the SDK's two
// leave tasks lying for the five seconds after which the server gives up on this worker's memory of the incident, and then
// behind everything else: some people are called ten seconds later than all others. More than these make everybody wait a
// little longer, on two cores.
const workflowPollers = 5

// New binds everything; nothing runs until Start.
func New(c client.Client, ports activities.Ports, o Options) *Worker {
	stop := o.StopTimeout
	if stop == 0 {
		stop = 20 * time.Second
	}
	base := worker.Options{WorkerStopTimeout: stop, DeadlockDetectionTimeout: o.DeadlockTimeout}
	main := base
	main.MaxConcurrentWorkflowTaskPollers = workflowPollers
	main.WorkflowPanicPolicy = worker.BlockWorkflow
	if o.FailOnPanic {
		main.WorkflowPanicPolicy = worker.FailWorkflow
	}
	all := worker.New(c, contract.QueueMain, main)
	workflows.Register(all, &workflows.Workflows{Plans: runbooks.NewPlans(), CutAfter: o.CutAfter})
	activities.Register(all, ports)

	onlyActivities := base
	onlyActivities.DisableWorkflowWorker = true
	chat := worker.New(c, contract.QueueChat, onlyActivities)
	activities.RegisterChat(chat, ports.Chat)
	activities.RegisterDirect(chat, ports.Direct)
	activities.RegisterMail(chat, ports.Mail)
	activities.RegisterPresence(chat, ports.Presence)
	phone := worker.New(c, contract.QueuePhone, onlyActivities)
	activities.RegisterPhone(phone, ports.Phone, ports.Lines)
	following := worker.New(c, contract.QueueFollow, onlyActivities)
	activities.RegisterFollow(following, ports.Phone, ports.Sleep)
	commands := worker.New(c, contract.QueueRun, onlyActivities)
	activities.RegisterCommands(commands, ports)
	out := &Worker{workers: []worker.Worker{all, chat, phone, following, commands}}
	if o.Actions != nil {
		actions := worker.New(c, contract.QueueActions, onlyActivities)
		o.Actions(actions)
		out.workers = append(out.workers, actions)
	}
	return out
}

// Start begins to poll.
func (w *Worker) Start() error {
	for n, one := range w.workers {
		if err := one.Start(); err != nil {
			for _, started := range w.workers[:n] {
				started.Stop()
			}
			return fmt.Errorf("start worker: %w", err)
		}
	}
	return nil
}

// Stop lets what is in flight finish, within the stop timeout.
func (w *Worker) Stop() {
	var stopped sync.WaitGroup
	for _, one := range w.workers {
		stopped.Go(one.Stop)
	}
	stopped.Wait()
}
