package activities_test

import (
	"testing"

	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
)

// TestNobodyHasAStatus: without a chat nobody has connected theirs, which is no failure.
func TestNobodyHasAStatus(t *testing.T) {
	t.Parallel()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(quiet{})
	env := suite.NewTestActivityEnvironment()
	activities.RegisterPresence(env, nil)
	for name, in := range map[string]any{
		string(contract.ReadStatus): contract.ReadStatusRequest{Person: "ana"},
		string(contract.ShowStatus): contract.ShowStatusRequest{Effect: effect("k"), Person: "ana"},
	} {
		value, err := env.ExecuteActivity(name, in)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var out map[string]any
		if err := value.Get(&out); err != nil || len(out) > 0 {
			t.Errorf("%s answers %v, %v", name, out, err)
		}
	}
}
