package roster

import (
	"cmp"
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Stint is one person's time on a schedule without a break. Without a person it is a gap: nobody is on call.
type Stint struct {
	Person   oncall.PersonID `json:"person,omitempty"`
	Since    time.Time       `json:"since,omitzero"` // UTC, inclusive
	Until    time.Time       `json:"until,omitzero"` // UTC, exclusive
	Why      string          `json:"why,omitempty"`
	Override bool            `json:"override,omitempty"` // the schedule itself would not have this person now
}

// Gap says whether nobody is on call.
func (s Stint) Gap() bool { return s.Person == "" }

// Stints lists who is on call from one instant to another and when nobody is, in the order in which they begin. Who stays
// on while others come and go has one stint; it is cut where an override begins or ends, because that is another reason.
// Stints that began before or go on after are cut off at the ends.
func Stints(s oncall.Schedule, from, to time.Time, changed []oncall.Override) ([]Stint, error) {
	spans, err := s.Spans(from, to, changed...)
	if err != nil {
		return nil, err
	}
	regular, err := s.Spans(from, to)
	if err != nil {
		return nil, err
	}
	var out []Stint
	for _, span := range sliced(spans, regular) {
		if len(span.Turns) == 0 {
			out = lengthened(out, Stint{Since: span.Since, Until: span.Until})
		}
		usual := spanAt(regular, span.Since)
		for _, turn := range span.Turns {
			out = lengthened(out, Stint{
				Person: turn.Person, Since: span.Since, Until: span.Until, Why: turn.Why,
				Override: !slices.ContainsFunc(usual.Turns, func(t oncall.Turn) bool { return t.Person == turn.Person }),
			})
		}
	}
	slices.SortStableFunc(out, func(a, b Stint) int { return cmp.Or(a.Since.Compare(b.Since), a.Until.Compare(b.Until)) })
	return out, nil
}

// around is how far whole stints are followed beyond the time that is asked for.
const around = 92 * 24 * time.Hour

// WholeStints lists the stints of a time, as Stints does, with their own begins and ends, also where these lie before
// it or after it. One that began, or ends, more than three months away from it has no such instant (zero).
func WholeStints(s oncall.Schedule, from, to time.Time, changed []oncall.Override) ([]Stint, error) {
	first, last := from.Add(-around), to.Add(around)
	all, err := Stints(s, first, last, changed)
	if err != nil {
		return nil, err
	}
	var out []Stint
	for _, stint := range all {
		if !stint.Until.After(from) || !stint.Since.Before(to) {
			continue
		}
		if stint.Since.Equal(first) {
			stint.Since = time.Time{}
		}
		if stint.Until.Equal(last) {
			stint.Until = time.Time{}
		}
		out = append(out, stint)
	}
	return out, nil
}

// sliced cuts spans where other spans of the same time begin.
func sliced(spans, others []oncall.Span) []oncall.Span {
	var out []oncall.Span
	n := 0
	for _, span := range spans {
		for ; n < len(others) && others[n].Since.Before(span.Until); n++ {
			if cut := others[n].Since; cut.After(span.Since) {
				head := span
				head.Until, span.Since = cut, cut
				out = append(out, head)
			}
		}
		out = append(out, span)
	}
	return out
}

// spanAt is the span of an instant that lies within spans.
func spanAt(spans []oncall.Span, at time.Time) oncall.Span {
	n, found := slices.BinarySearchFunc(spans, at, func(s oncall.Span, at time.Time) int { return s.Since.Compare(at) })
	if !found {
		n--
	}
	if n < 0 {
		return oncall.Span{}
	}
	return spans[n]
}

// lengthened adds a stint, or lengthens the one that it goes on with.
func lengthened(stints []Stint, next Stint) []Stint {
	for n := len(stints) - 1; n >= 0; n-- {
		s := &stints[n]
		if s.Person == next.Person {
			if s.Until.Equal(next.Since) && s.Override == next.Override {
				s.Until = next.Until
				return stints
			}
			break
		}
	}
	return append(stints, next)
}

// Gaps lists when nobody is on call, from one instant to another.
func Gaps(s oncall.Schedule, from, to time.Time, changed []oncall.Override) ([]Stint, error) {
	all, err := Stints(s, from, to, changed)
	return slices.DeleteFunc(all, func(s Stint) bool { return !s.Gap() }), err
}
