package workflows_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/rehearsal/stage"
	"github.com/musterbook/musterbook/runbooks"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// start is when every scenario begins: a Sunday night.
var start = time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)

// book is the roster of all scenarios.
func book() oncall.Book {
	person := func(id, name, phone string) oncall.Person {
		return oncall.Person{ID: oncall.PersonID(id), Name: name, Phone: phone, Zone: "UTC"}
	}
	return oncall.Book{
		People: []oncall.Person{
			person("ana", "Ana", "+15550100001"), person("ben", "Ben", "+15550100002"),
			person("cleo", "Cleo", "+15550100003"), person("dan", "Dan", "+15550100004"),
		},
		Schedules: []oncall.Schedule{
			{Name: "payments-oncall", Person: "ana"},
			{Name: "sre-oncall", Person: "ben"},
			{Name: "support-oncall", Person: "cleo"},
			{Name: "engineering-manager", Person: "cleo"},
			{Name: "cto", Person: "dan"},
			{Name: "vp-engineering", Person: "dan"},
			{Name: "security-oncall", Person: "ben"},
			{Name: "forensics-oncall", Person: "ana"},
			{Name: "legal-oncall", Person: "cleo"},
			{Name: "ciso", Person: "dan"},
		},
		Fallback: []oncall.PersonID{"dan"},
	}
}

// plans are those of all scenarios: the same runbooks are compiled once.
var plans = runbooks.NewPlans()

// scenario is one incident in skipped time, over every port in memory.
type scenario struct {
	t     *testing.T
	stage *stage.Stage
	world *memory.World
	in    contract.IncidentInput

	counts  map[string]int           // attempts of effects, by name
	slows   map[string]time.Duration // effects that take longer than usual
	between func(*contract.State)    // what the drain of a cut has done to the state
}

// newScenario prepares an incident that an alert has started.
func newScenario(t *testing.T, rb *runbooks.Runbook) *scenario {
	t.Helper()
	hash, err := rb.Hash()
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{t: t, slows: map[string]time.Duration{}, counts: map[string]int{}}
	s.world = memory.New(book(), func() time.Time { return s.stage.Now() })
	s.stage = stage.New(stage.Options{
		Start: start, Plans: plans, Action: s.world.DoAction,
		Ports: activities.Ports{
			Chat: s.world, Direct: s.world, Presence: s.world, Mail: s.world, Phone: s.world, People: s.world, Archive: s.world, Numbers: s.world, Bridges: s.world, Tracker: s.world,
			Audiences: s.world, Web: s.world, Commands: s.world,
		},
		Takes:   func(e stage.Effect) time.Duration { s.counts[e.Name]++; return s.slows[e.Name] },
		Between: func(st *contract.State) { s.betweenRuns(st) },
	})
	s.at(20*24*time.Hour, func() {
		t.Error("stuck: nothing ends this incident")
		s.env().CancelWorkflow()
	})
	s.in = contract.IncidentInput{
		Runbook: *rb, Hash: hash,
		Declaration: contract.Declaration{
			Title: "error rate above 5 %", Service: "payments", Source: "alertmanager", At: start, Type: "outage",
			By: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true},
		},
	}
	s.at(0, func() { s.alert(false) })
	return s
}

// env is the engine's stand-in of the present run.
func (s *scenario) env() *testsuite.TestWorkflowEnvironment { return s.stage.Incident() }

// betweenRuns lets a test see the state that a cut has left.
func (s *scenario) betweenRuns(st *contract.State) {
	if s.between != nil {
		s.between(st)
	}
}

// slow makes a kind of effect take long, so that it is in flight when something else happens.
func (s *scenario) slow(name string, takes time.Duration) { s.slows[name] = takes }

// cut asks for a continue-as-new after a while of the incident's time.
func (s *scenario) cut(after time.Duration) { s.at(after, s.stage.Cut) }

// after does something a while from now, whichever run it is then.
func (s *scenario) after(delay time.Duration, f func()) { s.stage.After(delay, f) }

