package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/oncall"
)

// whoCommand says who owns a service, and who would be called for it.
func whoCommand(sh shell) *cobra.Command {
	var f dutyFlags
	c := &cobra.Command{
		Use: "who SERVICE", Short: "Show who would be called for a service, level by level",
		Long: "Show who would be called for a service: its owner, who that is now, and who is next when nobody answers. Whom the\n" +
			"service's runbook pages besides, and when, is what muster simulate tells. It is read from the configuration; no\n" +
			"server is needed, and nobody is called.",
		Example: "  muster who checkout\n  muster who checkout --at \"2026-10-25T01:30 Europe/Berlin\"",
		Args:    words("SERVICE"), ValidArgsFunction: completeServices(sh, &f.files),
		RunE: func(c *cobra.Command, words []string) error {
			b, err := f.open(c.Context(), sh)
			if err != nil {
				return err
			}
			out, err := b.who(words[0])
			if err != nil {
				return err
			}
			if b.json {
				return b.object(out)
			}
			b.showWho(out, serverSources(sh, f.files).config)
			return nil
		},
	}
	f.add(c)
	f.addZone(c)
	return c
}

// serviceCalls is who would be called for a service.
type serviceCalls struct {
	Service string      `json:"service"`
	Title   string      `json:"title,omitempty"`
	At      time.Time   `json:"at"`
	Owner   string      `json:"owner"`
	Kind    string      `json:"kind"` // person, schedule, team or policy
	Runbook string      `json:"runbook"`
	Levels  []callLevel `json:"levels"` // the last one is the fallback
	Repeat  int         `json:"repeat,omitempty"`
}

// callLevel is who is called at once.
type callLevel struct {
	Targets []callTarget  `json:"targets"`
	OneOf   bool          `json:"one_of,omitempty"` // in turn, incident by incident
	Ack     time.Duration `json:"ack,omitempty"`    // nanoseconds until the next level; zero: as the runbook says
}

// callTarget is a name and whom it means now; an empty list is a gap.
type callTarget struct {
	Name   string        `json:"name"`
	Kind   string        `json:"kind"`
	People []oncall.Duty `json:"people"`
	Unread string        `json:"unread,omitempty"` // why nobody knows whom it means
}

// who finds out who would be called for a service.
func (b *dutyBook) who(service string) (serviceCalls, error) {
	to, ok := b.config.Service(service)
	if !ok {
		return serviceCalls{}, unknownName("service", service, b.config.Services())
	}
	return b.callsTo(serviceCalls{
		Service: service, Title: to.Title, At: b.at.UTC(), Owner: to.Owner, Kind: b.kindOf(to.Owner), Runbook: to.Runbook,
	})
}

// callsTo completes it with the levels of the owner.
func (b *dutyBook) callsTo(out serviceCalls) (serviceCalls, error) {
	levels := []oncall.Level{{Targets: []string{out.Owner}}}
	if n := slices.IndexFunc(b.book.Policies, func(p oncall.Policy) bool { return p.Name == out.Owner }); n >= 0 {
		levels, out.Repeat = b.book.Policies[n].Levels, b.book.Policies[n].Repeat
	}
	for _, l := range append(levels[:len(levels):len(levels)], oncall.Level{Targets: []string{oncall.Fallback}}) {
		level := callLevel{OneOf: l.Strategy == oncall.StrategyRoundRobin && len(l.Targets) > 1, Ack: l.Ack}
		for _, name := range l.Targets {
			target := callTarget{Name: name, Kind: b.kindOf(name)}
			duties, err := b.book.Duties(name, b.at, b.overrides...)
			if unread := new(oncall.UnreadCalendar); errors.As(err, &unread) {
				target.Unread = unread.Error()
			} else if err != nil {
				return out, fmt.Errorf("who is called for %s: %w", out.Service, err)
			}
			target.People = duties
			level.Targets = append(level.Targets, target)
		}
		out.Levels = append(out.Levels, level)
	}
	return out, nil
}

// kindOf says what a name of the book is.
func (b *dutyBook) kindOf(name string) string {
	switch {
	case name == oncall.Fallback:
		return oncall.Fallback
	case slices.ContainsFunc(b.book.Schedules, func(s oncall.Schedule) bool { return s.Name == name }):
		return "schedule"
	case slices.ContainsFunc(b.book.Teams, func(t oncall.Team) bool { return t.Name == name }):
		return "team"
	case slices.ContainsFunc(b.book.Policies, func(p oncall.Policy) bool { return p.Name == name }):
		return "policy"
	}
	return "person"
}

// showWho shows it.
func (b *dutyBook) showWho(out serviceCalls, config string) {
	zone := b.shownIn(b.ownerZone(out.Owner))
	b.line("%s · %s", cmp.Or(out.Title, out.Service), clockTitle(b.at, zone))
	b.line("Owner: %s, a %s", out.Owner, out.Kind)
	for n, level := range out.Levels {
		b.line("")
		b.line("%s", levelTitle(n, out))
		var rows [][]string
		for _, target := range level.Targets {
			rows = append(rows, b.targetRows(target, zone)...)
		}
		b.rows(rows)
	}
	b.line("")
	b.line("The runbook is %s. Whom it pages besides, and when:", out.Runbook)
	b.line("  muster simulate %s --config %s --service %s --nobody-answers", out.Runbook, config, out.Service)
}

// levelTitle says when a level is called.
func levelTitle(n int, out serviceCalls) string {
	level := out.Levels[n]
	if n == len(out.Levels)-1 {
		rounds := ""
		if out.Repeat > 0 {
			rounds = fmt.Sprintf(", after %s", counted(out.Repeat+1, "round"))
		}
		return "If nobody answers" + rounds + ", again and again:"
	}
	title := "First"
	if n > 0 {
		title = fmt.Sprintf("Level %d", n+1)
		if before := out.Levels[n-1].Ack; before > 0 {
			title += ", " + lengthText(before) + " later"
		}
	}
	if level.OneOf {
		title += ", one of these in turn"
	}
	return title + ":"
}

// targetRows are the lines of a target: who, by what number, until when and why.
func (b *dutyBook) targetRows(target callTarget, zone *time.Location) [][]string {
	if target.Unread != "" {
		return [][]string{{"  " + nobody, "", target.Unread + ": the next level is called at once"}}
	}
	if len(target.People) == 0 {
		return [][]string{{"  " + nobody, "", target.Name + " has a gap: the next level is called at once"}}
	}
	var rows [][]string
	for _, d := range target.People {
		person, _ := b.book.Person(d.Person)
		rows = append(rows, []string{"  " + oneLine(d.Name), cmp.Or(person.Phone, "no telephone"), dutyText(d, zone)})
	}
	return rows
}

// ownerZone is the zone of the owner's schedule, else that of this machine.
func (b *dutyBook) ownerZone(owner string) *time.Location {
	for _, s := range b.book.Schedules {
		if s.Name != owner || s.Zone == "" {
			continue
		}
		if zone, err := time.LoadLocation(strings.TrimSpace(s.Zone)); err == nil {
			return zone
		}
	}
	return time.Local
}
