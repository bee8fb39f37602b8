package main

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// How the demo follows its incident.
const (
	watchEvery = 100 * time.Millisecond
	watchLimit = 2 * time.Minute // the incident takes a quarter of a minute
)

// errDemoTime is an incident that did not come to its end.
var errDemoTime = errors.New("the incident and its review did not end within " + watchLimit.String())

// demoWatch follows one incident from its declaration to the end of its review.
type demoWatch struct {
	incidents *gateway.Incidents
	feed      *demoFeed
	key       incident.Key // the workflow's id, until the incident has its number
	seen      int          // of the newest entry that was shown
	entries   []incident.Entry
	problem   error // the last question that got no answer
}

// follow shows the incident's timeline as it grows and returns when nothing is left to do in it.
func (w *demoWatch) follow(ctx context.Context) (contract.Snapshot, error) {
	limit, cancel := context.WithTimeout(ctx, watchLimit)
	defer cancel()
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	var shown contract.Snapshot
	for {
		began := time.Now()
		ended := w.look(limit)
		w.feed.Show(began.Add(-feedDelay))
		if ended {
			var over bool
			if shown, over = w.over(limit); over {
				w.look(limit) // what was written between the two questions
				return shown, nil
			}
		}
		select {
		case <-tick.C:
		case <-limit.Done():
			if ctx.Err() != nil {
				return shown, ctx.Err()
			}
			return shown, errors.Join(errDemoTime, w.problem)
		}
	}
}

// look asks for what is new on the timeline and says whether the incident has ended. A question without an answer is
// asked again.
func (w *demoWatch) look(ctx context.Context) (ended bool) {
	part, err := w.incidents.Timeline(ctx, w.key, w.seen)
	if err != nil {
		w.problem = err
		return false
	}
	if part.Key != "" {
		w.key = part.Key
		w.feed.Name(part.Key)
	}
	for _, e := range part.Entries {
		w.seen = max(w.seen, e.Seq)
		w.entries = append(w.entries, e)
		w.feed.Entry(e)
	}
	return part.Closed
}

// over says whether an incident that has ended has its record and its review behind it.
func (w *demoWatch) over(ctx context.Context) (contract.Snapshot, bool) {
	shown, err := w.incidents.Show(ctx, w.key)
	if err != nil {
		w.problem = err
		return shown, false
	}
	reviewed := !slices.ContainsFunc(shown.Steps, func(s contract.StepLine) bool {
		late := s.Phase == incident.LessonsLearned || s.Phase == ""
		return late && !s.State.Terminal()
	})
	return shown, len(shown.Record) > 0 && reviewed
}
