package rehearsal_test

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// The script of a play gives the same play again, whatever was decided in it: the same things are said and done.
func TestScriptPlaysTheSameAgain(t *testing.T) {
	t.Parallel()
	ids, err := runbooks.IDs(runbooks.Shipped())
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(id, " ", seed), func(t *testing.T) {
				t.Parallel()
				rb := shipped(t, id)
				chance := rand.New(rand.NewPCG(seed, 1))
				first := run(t, rehearsal.Options{Runbook: rb, Decide: func(p rehearsal.Point) string {
					if chance.IntN(3) > 0 {
						return p.Usual
					}
					return p.Options[chance.IntN(len(p.Options))]
				}})
				written := rehearsal.ScriptOf(first)
				again := run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, written)})
				if diff := cmp.Diff(told(first), told(again)); diff != "" {
					t.Errorf("%s\nthe script:\n%s", diff, written)
				}
			})
		}
	}
}

// told is what was said and done, without order and spans: branches that run side by side have no order, and scripts
// round to seconds.
func told(r *rehearsal.Result) []string {
	spans := regexp.MustCompile(`\b\d+[dhm]( ?\d+[hm])*( ?[\d.]+s)?\b|\b[\d.]+s\b`)
	var out []string
	for _, e := range r.Entries {
		out = append(out, spans.ReplaceAllString(fmt.Sprint(e.Kind, " ", e.Step, " ", e.By.Name, ": ", e.Text), "…"))
	}
	for _, a := range r.Acts {
		if a.Kind == "card" { // it shows instants, and how often it is changed depends on what happens side by side
			continue
		}
		out = append(out, spans.ReplaceAllString(a.What, "…"))
	}
	slices.Sort(out)
	return out
}
