package rehearsal

import (
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// cast is the people of a play: those of a configuration, or made up. A made-up name is answered by the person that the
// script names for it, else by a person who is called like it.
type cast struct {
	book     *oncall.Book
	standins map[string]string
	names    map[oncall.PersonID][]string // the names by which people were found
	shown    map[oncall.PersonID]string   // how they are called
}

// newCast puts the people together.
func newCast(o Options) *cast {
	c := &cast{book: o.Book, standins: map[string]string{}, names: map[oncall.PersonID][]string{}, shown: map[oncall.PersonID]string{}}
	for _, s := range o.Script.People {
		c.standins[s.Name] = s.Person
	}
	return c
}

// Duties says who is meant by a name.
func (c *cast) Duties(name string, at time.Time, _ ...oncall.Override) ([]oncall.Duty, error) {
	duties, err := c.duties(name, at)
	for _, d := range duties {
		c.shown[d.Person] = d.Name
		if !slices.Contains(c.names[d.Person], name) {
			c.names[d.Person] = append(c.names[d.Person], name)
		}
	}
	return duties, err
}

// Policy finds a policy of the configuration; without one a name is a person's.
func (c *cast) Policy(name string) (oncall.Policy, bool) {
	if _, standin := c.standins[name]; standin || c.book == nil {
		return oncall.Policy{}, false
	}
	return c.book.Policy(name)
}

func (c *cast) duties(name string, at time.Time) ([]oncall.Duty, error) {
	person, standin := c.standins[name]
	switch {
	case standin:
	case c.book != nil:
		return c.book.Duties(name, at)
	default:
		person = name
	}
	if c.book != nil {
		if known, ok := c.book.Person(oncall.PersonID(person)); ok {
			return []oncall.Duty{{Person: known.ID, Name: known.Name, Why: name, Phone: known.Phone != ""}}, nil
		}
	}
	return []oncall.Duty{{Person: oncall.PersonID(person), Name: shown(person), Why: name, Phone: true}}, nil
}

// shown is a made-up person's name: a short one as people write it, a schedule's as it is.
func shown(id string) string {
	if id == "" || strings.ContainsAny(id, "-_ ") {
		return id
	}
	return strings.ToUpper(id[:1]) + id[1:]
}

// actor is somebody of the cast at the keyboard.
func (c *cast) actor(id string, door incident.Door) incident.Actor {
	if c.book != nil {
		if known, ok := c.book.Person(oncall.PersonID(id)); ok {
			return incident.Actor{Person: known.ID, Name: known.Name, Door: door, Verified: true}
		}
	}
	if person, ok := c.standins[id]; ok {
		id = person
	}
	return incident.Actor{Person: oncall.PersonID(id), Name: shown(id), Door: door, Verified: true}
}

// zones are the time zones of the people who have one.
func (c *cast) zones() map[oncall.PersonID]*time.Location {
	out := map[oncall.PersonID]*time.Location{}
	if c.book == nil {
		return out
	}
	for _, p := range c.book.People {
		if zone, err := time.LoadLocation(p.Zone); err == nil && p.Zone != "" {
			out[p.ID] = zone
		}
	}
	return out
}

// habit is what a person does when the telephone rings for so long.
func (p *play) habit(person oncall.PersonID, ring time.Duration) runbooks.Habit {
	for _, h := range p.options.Script.Phones {
		if h.Person == string(person) || slices.Contains(p.cast.names[person], h.Person) {
			return h
		}
	}
	if patience := p.options.Script.Everyone; patience > 0 && patience < ring {
		return runbooks.Habit{Does: runbooks.PhoneAnswers, After: patience}
	}
	return runbooks.Habit{Does: runbooks.PhoneSilent}
}
