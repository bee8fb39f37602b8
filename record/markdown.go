package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// notKnown stands where nobody knows; a blank is never shown as zero.
const notKnown = "not known"

// page is Markdown that is being written. Its methods take text that is escaped already.
type page struct{ strings.Builder }

// heading begins a section.
func (p *page) heading(level int, text string) {
	p.WriteString(strings.Repeat("#", level) + " " + text + "\n\n")
}

// line writes a paragraph.
func (p *page) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	p.WriteString(text + "\n\n")
}

// prompt writes in italics what a person should write here.
func (p *page) prompt(text string) { p.line("_%s_", text) }

// table writes a table, or that there is nothing to show.
func (p *page) table(head []string, rows [][]string) {
	if len(rows) == 0 {
		p.line("None.")
		return
	}
	p.row(head)
	p.row(slices.Repeat([]string{"---"}, len(head)))
	for _, r := range rows {
		p.row(r)
	}
	p.WriteByte('\n')
}

// row writes one row of a table.
func (p *page) row(cells []string) { p.WriteString("| " + strings.Join(cells, " | ") + " |\n") }

// list writes bullets.
func (p *page) list(items ...string) {
	for _, item := range items {
		p.WriteString("- " + item + "\n")
	}
	p.WriteByte('\n')
}

// Markdown writes the record of an incident for people. Everything that came from outside is escaped. The postmortem's
// headings are left out when the incident ended as a false alarm, a duplicate or cancelled: there is nothing to learn
// from it that has a place here.
func Markdown(inc incident.Incident) []byte {
	r := New(inc)
	var p page
	p.heading(1, escape(string(r.Key))+": "+escape(r.Title))
	p.glance(r)
	if r.Ending == "" || r.Ending == incident.Resolved {
		p.before(r)
		p.timeline(r)
		p.judgement()
	} else {
		p.line("There is no postmortem: the incident ended as %s.", ending(r))
		p.timeline(r)
	}
	p.people(r)
	p.pages(r)
	p.heading(2, "Severity changes")
	p.table([]string{"Time (UTC)", "Who", "What"}, entries(r.SeverityChanges))
	p.questions(r)
	p.alerts(r)
	return []byte(strings.TrimRight(p.String(), "\n") + "\n")
}

// glance writes the facts and the times.
func (p *page) glance(r Record) {
	if r.Drill {
		p.line("**This was a drill.**")
	}
	facts := [][]string{
		{"Severity", or(escape(string(r.Severity)), "never set")},
		{"Status", ending(r)},
		{"Service", or(escape(r.Service), notKnown)},
		{"Team", or(escape(r.Team), notKnown)},
		{"Environment", or(escape(r.Environment), notKnown)},
		{"Declared by", who(r.DeclaredBy)},
		{"Runbook", or(escape(r.Runbook), notKnown) + hash(r.RunbookHash)},
	}
	if r.Room != nil {
		facts = append(facts, []string{"Room", strings.TrimSpace(escape(r.Room.Name) + " " + link(r.Room.URL))})
	}
	if r.URL != "" {
		facts = append(facts, []string{"Workflow", link(r.URL)})
	}
	for _, name := range slices.Sorted(maps.Keys(r.Labels)) {
		facts = append(facts, []string{"Label " + escape(name), escape(r.Labels[name])})
	}
	p.table([]string{"Incident", escape(string(r.Key))}, facts)
	p.table([]string{"Instant", "UTC"}, [][]string{
		{"Trouble began", clock(r.Stamps.Started)},
		{"Detected", clock(r.Stamps.Detected)},
		{"Declared", clock(r.Stamps.Declared)},
		{"Acknowledged", clock(r.Stamps.Acknowledged)},
		{"Mitigated", clock(r.Stamps.Mitigated)},
		{"Alerts cleared", clock(r.Stamps.Cleared)},
		{"Resolved", clock(r.Stamps.Resolved)},
	})
	p.table([]string{"Time to", "Length"}, [][]string{
		{"detect, since the trouble began", r.Times.Detect.String()},
		{"acknowledge, since it was noticed", r.Times.Acknowledge.String()},
		{"mitigate, since it was noticed", r.Times.Mitigate.String()},
		{"resolve, since it was noticed", r.Times.Resolve.String()},
	})
}

