package record_test

import (
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file in testdata, or writes it.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}

// began is when the incident of the tests was declared, told in a zone that is not UTC.
func began() time.Time {
	return time.Date(2026, 1, 5, 10, 0, 0, 0, time.FixedZone("CET", 3600))
}

// after is an instant some time later.
func after(d time.Duration) time.Time { return began().Add(d) }

func ana() incident.Actor {
	return incident.Actor{Person: "ana", Name: "Ana Ruiz", Door: incident.DoorCLI, Login: "root"}
}

func ben() incident.Actor {
	return incident.Actor{Person: "ben", Name: "Ben Ito", Door: incident.DoorPhone, Verified: true}
}

// resolved is an incident in which everything happened once: a call that nobody answered, an escalation, a change of
// severity, an approval by two, a question that ran out of time.
func resolved() incident.Incident {
	source := incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true}
	return incident.Incident{
		ID: "6f1c", Key: "INC-7", Title: "payments: error rate above 5 %", Summary: "Card payments fail.", Type: "outage",
		Service: "payments", Team: "sre", Source: "alertmanager", Environment: "production", DeclaredBy: source,
		Labels: map[string]string{"region": "eu-1", "cluster": "a"}, Runbook: "service-outage", RunbookHash: "0123456789abcdef0123",
		URL: "http://127.0.0.1:8233/namespaces/default/workflows/incident%2Fx", Severities: []incident.Severity{"SEV1", "SEV2", "SEV3"},
		Severity: "SEV1", Phase: incident.Recovery,
		Holders: map[incident.Role]incident.Holder{
			"owner":            {Person: "ana", Name: "Ana Ruiz", Since: began()},
			incident.Commander: {Person: "ben", Name: "Ben Ito", Since: after(time.Minute), Accepted: true},
		},
		Room:       incident.Room{ID: "C1", Name: "inc-7-payments", URL: "https://example.slack.com/archives/C1"},
		AlertCount: 3, Alerts: map[string]incident.Alert{
			"b": {Source: "alertmanager", Fingerprint: "b", Title: "Latency", StartsAt: after(-time.Minute)},
			"a": {
				Source: "alertmanager", Fingerprint: "a", Title: "HighErrorRate", Summary: "5xx above 5 %", URL: "https://prometheus.example.com/graph",
				StartsAt: after(-2 * time.Minute), EndsAt: after(20 * time.Minute), Cleared: true,
			},
		},
		Pages: []*incident.Page{firstPage(), {Key: "x/2", Levels: []incident.PageLevel{{Target: "support-oncall"}}, StartedAt: after(2 * time.Minute), State: incident.PageWithdrawn}},
		Questions: []*incident.Question{
			{
				Key: "q/1", Step: "stop", Kind: incident.QuestionAsk, Text: "What stops the bleeding?", Who: []string{"commander"},
				Choices:  []incident.Choice{{Key: "rollback", Label: "Roll back"}, {Key: "other", Label: "Neither"}},
				OpenedAt: after(2 * time.Minute), State: incident.QuestionAnswered, Choice: "rollback", Reason: "deployed at nine", By: ben(),
				ClosedAt: after(3 * time.Minute), Votes: []incident.Vote{{By: ben(), Choice: "rollback", At: after(3 * time.Minute)}},
			},
			{
				Key: "q/2", Step: "approve", Kind: incident.QuestionApprove, Text: "Fail over?", Who: []string{"owner", "commander"}, Quorum: 2,
				OpenedAt: after(4 * time.Minute), State: incident.QuestionAnswered, Choice: "yes", By: ben(), ClosedAt: after(6 * time.Minute),
				Votes: []incident.Vote{{By: ana(), Choice: "yes", At: after(5 * time.Minute)}, {By: ben(), Choice: "yes", At: after(6 * time.Minute)}},
			},
			{Key: "q/3", Step: "task", Kind: incident.QuestionTask, Text: "Tell support", OpenedAt: after(7 * time.Minute), State: incident.QuestionTimedOut, ClosedAt: after(8 * time.Minute)},
		},
		StartedAt: after(-2 * time.Minute), DetectedAt: began(), DeclaredAt: began(), AcknowledgedAt: after(34100 * time.Millisecond),
		AcknowledgedBy: ben(), MitigatedAt: after(20 * time.Minute), ResolvedAt: after(62 * time.Minute), Ending: incident.Resolved,
		EndedBy: ana(), EndReason: "error rate is normal", Seq: 12, Timeline: timeline(source),
	}
}

// firstPage called Ana, who did not answer, and then Ben.
func firstPage() *incident.Page {
	return &incident.Page{
		Key: "x/1", Step: "first", Message: "Payments are down", Levels: []incident.PageLevel{{Target: "payments-oncall"}, {Target: "commander"}},
		Rounds: 3, StartedAt: after(time.Second), State: incident.PageAcknowledged, AckedBy: ben(), AckedAt: after(34100 * time.Millisecond), AckLevel: 2,
		Attempts: []incident.Attempt{
			{Number: 1, Person: "ana", Name: "Ana Ruiz", Via: "call", At: after(time.Second), Provider: "CA01", Status: incident.CallNoAnswer, StatusAt: after(26 * time.Second)},
			{Number: 2, Person: "ana", Name: "Ana Ruiz", Via: "sms", At: after(time.Second), Provider: "SM02", Status: incident.CallFailed, StatusAt: after(2 * time.Second), Detail: "30005: unknown destination"},
			{Number: 3, Person: "ben", Name: "Ben Ito", Via: "call", Level: 1, At: after(26 * time.Second), Provider: "CA03", Status: incident.CallCompleted, StatusAt: after(40 * time.Second)},
			{Number: 4, Person: "ben", Name: "Ben Ito", Via: "sms", Level: 1, At: after(26 * time.Second)},
		},
	}
}

