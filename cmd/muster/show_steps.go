package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
)

// The columns of the steps, in cells.
const (
	stateColumn   = 15 // the step's own line begins behind it: four spaces, the state, a space
	widestAddress = 34 // a longer address, with what it is indented by, pushes its text aside
)

// stepRow is a step where it stands on the screen.
type stepRow struct {
	contract.StepLine
	depth int
	quiet bool   // it is shown only where everything is
	turn  string // of a repeat
}

// section is a part of the runbook: a phase, or the watches, the steps by hand, finally.
type section struct {
	name string
	rows []stepRow
}

// runbook lists the steps with what became of each, phase by phase.
func (p printer) runbook(s contract.Snapshot, v sight) {
	sections := sectionsOf(s.Steps)
	if len(sections) == 0 {
		return
	}
	p.line("\nRunbook")
	for _, part := range sections {
		phase := phaseLine(s.Phases, part.name)
		whole := v.all || part.underWay(phase)
		title := part.title(phase)
		if !whole {
			title += ": " + part.summary()
		}
		p.paragraph("  ", title, v)
		if !whole {
			continue
		}
		if phase.Goal != "" {
			p.paragraph("    ", "goal: "+oneLine(phase.Goal), v)
		}
		p.rows(slices.DeleteFunc(part.rows, func(r stepRow) bool { return r.quiet && !v.all }), v)
	}
}

// sectionsOf parts the steps and finds how they stand below one another. Inside a step that has not begun or is over,
// what has not begun itself is quiet, and so is an undo or a reaction that nobody has needed.
func sectionsOf(lines []contract.StepLine) []section {
	var out []section
	paths := map[string]bool{}
	seen := map[string]contract.StepLine{} // the newest line of each path: of a loop's turns the one that a line stands in
	for _, line := range lines {
		paths[line.Path] = true
	}
	for _, line := range lines {
		name := sectionName(line)
		if len(out) == 0 || out[len(out)-1].name != name {
			out = append(out, section{name: name})
		}
		row := stepRow{StepLine: line}
		var above contract.StepLine
		for path := range pathsAbove(line.Path) {
			if !paths[path] {
				continue
			}
			row.depth++
			above = seen[path]
			if runbooks.Kind(above.Kind) == runbooks.KindRepeat {
				row.turn = line.Item[strings.LastIndex(line.Item, ".")+1:]
			}
		}
		aside := slices.ContainsFunc([]string{runbooks.BlockUndo, runbooks.BlockOnTimeout, runbooks.BlockOnFailure}, func(block string) bool {
			return strings.Contains(line.Path, "/"+block+"/")
		})
		row.quiet = line.State == contract.StepPending && row.depth > 0 && (aside || above.State.Terminal() || above.State == contract.StepPending)
		seen[line.Path] = line
		last := &out[len(out)-1]
		last.rows = append(last.rows, row)
	}
	return out
}

// pathsAbove yields what a path begins with, the shortest first.
func pathsAbove(path string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for n, c := range path {
			if c == '/' && !yield(path[:n]) {
				return
			}
		}
	}
}

// sectionName is the part of the runbook that a step stands in.
func sectionName(line contract.StepLine) string {
	if line.Phase != "" {
		return string(line.Phase)
	}
	first, _, _ := strings.Cut(line.Path, "/")
	switch first {
	case "adhoc":
		return "by hand"
	case "":
		return "finally"
	}
	return first
}

// phaseLine is where a phase stands; nothing for what is no phase.
func phaseLine(phases []contract.PhaseLine, name string) contract.PhaseLine {
	for _, p := range phases {
		if string(p.Phase) == name {
			return p
		}
	}
	return contract.PhaseLine{}
}

// underWay says whether a section is worth its steps: something has begun in it and is not over, or the phase itself.
func (s *section) underWay(phase contract.PhaseLine) bool {
	going := func(r stepRow) bool { return r.State != contract.StepPending && !r.State.Terminal() }
	if slices.ContainsFunc(s.rows, going) {
		return true
	}
	if phase.Phase != "" {
		return !phase.Started.IsZero() && phase.Ended.IsZero()
	}
	return s.name == "by hand"
}

