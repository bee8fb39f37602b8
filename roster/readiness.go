package roster

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Bounds of what is told before the night.
const (
	readyWeeks = 8  // in which gaps are looked for
	mostPaged  = 10 // people whom one page may call at once
)

// Readiness tells what is wrong with nobody's typing and will be with somebody's night: gaps of schedules in the next
// eight weeks, people on a schedule who cannot be called, pages that would wake a crowd, contact rules that a level
// leaves no time for, services that are nobody's now, and roles in rules that no runbook has. A faultless file may have such problems for a reason, so they
// are warnings. It depends on its arguments alone: overrides, which only the engine knows, do not count.
//
// A calendar without shifts is passed over: its shifts come from elsewhere, and are not known to a file.
func Readiness(c *Config, now time.Time) Problems {
	r := &readiness{config: c, book: &c.Book, now: now}
	for _, s := range c.Book.Schedules {
		if s.Calendar && len(s.Shifts) == 0 {
			continue
		}
		r.gaps(s)
		r.contacts(s)
	}
	r.crowds()
	r.unreachedRules()
	r.owners()
	r.unheldRoles()
	return r.problems
}

// readiness is one look at a configuration.
type readiness struct {
	config   *Config
	book     *oncall.Book
	now      time.Time
	problems Problems
}

// warn notes a problem, once.
func (r *readiness) warn(remedy, format string, args ...any) {
	p := Problem{File: r.config.Path, Message: fmt.Sprintf(format, args...), Remedy: remedy}
	if !slices.Contains(r.problems, p) {
		r.problems = append(r.problems, p)
	}
}

// gaps tells how often a schedule will have nobody, and when first.
func (r *readiness) gaps(s oncall.Schedule) {
	gaps, err := Gaps(s, r.now, r.now.AddDate(0, 0, 7*readyWeeks), nil)
	if err != nil {
		r.warn("", "schedules.%s cannot be asked: %v", s.Name, err)
		return
	}
	if len(gaps) == 0 {
		return
	}
	first := "the first from " + r.clock(gaps[0].Since, s.Zone)
	if !gaps[0].Since.After(r.now) {
		first = "the first is now, until " + r.clock(gaps[0].Until, s.Zone)
	}
	r.warn("muster oncall "+s.Name+" shows them; add a layer without `only`, or an override",
		"schedules.%s: nobody is on call in %s of the next %d weeks, %s", s.Name, numbered(len(gaps), "gap"), readyWeeks, first)
}

// clock is an instant in a schedule's zone.
func (r *readiness) clock(at time.Time, name string) string {
	zone, err := time.LoadLocation(name)
	if err != nil {
		zone = time.UTC // the schedule could not have been asked
	}
	return at.In(zone).Format("Mon 2 Jan 15:04 MST")
}

// contacts tells who is on a schedule and cannot be told, or cannot be called.
func (r *readiness) contacts(s oncall.Schedule) {
	for _, id := range r.everybodyOn(s) {
		p, known := r.book.Person(id)
		inSlack := r.config.Slack != nil && (p.Slack != "" || p.Email != "")
		byMail := r.config.Email != nil && p.Email != ""
		byPhone := r.config.Rings() && p.Phone != ""
		switch {
		case !known:
			r.warn("add the person", "schedules.%s: nobody has the id %q", s.Name, id)
		case !inSlack && !byMail && !byPhone:
			r.warn("add a phone, an email or a slack id that what is configured reaches", "people.%s is on %s and cannot be told", id, s.Name)
		case !byPhone && r.config.Rings():
			r.warn("add phone: \"+…\"", "people.%s is on %s and has no telephone number to be called on", id, s.Name)
		}
	}
}

