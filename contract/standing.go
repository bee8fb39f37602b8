package contract

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/incident"
)

// Bounds of a card, so that it fits whatever chat shows it: bytes of a line, lines of a list. What does not fit is
// counted.
const (
	cardTitle = 140
	cardLine  = 240
	cardLines = 8
	cardText  = 700 // of what may be a paragraph
)

// Standing is where an incident stands, at a glance: what everybody asks who comes to it. It says nothing that changes by
// itself with time. Of the snapshot it reads the incident, Paused, Links, NextUpdate and Record.
func Standing(s Snapshot) Card {
	inc := &s.Incident
	title := string(inc.Key) + " · " + inc.Title
	if inc.Drill {
		title = incident.AsDrill(string(inc.Key) + " · " + strings.TrimPrefix(inc.Title, incident.AsDrill("")))
	}
	card := Card{Title: incident.Shorten(oneLine(title), cardTitle), Links: s.Addresses()}
	card.add("Severity", line(orElse(string(inc.Severity), "not set")))
	card.add("Phase", s.phase()...)
	card.add("Incident manager", manager(inc))
	card.add("Service", line(inc.Service))
	if !inc.AcknowledgedAt.IsZero() {
		card.add("Acknowledged", CardLine{Text: "by " + inc.AcknowledgedBy.String(), Word: "at", At: inc.AcknowledgedAt})
	}
	card.add("Roles", roles(inc)...)
	card.wide("Impact", paragraph(impact(inc)))
	card.wide("Customers", s.customers()...)
	waits, tasks := questions(inc)
	card.wide("Waiting for", waits...)
	card.wide("Open tasks", tasks...)
	card.wide("Calling", calling(inc)...)
	if !inc.Open() {
		card.wide("Record", line(strings.Join(s.Record, ", ")))
	}
	return card
}

// add puts a short field on the card, unless it says nothing.
func (c *Card) add(name string, lines ...CardLine) { c.put(CardField{Name: name, Lines: lines}) }

// wide likewise, for what needs the whole width.
func (c *Card) wide(name string, lines ...CardLine) {
	c.put(CardField{Name: name, Lines: lines, Wide: true})
}

// put bounds a field and puts it on the card.
func (c *Card) put(f CardField) {
	f.Lines = slices.DeleteFunc(f.Lines, func(l CardLine) bool { return l.Text == "" && l.At.IsZero() })
	if len(f.Lines) == 0 {
		return
	}
	if f.Left = len(f.Lines) - cardLines; f.Left > 0 {
		f.Lines = f.Lines[:cardLines]
	}
	f.Left = max(0, f.Left)
	c.Fields = append(c.Fields, f)
}

// line is a text as one line of a card.
func line(text string) CardLine { return CardLine{Text: incident.Shorten(oneLine(text), cardLine)} }

// paragraph likewise, with room for more.
func paragraph(text string) CardLine {
	return CardLine{Text: incident.Shorten(oneLine(text), cardText)}
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// orElse is a text, or another one where it is empty.
func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// nonEmpty keeps the texts that say something.
func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(text string) bool { return text == "" })
}

// phase is where the incident is on its way, and since when.
func (s *Snapshot) phase() []CardLine {
	inc := &s.Incident
	if !inc.Open() {
		ended := line(strings.ReplaceAll(string(inc.Ending), "_", " "))
		if !inc.ResolvedAt.IsZero() {
			ended.Word, ended.At = "at", inc.ResolvedAt
		}
		return []CardLine{ended}
	}
	now := CardLine{Text: orElse(strings.ReplaceAll(string(inc.Phase), "_", " "), "declared"), Word: "since", At: inc.PhaseAt}
	if inc.PhaseAt.IsZero() {
		now.At = inc.DeclaredAt
	}
	lines := []CardLine{now}
	if s.Paused != nil {
		paused := line("paused by " + s.Paused.By.String())
		paused.Word, paused.At = "at", s.Paused.At
		lines = append(lines, paused)
	}
	if !inc.ClearedAt.IsZero() {
		lines = append(lines, CardLine{Text: "the alert has cleared", Word: "at", At: inc.ClearedAt})
	}
	return lines
}

// manager is who leads the incident.
func manager(inc *incident.Incident) CardLine {
	h, held := inc.Holders[incident.Commander]
	if !held {
		return line("nobody yet")
	}
	return line(holder(h))
}

func holder(h incident.Holder) string {
	if h.Accepted {
		return h.Name
	}
	return h.Name + " (offered)"
}

// roles are the roles besides the manager's, in order.
func roles(inc *incident.Incident) []CardLine {
	var lines []CardLine
	sorted := slices.Sorted(maps.Keys(inc.Holders)) //workflowcheck:ignore
	for _, role := range sorted {
		if role != incident.Commander {
			lines = append(lines, line(string(role)+": "+holder(inc.Holders[role])))
		}
	}
	return lines
}

// impact is what the trouble does to customers, as far as it is known.
func impact(inc *incident.Incident) string {
	a := inc.Assessment
	if a == nil || a.Impact == "" && a.Scope == "" {
		return inc.Summary
	}
	if a.Scope == "" {
		return a.Impact
	}
	return strings.TrimPrefix(a.Impact+" · customers affected: "+string(a.Scope), " · ")
}

