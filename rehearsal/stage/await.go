package stage

import (
	"runtime"

	"go.temporal.io/sdk/workflow"
)

// Await waits as the engine does, but on a short stack. Whoever waits is woken after every step of the workflow, and each
// time the engine walks through the stack to see whether it panics; from the depth of a runbook's steps that would take
// most of the time of a play. The coroutine stands still meanwhile, so it does not notice who waits for it.
func (out *outbound) Await(ctx workflow.Context, condition func() bool) error {
	ended := make(chan waited)
	go func() {
		w := waited{goexit: true}
		defer func() {
			w.panicked = recover()
			ended <- w
		}()
		w.err = out.Next.Await(ctx, condition)
		w.goexit = false
	}()
	w := <-ended
	switch {
	case w.panicked != nil:
		panic(w.panicked)
	case w.goexit: // the engine ends coroutines that nobody needs any more
		runtime.Goexit()
	}
	return w.err
}

// waited is how a wait has ended.
type waited struct {
	err      error
	panicked any
	goexit   bool
}
