package workflows_test

import (
	"errors"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/workflows"
)

// office is the roster workflow in skipped time, and what came of each request.
type office struct {
	t     *testing.T
	env   *testsuite.TestWorkflowEnvironment
	heard []string
}

// newOffice prepares it. What is asked at an instant is asked in order.
func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, env: (&testsuite.WorkflowTestSuite{}).NewTestWorkflowEnvironment()}
	o.env.SetStartTime(start)
	workflows.Register(o.env, &workflows.Workflows{Plans: runbooks.NewPlans()})
	return o
}

// ask sends an update a while after the beginning, and takes down what came of it.
func (o *office) ask(after time.Duration, name string, arg any) {
	o.env.RegisterDelayedCallback(func() {
		o.env.UpdateWorkflow(name, "", &testsuite.TestUpdateCallback{
			OnAccept: func() {},
			OnReject: func(err error) {
				var app *temporal.ApplicationError
				if errors.As(err, &app) {
					o.heard = append(o.heard, "refused: "+app.Message())
					return
				}
				o.heard = append(o.heard, err.Error())
			},
			OnComplete: func(value any, err error) {
				if result, ok := value.(contract.OverrideResult); ok && err == nil {
					got := result.Override
					o.heard = append(o.heard, string(got.Kind)+" "+string(got.Person)+" on "+got.Schedule+" until "+got.Until.Format("15:04"))
					return
				}
				o.heard = append(o.heard, err.Error())
			},
		}, arg)
	}, after)
}

// play runs the workflow until it continues as new, and gives the state that the next run begins with.
func (o *office) play(st contract.RosterState, ends time.Duration) contract.RosterState {
	o.t.Helper()
	o.env.RegisterDelayedCallback(func() {
		o.env.SetContinueAsNewSuggested(true)
		o.env.SignalWorkflow("nothing, but it wakes the workflow", nil)
	}, ends)
	o.env.ExecuteWorkflow(string(contract.Roster), st)
	var again *workflow.ContinueAsNewError
	if err := o.env.GetWorkflowError(); !errors.As(err, &again) {
		o.t.Fatal(err)
	}
	var next contract.RosterState
	if err := converter.GetDefaultDataConverter().FromPayloads(again.Input, &next); err != nil {
		o.t.Fatal(err)
	}
	return next
}

// take is an override of two hours.
func take(id, person string, from time.Time) oncall.Override {
	return oncall.Override{
		ID: id, Schedule: "sre-oncall", Kind: oncall.OverrideReplace, Person: oncall.PersonID(person), Since: from, Until: from.Add(2 * time.Hour), By: "Ana",
	}
}

// Overrides are kept, given again when they are asked for again, taken back, and forgotten when they are over.
func TestRosterKeepsOverrides(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	first, second := take("a", "ben", start), take("b", "cleo", start.Add(time.Hour))
	other := first
	other.Person = "dan"
	o.ask(time.Minute, string(contract.OverrideUpdate), contract.OverrideRequest{Override: first})
	o.ask(2*time.Minute, string(contract.OverrideUpdate), contract.OverrideRequest{Override: other}) // the same id: the first one stands
	o.ask(3*time.Minute, string(contract.OverrideUpdate), contract.OverrideRequest{Override: second})
	o.ask(4*time.Minute, string(contract.CancelOverrideUpdate), contract.CancelOverrideRequest{ID: "b", By: "Ana"})
	o.ask(5*time.Minute, string(contract.CancelOverrideUpdate), contract.CancelOverrideRequest{ID: "b", By: "Ana"})
	late := take("c", "dan", start.Add(3*time.Hour))
	o.ask(3*time.Hour, string(contract.OverrideUpdate), contract.OverrideRequest{Override: late}) // by then the first one is over
	next := o.play(contract.RosterState{}, 4*time.Hour)
	want := []string{
		"replace ben on sre-oncall until 03:30", "replace ben on sre-oncall until 03:30", "replace cleo on sre-oncall until 04:30",
		"replace cleo on sre-oncall until 04:30", `refused: there is no override "b"`, "replace dan on sre-oncall until 06:30",
	}
	if diff := gocmp.Diff(want, o.heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	late.Made = start.Add(3 * time.Hour)
	if diff := gocmp.Diff(contract.RosterState{Overrides: []oncall.Override{late}}, next); diff != "" {
		t.Errorf("the next run begins with (-want +got):\n%s", diff)
	}
}

// What makes no sense is refused, in a sentence.
func TestRosterRefuses(t *testing.T) {
	t.Parallel()
	change := func(f func(*oncall.Override)) oncall.Override {
		o := take("x", "ben", start)
		f(&o)
		return o
	}
	for name, test := range map[string]struct {
		override oncall.Override
		want     string
	}{
		"no person":       {override: change(func(o *oncall.Override) { o.Person = "" }), want: "refused: an override needs an id, a schedule and a person"},
		"no schedule":     {override: change(func(o *oncall.Override) { o.Schedule = "" }), want: "refused: an override needs an id, a schedule and a person"},
		"unknown kind":    {override: change(func(o *oncall.Override) { o.Kind = "swap" }), want: `refused: "swap" is no kind of override`},
		"ends too early":  {override: change(func(o *oncall.Override) { o.Until = o.Since }), want: "refused: the override ends before it begins"},
		"over already":    {override: change(func(o *oncall.Override) { o.Since, o.Until = start.Add(-2*time.Hour), start }), want: "refused: the override is over already"},
		"longer than all": {override: change(func(o *oncall.Override) { o.Until = o.Since.AddDate(2, 0, 0) }), want: "refused: an override lasts a year at most"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.ask(time.Minute, string(contract.OverrideUpdate), contract.OverrideRequest{Override: test.override})
			if next := o.play(contract.RosterState{}, time.Hour); len(next.Overrides) > 0 {
				t.Errorf("it is kept: %+v", next.Overrides)
			}
			if diff := gocmp.Diff([]string{test.want}, o.heard); diff != "" {
				t.Errorf("heard (-want +got):\n%s", diff)
			}
		})
	}
}
