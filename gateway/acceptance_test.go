//go:build !noengine

package gateway_test

import (
	"testing"

	"go.temporal.io/sdk/worker"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/workflows"
)

// TestAcceptance gives numbers by the real numbering workflow.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	activitiestest.Numbers(t, func(t *testing.T) activities.Numbers {
		c := enginetest.Client(t, enginetest.Start(t, nil))
		w := worker.New(c, contract.QueueMain, worker.Options{})
		workflows.Register(w, &workflows.Workflows{})
		if err := w.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(w.Stop)
		g, err := gateway.New(gateway.Options{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		return g
	})
}
