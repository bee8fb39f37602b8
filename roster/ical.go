package roster

import (
	"bytes"
	"fmt"
	"strings"
	"time"
	"unicode"

	ics "github.com/arran4/golang-ical"

	"github.com/musterbook/musterbook/oncall"
)

// Properties that only we read: whom and what an event means, whatever its summary says.
const (
	personProperty = "X-MUSTERBOOK-PERSON"
	gapCategory    = "GAP"
	dutyCategory   = "ON-CALL"
)

// calendarLine is the longest line in octets, the line break aside (RFC 5545, 3.1).
const calendarLine = 75

// Calendar is what is shown of a schedule as an iCalendar.
type Calendar struct {
	Schedule  oncall.Schedule
	People    []oncall.Person // for their names
	Overrides []oncall.Override
	From, To  time.Time // whole stints are shown, also those that reach beyond
	Stamp     time.Time // of this version, DTSTAMP; nothing else depends on when it is made
}

// ICal is the schedule as RFC 5545 has it: an event for each stint, in UTC, and one for each gap. All of them are
// TRANSPARENT, so that a week on call does not make a week's meetings impossible; gaps are there to be seen.
//
// An event keeps its UID for as long as it has the same person and the same begin. Someone whose duty began months ago has
// one event that begins with the day of From.
func (c Calendar) ICal() ([]byte, error) {
	stints, err := WholeStints(c.Schedule, c.From, c.To, c.Overrides)
	if err != nil {
		return nil, err
	}
	cal := ics.NewCalendarFor("Musterbook")
	cal.SetProductId("-//Musterbook//On call//EN")
	cal.SetCalscale("GREGORIAN")
	cal.SetMethod(ics.MethodPublish)
	cal.SetName(c.Schedule.Name)
	cal.SetRefreshInterval("PT15M")
	cal.SetXPublishedTTL("PT15M")
	for _, s := range stints {
		c.add(cal, s)
	}
	var out bytes.Buffer
	if err := cal.SerializeTo(&out, ics.WithLineLength(calendarLine), ics.WithNewLine("\r\n")); err != nil {
		return nil, fmt.Errorf("write the calendar of %s: %w", c.Schedule.Name, err)
	}
	return out.Bytes(), nil
}

// add makes a stint an event.
func (c Calendar) add(cal *ics.Calendar, s Stint) {
	since, until, begin := s.Since, s.Until, s.Since.Format("20060102T150405Z")
	if since.IsZero() {
		since, begin = c.From.UTC().Truncate(24*time.Hour), "always"
	}
	if until.IsZero() {
		until = c.To
	}
	who := string(s.Person)
	if s.Gap() {
		who = "-" // no name begins with it
	}
	event := cal.AddEvent(strings.Join([]string{begin, who, c.Schedule.Name}, ".") + "@musterbook")
	event.SetDtStampTime(c.Stamp)
	event.SetStartAt(since)
	event.SetEndAt(until)
	event.SetTimeTransparency(ics.TransparencyTransparent)
	if s.Gap() {
		event.SetSummary(visible("Nobody is on call: " + c.Schedule.Name))
		event.AddCategory(gapCategory)
		return
	}
	event.SetSummary(visible(c.nameOf(s.Person) + " - " + c.Schedule.Name))
	event.AddCategory(dutyCategory)
	event.SetDescription(visible(describe(s)))
	event.SetProperty(personProperty, string(s.Person))
}

// nameOf is a person's name for people.
func (c Calendar) nameOf(id oncall.PersonID) string {
	for _, p := range c.People {
		if p.ID == id && p.Name != "" {
			return p.Name
		}
	}
	return string(id)
}

// describe says why somebody is on call.
func describe(s Stint) string {
	if s.Override {
		return "By an override: " + s.Why
	}
	return s.Why
}

// visible leaves out control characters: the library escapes line feeds only, and a carriage return would end the line.
func visible(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, text)
}
