package activities_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
)

// counter is a line of every person.
type counter struct {
	answer contract.LineResult
	err    error
	hangs  bool
	asked  []contract.LineRequest
	placed []contract.LinePlaced
	left   []contract.LineLeave
	others bool
}

// Use answers, fails, or never answers.
func (c *counter) Use(ctx context.Context, req contract.LineRequest) (contract.LineResult, error) {
	c.asked = append(c.asked, req)
	if c.hangs {
		<-ctx.Done()
		return contract.LineResult{}, ctx.Err()
	}
	return c.answer, c.err
}

// Placed notes what became of calls.
func (c *counter) Placed(_ context.Context, placed contract.LinePlaced) error {
	c.placed = append(c.placed, placed)
	return c.err
}

// Leave says whether a call goes on for others.
func (c *counter) Leave(_ context.Context, leave contract.LineLeave) (contract.LineLeft, error) {
	c.left = append(c.left, leave)
	return contract.LineLeft{Others: c.others}, c.err
}

// Past what a line bears nobody is called, and the page goes on; a line that does not answer keeps nobody from being
// called.
func TestLinesBoundTheTelephone(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		line *counter
		want string // a piece of the error; empty = the telephone was asked
	}{
		"it bears":         {line: &counter{answer: contract.LineResult{Allowed: true}}},
		"it bears no more": {line: &counter{answer: contract.LineResult{Uses: 3, Within: 15 * time.Minute}}, want: "3 times within 15m0s already; the page goes on to the next person"},
		"it fails":         {line: &counter{err: errors.New("no worker")}},
		"it hangs":         {line: &counter{hangs: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { // waiting for a line that hangs takes no time
				env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
				phone := &ports{}
				activities.RegisterPhone(env, phone, test.line)
				_, callErr := env.ExecuteActivity(string(contract.PlaceCall), contract.CallRequest{Effect: contract.Effect{Key: "k"}, Person: "ana", First: true})
				_, textErr := env.ExecuteActivity(string(contract.SendText), contract.TextRequest{Effect: contract.Effect{Key: "k"}, Person: "ana"})
				for _, err := range []error{callErr, textErr} {
					if (err != nil) != (test.want != "") || err != nil && !strings.Contains(err.Error(), test.want) {
						t.Errorf("got %v, want %q", err, test.want)
					}
				}
				if len(test.line.asked) != 2 || !test.line.asked[0].First || test.line.asked[0].Via != "call" || test.line.asked[1].Via != "sms" {
					t.Errorf("the line was asked %+v", test.line.asked)
				}
			})
		})
	}
}
