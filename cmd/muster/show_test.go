package main

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// update writes the screens anew: look at them before you keep them.
var update = flag.Bool("update", false, "write the screens under testdata/show anew")

// at is a time of the night in these tests.
func at(minute int) time.Time { return time.Date(2026, 3, 2, 10, minute, 5, 0, time.UTC) }

// busy is an incident in the middle of everything.
func busy() contract.Snapshot {
	ana := incident.Actor{Person: "ana", Name: "Ana Ruiz", Door: incident.DoorSlack, Verified: true}
	inc := incident.Incident{
		Key: "INC-7", Title: "checkout answers with errors", Service: "checkout", Team: "shop", Environment: "production",
		Severity: "SEV1", Severities: []incident.Severity{"SEV1", "SEV2", "SEV3"}, Phase: incident.Containment,
		Runbook: "service-outage", DeclaredAt: at(0), DeclaredBy: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true},
		AcknowledgedAt: at(2), AcknowledgedBy: ana,
		Holders: map[incident.Role]incident.Holder{"commander": {Person: "ana", Name: "Ana Ruiz", Accepted: true}, "comms": {Name: "Ben Ito"}},
		Room:    incident.Room{ID: "C1", Name: "inc-7-checkout", URL: "https://chat.example.com/archives/C1"},
		Bridge:  incident.Link{ID: "812 3344 5566", URL: "https://zoom.example.com/j/81233445566"},
		Ticket:  incident.Link{ID: "OPS-1204", URL: "https://jira.example.com/browse/OPS-1204"},
		Pages: []*incident.Page{{
			Key: "identification/1/1", Step: "first", State: incident.PageAcknowledged, AckedBy: ana, AckedAt: at(2), Rounds: 3,
		}},
		Questions: []*incident.Question{
			{
				Key: "containment/1/2/hold/0", Step: "rollback", Kind: incident.QuestionHold, Who: []string{"commander"},
				Text:    "rollback holds: the deployment service answers 503 Service Unavailable: maintenance until 11:00 UTC",
				Choices: []incident.Choice{{Key: "retry"}, {Key: "skip"}, {Key: "stop"}},
			},
			{
				Key: "containment/3/2", Step: "impact", Kind: incident.QuestionForm, Who: []string{"commander"}, Text: "Who is affected?",
				Deadline: at(40), OnTimeout: "the next one is asked", Form: []incident.FormField{
					{Name: "customers", Type: "int", Required: true, Description: "How many customers see errors? A guess is better than nothing."},
					{Name: "scope", Type: "string", Enum: []string{"none", "some", "all", "unknown"}, Default: "unknown"},
				},
			},
			{
				Key: "containment/4/2", Step: "await", Kind: incident.QuestionSignal, Who: []string{"commander"}, Text: "waits for restored",
				Signal: "restored", Form: []incident.FormField{{Name: "region", Type: "string", Required: true}},
			},
			{
				Key: "watch/0/0/3", Step: "watch/1/1", Kind: incident.QuestionTask, Who: []string{"comms"}, Text: "Post a customer update",
				Checklist: []string{"what customers see", "when the next update comes"},
			},
		},
	}
	line := func(path, address, kind, text string, state contract.StepState) contract.StepLine {
		phase, _, _ := strings.Cut(path, "/")
		if phase == "watch" || phase == "finally" || phase == "adhoc" {
			phase = ""
		}
		return contract.StepLine{Path: path, Address: address, Kind: kind, Text: text, State: state, Phase: incident.Phase(phase), Pass: 1}
	}
	with := func(l contract.StepLine, change func(*contract.StepLine)) contract.StepLine {
		change(&l)
		return l
	}
	by := func(who string) func(*contract.StepLine) { return func(l *contract.StepLine) { l.By = who } }
	item := func(text string) func(*contract.StepLine) { return func(l *contract.StepLine) { l.Item = text } }
	steps := []contract.StepLine{
		line("identification/0", "channel", "channel", "channel: inc-${{ incident.key }}-${{ inputs.service }}", contract.StepDone),
		with(line("identification/1", "first", "page", "page: owner", contract.StepDone), by("Ana Ruiz")),
		with(line("identification/2", "await", "await", "await: severity", contract.StepDone), by("Ana Ruiz")),
		line("identification/3", "bridge", "bridge", "bridge: zoom", contract.StepSkipped),
		with(line("containment/0", "stop", "ask", "ask: What stops the bleeding?", contract.StepRunning), by("Ana Ruiz")),
		with(line("containment/0/case/rollback/0", "rollback", "action", "action: deploy.rollback", contract.StepHolding), func(l *contract.StepLine) {
			l.Problem = "the deployment service answers 503 Service Unavailable: maintenance until 11:00 UTC"
		}),
		line("containment/0/case/rollback/0/undo/0", "containment/1/case/rollback/1/undo/1", "action", "action: deploy.unfreeze", contract.StepPending),
		line("containment/0/case/other/0", "task", "task", "task: Stop the customer impact by hand, and write down what you did", contract.StepPending),
		line("containment/1", "isolate", "for_each", "for_each: inputs.hosts", contract.StepRunning),
		with(line("containment/1/steps/0", "snapshot[1]", "action", "action: edr.snapshot", contract.StepDone), item("0")),
		with(line("containment/1/steps/1", "edr[1]", "action", "action: edr.isolate", contract.StepDone), item("0")),
		with(line("containment/1/steps/0", "snapshot[2]", "action", "action: edr.snapshot", contract.StepRunning), item("1")),
		with(line("containment/1/steps/1", "edr[2]", "action", "action: edr.isolate", contract.StepPending), item("1")),
		line("containment/2", "calm", "repeat", "repeat: Until the errors are gone", contract.StepRunning),
		with(line("containment/2/steps/0", "look", "http", "http: GET https://slo.internal/v1/checkout?window=5m&format=json", contract.StepTimedOut), func(l *contract.StepLine) {
			l.Item, l.Problem = "1", "no answer in 30s"
		}),
		with(line("containment/2/steps/0", "look", "http", "http: GET https://slo.internal/v1/checkout?window=5m&format=json", contract.StepWaiting), func(l *contract.StepLine) {
			l.Item, l.Awaits, l.Until = "2", []string{"steps.rollback.state", "steps.impact.customers"}, at(31)
		}),
		with(line("containment/3", "impact", "ask", "ask: Who is affected?", contract.StepWaiting), func(l *contract.StepLine) { l.Until = at(40) }),
		with(line("containment/4", "containment/5", "await", "await: restored", contract.StepWaiting), func(l *contract.StepLine) { l.Parallel = true }),
		line("containment/5", "group", "group", "group: Tell everybody", contract.StepPending),
		line("containment/5/steps/0", "containment/6/steps/1", "say", "say: It is over", contract.StepPending),
		line("eradication/0", "eradication/1", "task", "task: Fix the cause, or show that the rollback removed it", contract.StepPending),
		line("recovery/0", "revert", "revert", "revert: containment", contract.StepPending),
		line("recovery/1", "recovery/2", "update", "update: customers", contract.StepPending),
		with(line("watch/0/0", "watch/1/1", "task", "task: Post a customer update", contract.StepWaiting), item("3")),
		line("adhoc/0", "adhoc/1", "say", "say: The vendor is on the bridge", contract.StepDone),
		line("finally/0", "finally/1", "say", "say: Closed after ${{ elapsed }}. Thank you.", contract.StepPending),
	}
	return contract.Snapshot{
		Incident: inc, Steps: steps, Hash: strings.Repeat("3f9c", 16), Upgraded: []string{strings.Repeat("a107", 16)},
		Paused: &contract.Pause{By: ana, At: at(21), Reason: "the vendor is looking; nobody touches anything until they have called back"},
		Phases: []contract.PhaseLine{
			{Phase: incident.Identification, Pass: 1, Started: at(0), Ended: at(9)},
			{Phase: incident.Containment, Goal: "No customer sees an error", Pass: 2, Started: at(15)},
			{Phase: incident.Eradication, Pass: 2},
			{Phase: incident.Recovery, Pass: 2},
		},
		Undo: []contract.UndoRecord{
			{Step: "containment/1/2/0", Path: "containment/1/steps/1", Address: "edr[1]", Phase: incident.Containment, Pass: 1, At: at(17), Reverted: true},
			{Step: "containment/1/2/1", Path: "containment/1/steps/1", Address: "edr[2]", Phase: incident.Containment, Pass: 2, At: at(19)},
			{Step: "adhoc/1/1", Path: "adhoc/1", Address: "freeze", At: at(20)},
		},
	}
}

func TestViewShowsAnIncident(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		look sight
	}{
		{"narrow", sight{width: 80}},
		{"all", sight{width: widest, all: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			printer{w: &out}.snapshot(busy(), test.look)
			path := filepath.Join("testdata", "show", test.name+".txt")
			if *update {
				if err := os.WriteFile(path, out.Bytes(), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("screen (-want +got):\n%s", diff)
			}
			for line := range strings.SplitSeq(out.String(), "\n") {
				if lipgloss.Width(line) > test.look.width {
					t.Errorf("wider than %d: %s", test.look.width, line)
				}
			}
		})
	}
}
