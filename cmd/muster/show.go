package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// showCommand shows an incident as it stands.
func showCommand(sh shell) *cobra.Command {
	var f callFlags
	var all bool
	c := &cobra.Command{
		Use: "show KEY", Short: "Show an incident: where it stands, what it waits for, who was called",
		Long: "Show an incident: where it stands, what it waits for and the command that answers, who was called, the steps under\n" +
			"way, and what can be taken back. Phases that are over or have not begun are one line each; --all shows every step.",
		Example: "  muster show INC-1", Args: words("KEY"), ValidArgsFunction: completeKeys(sh, &f),
		RunE: func(c *cobra.Command, words []string) error {
			return call(c.Context(), sh, f, func(d *caller) error {
				s, err := d.Show(c.Context(), gateway.NormalKey(words[0]))
				if err != nil {
					return err
				}
				width, _ := terminalOf(sh.stdout)
				d.snapshot(s, sight{all: all, width: width})
				return d.object(s)
			})
		},
	}
	f.add(c)
	c.Flags().BoolVar(&all, "all", false, "every step")
	return c
}

// sight is how much of an incident is shown, and in how many cells.
type sight struct {
	all   bool
	width int
}

// snapshot shows an incident for people: first what is so, then what it waits for, then what was done.
func (p printer) snapshot(s contract.Snapshot, v sight) {
	inc := s.Incident
	p.line("%s · %s", inc.Key, oneLine(inc.Title))
	if s.Paused != nil {
		p.paragraph("PAUSED ", strings.TrimPrefix(pausedText(s.Paused), "PAUSED "), v)
		p.line("       No further step begins until: muster resume %s", inc.Key)
	}
	if inc.Summary != "" {
		p.line("%s", inc.Summary)
	}
	p.facts(s)
	p.waits(&inc, v)
	p.calls(&inc)
	p.runbook(s, v)
	p.undoable(s)
}

// pausedText is since when the runbook rests, by whom and why.
func pausedText(p *contract.Pause) string {
	return fmt.Sprintf("PAUSED since %s by %s%s", clockText(p.At), p.By.String(), prefixed(": ", oneLine(p.Reason)))
}

// facts are the lines of the head. What is not known is left out, except where that is news itself.
func (p printer) facts(s contract.Snapshot) {
	inc := s.Incident
	p.fact("state", incidentState(&inc))
	p.fact("drill", drillText(&inc))
	p.fact("severity", cmp.Or(string(inc.Severity), "not set"))
	p.fact("service", joined(" · ", inc.Service, inc.Team, inc.Environment))
	p.fact("runbook", joined(" ", inc.Runbook, short(s.Hash), prefixed("before: ", strings.Join(shortAll(s.Upgraded), ", "))))
	p.fact("declared", stamped(inc.DeclaredAt, &inc.DeclaredBy))
	if inc.AcknowledgedAt.IsZero() {
		p.fact("acknowledged", "by nobody yet")
	} else {
		p.fact("acknowledged", stamped(inc.AcknowledgedAt, &inc.AcknowledgedBy))
	}
	p.fact("cleared", stamped(inc.ClearedAt, nil))
	p.fact("resolved", stamped(inc.ResolvedAt, &inc.EndedBy))
	for _, role := range slices.Sorted(maps.Keys(inc.Holders)) {
		name := inc.Holders[role].Name
		if !inc.Holders[role].Accepted {
			name += " (offered)"
		}
		p.fact(string(role), name)
	}
	if inc.Room.Name != "" {
		p.fact("room", joined(" ", "#"+inc.Room.Name, inc.Room.URL))
	}
	p.fact("bridge", joined(" ", inc.Bridge.URL, inc.Bridge.ID))
	p.fact("ticket", joined(" ", inc.Ticket.ID, inc.Ticket.URL))
	p.fact("postmortem", inc.Postmortem)
	p.fact("left as it is", strings.Join(inc.NotUndone, ", "))
	p.fact("web ui", inc.URL)
	p.fact("record", strings.Join(s.Record, ", "))
}

// drillText says of a drill how far it goes; nothing where it is in earnest.
func drillText(inc *incident.Incident) string {
	switch {
	case !inc.Drill:
		return ""
	case inc.Telephones:
		return "systems and customers are left alone; people are called"
	}
	return "systems and customers are left alone; nobody is called"
}

// fact is one line of the head; nothing when there is nothing to say.
func (p printer) fact(name, value string) {
	if value != "" {
		p.line("  %-13s %s", name, oneLine(value))
	}
}

// incidentState is where an incident stands.
func incidentState(inc *incident.Incident) string {
	if inc.Open() {
		return strings.ReplaceAll(cmp.Or(string(inc.Phase), "declared"), "_", " ")
	}
	text := strings.ReplaceAll(string(inc.Ending), "_", " ")
	if inc.Reviewing && inc.Ending == incident.Resolved { // only what was an outage has lessons
		text += ", in review"
	}
	return joined(" – ", text, inc.EndReason)
}

// stamped is an instant and who did it; empty for an instant that has not been.
func stamped(at time.Time, by *incident.Actor) string {
	if at.IsZero() {
		return ""
	}
	text := at.UTC().Format("2006-01-02 15:04:05 UTC")
	if by != nil && by.Name != "" {
		text += " by " + by.String()
	}
	return text
}

// clockText is the time of day, in UTC.
func clockText(at time.Time) string { return at.UTC().Format("15:04:05 UTC") }

// joined puts those texts together that say something.
func joined(with string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(t string) bool { return t == "" }), with)
}

// prefixed is a text behind a mark, or nothing.
func prefixed(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + text
}

// short is the beginning of a hash, enough to tell texts apart.
func short(hash string) string { return fmt.Sprintf("%.12s", hash) }

// shortAll is short for several.
func shortAll(hashes []string) []string {
	out := make([]string, 0, len(hashes))
	for _, hash := range hashes {
		out = append(out, short(hash))
	}
	return out
}

// paragraph is a text behind a label, wrapped below itself.
func (p printer) paragraph(label, text string, v sight) {
	indent := utf8.RuneCountInString(label)
	for _, piece := range wrapped(plainText(text), v.width-indent) {
		p.line("%s%s", label, piece)
		label = strings.Repeat(" ", indent)
	}
}
