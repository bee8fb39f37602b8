package workflows

import (
	"fmt"
	"strconv"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Bounds of the numbering workflow: how many incidents it remembers, and after how many events it continues as new.
const (
	numbersKept = 2000
	numbersCut  = 2000
)

// Numbers gives incidents their keys, one after the other, for ever: INC-1, INC-2, … It is asked by update, remembers
// which workflow each key means, and continues as new when its history grows.
func Numbers(ctx workflow.Context, st contract.NumbersState) (contract.None, error) {
	give := func(ctx workflow.Context, req contract.TakeNumberRequest) (contract.NumberEntry, error) {
		return giveNumber(&st, req), nil
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, string(contract.NumberUpdate), give, workflow.UpdateHandlerOptions{
		Description: "Give an incident its key; asking again for the same run gives the same key.",
	})
	if err != nil {
		return contract.None{}, fmt.Errorf("handle %s: %w", contract.NumberUpdate, err)
	}
	show := func(contract.None) (contract.NumbersState, error) { return st, nil }
	if err := workflow.SetQueryHandler(ctx, string(contract.NumbersQuery), show); err != nil {
		return contract.None{}, fmt.Errorf("handle %s: %w", contract.NumbersQuery, err)
	}
	signals := startPump(ctx, func(ctx workflow.Context) workflow.Selector {
		selector := workflow.NewSelector(ctx)
		receive(ctx, selector, contract.EndedSignal, func(_ workflow.Context, e contract.NumberEntry) { noteEnd(&st, e) })
		return selector
	})
	if err := untilGrown(ctx, numbersCut); err != nil {
		return contract.None{}, fmt.Errorf("numbering: %w", err)
	}
	if err := signals.drain(ctx); err != nil {
		return contract.None{}, fmt.Errorf("numbering: %w", err)
	}
	return contract.None{}, workflow.NewContinueAsNewError(ctx, string(contract.Numbers), st)
}

// giveNumber answers with the key that the run has, or gives it the next.
func giveNumber(st *contract.NumbersState, req contract.TakeNumberRequest) contract.NumberEntry {
	for n := len(st.Entries) - 1; n >= 0; n-- {
		if st.Entries[n].RunID == req.RunID {
			return st.Entries[n]
		}
	}
	st.Last++
	e := contract.NumberEntry{
		Key: incident.Key("INC-" + strconv.Itoa(st.Last)), WorkflowID: req.WorkflowID, RunID: req.RunID,
		Title: req.Title, Service: req.Service, Drill: req.Drill, At: req.At,
	}
	st.Entries = append(st.Entries, e)
	if len(st.Entries) > numbersKept {
		st.Entries = st.Entries[len(st.Entries)-numbersKept:]
	}
	return e
}

// noteEnd remembers that an incident has ended.
func noteEnd(st *contract.NumbersState, e contract.NumberEntry) {
	for n := range st.Entries {
		if st.Entries[n].Key == e.Key {
			st.Entries[n].Ending, st.Entries[n].EndedAt = e.Ending, e.EndedAt
		}
	}
}
