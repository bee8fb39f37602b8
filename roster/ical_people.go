package roster

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	ics "github.com/arran4/golang-ical"

	"github.com/musterbook/musterbook/oncall"
)

// FeedNames says who is meant by the texts by which feeds usually name people: their ids, names and e-mail addresses. A
// name that two people have means neither.
func FeedNames(people []oncall.Person) map[string]oncall.PersonID {
	names := map[string]oncall.PersonID{}
	shared := map[string]bool{}
	for _, p := range people {
		for _, text := range []string{string(p.ID), p.Name, p.Email} {
			text = fold(text)
			if other, taken := names[text]; taken && other != p.ID {
				shared[text] = true
			}
			names[text] = p.ID
		}
	}
	maps.DeleteFunc(names, func(text string, _ oncall.PersonID) bool { return text == "" || shared[text] })
	return names
}

// folded makes the texts of a map comparable.
func folded(names map[string]oncall.PersonID) map[string]oncall.PersonID {
	out := make(map[string]oncall.PersonID, len(names))
	for text, id := range names {
		out[fold(text)] = id
	}
	delete(out, "")
	return out
}

// fold makes a text comparable: small letters, single spaces.
func fold(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// peopleOf is whom an event is about: by our own property, by its summary, by its attendees, by its organizer; the first
// of them that names somebody decides. A list with somebody unknown in it names the others, and the one is told.
func (r *feedReader) peopleOf(e *ics.VEvent) []oncall.PersonID {
	for _, ask := range []func(*ics.VEvent) (known []oncall.PersonID, unknown []string){r.byProperty, r.bySummary, r.byAttendees, r.byOrganizer} {
		known, unknown := ask(e)
		if len(known) == 0 {
			continue
		}
		for _, text := range unknown {
			r.unknown[text]++
		}
		return known
	}
	text := textOf(e, ics.PropertySummary)
	if attendees := addressed(e, ics.PropertyAttendee); text == "" && len(attendees) > 0 {
		text = attendees[0].mail
	}
	if text == "" {
		r.fault("give it a person's name as its title", "event %s says nobody's name", titleOf(e))
		return nil
	}
	r.unknown[text]++
	return nil
}

// tellUnknown tells the texts that are nobody's, each once.
func (r *feedReader) tellUnknown() {
	for _, text := range slices.Sorted(maps.Keys(r.unknown)) {
		r.fault("add the text to the names of a person", "nobody is known by %s, in %s", quoted(visible(text)), numbered(r.unknown[text], "event"))
	}
}

// numbered is a number of things.
func numbered(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// byProperty reads what our own calendars say.
func (r *feedReader) byProperty(e *ics.VEvent) ([]oncall.PersonID, []string) {
	id, ok := r.names[fold(textOf(e, personProperty))]
	if !ok {
		return nil, nil
	}
	return []oncall.PersonID{id}, nil
}

var (
	aside     = regexp.MustCompile(`\[[^\]]*\]|\([^)]*\)|<[^>]*>`)
	dash      = regexp.MustCompile(`\s[-–—]\s|[:|·]\s|\s\|\s`)
	enumerate = regexp.MustCompile(`(?i)\s*[,;&+/]\s*|\s+(?:and|und|et|y)\s+`)
	duty      = regexp.MustCompile(`(?i)^(?:is\s+)?on[ -]?call\b|\b(?:is\s+)?on[ -]?call$`)
)

// bySummary reads an event's title: a name alone, one among other words ("On Call - Ana Ruiz - Primary", "[L1] ana",
// "Ana Ruiz on call"), or several ("Ana, Ben").
func (r *feedReader) bySummary(e *ics.VEvent) (known []oncall.PersonID, unknown []string) {
	title := textOf(e, ics.PropertySummary)
	if id, ok := r.names[fold(title)]; ok {
		return []oncall.PersonID{id}, nil
	}
	for _, inside := range aside.FindAllString(title, -1) {
		if id, ok := r.names[fold(strings.Trim(inside, "[]()<>"))]; ok {
			known = append(known, id)
		}
	}
	for _, part := range dash.Split(aside.ReplaceAllString(title, " "), -1) {
		part = strings.TrimSpace(duty.ReplaceAllString(strings.TrimSpace(part), ""))
		if id, ok := r.names[fold(part)]; ok {
			known = append(known, id)
			continue
		}
		ids, others := r.several(enumerate.Split(part, -1))
		if len(ids) > 0 {
			known, unknown = append(known, ids...), append(unknown, others...)
		}
	}
	return distinct(known), unknown
}

// several reads a list of names.
func (r *feedReader) several(names []string) (known []oncall.PersonID, unknown []string) {
	for _, name := range names {
		if id, ok := r.names[fold(name)]; ok {
			known = append(known, id)
		} else if name = strings.TrimSpace(name); name != "" {
			unknown = append(unknown, name)
		}
	}
	return known, unknown
}

// byAttendees reads whom an event invites: rooms and things are nobody, and who has declined is not coming.
func (r *feedReader) byAttendees(e *ics.VEvent) ([]oncall.PersonID, []string) {
	return r.byAddress(addressed(e, ics.PropertyAttendee))
}

// byOrganizer reads who made an event.
func (r *feedReader) byOrganizer(e *ics.VEvent) ([]oncall.PersonID, []string) {
	return r.byAddress(addressed(e, ics.PropertyOrganizer))
}

// byAddress finds people by address, else by name.
func (r *feedReader) byAddress(all []addressee) (known []oncall.PersonID, unknown []string) {
	for _, a := range all {
		id, ok := r.names[fold(a.mail)]
		if !ok {
			id, ok = r.names[fold(a.name)]
		}
		if ok {
			known = append(known, id)
		} else {
			unknown = append(unknown, a.mail)
		}
	}
	return distinct(known), unknown
}

// addressee is somebody whom an event names by address.
type addressee struct{ mail, name string }

// addressed lists them.
func addressed(e *ics.VEvent, property ics.Property) []addressee {
	var out []addressee
	for _, p := range e.GetProperties(ics.ComponentProperty(property)) {
		kind, answer := parameter(p, "CUTYPE"), parameter(p, "PARTSTAT")
		if kind == "RESOURCE" || kind == "ROOM" || answer == "DECLINED" {
			continue
		}
		mail := p.Value
		if scheme, rest, ok := strings.Cut(mail, ":"); ok && strings.EqualFold(scheme, "mailto") {
			mail = rest
		}
		out = append(out, addressee{mail: strings.TrimSpace(mail), name: parameterText(p, "CN")})
	}
	return out
}

// parameter is a parameter's value in capitals.
func parameter(p *ics.IANAProperty, name string) string {
	return strings.ToUpper(parameterText(p, name))
}

// parameterText is a parameter's value.
func parameterText(p *ics.IANAProperty, name string) string {
	if values := p.ICalParameters[name]; len(values) > 0 {
		return values[0]
	}
	return ""
}

// distinct leaves out repetitions.
func distinct(ids []oncall.PersonID) []oncall.PersonID {
	var out []oncall.PersonID
	for _, id := range ids {
		if !slices.Contains(out, id) {
			out = append(out, id)
		}
	}
	return out
}
