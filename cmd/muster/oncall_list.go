package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/musterbook/musterbook/oncall"
)

// nobody stands where a person's name would.
const nobody = "NOBODY"

// lookAhead is how far the next change of a schedule is looked for.
const lookAhead = 12 * 7 * 24 * time.Hour

// scheduleNow is where a schedule stands at an instant.
type scheduleNow struct {
	Schedule string            `json:"schedule"`
	Zone     string            `json:"zone"`
	OnCall   []personNow       `json:"on_call"`               // empty: nobody
	Until    time.Time         `json:"until,omitzero"`        // when that changes; zero: not within twelve weeks
	Next     []oncall.PersonID `json:"next,omitempty"`        // who is on call then
	NextGap  bool              `json:"next_is_gap,omitempty"` // nobody is
	Calendar *calendarNow      `json:"calendar,omitempty"`    // of another tool, where the schedule is one
}

// personNow is somebody who is on call.
type personNow struct {
	Person   oncall.PersonID `json:"person"`
	Name     string          `json:"name"`
	Since    time.Time       `json:"since,omitzero"`
	Until    time.Time       `json:"until,omitzero"` // zero: no end is known
	Why      string          `json:"why"`
	Override bool            `json:"override,omitempty"`
}

// shown is the name, and that it stands there by an override.
func (p personNow) shown() string {
	if p.Override {
		return p.Name + " (override)"
	}
	return p.Name
}

// now says where a schedule stands.
func (b *dutyBook) now(s oncall.Schedule) (scheduleNow, error) {
	now := scheduleNow{Schedule: s.Name, Zone: s.Zone, OnCall: []personNow{}, Calendar: b.calendarNow(s)}
	turns, err := s.OnCall(b.at, b.overrides...)
	if err != nil {
		return now, err
	}
	usual, err := s.OnCall(b.at)
	if err != nil {
		return now, err
	}
	for _, t := range turns {
		now.OnCall = append(now.OnCall, personNow{
			Person: t.Person, Name: b.name(t.Person), Since: t.Since, Until: t.Until, Why: t.Why,
			Override: !slices.ContainsFunc(usual, func(u oncall.Turn) bool { return u.Person == t.Person }),
		})
	}
	spans, err := s.Spans(b.at, b.at.Add(lookAhead), b.overrides...)
	if err != nil || len(spans) < 2 {
		return now, err
	}
	now.Until, now.NextGap = spans[0].Until, len(spans[1].Turns) == 0
	for _, t := range spans[1].Turns {
		now.Next = append(now.Next, t.Person)
	}
	return now, nil
}

// listDuties shows who is on call on every schedule.
func (b *dutyBook) listDuties() error {
	all := make([]scheduleNow, 0, len(b.book.Schedules))
	for _, s := range b.book.Schedules {
		now, err := b.now(s)
		if err != nil {
			return err
		}
		all = append(all, now)
	}
	if b.json {
		return b.object(map[string]any{"at": b.at.UTC(), "schedules": all})
	}
	zone := b.shownIn(time.Local)
	b.line("On call on %s", clockTitle(b.at, zone))
	b.line("")
	if len(all) == 0 {
		b.line("There is no schedule.")
		return nil
	}
	rows := [][]string{{"SCHEDULE", "ON CALL", "UNTIL", "NEXT"}}
	for _, now := range all {
		rows = append(rows, b.nowRows(now, zone)...)
	}
	b.rows(rows)
	b.line("")
	b.calendarLines()
	if gaps := countGaps(all); gaps > 0 {
		b.sentence("%s: nobody is on call now. A page to such a schedule goes on at once, in the end to the fallback: %s.",
			counted(gaps, "schedule"), b.names(b.book.Fallback))
	}
	b.line("muster oncall SCHEDULE shows the coming weeks.")
	return nil
}

// countGaps counts the schedules on which nobody is.
func countGaps(all []scheduleNow) int {
	gaps := 0
	for _, now := range all {
		if len(now.OnCall) == 0 {
			gaps++
		}
	}
	return gaps
}

// nowRows are the lines of a schedule, one for each person, the next ones on the first.
func (b *dutyBook) nowRows(now scheduleNow, zone *time.Location) [][]string {
	next := b.names(now.Next)
	switch {
	case now.NextGap:
		next = nobody
	case now.Until.IsZero():
		next = "-"
	}
	if len(now.OnCall) == 0 {
		return [][]string{{now.Schedule, nobody, b.untilText(now.Until, zone), next}}
	}
	var rows [][]string
	for n, p := range now.OnCall {
		row := []string{"", p.shown(), b.untilText(p.Until, zone), ""}
		if n == 0 {
			row[0], row[3] = now.Schedule, next
		}
		rows = append(rows, row)
	}
	return rows
}

// widestCell is the most cells that a column of a table takes, but the last.
const widestCell = 28

// rows shows a table. A line that says that nobody is on call stands out.
func (b *dutyBook) rows(rows [][]string) {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for n, cell := range row {
			widths[n] = max(widths[n], min(lipgloss.Width(plainText(cell)), widestCell))
		}
	}
	for _, row := range rows {
		var text strings.Builder
		for n, cell := range row {
			if cell = plainText(cell); n < len(row)-1 {
				cell = padded(cell, widths[n]) + "  "
			}
			text.WriteString(cell)
		}
		b.styled(strings.TrimRight(text.String(), " "), slices.Contains(row, nobody))
	}
}

// sentence shows a text in as many lines as it takes.
func (b *dutyBook) sentence(format string, args ...any) {
	for _, line := range wrapped(fmt.Sprintf(format, args...), min(b.wide, fineWidth)) {
		b.line("%s", line)
	}
}

// styled shows a line, in red where it is an alarm and the screen has colours.
func (b *dutyBook) styled(text string, alarm bool) {
	if !alarm || !b.colour {
		b.line("%s", text)
		return
	}
	// A text that nobody reads is no reason to fail.
	_, _ = lipgloss.Fprint(b.w, lipgloss.NewStyle().Foreground(lipgloss.Red).Bold(true).Render(plainText(text))+"\n")
}

// padded is a text in exactly so many cells.
func padded(text string, width int) string {
	text = shorten(text, width)
	return text + strings.Repeat(" ", max(width-lipgloss.Width(text), 0))
}
