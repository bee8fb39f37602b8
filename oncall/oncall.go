// Package oncall is the domain of people and their duties: who exists, who is on call when, and what a name means.
// It is pure: no clock, no I/O, no state.
package oncall

import "time"

// PersonID is a person's short name in the roster ("ana"); it is unique among all names.
type PersonID string

// Person is somebody who can be told.
type Person struct {
	ID    PersonID `json:"id"`
	Name  string   `json:"name"`
	Email string   `json:"email,omitempty"`
	Zone  string   `json:"zone,omitempty"`  // IANA
	Phone string   `json:"phone,omitempty"` // E.164
	Slack string   `json:"slack,omitempty"` // user id; empty = looked up by e-mail

	Contact Contact `json:"contact,omitzero"` // see Rules
	Quiet   *Window `json:"quiet,omitempty"`  // in Zone; see Waits
}

// Schedule says who is on call: one fixed person, a rotation, layers of rotations, or the shifts of a calendar.
type Schedule struct {
	Name     string    `json:"name"`
	Zone     string    `json:"zone,omitempty"` // IANA; empty = UTC
	Person   PersonID  `json:"person,omitempty"`
	Rotation *Rotation `json:"rotation,omitempty"` // short for one layer that is always in force
	Layers   []Layer   `json:"layers,omitempty"`   // the first that has somebody at an instant decides
	Calendar bool      `json:"calendar,omitempty"` // the shifts are all there is; without any nobody is on call
	Shifts   []Shift   `json:"shifts,omitempty"`   // of a calendar; several at once are all on call
	Unread   string    `json:"unread,omitempty"`   // why a calendar's shifts are not known at all; empty = they are
	Read     time.Time `json:"read,omitzero"`      // when the source of a calendar last said so; zero = not known
}

// Layer is a rotation that may be restricted to times of the week.
type Layer struct {
	Name     string   `json:"name,omitempty"`
	Rotation Rotation `json:"rotation"`
	Only     []Window `json:"only,omitempty"` // when it is in force; empty = always
}

// Window is a time of the week in a schedule's zone. It begins on each of its days at From and ends at To, which is on
// the day after where To is not later than From.
type Window struct {
	Days []time.Weekday `json:"days,omitempty"` // on which it begins; empty = every day
	From ClockTime      `json:"from"`
	To   ClockTime      `json:"to"` // 00:00 with From 00:00 = the whole day
}

// Shift is one person's time as a calendar has it.
type Shift struct {
	Person PersonID  `json:"person"`
	Since  time.Time `json:"since"` // inclusive
	Until  time.Time `json:"until"` // exclusive
	Why    string    `json:"why,omitempty"`
}

// Rotation hands the duty to the next member after Hours, Days or Weeks by the wall clock; without any of them after a
// week. The anchor is a date, so nothing is counted anywhere.
type Rotation struct {
	Members []Member  `json:"members"`
	Start   Date      `json:"start"` // the day of the first hand-over
	At      ClockTime `json:"at"`    // wall clock of the hand-over in the schedule's zone
	Hours   int       `json:"hours,omitempty"`
	Days    int       `json:"days,omitempty"`
	Weeks   int       `json:"weeks,omitempty"`
}

// Member is somebody who takes turns. Whoever joins or leaves later has a date for it, so that nobody else's turns of the
// past move.
type Member struct {
	Person PersonID `json:"person"`
	From   Date     `json:"from,omitzero"`  // has turns that begin on this day or later; zero = always
	Until  Date     `json:"until,omitzero"` // at the hour of the hand-over of this day the next member takes over; zero = for ever
}

// Members are people who take turns, always.
func Members(ids ...PersonID) []Member {
	members := make([]Member, 0, len(ids))
	for _, id := range ids {
		members = append(members, Member{Person: id})
	}
	return members
}

// Date is a calendar date without a zone.
type Date struct {
	Year  int        `json:"year"`
	Month time.Month `json:"month"`
	Day   int        `json:"day"`
}

// ClockTime is a wall-clock time of day.
type ClockTime struct {
	Hour   int `json:"hour"`
	Minute int `json:"minute"`
}

// Team is a named group of people; paging a team pages all of them at once.
type Team struct {
	Name    string     `json:"name"`
	Members []PersonID `json:"members"`
}

// Book is everything that names can resolve to, as the configuration has it. What people have changed since are overrides:
// they belong to the moment of a question and go with it (Duties, Schedule.OnCall).
type Book struct {
	People    []Person   `json:"people"`
	Teams     []Team     `json:"teams,omitempty"`
	Schedules []Schedule `json:"schedules,omitempty"`
	Policies  []Policy   `json:"policies,omitempty"`
	Fallback  []PersonID `json:"fallback"` // who is told when everything else is exhausted
	// Ways are those in which the installation can tell people; none = by telephone.
	Ways []Way `json:"ways,omitempty"`
}

// Fallback is the reserved name that resolves to the book's fallback contacts.
const Fallback = "fallback"

// Duty is one person who is to be told, and why.
type Duty struct {
	Person PersonID  `json:"person"`
	Name   string    `json:"name"`
	Why    string    `json:"why"`             // "payments-oncall since Mon 09:00", "named", "team sre", "fallback"
	Until  time.Time `json:"until,omitzero"`  // when the duty is handed over; zero = no end known
	Phone  bool      `json:"phone,omitempty"` // a telephone number is known
	// High and Low are the person's rules for a page of each urgency, as far as pages go in these ways; empty = as
	// everybody is told by telephone.
	High []ContactRule `json:"high,omitempty"`
	Low  []ContactRule `json:"low,omitempty"`
	// Quiet is until when the person's quiet hours hold back a page of low urgency; zero = not at all.
	Quiet time.Time `json:"quiet,omitzero"`
}
