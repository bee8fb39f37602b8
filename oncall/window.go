package oncall

import (
	"slices"
	"time"
)

// How far around an instant windows are laid out, in days. A window lasts a day at most; several in a row make a longer
// stretch, whose ends beyond the layout do not matter.
const (
	windowsBack  = 2
	windowsAhead = 8
)

// stretch is a time without a gap.
type stretch struct{ since, until time.Time }

// inForce says whether one of the windows lies at an instant, in whose zone they are meant; since when, and until when
// that stays so. Zero = further than the windows were laid out.
func inForce(windows []Window, at time.Time) (in bool, since, until time.Time) {
	begin, end := at.AddDate(0, 0, -windowsBack), at.AddDate(0, 0, windowsAhead)
	for _, s := range stretches(windows, at) {
		switch {
		case !s.until.After(at):
			since = s.until
		case s.since.After(at):
			return false, since, s.since
		default:
			in, since, until = true, s.since, s.until
			if since.Before(begin) {
				since = time.Time{}
			}
			if until.After(end) {
				until = end
			}
			return in, since, until
		}
	}
	return false, since, end
}

// stretches lays windows out around an instant and joins those that touch, in order.
func stretches(windows []Window, at time.Time) []stretch {
	var all []stretch
	today := dateOf(at)
	for day := today.plus(-windowsBack - 1); day.days() <= today.plus(windowsAhead).days(); day = day.plus(1) {
		for _, w := range windows {
			if w.begins(day) {
				all = append(all, w.on(day, at.Location()))
			}
		}
	}
	slices.SortFunc(all, func(a, b stretch) int { return a.since.Compare(b.since) })
	var joined []stretch
	for _, s := range all {
		if last := len(joined) - 1; last >= 0 && !s.since.After(joined[last].until) {
			if s.until.After(joined[last].until) {
				joined[last].until = s.until
			}
			continue
		}
		joined = append(joined, s)
	}
	return joined
}

// begins says whether a window begins on a day.
func (w Window) begins(day Date) bool {
	return len(w.Days) == 0 || slices.Contains(w.Days, time.Date(day.Year, day.Month, day.Day, 0, 0, 0, 0, time.UTC).Weekday())
}

// on is the window that begins on a day. A time that the clock shows twice is the first one for its begin and the last
// one for its end.
func (w Window) on(day Date, zone *time.Location) stretch {
	last := day
	if minutes := func(t ClockTime) int { return t.Hour*minutesOfHour + t.Minute }; minutes(w.To) <= minutes(w.From) {
		last = day.plus(1)
	}
	return stretch{since: Start(day, w.From, zone), until: End(last, w.To, zone)}
}
