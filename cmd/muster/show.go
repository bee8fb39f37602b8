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
	c := &cobra.Command{
		Use: "show KEY", Short: "Show an incident: where it stands, what it waits for, who was called",
		Example: "  muster show INC-1", Args: words("KEY"), ValidArgsFunction: completeKeys(sh, &f),
		RunE: func(c *cobra.Command, words []string) error {
			return call(c.Context(), sh, f, func(d *caller) error {
				s, err := d.Show(c.Context(), gateway.NormalKey(words[0]))
				if err != nil {
					return err
				}
				d.snapshot(s)
				return d.object(s)
			})
		},
	}
	f.add(c)
	return c
}

// snapshot shows an incident for people: first what is so, then what it waits for, then what was done.
func (p printer) snapshot(s contract.Snapshot) {
	inc := s.Incident
	p.line("%s · %s", inc.Key, oneLine(inc.Title))
	if inc.Summary != "" {
		p.line("%s", inc.Summary)
	}
	p.facts(s)
	p.waits(&inc)
	p.calls(&inc)
	p.steps(s.Steps)
}

// facts are the lines of the head. What is not known is left out, except where that is news itself.
func (p printer) facts(s contract.Snapshot) {
	inc := s.Incident
	p.fact("state", incidentState(&inc))
	p.fact("severity", cmp.Or(string(inc.Severity), "not set"))
	p.fact("service", joined(" · ", inc.Service, inc.Team, inc.Environment))
	p.fact("runbook", inc.Runbook)
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
	p.fact("web ui", inc.URL)
	p.fact("record", strings.Join(s.Record, ", "))
}

// fact is one line of the head; nothing when there is nothing to say.
func (p printer) fact(name, value string) {
	if value != "" {
		p.line("  %-13s %s", name, oneLine(value))
	}
}

// waits lists what is asked of people, and the command that answers.
func (p printer) waits(inc *incident.Incident) {
	open := inc.OpenQuestions()
	if len(open) == 0 {
		return
	}
	p.line("\nWaits for")
	for _, q := range open {
		text := oneLine(q.Text)
		if len(q.Who) > 0 {
			text += " (" + strings.Join(q.Who, ", ") + ")"
		}
		p.line("  %-13s %s", q.Step, text)
		for _, item := range q.Checklist {
			p.line("  %-13s - %s", "", oneLine(item))
		}
		if !q.Deadline.IsZero() {
			p.line("  %-13s until %s, then: %s", "", clockText(q.Deadline), cmp.Or(q.OnTimeout, "it goes on"))
		}
		p.line("  %-13s %s", "", answerWith(inc, q))
	}
}

// answerWith is the command that answers a question.
func answerWith(inc *incident.Incident, q *incident.Question) string {
	choices := make([]string, 0, len(q.Choices))
	for _, c := range q.Choices {
		choices = append(choices, c.Key)
	}
	switch q.Kind {
	case incident.QuestionApprove:
		return fmt.Sprintf("muster approve %s %s, or: muster reject %s %s --reason …", inc.Key, q.Step, inc.Key, q.Step)
	case incident.QuestionTask:
		return fmt.Sprintf("muster done %s %s", inc.Key, q.Step)
	case incident.QuestionSeverity:
		names := make([]string, 0, len(inc.Severities))
		for _, s := range inc.Severities {
			names = append(names, string(s))
		}
		return fmt.Sprintf("muster severity %s %s", inc.Key, strings.Join(names, "|"))
	case incident.QuestionAsk, incident.QuestionAssign, incident.QuestionHold:
	}
	return fmt.Sprintf("muster answer %s %s %s", inc.Key, q.Step, strings.Join(choices, "|"))
}

// calls lists the pages and how far they are.
func (p printer) calls(inc *incident.Incident) {
	if len(inc.Pages) == 0 {
		return
	}
	p.line("\nPages")
	for _, page := range inc.Pages {
		p.line("  %-13s %s", cmp.Or(page.Step, "by hand"), pageState(page))
		for _, a := range page.Attempts {
			p.line("  %-13s %s %s, %s by %s%s", "", clockText(a.At), oneLine(a.Name), cmp.Or(string(a.Status), "planned"), a.Via,
				prefixed(" · ", oneLine(a.Detail)))
		}
	}
}

// pageState is how far a page is.
func pageState(page *incident.Page) string {
	switch page.State {
	case incident.PageAcknowledged:
		return fmt.Sprintf("acknowledged by %s at %s", page.AckedBy, clockText(page.AckedAt))
	case incident.PageWithdrawn:
		return "withdrawn"
	case incident.PageExhausted:
		return "nobody has acknowledged"
	case incident.PageOpen:
	}
	if len(page.Levels) == 0 {
		return "calls"
	}
	target := page.Levels[min(page.Level, len(page.Levels)-1)].Target
	text := fmt.Sprintf("calls %s (level %d of %d, round %d of %d)", target, page.Level+1, len(page.Levels), page.Round+1, page.Rounds)
	if page.Exhausted {
		text += "; every level and round is through, the fallback is called"
	}
	return text
}

// widestAddress is the widest column of steps' addresses; a longer one pushes its text aside.
const widestAddress = 36

// steps lists the runbook with what became of each step.
func (p printer) steps(steps []contract.StepLine) {
	if len(steps) == 0 {
		return
	}
	p.line("\nRunbook")
	column := 0
	for _, s := range steps {
		column = max(column, min(utf8.RuneCountInString(s.Address), widestAddress))
	}
	phase := incident.Phase("none")
	for _, s := range steps {
		if s.Phase != phase {
			phase = s.Phase
			p.line("  %s", strings.ReplaceAll(cmp.Or(string(phase), "finally"), "_", " "))
		}
		p.line("    %-10s %-*s  %s", strings.ReplaceAll(cmp.Or(string(s.State), "-"), "_", " "), column, s.Address, oneLine(s.Text))
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
