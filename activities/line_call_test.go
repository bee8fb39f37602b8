package activities_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// talker is a telephone on which a call may be under way.
type talker struct {
	status  incident.CallStatus
	lookErr error
	called  int
	hungUp  int
}

func (p *talker) Call(context.Context, contract.CallRequest) (contract.CallResult, error) {
	p.called++
	return contract.CallResult{Provider: "CA2"}, nil
}

func (p *talker) HangUp(context.Context, contract.HangUpRequest) error {
	p.hungUp++
	return nil
}

func (p *talker) Text(context.Context, contract.TextRequest) (contract.TextResult, error) {
	return contract.TextResult{}, nil
}

func (p *talker) Follow(context.Context, string) (contract.FollowResult, error) {
	return contract.FollowResult{Status: p.status}, p.lookErr
}

// A call that is under way is joined; where it is over, or nobody knows, the incident gets a call of its own, and the line
// hears of it.
func TestCallsAreJoined(t *testing.T) {
	t.Parallel()
	own := contract.CallResult{Provider: "CA2"}
	for name, test := range map[string]struct {
		phone *talker
		want  contract.CallResult
	}{
		"it rings":           {&talker{status: incident.CallRinging}, contract.CallResult{Provider: "CA1", Joined: true, Status: incident.CallRinging}},
		"it waits":           {&talker{status: incident.CallQueued}, contract.CallResult{Provider: "CA1", Joined: true, Status: incident.CallQueued}},
		"it was answered":    {&talker{status: incident.CallAnswered}, contract.CallResult{Provider: "CA1", Joined: true, Status: incident.CallAnswered}},
		"it is over":         {&talker{status: incident.CallBusy}, own},
		"it cannot be asked": {&talker{lookErr: errors.New("503")}, own},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			line := &counter{answer: contract.LineResult{Allowed: true, Joined: "CA1"}}
			env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
			activities.RegisterPhone(env, test.phone, line)
			value, err := env.ExecuteActivity(string(contract.PlaceCall), contract.CallRequest{Effect: contract.Effect{Key: "k"}, Person: "ana"})
			if err != nil {
				t.Fatal(err)
			}
			var got contract.CallResult
			if err := value.Get(&got); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("the call (-want +got):\n%s", diff)
			}
			var placed []contract.LinePlaced
			if !test.want.Joined {
				placed = []contract.LinePlaced{{Person: "ana", Key: "k", Provider: "CA2"}}
			}
			if diff := cmp.Diff(placed, line.placed); diff != "" || test.phone.called != len(placed) {
				t.Errorf("%d calls; the line heard (-want +got):\n%s", test.phone.called, diff)
			}
			if last := line.asked[len(line.asked)-1]; last.Alone == test.want.Joined {
				t.Errorf("asked last: %+v", last)
			}
		})
	}
}

// A call that is made for others too is not hung up; without an answer of the line it is.
func TestHangingUpSparesOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		line *counter
		req  contract.HangUpRequest
		want int
	}{
		"others wait":         {&counter{others: true}, contract.HangUpRequest{Provider: "CA1", Person: "ana", Key: "k"}, 0},
		"nobody else waits":   {&counter{}, contract.HangUpRequest{Provider: "CA1", Person: "ana", Key: "k"}, 1},
		"the line fails":      {&counter{others: true, err: errors.New("no worker")}, contract.HangUpRequest{Provider: "CA1", Person: "ana", Key: "k"}, 1},
		"an older incident's": {&counter{others: true}, contract.HangUpRequest{Provider: "CA1"}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phone := &talker{}
			env := (&testsuite.WorkflowTestSuite{}).NewTestActivityEnvironment()
			activities.RegisterPhone(env, phone, test.line)
			if _, err := env.ExecuteActivity(string(contract.HangUp), test.req); err != nil {
				t.Fatal(err)
			}
			if phone.hungUp != test.want {
				t.Errorf("hung up %d times, want %d", phone.hungUp, test.want)
			}
		})
	}
}
