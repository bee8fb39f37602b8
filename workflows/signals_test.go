package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// TestASignalThatNoStepAwaitsIsRefused: a name that no step of the runbook awaits would be kept for ever and never read.
func TestASignalThatNoStepAwaitsIsRefused(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - task: First
      id: first
    - await: vendor_back
      id: back
      payload: { region: string }
      timeout: 1h
      on_timeout: ask
    - note: back in ${{ steps.back.payload.region }}
`)))
	eu := map[string]any{"region": "eu"}
	wrong := s.act(time.Minute, contract.VerbSend, by("ben", contract.Act{Value: "vendor_bak", Fields: eu}))
	other := s.act(2*time.Minute, contract.VerbSend, by("ben", contract.Act{Value: "all_clear"}))
	unfit := s.act(3*time.Minute, contract.VerbSend, by("ben", contract.Act{Value: "vendor_back", Fields: map[string]any{"regoin": "eu"}}))
	s.at(4*time.Minute, func() {
		s.env().SignalWorkflow(string(contract.VerbSend), by("ben", contract.Act{Value: "vendor_bak"}))
	})
	early := s.act(5*time.Minute, contract.VerbSend, by("ben", contract.Act{Value: "vendor_back", Fields: eu}))
	s.act(6*time.Minute, contract.VerbDone, by("ben", contract.Act{Step: "first"}))
	s.ends(incident.Resolved)
	for name, tt := range map[string]struct {
		o    *outcome
		want string
	}{"a slip": {wrong, `no step awaits the signal "vendor_bak"`}, "another": {other, `no step awaits the signal "all_clear"`}, "a payload": {unfit, "regoin"}} {
		if !strings.Contains(tt.o.refused, tt.want) {
			t.Errorf("%s: refusal is %q, want %q", name, tt.o.refused, tt.want)
		}
	}
	if want := "vendor_back is received; it is kept until back awaits it"; early.refused != "" || early.receipt.Text != want {
		t.Errorf("the early one hears %q %q, want %q", early.receipt.Text, early.refused, want)
	}
	s.wantLines("4m0s  refused: send by Ben was refused: no step awaits the signal \"vendor_bak\"", "6m0s  note: back in eu")
}

// TestASignalOfAnImportOrAWatchIsKnown: the steps that await need not stand in the phases.
func TestASignalOfAnImportOrAWatchIsKnown(t *testing.T) {
	t.Parallel()
	text := strings.Replace(containing("    - task: Work\n      id: work\n"), "phases:",
		"watch:\n  - every: 10m\n    steps: [{ await: news, timeout: 5m, on_timeout: continue }, { note: news }]\nphases:", 1)
	s := newScenario(t, parse(t, text))
	sent := s.act(time.Minute, contract.VerbSend, by("ben", contract.Act{Value: "news"}))
	hand := s.act(2*time.Minute, contract.VerbSend, by("ben", contract.Act{Value: "by_hand"}))
	s.act(3*time.Minute, contract.VerbStep, by("ben", contract.Act{AdHoc: adHoc(t, "await: by_hand\ntimeout: 1h\non_timeout: ask")}))
	again := s.act(4*time.Minute, contract.VerbSend, by("ben", contract.Act{Value: "by_hand"}))
	s.act(12*time.Minute, contract.VerbDone, by("ben", contract.Act{Step: "work"}))
	s.ends(incident.Resolved)
	if sent.refused != "" || hand.refused == "" || again.refused != "" {
		t.Errorf("refusals are %q, %q, %q", sent.refused, hand.refused, again.refused)
	}
	s.wantLines("10m0s  note: news")
}