// shipped loads a runbook that ships with the product.
func shipped(t *testing.T, name string) *runbooks.Runbook {
	t.Helper()
	rb, err := runbooks.Load(runbooks.Shipped(), name)
	if err != nil {
		t.Fatal(err)
	}
	return rb
}

// parse reads a runbook from text.
func parse(t *testing.T, text string) *runbooks.Runbook {
	t.Helper()
	rb, problems := runbooks.Parse("test.yaml", []byte(text))
	for _, p := range problems {
		if !p.Warning {
			t.Fatal(problems)
		}
	}
	return rb
}

// at does something after a while of the incident's time.
func (s *scenario) at(after time.Duration, f func()) { s.stage.At(after, f) }

// alert sends the alert again, firing or cleared.
func (s *scenario) alert(cleared bool) {
	s.env().SignalWorkflow(string(contract.AlertsSignal), contract.Alerts{Alerts: []incident.Alert{{
		Source: "alertmanager", Fingerprint: "f1", Title: "HighErrorRate", Summary: "error rate above 5 %",
		StartsAt: start.Add(-time.Minute), Cleared: cleared,
	}}})
}

// person is somebody of the roster at a door.
func person(id oncall.PersonID, door incident.Door) incident.Actor {
	for _, p := range book().People {
		if p.ID == id {
			return incident.Actor{Person: id, Name: p.Name, Door: door, Verified: true}
		}
	}
	return incident.Actor{Name: string(id), Door: door}
}

// outcome is what an act led to.
type outcome struct {
	receipt contract.Receipt
	refused string
	done    bool
}

// act lets a person act at a time and gives the outcome when the scenario has run.
func (s *scenario) act(after time.Duration, verb contract.Verb, act contract.Act) *outcome {
	o := &outcome{}
	s.at(after, func() { s.actNow(verb, act, o) })
	return o
}

// actInReview lets a person act on the incident's review at a time, by signal.
func (s *scenario) actInReview(after time.Duration, verb contract.Verb, act contract.Act) {
	// A review that is over by then needs nobody.
	s.at(after, func() {
		if review := s.stage.Review(); review != nil {
			review.SignalWorkflow(string(verb), act)
		}
	})
}

