package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
)

// toldLines is how many lines of the timeline are told.
const toldLines = 5

// Tell answers a question about the incident of a key or of the room where it was asked, or about a service. What is
// private is told in its own room alone.
func (d slackDoor) Tell(ctx context.Context, to slack.Target, about slack.Topic) (string, error) {
	if about.Service != "" {
		return d.whoFor(ctx, about.Service)
	}
	key, err := d.keyOf(ctx, to)
	if err != nil {
		var refusal *incident.Refusal
		if errors.As(err, &refusal) {
			err = &incident.Refusal{What: refusal.What, Hint: "say which one: " + string(about.Subject) + " INC-1"}
		}
		return "", ruled(err)
	}
	shown, err := d.incidents.Show(ctx, key)
	if err != nil {
		return "", ruled(err)
	}
	inc := &shown.Incident
	if inc.Private && inc.Room.ID != to.Room {
		return "", &incident.Refusal{What: string(inc.Key) + " is private", Hint: "ask in its room"}
	}
	if about.Subject == slack.SubjectWho {
		return d.whoHas(ctx, inc)
	}
	part, err := d.incidents.Timeline(ctx, key, max(0, inc.Seq-toldLines))
	if err != nil {
		return "", ruled(err)
	}
	shown.Incident.Timeline = part.Entries
	return gateway.Standing(shown), nil
}

// whoHas is who has which role in an incident, who is called, and who is on call for its service.
func (d slackDoor) whoHas(ctx context.Context, inc *incident.Incident) (string, error) {
	lines := []string{joined(" · ", string(inc.Key), oneLine(inc.Title)), holders(inc)}
	for _, page := range inc.OpenPages() {
		lines = append(lines, fmt.Sprintf("calling, %s: %s", cmp.Or(page.Step, "by hand"), pageState(page)), attemptsNow(page))
	}
	if inc.Service == "" {
		return strings.Join(append(lines, "It is of no service."), "\n"), nil
	}
	if _, ok := d.live.Config().Service(inc.Service); !ok {
		return strings.Join(append(lines, "The service "+oneLine(inc.Service)+" is not in the configuration."), "\n"), nil
	}
	calls, err := d.whoFor(ctx, inc.Service)
	return strings.Join(append(slices.DeleteFunc(lines, func(l string) bool { return l == "" }), calls), "\n"), err
}

// whoFor is who would be called for a service now, level by level. Numbers are not told.
func (d slackDoor) whoFor(ctx context.Context, service string) (string, error) {
	config := d.live.Config()
	b := &dutyBook{config: config, book: config.Book, at: time.Now()}
	var lines []string
	overrides, err := d.incidents.Overrides(ctx)
	if err != nil {
		lines = append(lines, "(The overrides cannot be read just now; those that were read last count.)")
	}
	b.overrides = overrides
	calls, err := b.who(service)
	if err != nil {
		what, hint := explain(err)
		return "", &incident.Refusal{What: what, Hint: hint}
	}
	lines = append(lines, fmt.Sprintf("%s is %s's, a %s", cmp.Or(calls.Title, calls.Service), calls.Owner, calls.Kind))
	zone := b.ownerZone(calls.Owner)
	for n, level := range calls.Levels {
		lines = append(lines, levelTitle(n, calls))
		for _, target := range level.Targets {
			lines = append(lines, toldTarget(target, zone)...)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// toldTarget are the people of a target, without their numbers.
func toldTarget(target callTarget, zone *time.Location) []string {
	switch {
	case target.Unread != "":
		return []string{"• nobody: " + target.Unread}
	case len(target.People) == 0:
		return []string{"• nobody: " + target.Name + " has a gap"}
	}
	var lines []string
	for _, p := range target.People {
		lines = append(lines, "• "+oneLine(p.Name)+" ("+dutyText(p, zone)+")")
	}
	return lines
}

// dutyText is why somebody is called, and until when.
func dutyText(p oncall.Duty, zone *time.Location) string {
	if p.Until.IsZero() {
		return p.Why
	}
	return p.Why + ", until " + dayTime(p.Until, zone)
}
