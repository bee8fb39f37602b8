package runbooks

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/oncall"
)

// startExample shows how an instant is written.
const startExample = "write 2026-10-25T01:30 Europe/Berlin, or 2026-10-25T01:30+02:00"

// errNeverShown is returned for a wall-clock time that the clock of the zone jumps over.
var errNeverShown = errors.New("the clock is put forward and never shows it")

// ParseStart reads when a rehearsal begins: `2026-10-25T01:30 Europe/Berlin`, with seconds or without, with an offset
// instead of the zone's name or beside it (`2026-10-25T02:30+01:00 Europe/Berlin`), or as RFC 3339 has it. Without a zone
// it is UTC. Of a time that the clock shows twice it gives the earlier instant; one that it never shows is an error.
func ParseStart(text string) (time.Time, error) {
	start, _, err := parseStart(text)
	return start, err
}

// parseStart is ParseStart that also tells whether the clock shows the time twice.
func parseStart(text string) (start time.Time, twice bool, err error) {
	clock, zoneName := splitStart(text)
	zone := time.UTC
	if zoneName != "" {
		if zone, err = loadZone(zoneName); err != nil {
			return time.Time{}, false, err
		}
	}
	if start, ok := withOffset(clock); ok {
		if zoneName == "" {
			return start, false, inReach(start)
		}
		there := start.In(zone)
		if there.Format(time.DateTime) != start.Format(time.DateTime) {
			return time.Time{}, false, fmt.Errorf("the clock of %s then shows %s", zoneName, there.Format("2006-01-02T15:04Z07:00"))
		}
		return there, false, inReach(there)
	}
	for _, layout := range []string{"2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if wall, err := time.Parse(layout, clock); err == nil {
			start, twice, err = onTheWall(wall, zone)
			return start, twice, errors.Join(err, inReach(wall))
		}
	}
	return time.Time{}, false, fmt.Errorf("%q is no date with a time of day", text)
}

// splitStart takes the date with its time apart from the zone's name. A space may stand where the T is meant.
func splitStart(text string) (clock, zone string) {
	words := strings.Fields(text)
	if len(words) > 1 && words[1][0] >= '0' && words[1][0] <= '9' {
		words = append([]string{words[0] + "T" + words[1]}, words[2:]...)
	}
	if len(words) == 0 {
		return "", ""
	}
	return words[0], strings.Join(words[1:], " ")
}

// loadZone finds a zone by its name. The zone of the machine is none: a rehearsal shows the same everywhere.
func loadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "Local" {
		return nil, fmt.Errorf("there is no time zone %q", name)
	}
	return zone, nil
}

// withOffset reads a time that carries its offset.
func withOffset(clock string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		start, err := time.Parse(layout, clock)
		if err != nil {
			continue
		}
		if _, offset := start.Zone(); offset == 0 {
			return start.UTC(), true
		}
		_, offset := start.Zone()
		return start.In(time.FixedZone("", offset)), true // never the machine's own zone, which Parse prefers
	}
	return time.Time{}, false
}

// onTheWall finds the instant at which the clock of a zone shows a time.
func onTheWall(wall time.Time, zone *time.Location) (start time.Time, twice bool, err error) {
	year, month, day := wall.Date()
	hour, minute, second := wall.Clock()
	date, clock := oncall.Date{Year: year, Month: month, Day: day}, oncall.ClockTime{Hour: hour, Minute: minute}
	seconds := time.Duration(second) * time.Second
	start, last := oncall.Start(date, clock, zone).Add(seconds), oncall.End(date, clock, zone).Add(seconds)
	if start.Format(time.DateTime) != wall.Format(time.DateTime) {
		return time.Time{}, false, fmt.Errorf("%s is no time in %s: %w", wall.Format("2006-01-02T15:04"), zone, errNeverShown)
	}
	return start, !start.Equal(last), nil
}

// inReach refuses years for which no rules of time zones are known, and the zero time, which means none was given.
func inReach(t time.Time) error {
	if t.Year() < 1970 || t.Year() > 2100 {
		return errors.New("the year must lie between 1970 and 2100")
	}
	return nil
}

// start reads the key `at` of a document.
func (r rehearsalReader) start(n *yaml.Node) time.Time {
	text := r.word(n, "at")
	if strings.TrimSpace(text) == "" {
		return time.Time{}
	}
	start, twice, err := parseStart(text)
	switch {
	case errors.Is(err, errNeverShown):
		r.report(n, Problem{Code: CodeInstant, Message: "at: " + err.Error(), Hint: "write the offset"})
	case err != nil:
		r.report(n, Problem{Code: CodeInstant, Message: "at: " + err.Error(), Hint: startExample})
	case twice:
		r.report(n, Problem{
			Code: CodeInstant, Warning: true, Message: "at: the clock shows this time twice; the earlier one is taken",
			Hint: "write the offset: " + start.Format("2006-01-02T15:04Z07:00") + " " + start.Location().String(),
		})
	}
	return start
}
