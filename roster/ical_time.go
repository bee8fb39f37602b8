package roster

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	ics "github.com/arran4/golang-ical"

	"github.com/musterbook/musterbook/oncall"
)

// moment is a time of a feed.
type moment struct {
	instant time.Time // UTC
	zone    *time.Location
	allDay  bool // a date: the midnight that it begins with
	local   bool // by the wall clock of the zone
}

// length is how long an event lasts. What is counted in days is counted by the wall clock: a week that begins on Monday
// at nine ends on Monday at nine, also when the clocks change within it. RFC 5545 (3.8.5.3) asks for the same number of
// hours there, which would leave an hour with nobody, or with two, at a hand-over.
type length struct {
	days  int
	exact time.Duration
}

// after is the end of something that begins then; the zone of since counts.
func (l length) after(since time.Time) time.Time {
	if l.days == 0 {
		return since.Add(l.exact)
	}
	y, m, d := since.Date()
	seconds := time.Duration(since.Second()) * time.Second
	day := time.Date(y, m, d+l.days, 0, 0, 0, 0, time.UTC)
	clock := oncall.ClockTime{Hour: since.Hour(), Minute: since.Minute()}
	return oncall.Start(dateOf(day), clock, since.Location()).Add(seconds + l.exact)
}

// dateOf is the date that a time shows.
func dateOf(t time.Time) oncall.Date {
	year, month, day := t.Date()
	return oncall.Date{Year: year, Month: month, Day: day}
}

// extent is when an event begins and how long it lasts.
func (r *feedReader) extent(e *ics.VEvent) (moment, length, error) {
	start := e.GetProperty(ics.ComponentPropertyDtStart)
	if start == nil {
		return moment{}, length{}, errors.New("it has no DTSTART")
	}
	since, err := r.timeOf(start)
	if err != nil {
		return moment{}, length{}, fmt.Errorf("DTSTART: %w", err)
	}
	if end := e.GetProperty(ics.ComponentPropertyDtEnd); end != nil {
		until, err := r.timeOf(end)
		if err != nil {
			return moment{}, length{}, fmt.Errorf("DTEND: %w", err)
		}
		return since, between(since, until), nil
	}
	if text := textOf(e, ics.PropertyDuration); text != "" {
		l, err := parseLength(text)
		return since, l, err
	}
	if since.allDay {
		return since, length{days: 1}, nil
	}
	return since, length{}, nil
}

// between is the length from a beginning to an end.
func between(since, until moment) length {
	if !since.local || !until.local || since.zone.String() != until.zone.String() {
		return length{exact: until.instant.Sub(since.instant)}
	}
	from, to := wall(since), wall(until)
	days := int(to.Sub(from) / (24 * time.Hour))
	if days == 0 {
		return length{exact: until.instant.Sub(since.instant)}
	}
	return length{days: days, exact: to.Sub(from.AddDate(0, 0, days))}
}

// wall is what the clock shows, as if it were UTC.
func wall(m moment) time.Time {
	t := m.instant.In(m.zone)
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// lengthPattern is a duration as RFC 5545 (3.3.6) has it.
var lengthPattern = regexp.MustCompile(`^\+?P(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?$`)

// parseLength reads a duration. Weeks and days are those of the wall clock, hours are hours.
func parseLength(text string) (length, error) {
	parts := lengthPattern.FindStringSubmatch(strings.ToUpper(text))
	if parts == nil || strings.Join(parts[1:], "") == "" {
		return length{}, fmt.Errorf("DURATION: %s is none", quoted(text))
	}
	number := func(n int) time.Duration {
		value, err := strconv.Atoi(parts[n])
		if err != nil {
			return 0 // not given
		}
		return time.Duration(value)
	}
	return length{
		days:  int(7*number(1) + number(2)),
		exact: number(3)*time.Hour + number(4)*time.Minute + number(5)*time.Second,
	}, nil
}

// timeOf reads the time of a property.
func (r *feedReader) timeOf(p *ics.IANAProperty) (moment, error) {
	zone, named := r.zone, ""
	if values := p.ICalParameters[string(ics.ParameterTzid)]; len(values) > 0 {
		named = values[0]
	}
	text := strings.TrimSpace(p.Value)
	if named != "" && !strings.HasSuffix(text, "Z") {
		var err error
		if zone, err = r.zoneOf(named); err != nil {
			return moment{}, err
		}
	}
	return parseMoment(text, zone)
}

// Years of a feed beyond which nobody is on call; they bound what repetitions are counted through.
const (
	firstYear = 1970
	lastYear  = 2200
)

// parseMoment reads a date, a local time or a time in UTC (RFC 5545, 3.3.4 and 3.3.5). Of a time that the clock shows
// twice the first one is meant, for an end as for a beginning, so that of two events that meet there neither overlaps the
// other; one that it jumps over is the first instant after the jump.
func parseMoment(text string, zone *time.Location) (moment, error) {
	for _, layout := range []string{"20060102T150405Z", "20060102T150405", "20060102"} {
		shown, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		if shown.Year() < firstYear || shown.Year() > lastYear {
			return moment{}, fmt.Errorf("the year of %s is not between %d and %d", quoted(text), firstYear, lastYear)
		}
		if strings.HasSuffix(layout, "Z") {
			return moment{instant: shown, zone: time.UTC}, nil
		}
		clock := oncall.ClockTime{Hour: shown.Hour(), Minute: shown.Minute()}
		at := oncall.Start(dateOf(shown), clock, zone).Add(time.Duration(shown.Second()) * time.Second)
		return moment{instant: at.UTC(), zone: zone, allDay: layout == "20060102", local: true}, nil
	}
	return moment{}, fmt.Errorf("%s is no time", quoted(text))
}

// readZones reads what the calendar says about its zones: its own one, and the places that its names for zones mean.
func (r *feedReader) readZones(cal *ics.Calendar) {
	r.zones = map[string]string{}
	for _, z := range cal.Timezones() {
		id, place := z.GetProperty(ics.ComponentPropertyTzid), z.GetProperty("X-LIC-LOCATION")
		if id != nil && place != nil {
			r.zones[id.Value] = strings.TrimSpace(place.Value)
		}
	}
	for _, p := range cal.CalendarProperties {
		if p.IANAToken != string(ics.PropertyXWRTimezone) {
			continue
		}
		zone, err := r.zoneOf(p.Value)
		if err != nil {
			r.fault("", "X-WR-TIMEZONE: %v", err)
			continue
		}
		r.zone = zone
	}
}

// zoneOf finds a zone by the name that a calendar has for it: an IANA name, one with a vendor's words before it
// ("/example.org/20260101/Europe/Berlin"), or one that the calendar explains itself.
func (r *feedReader) zoneOf(id string) (*time.Location, error) {
	id = strings.TrimSpace(id)
	words := strings.Split(id, "/")
	names := []string{r.zones[id], id}
	if n := len(words); n > 2 {
		names = append(names, strings.Join(words[max(n-3, 0):], "/"), strings.Join(words[n-2:], "/"))
	}
	for _, name := range names {
		if name == "" || name == "Local" {
			continue
		}
		if zone, err := time.LoadLocation(name); err == nil {
			return zone, nil
		}
	}
	return nil, fmt.Errorf("%s is no time zone that is known here", quoted(cmp.Or(id, "the empty name")))
}
