package roster

import (
	"slices"

	"github.com/musterbook/musterbook/oncall"
)

// Ways lists the ways in which this installation can tell people.
func (c *Config) Ways() []oncall.Way {
	var open []oncall.Way
	if c.Rings() {
		open = append(open, oncall.WayCall, oncall.WaySMS)
	}
	if c.Slack != nil {
		open = append(open, oncall.WaySlack)
	}
	if c.Email != nil {
		open = append(open, oncall.WayEmail)
	}
	return open
}

// Rings says whether anything here can make telephones ring.
func (c *Config) Rings() bool { return c.Twilio != nil || c.Pager != nil }

// contacts reports people who are to be told and cannot be, by what is configured. It is the last check, because it
// needs the whole book.
func (b *builder) contacts() {
	if len(b.config.Ways()) == 0 {
		b.fault(place{1, 1}, "configure one of them; musterbook.example.yaml shows how", "none of slack, twilio, pager and email is configured: nobody could be told")
		return
	}
	duty := b.onDuty()
	for i, p := range b.config.Book.People {
		e := b.file.People[i]
		who := "people." + clipped(e.key.value)
		switch {
		case !slices.ContainsFunc(oncall.Ways(), p.Reached): // is reported already
		case !slices.ContainsFunc(b.config.Ways(), p.Reached):
			b.fault(e.key.at, "configure slack for e-mail and Slack ids, email for e-mail, twilio or pager for telephones",
				"%s cannot be told: nothing that is configured reaches these contacts", who)
		case duty[p.ID] != "" && len(p.Contact.High) == 0 && b.config.Rings() && p.Phone == "":
			b.fault(e.key.at, "add phone: \"+…\", or contact: { high: … } with another way",
				"%s is on %s and has no telephone number to be called on", who, duty[p.ID])
		default:
			b.ownRules(e, p, who)
		}
	}
}

// ownRules reports rules that nothing in this installation can follow. A rule without an address is reported already.
func (b *builder) ownRules(e entry[filePerson], p oncall.Person, who string) {
	for _, own := range []struct {
		urgency oncall.Urgency
		rules   []oncall.ContactRule
		key     string
	}{
		{oncall.UrgencyHigh, p.Contact.High, "high"},
		{oncall.UrgencyLow, p.Contact.Low, "low"},
	} {
		if len(own.rules) > 0 && len(p.Rules(own.urgency)) > 0 && len(p.Rules(own.urgency, b.config.Ways()...)) == 0 {
			b.fault(e.what.Contact.At, "configure slack, twilio, pager or email, or add a way that is configured",
				"%s.contact.%s: nothing that is configured can tell the person in these ways", who, own.key)
		}
	}
}

// onDuty is everybody who is called first or last, with the name by which they are.
func (b *builder) onDuty() map[oncall.PersonID]string {
	duty := map[oncall.PersonID]string{}
	put := func(name string, ids ...oncall.PersonID) {
		for _, id := range ids {
			if duty[id] == "" {
				duty[id] = name
			}
		}
	}
	book := &b.config.Book
	for _, s := range book.Schedules {
		put(s.Name, s.Person)
		rotations := make([]oncall.Rotation, 0, len(s.Layers)+1)
		if s.Rotation != nil {
			rotations = append(rotations, *s.Rotation)
		}
		for _, l := range s.Layers {
			rotations = append(rotations, l.Rotation)
		}
		for _, r := range rotations {
			for _, m := range r.Members {
				put(s.Name, m.Person)
			}
		}
		for _, id := range b.config.Calendars[s.Name].People {
			put(s.Name, id)
		}
	}
	teams := map[string][]oncall.PersonID{}
	for _, t := range book.Teams {
		teams[t.Name] = t.Members
	}
	for _, p := range book.Policies {
		for _, l := range p.Levels {
			for _, target := range l.Targets {
				put(p.Name, oncall.PersonID(target))
				put(p.Name, teams[target]...)
			}
		}
	}
	put(oncall.Fallback, book.Fallback...)
	return duty
}
