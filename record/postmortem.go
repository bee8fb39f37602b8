package record

import (
	"fmt"
	"slices"

	"github.com/musterbook/musterbook/incident"
)

// before writes the headings of the postmortem that come before its timeline, filled where the record knows. What only
// people can judge is asked of the writer in italics.
func (p *page) before(r Record) {
	p.heading(2, "Owner")
	owner := slices.IndexFunc(r.Roles, func(role Role) bool { return role.Role == incident.Commander })
	if owner >= 0 {
		p.line("%s, who had command.", escape(r.Roles[owner].Name))
	} else {
		p.prompt("Who writes this and sees to the actions?")
	}
	p.heading(2, "Summary")
	if r.Summary != "" {
		p.line("%s", escape(r.Summary))
	}
	p.prompt("What happened, to whom, for how long, and what ended it, in three sentences?")
	p.heading(2, "Lead-up")
	p.prompt("What changed before it began: deployments, settings, load, other people's systems?")
	p.heading(2, "Fault")
	p.prompt("What did not work as it was meant to, and how did that become visible?")
	p.impact(r)
	p.detection(r)
	p.response(r)
	p.recovery(r)
}

// impact is the duration; customers and support cases only people know.
func (p *page) impact(r Record) {
	p.heading(2, "Impact")
	p.list(
		"Duration, from the beginning of the trouble to its mitigation: "+r.Times.Impact.String(),
		"Customers: _who was affected, how many, and what did they see?_",
		"Support cases: _how many?_",
	)
}

// detection is how it became known.
func (p *page) detection(r Record) {
	p.heading(2, "Detection")
	first := "Declared by " + who(r.DeclaredBy) + ", " + clock(r.Stamps.Declared) + "."
	if r.Stamps.Detected != nil {
		first = "Detected " + clock(r.Stamps.Detected) + " by " + or(escape(r.Source), notKnown) + "; declared " + clock(r.Stamps.Declared) + "."
	}
	p.list(first, "Time to detect: "+r.Times.Detect.String(), fmt.Sprintf("Alerts: %d, told %s", len(r.Alerts), times(r.AlertCount)))
	p.prompt("How could it have been noticed in half the time?")
}

// response is who answered.
func (p *page) response(r Record) {
	p.heading(2, "Response")
	called, attempts := 0, 0
	for _, person := range r.People {
		attempts += person.Attempts
		if person.Attempts > 0 {
			called++
		}
	}
	acknowledged := "Nobody acknowledged."
	if r.Stamps.Acknowledged != nil {
		acknowledged = "Acknowledged " + clock(r.Stamps.Acknowledged) + " by " + who(r.AcknowledgedBy) + "."
	}
	p.list(acknowledged, "Time to acknowledge: "+r.Times.Acknowledge.String(),
		fmt.Sprintf("People called: %d, in %d calls and messages", called, attempts))
	p.prompt("Who came when, and what held anybody up?")
}

// recovery is how it ended.
func (p *page) recovery(r Record) {
	p.heading(2, "Recovery")
	resolved := "Not resolved yet."
	if r.Stamps.Resolved != nil {
		resolved = "Resolved " + clock(r.Stamps.Resolved) + " by " + who(r.EndedBy) + "."
	}
	p.list("Mitigated: "+clock(r.Stamps.Mitigated), resolved, "Time to mitigate: "+r.Times.Mitigate.String(),
		"Time to resolve: "+r.Times.Resolve.String())
	p.prompt("What brought the service back, and how could that have been sooner?")
}

// judgement writes the headings that follow the timeline: people's part.
func (p *page) judgement() {
	p.heading(2, "Five whys")
	for n := range 5 {
		p.WriteString(fmt.Sprint(n+1) + ". _Why?_\n")
	}
	p.WriteByte('\n')
	p.heading(2, "Root cause")
	p.prompt("Which conditions made it possible? Name systems and decisions, never a person's fault.")
	p.heading(2, "Recurrence")
	p.prompt("Did something like it happen before? Did its actions get done?")
	p.heading(2, "Lessons")
	p.prompt("What went well, what went badly, where were we lucky?")
	p.heading(2, "Actions")
	p.table([]string{"Action", "Owner", "Due", "Ticket"}, [][]string{{"_what_", "_who_", "_when_", "_where_"}})
}

// times says how often.
func times(n int) string {
	switch n {
	case 1:
		return "once"
	case 2:
		return "twice"
	}
	return fmt.Sprintf("%d times", n)
}