// timeline writes everything that happened.
func (p *page) timeline(r Record) {
	p.heading(2, "Timeline (UTC)")
	p.table([]string{"Time (UTC)", "Who", "What"}, entries(r.Timeline))
}

// entries are lines of the timeline as rows.
func entries(list []incident.Entry) [][]string {
	rows := make([][]string, 0, len(list))
	for _, e := range list {
		what := escape(e.Sentence())
		if e.Quote != nil && e.Quote.Link != "" {
			what += " " + link(e.Quote.Link)
		}
		switch e.Kind {
		case incident.EntryProblem, incident.EntryRefused:
			what = "**" + string(e.Kind) + ":** " + what
		case incident.EntryPhase:
			what = "**phase " + what + "**"
		default: // the text says it all
		}
		rows = append(rows, []string{moment(&e.At), who(&e.By), what})
	}
	return rows
}

// people writes who took part.
func (p *page) people(r Record) {
	p.heading(2, "People and roles")
	rows := make([][]string, 0, len(r.People))
	for _, person := range r.People {
		roles := make([]string, 0, len(person.Roles))
		for _, role := range person.Roles {
			roles = append(roles, escape(string(role)))
		}
		rows = append(rows, []string{
			escape(person.Name), or(strings.Join(roles, ", "), "–"), fmt.Sprint(person.Attempts), yes(person.Acknowledged),
		})
	}
	p.table([]string{"Who", "Roles", "Calls and messages", "Acknowledged"}, rows)
}

// pages writes every page with every attempt.
func (p *page) pages(r Record) {
	p.heading(2, "Pages")
	if len(r.Pages) == 0 {
		p.line("Nobody was paged.")
	}
	for _, page := range r.Pages {
		targets := make([]string, 0, len(page.Targets))
		for _, t := range page.Targets {
			targets = append(targets, escape(t))
		}
		p.heading(3, "Page of "+or(strings.Join(targets, ", then "), notKnown))
		if page.Message != "" {
			p.line("%s", escape(page.Message))
		}
		p.line("Began %s; %s.", clock(page.Started), outcome(page))
		p.attempts(page.Attempts)
	}
}

// attempts writes every call and message of a page.
func (p *page) attempts(attempts []Attempt) {
	if len(attempts) == 0 {
		p.line("Nobody was called.")
		return
	}
	rows := make([][]string, 0, len(attempts))
	for _, a := range attempts {
		status := or(escape(string(a.Status)), notKnown)
		if a.Detail != "" {
			status += ": " + escape(a.Detail)
		}
		rows = append(rows, []string{
			moment(a.At), escape(a.Name), escape(a.Via), fmt.Sprint(a.Level), fmt.Sprint(a.Round), status, moment(a.StatusAt),
			or(escape(a.ProviderID), "–"),
		})
	}
	p.table([]string{"Time (UTC)", "Who", "Via", "Level", "Round", "Status", "Status since", "Provider's id"}, rows)
}

// outcome says how a page ended.
func outcome(page Page) string {
	tried := ""
	if page.Exhausted {
		tried = "; nobody answered in all levels and rounds"
	}
	switch page.State {
	case incident.PageOpen:
		return "still open" + tried
	case incident.PageAcknowledged:
		return fmt.Sprintf("acknowledged %s by %s at level %d%s", clock(page.Acknowledged), who(page.AcknowledgedBy), page.AckLevel, tried)
	default:
		return escape(string(page.State)) + tried
	}
}

