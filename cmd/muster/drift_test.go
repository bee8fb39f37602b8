//go:build !noengine

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// TestRehearsalIsProduction lets one incident happen twice, by one runbook and one script: in rehearsal, and on the real
// engine with the real worker and the real providers. Both must tell the same.
func TestRehearsalIsProduction(t *testing.T) {
	t.Parallel()
	w := newDriftWorlds(t)
	live := w.live(t)
	played := w.played(t, live.began)
	t.Log("played:\n" + played.String())
	t.Log("live:\n" + live.String())
}

// played plays the script in rehearsal, with the people of the same configuration.
func (w *driftWorlds) played(t *testing.T, start time.Time) *driftStory {
	t.Helper()
	books, live, _, err := openConfiguration(sources{config: w.config, books: filepath.Join(w.dir, "runbooks")}, w.getenv)
	if err != nil {
		t.Fatal(err)
	}
	runbook, _, err := books.Runbook("drift")
	if err != nil {
		t.Fatal(err)
	}
	script := w.script
	script.Start = start
	options, err := castOf(live.Config(), rehearsal.Options{Runbook: &runbook, Script: script})
	if err != nil {
		t.Fatal(err)
	}
	result, err := rehearsal.Run(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range result.Faults {
		t.Errorf("%s: %s", fault.Mark, fault.Text)
	}
	s := newDriftStory(result.Final, result.Entries)
	for _, a := range result.Acts {
		switch a.Kind {
		case "call":
			s.add("calls", a.At, "calls %s: %s", a.Who, a.Text)
		case "text":
			s.add("texts", a.At, "texts %s: %s", a.Who, a.Text)
		case "post":
			s.add("room", a.At, "%s", strings.Replace(a.What, "post", "posts", 1))
		case "show":
			s.add("topic", a.At, "%s", a.What)
		case "http", "action", "update", "run":
			s.add("systems", a.At, "%s", a.What)
		default:
			s.add("other", a.At, "%s %s", a.Kind, a.What)
		}
	}
	return s
}

// driftStory is how an incident went.
type driftStory struct {
	began time.Time
	lines []driftLine
	final map[string]string
}

// driftLine is one thing that happened.
type driftLine struct {
	lane string
	at   time.Duration // since the declaration
	text string
}

func (l driftLine) String() string {
	return fmt.Sprintf("%6.2f s  %-10s %s", l.at.Seconds(), l.lane, l.text)
}

func newDriftStory(shown contract.Snapshot, entries []incident.Entry) *driftStory {
	s := &driftStory{began: shown.Incident.DeclaredAt, final: map[string]string{}}
	for _, e := range entries {
		s.add("timeline", e.At, "%-12s [%s] <%s/%s> %s", e.Kind, e.Step, e.By.Name, e.By.Door, e.Text)
	}
	inc := shown.Incident
	for name, value := range map[string]any{
		"ending": inc.Ending, "ended by": inc.EndedBy.Name, "severity": inc.Severity, "acknowledged by": inc.AcknowledgedBy,
		"commander": inc.Holders[incident.Commander].Name, "closed": shown.Closed,
	} {
		s.final[name] = fmt.Sprint(value)
	}
	for _, step := range shown.Steps {
		s.final["step "+step.Address+" "+step.Item] = fmt.Sprintf("%s by %s %s", step.State, step.By, step.Problem)
	}
	return s
}

func (s *driftStory) add(lane string, at time.Time, format string, args ...any) {
	s.lines = append(s.lines, driftLine{lane: lane, at: at.Sub(s.began), text: fmt.Sprintf(format, args...)})
}

func (s *driftStory) String() string {
	var b strings.Builder
	for _, l := range s.lines {
		fmt.Fprintln(&b, l)
	}
	fmt.Fprintln(&b, s.final)
	return b.String()
}

var _ = runbooks.PhoneOff
