package main

import (
	"context"
	"time"

	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/roster/feeds"
)

// checkCalendars reads every calendar of a configuration once, from its source alone, and answers the configuration with
// their shifts, so that gaps are found in them as in every other schedule. One that cannot be read is a mistake; events of
// one that do not count are warnings.
func checkCalendars(ctx context.Context, config *roster.Config, now time.Time) (*roster.Config, []finding) {
	var out []finding
	known := map[string]roster.Shifts{}
	r := feeds.Reader{From: earlierOf(time.Now(), now).AddDate(0, 0, -shownBack), To: laterOf(time.Now(), now).AddDate(0, 0, shownAhead)}
	for _, s := range config.Book.Schedules {
		if !s.Calendar {
			continue
		}
		c := r.Look(ctx, config, s.Name, 0)
		known[s.Name] = c.Known()
		what := "schedules." + s.Name + ".calendar"
		if c.Fault != "" {
			out = append(out, calendarFinding(roster.Problem{
				File: config.Path, Message: what + " cannot be read: " + c.Fault, Remedy: "ask for the address from this machine, and see what it answers",
			}, false))
			continue
		}
		for _, p := range c.Problems {
			p.File, p.Message = config.Path, what+": "+p.Message
			out = append(out, calendarFinding(p, true))
		}
		if len(c.Shifts) == 0 {
			out = append(out, calendarFinding(roster.Problem{
				File: config.Path, Message: what + " has no shift of anybody", Remedy: "say with people: whom its names mean",
			}, true))
		}
	}
	return config.WithShifts(known), out
}

// calendarFinding is a problem of a calendar as a finding.
func calendarFinding(p roster.Problem, warning bool) finding {
	f := finding{File: p.File, Warning: warning, Message: p.Message, Hint: p.Remedy}
	if warning {
		p.Message = "warning: " + p.Message
	}
	f.text = p.String()
	return f
}