// title is a section's name, which pass of it this is, and when it was.
func (s *section) title(phase contract.PhaseLine) string {
	text := strings.ReplaceAll(s.name, "_", " ")
	if phase.Pass > 1 {
		text += fmt.Sprintf(" (pass %d)", phase.Pass)
	}
	switch {
	case phase.Started.IsZero():
		return text
	case phase.Ended.IsZero():
		return text + ", since " + clockText(phase.Started)
	}
	return fmt.Sprintf("%s, %s to %s", text, phase.Started.UTC().Format(time.TimeOnly), clockText(phase.Ended))
}

// summary counts a section's steps by state, in the order of the steps. What was never reached inside others is no news.
func (s *section) summary() string {
	var order []contract.StepState
	counts := map[contract.StepState]int{}
	for _, r := range s.rows {
		if r.quiet {
			continue
		}
		if counts[r.State] == 0 {
			order = append(order, r.State)
		}
		counts[r.State]++
	}
	var parts []string
	for _, state := range order {
		word := stateWord(state)
		if state == contract.StepPending {
			word = "not begun"
		}
		parts = append(parts, fmt.Sprintf("%d %s", counts[state], word))
	}
	return strings.Join(parts, ", ")
}

// stateWord is a step's state in words.
func stateWord(state contract.StepState) string {
	if state == contract.StepPending {
		return "-"
	}
	return strings.ReplaceAll(string(state), "_", " ")
}

// rows shows steps. The text of a step is cut to the line; what stands in its way is shown whole.
func (p printer) rows(rows []stepRow, v sight) {
	column := 0
	for _, r := range rows {
		column = max(column, min(lipgloss.Width(r.address()), widestAddress))
	}
	for _, r := range rows {
		address := r.address()
		head := fmt.Sprintf("    %-10s %s%s  ", stateWord(r.State), address, strings.Repeat(" ", max(0, column-lipgloss.Width(address))))
		by := prefixed(" – ", oneLine(r.By))
		room := max(v.width-lipgloss.Width(head)-lipgloss.Width(by), 10)
		p.line("%s%s%s", head, shorten(oneLine(r.text()), room), by)
		if more := r.more(); more != "" {
			p.paragraph(strings.Repeat(" ", stateColumn+2*r.depth+2), more, v)
		}
	}
}

// address is the name that people type, indented by what the step stands in.
func (r *stepRow) address() string { return strings.Repeat("  ", r.depth) + oneLine(r.Address) }

// text is the step in a few words, with the turn of the repeat around it.
func (r *stepRow) text() string {
	if r.turn != "" {
		return fmt.Sprintf("round %s · %s", r.turn, r.Text)
	}
	return r.Text
}

// more is what else is to be known of a step: what went wrong, what it waits for, until when.
func (r *stepRow) more() string {
	parts := []string{oneLine(r.Problem)}
	if !r.State.Terminal() && r.State != contract.StepPending {
		if r.Parallel {
			parts = append(parts, "in the background")
		}
		parts = append(parts, prefixed("needs ", strings.Join(r.Awaits, ", ")))
		if !r.Until.IsZero() {
			parts = append(parts, "until "+clockText(r.Until))
		}
	}
	return joined(" · ", parts...)
}

// undoable lists what can be taken back, the newest first, and the command for it.
func (p printer) undoable(s contract.Snapshot) {
	var left []contract.UndoRecord
	var names []string // by which all of it is meant: the phases, and the steps that stand in none
	for _, u := range slices.Backward(s.Undo) {
		if u.Reverted {
			continue
		}
		left = append(left, u)
		if name := cmp.Or(string(u.Phase), u.Address); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(left) == 0 {
		return
	}
	p.line("\nCan be taken back")
	for _, u := range left {
		p.line("  %-13s done at %s%s", u.Address, clockText(u.At), prefixed(" in ", strings.ReplaceAll(string(u.Phase), "_", " ")))
	}
	if !s.Incident.Open() {
		return
	}
	for _, name := range names {
		p.line("  %-13s muster revert %s %s", "", s.Incident.Key, name)
	}
}
