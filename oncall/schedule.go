package oncall

import (
	"fmt"
	"time"
)

const daysOfWeek = 7

// Turn is one person's time on a schedule.
type Turn struct {
	Person PersonID  `json:"person"`
	Why    string    `json:"why"`            // "payments-oncall since Mon 09:00", in the schedule's zone
	Since  time.Time `json:"since,omitzero"` // UTC, inclusive; zero for a fixed person
	Until  time.Time `json:"until,omitzero"` // UTC, exclusive: the next hand-over; zero for a fixed person
}

// OnCall says who has the duty at an instant. There is always exactly one person: turns follow one another without a
// gap and without an overlap, and they reach back before the rotation's start as they go on after it (its start says
// where the turns lie, not when they begin to count).
//
// The turns are computed from the start date alone and nothing is counted anywhere, so a restart, a copied file or a
// missed week changes nobody's turn. The number of members does take part: whoever adds or removes one also sets the
// start to the next hand-over and lists the members in the order of the coming turns, the person who is on call now
// last. Then the running turn stays where it is and the coming ones are as listed.
//
// It fails for a schedule that has neither a person nor members, and for a zone that does not exist.
func (s Schedule) OnCall(at time.Time) (Turn, error) {
	if s.Rotation == nil {
		if s.Person == "" {
			return Turn{}, fmt.Errorf("schedule %s has nobody on it", s.Name)
		}
		return Turn{Person: s.Person, Why: s.Name}, nil
	}
	if len(s.Rotation.Members) == 0 {
		return Turn{}, fmt.Errorf("schedule %s rotates among nobody", s.Name)
	}
	zone, err := time.LoadLocation(s.Zone)
	if err != nil {
		return Turn{}, fmt.Errorf("zone of schedule %s: %w", s.Name, err)
	}
	turn := s.Rotation.turnAt(at.In(zone))
	turn.Why = s.Name + " since " + turn.Since.Format(s.Rotation.sinceLayout())
	turn.Since, turn.Until = turn.Since.UTC(), turn.Until.UTC()
	return turn, nil
}

// turnAt finds the turn by the calendar and corrects it by the clock: on the day of a hand-over the date alone does
// not tell whether the hour has come.
func (r Rotation) turnAt(at time.Time) Turn {
	n := floorDiv(dateOf(at).days()-r.Start.days(), r.length())
	since, until := r.handover(n, at.Location()), r.handover(n+1, at.Location())
	for at.Before(since) {
		n--
		since, until = r.handover(n, at.Location()), since
	}
	for !at.Before(until) {
		n++
		since, until = until, r.handover(n+1, at.Location())
	}
	member := n - floorDiv(n, len(r.Members))*len(r.Members)
	return Turn{Person: r.Members[member], Since: since, Until: until}
}

// handover is the instant at which turn n begins; turn 0 begins on the start date. It is a start, so of an hour that
// the clock shows twice it is the first one; the turn before ends there too.
func (r Rotation) handover(n int, zone *time.Location) time.Time {
	return Start(r.Start.plus(n*r.length()), r.At, zone)
}

// length is a turn's length in days.
func (r Rotation) length() int { return max(r.Weeks, 1) * daysOfWeek }

// sinceLayout names the hand-over by weekday, and by date as well where the weekday would be ambiguous.
func (r Rotation) sinceLayout() string {
	if r.Weeks > 1 {
		return "Mon 2 Jan 15:04"
	}
	return "Mon 15:04"
}

// floorDiv divides and rounds down, also below zero.
func floorDiv(a, b int) int {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