// customers is what audiences outside were told last, and when they are told next.
func (s *Snapshot) customers() []CardLine {
	var lines []CardLine
	if n := len(s.Incident.Updates); n > 0 {
		last := s.Incident.Updates[n-1]
		told := line(strings.Join(nonEmpty(last.Audience, last.Status), ", ") + ": " + last.Message)
		told.Word, told.At = "at", last.At
		lines = append(lines, told)
	}
	if !s.NextUpdate.IsZero() && s.Incident.Open() {
		lines = append(lines, CardLine{Text: "next update due", At: s.NextUpdate})
	}
	return lines
}

// questions are what is awaited and the tasks that are open, each with whom it is awaited from and until when: what is due
// first stands first.
func questions(inc *incident.Incident) (waits, tasks []CardLine) {
	open := inc.OpenQuestions()
	slices.SortStableFunc(open, func(a, b *incident.Question) int {
		if a.Deadline.IsZero() != b.Deadline.IsZero() {
			return b.Deadline.Compare(a.Deadline) // without a deadline last
		}
		return cmp.Or(a.Deadline.Compare(b.Deadline), a.OpenedAt.Compare(b.OpenedAt), cmp.Compare(a.Key, b.Key))
	})
	for _, q := range open {
		if q.Kind == incident.QuestionTask {
			tasks = append(tasks, awaited(inc, q))
		} else {
			waits = append(waits, awaited(inc, q))
		}
	}
	return waits, tasks
}

// awaited is one question.
func awaited(inc *incident.Incident, q *incident.Question) CardLine {
	text := oneLine(q.Text)
	if who := asked(inc, q); who != "" {
		const leave = 80 // bytes for whom it is asked of
		text = incident.Shorten(text, cardLine-leave) + " (" + incident.Shorten(who, leave) + ")"
	}
	l := line(text)
	if q.Deadline.IsZero() {
		return l
	}
	l.Word, l.At = "until", q.Deadline
	if q.OnTimeout != "" {
		l.Then = "then: " + incident.Shorten(oneLine(q.OnTimeout), cardLine)
	}
	return l
}

// asked is whom a question is asked of: the runbook's names, and the people that they mean at present.
func asked(inc *incident.Incident, q *incident.Question) string {
	who := strings.Join(q.Who, ", ")
	people := make([]string, 0, len(q.Addressed))
	for _, p := range q.Addressed {
		if !slices.Contains(q.Who, string(p)) {
			people = append(people, inc.NameOf(p))
		}
	}
	switch {
	case len(people) == 0:
		return who
	case who == "":
		return strings.Join(people, ", ")
	}
	return who + ": " + strings.Join(people, ", ")
}

// calling is who is being called.
func calling(inc *incident.Incident) []CardLine {
	var lines []CardLine
	open := slices.Clone(inc.OpenPages())
	slices.SortStableFunc(open, func(a, b *incident.Page) int {
		return cmp.Or(a.StartedAt.Compare(b.StartedAt), cmp.Compare(a.Key, b.Key))
	})
	for _, p := range open {
		if p.Level >= len(p.Levels) {
			continue
		}
		text := p.Levels[p.Level].Target
		if who := p.Called(); len(who) > 0 {
			text += ": " + strings.Join(who, ", ")
		}
		text = fmt.Sprintf("%s (level %d of %d, round %d)", incident.Shorten(text, cardLine-40), p.Level+1, len(p.Levels), p.Round+1)
		if inc.Drill && !inc.Telephones {
			text = "would call " + text
		}
		lines = append(lines, line(text))
	}
	return lines
}

// Addresses are where people go from here, each name once, with addresses of the web alone.
func (s *Snapshot) Addresses() []Link {
	inc := &s.Incident
	var out []Link
	add := func(name, address string) {
		web := strings.HasPrefix(address, "https://") || strings.HasPrefix(address, "http://")
		if web && len(address) <= maxAddress && !slices.ContainsFunc(out, func(l Link) bool { return l.Name == name || l.URL == address }) {
			out = append(out, Link{Name: name, URL: address})
		}
	}
	sorted := slices.Sorted(maps.Keys(inc.Alerts)) //workflowcheck:ignore
	for _, fingerprint := range sorted {
		add("Runbook", inc.Alerts[fingerprint].Runbook)
	}
	for _, l := range s.Links {
		add(incident.Shorten(oneLine(l.Name), maxLinkName), l.URL)
	}
	add("Temporal", inc.URL)
	add("Bridge", inc.Bridge.URL)
	add("Ticket", inc.Ticket.URL)
	for _, u := range slices.Backward(inc.Updates) {
		add("Status page", u.URL)
	}
	for _, place := range s.Record {
		add("Record", place)
	}
	return out[:min(len(out), maxLinks)]
}

// Bounds of links: bytes of an address and of a name, and how many there are.
const (
	maxAddress  = 1000
	maxLinkName = 60
	maxLinks    = 10
)

// LastLines puts the newest lines of a timeline, each with its time, behind a card.
func (c Card) LastLines(entries []incident.Entry, most int) Card {
	f := CardField{Name: "Last on the timeline", Wide: true}
	for _, e := range entries[max(0, len(entries)-most):] {
		f.Lines = append(f.Lines, CardLine{Text: incident.Shorten(oneLine(e.Sentence()), cardLine), Word: "at", At: e.At})
	}
	if len(f.Lines) > 0 {
		c.Fields = append(slices.Clip(c.Fields), f)
	}
	return c
}
