package main

import (
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// The grid's measures, in cells. 80 columns are enough for eight cells a day and a name.
const (
	daysOfWeek   = 7
	fineCells    = 8 // a day: three hours a cell
	coarseCells  = 6 // a day on a narrow screen: four hours a cell
	widestLabel  = 20
	fineWidth    = daysOfWeek*fineCells + widestLabel + 2
	clockCells   = len("09:00")
	hourCells    = len("09")
	minutesOfDay = 24 * 60
	monthLayout  = "Jan 2006"
)

// The marks of the grid, which can be told apart without colour.
const (
	dutyMark     = '█'
	overrideMark = '▒'
	gapMark      = '!'
	midnightMark = '·'
)

// grid draws a schedule's weeks: a line for each person who has the duty in a week, and one where nobody has it.
type grid struct {
	stints []roster.Stint
	zone   *time.Location
	cells  int // a day
	label  int // width of the names' column
	name   func(oncall.PersonID) string
}

// newGrid measures.
func newGrid(stints []roster.Stint, zone *time.Location, wide int, name func(oncall.PersonID) string) *grid {
	g := &grid{stints: stints, zone: zone, cells: fineCells, label: len(monthLayout), name: name}
	if wide < fineWidth {
		g.cells = coarseCells
	}
	for _, s := range stints {
		g.label = max(g.label, lipgloss.Width(g.nameOf(s.Person)))
	}
	g.label = min(g.label, min(wide, fineWidth)-2-daysOfWeek*g.cells)
	return g
}

// nameOf is the name of a person's line; nobody has one, too.
func (g *grid) nameOf(person oncall.PersonID) string {
	if person == "" {
		return nobody
	}
	return g.name(person)
}

// week is the lines of the week that begins on a day; the instant of now is marked where it lies in the week.
func (g *grid) week(monday time.Time, now time.Time) []string {
	edges := g.edges(monday)
	head := ""
	for day := range daysOfWeek {
		date := monday.AddDate(0, 0, day).Format("Mon _2")
		if len(date) >= g.cells {
			date = date[:len("Mo")] + date[len("Mon"):]
		}
		head += padded(date, g.cells)
	}
	lines := []string{padded(monday.Format(monthLayout), g.label) + "  " + strings.TrimRight(head, " ")}
	if cell := cellOf(edges, now); cell >= 0 {
		lines = append(lines, strings.Repeat(" ", g.label+2+cell)+"▼ now")
	}
	for _, person := range g.people(edges) {
		lines = append(lines, padded(g.nameOf(person), g.label)+"  "+g.bar(person, edges))
	}
	return lines
}

// edges are the instants at which the cells of a week begin, and the one at which it ends. A cell has the same hours by
// the wall clock on every day, so that hand-overs stand below one another also when the clocks change.
func (g *grid) edges(monday time.Time) []time.Time {
	edges := make([]time.Time, 0, daysOfWeek*g.cells+1)
	for n := range daysOfWeek*g.cells + 1 {
		y, m, d := monday.AddDate(0, 0, n/g.cells).Date()
		minutes := n % g.cells * minutesOfDay / g.cells
		edges = append(edges, oncall.Start(
			oncall.Date{Year: y, Month: m, Day: d}, oncall.ClockTime{Hour: minutes / 60, Minute: minutes % 60}, g.zone,
		))
	}
	return edges
}

// cellOf is the cell in which an instant lies; -1 = in none.
func cellOf(edges []time.Time, at time.Time) int {
	for n := range len(edges) - 1 {
		if !at.Before(edges[n]) && at.Before(edges[n+1]) {
			return n
		}
	}
	return -1
}

// people lists who has a line in a week, as their duties begin; nobody's is the last.
func (g *grid) people(edges []time.Time) []oncall.PersonID {
	var ids []oncall.PersonID
	gap := false
	for _, s := range g.stints {
		switch {
		case !touches(s, edges[0], edges[len(edges)-1]):
		case s.Gap():
			gap = true
		case !slices.Contains(ids, s.Person):
			ids = append(ids, s.Person)
		}
	}
	if gap {
		ids = append(ids, "")
	}
	return ids
}

// bar draws a line: what a cell holds of a duty, however little, is drawn; a duty that begins shows when.
func (g *grid) bar(person oncall.PersonID, edges []time.Time) string {
	cells := []rune(strings.Repeat(" ", len(edges)-1))
	for day := range daysOfWeek {
		cells[day*g.cells] = midnightMark
	}
	for _, s := range g.stints {
		if s.Person != person {
			continue
		}
		first, last := -1, -1
		for n := range cells {
			if touches(s, edges[n], edges[n+1]) {
				cells[n] = markOf(s)
				last = n
				if first < 0 {
					first = n
				}
			}
		}
		if first >= 0 && !s.Since.Before(edges[0]) {
			writeClock(cells[first:last+1], s.Since.In(g.zone))
		}
	}
	return strings.TrimRight(string(cells), " ")
}

// touches says whether a stint lies in a time, if only in part.
func touches(s roster.Stint, from, to time.Time) bool {
	return s.Since.Before(to) && (s.Until.IsZero() || s.Until.After(from))
}

// markOf is how a stint is drawn.
func markOf(s roster.Stint) rune {
	switch {
	case s.Gap():
		return gapMark
	case s.Override:
		return overrideMark
	}
	return dutyMark
}

// writeClock writes the time at which a bar begins into it, where a cell of it remains; where only the hour has room, it
// is written if it says enough.
func writeClock(bar []rune, at time.Time) {
	text := at.Format("15:04")
	switch {
	case len(bar) > clockCells:
	case len(bar) > hourCells && at.Minute() == 0:
		text = at.Format("15")
	default:
		return
	}
	copy(bar, []rune(text))
}

// legend explains the marks that were drawn.
func (g *grid) legend() string {
	parts := []string{string(dutyMark) + " on call"}
	if slices.ContainsFunc(g.stints, func(s roster.Stint) bool { return s.Override }) {
		parts = append(parts, string(overrideMark)+" by an override")
	}
	if slices.ContainsFunc(g.stints, roster.Stint.Gap) {
		parts = append(parts, string(gapMark)+" nobody")
	}
	return strings.Join(parts, "   ")
}
