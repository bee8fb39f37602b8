package contract_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// began is when the incident of these tests was declared.
var began = time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)

// hour is an incident in the middle of the night, with something of everything.
func hour() contract.Snapshot {
	ana := incident.Holder{Person: "ana", Name: "Ana", Accepted: true}
	return contract.Snapshot{
		Incident: incident.Incident{
			Key: "INC-1", Title: "error rate\nabove 5 %", Service: "payments", Severity: "SEV1", Phase: incident.Containment,
			DeclaredAt: began, PhaseAt: began.Add(4 * time.Minute), Summary: "as the alert says", URL: "https://temporal.example/1",
			Holders:        map[incident.Role]incident.Holder{incident.Commander: ana, "comms": {Person: "cleo", Name: "Cleo"}},
			AcknowledgedAt: began.Add(time.Minute), AcknowledgedBy: incident.Actor{Name: "Ana"},
			Assessment: &incident.Assessment{Impact: "nobody can pay", Scope: incident.ScopeAll},
			Bridge:     incident.Link{URL: "https://meet.example/1"}, Ticket: incident.Link{ID: "OPS-1", URL: "https://tickets.example/OPS-1"},
			Alerts:  map[string]incident.Alert{"b": {Runbook: "https://wiki.example/other"}, "a": {Runbook: "https://wiki.example/r"}},
			Updates: []incident.Update{{Audience: "customers", Status: "investigating", Message: "we look", At: began.Add(5 * time.Minute), URL: "https://status.example/1"}},
			Questions: []*incident.Question{
				{Kind: incident.QuestionAsk, Text: "What now?", Who: []string{"commander"}, Addressed: []oncall.PersonID{"ana"}, Deadline: began.Add(20 * time.Minute), OnTimeout: "the next person is asked"},
				{Kind: incident.QuestionTask, Text: "Find the cause", Addressed: []oncall.PersonID{"dan"}},
				{Kind: incident.QuestionTask, Text: "is done", State: incident.QuestionAnswered},
			},
			Pages: []*incident.Page{{Levels: []incident.PageLevel{{Target: "owner"}, {Target: "cto"}}, Level: 1, Attempts: []incident.Attempt{
				{Person: "ana", Name: "Ana"}, {Person: "dan", Name: "Dan", Level: 1}, {Person: "dan", Name: "Dan", Level: 1, Via: "sms"},
			}}},
		},
		Links:      []contract.Link{{Name: "Dashboard", URL: "https://grafana.example/d/1"}, {Name: "bad", URL: "ftp://x"}},
		NextUpdate: began.Add(35 * time.Minute), Paused: &contract.Pause{By: incident.Actor{Name: "Ana"}, At: began.Add(6 * time.Minute)},
	}
}

func TestStanding(t *testing.T) {
	t.Parallel()
	s := hour()
	want := `INC-1 · error rate above 5 %
Severity: SEV1
Phase:
• containment since 2026-03-01 01:34 UTC
• paused by Ana at 2026-03-01 01:36 UTC
Incident manager: Ana
Service: payments
Acknowledged: by Ana at 2026-03-01 01:31 UTC
Roles: comms: Cleo (offered)
Impact: nobody can pay · customers affected: all
Customers:
• customers, investigating: we look at 2026-03-01 01:35 UTC
• next update due 2026-03-01 02:05 UTC
Waiting for: What now? (commander: Ana) until 2026-03-01 01:50 UTC, then: the next person is asked
Open tasks: Find the cause (Dan)
Calling: cto: Dan (level 2 of 2, round 1)
Runbook: https://wiki.example/r
Dashboard: https://grafana.example/d/1
Temporal: https://temporal.example/1
Bridge: https://meet.example/1
Ticket: https://tickets.example/OPS-1
Status page: https://status.example/1`
	if diff := cmp.Diff(strings.Split(want, "\n"), strings.Split(contract.Standing(s).Text(), "\n")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	s.Incident.Ending, s.Incident.ResolvedAt, s.Record = incident.FalseAlarm, began.Add(time.Hour), []string{"records/INC-1.md", "https://records.example/INC-1"}
	over := contract.Standing(s).Text()
	for _, line := range []string{"Phase: false alarm at 2026-03-01 02:30 UTC", "Record: records/INC-1.md, https://records.example/INC-1", "Record: https://records.example/INC-1"} {
		if !strings.Contains(over, line) {
			t.Errorf("%q is missing in\n%s", line, over)
		}
	}
	if strings.Contains(over, "next update") || strings.Contains(over, "paused") {
		t.Errorf("what is over goes on:\n%s", over)
	}
}

// What is shown is bounded whatever rains on an incident, and says what it leaves out.
func TestStandingIsBounded(t *testing.T) {
	t.Parallel()
	s := hour()
	s.Incident.Title = strings.Repeat("long ", 500)
	for n := range 300 {
		s.Incident.Questions = append(s.Incident.Questions, &incident.Question{
			Key: fmt.Sprint(n), Kind: incident.QuestionTask, Text: strings.Repeat("do it ", 400), Who: []string{strings.Repeat("w", 3000)},
			Deadline: began, OnTimeout: strings.Repeat("o", 3000),
		})
		s.Links = append(s.Links, contract.Link{Name: fmt.Sprint(n), URL: fmt.Sprintf("https://%d.example", n)})
	}
	var entries []incident.Entry
	for n := range 9 {
		entries = append(entries, incident.Entry{Seq: n, At: began, Text: fmt.Sprint("line ", n)})
	}
	card := contract.Standing(s)
	text := card.LastLines(entries, 5).Text()
	if len(text) > 12_000 || len(card.Links) > 10 || len(card.Title) > 150 {
		t.Errorf("%d bytes, %d links, a title of %d", len(text), len(card.Links), len(card.Title))
	}
	for _, want := range []string{"… and 293 more", "line 8 at 2026-03-01 01:30 UTC"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(text, "line 3") {
		t.Error("more than the last lines are shown")
	}
}

// The same incident always gives the same card: what is compared may not depend on the order of a map.
func TestStandingIsStable(t *testing.T) {
	t.Parallel()
	s := hour()
	s.Incident.Holders["scribe"] = incident.Holder{Person: "ana", Name: "A. Ruiz", Accepted: true}
	first := contract.Standing(s).Text()
	for range 50 {
		if again := contract.Standing(s).Text(); again != first {
			t.Fatal(cmp.Diff(first, again))
		}
	}
}
