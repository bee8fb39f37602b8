package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"golang.org/x/term"

	"github.com/musterbook/musterbook/incident"
)

// The view's columns, in cells. A narrow terminal takes from the text's column only.
const (
	widest     = 100
	narrowest  = 60
	timeColumn = 9  // right-aligned
	kindColumn = 14 // two spaces before it
	textColumn = timeColumn + 2 + kindColumn
)

// view shows a timeline in a terminal, one entry at a time: when, what kind, what happened. It fits 100 columns, or a
// terminal that is narrower. Colour stands only where the words say the same, and only on a terminal without NO_COLOR.
// What comes from outside cannot move the cursor or forge a line. It is not safe for concurrent use.
type view struct {
	w       io.Writer
	started time.Time
	width   int
	colour  bool
	zone    *time.Location // shows the clock's time there; nil = the time that has passed
	key     incident.Key   // of the incident that is shown; empty when it goes without saying
	numbers bool           // of the lines that can be withdrawn
	day     string         // the day that was shown last, of a view with the clock's time
	err     error          // the first write that failed; nothing is written after it
}

// newView shows the time since an instant, the beginning of what is shown.
func newView(w io.Writer, started time.Time) *view {
	width, colour := terminalOf(w)
	return &view{w: w, started: started, width: width, colour: colour}
}

// UTC makes the view show the clock's time, in UTC, in place of the time that has passed. It returns the view.
func (v *view) UTC() *view { return v.In(time.UTC) }

// In likewise, in a zone.
func (v *view) In(zone *time.Location) *view {
	v.zone = zone
	return v
}

// Err is the first write that failed, or nil.
func (v *view) Err() error { return v.err }

// isTerminal says whether what is written is seen in a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(interface{ Fd() uintptr })
	return ok && term.IsTerminal(int(f.Fd()))
}

// terminalOf says how wide a writer is, and whether it takes colour.
func terminalOf(w io.Writer) (width int, colour bool) {
	f, ok := w.(interface{ Fd() uintptr })
	if !ok || !isTerminal(w) {
		return widest, false
	}
	width = widest
	if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
		width = max(min(columns, widest), narrowest)
	}
	return width, os.Getenv("NO_COLOR") == ""
}

// Entry shows one line of an incident's timeline. A phase begins a new paragraph.
func (v *view) Entry(e incident.Entry) { v.write(v.entry(e)) }

// entry is what Entry shows.
func (v *view) entry(e incident.Entry) string {
	head := v.turnDay(e.At)
	text := sentenceOf(e)
	if e.Kind == incident.EntryDeclared && v.key != "" {
		text = string(v.key) + " · " + text
	}
	if v.numbers && e.Withdrawable() {
		text += fmt.Sprintf(" (line %d)", e.Seq)
	}
	if e.Kind == incident.EntryPhase {
		head += "\n"
	}
	return head + v.line(row{at: e.At, label: string(e.Kind), text: text, style: styleOf(e.Kind)})
}

// Simulated shows something that a simulation saw or did. Such lines are marked with ~.
func (v *view) Simulated(at time.Time, who, text string) {
	v.write(v.turnDay(at))
	v.write(v.line(row{at: at, label: "~ " + who, text: text, style: simulatedStyle()}))
}

// Below shows something that belongs to the line before.
func (v *view) Below(text string) {
	for _, piece := range wrapped(plainText(text), v.width-textColumn-2) {
		v.write(strings.Repeat(" ", textColumn+2) + piece + "\n")
	}
}

// sentenceOf is an entry's text without what its kind says already, and with what it lacks: who spoke, what is not
// proven about them, and which step a question belongs to.
func sentenceOf(e incident.Entry) string {
	text := strings.TrimPrefix(strings.TrimPrefix(e.Sentence(), string(e.Kind)+" "), "· ")
	person := e.By.Name != "" && e.By.Door != incident.DoorRunbook
	switch {
	case e.Kind == incident.EntryAlert && person, e.Kind == incident.EntryCleared && person:
		text = e.By.String() + " · " + text
	case e.Kind == incident.EntryNote && person && !e.Withdrawn && !strings.HasPrefix(text, e.By.String()+" "):
		text = e.By.String() + ": " + text
	case e.Kind == incident.EntryPhase:
		text = "── " + strings.ReplaceAll(text, "_", " ")
	case e.Kind == incident.EntryQuestion && e.Step != "":
		text += " (step " + e.Step + ")"
	}
	if person && !e.By.Verified {
		text += " (unverified" + strings.TrimSuffix(", login "+e.By.Login, ", login ") + ")"
	}
	return text
}

// row is what one line is made of.
type row struct {
	at    time.Time
	label string
	text  string
	style lipgloss.Style
}

// line is a row on the screen: as many lines as it takes, the later ones indented below the text.
func (v *view) line(r row) string {
	label := shorten(strings.Join(strings.Fields(plainText(r.label)), " "), kindColumn-2)
	pieces := wrapped(plainText(r.text), v.width-textColumn)
	head := fmt.Sprintf("%*s  ", timeColumn, v.when(r.at))
	padded := label + strings.Repeat(" ", kindColumn-lipgloss.Width(label))
	if v.colour {
		head, padded = quietStyle().Render(head), r.style.Render(padded)
	}
	var b strings.Builder
	for n, piece := range pieces {
		if n == 0 {
			b.WriteString(head + padded)
		} else {
			b.WriteString(strings.Repeat(" ", textColumn))
		}
		if v.colour {
			piece = r.style.Render(piece)
		}
		b.WriteString(piece + "\n")
	}
	return b.String()
}

// turnDay says which day begins, in a view with the clock's time; and which time is meant, when the clocks have changed.
func (v *view) turnDay(at time.Time) string {
	if v.zone == nil {
		return ""
	}
	day := at.In(v.zone).Format("Monday 2 January 2006, MST")
	if day == v.day {
		return ""
	}
	v.day = day
	return strings.Repeat(" ", textColumn) + day + "\n"
}

// when is the first column.
func (v *view) when(at time.Time) string {
	if v.zone != nil {
		return at.In(v.zone).Format("15:04:05")
	}
	return passed(at.Sub(v.started))
}

// passed is a span of time, as exactly as people want it: tenths of a second at first, minutes in the end.
func passed(d time.Duration) string {
	sign := ""
	if d < 0 {
		sign, d = "-", -d
	}
	switch tenths := d.Round(100 * time.Millisecond); {
	case tenths < 100*time.Second:
		return fmt.Sprintf("%s%.1f s", sign, tenths.Seconds())
	case d < time.Hour:
		return fmt.Sprintf("%s%dm %02ds", sign, d/time.Minute, d%time.Minute/time.Second)
	case d < 24*time.Hour:
		return fmt.Sprintf("%s%dh %02dm", sign, d/time.Hour, d%time.Hour/time.Minute)
	}
	return fmt.Sprintf("%s%dd %02dh", sign, d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
}

// write puts text on the screen. On a terminal its colours become those that the terminal has.
func (v *view) write(text string) {
	if v.err != nil {
		return
	}
	if v.colour {
		_, v.err = lipgloss.Fprint(v.w, text)
		return
	}
	_, v.err = io.WriteString(v.w, text)
}
