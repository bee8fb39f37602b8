package gateway

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// HomeDuty is a person's time on one schedule: the present one, or the next.
type HomeDuty struct {
	Schedule string
	Now      bool
	Since    time.Time // zero = not known, or more than three months ago
	Until    time.Time // zero = no end is known within three months
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
	stints, err := roster.WholeStints(s, at, at.Add(dutiesAhead), changed)
	if err != nil {
		return nil, err
	}
	var all []HomeDuty
	for _, t := range stints {
		if t.Person != person {
			continue
		}
		if last := len(all) - 1; last >= 0 && !t.Since.IsZero() && t.Since.Equal(all[last].Until) {
			all[last].Until = t.Until
			continue
		}
		all = append(all, HomeDuty{Schedule: s.Name, Now: !t.Since.After(at), Since: t.Since, Until: t.Until})
	}
	next := 1
	if len(all) > 0 && all[0].Now {
		next = 2
	}
	return all[:min(next, len(all))], nil
}

// mayServe says whether somebody can be on a schedule at all; most people are on few of many.
func mayServe(s oncall.Schedule, person oncall.PersonID, changed []oncall.Override) bool {
	return slices.Contains(s.People(), person) ||
		slices.ContainsFunc(changed, func(o oncall.Override) bool { return o.Schedule == s.Name && o.Person == person })
}
