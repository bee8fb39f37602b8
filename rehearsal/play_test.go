package rehearsal_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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

// Seventy-two hours of an incident take less than a second, and the same play is always told in the same words.
func TestPlayIsFastAndTheSame(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]runbooks.Rehearsal{
		"nobody":    {},
		"everybody": {Everyone: 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			o := rehearsal.Options{Runbook: shipped(t, "service-outage"), Script: script, Plans: runbooks.NewPlans()}
			first := text(run(t, o))
			began := time.Now()
			r := run(t, o)
			t.Log(time.Since(began), len(r.Entries), len(r.Acts))
			for _, l := range first {
				t.Log(l)
			}
			if diff := cmp.Diff(first, text(r)); diff != "" {
				t.Error(diff)
			}
		})
	}
}