// everybodyOn lists who is on a schedule now or later.
func (r *readiness) everybodyOn(s oncall.Schedule) []oncall.PersonID {
	var ids []oncall.PersonID
	if s.Person != "" {
		ids = append(ids, s.Person)
	}
	layers := s.Layers
	if s.Rotation != nil {
		layers = slices.Concat([]oncall.Layer{{Rotation: *s.Rotation}}, layers)
	}
	today := r.now.UTC().Format(time.DateOnly)
	for _, l := range layers {
		for _, m := range l.Rotation.Members {
			if m.Until == (oncall.Date{}) || m.Until.String() >= today {
				ids = append(ids, m.Person)
			}
		}
	}
	for _, shift := range s.Shifts {
		if shift.Until.After(r.now) {
			ids = append(ids, shift.Person)
		}
	}
	return distinct(ids)
}

// crowds tells which pages would call too many people at once: whoever is woken needs to know that it is theirs.
func (r *readiness) crowds() {
	const remedy = "page a schedule first, and the many on a later level"
	for _, t := range r.book.Teams {
		if n := len(distinct(t.Members)); n > mostPaged {
			r.warn(remedy, "teams.%s: paging it calls %d people at once", t.Name, n)
		}
	}
	for _, p := range r.book.Policies {
		for n, level := range p.Levels {
			if paged := r.paged(level); paged > mostPaged {
				r.warn(remedy, "policies.%s: level %d calls %d people at once", p.Name, n+1, paged)
			}
		}
	}
}

// paged is how many people a level calls at once, at the most.
func (r *readiness) paged(level oncall.Level) int {
	var all []oncall.PersonID
	most := 0
	for _, name := range level.Targets {
		ids := r.most(name)
		most = max(most, len(ids))
		all = append(all, ids...)
	}
	if level.Strategy == oncall.StrategyRoundRobin {
		return most
	}
	return len(distinct(all))
}

// most is whom a name calls when it calls the most people; of a schedule, whoever is on it together in the next weeks.
func (r *readiness) most(name string) []oncall.PersonID {
	for _, s := range r.book.Schedules {
		if s.Name != name {
			continue
		}
		spans, err := s.Spans(r.now, r.now.AddDate(0, 0, 7*readyWeeks))
		if err != nil || len(spans) == 0 {
			return nil // told with the gaps
		}
		fullest := slices.MaxFunc(spans, func(a, b oncall.Span) int { return cmp.Compare(len(a.Turns), len(b.Turns)) })
		var ids []oncall.PersonID
		for _, turn := range fullest.Turns {
			ids = append(ids, turn.Person)
		}
		return ids
	}
	return r.peopleNow(name)
}

// owners tells which services are nobody's now.
func (r *readiness) owners() {
	for _, name := range r.config.Services() {
		service, _ := r.config.Service(name)
		if r.passedOver(service.Owner) || len(r.ownersNow(service.Owner)) > 0 {
			continue
		}
		r.warn("muster who "+name+" tells whom a page calls then",
			"services.%s: its owner %s has nobody on call now", name, service.Owner)
	}
}

// passedOver says whether a name is a calendar whose shifts are not known here.
func (r *readiness) passedOver(name string) bool {
	return slices.ContainsFunc(r.book.Schedules, func(s oncall.Schedule) bool {
		return s.Name == name && s.Calendar && len(s.Shifts) == 0
	})
}

// ownersNow is whom a page to an owner calls first; of a policy, whom its first level calls.
func (r *readiness) ownersNow(name string) []oncall.PersonID {
	n := slices.IndexFunc(r.book.Policies, func(p oncall.Policy) bool { return p.Name == name })
	if n < 0 || len(r.book.Policies[n].Levels) == 0 {
		return r.peopleNow(name)
	}
	var ids []oncall.PersonID
	for _, target := range r.book.Policies[n].Levels[0].Targets {
		if r.passedOver(target) {
			return []oncall.PersonID{""} // somebody, for all that is known
		}
		ids = append(ids, r.peopleNow(target)...)
	}
	return ids
}

// peopleNow is whom a name means now. Names that mean nobody at all are told where the file is read.
func (r *readiness) peopleNow(name string) []oncall.PersonID {
	duties, err := r.book.Duties(name, r.now)
	if err != nil {
		return nil
	}
	ids := make([]oncall.PersonID, 0, len(duties))
	for _, d := range duties {
		ids = append(ids, d.Person)
	}
	return ids
}
