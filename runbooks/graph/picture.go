// Package graph draws runbooks: one lane for each phase, with people, waits and what silence leads to. The picture is
// made once; SVG, Mermaid and Graphviz are three ways to write it down. It knows runbooks and nothing of incidents: what
// has happened to a step is told to it in words.
package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/runbooks"
)

// State is what has happened to a step, for a picture of a running incident.
type State struct {
	Word  string // "done", "waiting", "holding" …
	Until string // until when it waits; empty = not said
	Count string // of a step in a loop: "3 done, 1 waiting"
}

// Sort is what a box is about; it has a shape and a word of its own, so that no colour is needed.
type Sort string

// The sorts of boxes.
const (
	People Sort = "people" // waits for people
	Page   Sort = "page"   // calls people until somebody acknowledges
	Wait   Sort = "wait"   // lets time pass or waits for a signal
	Tell   Sort = "tell"   // tells people
	System Sort = "system" // does something to a system
	Block  Sort = "block"  // holds other steps
	Flow   Sort = "flow"   // directs the run
)

// Picture is a runbook in lanes.
type Picture struct {
	Title string
	Lanes []Lane
}

// Lane is a phase, a watch or what finally has to be done.
type Lane struct {
	Title string
	Notes []string // its conditions and its goal
	Boxes []Box
}

// Box is one step.
type Box struct {
	Path    string
	Sort    Sort
	Kind    string
	Title   string
	Notes   []string // condition, timeout and what silence leads to
	Behind  bool     // it runs in the background
	State   State
	Columns []Column // the blocks below it
}

// Column is a block of steps below a box.
type Column struct {
	Label string
	Boxes []Box
}

// Of makes the picture of a runbook; states says what has happened to steps, by path.
func Of(rb *runbooks.Runbook, states map[string]State) Picture {
	d := drawer{states: states}
	p := Picture{Title: strings.TrimSuffix(rb.ID+": "+rb.Title, ": ")}
	for i := range rb.Phases {
		phase := &rb.Phases[i]
		lane := Lane{Title: string(phase.Name), Boxes: d.boxes(phase.Steps)}
		lane.note("goal: ", phase.Goal)
		lane.note("begins when ", phase.Start)
		lane.note("ends only when ", phase.Exit)
		lane.note("timebox ", phase.Timebox)
		p.Lanes = append(p.Lanes, lane)
	}
	for i := range rb.Watch {
		w := &rb.Watch[i]
		lane := Lane{Title: "watch " + w.Name, Boxes: d.boxes(w.Steps)}
		lane.note("whenever ", w.When)
		lane.note("every ", w.Every)
		lane.note("if ", w.If)
		p.Lanes = append(p.Lanes, lane)
	}
	if len(rb.Finally) > 0 {
		p.Lanes = append(p.Lanes, Lane{Title: "finally", Boxes: d.boxes(rb.Finally)})
	}
	return p
}

// note adds a line to a lane's head, where there is something to say.
func (l *Lane) note(before, text string) {
	if text != "" {
		l.Notes = append(l.Notes, before+text)
	}
}

type drawer struct{ states map[string]State }

// boxes draws a block.
func (d *drawer) boxes(steps []runbooks.Step) []Box {
	out := make([]Box, 0, len(steps))
	for i := range steps {
		out = append(out, d.box(&steps[i]))
	}
	return out
}

// box draws one step and what is below it.
func (d *drawer) box(s *runbooks.Step) Box {
	b := Box{Path: s.Path, Sort: sortOf(s), Kind: string(s.Kind), Title: title(s), Behind: s.Background, State: d.states[s.Path]}
	if s.If != "" {
		b.Notes = append(b.Notes, "if "+s.If)
	}
	b.Notes = append(b.Notes, asked(s)...)
	if wait := waiting(s); wait != "" {
		b.Notes = append(b.Notes, wait)
	}
	for _, block := range s.Blocks() {
		b.Columns = append(b.Columns, Column{Label: label(s, block.Name), Boxes: d.boxes(block.Steps)})
	}
	if s.Runbook != nil && s.Runbook.Body != nil {
		for _, phase := range s.Runbook.Body.Phases {
			b.Columns = append(b.Columns, Column{Label: string(phase.Name), Boxes: d.boxes(phase.Steps)})
		}
	}
	return b
}

// title is the step in words, without its kind.
func title(s *runbooks.Step) string {
	return strings.TrimPrefix(strings.TrimPrefix(s.Summary(), string(s.Kind)), ": ")
}

