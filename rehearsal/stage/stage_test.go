package stage_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/rehearsal/stage"
	"github.com/musterbook/musterbook/runbooks"
)

// start is when every play begins.
var start = time.Date(2026, time.January, 13, 10, 0, 0, 0, time.UTC)

// ana does what people do here.
var ana = incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorSlack, Verified: true}

// play is one incident on the stage, over a world in memory.
type play struct {
	t       *testing.T
	stage   *stage.Stage
	world   *memory.World
	in      contract.IncidentInput
	entries []incident.Entry
}

// newPlay puts a runbook with these phases on the stage.
func newPlay(t *testing.T, phases string, options stage.Options) *play {
	t.Helper()
	rb, problems := runbooks.Parse("play.yaml", []byte("runbook: play\nroles: { commander: sre-oncall }\nphases:\n"+phases))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	hash, err := rb.Hash()
	if err != nil {
		t.Fatal(err)
	}
	p := &play{t: t}
	p.world = memory.New(oncall.Book{
		People:    []oncall.Person{{ID: "ana", Name: "Ana", Phone: "+15550100001"}, {ID: "ben", Name: "Ben", Phone: "+15550100002"}},
		Schedules: []oncall.Schedule{{Name: "sre-oncall", Person: "ana"}, {Name: "payments-oncall", Person: "ben"}},
	}, func() time.Time { return p.stage.Now() })
	heard := options.News
	options.News = func(entries []incident.Entry) {
		p.entries = append(p.entries, entries...)
		if heard != nil {
			heard(entries)
		}
	}
	options.Start, options.Plans = start, runbooks.NewPlans()
	options.Ports = activities.Ports{
		Chat: p.world, Direct: p.world, Mail: p.world, Phone: p.world, People: p.world, Archive: p.world, Numbers: p.world, Bridges: p.world, Tracker: p.world,
		Audiences: p.world, Web: p.world, Commands: p.world,
	}
	p.stage = stage.New(options)
	p.in = contract.IncidentInput{Runbook: *rb, Hash: hash, Declaration: contract.Declaration{
		Title: "It burns", At: start, By: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true},
	}}
	p.stage.At(1000*time.Hour, func() {
		t.Error("nothing ends this play")
		p.stage.Close()
	})
	return p
}

// run plays to the end.
func (p *play) run() contract.IncidentResult {
	p.t.Helper()
	result, err := p.stage.Play(p.in)
	if err != nil {
		p.t.Fatal(err)
	}
	return result
}

// act lets Ana act, and fails the test when she may not.
func (p *play) act(at time.Duration, verb contract.Verb, act contract.Act) {
	act.By = ana
	p.stage.At(at, func() {
		p.stage.Act(verb, act, func(_ contract.Receipt, err error) {
			if err != nil {
				p.t.Errorf("%s after %s: %v", verb, at, err)
			}
		})
	})
}

// transcript is all that was written and done, with its instants.
func (p *play) transcript() []string {
	var out []string
	for _, e := range p.entries {
		out = append(out, fmt.Sprint(e.At.Sub(start), " ", e.Kind, ": ", e.Text))
	}
	for _, l := range p.world.Transcript() {
		out = append(out, fmt.Sprint(l.At.Sub(start), " ~ ", l.What))
	}
	return out
}

// steps are the states of the steps in the end.
func (p *play) steps() map[string]string {
	p.t.Helper()
	s, err := p.stage.Look()
	if err != nil {
		p.t.Fatal(err)
	}
	out := map[string]string{}
	for _, line := range s.Steps {
		out[line.Address] = string(line.State)
	}
	return out
}

// waitThenEnd is a runbook that ends after a while.
const waitThenEnd = `
  identification:
    - channel: room
    - wait: 1m
    - end: resolved
`

