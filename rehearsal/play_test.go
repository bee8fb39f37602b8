package rehearsal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// shipped loads a runbook that ships with the product.
func shipped(t testing.TB, id string) *runbooks.Runbook {
	t.Helper()
	rb, err := runbooks.Load(runbooks.Shipped(), id)
	if err != nil {
		t.Fatal(err)
	}
	return rb
}

// run plays.
func run(t testing.TB, o rehearsal.Options) *rehearsal.Result {
	t.Helper()
	r, err := rehearsal.Run(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// text is a transcript in plain lines.
func text(r *rehearsal.Result) []string {
	var out []string
	for _, l := range r.Lines() {
		out = append(out, fmt.Sprintf("%s %s %s %s", l.At.Sub(r.Start).Round(time.Second), l.Kind, l.Who, l.Text))
		for _, m := range l.More {
			out = append(out, "    "+m)
		}
	}
	return out
}

// Seventy-two hours of an incident take less than a second, whether people answer or not. Of three plays the fastest
// counts, since other tests run beside them; compiling the runbook does not.
func TestPlayIsFast(t *testing.T) {
	if runbooks.DefaultHorizon != 72*time.Hour {
		t.Errorf("without more words %s are played", runbooks.DefaultHorizon)
	}
	for name, script := range map[string]runbooks.Rehearsal{
		"everybody answers": {Everyone: 2 * time.Minute},
		"nobody answers":    {},
	} {
		t.Run(name, func(t *testing.T) {
			o := rehearsal.Options{Runbook: shipped(t, "service-outage"), Script: script, Plans: runbooks.NewPlans()}
			run(t, o)
			fastest := time.Hour
			for range 3 {
				began := time.Now()
				run(t, o)
				fastest = min(fastest, time.Since(began))
			}
			if fastest >= time.Second {
				t.Errorf("it takes %s", fastest)
			}
		})
	}
}

// A play ends when the incident does, when it only repeats itself, or when its time is over; and it is always told in the
// same words.
func TestPlayIsTheSame(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		script runbooks.Rehearsal
		until  func(*rehearsal.Result) bool
	}{
		"everybody answers": {
			runbooks.Rehearsal{Everyone: 2 * time.Minute},
			func(r *rehearsal.Result) bool { return r.Over && r.Summary().Ending == incident.Resolved },
		},
		"nobody answers": {
			runbooks.Rehearsal{},
			func(r *rehearsal.Result) bool { return r.Steady && !r.Over && r.Until.Sub(r.Start) < 12*time.Hour },
		},
		"nobody answers, for so long": {
			runbooks.Rehearsal{For: 3 * time.Hour},
			func(r *rehearsal.Result) bool { return !r.Steady && !r.Over && r.Until.Sub(r.Start) == 3*time.Hour },
		},
		"somebody takes it, and nobody decides": {
			runbooks.Rehearsal{For: 24 * time.Hour, Severity: "SEV3", Script: []runbooks.ScriptAct{
				{At: time.Minute, Does: "ack", What: "all", By: "some-service-oncall"},
			}},
			func(r *rehearsal.Result) bool { return !r.Over && r.Until.Sub(r.Start) == 24*time.Hour },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := rehearsal.Options{Runbook: shipped(t, "service-outage"), Script: test.script}
			first := run(t, o)
			if !test.until(first) {
				t.Errorf("it ends after %s: %+v", first.Until.Sub(first.Start), first.Summary())
			}
			if diff := cmp.Diff(text(first), text(run(t, o))); diff != "" {
				t.Error(diff)
			}
		})
	}
}
