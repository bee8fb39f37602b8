package rehearsal

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/runbooks"
)

// Line is one line of a transcript, to be read aloud.
type Line struct {
	At   time.Time          `json:"at"` // in the play's zone
	Kind incident.EntryKind `json:"kind"`
	By   incident.Actor     `json:"by,omitzero"`
	Text string             `json:"text"`
	Step string             `json:"step,omitempty"`
	// Who is set for what the world saw: "system", "telephone", "chat" or "mail".
	Who string `json:"who,omitempty"`
	// More are lines that belong to it: what each choice leads to, what silence leads to.
	More []string `json:"more,omitempty"`
}

// Lines is the transcript of a play: the incident's timeline, with what it did to systems, and at each question what
// every answer leads to. What repeats itself without end is told twice and then counted.
func (r *Result) Lines() []Line {
	lines := make([]Line, 0, len(r.Entries)+len(r.Acts))
	for _, e := range r.Entries {
		if !onItsWay(e) {
			lines = append(lines, r.line(e))
		}
	}
	heard := map[string]bool{}
	for _, a := range r.Acts {
		again := (a.Kind == "call" || a.Kind == "dm") && heard[string(a.Who)+a.Text]
		heard[string(a.Who)+a.Text] = true
		if again {
			continue
		}
		if who, text, told := outward(a, r.heard(a)); told {
			lines = append(lines, Line{At: a.At.In(r.Start.Location()), Text: text, Who: who})
		}
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return a.At.Compare(b.At) })
	return counted(lines)
}

// onItsWay says whether a line is only the provider's word that a telephone rings, or that a message is on its way: who is
// called hears it ring.
func onItsWay(e incident.Entry) bool {
	return e.Kind == incident.EntryCall && (strings.HasSuffix(e.Text, " rings") ||
		strings.HasSuffix(e.Text, " was sent a message") ||
		strings.HasSuffix(e.Text, " was sent a message in Slack") ||
		strings.HasSuffix(e.Text, " was sent a message by e-mail") || strings.HasSuffix(e.Text, " has the message"))
}

// line is an entry of the timeline.
func (r *Result) line(e incident.Entry) Line {
	l := Line{At: e.At.In(r.Start.Location()), Kind: e.Kind, By: e.By, Text: e.Text, Step: e.Step}
	switch e.Kind {
	case incident.EntryQuestion:
		l.More = r.leadsTo(e)
	case incident.EntryCall:
		if clock := r.clockOf(e); clock != "" {
			l.Text += ", " + clock
		}
	}
	return l
}

// clockOf is the time of day for somebody who is called and lives in another zone.
func (r *Result) clockOf(e incident.Entry) string {
	name, calls := strings.CutPrefix(e.Text, "calling ")
	if !calls {
		return ""
	}
	for _, p := range r.Final.Incident.Pages {
		for _, a := range p.Attempts {
			zone := r.Zones[a.Person]
			if zone == nil || !strings.HasPrefix(name, a.Name+" ") {
				continue
			}
			_, there := e.At.In(zone).Zone()
			_, here := e.At.In(r.Start.Location()).Zone()
			if there != here {
				return e.At.In(zone).Format("15:04 Mon") + " where they are"
			}
		}
	}
	return ""
}

// heard is the person whose telephone an act reached, by name.
func (r *Result) heard(a memory.Line) string { return cmp.Or(r.shown[a.Who], string(a.Who)) }

// outward is what an act shows to somebody outside; told is false for what the timeline says already.
func outward(a memory.Line, name string) (who, text string, told bool) {
	switch a.Kind {
	case "action", "http", "run", "ticket", "bridge", "update":
		return "system", a.What, true
	case "call":
		return "telephone", name + " hears: “" + a.Text + "”", true
	case "dm":
		return "chat", name + " reads in Slack: “" + a.Text + "”", true
	case "mail":
		return "mail", name + " reads a mail: “" + a.Name + "”", true
	}
	return "", "", false
}

// leadsTo says what each answer to a question leads to, and silence.
func (r *Result) leadsTo(e incident.Entry) []string {
	var more []string
	if step := r.step(e.Step); step != nil {
		for _, way := range consequences(step) {
			more = append(more, r.filledIn(way))
		}
	}
	for _, q := range r.Final.Incident.Questions {
		if q.Step == e.Step && q.OpenedAt.Equal(e.At) && !q.Deadline.IsZero() {
			more = append(more, fmt.Sprintf("no answer until %s → %s", q.Deadline.In(r.Start.Location()).Format("15:04:05"), cmp.Or(q.OnTimeout, "asks again")))
		}
	}
	return more
}

