package main

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/incident"
)

// waits lists what is asked of people, and the command that answers.
func (p printer) waits(inc *incident.Incident, v sight) {
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
		p.paragraph(fmt.Sprintf("  %-13s ", q.Step), text, v)
		for _, item := range q.Checklist {
			p.paragraph(fmt.Sprintf("  %-13s - ", ""), oneLine(item), v)
		}
		for _, f := range q.Form {
			p.paragraph(fmt.Sprintf("  %-13s · ", ""), fieldWord(f)+prefixed(": ", oneLine(f.Description)), v)
		}
		if !q.Deadline.IsZero() {
			p.line("  %-13s %s", "", untilText(q))
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
	case incident.QuestionForm:
		return fmt.Sprintf("muster answer %s %s%s", inc.Key, q.Step, fieldsToType(q.Form))
	case incident.QuestionSignal:
		return fmt.Sprintf("muster send %s %s%s", inc.Key, q.Signal, fieldsToType(q.Form))
	case incident.QuestionAsk, incident.QuestionAssign, incident.QuestionHold:
	}
	return fmt.Sprintf("muster answer %s %s %s", inc.Key, q.Step, strings.Join(choices, "|"))
}

// fieldsToType are the fields of a form as they are typed: those that must be there, and a mark for the others.
func fieldsToType(form []incident.FormField) string {
	text, others := "", ""
	for _, f := range form {
		if f.Required && f.Default == nil {
			text += " " + f.Name + "=…"
		} else {
			others = " […]"
		}
	}
	return text + others
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
			p.line("  %-13s %s %s%s", "", clockText(a.At), attemptText(a), prefixed(" · ", oneLine(a.Detail)))
		}
	}
}

// untilText says how long a question waits, and what comes then.
func untilText(q *incident.Question) string {
	return fmt.Sprintf("until %s, then: %s", clockText(q.Deadline), cmp.Or(q.OnTimeout, "it goes on"))
}

// attemptText is who is told by what, and how far that is.
func attemptText(a incident.Attempt) string {
	return fmt.Sprintf("%s, %s by %s", oneLine(a.Name), cmp.Or(string(a.Status), "planned"), a.Via)
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
