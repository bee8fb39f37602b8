package workflows_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/runbooks"
)

// TestShippedRunbooksPlay plays every runbook that ships, from the beginning to the end of its review: with people who
// answer now and then, each time differently, and with nobody at all for a day. Whatever happens, somebody with a name is
// waited for, and nothing is left running.
func TestShippedRunbooksPlay(t *testing.T) {
	t.Parallel()
	ids, err := runbooks.IDs(runbooks.Shipped())
	if err != nil || len(ids) < 8 {
		t.Fatal(ids, err)
	}
	for _, id := range ids {
		for variant := range 4 {
			t.Run(id+"/"+strconv.Itoa(variant), func(t *testing.T) {
				t.Parallel()
				s := newScenario(t, shipped(t, id))
				s.giveInputs()
				s.world.Action = func(string, map[string]any) (map[string]any, error) {
					return map[string]any{"uri": "s3://x", "sha256": "abc"}, nil
				}
				if variant > 0 {
					s.phones(everybody())
					s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ben"), Value: []string{"SEV1", "SEV2", "SEV3"}[variant-1]})
					for n := range 200 {
						s.at(time.Duration(2+7*n)*time.Minute+41*time.Second, func() { s.seeTo((variant + n) % 3) })
					}
				}
				s.at(23*time.Hour, func() {
					if inc := s.snapshot().Incident; inc.Open() && !s.awaited() {
						t.Errorf("after a day it waits for nobody\n%s", s.transcript())
					}
				})
				s.stopAt(24 * time.Hour)
				s.at(25*time.Hour, s.stage.Close)
				s.run()
				s.settled()
			})
		}
	}
}

// giveInputs fills in whatever a shipped runbook takes.
func (s *scenario) giveInputs() {
	known := map[string]any{
		"service": "payments", "vendor": "cloud", "credential": "deploy key", "account": "robot",
		"hosts": []any{"web-1"}, "accounts": []any{"eve"}, "target": "sre-oncall", "message": "hello",
	}
	s.in.Declaration.Inputs = map[string]any{}
	for _, in := range s.in.Runbook.Inputs {
		if value, ok := known[in.Name]; ok {
			s.in.Declaration.Inputs[in.Name] = value
		}
	}
}
