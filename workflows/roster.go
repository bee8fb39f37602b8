package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Bounds of the roster workflow: how many overrides stand at once, how long one lasts, and after how many events it
// continues as new.
const (
	mostOverrides   = 200
	longestOverride = 366 * 24 * time.Hour
	rosterCut       = 2000
)

// Roster keeps the overrides of all schedules: who takes the pager for two hours survives every restart. It is asked by
// update, shows what it knows in its memo, which can be read while no worker runs, and continues as new when its history
// grows.
func Roster(ctx workflow.Context, st contract.RosterState) (contract.None, error) {
	k := &keeper{st: &st}
	if err := k.listen(ctx); err != nil {
		return contract.None{}, err
	}
	if err := k.show(ctx); err != nil {
		return contract.None{}, err
	}
	if err := untilGrown(ctx, rosterCut); err != nil {
		return contract.None{}, fmt.Errorf("roster: %w", err)
	}
	return contract.None{}, workflow.NewContinueAsNewError(ctx, string(contract.Roster), st)
}

// keeper keeps overrides.
type keeper struct{ st *contract.RosterState }

// listen answers what people ask.
func (k *keeper) listen(ctx workflow.Context) error {
	err := workflow.SetUpdateHandlerWithOptions(ctx, string(contract.OverrideUpdate), k.add, workflow.UpdateHandlerOptions{
		Description: "Change who is on call for a while; asking again with the same id gives the same override.",
		Validator: func(ctx workflow.Context, req contract.OverrideRequest) error {
			return k.mayAdd(now(ctx), req.Override)
		},
	})
	if err != nil {
		return fmt.Errorf("handle %s: %w", contract.OverrideUpdate, err)
	}
	err = workflow.SetUpdateHandlerWithOptions(ctx, string(contract.CancelOverrideUpdate), k.cancel, workflow.UpdateHandlerOptions{
		Description: "Take an override back.",
		Validator: func(_ workflow.Context, req contract.CancelOverrideRequest) error {
			if k.find(req.ID) < 0 {
				return refusal(&incident.Refusal{What: fmt.Sprintf("there is no override %q", req.ID), Hint: "muster oncall overrides lists them"})
			}
			return nil
		},
	})
	if err != nil {
		return fmt.Errorf("handle %s: %w", contract.CancelOverrideUpdate, err)
	}
	if err := workflow.SetQueryHandler(ctx, string(contract.OverridesQuery), func(contract.None) (contract.RosterState, error) { return *k.st, nil }); err != nil {
		return fmt.Errorf("handle %s: %w", contract.OverridesQuery, err)
	}
	return nil
}

// find is the place of an override; -1 = it is not known.
func (k *keeper) find(id string) int {
	return slices.IndexFunc(k.st.Overrides, func(o oncall.Override) bool { return o.ID == id })
}

// mayAdd checks an override. One that is known already is a repetition and welcome.
func (k *keeper) mayAdd(at time.Time, o oncall.Override) error {
	refuse := func(what, hint string) error { return refusal(&incident.Refusal{What: what, Hint: hint}) }
	switch {
	case o.ID != "" && k.find(o.ID) >= 0:
		return nil
	case o.ID == "" || o.Schedule == "" || o.Person == "":
		return refuse("an override needs an id, a schedule and a person", "")
	case !slices.Contains([]oncall.OverrideKind{oncall.OverrideAdd, oncall.OverrideRemove, oncall.OverrideReplace}, o.Kind):
		return refuse(fmt.Sprintf("%q is no kind of override", o.Kind), "one of: add, remove, replace")
	case !o.Since.Before(o.Until):
		return refuse("the override ends before it begins", "")
	case !at.Before(o.Until):
		return refuse("the override is over already", "")
	case o.Until.Sub(o.Since) > longestOverride:
		return refuse("an override lasts a year at most", "change the schedule in musterbook.yaml")
	case len(k.standing(at)) >= mostOverrides:
		return refuse(fmt.Sprintf("%d overrides stand already", mostOverrides), "cancel those that are not needed")
	}
	return nil
}

// standing are the overrides that are not over.
func (k *keeper) standing(at time.Time) []oncall.Override {
	return slices.DeleteFunc(slices.Clone(k.st.Overrides), func(o oncall.Override) bool { return !at.Before(o.Until) })
}

// add keeps an override, and forgets those that are over.
func (k *keeper) add(ctx workflow.Context, req contract.OverrideRequest) (contract.OverrideResult, error) {
	if n := k.find(req.Override.ID); n >= 0 {
		return contract.OverrideResult{Override: k.st.Overrides[n]}, nil
	}
	o := req.Override
	o.Made = now(ctx)
	k.st.Overrides = append(k.standing(now(ctx)), o)
	return contract.OverrideResult{Override: o}, k.show(ctx)
}

// cancel takes an override back. What it has done so far stays so: only the rest of its time is given back.
func (k *keeper) cancel(ctx workflow.Context, req contract.CancelOverrideRequest) (contract.OverrideResult, error) {
	n := k.find(req.ID)
	if n < 0 { // another cancel was faster
		return contract.OverrideResult{Override: oncall.Override{ID: req.ID}}, nil
	}
	o := k.st.Overrides[n]
	k.st.Overrides = slices.Delete(slices.Clone(k.st.Overrides), n, n+1)
	return contract.OverrideResult{Override: o}, k.show(ctx)
}

// show puts the overrides where everybody can read them.
func (k *keeper) show(ctx workflow.Context) error {
	if err := workflow.UpsertMemo(ctx, map[string]any{contract.RosterMemo: k.st.Overrides}); err != nil {
		return fmt.Errorf("show the overrides: %w", err)
	}
	return nil
}
