package oncall

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// UnknownName is a name that the book does not know.
type UnknownName struct {
	Name string
	Near string // the name that was probably meant; may be empty
}

// Error says which name it is, and which one was probably meant.
func (u *UnknownName) Error() string {
	text := fmt.Sprintf("no person, schedule, team or policy is called %q", u.Name)
	if u.Near != "" {
		text += fmt.Sprintf(" (did you mean %q?)", u.Near)
	}
	return text
}

// UnreadCalendar says that nobody is known to be on call, because the calendar that says who is has never been read.
type UnreadCalendar struct {
	Schedule string
	Why      string
}

// Error says which calendar it is, and what is wrong with it.
func (u *UnreadCalendar) Error() string {
	return fmt.Sprintf("the calendar of %s cannot be read: %s", u.Schedule, u.Why)
}

// StaleAfter is the age from which a calendar is told as old.
const StaleAfter = time.Hour

// OldCalendar is a calendar whose source has not said for long what counts, so that who is on call may have changed.
type OldCalendar struct {
	Schedule string    `json:"schedule"`
	Read     time.Time `json:"read"` // when it last did
}

// OldCalendar says whether a name is a schedule by a calendar that was last read more than an hour before an instant.
func (b *Book) OldCalendar(name string, at time.Time) (OldCalendar, bool) {
	s, ok := b.Schedule(name)
	if !ok || !s.Calendar || s.Read.IsZero() || at.Sub(s.Read) <= StaleAfter {
		return OldCalendar{}, false
	}
	return OldCalendar{Schedule: s.Name, Read: s.Read}, true
}

// Duties says who is to be told when a name is paged at an instant: a person, whoever a schedule has on call, everybody
// of a team, or the fallback contacts. Of a policy it is who is called first: everybody whom the targets of its first
// level mean, also where round_robin will take one target after the other, because which one depends on the incident.
// The levels behind it are those of Policy. Overrides change what schedules say. Nobody is listed twice, and nobody at all
// in a gap of a schedule. A calendar that nobody could read is an *UnreadCalendar where no override has put somebody on it.
// A name that is not in the book is an *UnknownName; the roles of a running incident are none of the book's names.
func (b *Book) Duties(name string, at time.Time, changed ...Override) ([]Duty, error) {
	if p, ok := b.Policy(name); ok {
		return b.calledFirst(p, at, changed)
	}
	return b.target(name, at, changed)
}

// Policy finds a policy by name.
func (b *Book) Policy(name string) (Policy, bool) {
	n := slices.IndexFunc(b.Policies, func(p Policy) bool { return p.Name == name })
	if n < 0 {
		return Policy{}, false
	}
	return b.Policies[n], true
}

// calledFirst is whom the first level of a policy calls.
func (b *Book) calledFirst(p Policy, at time.Time, changed []Override) ([]Duty, error) {
	if len(p.Levels) == 0 {
		return nil, fmt.Errorf("policy %s has no level", p.Name)
	}
	var duties []Duty
	var unread *UnreadCalendar
	for _, target := range p.Levels[0].Targets {
		if _, nested := b.Policy(target); nested {
			return nil, fmt.Errorf("policy %s calls the policy %s; only people, schedules and teams can be called", p.Name, target)
		}
		found, err := b.target(target, at, changed)
		if errors.As(err, &unread) {
			continue // the others of the level count
		}
		if err != nil {
			return nil, fmt.Errorf("policy %s: %w", p.Name, err)
		}
		for _, duty := range found {
			if !slices.ContainsFunc(duties, func(known Duty) bool { return known.Person == duty.Person }) {
				duties = append(duties, duty)
			}
		}
	}
	if len(duties) == 0 && unread != nil {
		return nil, unread
	}
	return duties, nil
}

// target resolves every name but those of policies, which are no targets of one another.
func (b *Book) target(name string, at time.Time, changed []Override) ([]Duty, error) {
	if name == Fallback {
		return b.everybody(b.Fallback, told{Fallback, at})
	}
	if _, ok := b.Person(PersonID(name)); ok {
		return b.everybody([]PersonID{PersonID(name)}, told{"named", at})
	}
	if s, ok := b.Schedule(name); ok {
		return b.onDuty(s, at, changed)
	}
	for _, t := range b.Teams {
		if t.Name == name {
			return b.everybody(t.Members, told{"team " + name, at})
		}
	}
	near, _ := Nearest(name, b.Names())
	return nil, &UnknownName{Name: name, Near: near}
}

