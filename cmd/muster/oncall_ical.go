package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// How much of a schedule its calendar holds. Calendars forget what a feed no longer has, so a month of the past stays.
const (
	feedWeeks    = 26
	feedPast     = 4 * 7 * 24 * time.Hour
	maxFeedWeeks = 104
)

// icalCommand prints a schedule as an iCalendar, or the address where calendars can subscribe to it.
func icalCommand(sh shell) *cobra.Command {
	var f dutyFlags
	var weeks int
	var address bool
	c := &cobra.Command{
		Use: "ical SCHEDULE", Short: "Print a schedule as an iCalendar, or the address to subscribe to",
		Long: "Print a schedule as an iCalendar: an event for each turn, and one for each gap. With --url the address is printed\n" +
			"at which the gateway serves it, for calendars that subscribe. The address holds a token that opens this calendar and\n" +
			"nothing else; it is made from the API token, so that a new API token closes all of them.",
		Example: "  muster oncall ical checkout-oncall > checkout.ics\n  muster oncall ical checkout-oncall --url",
		Args:    words("SCHEDULE"), ValidArgsFunction: completeSchedules(sh, &f.files),
		RunE: func(c *cobra.Command, words []string) error {
			if weeks < 1 || weeks > maxFeedWeeks {
				return misused("--weeks 26", "--weeks: between 1 and %d", maxFeedWeeks)
			}
			b, err := f.open(c.Context(), sh)
			if err != nil {
				return err
			}
			schedule, err := b.schedule(words[0])
			if err != nil {
				return err
			}
			if address {
				return b.feedAddress(schedule, serverSources(sh, f.files).config, sh.getenv)
			}
			if schedule.Unread != "" {
				return &oncall.UnreadCalendar{Schedule: schedule.Name, Why: schedule.Unread}
			}
			data, err := byDays(roster.Calendar{
				Schedule: schedule, People: b.book.People, Overrides: b.overrides, From: b.at, To: b.at.AddDate(0, 0, daysOfWeek*weeks),
			}).ICal()
			if err != nil {
				return err
			}
			if b.json {
				return b.object(map[string]string{"calendar": string(data)})
			}
			if _, err := sh.stdout.Write(data); err != nil {
				return fmt.Errorf("write the calendar: %w", err)
			}
			return nil
		},
	}
	f.add(c)
	c.Flags().IntVar(&weeks, "weeks", feedWeeks, "how many weeks")
	c.Flags().BoolVar(&address, "url", false, "print the address to subscribe to")
	return c
}

// byDays makes a calendar one of whole days, so that it stays the same, byte by byte, until the day or the schedule
// changes.
func byDays(c roster.Calendar) roster.Calendar {
	c.From, c.To = wholeDay(c.From), wholeDay(c.To)
	c.Stamp = c.From
	return c
}

// wholeDay is the beginning of an instant's day, in UTC.
func wholeDay(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

// feedAddress prints where a calendar can subscribe.
func (b *dutyBook) feedAddress(s oncall.Schedule, path string, getenv func(string) string) error {
	door, problems := roster.LoadDoor(path, roster.Outside{ReadFile: os.ReadFile, Getenv: getenv})
	if len(problems) > 0 {
		return withHint(problems.Err(), "run this where gateway.tokens.api can be had: the address is made from it")
	}
	base := cmp.Or(door.PublicURL, "http://"+reachable(cmp.Or(door.Listen, defaultListen)))
	address := base + gateway.CalendarPath(s.Name) + "?token=" + gateway.CalendarToken(door.API.Reveal(), s.Name)
	b.line("%s", address)
	return b.object(map[string]string{"url": address})
}

// calendars are the schedules of the configuration in force, for the gateway.
type calendars struct {
	config    func() *roster.Config
	overrides overrideSource
	now       func() time.Time
}

// Calendar is a schedule as an iCalendar; false when there is no such schedule.
func (c calendars) Calendar(ctx context.Context, name string) ([]byte, bool, error) {
	book := c.config().Book
	for _, s := range book.Schedules {
		if s.Name != name {
			continue
		}
		if s.Unread != "" {
			return nil, true, &oncall.UnreadCalendar{Schedule: name, Why: s.Unread} // a calendar of gaps would be wrong
		}
		made, err := c.overrides(ctx)
		if err != nil {
			return nil, true, fmt.Errorf("ask for the overrides of %s: %w", name, err)
		}
		now := c.now()
		calendar := byDays(roster.Calendar{
			Schedule: s, People: book.People, Overrides: made, From: now.Add(-feedPast), To: now.AddDate(0, 0, daysOfWeek*feedWeeks),
		})
		calendar.Stamp = wholeDay(now)
		data, err := calendar.ICal()
		return data, true, err
	}
	return nil, false, nil
}

// Schedules lists the names.
func (c calendars) Schedules() []string {
	var names []string
	for _, s := range c.config().Book.Schedules {
		names = append(names, s.Name)
	}
	return names
}