// reviewed is the transcript as the review has it in the end.
func (s *scenario) reviewed() string {
	s.t.Helper()
	value, err := s.stage.Review().QueryWorkflow(string(contract.Timeline), contract.TimelineRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	var part contract.TimelinePart
	if err := value.Get(&part); err != nil {
		s.t.Fatal(err)
	}
	return s.merged(part.Entries)
}

// actNow sends an update.
func (s *scenario) actNow(verb contract.Verb, act contract.Act, o *outcome) {
	s.env().UpdateWorkflow(string(verb), fmt.Sprintf("u%p", o), &testsuite.TestUpdateCallback{
		OnAccept: func() {},
		OnReject: func(err error) { o.refused, o.done = err.Error(), true },
		OnComplete: func(v any, err error) {
			o.done = true
			if err != nil {
				o.refused = err.Error()
				return
			}
			o.receipt, _ = v.(contract.Receipt)
		},
	}, act)
}

// answers lets a person pick up and press 1 a while after each call rings; everybody else lets it ring out.
func (s *scenario) phones(pick map[oncall.PersonID]time.Duration) {
	s.world.Placed = func(c contract.CallRequest, provider string) {
		own := time.Duration(c.Person[0]-'a') * 3 * time.Millisecond // no two telephones ring in the same instant
		s.status(200*time.Millisecond+own, c, provider, incident.CallRinging)
		after, picks := pick[c.Person]
		if !picks {
			s.status(c.Ring+own, c, provider, incident.CallNoAnswer)
			return
		}
		s.status(after, c, provider, incident.CallAnswered)
		s.after(after+time.Second, func() {
			s.actNow(contract.VerbAck, contract.Act{By: person(c.Person, incident.DoorPhone), Page: c.Callback.Page}, &outcome{})
		})
	}
}

// status sends a provider's word about a call.
func (s *scenario) status(after time.Duration, c contract.CallRequest, provider string, status incident.CallStatus) {
	s.after(after, func() {
		s.env().SignalWorkflow(string(contract.CallSignal), contract.CallStatus{Callback: c.Callback, Provider: provider, Status: status})
	})
}

// run plays the scenario to its end and gives the final state.
func (s *scenario) run() contract.IncidentResult {
	s.t.Helper()
	result, err := s.stage.Play(s.in)
	if err != nil {
		s.t.Fatalf("the incident failed: %v\n%s", err, s.transcript())
	}
	return result
}

// stopAt cancels the scenario's incident after a while, for runs that would go on for ever.
func (s *scenario) stopAt(after time.Duration) {
	s.act(after, contract.VerbCancel, contract.Act{By: person("dan", incident.DoorCLI), Reason: "the test ends here"})
}

// timeline reads the incident's timeline.
func (s *scenario) timeline() []incident.Entry {
	s.t.Helper()
	value, err := s.env().QueryWorkflow(string(contract.Timeline), contract.TimelineRequest{})
	if err != nil {
		s.t.Fatal(err)
	}
	var part contract.TimelinePart
	if err := value.Get(&part); err != nil {
		s.t.Fatal(err)
	}
	return part.Entries
}

// snapshot reads the incident.
func (s *scenario) snapshot() contract.Snapshot {
	s.t.Helper()
	value, err := s.env().QueryWorkflow(string(contract.Show), contract.None{})
	if err != nil {
		s.t.Fatal(err)
	}
	var snap contract.Snapshot
	if err := value.Get(&snap); err != nil {
		s.t.Fatal(err)
	}
	return snap
}

// transcript lists every outward act and every line of the timeline, in order of time.
func (s *scenario) transcript() string { return s.merged(s.timeline()) }

// merged puts a timeline and all outward acts in order.
func (s *scenario) merged(entries []incident.Entry) string {
	type line struct {
		at   time.Time
		rank int
		text string
	}
	var lines []line
	for _, l := range s.world.Transcript() {
		lines = append(lines, line{l.At.UTC(), 1, "  ~ " + l.What})
	}
	for _, e := range entries {
		lines = append(lines, line{e.At.UTC(), 0, string(e.Kind) + ": " + e.Text})
	}
	// Effects of one moment have no order among themselves: they run side by side.
	const moment = 500 * time.Millisecond
	slices.SortStableFunc(lines, func(a, b line) int {
		if c := a.at.Truncate(moment).Compare(b.at.Truncate(moment)); c != 0 {
			return c
		}
		if a.rank != b.rank || a.rank == 0 {
			return cmp.Compare(a.rank, b.rank)
		}
		return cmp.Compare(a.text, b.text)
	})
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%9s  %s\n", l.at.Sub(start).Truncate(moment), l.text)
	}
	return b.String()
}

// golden compares the transcript with the scenario's file.
func (s *scenario) golden() {
	s.t.Helper()
	name := filepath.Join("testdata", strings.ReplaceAll(s.t.Name(), "/", "_"), "transcript.txt")
	s.compare(name, s.transcript())
}

// goldenInSeconds is golden for scenarios in which many effects happen side by side: what happens within one second has
// no order.
func (s *scenario) goldenInSeconds() {
	s.t.Helper()
	s.compare(filepath.Join("testdata", strings.ReplaceAll(s.t.Name(), "/", "_"), "transcript.txt"), strings.Join(rounded(s), "\n")+"\n")
}

// compare compares a text with a file.
func (s *scenario) compare(name, got string) {
	s.t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
			s.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	if diff := gocmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		s.t.Errorf("transcript differs (-want +got), write anew with -update:\n%s", diff)
	}
}

// quietLogger drops the engine's log lines.
type quietLogger struct{}

func (quietLogger) Debug(string, ...any) {}
func (quietLogger) Info(string, ...any)  {}
func (quietLogger) Warn(string, ...any)  {}
func (quietLogger) Error(string, ...any) {}
