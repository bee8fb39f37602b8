package gateway

import (
	"context"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// Use asks a person's line whether they may be told now, and counts it. The line is begun by the first who asks. It is
// idempotent by the request's key, in the line's own memory.
func (d *Incidents) Use(ctx context.Context, req contract.LineRequest) (contract.LineResult, error) {
	id := req.Via + "/" + req.Key
	if req.Alone {
		id += "/alone"
	}
	return askLine(ctx, d, req.Person, errand[contract.LineRequest, contract.LineResult]{name: contract.LineUpdate, id: id, in: req})
}

// Placed tells a person's line what became of a call.
func (d *Incidents) Placed(ctx context.Context, placed contract.LinePlaced) error {
	_, err := askLine(ctx, d, placed.Person, errand[contract.LinePlaced, contract.None]{
		name: contract.LinePlacedUpdate, id: "placed/" + placed.Key + "/" + placed.Provider, in: placed,
	})
	return err
}

// Leave takes an attempt off a call that may be made for others too.
func (d *Incidents) Leave(ctx context.Context, leave contract.LineLeave) (contract.LineLeft, error) {
	return askLine(ctx, d, leave.Person, errand[contract.LineLeave, contract.LineLeft]{
		name: contract.LineLeaveUpdate, id: "leave/" + leave.Key, in: leave,
	})
}

// askLine sends a request to a person's line.
func askLine[In, Out any](ctx context.Context, d *Incidents, person oncall.PersonID, e errand[In, Out]) (Out, error) {
	line := keeper{
		workflowID: contract.LineID(person), workflow: string(contract.Line), about: "how often " + string(person) + " is told",
		state: contract.LineState{},
	}
	out, err := ask(ctx, d, line, e)
	if err != nil {
		return out, failed("ask the line of "+string(person), err)
	}
	return out, nil
}

// companionTime is how long a line is asked what else a call is made for; somebody is at the telephone.
const companionTime = 3 * time.Second

// Companions lists the attempts that a call to somebody is made for, without those that nobody needs to be told of any
// more. Nothing is known of a person who was not called lately.
func (d *Incidents) Companions(ctx context.Context, person oncall.PersonID, provider string) ([]contract.Callback, error) {
	state, err := query(ctx, d, question[contract.None, contract.LineState]{
		workflowID: contract.LineID(person), name: contract.LineQuery, within: companionTime,
	})
	if gone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, failed("ask the line of "+string(person), err)
	}
	if c := state.Call; c.Is(provider) {
		return c.Standing(), nil
	}
	return nil, nil
}

// Ending says that a call is about to end, so that nobody joins it any more, and lists for what it was made.
func (d *Incidents) Ending(ctx context.Context, person oncall.PersonID, provider string) ([]contract.Callback, error) {
	ctx, cancel := context.WithTimeout(ctx, companionTime)
	defer cancel()
	ended, err := askLine(ctx, d, person, errand[contract.LineEnding, contract.LineEnded]{
		name: contract.LineEndingUpdate, in: contract.LineEnding{Person: person, Provider: provider},
	})
	return ended.For, err
}
