package roster

import (
	"fmt"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/oncall"
)

// Bounds of schedules. The numbers of people, layers and times are far above what a team has; they keep the answer to
// "who is on call" quick in the night, whatever was pasted into the file.
const (
	mostHours   = 168
	mostDays    = 366
	mostWeeks   = 52
	mostMembers = 100
	mostLayers  = 20
	mostWindows = 20
)

// fileSchedule is a fixed person, a rotation, layers of rotations, or a calendar.
type fileSchedule struct {
	At       place         `json:"-"`
	Person   name          `json:"person,omitempty" jsonschema_description:"One person, always."`
	Zone     text          `json:"zone,omitempty" jsonschema_description:"IANA time zone in which hours and days are meant."`
	Rotation *fileRotation `json:"rotation,omitempty" jsonschema_description:"One person after another; short for a single layer."`
	Layers   fileLayers    `json:"layers,omitempty" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"Rotations in order of priority. At each instant the first that has somebody decides."`
	Calendar *fileCalendar `json:"calendar,omitempty" jsonschema_description:"The shifts of another calendar."`
}

// fileLayers are rotations in order of priority.
type fileLayers []fileLayer

// fileLayer is a rotation that may be restricted to times of the week.
type fileLayer struct {
	At       place        `json:"-"`
	Name     text         `json:"name,omitempty" jsonschema_description:"Is told with the reason why somebody is on call."`
	Rotation fileRotation `json:"rotation" jsonschema_description:"One person after another: members, start and at."`
	Only     fileWindows  `json:"only,omitempty" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"Times of the week in which the layer is in force. Default: always."`
}

// fileWindows are times of the week.
type fileWindows []fileWindow

// fileWindow is a time of the week.
type fileWindow struct {
	At   place     `json:"-"`
	Days weekdays  `json:"days,omitempty" jsonschema_description:"Days on which it begins: mon-fri, or a list. Default: every day."`
	From clockTime `json:"from,omitempty" jsonschema_description:"Begin, 24 hours, in the schedule's zone. Without from and to it is the whole day."`
	To   clockTime `json:"to,omitempty" jsonschema_description:"End; on the day after where it is not later than from."`
}

// fileRotation hands over from one member to the next.
type fileRotation struct {
	At      place        `json:"-"`
	Members []fileMember `json:"members" jsonschema:"minItems=1,maxItems=100" jsonschema_description:"People in the order of their turns."`
	Start   date         `json:"start" jsonschema_description:"Day of the first member's first hand-over. With weeks its weekday is that of every hand-over."`
	Clock   clockTime    `json:"at" jsonschema_description:"Time of the hand-over, 24 hours, in the schedule's zone."`
	Hours   number       `json:"hours,omitempty" jsonschema:"minimum=1,maximum=168" jsonschema_description:"Length of a turn."`
	Days    number       `json:"days,omitempty" jsonschema:"minimum=1,maximum=366" jsonschema_description:"Length of a turn."`
	Weeks   number       `json:"weeks,omitempty" jsonschema:"minimum=1,maximum=52" jsonschema_description:"Length of a turn. Without hours, days and weeks: 1 week."`
}

// fileMember is somebody who takes turns: a name, or a mapping that says since when and until when as well.
type fileMember struct{ memberTimes }

// memberTimes is the long form of a member.
type memberTimes struct {
	At    place `json:"-"`
	Who   name  `json:"who" jsonschema_description:"A person."`
	From  date  `json:"from,omitempty" jsonschema_description:"Has turns that begin on this day or later. Nobody's earlier turns move."`
	Until date  `json:"until,omitempty" jsonschema_description:"At the hour of the hand-over of this day the next member takes over."`
}

func (v *fileLayers) fromNode(d *decoder, n *yaml.Node, what string) {
	*v = fileLayers{} // they stand in the file, whatever becomes of them
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		d.fault(placeOf(n), "list at least one layer with a rotation, or give the schedule a rotation or a person",
			"%s is empty: nobody would ever be on call", what)
		return
	}
	d.list(n, reflectOf(v), what)
}

func (v *fileWindows) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		d.fault(placeOf(n), "list times, or remove the key: a layer without it is always in force",
			"%s is empty: the layer would never be in force", what)
		return
	}
	d.list(n, reflectOf(v), what)
}

func (v *fileWindow) fromNode(d *decoder, n *yaml.Node, what string) {
	before := len(d.problems)
	if d.record(n, reflectOf(v), what); len(d.problems) > before {
		return
	}
	everyDay := !v.Days.given() || len(v.Days.days) == len(dayNames())
	switch {
	case v.From.given() != v.To.given():
		d.fault(v.At, "give both, or none of them for whole days", "%s has only one of from and to", what)
	case everyDay && v.From.time == v.To.time:
		d.fault(v.At, "name the days or the hours, or remove \"only\": a layer without it is always in force", "%s leaves nothing out", what)
	}
}

func (v *fileMember) fromNode(d *decoder, n *yaml.Node, what string) {
	switch n.Kind {
	case yaml.ScalarNode:
		v.Who.fromNode(d, n, what)
	case yaml.MappingNode:
		d.record(n, reflectOf(&v.memberTimes), what)
		if v.From.given() && v.Until.given() && v.Until.value <= v.From.value {
			d.fault(v.Until.at, "until is the day on which the next member takes over: give a later one",
				"%s leaves on %s and joins on %s", what, v.Until.value, v.From.value)
		}
	case yaml.SequenceNode, yaml.AliasNode, yaml.DocumentNode:
		d.fault(placeOf(n), "write ana, or { who: ana, from: 2026-05-01, until: 2026-09-01 }", "%s is no person", what)
	}
}

