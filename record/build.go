package record

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// New makes the record of an incident, finished or not. The incident is not changed.
func New(inc incident.Incident) Record {
	r := Record{
		Format: Format, Key: inc.Key, ID: inc.ID, Title: inc.Title, Summary: inc.Summary, Type: inc.Type,
		Service: inc.Service, Team: inc.Team, Environment: inc.Environment, Source: inc.Source, Labels: inc.Labels,
		Drill: inc.Drill, Runbook: inc.Runbook, RunbookHash: inc.RunbookHash, URL: inc.URL,
		Severity: inc.Severity, Ending: inc.Ending, EndReason: inc.EndReason,
		DeclaredBy: actor(inc.DeclaredBy), AcknowledgedBy: actor(inc.AcknowledgedBy), EndedBy: actor(inc.EndedBy),
		Stamps: Stamps{
			Started: stamp(inc.StartedAt), Detected: stamp(inc.DetectedAt), Declared: stamp(inc.DeclaredAt),
			Acknowledged: stamp(inc.AcknowledgedAt), Mitigated: stamp(inc.MitigatedAt), Cleared: stamp(inc.ClearedAt),
			Resolved: stamp(inc.ResolvedAt),
		},
		Times: Times(inc), People: people(inc), Roles: roles(inc), Pages: pages(inc), SeverityChanges: []incident.Entry{},
		Questions: questions(inc), Alerts: alerts(inc), AlertCount: inc.AlertCount, Timeline: []incident.Entry{},
	}
	if inc.Room != (incident.Room{}) {
		r.Room = &inc.Room
	}
	for _, e := range inc.Timeline {
		e.At = e.At.UTC()
		if e.Quote != nil {
			quote := *e.Quote
			quote.At = quote.At.UTC()
			e.Quote = &quote
		}
		r.Timeline = append(r.Timeline, e)
		if e.Kind == incident.EntrySeverity {
			r.SeverityChanges = append(r.SeverityChanges, e)
		}
	}
	return r
}

// stamp is an instant in UTC, or nil when it is not known.
func stamp(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// actor is who did something, or nil when nobody did.
func actor(a incident.Actor) *incident.Actor {
	if a == (incident.Actor{}) {
		return nil
	}
	return &a
}

// roles lists the holders, the commander first and the others by name.
func roles(inc incident.Incident) []Role {
	list := make([]Role, 0, len(inc.Holders))
	for role, h := range inc.Holders {
		list = append(list, Role{Role: role, Person: string(h.Person), Name: h.Name, Since: stamp(h.Since), Accepted: h.Accepted})
	}
	slices.SortFunc(list, func(a, b Role) int {
		if a.Role == incident.Commander {
			return -1
		}
		if b.Role == incident.Commander {
			return 1
		}
		return cmp.Compare(a.Role, b.Role)
	})
	return list
}

// people lists everybody who held a role, was called or acted, in this order.
func people(inc incident.Incident) []Person {
	list := []Person{}
	find := func(id, name string) *Person {
		n := slices.IndexFunc(list, func(p Person) bool { return p.ID == id && (id != "" || p.Name == name) })
		if n < 0 {
			list = append(list, Person{ID: id, Name: cmp.Or(name, id)})
			n = len(list) - 1
		}
		return &list[n]
	}
	for _, r := range roles(inc) {
		p := find(r.Person, r.Name)
		p.Roles = append(p.Roles, r.Role)
	}
	for _, page := range inc.Pages {
		for _, a := range page.Attempts {
			find(string(a.Person), a.Name).Attempts++
		}
		if page.State == incident.PageAcknowledged {
			find(string(page.AckedBy.Person), page.AckedBy.String()).Acknowledged = true
		}
	}
	for _, a := range actors(inc) {
		if a.Door != incident.DoorRunbook && a.Door != incident.DoorAlert && a.String() != "" {
			find(string(a.Person), a.String())
		}
	}
	return list
}

// actors lists whoever did something, in order and with repetitions.
func actors(inc incident.Incident) []incident.Actor {
	list := []incident.Actor{inc.DeclaredBy}
	for _, e := range inc.Timeline {
		list = append(list, e.By)
	}
	return append(list, inc.EndedBy)
}

// pages lists the pages with their attempts. The incident counts levels and rounds from 0, the record from 1.
func pages(inc incident.Incident) []Page {
	list := make([]Page, 0, len(inc.Pages))
	for _, p := range inc.Pages {
		page := Page{
			Step: p.Step, Message: p.Message, Targets: []string{}, Started: stamp(p.StartedAt), State: p.State, Exhausted: p.Exhausted,
			AcknowledgedBy: actor(p.AckedBy), Acknowledged: stamp(p.AckedAt), AckLevel: p.AckLevel, Attempts: []Attempt{},
		}
		for _, l := range p.Levels {
			page.Targets = append(page.Targets, l.Target)
		}
		for _, a := range p.Attempts {
			page.Attempts = append(page.Attempts, Attempt{
				Person: string(a.Person), Name: a.Name, Via: a.Via, Level: a.Level + 1, Round: a.Round + 1, At: stamp(a.At),
				ProviderID: a.Provider, Status: a.Status, StatusAt: stamp(a.StatusAt), Detail: a.Detail,
			})
		}
		list = append(list, page)
	}
	return list
}

// questions lists what was asked.
func questions(inc incident.Incident) []Question {
	list := make([]Question, 0, len(inc.Questions))
	for _, q := range inc.Questions {
		asked := Question{
			Step: q.Step, Kind: q.Kind, Text: q.Text, Who: append([]string{}, q.Who...), Opened: stamp(q.OpenedAt), State: q.State,
			Choice: q.Choice, Reason: q.Reason, By: actor(q.By), Closed: stamp(q.ClosedAt),
		}
		for _, c := range q.Choices {
			if c.Key == q.Choice {
				asked.Label = c.Label
			}
		}
		for _, v := range q.Votes {
			v.At = v.At.UTC()
			asked.Votes = append(asked.Votes, v)
		}
		list = append(list, asked)
	}
	return list
}

// alerts lists the alerts by their start, and those that began together by fingerprint.
func alerts(inc incident.Incident) []Alert {
	sorted := slices.SortedFunc(maps.Values(inc.Alerts), func(a, b incident.Alert) int {
		return cmp.Or(a.StartsAt.Compare(b.StartsAt), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	list := make([]Alert, 0, len(sorted))
	for _, a := range sorted {
		list = append(list, Alert{
			Source: a.Source, Fingerprint: a.Fingerprint, Title: a.Title, Summary: a.Summary, Labels: a.Labels, URL: a.URL,
			Started: stamp(a.StartsAt), Ended: stamp(a.EndsAt), Cleared: a.Cleared,
		})
	}
	return list
}
