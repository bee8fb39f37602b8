package rehearsal_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/rehearsal"
)

func TestExploreShipped(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"service-outage", "demo", "security-breach"} {
		t.Run(id, func(t *testing.T) {
			began := time.Now()
			e, err := rehearsal.Explore(rehearsal.Options{Runbook: shipped(t, id)}, rehearsal.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			t.Log(time.Since(began), e.Paths, e.Left, e.FirstPage.For, e.Silence.For, e.Silence.Until)
			t.Log(e.Silence.Script)
			for _, f := range e.Findings {
				t.Log(f.Code, f.Text, f.Path)
				t.Log(f.Script)
			}
		})
	}
}