func timeline(source incident.Actor) []incident.Entry {
	runbook := incident.RunbookActor()
	return []incident.Entry{
		{Seq: 1, At: began(), Kind: incident.EntryAlert, By: source, Text: "HighErrorRate: 5xx above 5 % · firing"},
		{Seq: 2, At: began(), Kind: incident.EntryDeclared, By: source, Text: "declared · payments · payments: error rate above 5 % · severity not set"},
		{Seq: 3, At: after(time.Second), Kind: incident.EntryPhase, By: runbook, Text: "identification"},
		{Seq: 4, At: after(27 * time.Second), Kind: incident.EntryCall, Step: "first", Text: "Ana Ruiz does not answer"},
		{Seq: 5, At: after(34100 * time.Millisecond), Kind: incident.EntryAcknowledged, By: ben(), Step: "first", Text: "Ben Ito acknowledged after 33.1s"},
		{Seq: 6, At: after(time.Minute), Kind: incident.EntrySeverity, By: ben(), Text: "Ben Ito sets SEV2"},
		{Seq: 7, At: after(2 * time.Minute), Kind: incident.EntrySeverity, By: ana(), Text: "Ana Ruiz changes SEV2 to SEV1 – all customers"},
		{Seq: 8, At: after(3 * time.Minute), Kind: incident.EntryProblem, By: runbook, Text: "Slack does not answer; the backlog is posted later"},
		{
			Seq: 9, At: after(4 * time.Minute), Kind: incident.EntryNote, By: ben(), Text: "the pool is exhausted", Written: true,
			Quote: &incident.Quote{
				Message: "C1/1.2", Author: "Ann Lee", At: after(2 * time.Minute), Link: "https://example.slack.com/archives/C1/p12", Pins: []incident.Actor{ben()},
			},
		},
		{Seq: 10, At: after(5 * time.Minute), Kind: incident.EntryNote, By: ana(), Text: "a message of Ann Lee was withdrawn by Ana Ruiz", Written: true, Withdrawn: true},
		{Seq: 11, At: after(6 * time.Minute), Kind: incident.EntryNote, By: ana(), Text: "Ana Ruiz withdraws line 10, a message of Ann Lee", Withdraws: 10},
		{Seq: 12, At: after(62 * time.Minute), Kind: incident.EntryEnded, By: ana(), Text: "resolved by Ana Ruiz – error rate is normal"},
	}
}

// hostile is an incident in which every text tries to be more than a text.
func hostile() incident.Incident {
	evil := "\n# Heading\n\n<script>alert(1)</script> [click](https://evil.example) ![i](https://evil.example/i.png) https://evil.example www.evil.example " +
		"| cell | `code` **bold** _it_ ~~no~~ &lt; $x$ #12 @team \\ \x1b[31mred \u202eesrever"
	actor := incident.Actor{Person: oncall.PersonID(evil), Name: evil, Door: incident.DoorCLI, Login: evil}
	at := began()
	return incident.Incident{
		ID: evil, Key: incident.Key(evil), Title: evil, Summary: evil, Service: evil, Team: evil, Environment: evil, Source: evil,
		Labels: map[string]string{evil: evil}, DeclaredBy: actor, Runbook: evil, RunbookHash: evil, URL: "javascript:alert(1)",
		Severity: incident.Severity(evil), Holders: map[incident.Role]incident.Holder{incident.Role(evil): {Person: oncall.PersonID(evil), Name: evil, Since: at}},
		Room: incident.Room{ID: evil, Name: evil, URL: "https://user:password@evil.example/|"}, DeclaredAt: at,
		Alerts: map[string]incident.Alert{evil: {Source: evil, Fingerprint: evil, Title: evil, Summary: evil + evil, URL: "https://evil.example"}},
		Pages: []*incident.Page{{
			Key: evil, Step: evil, Message: evil, Levels: []incident.PageLevel{{Target: evil}}, StartedAt: at, State: incident.PageState(evil),
			Attempts: []incident.Attempt{{Person: oncall.PersonID(evil), Name: evil, Via: evil, At: at, Provider: evil, Status: incident.CallStatus(evil), Detail: evil}},
		}},
		Questions: []*incident.Question{{
			Key: evil, Step: evil, Text: evil, Who: []string{evil}, Choice: evil, Reason: evil, By: actor, OpenedAt: at, State: incident.QuestionState(evil),
			Votes: []incident.Vote{{By: actor, Choice: evil, At: at}, {By: actor, Choice: evil, At: at}},
		}},
		Timeline: []incident.Entry{
			{Seq: 1, At: at, Kind: incident.EntryNote, By: actor, Text: evil},
			{Seq: 2, At: at, Kind: incident.EntrySeverity, By: actor, Text: evil},
			{Seq: 3, At: at, Kind: incident.EntryPhase, By: actor, Text: evil},
			{Seq: 4, At: at, Kind: incident.EntryProblem, By: actor, Text: evil},
			{Seq: 5, At: at, Kind: incident.EntryNote, By: actor, Text: evil, Quote: &incident.Quote{Message: evil, Author: evil, At: at, Link: evil}},
			{Seq: 6, At: at, Kind: incident.EntryNote, By: actor, Text: evil, Quote: &incident.Quote{Message: evil, Author: evil, At: at, Link: "https://evil.example/|`<b>"}},
		},
		EndReason: evil, EndedBy: actor,
	}
}
