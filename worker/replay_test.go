package worker_test

import (
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/engine"
	"github.com/musterbook/musterbook/worker"
)

// TestCheckOpenPassesWhatNoWorkerHasSeen covers an alert that came while no worker was running: its workflow is open and
// has decided nothing yet, and it must not keep the worker from starting.
func TestCheckOpenPassesWhatNoWorkerHasSeen(t *testing.T) {
	t.Parallel()
	e, err := engine.Start(t.Context(), engine.Options{UIPort: -1})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := e.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	c, err := e.Client(t.Context(), client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := worker.Prepare(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	// The list of workflows follows their start after a moment.
	for began := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		checked, err := worker.CheckOpen(t.Context(), c, e.Namespace())
		if err != nil {
			t.Fatal(err)
		}
		if checked == 1 {
			return
		}
		if time.Since(began) > 20*time.Second {
			t.Fatalf("%d workflows were checked, want the one that was started", checked)
		}
	}
}
