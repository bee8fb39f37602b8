package contract_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
)

// What runbooks may compare a step's state with is what the wire says, with a word for the state before the first.
func TestStatesOfExpressions(t *testing.T) {
	t.Parallel()
	want := []string{"pending"}
	for _, s := range []contract.StepState{
		contract.StepRunning, contract.StepWaiting, contract.StepHolding, contract.StepDone, contract.StepSkipped, contract.StepFailed,
		contract.StepTimedOut, contract.StepRejected, contract.StepCancelled, contract.StepReverted, contract.StepReturned,
	} {
		want = append(want, string(s))
	}
	if diff := cmp.Diff(want, runbooks.StepStates()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