// questions writes what was asked, and the answers.
func (p *page) questions(r Record) {
	p.heading(2, "Questions and answers")
	rows := make([][]string, 0, len(r.Questions))
	for _, q := range r.Questions {
		asked := make([]string, 0, len(q.Who))
		for _, name := range q.Who {
			asked = append(asked, escape(name))
		}
		answer := or(escape(or(q.Label, q.Choice)), "–")
		if q.Reason != "" {
			answer += " – " + escape(q.Reason)
		}
		state := or(escape(strings.ReplaceAll(string(q.State), "_", " ")), "open")
		rows = append(rows, []string{
			clock(q.Opened), escape(q.Text), or(strings.Join(asked, ", "), "–"), state, answer, votes(q), clock(q.Closed),
		})
	}
	p.table([]string{"Asked (UTC)", "Question", "Of", "State", "Answer", "By", "Closed (UTC)"}, rows)
}

// votes lists those who answered: everybody who approved, else the one who closed the question.
func votes(q Question) string {
	if len(q.Votes) < 2 {
		return who(q.By)
	}
	names := make([]string, 0, len(q.Votes))
	for _, v := range q.Votes {
		names = append(names, who(&v.By)+": "+escape(v.Choice))
	}
	return strings.Join(names, ", ")
}

// alerts writes the newest word of each alert. Addresses that a source gave are shown and are no links.
func (p *page) alerts(r Record) {
	p.heading(2, "Alerts")
	rows := make([][]string, 0, len(r.Alerts))
	for _, a := range r.Alerts {
		state := "firing"
		if a.Cleared {
			state = "cleared"
		}
		title := escape(a.Title)
		if a.Summary != "" && a.Summary != a.Title {
			title += ": " + escape(a.Summary)
		}
		rows = append(rows, []string{escape(a.Source), title, clock(a.Started), clock(a.Ended), state, or(escape(a.URL), "–")})
	}
	p.table([]string{"Source", "Alert", "Began (UTC)", "Ended (UTC)", "State", "Address"}, rows)
}

// ending says how the incident ended.
func ending(r Record) string {
	if r.Ending == "" {
		return "open"
	}
	text := escape(strings.ReplaceAll(string(r.Ending), "_", " "))
	if r.EndedBy != nil {
		text += " by " + who(r.EndedBy)
	}
	if r.EndReason != "" {
		text += " – " + escape(r.EndReason)
	}
	return text
}

// who names an actor, the door, and what is not proven.
func who(a *incident.Actor) string {
	if a == nil || *a == (incident.Actor{}) {
		return "–"
	}
	if a.Door == incident.DoorRunbook {
		return "runbook"
	}
	name := or(escape(a.String()), notKnown)
	if known := proof(*a); known != "" {
		name += " (" + escape(known) + ")"
	}
	return name
}

// proof says by which door somebody came, and how far that proves who it was.
func proof(a incident.Actor) string {
	var parts []string
	if a.Door != "" && a.Door != incident.DoorAlert {
		parts = append(parts, string(a.Door))
	}
	if !a.Verified {
		parts = append(parts, "unverified")
	}
	if a.Login != "" {
		parts = append(parts, "login "+a.Login)
	}
	return strings.Join(parts, ", ")
}

// clock writes an instant in UTC, to the second.
func clock(t *time.Time) string { return instant(t, time.DateTime) }

// moment writes an instant in UTC, to the tenth, where the order of a second's beats matters.
func moment(t *time.Time) string { return instant(t, time.DateTime+".0") }

// instant writes an instant in UTC.
func instant(t *time.Time, layout string) string {
	if t == nil || t.IsZero() {
		return notKnown
	}
	return t.UTC().Format(layout)
}

// hash shows the beginning of a runbook's hash.
func hash(sum string) string {
	if sum == "" {
		return ""
	}
	return " (" + escape(sum[:min(len(sum), 12)]) + ")"
}

// or is the text, or what stands for none.
func or(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

// yes is a bool in a table.
func yes(is bool) string {
	if is {
		return "yes"
	}
	return "–"
}
