//go:build !noengine

package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Bounds of what two worlds may differ by.
const (
	driftTolerance = 1500 * time.Millisecond // of an instant, on a loaded machine
	driftBrief     = time.Second             // what stood for less may have been passed over
)

// driftStory is how an incident went in one of the two worlds.
type driftStory struct {
	began time.Time
	lines []driftLine
	final map[string]string // how it ended
}

// driftLine is one thing that happened. Within a lane the order counts. Between lanes, which happen side by side, only
// the time does.
type driftLine struct {
	lane  string
	at    time.Duration // since the declaration
	text  string
	spans []time.Duration // the lengths of time in the text
}

// String is a line of a comparison.
func (l driftLine) String() string {
	return fmt.Sprintf("%6.2f s  %s | %s", l.at.Seconds(), l.lane, l.text)
}

// The measured lengths of time and times of day in a text.
var (
	driftSpan  = regexp.MustCompile(`\b[0-9.]+(ms|s)\b`)
	driftClock = regexp.MustCompile(`\b[0-9]{2}:[0-9]{2}(:[0-9]{2})?\b`)
)

// same says whether two lines tell the same: the same words in the same lane, at about the same time and with about the
// same lengths of time in them.
func (l driftLine) same(other driftLine) bool {
	about := func(a, b time.Duration) bool { return (a - b).Abs() <= driftTolerance }
	return l.lane == other.lane && l.words() == other.words() && about(l.at, other.at) &&
		slices.EqualFunc(l.spans, other.spans, about)
}

// words is the text without what is measured.
func (l driftLine) words() string {
	return driftClock.ReplaceAllString(driftSpan.ReplaceAllString(l.text, "‹span›"), "‹time›")
}

// newDriftStory is what the incident says of itself.
func newDriftStory(shown contract.Snapshot, entries []incident.Entry) *driftStory {
	s := &driftStory{began: shown.Incident.DeclaredAt, final: map[string]string{}}
	for _, e := range entries {
		lane := "timeline " + e.Step
		switch {
		case overtaken(entries, e):
			continue
		case e.By.Door == "":
			lane += " " + e.Text // the telephone company's word comes when it comes
		}
		s.add(lane, e.At, "%s by %s: %s", e.Kind, strings.Trim(e.By.Name+"/"+string(e.By.Door), "/"), e.Text)
	}
	inc := shown.Incident
	holders := map[incident.Role]string{}
	for role, holder := range inc.Holders {
		holders[role] = holder.Name
	}
	records := make([]string, 0, len(shown.Record))
	for _, place := range shown.Record {
		records = append(records, filepath.Base(place))
	}
	for name, value := range map[string]any{
		"key": inc.Key, "ending": inc.Ending, "ended by": inc.EndedBy, "severity": inc.Severity, "phase": inc.Phase, "holders": holders,
		"acknowledged by": inc.AcknowledgedBy, "records": records, "closed": shown.Closed, "left to take back": len(shown.Undo),
	} {
		s.final[name] = fmt.Sprint(value)
	}
	for _, step := range shown.Steps {
		s.final["step "+step.Address+" "+step.Key] = fmt.Sprintf("%s by %q %s", step.State, step.By, step.Problem)
	}
	for _, phase := range shown.Phases {
		s.final[fmt.Sprint("phase ", phase.Phase)] = fmt.Sprintf("pass %d, ended: %v", phase.Pass, !phase.Ended.IsZero())
	}
	return s
}

// overtaken says whether an entry is a word of the telephone company that its next word may overtake: a message was sent
// before it has arrived, and a telephone may ring before it is busy.
func overtaken(entries []incident.Entry, e incident.Entry) bool {
	person, rings := strings.CutSuffix(e.Text, " rings")
	busy := rings && slices.ContainsFunc(entries, func(other incident.Entry) bool {
		return other.Step == e.Step && other.Text == person+" is busy"
	})
	return e.By.Door == "" && (busy || strings.HasSuffix(e.Text, " was sent a message"))
}

// add writes down one thing.
func (s *driftStory) add(lane string, at time.Time, format string, args ...any) {
	l := driftLine{lane: strings.TrimSpace(lane), at: at.Sub(s.began), text: strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " / ")}
	for _, span := range driftSpan.FindAllString(l.text, -1) {
		if d, err := time.ParseDuration(span); err == nil {
			l.spans = append(l.spans, d)
		}
	}
	s.lines = append(s.lines, l)
}

// inLanes sorts the lines by their lanes, which stand in the order in which they begin in another story. Between lines of
// a lane the order stays that in which they happened.
func (s *driftStory) inLanes(like *driftStory) []driftLine {
	place := func(l driftLine) int {
		n := slices.IndexFunc(like.lines, func(other driftLine) bool { return other.lane == l.lane })
		if n < 0 {
			return len(like.lines)
		}
		return n
	}
	sorted := slices.Clone(s.lines)
	slices.SortStableFunc(sorted, func(a, b driftLine) int { return place(a) - place(b) })
	return sorted
}

// brief lists the texts of a lane that stood for a moment only: what is shown follows what is so, and passes over what
// was so in between.
func (s *driftStory) brief(lane string) []string {
	var out []string
	var before *driftLine
	for n := range s.lines {
		if s.lines[n].lane != lane {
			continue
		}
		if before != nil && s.lines[n].at-before.at < driftBrief {
			out = append(out, before.text)
		}
		before = &s.lines[n]
	}
	return out
}

// forget drops the lines with these texts.
func (s *driftStory) forget(texts []string) {
	s.lines = slices.DeleteFunc(s.lines, func(l driftLine) bool { return slices.Contains(texts, l.text) })
}

// String is the whole story in the order of its times.
func (s *driftStory) String() string {
	sorted := slices.Clone(s.lines)
	slices.SortStableFunc(sorted, func(a, b driftLine) int { return int(a.at - b.at) })
	var b strings.Builder
	for _, l := range sorted {
		fmt.Fprintln(&b, l)
	}
	return b.String()
}
