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
}

// Schedule says who is on call: a fixed person, or a weekly rotation.
type Schedule struct {
	Name     string    `json:"name"`
	Zone     string    `json:"zone,omitempty"` // IANA; empty = UTC
	Person   PersonID  `json:"person,omitempty"`
	Rotation *Rotation `json:"rotation,omitempty"`
}

// Rotation hands the duty to the next member every Weeks weeks. The anchor is a date, so adding a member does not
// depend on a counter kept anywhere.
type Rotation struct {
	Members []PersonID `json:"members"`
	Start   Date       `json:"start"` // the day of the first hand-over
	At      ClockTime  `json:"at"`    // wall clock of the hand-over in the schedule's zone
	Weeks   int        `json:"weeks"` // length of a turn; 0 = 1
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

// Book is everything that names can resolve to.
type Book struct {
	People    []Person   `json:"people"`
	Teams     []Team     `json:"teams,omitempty"`
	Schedules []Schedule `json:"schedules,omitempty"`
	Fallback  []PersonID `json:"fallback"` // who is told when everything else is exhausted
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
}
