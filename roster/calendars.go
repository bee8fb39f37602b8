package roster

import (
	"net"
	"net/url"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/oncall"
)

// CalendarSource is where a schedule's shifts come from, and whom its entries mean. Exactly one of URL and File is set; none
// is when references to secrets are not followed.
type CalendarSource struct {
	URL    Secret                     // https, or http on this machine; secret, because whoever knows a feed's address can read it
	File   string                     // path; relative to the working directory
	People map[string]oncall.PersonID // by what the calendar calls them, in small letters; goes before FeedNames
}

// fileCalendar is the feed or the file of a calendar.
type fileCalendar struct {
	At     place          `json:"-"`
	URL    text           `json:"url,omitempty" jsonschema_description:"Address of an iCalendar feed: https://…, and where the address is a secret ${NAME} or file:/path."`
	File   text           `json:"file,omitempty" jsonschema_description:"Path of an .ics file instead. May be ${NAME}."`
	People calendarPeople `json:"people,omitempty" jsonschema_description:"Whom the names and addresses of the calendar mean. Not needed for somebody whom it calls by the e-mail address, the full name or the short name of this file."`
}

// calendarPeople are the words of a calendar and whom they mean, in the order of the file.
type calendarPeople []calledPerson

// calledPerson is one of them.
type calledPerson struct {
	called text
	who    name
}

func (v *calendarPeople) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.MappingNode {
		d.fault(placeOf(n), "write \"Ana Ruiz\": ana", "%s must be a mapping from the calendar's names to people", what)
		return
	}
	lines := map[string]int{}
	d.pairs(n, what, func(key, value *yaml.Node) {
		c := calledPerson{called: text{value: fold(key.Value), at: placeOf(key)}}
		if c.called.value == "" {
			d.fault(placeOf(key), "write what the calendar calls the person", "%s: a name is empty", what)
			return
		}
		if line, twice := lines[c.called.value]; twice {
			d.fault(placeOf(key), "keep one; upper and lower case make no difference", "%s stands here twice, first in line %d", join(what, key.Value), line)
			return
		}
		lines[c.called.value] = key.Line
		d.value(value, reflectOf(&c.who), join(what, key.Value))
		*v = append(*v, c)
	})
}

// calendar checks where a schedule's shifts come from.
func (b *builder) calendar(schedule string, f *fileCalendar, what string) {
	read := f.At != place{} // else it was said that it is no mapping
	if read && f.URL.given() == f.File.given() {
		b.fault(f.At, "give one of the two: url: https://…, or file: path.ics", "%s needs a url or a file", what)
	}
	c := CalendarSource{URL: b.feed(f.URL, what+".url"), File: b.expand(f.File, what+".file"), People: map[string]oncall.PersonID{}}
	for _, p := range f.People {
		if id, ok := b.person(p.who, join(what+".people", p.called.value)); ok {
			c.People[p.called.value] = id
		}
	}
	if b.config.Calendars == nil {
		b.config.Calendars = map[string]CalendarSource{}
	}
	b.config.Calendars[schedule] = c
}

// feed reads the address of a calendar. It is never shown, because many feeds are protected by nothing else.
func (b *builder) feed(t text, what string) Secret {
	return b.hiddenAddress(t, what, wantedAddress{
		kind: "address of a calendar", remedy: "write https://calendar.example.com/sre.ics, or ${NAME} where the address is a secret",
	})
}

// wantedAddress is an address that the file should have, in words.
type wantedAddress struct{ kind, remedy string }

// hiddenAddress reads an address that may be a secret: https, or http on this machine.
func (b *builder) hiddenAddress(t text, what string, wanted wantedAddress) Secret {
	if !t.given() {
		return Secret{}
	}
	address, ours := NewSecret(t.value), true
	if reference.MatchString(t.value) || strings.HasPrefix(t.value, "file:") {
		if address, ours = b.secret(secretRef{t}, what), false; address.IsZero() {
			return address
		}
	}
	u, err := url.Parse(address.Reveal())
	switch {
	case err == nil && (u.Scheme == "webcal" || u.Scheme == "webcals"):
		b.fault(t.at, "write https:// in its place; calendars are fetched, not subscribed to", "%s begins with %s://", what, u.Scheme)
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && (u.Scheme != "http" || !OnThisMachine(u.Hostname())):
		b.fault(t.at, wanted.remedy, "%s: this is no %s", what, wanted.kind)
	case ours && u.User != nil:
		b.fault(t.at, "put the whole address into a variable and write ${NAME}", "%s: a password does not stand in this file", what)
	}
	return address
}

// OnThisMachine says whether a host is this one, where nobody listens on the way.
func OnThisMachine(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