// schedules puts the schedules into the book.
func (b *builder) schedules() {
	for _, e := range b.file.Schedules {
		b.config.Book.Schedules = append(b.config.Book.Schedules, b.schedule(e))
	}
}

// schedule checks one of them.
func (b *builder) schedule(e entry[fileSchedule]) oncall.Schedule {
	what, s := "schedules."+clipped(e.key.value), e.what
	b.zone(s.Zone, what+".zone")
	b.oneKind(e, what)
	out := oncall.Schedule{Name: e.key.value, Zone: s.Zone.value}
	if s.Person.given() {
		out.Person, _ = b.person(s.Person, what+".person")
	}
	if s.Rotation != nil {
		rotation := b.rotation(*s.Rotation, what+".rotation")
		out.Rotation = &rotation
	}
	if len(s.Layers) > 0 {
		out.Layers = b.layers(s.Layers, what+".layers")
	}
	if s.Calendar != nil {
		out.Calendar = true
		b.calendar(e.key.value, s.Calendar, what+".calendar")
	}
	return out
}

// oneKind checks that a schedule says in one way who is on call, and that its zone is written down where hours depend on
// it: UTC by mistake hands over at the wrong hour.
func (b *builder) oneKind(e entry[fileSchedule], what string) {
	var kinds []string
	for _, kind := range []struct {
		given bool
		name  string
	}{
		{e.what.Person.given(), "a person"},
		{e.what.Rotation != nil, "a rotation"},
		{e.what.Layers != nil, "layers"},
		{e.what.Calendar != nil, "a calendar"},
	} {
		if kind.given {
			kinds = append(kinds, kind.name)
		}
	}
	switch {
	case len(kinds) > 1:
		b.fault(e.key.at, "keep one of them", "%s has %s", what, strings.Join(kinds, " and "))
	case len(kinds) == 0:
		b.fault(e.key.at, "give a person, a rotation with members, start and at, layers, or a calendar", "%s has nobody on it", what)
	}
	if e.what.Zone.given() || len(kinds) == 0 || e.what.Person.given() && len(kinds) == 1 {
		return
	}
	meant := "the hand-over is meant"
	if e.what.Calendar != nil {
		meant = "entries for whole days are meant"
	}
	b.fault(e.what.At, "add the zone in which "+meant+", for example zone: Europe/Berlin", "%s.zone is missing", what)
}

// layers checks the layers of a schedule.
func (b *builder) layers(list fileLayers, what string) []oncall.Layer {
	b.atMost(list[0].At, what, len(list), mostLayers)
	names := map[string]bool{}
	layers := make([]oncall.Layer, 0, len(list))
	for i, l := range list {
		own := fmt.Sprintf("%s[%d]", what, i)
		if l.Name.given() && names[l.Name.value] {
			b.fault(l.Name.at, "give each layer a name of its own", "%s.name: another layer is called %s already", own, quoted(l.Name.value))
		}
		names[l.Name.value] = true
		b.atMost(l.At, own+".only", len(l.Only), mostWindows)
		layer := oncall.Layer{Name: l.Name.value, Rotation: b.rotation(l.Rotation, own+".rotation")}
		for _, w := range l.Only {
			layer.Only = append(layer.Only, oncall.Window{Days: w.Days.days, From: w.From.time, To: w.To.time})
		}
		layers = append(layers, layer)
	}
	return layers
}

// atMost reports a list that is too long.
func (b *builder) atMost(at place, what string, n, most int) {
	if n > most {
		b.fault(at, fmt.Sprintf("at most %d", most), "%s has %d entries", what, n)
	}
}

// rotation checks a rotation.
func (b *builder) rotation(r fileRotation, what string) oncall.Rotation {
	b.atMost(r.At, what+".members", len(r.Members), mostMembers)
	out := oncall.Rotation{Start: r.Start.day, At: r.Clock.time}
	for i, m := range r.Members {
		if id, ok := b.person(m.Who, fmt.Sprintf("%s.members[%d]", what, i)); ok {
			out.Members = append(out.Members, oncall.Member{Person: id, From: m.From.day, Until: m.Until.day})
		}
	}
	given := ""
	for _, length := range []struct {
		unit string
		in   number
		most int
		into *int
	}{
		{"hours", r.Hours, mostHours, &out.Hours}, {"days", r.Days, mostDays, &out.Days}, {"weeks", r.Weeks, mostWeeks, &out.Weeks},
	} {
		if !length.in.given() {
			continue
		}
		if given != "" {
			b.fault(length.in.at, "keep one of the two", "%s: a turn has its length in both %s and %s", what, given, length.unit)
			continue
		}
		given, *length.into = length.unit, length.in.value
		if length.in.value < 1 || length.in.value > length.most {
			b.fault(length.in.at, fmt.Sprintf("between 1 and %d", length.most),
				"%s.%s: a turn cannot have %d %s", what, length.unit, length.in.value, length.unit)
		}
	}
	if given == "" {
		out.Weeks = 1
	}
	return out
}
