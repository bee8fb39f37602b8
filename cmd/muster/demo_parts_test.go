package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/alertmanager"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

func TestFreshDemoDirectory(t *testing.T) {
	t.Parallel()
	write := func(t *testing.T, path string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name  string
		files []string
		fails string
		left  []string
	}{
		{name: "new", left: []string{demoMarker}},
		{name: "an earlier demo's", files: []string{demoMarker, "engine.db", "records/INC-1.md"}, left: []string{demoMarker}},
		{name: "somebody's", files: []string{"musterbook.yaml"}, fails: "no demo's directory", left: []string{"musterbook.yaml"}},
		{name: "a directory called like the marker", files: []string{demoMarker + "/x", "thesis.txt"}, fails: "no demo's directory", left: []string{demoMarker, "thesis.txt"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "demo-data")
			for _, f := range tt.files {
				write(t, filepath.Join(dir, f))
			}
			release, err := freshDemoDirectory(dir)
			if got := err != nil && strings.Contains(err.Error(), tt.fails) && strings.Contains(err.Error(), "--data"); got != (tt.fails != "") {
				t.Fatalf("error %v, want %q", err, tt.fails)
			}
			if err == nil {
				if err := release(); err != nil {
					t.Error(err)
				}
			}
			entries, err := os.ReadDir(dir)
			if err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, e := range entries {
				left = append(left, e.Name())
			}
			if diff := cmp.Diff(tt.left, left); diff != "" {
				t.Errorf("left in the directory (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDemoDirectoryIsOneDemos(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "demo-data")
	release, err := freshDemoDirectory(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "engine.db"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := freshDemoDirectory(dir); err == nil || !strings.Contains(err.Error(), "another demo runs") {
		t.Errorf("error %v, want that another demo runs there", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "engine.db")); err != nil {
		t.Errorf("the running demo has lost a file: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	release, err = freshDemoDirectory(dir)
	if err != nil {
		t.Fatalf("after its end: %v", err)
	}
	if err := release(); err != nil {
		t.Error(err)
	}
}

func TestDemoSettingsAreARealConfiguration(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "musterbook.yaml")
	secrets := newDemoSecrets()
	err := writeDemoSettings(path, demoSettings{
		Data: filepath.Join(dir, `odd "name"`), Listen: "127.0.0.1:8080", Gateway: "http://127.0.0.1:8080", Vendors: "http://127.0.0.1:9",
	})
	if err != nil {
		t.Fatal(err)
	}
	books, err := demoLibrary(filepath.Join(dir, "runbooks"), 1)
	if err != nil {
		t.Fatal(err)
	}
	nothing := func(string) string { return "" }
	live, problems := roster.Open(path, roster.Outside{ReadFile: os.ReadFile, Getenv: secrets.over(nothing), Runbooks: books.Known})
	if len(problems) > 0 {
		t.Fatal(problems.Err())
	}
	config := live.Config()
	if config.Slack.APIURL != "http://127.0.0.1:9/api" || config.Twilio.APIURL != "http://127.0.0.1:9" {
		t.Errorf("Slack at %s and Twilio at %s, want the simulations", config.Slack.APIURL, config.Twilio.APIURL)
	}
	for _, level := range []struct{ name, person string }{{"payments-oncall", "ana"}, {"sre-oncall", "ben"}, {"fallback", "olga"}} {
		duties, err := live.Duties(level.name, time.Now())
		if err != nil || len(duties) != 1 || string(duties[0].Person) != level.person || !duties[0].Phone {
			t.Errorf("%s means %+v (%v), want %s with a telephone", level.name, duties, err, level.person)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{secrets.api, secrets.alertmanager, secrets.slackToken, secrets.slackSigning, secrets.twilio} {
		if bytes.Contains(text, []byte(secret)) {
			t.Error("a secret stands in the file")
		}
	}
}

func TestDemoAlertIsAlertmanagers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	body, err := demoAlert(now)
	if err != nil {
		t.Fatal(err)
	}
	group, err := alertmanager.Decode(body)
	if err != nil {
		t.Fatal(err)
	}
	if group.Status != alertmanager.Firing || len(group.Alerts) != 2 || group.Key == "" {
		t.Fatalf("decoded as %+v, want a firing group of two", group)
	}
	for _, a := range group.Alerts {
		if a.Title != "HighErrorRate" || a.Summary != demoTitle || a.Labels["service"] != demoService || !a.StartsAt.Before(now) {
			t.Errorf("alert %+v", a)
		}
	}
	if group.Alerts[0].Fingerprint == group.Alerts[1].Fingerprint {
		t.Error("both alerts have one fingerprint")
	}
}

func TestDemoRunbookAtAnotherPace(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "runbooks")
	books, err := demoLibrary(dir, 3)
	if err != nil {
		t.Fatal(err)
	}
	fast, _, err := books.Runbook(demoRunbook)
	if err != nil {
		t.Fatal(err)
	}
	usual, err := runbooks.Load(runbooks.Shipped(), demoRunbook)
	if err != nil {
		t.Fatal(err)
	}
	pages := func(rb *runbooks.Runbook) (ack string) {
		rb.Walk(func(_ runbooks.Place, s *runbooks.Step) {
			if s.Page != nil && ack == "" {
				ack = s.Page.Ack
			}
		})
		return ack
	}
	if got, want := pages(&fast), "1s"; got != want {
		t.Errorf("the first page waits %s at pace 3, want %s (%s at pace 1)", got, want, pages(usual))
	}
	if got := string(demoPace(3).runbook([]byte("ack: 3s, update: 30m, timeout: 8s, in 2s"))); got != "ack: 1s, update: 30m, timeout: 3s, in 1s" {
		t.Errorf("paced to %q", got)
	}
}

// goodOutcome is an incident that went as the demo's runbook says.
func goodOutcome(t *testing.T) *demoOutcome {
	t.Helper()
	record := filepath.Join(t.TempDir(), "INC-1.md")
	if err := os.WriteFile(record, []byte("# INC-1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ben := incident.Actor{Person: "ben", Name: "Ben", Door: incident.DoorPhone, Verified: true}
	return &demoOutcome{
		shown: contract.Snapshot{
			Incident: incident.Incident{
				Key: "INC-1", Severity: "SEV1", Ending: incident.Resolved, EndedBy: incident.RunbookActor(), AcknowledgedBy: ben,
				Pages: []*incident.Page{{Step: "first", State: incident.PageAcknowledged, AckedBy: ben, AckLevel: 2}},
			},
			Record: []string{record},
		},
		entries: []incident.Entry{
			{Kind: incident.EntryEscalate, Step: "first", Text: "no answer; calling commander (level 2, round 1)"},
			{Kind: incident.EntryEscalate, Step: "stop", Text: "no answer to another question"},
		},
	}
}

func TestDemoOutcome(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*demoOutcome)
		wants  string // in the error; empty = none
	}{
		{name: "as the runbook says", change: func(*demoOutcome) {}},
		{name: "open", change: func(o *demoOutcome) { o.shown.Incident.Ending = "" }, wants: "ending: want resolved, got nothing"},
		{name: "cancelled", change: func(o *demoOutcome) { o.shown.Incident.Ending = incident.Cancelled }, wants: "got cancelled"},
		{name: "resolved by hand", change: func(o *demoOutcome) { o.shown.Incident.EndedBy.Door = incident.DoorCLI }, wants: "ended by: want runbook, got cli"},
		{name: "other severity", change: func(o *demoOutcome) { o.shown.Incident.Severity = "SEV2" }, wants: "severity: want SEV1, got SEV2"},
		{name: "nobody acknowledged", change: func(o *demoOutcome) { o.shown.Incident.AcknowledgedBy = incident.Actor{} }, wants: "acknowledged by: want Ben by telephone, got nothing"},
		{name: "acknowledged in Slack", change: func(o *demoOutcome) { o.shown.Incident.AcknowledgedBy.Door = incident.DoorSlack }, wants: "got Ben by slack"},
		{name: "answered at once", change: func(o *demoOutcome) { o.entries = nil }, wants: "escalations of the page: want 1, got 0"},
		{name: "escalated twice", change: func(o *demoOutcome) { o.entries = append(o.entries, o.entries[0]) }, wants: "want 1, got 2"},
		{name: "a problem", change: func(o *demoOutcome) {
			o.entries = append(o.entries, incident.Entry{Kind: incident.EntryProblem, Text: "chat cannot be reached"})
		}, wants: "problem: chat cannot be reached"},
		{name: "no record", change: func(o *demoOutcome) { o.shown.Record = nil }, wants: "no record was written"},
		{name: "the record is gone", change: func(o *demoOutcome) { o.shown.Record[0] += ".gone" }, wants: "is not there"},
		{name: "a simulation complains", change: func(o *demoOutcome) { o.faults = []string{"Twilio: cannot reach us"} }, wants: "Twilio: cannot reach us"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := goodOutcome(t)
			tt.change(o)
			err := o.check()
			if (err != nil) != (tt.wants != "") || err != nil && !strings.Contains(err.Error(), tt.wants) {
				t.Errorf("got %v, want %q", err, tt.wants)
			}
		})
	}
}

func TestDemoFeedKeepsTheOrderOfTime(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	at := func(tenths int) time.Time { return began().Add(time.Duration(tenths) * 100 * time.Millisecond) }
	feed := &demoFeed{view: newView(&out, began())}
	feed.Simulated(at(7), "Ben", "presses 1")
	feed.Entry(incident.Entry{At: at(8), Kind: incident.EntryAcknowledged, Text: "Ben acknowledged"})
	feed.Entry(incident.Entry{At: at(5), Kind: incident.EntryCall, Text: "Ben rings"}) // the telephone company's word
	feed.Entry(incident.Entry{At: at(5), Kind: incident.EntryCall, By: incident.RunbookActor(), Text: "calling Ben"})
	feed.Entry(incident.Entry{At: at(5), Kind: incident.EntryAlert, Text: "HighErrorRate · firing"})
	feed.Entry(incident.Entry{At: at(5), Kind: incident.EntryAlert, Text: "HighErrorRate · firing"})
	feed.Heard(at(6), "Ben", "INC-1.")
	feed.Heard(at(6), "Ben", "Press 1 to acknowledge.")
	feed.Show(at(8))
	feed.Heard(at(8), "Ben", "INC-1 is acknowledged.")
	feed.Fault(at(9), "Twilio", "cannot reach us")
	feed.ShowAll()
	feed.ShowAll()
	want := `
    0.5 s  call          calling Ben
    0.5 s  alert         HighErrorRate · firing (×2)
    0.6 s  ~ Ben         hears “INC-1. Press 1 to acknowledge.”
    0.7 s  ~ Ben         presses 1
    0.8 s  acknowledged  Ben acknowledged
    0.8 s  ~ Ben         hears “INC-1 is acknowledged.”
    0.9 s  ~ Twilio      cannot reach us
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Twilio: cannot reach us"}, feed.Faults()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}
