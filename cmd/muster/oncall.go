package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/roster/feeds"
	"github.com/musterbook/musterbook/runbooks"
)

// overrideSource tells the overrides that people have made, which do not stand in the configuration.
type overrideSource func(ctx context.Context) ([]oncall.Override, error)

// Bounds of what is shown of a schedule.
const (
	calendarWeeks    = 4
	maxCalendarWeeks = 52
)

// oncallCommand shows who is on call, and when.
func oncallCommand(sh shell) *cobra.Command {
	var f dutyFlags
	var weeks int
	c := &cobra.Command{
		Use: "oncall [SCHEDULE]", Short: "Show who is on call now and next, or the calendar of a schedule with its gaps",
		Long: "Show who is on call. Without SCHEDULE: now on every schedule, until when, and who is next. With one: its calendar, week\n" +
			"by week, with hand-overs, overrides and gaps. It is read from the configuration; the overrides come from the server. When it\n" +
			"cannot be reached it is said, and the rest is shown. A schedule that is a calendar of another tool is read from the\n" +
			"server's copy where it is fresh, else from the calendar itself; how old it is stands below.",
		Example: "  muster oncall\n" +
			"  muster oncall checkout-oncall --weeks 8\n" +
			"  muster oncall --at \"2026-10-25T01:30 Europe/Berlin\"\n" +
			"  muster oncall ical checkout-oncall > checkout.ics",
		Args: wordsUpTo(0, "SCHEDULE"), ValidArgsFunction: completeSchedules(sh, &f.files),
		RunE: func(c *cobra.Command, words []string) error {
			if weeks < 1 || weeks > maxCalendarWeeks {
				return misused("--weeks 4", "--weeks: between 1 and %d", maxCalendarWeeks)
			}
			b, err := f.open(c.Context(), sh)
			if err != nil {
				return err
			}
			if len(words) == 0 {
				return b.listDuties()
			}
			schedule, err := b.schedule(words[0])
			if err != nil {
				return err
			}
			return b.showCalendar(schedule, weeks)
		},
	}
	f.add(c)
	f.addZone(c)
	c.Flags().IntVar(&weeks, "weeks", calendarWeeks, "how many weeks of a schedule")
	c.AddCommand(icalCommand(sh), takeCommand(sh), overrideCommand(sh), overridesCommand(sh), cancelOverrideCommand(sh))
	return c
}

// dutyFlags say for when and from where duties are told.
type dutyFlags struct {
	files          sources
	data, at, zone string
	json           bool
}

// add gives a command the flags.
func (f *dutyFlags) add(c *cobra.Command) {
	c.Flags().StringVar(&f.files.config, "config", "", "configuration (default "+configVariable+", else "+defaultConfig+")")
	c.Flags().StringVar(&f.data, "data", "", "data directory with the copies of calendars (default the configuration's)")
	c.Flags().StringVar(&f.at, "at", "", `when, by whose clock: "2026-10-25T01:30 Europe/Berlin" (default now)`)
	addJSON(c, &f.json)
}

// addZone gives a command that shows times the flag for their zone.
func (f *dutyFlags) addZone(c *cobra.Command) {
	c.Flags().StringVar(&f.zone, "zone", "", "zone in which times are shown (default the schedule's; of several, this machine's)")
}

// dutyBook is a configuration that is asked about one instant.
type dutyBook struct {
	printer
	config    *roster.Config
	book      oncall.Book
	overrides []oncall.Override         // that stand; none where they cannot be read
	calendars map[string]feeds.Calendar // by schedule
	at        time.Time
	zone      *time.Location // in which people want the times; nil = they have not said
	wide      int            // of the screen, in cells
	colour    bool
}

