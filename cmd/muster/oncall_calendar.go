package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// mostListed is how many hand-overs, overrides or gaps are listed below the calendar.
const mostListed = 10

// scheduleCalendar is a calendar for programs.
type scheduleCalendar struct {
	scheduleNow
	From   time.Time      `json:"from"`
	To     time.Time      `json:"to"`
	Stints []roster.Stint `json:"stints"`
	Gaps   []roster.Stint `json:"gaps"`
}

// showCalendar shows a schedule week by week, from the Monday of this week on.
func (b *dutyBook) showCalendar(s oncall.Schedule, weeks int) error {
	own, err := time.LoadLocation(s.Zone)
	if err != nil {
		return fmt.Errorf("zone of schedule %s: %w", s.Name, err)
	}
	zone := b.shownIn(own)
	monday := mondayOf(b.at.In(zone))
	end := monday.AddDate(0, 0, daysOfWeek*weeks)
	from := dayStart(monday, zone)
	to := dayStart(end, zone)
	stints, err := roster.WholeStints(s, from, to, b.overrides)
	if err != nil {
		return err
	}
	now, err := b.now(s)
	if err != nil {
		return err
	}
	gaps := gapsBetween(stints, b.at, to)
	if b.json {
		return b.object(scheduleCalendar{scheduleNow: now, From: from.UTC(), To: to.UTC(), Stints: stints, Gaps: gaps})
	}
	b.line("%s · %s", s.Name, clockTitle(b.at, zone))
	b.nowLine(now, zone)
	b.calendarLines(s.Name)
	b.clockChange(from, to, zone)
	g := newGrid(stints, zone, b.wide, b.name)
	for n := range weeks {
		b.line("")
		for _, line := range g.week(monday.AddDate(0, 0, daysOfWeek*n), b.at) {
			b.styled(line, strings.HasPrefix(line, nobody+" "))
		}
	}
	b.line("")
	b.line("%s", g.legend())
	b.listHandovers(stints, zone)
	b.listOverrides(stints, zone)
	b.listGaps(gaps, to, zone)
	return nil
}

// mondayOf is the date of the Monday of an instant's week, as a time in UTC that only its date counts of.
func mondayOf(at time.Time) time.Time {
	back := (int(at.Weekday()) + daysOfWeek - 1) % daysOfWeek
	y, m, d := at.Date()
	return time.Date(y, m, d-back, 0, 0, 0, 0, time.UTC)
}

// dayStart is the instant at which a date begins in a zone.
func dayStart(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	return oncall.Start(oncall.Date{Year: y, Month: m, Day: d}, oncall.ClockTime{}, zone)
}

// nowLine says who is on call now, and who is next.
func (b *dutyBook) nowLine(now scheduleNow, zone *time.Location) {
	if len(now.OnCall) == 0 {
		b.styled("Now: "+nobody+", "+b.untilSentence(now.Until, zone), true)
	}
	for _, p := range now.OnCall {
		b.line("Now: %s, %s", p.shown(), b.untilSentence(p.Until, zone))
	}
	switch {
	case now.NextGap:
		b.styled("Next: "+nobody, true)
	case len(now.Next) > 0:
		b.line("Next: %s", b.names(now.Next))
	}
}

// untilSentence is untilText in a sentence.
func (b *dutyBook) untilSentence(until time.Time, zone *time.Location) string {
	if until.IsZero() {
		return b.untilText(until, zone)
	}
	return "until " + b.untilText(until, zone)
}

// clockChange says when the clocks change, because hours are then longer or shorter than they look.
func (b *dutyBook) clockChange(from, to time.Time, zone *time.Location) {
	if _, change := from.In(zone).ZoneBounds(); !change.IsZero() && change.Before(to) {
		b.line("The clocks change on %s, from %s to %s.", change.In(zone).Format("Mon 2 Jan"),
			change.Add(-time.Second).In(zone).Format("MST"), change.In(zone).Format("MST"))
	}
}

// listHandovers lists who takes over when.
func (b *dutyBook) listHandovers(stints []roster.Stint, zone *time.Location) {
	var lines []string
	for _, s := range stints {
		if s.Gap() || s.Override || !s.Since.After(b.at) {
			continue
		}
		line := dayTime(s.Since, zone) + "  " + b.name(s.Person)
		var before []oncall.PersonID
		for _, other := range stints {
			if !other.Until.IsZero() && other.Until.Equal(s.Since) && !other.Gap() && other.Person != s.Person {
				before = append(before, other.Person)
			}
		}
		if len(before) > 0 {
			line += ", after " + b.names(before)
		}
		lines = append(lines, line)
	}
	if len(lines) > 0 {
		b.listed("Hand-overs", lines)
	}
}

// listOverrides lists what people have changed.
func (b *dutyBook) listOverrides(stints []roster.Stint, zone *time.Location) {
	var lines []string
	for _, s := range stints {
		if s.Override && (s.Until.IsZero() || s.Until.After(b.at)) {
			lines = append(lines, rangeText(s, zone)+"  "+b.name(s.Person)+" ("+s.Why+")")
		}
	}
	if len(lines) > 0 {
		b.listed("Overrides", lines)
	}
}

// listGaps lists when nobody is on call, and says what happens then.
func (b *dutyBook) listGaps(gaps []roster.Stint, to time.Time, zone *time.Location) {
	until := to.Add(-time.Second).In(zone).Format("Mon 2 Jan 2006")
	if len(gaps) == 0 {
		b.line("")
		b.line("No gap until %s.", until)
		return
	}
	var lines []string
	var sum time.Duration
	for _, s := range gaps {
		sum += s.Until.Sub(s.Since)
		lines = append(lines, rangeText(s, zone)+"  "+lengthText(s.Until.Sub(s.Since)))
	}
	b.listed(fmt.Sprintf("%s until %s, %s in all", counted(len(gaps), "gap"), until, lengthText(sum)), lines)
	b.sentence("A page to the schedule then goes on at once, in the end to the fallback: %s.", b.names(b.book.Fallback))
}

// listed shows a title and lines, of which there may be too many.
func (b *dutyBook) listed(title string, lines []string) {
	b.line("")
	b.line("%s:", title)
	for _, line := range lines[:min(len(lines), mostListed)] {
		b.line("  %s", line)
	}
	if more := len(lines) - mostListed; more > 0 {
		b.line("  and %d more; --json has all", more)
	}
}

// rangeText is from when to when something is; the date of the end stands where it is another one.
func rangeText(s roster.Stint, zone *time.Location) string {
	if s.Until.IsZero() {
		return "from " + dayTime(s.Since, zone)
	}
	end := dayTime(s.Until, zone)
	if s.Since.In(zone).Format(time.DateOnly) == s.Until.In(zone).Format(time.DateOnly) {
		end = s.Until.In(zone).Format("15:04") + strings.Repeat(" ", len("Mon _2 Jan "))
	}
	return dayTime(s.Since, zone) + " - " + end
}

// gapsBetween are the gaps from now on, cut off at both ends.
func gapsBetween(stints []roster.Stint, now, to time.Time) []roster.Stint {
	gaps := []roster.Stint{}
	for _, s := range stints {
		if !s.Gap() || !s.Until.IsZero() && !s.Until.After(now) {
			continue
		}
		if s.Since.Before(now) {
			s.Since = now.UTC()
		}
		if s.Until.IsZero() || s.Until.After(to) {
			s.Until = to.UTC()
		}
		gaps = append(gaps, s)
	}
	return gaps
}
