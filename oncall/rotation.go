package oncall

import (
	"slices"
	"time"
)

// Lengths of wall-clock time, in minutes.
const (
	minutesOfHour = 60
	minutesOfDay  = 24 * minutesOfHour
	minutesOfWeek = daysOfWeek * minutesOfDay
	daysOfWeek    = 7
)

// stint is the part of a turn that one person has. Nobody has it when the rotation has no member at that time.
type stint struct {
	person       PersonID
	since, until time.Time
}

// at finds the stint by the calendar and corrects it by the clock: the wall time alone does not tell whether the hour of
// the hand-over has come, because it may not exist, or come twice.
func (r Rotation) at(at time.Time) stint {
	n := floorDiv(wallMinutes(at)-r.anchor(), r.length())
	since, until := r.handover(n, at.Location()), r.handover(n+1, at.Location())
	for at.Before(since) {
		n--
		since, until = r.handover(n, at.Location()), since
	}
	for !at.Before(until) {
		n++
		since, until = until, r.handover(n+1, at.Location())
	}
	return r.split(n, since, until, at)
}

// split finds the part of turn n that lies at an instant: whoever leaves in the middle of a turn is followed by the next
// member at the hour of the hand-over.
func (r Rotation) split(n int, since, until, at time.Time) stint {
	member := r.member(n)
	part := stint{since: since, until: until}
	for range r.Members {
		if member < 0 {
			return part
		}
		m := r.Members[member]
		part.person = m.Person
		leaves := time.Time{}
		if m.Until != (Date{}) {
			leaves = Start(m.Until, r.At, at.Location())
		}
		if leaves.IsZero() || !leaves.Before(until) {
			return part
		}
		if at.Before(leaves) {
			part.until = leaves
			return part
		}
		part.since, part.person = leaves, ""
		member = r.after(member, func(m Member) bool { return m.on(dateOf(leaves)) })
	}
	return part
}

// on says whether a member takes part on a day.
func (m Member) on(day Date) bool {
	return (m.From == Date{} || m.From.days() <= day.days()) && (m.Until == Date{} || day.days() < m.Until.days())
}

// member is the place of the member who has turn n; -1 = nobody does. Members follow one another in their order. When one
// joins or leaves, the next turn goes to whoever comes after the last one in the list, so turns of the past never move.
func (r Rotation) member(n int) int {
	active := r.active(n)
	if len(active) == 0 {
		return -1
	}
	begin, changed := r.changeBefore(n + 1)
	if !changed {
		return active[mod(n, len(active))]
	}
	next := r.after(r.lastBefore(begin), func(m Member) bool { return r.has(m, begin) })
	return active[mod(slices.Index(active, next)+n-begin, len(active))]
}

// lastBefore is the place of the member who had the latest turn before turn n that anybody had; without one it is the
// end of the list.
func (r Rotation) lastBefore(n int) int {
	for {
		if member := r.member(n - 1); member >= 0 {
			return member
		}
		earlier, changed := r.changeBefore(n)
		if !changed {
			return len(r.Members) - 1
		}
		n = earlier
	}
}

// changeBefore is the latest turn before turn n at which somebody joined or left.
func (r Rotation) changeBefore(n int) (turn int, changed bool) {
	for _, m := range r.Members {
		for _, day := range []Date{m.From, m.Until} {
			if day == (Date{}) {
				continue
			}
			if first := r.firstTurn(day); first < n && (!changed || first > turn) {
				turn, changed = first, true
			}
		}
	}
	return turn, changed
}

// after is the place of the next member behind one who satisfies a condition; -1 = none does.
func (r Rotation) after(member int, wanted func(Member) bool) int {
	for n := 1; n <= len(r.Members); n++ {
		if next := mod(member+n, len(r.Members)); wanted(r.Members[next]) {
			return next
		}
	}
	return -1
}

// firstTurn is the first turn that begins on a day or later.
func (r Rotation) firstTurn(day Date) int {
	return -floorDiv(r.anchor()-day.days()*minutesOfDay, r.length())
}

// active lists the places of the members who take part in turn n.
func (r Rotation) active(n int) []int {
	var places []int
	for place, m := range r.Members {
		if r.has(m, n) {
			places = append(places, place)
		}
	}
	return places
}

// has says whether a member takes part in turn n.
func (r Rotation) has(m Member, n int) bool {
	return (m.From == Date{} || r.firstTurn(m.From) <= n) && (m.Until == Date{} || n < r.firstTurn(m.Until))
}

// handover is the instant at which turn n begins; turn 0 begins on the start date. It is a start, so of an hour that
// the clock shows twice it is the first one; the turn before ends there too. An hour that the clock leaves out makes
// the turn that would begin in it begin after it, and one that lies within it has no length.
func (r Rotation) handover(n int, zone *time.Location) time.Time {
	minutes := r.anchor() + n*r.length()
	day := floorDiv(minutes, minutesOfDay)
	minutes -= day * minutesOfDay
	clock := ClockTime{Hour: minutes / minutesOfHour, Minute: minutes % minutesOfHour}
	return Start(Date{Year: 1970, Month: time.January, Day: 1}.plus(day), clock, zone)
}

// anchor is the first hand-over by the wall clock, in minutes since 1970.
func (r Rotation) anchor() int {
	return r.Start.days()*minutesOfDay + r.At.Hour*minutesOfHour + r.At.Minute
}

// length is a turn's length by the wall clock, in minutes.
func (r Rotation) length() int {
	length := r.Hours*minutesOfHour + r.Days*minutesOfDay + r.Weeks*minutesOfWeek
	if length <= 0 {
		return minutesOfWeek
	}
	return length
}

// sinceLayout names the hand-over by weekday, and by date as well where the weekday would be ambiguous.
func (r Rotation) sinceLayout() string {
	if r.length() > minutesOfWeek {
		return "Mon 2 Jan 15:04"
	}
	return "Mon 15:04"
}

// wallMinutes is the wall-clock time that t shows in its zone, in minutes since 1970.
func wallMinutes(t time.Time) int {
	return dateOf(t).days()*minutesOfDay + t.Hour()*minutesOfHour + t.Minute()
}

// floorDiv divides and rounds down, also below zero.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// mod is the rest of floorDiv, from 0 to b-1.
func mod(a, b int) int { return a - floorDiv(a, b)*b }
