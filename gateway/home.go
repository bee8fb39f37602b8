package gateway

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Home is what concerns one person, as it stood at an instant.
type Home struct {
	At        time.Time               // as it stood then, or later
	Incidents []contract.HomeIncident // those that are open, worst first and the newest of the same severity first; drills last
	Tasks     []contract.HomeTask     // what calls the person, then what is due first
	Silent    int                     // open incidents that do not answer, of which nothing is known here
	Overrides []oncall.Override       // that stand
	// Stale says that the overrides cannot be read just now: those that were read last are given.
	Stale bool
}

// Home tells somebody what concerns them, as it stood at since or later. It has no effect. Many who ask at once share one
// look at the incidents; at most one look is made at a time. Errors: *Away, when nothing is known. Whoever is not of the
// roster has no tasks. Private incidents are told to those alone who are in them.
func (d *Incidents) Home(ctx context.Context, who incident.Actor, since time.Time) (Home, error) {
	l, err := d.looks.since(ctx, d, since)
	home := Home{At: l.began, Silent: l.silent, Overrides: l.overrides, Stale: l.stale}
	if err != nil {
		return home, err
	}
	for _, s := range l.seen {
		if !s.inc.ShownTo(who) {
			continue
		}
		home.Incidents = append(home.Incidents, s.line())
		home.Tasks = append(home.Tasks, s.tasks(who.Person)...)
	}
	slices.SortStableFunc(home.Tasks, func(a, b contract.HomeTask) int {
		return cmp.Or(first(a.Rings, b.Rings), dueFirst(a.What.At, b.What.At))
	})
	return home, nil
}

// first sorts what is so before what is not.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// dueFirst sorts by time; what has none comes last.
func dueFirst(a, b time.Time) int {
	return cmp.Or(first(!a.IsZero(), !b.IsZero()), a.Compare(b))
}

// sighted is an open incident as a look found it. It is shared and not changed.
type sighted struct {
	workflowID string
	inc        *incident.Incident
}

// worstFirst is the order in which open incidents are told.
func worstFirst(a, b sighted) int {
	return cmp.Or(
		first(!a.inc.Drill, !b.inc.Drill), cmp.Compare(a.inc.Level(), b.inc.Level()), b.inc.DeclaredAt.Compare(a.inc.DeclaredAt),
		cmp.Compare(b.inc.Key.Number(), a.inc.Key.Number()),
	)
}

// title is what the incident is called outside its room.
func (s sighted) title() string {
	if s.inc.Private {
		return cmp.Or(s.inc.Codename, "a private incident")
	}
	return strings.TrimPrefix(s.inc.Title, incident.AsDrill(""))
}

// room is where people go.
func (s sighted) room() contract.Link {
	if s.inc.Room.ID == "" {
		return contract.Link{}
	}
	return contract.Link{Name: "#" + s.inc.Room.Name, URL: s.inc.Room.URL}
}

// line is the incident in a list.
func (s sighted) line() contract.HomeIncident {
	return contract.HomeIncident{
		Severity: s.inc.Severity, Key: s.inc.Key, Title: s.title(), Phase: s.inc.Phase, Since: s.inc.DeclaredAt,
		Manager: s.inc.Holders[incident.Commander].Name, Acknowledged: !s.inc.AcknowledgedAt.IsZero(),
		Drill: s.inc.Drill, Private: s.inc.Private, Room: s.room(),
	}
}

// tasks are what of the incident waits for one person.
func (s sighted) tasks(person oncall.PersonID) (tasks []contract.HomeTask) {
	to := contract.Reach{Incident: s.workflowID, Key: s.inc.Key}
	named := contract.HomeTask{Incident: joinedBy(" · ", string(s.inc.Key), string(s.inc.Severity), s.title()), Drill: s.inc.Drill, Room: s.room()}
	for _, p := range s.inc.CallsFor(person) {
		t := named
		t.Rings, t.What, t.Buttons = true, pageLine(p), to.Ringing(p.Key, 0)
		tasks = append(tasks, t)
	}
	for _, q := range s.inc.Awaits(person) {
		t := named
		t.What, t.Buttons = questionLine(q), to.Answers(q)
		tasks = append(tasks, t)
	}
	return tasks
}

// pageLine says that a page calls somebody, and when it goes on to others.
func pageLine(p *incident.Page) contract.CardLine {
	line := contract.CardLine{Text: "You are being called"}
	if p.Step != "" {
		line.Text += " (" + p.Step + ")"
	}
	if p.Message != "" {
		line.Text += ": " + p.Message
	}
	if !p.LevelAt.IsZero() {
		line.Word, line.At, line.Then = "until", p.Deadline(), "then the next are called"
	}
	return line
}

// questionLine is a question with its deadline, and what silence leads to.
func questionLine(q *incident.Question) contract.CardLine {
	text := q.Text
	if len(q.Checklist) > 0 {
		text += " (" + strings.Join(q.Checklist, "; ") + ")"
	}
	line := contract.CardLine{Text: text}
	if q.Deadline.IsZero() {
		return line
	}
	line.Word, line.At = "until", q.Deadline
	if q.OnTimeout != "" {
		line.Then = "then: " + q.OnTimeout
	}
	return line
}

// joinedBy joins the texts that say something.
func joinedBy(sep string, texts ...string) string {
	return strings.Join(slices.DeleteFunc(texts, func(text string) bool { return text == "" }), sep)
}