// What is asked for at one instant happens in the order in which it was asked for: however it was asked for, from
// inside of what happens as well, and whichever run it is by then.
func TestActsOfOneInstantHaveAnOrder(t *testing.T) {
	t.Parallel()
	const many = 40
	for name, test := range map[string]struct {
		cut  time.Duration
		runs int
	}{
		"one run":                     {runs: 1},
		"a cut before the instant":    {cut: 7 * time.Second, runs: 2},
		"a cut at the instant itself": {cut: 20 * time.Second, runs: 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlay(t, waitThenEnd, stage.Options{})
			var got, want []string
			at := map[string]time.Duration{}
			note := func(what string) func() {
				return func() {
					got = append(got, what)
					at[what] = p.stage.Now().Sub(start)
				}
			}
			if test.cut > 0 {
				p.stage.At(test.cut, p.stage.Cut)
			}
			p.stage.At(30*time.Second, note("later"))
			for n := range many {
				what := fmt.Sprint(n)
				want = append(want, what)
				if n%2 == 0 {
					p.stage.At(20*time.Second, note(what))
				} else {
					p.stage.After(start.Add(20*time.Second).Sub(p.stage.Now()), note(what))
				}
			}
			p.stage.At(20*time.Second, func() { p.stage.After(0, note("at once, from inside")) })
			p.stage.At(5*time.Second, func() { p.stage.After(15*time.Second, note("after, from an earlier act")) })
			p.stage.At(5*time.Second, func() { p.stage.At(20*time.Second, note("at, from an earlier act")) })
			want = append(want, "after, from an earlier act", "at, from an earlier act", "at once, from inside", "later")
			p.run()
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if p.stage.Runs() != test.runs {
				t.Errorf("%d runs, want %d", p.stage.Runs(), test.runs)
			}
			for _, what := range want[:len(want)-1] {
				if at[what] != 20*time.Second {
					t.Errorf("%s happened after %s", what, at[what])
				}
			}
		})
	}
}

// What is there at the beginning is there when the incident starts.
func TestActsOfTheBeginning(t *testing.T) {
	t.Parallel()
	p := newPlay(t, waitThenEnd, stage.Options{})
	p.stage.At(0, func() {
		p.stage.Alerts(incident.Alert{Source: "prober", Fingerprint: "f", Title: "it burns", StartsAt: start})
	})
	p.stage.At(10*time.Second, func() {
		p.stage.Alerts(incident.Alert{Source: "prober", Fingerprint: "f", Title: "it burns", StartsAt: start, Cleared: true})
	})
	if _, err := p.stage.Look(); err == nil {
		t.Error("there is an incident before the play")
	}
	p.run()
	s, err := p.stage.Look()
	if err != nil {
		t.Fatal(err)
	}
	if after := s.Incident.ClearedAt.Sub(start); after != 10*time.Second || len(s.Incident.Alerts) != 1 {
		t.Errorf("%d alerts, cleared after %s; want 1, 10s", len(s.Incident.Alerts), after)
	}
}

// Whoever may not act hears why, in the words of the product and without the engine's.
func TestActRefused(t *testing.T) {
	t.Parallel()
	p := newPlay(t, waitThenEnd, stage.Options{})
	heard := ""
	p.stage.At(time.Second, func() {
		p.stage.Act(contract.VerbApprove, contract.Act{By: ana, Step: "nothing"}, func(_ contract.Receipt, err error) { heard = fmt.Sprint(err) })
	})
	p.run()
	if heard != `no question "nothing"` {
		t.Errorf("she hears %q", heard)
	}
}

