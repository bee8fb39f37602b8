package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// takeCommand takes the pager for a while.
func takeCommand(sh shell) *cobra.Command {
	var f callFlags
	var reason, data string
	c := &cobra.Command{
		Use: "take [SCHEDULE] DURATION", Short: "Take the pager for a while: you are on call in place of everybody else on the schedule",
		Long: "Take the pager for a while. From now on you are on call on SCHEDULE, in place of whoever is. Without SCHEDULE it is the one\n" +
			"that you are on. It counts from the next call on, also for pages that go on to their next level.",
		Example: "  muster oncall take 2h\n  muster oncall take checkout-oncall 45m --reason \"Ben is on a plane\"",
		Args:    cobra.RangeArgs(1, 2),
		RunE: func(c *cobra.Command, words []string) error {
			length, err := expression.ParseDuration(words[len(words)-1])
			if err != nil || length <= 0 {
				return misused("muster oncall take 2h", "%q is no length of time", words[len(words)-1])
			}
			return call(c.Context(), sh, f, func(d *caller) error {
				schedule := ""
				if len(words) == 2 {
					schedule = words[0]
				}
				if schedule, err = d.ownSchedule(c.Context(), schedule, calendarLook{data: data, getenv: sh.getenv}); err != nil {
					return err
				}
				now := time.Now().UTC().Truncate(time.Second)
				return d.override(c, oncall.Override{
					Schedule: schedule, Kind: oncall.OverrideReplace, Person: d.by.Person, Since: now, Until: now.Add(length), Reason: reason,
				})
			})
		},
	}
	f.addActor(c)
	c.Flags().StringVar(&reason, "reason", "", "why")
	c.Flags().StringVar(&data, "data", "", "data directory with the copies of calendars, to find the schedule that you are on (default the configuration's)")
	return c
}

// ownSchedule is the schedule that was named, or the one that the caller is on. Who is on a calendar stands in it alone, so
// the calendars are looked up.
func (d *caller) ownSchedule(ctx context.Context, named string, look calendarLook) (string, error) {
	if d.by.Person == "" {
		return "", withHint(fmt.Errorf("%s is no person of the configuration", d.by), "say who you are with --as, and where the configuration is with --config")
	}
	if named != "" || d.config == nil {
		return named, nil
	}
	look.path = d.config.Path
	d.config, _ = look.look(ctx, d.config)
	var own, unread []string
	for _, s := range d.config.Book.Schedules {
		if s.Unread != "" {
			unread = append(unread, (&oncall.UnreadCalendar{Schedule: s.Name, Why: s.Unread}).Error())
		}
		if slices.Contains(s.People(), d.by.Person) {
			own = append(own, s.Name)
		}
	}
	switch len(own) {
	case 1:
		return own[0], nil
	case 0:
		if len(unread) > 0 {
			return "", withHint(fmt.Errorf("%s is on no schedule that is known here: %s", d.by, strings.Join(unread, "; ")),
				"name the schedule: muster oncall take SCHEDULE 2h; or the server's data directory: --data")
		}
		return "", withHint(fmt.Errorf("%s is on no schedule", d.by), "name the schedule: muster oncall take SCHEDULE 2h")
	}
	return "", withHint(fmt.Errorf("%s is on several schedules", d.by), "name one of them: "+strings.Join(own, ", "))
}

// override makes an override, and tells it.
func (d *caller) override(c *cobra.Command, o oncall.Override) error {
	id := make([]byte, 4)
	if _, err := rand.Read(id); err != nil {
		return fmt.Errorf("make an id: %w", err)
	}
	o.ID, o.By = hex.EncodeToString(id), d.by.String()
	made, err := d.Override(c.Context(), o)
	if err != nil {
		return err
	}
	d.line("%s (override %s)", d.tellOverride(made), made.ID)
	return d.object(made)
}

// tellOverride is an override in words, in the schedule's zone.
func (d *caller) tellOverride(o oncall.Override) string {
	zone := time.UTC
	if d.config != nil {
		if s, ok := d.config.Book.Schedule(o.Schedule); ok {
			if known, err := time.LoadLocation(s.Zone); err == nil {
				zone = known
			}
		}
	}
	when := fmt.Sprintf("from %s until %s", o.Since.In(zone).Format("Mon 2 Jan 15:04"), o.Until.In(zone).Format("Mon 2 Jan 15:04 MST"))
	switch {
	case o.Kind == oncall.OverrideAdd:
		return fmt.Sprintf("%s is on %s, too, %s", o.Person, o.Schedule, when)
	case o.Kind == oncall.OverrideRemove:
		return fmt.Sprintf("%s is not on %s %s", o.Person, o.Schedule, when)
	case o.Instead != "":
		return fmt.Sprintf("%s is on %s in place of %s, %s", o.Person, o.Schedule, o.Instead, when)
	}
	return fmt.Sprintf("%s has %s %s", o.Person, o.Schedule, when)
}

// overrideFlags say what an override changes.
type overrideFlags struct {
	call                 callFlags
	add, remove          string
	with, instead        string
	from, until, lasting string
	reason               string
}

