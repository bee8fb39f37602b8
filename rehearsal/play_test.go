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

// Seventy-two hours of an incident take less than a second, whether people answer or not, and the same play is always
// told in the same words. Of three plays the fastest counts, since other tests run beside them; compiling the runbook does
// not.
func TestPlayIsFastAndTheSame(t *testing.T) {
	const horizon, bound = 72 * time.Hour, time.Second
	if runbooks.DefaultHorizon != horizon {
		t.Errorf("without more words %s are played", runbooks.DefaultHorizon)
	}
	for name, test := range map[string]struct {
		script runbooks.Rehearsal
		ends   func(*rehearsal.Result) bool
	}{
		"everybody answers": {
			runbooks.Rehearsal{Everyone: 2 * time.Minute},
			func(r *rehearsal.Result) bool { return r.Over && r.Summary().Ending == incident.Resolved },
		},
		"nobody answers": {
			runbooks.Rehearsal{},
			func(r *rehearsal.Result) bool { return r.Steady && !r.Over },
		},
		"the first answers, and then nobody, for all of the time": {
			runbooks.Rehearsal{For: horizon, Severity: "SEV3", Script: []runbooks.ScriptAct{
				{At: time.Minute, Does: "ack", What: "all", By: "some-service-oncall"},
			}},
			func(r *rehearsal.Result) bool { return !r.Over && r.Until.Sub(r.Start) == horizon },
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := rehearsal.Options{Runbook: shipped(t, "service-outage"), Script: test.script, Plans: runbooks.NewPlans()}
			first := run(t, o)
			if !test.ends(first) {
				t.Errorf("it ends otherwise: %+v", first.Summary())
			}
			fastest := time.Hour
			for range 3 {
				began := time.Now()
				again := run(t, o)
				fastest = min(fastest, time.Since(began))
				if diff := cmp.Diff(text(first), text(again)); diff != "" {
					t.Fatal(diff)
				}
			}
			if fastest >= bound {
				t.Errorf("it takes %s, want less than %s", fastest, bound)
			}
			t.Logf("%s, %d lines, %d acts", fastest, len(first.Entries), len(first.Acts))
		})
	}
}