// Close ends the play there and then: nothing of the script happens any more, and it is no error.
func TestClose(t *testing.T) {
	t.Parallel()
	p := newPlay(t, `
  identification:
    - page: sre-oncall
      ack: 1m
`, stage.Options{})
	late := false
	p.stage.At(30*time.Minute, func() {
		p.stage.After(0, func() { late = true })
		p.stage.Close()
	})
	p.stage.At(31*time.Minute, func() { late = true })
	p.run()
	if late {
		t.Error("something happened after the play was closed")
	}
	if now := p.stage.Now().Sub(start); now < 30*time.Minute || now > 31*time.Minute {
		t.Errorf("it ends after %s", now)
	}
	last := p.entries[len(p.entries)-1]
	if last.At.After(start.Add(30 * time.Minute)) {
		t.Errorf("it tells of the curtain: %s", last.Text)
	}
}

// The review is played when the incident is over, from that instant on, and people act in it.
func TestReviewComesAfterTheIncident(t *testing.T) {
	t.Parallel()
	p := newPlay(t, `
  identification:
    - channel: room
    - wait: 1m
  lessons_learned:
    - task: Write it down
      id: write
      who: ana
    - say: It is written
`, stage.Options{})
	var reviewing []bool
	for _, at := range []time.Duration{30 * time.Second, 2 * time.Minute} {
		p.stage.At(at, func() { reviewing = append(reviewing, p.stage.Review() != nil) })
	}
	p.act(time.Hour, contract.VerbDone, contract.Act{Step: "write"})
	result := p.run()
	if !slices.Equal(reviewing, []bool{false, true}) {
		t.Errorf("there is a review: %v, want false and true", reviewing)
	}
	if result.Ending != incident.Resolved {
		t.Errorf("it ended %q", result.Ending)
	}
	all := strings.Join(p.transcript(), "\n")
	if !strings.Contains(all, "1h0m0.0") || !strings.Contains(all, "post It is written") {
		t.Errorf("nothing is written after the hour:\n%s", all)
	}
	if got := p.steps()["write"]; got != "done" {
		t.Errorf("write is %q", got)
	}
}

// The same play gives the same words at the same instants, with everything that can race in it.
func TestSamePlaySameTranscript(t *testing.T) {
	t.Parallel()
	once := func() []string {
		p := newPlay(t, `
  identification:
    - channel: room
      invite: [sre-oncall, payments-oncall]
    - page: [sre-oncall, payments-oncall]
      ack: 1m
      background: true
    - parallel:
        one:
          - action: systems.left
          - say: left
        two:
          - action: systems.right
          - say: right
    - http: GET https://slow.example
      id: slow
      retry: 2
      on_failure: continue
    - wait: 5m
    - end: resolved
  lessons_learned:
    - say: over
`, stage.Options{})
		p.world.HTTP = func(contract.HTTPRequest) contract.HTTPResult { return contract.HTTPResult{Status: 503} }
		p.world.Placed = func(call contract.CallRequest, provider string) {
			p.stage.After(20*time.Second, func() {
				p.stage.CallStatus(contract.CallStatus{Callback: call.Callback, Provider: provider, Status: incident.CallNoAnswer})
			})
		}
		for range 3 {
			p.stage.At(90*time.Second, func() {
				p.stage.Act(contract.VerbAck, contract.Act{By: ana, All: true}, func(contract.Receipt, error) {})
			})
		}
		p.stage.At(2*time.Minute, p.stage.Cut)
		p.run()
		return p.transcript()
	}
	first := once()
	for range 4 {
		if diff := cmp.Diff(first, once()); diff != "" {
			t.Fatal(diff)
		}
	}
	if len(first) < 20 {
		t.Errorf("hardly anything happens:\n%s", strings.Join(first, "\n"))
	}
}

// What panics within a wait is told as a crash, with the place; the program goes on.
func TestPanicIsAnError(t *testing.T) {
	t.Parallel()
	p := newPlay(t, waitThenEnd, stage.Options{News: func([]incident.Entry) { panic(errors.New("the listener is broken")) }})
	_, err := p.stage.Play(p.in)
	if err == nil || !strings.Contains(err.Error(), "the listener is broken") || !strings.Contains(err.Error(), "stage") {
		t.Errorf("it gives %v", err)
	}
}
