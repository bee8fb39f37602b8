package oncall

import (
	"cmp"
	"slices"
	"time"
)

// OverrideKind is what an override does.
type OverrideKind string

// The kinds of overrides.
const (
	OverrideAdd     OverrideKind = "add"     // Person is on call, too
	OverrideRemove  OverrideKind = "remove"  // Person is not; the next layer takes over
	OverrideReplace OverrideKind = "replace" // Person is on call in place of Instead, or of everybody
)

// Override changes who is on call on one schedule for a while.
type Override struct {
	ID       string       `json:"id"`
	Schedule string       `json:"schedule"`
	Kind     OverrideKind `json:"kind"`
	Person   PersonID     `json:"person"`
	Instead  PersonID     `json:"instead,omitempty"` // of replace; empty = everybody
	Since    time.Time    `json:"since"`             // inclusive
	Until    time.Time    `json:"until"`             // exclusive
	By       string       `json:"by,omitempty"`      // who made it
	Reason   string       `json:"reason,omitempty"`
	Made     time.Time    `json:"made"` // a later one has the last word
}

// overrides are those of one schedule, in the order in which they were made.
type overrides []Override

// of picks the overrides of a schedule.
func overridesOf(schedule string, all []Override) overrides {
	var own overrides
	for _, o := range all {
		if o.Schedule == schedule && o.Since.Before(o.Until) {
			own = append(own, o)
		}
	}
	slices.SortStableFunc(own, func(a, b Override) int { return cmp.Or(a.Made.Compare(b.Made), cmp.Compare(a.ID, b.ID)) })
	return own
}

// active are those in force at an instant.
func (list overrides) active(at time.Time) overrides {
	var now overrides
	for _, o := range list {
		if !at.Before(o.Since) && at.Before(o.Until) {
			now = append(now, o)
		}
	}
	return now
}

// edge is the next instant at which an override begins or ends; zero = there is none.
func (list overrides) edge(at time.Time) time.Time {
	var next time.Time
	for _, o := range list {
		for _, t := range []time.Time{o.Since, o.Until} {
			if t.After(at) {
				next = earlier(next, t)
			}
		}
	}
	return next
}

// fate is what becomes of somebody's turn: it stays, it is another person's, or nobody's.
func (list overrides) fate(t Turn) (Turn, bool) {
	there := t.Person != ""
	for _, o := range list {
		switch {
		case o.Kind == OverrideReplace && (o.Instead == "" || there && o.Instead == t.Person):
			t, there = o.turn(t.Person), true
		case o.Kind == OverrideRemove && there && o.Person == t.Person:
			t, there = Turn{}, false
		}
	}
	return t, there
}

// turn is the turn that an override gives.
func (o Override) turn(instead PersonID) Turn {
	why := o.Schedule + ", override"
	if instead != "" && instead != o.Person {
		why = o.Schedule + " in place of " + string(instead)
	}
	return Turn{Person: o.Person, Why: why, Since: o.Since, Until: o.Until}
}

// earlier is the earlier of two instants, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
