//go:build !noengine

package workflows_test

import (
	"io/fs"
	"slices"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
	"github.com/musterbook/musterbook/workflows"
)

// mostEvents is what four hours of service-outage at SEV2 with twenty acts of people may cost.
const mostEvents = 600

// BenchmarkEventBudget prints how many events service-outage costs on the real engine: four hours, SEV2, twenty acts.
// Its hours are ten seconds long; the number of everything that happens is the same.
func BenchmarkEventBudget(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(playBudget(b)), "events")
	}
}

func playBudget(b *testing.B) int {
	text, err := fs.ReadFile(runbooks.Shipped(), "service-outage.yaml")
	if err != nil {
		b.Fatal(err)
	}
	short := strings.NewReplacer("update: 1h,", "update: 10s,", "every: 30s", "every: 2s").Replace(string(text))
	rb, problems := runbooks.Parse("service-outage.yaml", []byte(short))
	if problems.Err() != nil {
		b.Fatal(problems)
	}
	l := newLive(b, enginetest.Start(b, nil), 0)
	l.world.HTTP = func(contract.HTTPRequest) contract.HTTPResult {
		return contract.HTTPResult{Status: 200, Body: map[string]any{"burn_rate": 0.5}}
	}
	const id = "incident/budget"
	l.pickUp(id, "ana")
	run := l.declare(id, rb)
	acts := 0
	do := func(who, address string, verb contract.Verb, act contract.Act) {
		act.By, act.Step = person(oncall.PersonID(who), incident.DoorSlack), address
		l.mustAct(id, verb, act)
		acts++
	}
	l.until(id, "somebody answers", func(s contract.Snapshot) bool { return !s.Incident.AcknowledgedAt.IsZero() })
	do("ana", "", contract.VerbSeverity, contract.Act{Value: "SEV2"})
	l.until(id, "the question is open", waitsFor("stop"))
	do("ana", "", contract.VerbAssign, contract.Act{Role: "comms", Person: "cleo", PersonName: "Cleo"})
	do("ben", "", contract.VerbAck, contract.Act{})
	do("ana", "stop", contract.VerbAnswer, contract.Act{Value: "rollback"})
	l.until(id, "the cause is looked for", waitsFor("eradication/1"))
	for hour := range 4 {
		for range 3 {
			do("ben", "", contract.VerbNote, contract.Act{Value: "what we know"})
			time.Sleep(time.Second) // the engine's time is real
		}
		l.until(id, "customers want to hear", func(s contract.Snapshot) bool { return waitsFor("watch/1/1")(s) || hour == 3 })
		if hour < 3 {
			do("cleo", "watch/1/1", contract.VerbDone, contract.Act{})
		}
	}
	do("ana", "eradication/1", contract.VerbDone, contract.Act{})
	l.ended(run)
	h := l.history(id, run.GetRunID())
	checkTimers(b, h)
	events := len(h.GetEvents())
	b.Logf("%d acts, %d events", acts, events)
	if events > mostEvents {
		b.Errorf("%d events, want at most %d", events, mostEvents)
	}
	return events
}

// BenchmarkReplay measures how long a history of about four thousand events takes to be replayed: what a worker does
// after a restart before it goes on.
func BenchmarkReplay(b *testing.B) {
	const notes = 850
	l := newLive(b, enginetest.Start(b, nil), 10_000)
	const id = "incident/long"
	l.pickUp(id, "ana")
	rb, problems := runbooks.Parse("long.yaml", []byte("runbook: long\nroles: { commander: sre-oncall }\nphases:\n  containment:\n    - task: work\n      id: work\n"))
	if problems.Err() != nil {
		b.Fatal(problems)
	}
	run := l.declare(id, rb)
	for range notes {
		l.mustAct(id, contract.VerbNote, contract.Act{By: person("ana", incident.DoorSlack), Value: "what we know"})
	}
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ana", incident.DoorSlack)})
	l.ended(run)
	h := slices.MaxFunc(l.runs(id, run.GetRunID()), func(a, b *history.History) int { return len(a.GetEvents()) - len(b.GetEvents()) })
	for b.Loop() {
		replayer := worker.NewWorkflowReplayer()
		workflows.Register(replayer, &workflows.Workflows{Plans: plans, CutAfter: 10_000})
		if err := replayer.ReplayWorkflowHistory(quietLogger{}, h); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(h.GetEvents())), "events")
}