// overrideCommand changes who is on call, now or later.
func overrideCommand(sh shell) *cobra.Command {
	var f overrideFlags
	c := &cobra.Command{
		Use: "override SCHEDULE", Short: "Change who is on call on a schedule for a while: replace, add or remove somebody",
		Long: "Change who is on call on a schedule for a while, from now or from a time to come. --with replaces whoever is on call, or only\n" +
			"--instead-of; --add has somebody on call besides; --remove leaves the duty to the schedule's next layer. Of several overrides\n" +
			"at one time the one that was made last counts.",
		Example: "  muster oncall override checkout-oncall --with ben --instead-of ana --from \"2026-12-24T09:00 Europe/Berlin\" --for 3d\n" +
			"  muster oncall override checkout-oncall --add cem --for 8h\n" +
			"  muster oncall override checkout-oncall --remove ana --until \"2026-12-24T09:00 Europe/Berlin\"",
		Args: words("SCHEDULE"),
		RunE: func(c *cobra.Command, words []string) error {
			o, err := f.read(words[0], time.Now().UTC().Truncate(time.Second))
			if err != nil {
				return err
			}
			return call(c.Context(), sh, f.call, func(d *caller) error { return d.override(c, o) })
		},
	}
	f.call.addActor(c)
	flags := c.Flags()
	flags.StringVar(&f.with, "with", "", "who is on call in place of others")
	flags.StringVar(&f.instead, "instead-of", "", "whom --with replaces (default everybody)")
	flags.StringVar(&f.add, "add", "", "who is on call, too")
	flags.StringVar(&f.remove, "remove", "", "who is not on call")
	flags.StringVar(&f.from, "from", "", `when it begins: "2026-12-24T09:00 Europe/Berlin" (default now)`)
	flags.StringVar(&f.until, "until", "", "when it ends, in the same form")
	flags.StringVar(&f.lasting, "for", "", "how long it lasts: 2h, 3d")
	flags.StringVar(&f.reason, "reason", "", "why")
	c.MarkFlagsMutuallyExclusive("with", "add", "remove")
	c.MarkFlagsOneRequired("with", "add", "remove")
	c.MarkFlagsMutuallyExclusive("until", "for")
	c.MarkFlagsOneRequired("until", "for")
	return c
}

// read puts the override together.
func (f *overrideFlags) read(schedule string, now time.Time) (oncall.Override, error) {
	o := oncall.Override{Schedule: schedule, Reason: f.reason, Since: now, Person: oncall.PersonID(cmp.Or(f.with, f.add, f.remove))}
	switch {
	case f.with != "":
		o.Kind, o.Instead = oncall.OverrideReplace, oncall.PersonID(f.instead)
	case f.add != "":
		o.Kind = oncall.OverrideAdd
	default:
		o.Kind = oncall.OverrideRemove
	}
	if f.instead != "" && f.with == "" {
		return o, misused("--with ben --instead-of ana", "--instead-of goes with --with")
	}
	for _, t := range []struct {
		flag, text string
		into       *time.Time
	}{{"from", f.from, &o.Since}, {"until", f.until, &o.Until}} {
		if t.text == "" {
			continue
		}
		at, err := runbooks.ParseStart(t.text)
		if err != nil {
			return o, misused(fmt.Sprintf(`--%s "2026-12-24T09:00 Europe/Berlin"`, t.flag), "--%s: %v", t.flag, err)
		}
		*t.into = at.UTC()
	}
	var length time.Duration
	if err := lengthFlag("for", f.lasting, &length); err != nil {
		return o, err
	}
	if length > 0 {
		o.Until = o.Since.Add(length)
	}
	return o, nil
}

// overridesCommand lists the overrides that stand.
func overridesCommand(sh shell) *cobra.Command {
	var f callFlags
	c := &cobra.Command{
		Use: "overrides", Short: "List the overrides that stand, now or later", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return call(c.Context(), sh, f, func(d *caller) error {
				all, err := d.Overrides(c.Context())
				if err != nil {
					return err
				}
				for _, o := range all {
					d.line("%s  %s · by %s%s", o.ID, d.tellOverride(o), o.By, dashed(o.Reason))
				}
				if len(all) == 0 {
					d.line("no overrides: the schedules count as they are written")
					all = []oncall.Override{}
				}
				return d.object(all)
			})
		},
	}
	f.add(c)
	return c
}

// dashed is a reason behind a dash, or nothing.
func dashed(reason string) string {
	if reason == "" {
		return ""
	}
	return " – " + reason
}

// cancelOverrideCommand takes an override back.
func cancelOverrideCommand(sh shell) *cobra.Command {
	var f callFlags
	c := &cobra.Command{
		Use: "cancel ID", Short: "Take an override back: the schedule counts again", Args: words("ID"),
		Example: "  muster oncall overrides\n  muster oncall cancel 3f2a91c0",
		RunE: func(c *cobra.Command, words []string) error {
			return call(c.Context(), sh, f, func(d *caller) error {
				o, err := d.CancelOverride(c.Context(), contract.CancelOverrideRequest{ID: words[0], By: d.by.String(), At: time.Now().UTC()})
				if err != nil {
					return err
				}
				d.line("taken back: %s", d.tellOverride(o))
				return d.object(o)
			})
		},
	}
	f.addActor(c)
	return c
}
