package workflows_test

import (
	"fmt"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/workflows"
)

// A person's line bears three calls and five messages within a quarter of an hour. The first of an incident is always
// borne, the same request has the same answer, and time makes room again. A line that is left alone ends.
func TestLineBears(t *testing.T) {
	t.Parallel()
	env := (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()
	env.SetStartTime(start)
	workflows.Register(env, &workflows.Workflows{Plans: runbooks.NewPlans()})
	var heard []string
	ask := func(after time.Duration, req contract.LineRequest) {
		env.RegisterDelayedCallback(func() {
			env.UpdateWorkflow(string(contract.LineUpdate), "", &testsuite.TestUpdateCallback{
				OnAccept: func() {},
				OnReject: func(err error) { t.Error(err) },
				OnComplete: func(value any, err error) {
					out, ok := value.(contract.LineResult)
					if err != nil || !ok {
						t.Error(value, err)
					}
					heard = append(heard, fmt.Sprintf("%s %s %s: %t %d", after, req.Via, req.Key, out.Allowed, out.Uses))
				},
			}, req)
		}, after)
	}
	call := func(key string) contract.LineRequest {
		return contract.LineRequest{Person: "ana", Key: key, Via: "call"}
	}
	first := call("other incident")
	first.First = true
	ask(1*time.Minute, call("a"))
	ask(2*time.Minute, call("b"))
	ask(3*time.Minute, call("c"))
	ask(4*time.Minute, call("d"))
	ask(5*time.Minute, call("c")) // a retry
	ask(6*time.Minute, call("d"))
	ask(7*time.Minute, first)
	for n := range 6 {
		ask(time.Duration(8+n)*time.Minute, contract.LineRequest{Person: "ana", Key: fmt.Sprint(n), Via: "sms"})
	}
	ask(16*time.Minute, call("e")) // a is over, and three stand
	ask(17*time.Minute, call("f")) // b is over, too
	env.ExecuteWorkflow(string(contract.Line), contract.LineState{})
	want := []string{
		"1m0s call a: true 0", "2m0s call b: true 0", "3m0s call c: true 0", "4m0s call d: false 3", "5m0s call c: true 0", "6m0s call d: false 3",
		"7m0s call other incident: true 0", "8m0s sms 0: true 0", "9m0s sms 1: true 0", "10m0s sms 2: true 0", "11m0s sms 3: true 0",
		"12m0s sms 4: true 0", "13m0s sms 5: false 5", "16m0s call e: false 3", "17m0s call f: true 0",
	}
	if diff := gocmp.Diff(want, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	if err := env.GetWorkflowError(); err != nil {
		t.Error(err)
	}
	if got := env.Now().Sub(start); got < 30*time.Minute || got > 2*time.Hour {
		t.Errorf("it has ended after %s", got)
	}
}
