package incident

import (
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Contact is an attempt to tell somebody that is made when its time comes, unless the page has ended or gone on by then.
type Contact struct {
	Duty oncall.Duty `json:"duty"`
	Via  string      `json:"via"` // "sms", "call", "slack", "email"
	At   time.Time   `json:"at"`
}

// Contacts are the attempts to tell somebody at the present level, in order of time: by the person's own rules, else in
// the ways of the page at once. Quiet hours hold back what does not hurry.
func (p *Page) Contacts(at time.Time, d oncall.Duty) []Contact {
	if p.Urgency == oncall.UrgencyLow && d.Quiet.After(at) {
		at = d.Quiet
	}
	var all []Contact
	rules := p.rules(d)
	if len(rules) == 0 {
		for _, via := range p.Via {
			if p.Urgency == oncall.UrgencyLow && via == string(oncall.WayCall) && p.OpenVia {
				continue // what does not hurry rings no telephone
			}
			all = append(all, Contact{Duty: d, Via: via, At: at})
		}
		return all
	}
	for _, rule := range rules {
		for _, way := range rule.Via {
			all = append(all, Contact{Duty: d, Via: string(way), At: at.Add(rule.After)})
		}
	}
	return all
}

// rules are the person's own, where nobody has said in which ways the page tells people.
func (p *Page) rules(d oncall.Duty) []oncall.ContactRule {
	switch {
	case !p.OpenVia:
		return nil
	case p.Urgency == oncall.UrgencyLow:
		return d.Low
	}
	return d.High
}

// Reaches says whether the page has a way to tell somebody: by telephone, or by rules that need none.
func (p *Page) Reaches(d oncall.Duty) bool { return d.Phone || len(p.rules(d)) > 0 }

// Postpone keeps an attempt for later.
func (p *Page) Postpone(c Contact) {
	p.Later = append(p.Later, c)
	slices.SortStableFunc(p.Later, func(a, b Contact) int { return a.At.Compare(b.At) })
}

// Due takes the attempts whose time has come.
func (p *Page) Due(at time.Time) []Contact {
	n := 0
	for n < len(p.Later) && !p.Later[n].At.After(at) {
		n++
	}
	due := slices.Clone(p.Later[:n])
	p.Later = slices.Delete(p.Later, 0, n)
	return due
}

// HeldBack is when the first attempt of the present level is made, while nobody has been told; zero = somebody has.
func (p *Page) HeldBack() time.Time {
	tried := slices.ContainsFunc(p.Attempts, func(a Attempt) bool { return a.Level == p.Level && a.Round == p.Round })
	if tried || len(p.Later) == 0 {
		return time.Time{}
	}
	return p.Later[0].At
}

// present says whether an attempt was made at the present level, in the present round.
func (p *Page) present(a *Attempt) bool { return a.Level == p.Level && a.Round == p.Round }

// any says whether an attempt of the present level is so.
func (p *Page) any(so func(a *Attempt) bool) bool {
	for n := range p.Attempts {
		if a := &p.Attempts[n]; p.present(a) && so(a) {
			return true
		}
	}
	return false
}

// Waiting says whether an acknowledgement can still come from the present level without calling anybody else. Where a
// telephone was tried, a message in chat or by mail counts only when it has been sent: one that hangs never holds a page up.
func (p *Page) Waiting() bool {
	phoned := p.any(func(a *Attempt) bool { return !a.written() })
	unsent := func(a *Attempt) bool { return a.written() && a.Status == CallPlanned }
	open := func(a *Attempt) bool { return !a.hopeless() && (!phoned || !unsent(a)) }
	next := func(c Contact) bool { return p.onlyWritten(c.Duty.Person) }
	return p.any(open) || !p.HeldBack().IsZero() || slices.ContainsFunc(p.Later, next)
}

// onlyWritten says whether somebody was told at the present level, and in writing alone.
func (p *Page) onlyWritten(person oncall.PersonID) bool {
	theirs := func(a *Attempt) bool { return a.Person == person }
	return p.any(theirs) && !p.any(func(a *Attempt) bool { return theirs(a) && !a.written() })
}

// StartClock starts the clock of a level that has told people in writing alone. It does not wait for the provider's word,
// so that a chat or a mail server that hangs changes nothing about who is called when.
func (p *Page) StartClock(at time.Time) {
	if p.ClockAt.IsZero() && p.any(func(*Attempt) bool { return true }) && !p.any(func(a *Attempt) bool { return !a.written() }) {
		p.ClockAt = at
	}
}

// Hasten makes somebody's later attempts as much earlier as the first of them would have to wait, when messages were all
// there was so far and have failed: nobody waits for what does not happen.
func (p *Page) Hasten(at time.Time, person oncall.PersonID) {
	if !p.onlyWritten(person) || p.any(func(a *Attempt) bool { return a.Person == person && !a.hopeless() }) {
		return
	}
	first := slices.IndexFunc(p.Later, func(c Contact) bool { return c.Duty.Person == person })
	if first < 0 {
		return
	}
	early := p.Later[first].At.Sub(at)
	for n := range p.Later {
		if p.Later[n].Duty.Person == person {
			p.Later[n].At = p.Later[n].At.Add(-early)
		}
	}
	slices.SortStableFunc(p.Later, func(a, b Contact) int { return a.At.Compare(b.At) })
}