// sortOf says what a step is about.
func sortOf(s *runbooks.Step) Sort {
	sorts := map[Sort][]runbooks.Kind{
		People: {runbooks.KindAsk, runbooks.KindApprove, runbooks.KindAssess, runbooks.KindTask, runbooks.KindAssign},
		Page:   {runbooks.KindPage},
		Wait:   {runbooks.KindWait, runbooks.KindAwait},
		Tell:   {runbooks.KindSay, runbooks.KindUpdate, runbooks.KindNote, runbooks.KindChannel, runbooks.KindBridge, runbooks.KindTicket},
		Block:  {runbooks.KindParallel, runbooks.KindForEach, runbooks.KindRepeat, runbooks.KindSwitch, runbooks.KindGroup, runbooks.KindRunbook},
		Flow:   {runbooks.KindSet, runbooks.KindSeverity, runbooks.KindRevert, runbooks.KindReturn, runbooks.KindEnd},
	}
	for sort, kinds := range sorts {
		if slices.Contains(kinds, s.Kind) {
			return sort
		}
	}
	return System
}

// asked says who a step is for, and the levels of a page.
func asked(s *runbooks.Step) []string {
	who := func(names []string) []string {
		if len(names) == 0 {
			return []string{"asks commander"}
		}
		return []string{"asks " + strings.Join(names, ", ")}
	}
	switch {
	case s.Ask != nil:
		return who(s.Ask.Who)
	case s.Approve != nil:
		return who(s.Approve.Who)
	case s.Task != nil:
		return who(s.Task.Who)
	case s.Page != nil && len(s.Page.Escalate) > 0:
		return []string{"then " + strings.Join(s.Page.Escalate, ", then ")}
	}
	return nil
}

// waiting says how long a step waits and what silence leads to.
func waiting(s *runbooks.Step) string {
	if s.Timeout == "" {
		return ""
	}
	after := "rejected"
	switch {
	case s.OnTimeout == nil && s.Kind != runbooks.KindApprove:
		after = "ask the commander"
	case s.OnTimeout == nil:
	case s.OnTimeout.Do == runbooks.DoChoose:
		after = s.OnTimeout.Choice
	case s.OnTimeout.Do == runbooks.DoSteps:
		after = "other steps"
	default:
		after = map[runbooks.Do]string{
			runbooks.DoAsk: "ask the commander", runbooks.DoContinue: "go on", runbooks.DoEscalate: "escalate",
			runbooks.DoReject: "rejected", runbooks.DoRepeat: "again",
		}[s.OnTimeout.Do]
	}
	return fmt.Sprintf("after %s: %s", s.Timeout, after)
}

// label is a block's name for people.
func label(s *runbooks.Step, name string) string {
	switch {
	case strings.HasPrefix(name, "case/"), strings.HasPrefix(name, "branch/"):
		_, rest, _ := strings.Cut(name, "/")
		return rest
	case name == runbooks.BlockOnTimeout:
		return "on timeout"
	case name == runbooks.BlockOnFailure:
		return "on failure"
	case name == "steps" && s.ForEach != nil:
		return "for each " + s.ForEach.As
	case name == "steps" && s.Repeat != nil:
		return fmt.Sprintf("at most %d times", s.Repeat.Max)
	}
	return name
}

// Formats lists the formats of Write.
func Formats() []string { return []string{"svg", "mermaid", "dot"} }

// Write writes the picture in a format.
func (p Picture) Write(format string) (string, error) {
	switch format {
	case "svg":
		return p.SVG(), nil
	case "mermaid":
		return p.Mermaid(), nil
	case "dot":
		return p.Dot(), nil
	}
	return "", fmt.Errorf("there is no format %q (there are: %s)", format, strings.Join(Formats(), ", "))
}

// words are the lines of a box in a text format.
func (b *Box) words() []string {
	lines := []string{mark(b.Sort) + " " + b.Kind + ": " + b.Title}
	if b.Behind {
		lines[0] += " (in the background)"
	}
	lines = append(lines, b.Notes...)
	if state := b.stateWords(); state != "" {
		lines = append(lines, "→ "+state)
	}
	return lines
}

// stateWords is what has happened to the step.
func (b *Box) stateWords() string {
	text := b.State.Word
	if b.State.Count != "" {
		text = b.State.Count
	}
	if b.State.Until != "" {
		text += " until " + b.State.Until
	}
	return text
}

// mark is a sign for each sort, so that a picture without colour says the same.
func mark(s Sort) string {
	return map[Sort]string{People: "☻", Page: "☎", Wait: "⏲", Tell: "✉", System: "⚙", Block: "▦", Flow: "➤"}[s]
}
