package workflows_test

import (
	"errors"
	"testing"
	"time"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/workflows"
)

// The pulse answers every beat with its number and its own time, and goes on counting when it continues as new.
func TestPulse(t *testing.T) {
	t.Parallel()
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	workflows.Register(env, &workflows.Workflows{Plans: runbooks.NewPlans()})
	var heard []contract.PulseResult
	for n := range 3 {
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(string(contract.PulseUpdate), "", &testsuite.TestUpdateCallback{
				OnAccept: func() {}, OnReject: func(err error) { t.Error(err) },
				OnComplete: func(value any, err error) {
					out, ok := value.(contract.PulseResult)
					if err != nil || !ok {
						t.Error(value, err)
					}
					heard = append(heard, out)
				},
			}, contract.PulseRequest{})
		}, time.Duration(n+1)*time.Minute)
	}
	env.RegisterDelayedCallback(func() {
		env.SetContinueAsNewSuggested(true)
		env.SignalWorkflow("nothing, but it wakes the workflow", nil)
	}, 4*time.Minute)
	env.ExecuteWorkflow(string(contract.Pulse), contract.PulseState{Beats: 10})
	if len(heard) != 3 || heard[2].Beat != 13 || !heard[2].At.Equal(start.Add(3*time.Minute)) {
		t.Errorf("heard %+v", heard)
	}
	var again *workflow.ContinueAsNewError
	var next contract.PulseState
	if err := env.GetWorkflowError(); !errors.As(err, &again) {
		t.Fatal(err)
	}
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil || next.Beats != 13 {
		t.Errorf("the next run begins with %+v, %v", next, err)
	}
}
