package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks/graph"
)

// TestStepStates: a step shows its state and until when it waits; one in a loop counts its turns.
func TestStepStates(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 3, 1, 2, 30, 0, 0, time.UTC)
	got := stepStates([]contract.StepLine{
		{Path: "containment/0", State: contract.StepWaiting, Until: until},
		{Path: "containment/1"},
		{Path: "containment/2/steps/0", State: contract.StepDone, Item: "0"},
		{Path: "containment/2/steps/0", State: contract.StepDone, Item: "1"},
		{Path: "containment/2/steps/0", State: contract.StepTimedOut, Item: "2"},
	})
	want := map[string]graph.State{
		"containment/0":         {Word: "waiting", Until: "02:30 UTC"},
		"containment/2/steps/0": {Word: "timed_out", Count: "2 done, 1 timed out"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
