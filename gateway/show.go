package gateway

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Show is an incident as it stands; one that has ended is shown by its review.
func (d *Incidents) Show(ctx context.Context, key incident.Key) (contract.Snapshot, error) {
	key = NormalKey(string(key))
	return newest(ctx, d, asking[contract.None, contract.Snapshot]{
		key:   key,
		name:  contract.Show,
		still: func(s contract.Snapshot) bool { return sameKey(s.Incident.Key, key) && s.Incident.Open() && !s.Closed },
		of:    func(s contract.Snapshot) bool { return sameKey(s.Incident.Key, key) },
	})
}

// Timeline gives the timeline's entries after a sequence number; 0 = all.
func (d *Incidents) Timeline(ctx context.Context, key incident.Key, after int) (contract.TimelinePart, error) {
	key = NormalKey(string(key))
	return newest(ctx, d, asking[contract.TimelineRequest, contract.TimelinePart]{
		key:  key,
		name: contract.Timeline, in: contract.TimelineRequest{After: after},
		still: func(p contract.TimelinePart) bool { return sameKey(p.Key, key) && !p.Closed },
		of:    func(p contract.TimelinePart) bool { return sameKey(p.Key, key) },
	})
}

// sameKey says whether an answer is about the incident that was asked for; an incident without a number is asked for by
// its workflow id, and there the answer is always its own.
func sameKey(got, asked incident.Key) bool {
	return got == asked || strings.HasPrefix(string(asked), "incident/")
}

// asking is a query that both an incident and its review answer.
type asking[In, Out any] struct {
	key   incident.Key
	name  contract.Query[In, Out]
	in    In
	still func(Out) bool // the incident itself is going on: nobody knows more
	of    func(Out) bool // the answer is about the incident that is meant, and no later one under the same workflow id
}

// newest asks the incident's workflow, and when that has ended, or has become another incident, its review. Where there
// is no review, the last word of the incident itself counts.
func newest[In, Out any](ctx context.Context, d *Incidents, a asking[In, Out]) (Out, error) {
	var none Out
	what := fmt.Sprintf("ask %s", a.key)
	place, err := d.place(ctx, a.key, 0)
	if err != nil {
		return none, err
	}
	first, firstErr := query(ctx, d, question[In, Out]{workflowID: place.WorkflowID, name: a.name, in: a.in})
	if firstErr == nil && a.still(first) {
		return first, nil
	}
	if firstErr != nil && !gone(firstErr) {
		return none, failed(what, firstErr)
	}
	review, err := query(ctx, d, question[In, Out]{workflowID: contract.ReviewID(string(a.key)), name: a.name, in: a.in})
	if err == nil {
		return review, nil
	}
	if !gone(err) {
		return none, failed(what, err)
	}
	if firstErr == nil && a.of(first) {
		return first, nil
	}
	return ownRun(ctx, d, place, a)
}

// ownRun asks the run that began the incident: for an incident without a review whose workflow id is another's by now.
func ownRun[In, Out any](ctx context.Context, d *Incidents, place contract.NumberEntry, a asking[In, Out]) (Out, error) {
	out, err := query(ctx, d, question[In, Out]{workflowID: place.WorkflowID, runID: place.RunID, name: a.name, in: a.in})
	if err == nil && a.of(out) {
		return out, nil
	}
	var none Out
	if err != nil && !gone(err) {
		return none, failed(fmt.Sprintf("ask %s", a.key), err)
	}
	return none, &Refusal{
		Kind: RefusedAbsent, What: fmt.Sprintf("Temporal does not keep %s any more", a.key), Hint: "its record lies in the archive",
	}
}

// Brief is what the telephone says about the attempt that a callback names. An incident that has ended answers by its
// review, and without one in a fixed sentence: whoever picks up always hears something.
func (d *Incidents) Brief(ctx context.Context, cb contract.Callback, within time.Duration) (contract.Briefing, error) {
	own, err := query(ctx, d, question[contract.Callback, contract.Briefing]{
		workflowID: cb.WorkflowID, name: contract.Brief, in: cb, within: within,
	})
	if err == nil && own.Attempt && !own.Closed || err != nil && !gone(err) {
		return own, failedOrNil("brief the telephone", err)
	}
	if cb.Key != "" {
		review, reviewErr := query(ctx, d, question[contract.Callback, contract.Briefing]{
			workflowID: contract.ReviewID(cb.Key), name: contract.Brief, in: cb, within: within,
		})
		if reviewErr == nil {
			return review, nil
		}
		if !gone(reviewErr) {
			d.log.Warn("the review does not brief the telephone", "incident", cb.Key, "error", reviewErr)
		}
	}
	if err == nil {
		return own, nil
	}
	return contract.Briefing{Say: cmp.Or(cb.Key, "This incident") + " is closed.", Closed: true}, nil
}

// failedOrNil is failed for an error that may be none.
func failedOrNil(what string, err error) error {
	if err == nil {
		return nil
	}
	return failed(what, err)
}

// Line is one incident in a list. What only the incident itself knows is blank for one that has ended, and for one that
// did not answer; then Problem says so.
type Line struct {
	contract.NumberEntry
	Severity       incident.Severity `json:"severity,omitempty"`
	Phase          incident.Phase    `json:"phase,omitempty"`
	Commander      string            `json:"commander,omitempty"`
	AcknowledgedAt time.Time         `json:"acknowledged_at,omitzero"`
	Cleared        bool              `json:"cleared,omitempty"` // every alert has cleared
	URL            string            `json:"url,omitempty"`
	Problem        string            `json:"problem,omitempty"`
}

// Listing says which incidents are listed besides the open ones.
type Listing struct {
	All    bool // those that have ended, as far as the numbering remembers them
	Drills bool // those that were begun as drills
}

// List lists incidents, newest first.
func (d *Incidents) List(ctx context.Context, wanted Listing) ([]Line, error) {
	numbers, err := d.numbers(ctx, 0)
	if err != nil {
		return nil, err
	}
	lines := []Line{}
	for _, e := range slices.Backward(numbers.Entries) {
		if (wanted.All || e.Ending == "") && (wanted.Drills || !e.Drill) {
			lines = append(lines, Line{NumberEntry: e, URL: d.address(e.WorkflowID, e.RunID)})
		}
	}
	err = eachOf(lines, func(n int, line Line) error {
		if line.Ending != "" {
			return nil
		}
		snapshot, err := d.Show(ctx, line.Key)
		if err != nil {
			lines[n].Problem = err.Error()
			return nil
		}
		lines[n] = line.with(snapshot.Incident)
		return nil
	})
	if err != nil {
		return lines, err
	}
	// An incident may have ended before the numbering heard of it, and was a drill before the numbering knew of drills.
	return slices.DeleteFunc(lines, func(l Line) bool {
		return !wanted.All && l.Ending != "" || !wanted.Drills && l.Drill
	}), nil
}

// with completes a line from its incident.
func (l Line) with(inc incident.Incident) Line {
	l.Severity, l.Phase, l.Commander = inc.Severity, inc.Phase, inc.Holders[incident.Commander].Name
	l.AcknowledgedAt, l.Cleared, l.Drill = inc.AcknowledgedAt, !inc.ClearedAt.IsZero(), inc.Drill
	l.Ending = inc.Ending
	return l
}
