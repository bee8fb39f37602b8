package gateway

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// places remembers which workflow an incident's key means. That never changes once it is so, and only that is kept:
// whether the incident has ended is asked each time it matters.
type places struct {
	mu    sync.Mutex
	byKey map[incident.Key]contract.NumberEntry
}

// maxPlaces bounds the memory; past it, everything is forgotten and asked again.
const maxPlaces = 50_000

// newPlaces makes an empty memory.
func newPlaces() *places { return &places{byKey: map[incident.Key]contract.NumberEntry{}} }

// find gives what is remembered.
func (p *places) find(key incident.Key) (contract.NumberEntry, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	entry, ok := p.byKey[key]
	return entry, ok
}

// learn remembers entries.
func (p *places) learn(entries []contract.NumberEntry) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.byKey) > maxPlaces {
		clear(p.byKey)
	}
	for _, e := range entries {
		p.byKey[e.Key] = e
	}
}

// NormalKey is a key as people type it, in its proper form: "inc-7" and "#INC-7 " are INC-7.
func NormalKey(text string) incident.Key {
	text = strings.TrimPrefix(strings.TrimSpace(text), "#")
	if strings.HasPrefix(text, "incident/") {
		return incident.Key(text)
	}
	return incident.Key(strings.ToUpper(text))
}

// place is where an incident is found. A key that is a workflow id itself is taken as it is, for incidents that never
// got a number.
func (d *Incidents) place(ctx context.Context, key incident.Key, within time.Duration) (contract.NumberEntry, error) {
	if strings.HasPrefix(string(key), "incident/") {
		return contract.NumberEntry{WorkflowID: string(key)}, nil
	}
	if entry, ok := d.places.find(key); ok {
		return entry, nil
	}
	return d.placeNow(ctx, key, within)
}

// placeNow asks the numbering, whatever is remembered.
func (d *Incidents) placeNow(ctx context.Context, key incident.Key, within time.Duration) (contract.NumberEntry, error) {
	numbers, err := d.numbers(ctx, within)
	if err != nil {
		return contract.NumberEntry{}, err
	}
	for _, e := range numbers.Entries {
		if e.Key == key {
			return e, nil
		}
	}
	return contract.NumberEntry{}, &Refusal{
		Kind: RefusedAbsent, What: fmt.Sprintf("unknown incident %q", key), Hint: "list shows the incidents that are open",
	}
}

// numbers is the numbering's memory. With no worker to answer the query it is read from the numbering's history: a
// person's act must be recorded even then.
func (d *Incidents) numbers(ctx context.Context, within time.Duration) (contract.NumbersState, error) {
	if within == 0 {
		within = numbersTime
	}
	state, err := query(ctx, d, question[contract.None, contract.NumbersState]{
		workflowID: contract.NumbersID, name: contract.NumbersQuery, within: within,
	})
	if gone(err) {
		return contract.NumbersState{}, nil
	}
	if err != nil {
		d.log.Warn("the numbering does not answer; reading its history", "error", err)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), signalTime)
		defer cancel()
		var readErr error
		if state, readErr = d.numbersFromHistory(ctx); readErr != nil {
			return contract.NumbersState{}, failed("find out which incident is meant", readErr)
		}
	}
	d.places.learn(state.Entries)
	return state, nil
}

// numbersFromHistory rebuilds the numbering's memory from what its present run began with and what it has answered
// since. Temporal alone serves it, so it works while every worker is down.
func (d *Incidents) numbersFromHistory(ctx context.Context) (contract.NumbersState, error) {
	var state contract.NumbersState
	decode := converter.GetDefaultDataConverter()
	events := d.client.GetWorkflowHistory(ctx, contract.NumbersID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		if err != nil {
			return state, err
		}
		var entry contract.NumberEntry
		if started := event.GetWorkflowExecutionStartedEventAttributes(); started != nil {
			if err := decode.FromPayloads(started.GetInput(), &state); err != nil {
				return state, fmt.Errorf("read how the numbering began: %w", err)
			}
		}
		if done := event.GetWorkflowExecutionUpdateCompletedEventAttributes(); done.GetOutcome().GetSuccess() != nil {
			if err := decode.FromPayloads(done.GetOutcome().GetSuccess(), &entry); err != nil {
				return state, fmt.Errorf("read a number: %w", err)
			}
			state.Entries = withEntry(state.Entries, entry)
		}
		if sent := event.GetWorkflowExecutionSignaledEventAttributes(); sent.GetSignalName() == string(contract.EndedSignal) {
			if err := decode.FromPayloads(sent.GetInput(), &entry); err != nil {
				return state, fmt.Errorf("read an ending: %w", err)
			}
			state.Entries = withEntry(state.Entries, entry)
		}
	}
	return state, nil
}

// withEntry adds an entry, or completes the one of the same key.
func withEntry(entries []contract.NumberEntry, e contract.NumberEntry) []contract.NumberEntry {
	for n := range entries {
		if entries[n].Key != e.Key {
			continue
		}
		if e.Ending != "" {
			entries[n].Ending, entries[n].EndedAt = e.Ending, e.EndedAt
		}
		return entries
	}
	return append(entries, e)
}
