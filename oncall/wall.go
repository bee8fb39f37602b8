package oncall

import (
	"fmt"
	"time"

	// The zones travel with the binary, so that a container without zone files knows them too.
	_ "time/tzdata"
)

// Start is the instant at which the wall clock of the zone shows t on the day d, for something that begins then. A
// time that the clock jumps over means the first instant after the jump; a time that it shows twice means the first.
func Start(d Date, t ClockTime, zone *time.Location) time.Time {
	first, _ := occurrences(d, t, zone)
	return first
}

// End is the same for something that ends then: of a time that the clock shows twice it means the last.
func End(d Date, t ClockTime, zone *time.Location) time.Time {
	_, last := occurrences(d, t, zone)
	return last
}

// occurrences finds the first and the last instant at which the wall clock shows a time. A zone's history is a row of
// periods with a fixed offset each; an instant counts when it lies in the period whose offset it was computed with.
func occurrences(d Date, t ClockTime, zone *time.Location) (first, last time.Time) {
	wall := time.Date(d.Year, d.Month, d.Day, t.Hour, t.Minute, 0, 0, time.UTC)
	near := time.Date(d.Year, d.Month, d.Day, t.Hour, t.Minute, 0, 0, zone)
	jump := near
	for _, probe := range neighbours(near) {
		from, to := probe.ZoneBounds()
		_, offset := probe.Zone()
		candidate := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		switch {
		case !to.IsZero() && !candidate.Before(to):
			jump = to // the wall time lies behind this period; unless a later period has it, the clock jumped over it
		case !from.IsZero() && candidate.Before(from):
		case first.IsZero():
			first, last = candidate, candidate
		default:
			last = candidate
		}
	}
	if first.IsZero() {
		return jump, jump
	}
	return first, last
}

// neighbours gives one instant in each of the periods around t, in order of time.
func neighbours(t time.Time) []time.Time {
	from, to := t.ZoneBounds()
	probes := make([]time.Time, 0, 3)
	if !from.IsZero() {
		probes = append(probes, from.Add(-time.Nanosecond))
	}
	probes = append(probes, t)
	if !to.IsZero() {
		probes = append(probes, to)
	}
	return probes
}

// ParseDate reads a date written as 2026-01-31.
func ParseDate(text string) (Date, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Date{}, fmt.Errorf("%q is no date", text)
	}
	return Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, nil
}

// ParseClockTime reads a time of day written as 09:30; the day has 24 hours, and 24:00 is not one of its times.
func ParseClockTime(text string) (ClockTime, error) {
	t, err := time.Parse("15:04", text)
	if err != nil || len(text) != len("15:04") {
		return ClockTime{}, fmt.Errorf("%q is no time of day", text)
	}
	return ClockTime{Hour: t.Hour(), Minute: t.Minute()}, nil
}

// String writes the date as 2026-01-31.
func (d Date) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// String writes the time of day as 09:30.
func (t ClockTime) String() string { return fmt.Sprintf("%02d:%02d", t.Hour, t.Minute) }

// days is the date as a number of days, for differences. It does not go through time.Duration, which ends after 292
// years.
func (d Date) days() int {
	return int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / secondsOfDay)
}

// plus is the date some days later.
func (d Date) plus(days int) Date {
	return dateOf(time.Date(d.Year, d.Month, d.Day+days, 0, 0, 0, 0, time.UTC))
}

// dateOf is the calendar date that t shows in its own zone.
func dateOf(t time.Time) Date {
	year, month, day := t.Date()
	return Date{Year: year, Month: month, Day: day}
}

const secondsOfDay = 24 * 60 * 60