// filledIn is a text of the runbook with the inputs of the play; other expressions stay as they are written.
func (r *Result) filledIn(text string) string {
	return inputMark.ReplaceAllStringFunc(text, func(mark string) string {
		if value, ok := r.inputs[inputMark.FindStringSubmatch(mark)[1]]; ok {
			return expression.Format(value)
		}
		return mark
	})
}

// inputMark is an input in a text.
var inputMark = regexp.MustCompile(`\$\{\{ *inputs\.([a-z][a-z0-9_]*) *\}\}`)

// step finds a step of the runbook by the address that people type.
func (r *Result) step(address string) *runbooks.Step { return r.steps[runbooks.WithoutItems(address)] }

// consequences lists what the answers to a step lead to.
func consequences(s *runbooks.Step) []string {
	var out []string
	switch {
	case s.Ask != nil:
		for _, c := range s.Ask.Choices {
			for _, way := range s.Ask.Cases {
				if way.Choice == c.Key {
					out = append(out, "["+c.Label+"] → "+told(way.Steps))
				}
			}
		}
	case s.Approve != nil:
		if len(s.Approve.Then) > 0 {
			out = append(out, "[Approve] → "+told(s.Approve.Then))
		}
		if len(s.Approve.Else) > 0 {
			out = append(out, "[Reject] → "+told(s.Approve.Else))
		}
	}
	return out
}

// told is a block of steps in one line.
func told(steps []runbooks.Step) string {
	if len(steps) == 0 {
		return "goes on"
	}
	words := make([]string, 0, len(steps))
	for n := range steps {
		words = append(words, steps[n].Summary())
	}
	return strings.Join(words, ", then ")
}

// How repetition is told.
const (
	longestPeriod = 60 // lines of what repeats itself
	fewest        = 3  // repetitions worth counting
	atOnce        = 2 * time.Second
)

// counted tells what happens several times at once in one line, and what repeats itself twice; then it says how often
// that goes on and until when.
func counted(lines []Line) []Line {
	lines = merged(lines)
	var out []Line
	for n := 0; n < len(lines); {
		period, times := repetition(lines[n:])
		if times < fewest {
			out = append(out, lines[n])
			n++
			continue
		}
		out = append(out, lines[n:n+2*period]...)
		last := lines[n+times*period-1]
		out = append(out, Line{
			At: last.At, Kind: incident.EntryLeftOut,
			Text: fmt.Sprintf("… and so on, %d more times until %s", times-2, last.At.Format("Mon 15:04:05")),
		})
		n += times * period
	}
	return out
}

// merged leaves out lines that say what one of the last moment says, and counts them there.
func merged(lines []Line) []Line {
	var out []Line
	counts := map[int]int{} // by the place in out
	for _, l := range lines {
		if at := before(out, l); at >= 0 {
			counts[at]++
			continue
		}
		out = append(out, l)
	}
	for at, more := range counts {
		out[at].Text += fmt.Sprintf(" (%d times)", more+1)
	}
	return out
}

// before finds a line of the last moment that says the same; -1 = none does.
func before(lines []Line, l Line) int {
	for n := len(lines) - 1; n >= 0 && l.At.Sub(lines[n].At) < atOnce; n-- {
		if same(lines[n:n+1], []Line{l}) && len(l.More) == 0 {
			return n
		}
	}
	return -1
}

// repetition finds how many lines at the beginning repeat themselves, and how often.
func repetition(lines []Line) (period, times int) {
	for period = 1; period <= longestPeriod && fewest*period <= len(lines); period++ {
		times = 1
		for (times+1)*period <= len(lines) && same(lines[:period], lines[times*period:(times+1)*period]) {
			times++
		}
		if times >= fewest {
			return period, times
		}
	}
	return 0, 0
}

// same says whether two stretches say the same, apart from their times.
func same(a, b []Line) bool {
	for n := range a {
		if a[n].Kind != b[n].Kind || a[n].Text != b[n].Text || a[n].Who != b[n].Who {
			return false
		}
	}
	return true
}
