package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// HomeDuty is a person's time on one schedule: the present one, or the next.
type HomeDuty struct {
	Schedule string
	Now      bool
	Since    time.Time // of the present one: when its turn began; zero = not known
	Until    time.Time // zero = no end is known
}

// dutiesAhead is how far the next duty is looked for.
const dutiesAhead = 30 * 24 * time.Hour

// Duties are somebody's duties on each schedule of a book: the one that goes on and the next that begins within thirty
// days, those that go on first, then by time. Times that follow one another without a break are one. Problems are the schedules
// of which that cannot be said.
func Duties(book *oncall.Book, person oncall.PersonID, at time.Time, changed []oncall.Override) (out []HomeDuty, problems []error) {
	for _, s := range book.Schedules {
		if s.Unread != "" {
			problems = append(problems, &oncall.UnreadCalendar{Schedule: s.Name, Why: s.Unread})
		}
		own, err := dutiesOn(s, person, at, changed)
		if err != nil {
			problems = append(problems, fmt.Errorf("duties of %s on %s: %w", person, s.Name, err))
		}
		out = append(out, own...)
	}
	slices.SortStableFunc(out, func(a, b HomeDuty) int {
		return cmp.Or(first(a.Now, b.Now), a.Since.Compare(b.Since))
	})
	return out, problems
}

// dutiesOn are somebody's present duty on a schedule and the next one.
func dutiesOn(s oncall.Schedule, person oncall.PersonID, at time.Time, changed []oncall.Override) ([]HomeDuty, error) {
	if !mayServe(s, person, changed) {
		return nil, nil
	}
	last := at.Add(dutiesAhead)
	spans, err := s.Spans(at, last, changed...)
	if err != nil {
		return nil, err
	}
	var out []HomeDuty
	serving := false
	for _, span := range spans {
		serves := slices.ContainsFunc(span.Turns, func(t oncall.Turn) bool { return t.Person == person })
		if serves && !serving {
			out = append(out, HomeDuty{Schedule: s.Name, Now: span.Since.Equal(at), Since: span.Since})
		}
		if serves {
			out[len(out)-1].Until = span.Until
		}
		serving = serves
	}
	most := 1
	if len(out) > 0 && out[0].Now {
		most = 2
	}
	out = out[:min(most, len(out))]
	for n := range out {
		if err := completeDuty(&out[n], dutyOf{s, person, last, changed}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// dutyOf says whose duty on which schedule it is, and how far was looked.
type dutyOf struct {
	schedule oncall.Schedule
	person   oncall.PersonID
	last     time.Time
	changed  []oncall.Override
}

// completeDuty adds what lies beyond the time that was looked at: when the present duty began, and the end of one that
// goes on.
func completeDuty(d *HomeDuty, of dutyOf) error {
	open := d.Until.Equal(of.last)
	if !d.Now && !open {
		return nil
	}
	turns, err := of.schedule.OnCall(d.Since, of.changed...)
	if err != nil {
		return err
	}
	for _, t := range turns {
		if t.Person != of.person {
			continue
		}
		if d.Now {
			d.Since = t.Since
		}
		if open {
			d.Until = t.Until
		}
	}
	return nil
}

// mayServe says whether somebody can be on a schedule at all; most people are on few of many.
func mayServe(s oncall.Schedule, person oncall.PersonID, changed []oncall.Override) bool {
	return slices.Contains(s.People(), person) ||
		slices.ContainsFunc(changed, func(o oncall.Override) bool { return o.Schedule == s.Name && o.Person == person })
}