// onDuty is whom a schedule has on call, overrides included; nobody in a gap.
func (b *Book) onDuty(s Schedule, at time.Time, changed []Override) ([]Duty, error) {
	turns, err := s.OnCall(at, changed...)
	if err != nil {
		return nil, err
	}
	if len(turns) == 0 && s.Unread != "" {
		return nil, &UnreadCalendar{Schedule: s.Name, Why: s.Unread}
	}
	var duties []Duty
	for _, turn := range turns {
		duty, err := b.everybody([]PersonID{turn.Person}, told{turn.Why, at})
		if err != nil {
			return nil, err
		}
		duty[0].Until = turn.Until
		duties = append(duties, duty...)
	}
	return duties, nil
}

// told is why and when people are told.
type told struct {
	why string
	at  time.Time
}

// everybody makes a duty for each person, once.
func (b *Book) everybody(ids []PersonID, t told) ([]Duty, error) {
	open := b.pagedBy()
	var duties []Duty
	for n, id := range ids {
		if slices.Contains(ids[:n], id) {
			continue
		}
		p, ok := b.Person(id)
		if !ok {
			return nil, fmt.Errorf("%s: nobody has the id %q", t.why, id)
		}
		duties = append(duties, Duty{
			Person: p.ID, Name: p.Name, Why: t.why, Phone: p.Phone != "",
			High: p.paged(UrgencyHigh, open), Low: p.paged(UrgencyLow, open), Quiet: p.Waits(UrgencyLow, t.at),
		})
	}
	return duties, nil
}

// pagedBy lists the ways in which pages go here.
func (b *Book) pagedBy() []Way {
	if len(b.Ways) == 0 {
		return []Way{WayCall, WaySMS}
	}
	return b.Ways
}

// Names lists every name that Duties knows, sorted.
func (b *Book) Names() []string {
	names := []string{Fallback}
	for _, p := range b.People {
		names = append(names, string(p.ID))
	}
	for _, s := range b.Schedules {
		names = append(names, s.Name)
	}
	for _, t := range b.Teams {
		names = append(names, t.Name)
	}
	for _, p := range b.Policies {
		names = append(names, p.Name)
	}
	slices.Sort(names)
	return names
}

// Person finds somebody by id.
func (b *Book) Person(id PersonID) (Person, bool) {
	return b.find(string(id), func(p Person) string { return string(p.ID) })
}

// Schedule finds a schedule by name.
func (b *Book) Schedule(name string) (Schedule, bool) {
	n := slices.IndexFunc(b.Schedules, func(s Schedule) bool { return s.Name == name })
	if n < 0 {
		return Schedule{}, false
	}
	return b.Schedules[n], true
}

// PersonByPhone finds somebody by telephone number, written in E.164 as the carriers do.
func (b *Book) PersonByPhone(number string) (Person, bool) {
	return b.find(number, func(p Person) string { return p.Phone })
}

// PersonBySlack finds somebody by the Slack user id that the book names. A person whom Slack knows by e-mail only is found
// with PersonByEmail.
func (b *Book) PersonBySlack(user string) (Person, bool) {
	return b.find(user, func(p Person) string { return p.Slack })
}

// PersonByEmail finds somebody by e-mail address; upper and lower case make no difference.
func (b *Book) PersonByEmail(address string) (Person, bool) {
	return b.find(strings.ToLower(address), func(p Person) string { return strings.ToLower(p.Email) })
}

// find finds the first person with the value. Nobody is found by an empty value.
func (b *Book) find(value string, of func(Person) string) (Person, bool) {
	if value == "" {
		return Person{}, false
	}
	n := slices.IndexFunc(b.People, func(p Person) bool { return of(p) == value })
	if n < 0 {
		return Person{}, false
	}
	return b.People[n], true
}
