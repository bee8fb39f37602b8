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

// lined is a person's line with its clock.
type lined struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	heard []string
}

func newLined(t *testing.T) *lined {
	t.Helper()
	l := &lined{t: t, env: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()}
	l.env.SetStartTime(start)
	workflows.Register(l.env, &workflows.Workflows{Plans: runbooks.NewPlans()})
	return l
}

// ask sends an update at a moment, and writes down when and how it was answered.
func (l *lined) ask(after time.Duration, name string, in any) {
	l.env.RegisterDelayedCallback(func() {
		l.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) { l.t.Error(err) },
			OnComplete: func(value any, err error) {
				if err != nil {
					l.t.Error(err)
				}
				at := l.env.Now().Sub(start)
				switch out := value.(type) {
				case contract.LineResult:
					l.heard = append(l.heard, fmt.Sprintf("%s %t joined %q", at, out.Allowed, out.Joined))
				case contract.LineEnded:
					keys := []string{}
					for _, at := range out.For {
						keys = append(keys, at.Key)
					}
					l.heard = append(l.heard, fmt.Sprintf("%s for %v", at, keys))
				case contract.LineLeft:
					l.heard = append(l.heard, fmt.Sprintf("%s others %t", at, out.Others))
				}
			},
		}, in)
	}, after)
}

func (l *lined) call(after time.Duration, key string, alone bool) {
	l.ask(after, string(contract.LineUpdate), contract.LineRequest{
		Person: "ana", Key: key, Via: "call", Alone: alone, Callback: contract.Callback{WorkflowID: "incident/" + key, Key: key},
	})
}

func (l *lined) placed(after time.Duration, key, provider string) {
	l.ask(after, string(contract.LinePlacedUpdate), contract.LinePlaced{Person: "ana", Key: key, Provider: provider})
}

func (l *lined) leave(after time.Duration, key string) {
	l.ask(after, string(contract.LineLeaveUpdate), contract.LineLeave{Person: "ana", Key: key})
}

func (l *lined) want(want ...string) {
	l.t.Helper()
	l.env.ExecuteWorkflow(string(contract.Line), contract.LineState{})
	if err := l.env.GetWorkflowError(); err != nil {
		l.t.Error(err)
	}
	if diff := gocmp.Diff(want, l.heard); diff != "" {
		l.t.Errorf("heard (-want +got):\n%s", diff)
	}
}

// Who comes while a call is being placed waits a moment for its id, and joins it; the call counts once, however many join.
// It goes on as long as it is made for somebody.
func TestLineSharesACall(t *testing.T) {
	t.Parallel()
	l := newLined(t)
	l.call(0, "a", false)
	l.call(100*time.Millisecond, "b", false) // waits
	l.placed(400*time.Millisecond, "a", "CA1")
	for n := range 5 {
		l.call(time.Duration(n+1)*time.Second, fmt.Sprint("more", n), false)
	}
	l.call(10*time.Second, "b", false) // a retry
	l.leave(11*time.Second, "a")
	l.leave(12*time.Second, "a") // again
	l.leave(13*time.Second, "unknown")
	for n := range 5 {
		l.leave(time.Duration(20+n)*time.Second, fmt.Sprint("more", n))
	}
	l.leave(30*time.Second, "b")
	l.want(
		`0s true joined ""`, `400ms true joined "CA1"`,
		`1s true joined "CA1"`, `2s true joined "CA1"`, `3s true joined "CA1"`, `4s true joined "CA1"`, `5s true joined "CA1"`,
		`10s true joined "CA1"`, "11s others true", "12s others true", "13s others false",
		"20s others true", "21s others true", "22s others true", "23s others true", "24s others true", "30s others false",
	)
}

// A call that was not placed, that takes too long to be placed, that is over, or that began long ago is joined by nobody.
func TestLineGivesCallsOfTheirOwn(t *testing.T) {
	t.Parallel()
	t.Run("not placed", func(t *testing.T) {
		t.Parallel()
		l := newLined(t)
		l.call(0, "a", false)
		l.call(100*time.Millisecond, "b", false)
		l.placed(300*time.Millisecond, "a", "")
		l.want(`0s true joined ""`, `300ms true joined ""`)
	})
	t.Run("being placed for long", func(t *testing.T) {
		t.Parallel()
		l := newLined(t)
		l.call(0, "a", false)
		l.call(100*time.Millisecond, "b", false)
		l.placed(3*time.Second, "a", "CA1") // too late: b's is the newest call
		l.call(4*time.Second, "c", false)
		l.want(`0s true joined ""`, `1.5s true joined ""`, `4s true joined ""`)
	})
	t.Run("over", func(t *testing.T) {
		t.Parallel()
		l := newLined(t)
		l.call(0, "a", false)
		l.placed(time.Second, "a", "CA1")
		l.call(2*time.Second, "b", false)
		l.call(3*time.Second, "b", true)
		l.placed(4*time.Second, "b", "CA2")
		l.call(5*time.Second, "c", false)
		l.call(6*time.Second, "a", false) // a retry of what had a call of its own
		l.want(`0s true joined ""`, `2s true joined "CA1"`, `3s true joined ""`, `5s true joined "CA2"`, `6s true joined ""`)
	})
	t.Run("saying goodbye", func(t *testing.T) {
		t.Parallel()
		l := newLined(t)
		l.call(0, "a", false)
		l.placed(time.Second, "a", "1/CA1")
		l.call(2*time.Second, "b", false)
		l.ask(3*time.Second, string(contract.LineEndingUpdate), contract.LineEnding{Person: "ana", Provider: "CA0"})
		l.leave(4*time.Second, "a")
		l.ask(5*time.Second, string(contract.LineEndingUpdate), contract.LineEnding{Person: "ana", Provider: "CA1"})
		l.call(6*time.Second, "c", false)
		l.want(`0s true joined ""`, `2s true joined "1/CA1"`, "3s for []", "4s others true", "5s for [b]", `6s true joined ""`)
	})
	t.Run("long ago", func(t *testing.T) {
		t.Parallel()
		l := newLined(t)
		l.call(0, "a", false)
		l.placed(time.Second, "a", "CA1")
		l.call(4*time.Minute, "b", false)
		l.want(`0s true joined ""`, `4m0s true joined ""`)
	})
}
