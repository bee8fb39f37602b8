package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/roster/feeds"
)

const (
	// calendarsPatience is how long a reload waits for the calendars; the answer to muster reload must not come too late.
	calendarsPatience = 5 * time.Second
	// freshCopy is the age up to which a command takes the server's copy of a calendar for what its source says. The server
	// reads it twice in this time.
	freshCopy = 10 * time.Minute
	// Commands show more of a calendar than the server keeps in force.
	shownBack  = 20 * daysOfWeek
	shownAhead = (maxFeedWeeks + 20) * daysOfWeek
)

// calendarFolder is where a data directory has the copies of calendars.
func calendarFolder(data string) string {
	if data == "" {
		return ""
	}
	return filepath.Join(data, feeds.Folder)
}

// openCalendars brings the copies of the calendars into force before anybody can be paged. Only where there is none the
// start waits for the source.
func (s *stack) openCalendars(ctx context.Context) error {
	s.calendars = feeds.NewKeeper(feeds.Options{
		Roster: s.options.Live, Reader: feeds.Reader{Dir: calendarFolder(s.options.DataDir)}, Logger: s.log,
	})
	s.calendars.Start(ctx)
	return ctx.Err()
}

// readCalendars reads the calendars again, after the configuration was, and answers what is wrong with them. What takes
// longer goes on in the background.
func (s *stack) readCalendars() []string {
	if len(s.options.Live.Config().Calendars) == 0 {
		return nil
	}
	read := make(chan []feeds.Calendar, 1)
	s.background.Go(func() { read <- s.calendars.Refresh(s.life) })
	select {
	case calendars := <-read:
		var out []string
		for _, c := range calendars {
			if c.Fault != "" {
				out = append(out, calendarSentence(c, time.Now()))
			}
			for _, p := range c.Problems {
				out = append(out, p.String())
			}
		}
		return out
	case <-time.After(calendarsPatience):
		return []string{"the calendars are not read yet; the log tells when one of them cannot be"}
	}
}

// calendarSentence says how old a calendar is, and why it is not newer.
func calendarSentence(c feeds.Calendar, now time.Time) string {
	switch {
	case c.Read.IsZero():
		return fmt.Sprintf("the calendar of %s cannot be read: %s; there is no copy of it, so nobody is called by it", c.Schedule, c.Fault)
	case c.Fault != "":
		return fmt.Sprintf("the calendar of %s cannot be read: %s; the copy of %s ago counts", c.Schedule, c.Fault, lengthText(now.Sub(c.Read)))
	}
	return fmt.Sprintf("%s: calendar read %s ago", c.Schedule, lengthText(now.Sub(c.Read)))
}

// calendarLook is what a command needs that looks at calendars.
type calendarLook struct {
	path   string // of the configuration
	data   string // directory with the server's copies; empty = as the configuration says
	getenv func(string) string
	at     time.Time // about which something is asked
}

// look reads the calendars of a configuration whose secrets were not followed, for a command that needs no server: the
// server's copies where they are fresh, else the sources. It answers the configuration with their shifts.
func (l calendarLook) look(ctx context.Context, config *roster.Config) (*roster.Config, map[string]feeds.Calendar) {
	if len(config.Calendars) == 0 {
		return config, nil
	}
	sources, faults := roster.LoadCalendars(l.path, roster.Outside{ReadFile: os.ReadFile, Getenv: l.getenv})
	with := *config
	with.Calendars = maps.Clone(config.Calendars)
	maps.Copy(with.Calendars, sources)
	now := time.Now()
	r := feeds.Reader{
		Dir:  calendarFolder(cmp.Or(l.data, config.Data, defaultData)),
		From: earlierOf(now, l.at).AddDate(0, 0, -shownBack), To: laterOf(now, l.at).AddDate(0, 0, shownAhead),
	}
	read := make(chan feeds.Calendar, len(with.Calendars))
	for schedule := range with.Calendars {
		go func() { read <- r.Look(ctx, &with, schedule, freshCopy) }()
	}
	found, shifts := map[string]feeds.Calendar{}, map[string]roster.Shifts{}
	for range len(with.Calendars) {
		c := <-read
		if p := faults[c.Schedule]; len(p) > 0 && c.Fault != "" {
			c.Fault = p[0].Message
		}
		found[c.Schedule], shifts[c.Schedule] = c, c.Known()
	}
	return with.WithShifts(shifts), found
}

// earlierOf is the earlier of two instants.
func earlierOf(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// laterOf is the later of two instants.
func laterOf(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// calendarNow is where a calendar stands, for programs.
type calendarNow struct {
	Read  time.Time `json:"read,omitzero"`   // zero: there is no copy
	Fault string    `json:"fault,omitempty"` // why it cannot be read now
}

// calendarNow is where the calendar of a schedule stands; nil where it has none.
func (b *dutyBook) calendarNow(s oncall.Schedule) *calendarNow {
	c, ok := b.calendars[s.Name]
	if !ok {
		return nil
	}
	return &calendarNow{Read: c.Read.UTC(), Fault: c.Fault}
}

// calendarLines says how old the calendars are, in red where one is old or cannot be read.
func (b *dutyBook) calendarLines(schedules ...string) {
	for _, name := range slices.Sorted(maps.Keys(b.calendars)) {
		if len(schedules) > 0 && !slices.Contains(schedules, name) {
			continue
		}
		c, now := b.calendars[name], time.Now()
		alarm := c.Fault != "" || now.Sub(c.Read) > feeds.StaleAfter
		for _, line := range wrapped(calendarSentence(c, now), min(b.wide, fineWidth)) {
			b.styled(line, alarm)
		}
	}
}