// open reads what the flags name.
func (f *dutyFlags) open(ctx context.Context, sh shell) (*dutyBook, error) {
	b := &dutyBook{printer: printer{w: sh.stdout, json: f.json}, at: time.Now().Truncate(time.Second)}
	b.wide, b.colour = terminalOf(sh.stdout)
	if f.at != "" {
		var err error
		if b.at, err = runbooks.ParseStart(f.at); err != nil {
			return nil, misused(`--at "2026-10-25T01:30 Europe/Berlin"`, "--at: %v", err)
		}
		if strings.Contains(b.at.Location().String(), "/") {
			b.zone = b.at.Location()
		}
	}
	if f.zone != "" {
		zone, err := time.LoadLocation(f.zone)
		if err != nil {
			return nil, misused("--zone Europe/Berlin", "--zone: there is no time zone %q", f.zone)
		}
		b.zone = zone
	}
	var err error
	if b.config, err = readConfiguration(serverSources(sh, f.files).config); err != nil {
		return nil, err
	}
	look := calendarLook{path: b.config.Path, data: f.data, getenv: sh.getenv, at: b.at}
	b.config, b.calendars = look.look(ctx, b.config)
	b.book = b.config.Book
	if b.overrides, err = standingOverrides(ctx, sh, b.config); err != nil {
		if _, err := fmt.Fprintf(sh.stderr, "muster: the overrides cannot be read, so they are not shown: %v\n", err); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// standingOverrides asks the server for the overrides that stand.
func standingOverrides(ctx context.Context, sh shell, config *roster.Config) ([]oncall.Override, error) {
	ctx, cancel := context.WithTimeout(ctx, overridesPatience)
	defer cancel()
	c, namespace, err := sh.dial(ctx, "", config.Temporal)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	incidents, err := gateway.New(gateway.Options{Client: c, Namespace: namespace})
	if err != nil {
		return nil, err
	}
	return incidents.Overrides(ctx)
}

// overridesPatience is how long a command that shows who is on call waits for the server.
const overridesPatience = 2 * time.Second

// readConfiguration reads a configuration for a command that only looks at it: secrets are not followed.
func readConfiguration(path string) (*roster.Config, error) {
	config, problems := roster.Load(path, roster.Outside{ReadFile: os.ReadFile})
	if len(problems) > 0 {
		return nil, withHint(problems.Err(), "see muster check "+path)
	}
	return config, nil
}

// schedule finds a schedule.
func (b *dutyBook) schedule(name string) (oncall.Schedule, error) {
	names := make([]string, 0, len(b.book.Schedules))
	for _, s := range b.book.Schedules {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return oncall.Schedule{}, unknownName("schedule", name, names)
}

// unknownName refuses a name that the configuration does not have.
func unknownName(kind, name string, known []string) error {
	hint := "the configuration has none"
	if near, ok := oncall.Nearest(name, known); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	} else if len(known) > 0 {
		hint = "one of: " + strings.Join(known, ", ")
	}
	return &gateway.Refusal{Kind: gateway.RefusedInput, What: fmt.Sprintf("no %s is called %q", kind, name), Hint: hint}
}

// name is a person's name for people.
func (b *dutyBook) name(id oncall.PersonID) string {
	if p, ok := b.book.Person(id); ok && p.Name != "" {
		return oneLine(p.Name)
	}
	return string(id)
}

// names lists people's names.
func (b *dutyBook) names(ids []oncall.PersonID) string {
	all := make([]string, 0, len(ids))
	for _, id := range ids {
		all = append(all, b.name(id))
	}
	return strings.Join(all, ", ")
}

// shownIn is the zone in which times are shown, where nobody has named one.
func (b *dutyBook) shownIn(otherwise *time.Location) *time.Location {
	if b.zone != nil {
		return b.zone
	}
	return otherwise
}

// dayTime is a date with its time of day.
func dayTime(at time.Time, zone *time.Location) string { return at.In(zone).Format("Mon _2 Jan 15:04") }

// clockTitle is an instant with everything that tells which one is meant.
func clockTitle(at time.Time, zone *time.Location) string {
	text := at.In(zone).Format("Mon 2 Jan 2006 15:04 MST")
	if strings.Contains(zone.String(), "/") {
		text += " (" + zone.String() + ")"
	}
	return text
}

// untilText is when something ends, and how long that is from now.
func (b *dutyBook) untilText(until time.Time, zone *time.Location) string {
	if until.IsZero() {
		return "no end in sight"
	}
	return dayTime(until, zone) + ", in " + lengthText(until.Sub(b.at))
}

// lengthText is a length of time in the two units that say most, from days to minutes.
func lengthText(d time.Duration) string {
	switch minutes := int(d.Round(time.Minute).Minutes()); {
	case minutes < 60:
		return fmt.Sprintf("%dm", minutes)
	case minutes < minutesOfDay:
		return fmt.Sprintf("%dh %02dm", minutes/60, minutes%60)
	default:
		return fmt.Sprintf("%dd %02dh", minutes/minutesOfDay, minutes%minutesOfDay/60)
	}
}

// completeSchedules suggests the schedules of the configuration for a command's first word.
func completeSchedules(sh shell, files *sources) cobra.CompletionFunc {
	return completeFromConfiguration(sh, files, func(c *roster.Config) []cobra.Completion {
		var found []cobra.Completion
		for _, s := range c.Book.Schedules {
			found = append(found, s.Name)
		}
		return found
	})
}

// completeServices suggests the services of the configuration likewise.
func completeServices(sh shell, files *sources) cobra.CompletionFunc {
	return completeFromConfiguration(sh, files, func(c *roster.Config) []cobra.Completion {
		var found []cobra.Completion
		for _, name := range c.Services() {
			to, _ := c.Service(name)
			found = append(found, cobra.CompletionWithDesc(name, oneLine(to.Title)))
		}
		return found
	})
}

// completeFromConfiguration suggests a first word; nothing where there is no configuration that can be read.
func completeFromConfiguration(sh shell, files *sources, names func(*roster.Config) []cobra.Completion) cobra.CompletionFunc {
	return func(_ *cobra.Command, words []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(words) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		config, err := readConfiguration(serverSources(sh, *files).config)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(config), cobra.ShellCompDirectiveNoFileComp
	}
}
