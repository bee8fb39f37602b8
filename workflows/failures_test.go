package workflows_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// hosts makes an action of the runbook fail for some hosts, each in its own words.
func (s *scenario) hosts(fails map[string]string) {
	s.world.Action = func(_ string, with map[string]any) (map[string]any, error) {
		if why, bad := fails[with["host"].(string)]; bad {
			return nil, &contract.Refused{What: why}
		}
		return nil, nil
	}
}

// TestTheHoldOfAListSaysWhy: whoever is asked reads which items have failed and why, equal reasons once; also after a cut.
func TestTheHoldOfAListSaysWhy(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - for_each: '["a", "b", "c", "d"]'
      as: host
      id: all
      steps:
        - action: x.work
          with: { host: "${{ host }}" }
        - note: did ${{ host }}
`)))
	s.hosts(map[string]string{"a": "is away", "b": "disk full", "d": "is away"})
	s.cut(time.Minute)
	s.act(2*time.Minute, contract.VerbStop, by("ben", contract.Act{Step: "all"}))
	s.act(3*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "containment", Value: "skip"}))
	s.ends(incident.Resolved)
	s.wantLines(
		"question: commander: all holds: 3 of 4 items failed: a, d (action: x.work: is away); b (action: x.work: disk full) [Retry]",
		"containment was stopped (all: 3 of 4 items failed: a, d (action: x.work: is away); b (action: x.work: disk full)). What next?",
	)
}

// TestTheHoldOfAnItemNamesTheItem: a step within a list that holds by itself says whose it is.
func TestTheHoldOfAnItemNamesTheItem(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - for_each: '["a", "b"]'
      as: host
      id: all
      steps:
        - name: Drain the host
          id: drain
          action: x.work
          with: { host: "${{ host }}" }
          on_failure: ask
`)))
	s.hosts(map[string]string{"b": "is away"})
	s.act(time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "drain[2]", Value: "skip"}))
	s.ends(incident.Resolved)
	s.wantLines("question: commander: Drain the host (b) holds: is away [Retry]")
}

// TestTheHoldOfBranchesSaysWhy: branches that have ended badly are named with their reasons.
func TestTheHoldOfBranchesSaysWhy(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - parallel:
        db:
          - action: x.db
            on_failure: stop
        web:
          - action: x.web
            on_failure: stop
        fine:
          - note: fine
      id: both
      on_failure: ask
`)))
	s.world.Action = func(name string, _ map[string]any) (map[string]any, error) {
		return nil, &contract.Refused{What: "no " + strings.TrimPrefix(name, "x.")}
	}
	s.act(time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "both", Value: "skip"}))
	s.ends(incident.Resolved)
	s.wantLines("question: commander: both holds: db (action: x.db: no db); web (action: x.web: no web) [Retry]")
}

// TestABlockThatWasStoppedSaysWhy: the reason goes up through the blocks to whoever is asked what is next.
func TestABlockThatWasStoppedSaysWhy(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - group: Together
      steps:
        - run: ./fix
          id: fix
          on_failure: stop
`)))
	s.world.Command = func(contract.CommandRequest) contract.CommandResult {
		return contract.CommandResult{Stdout: "cannot\n", ExitCode: 3}
	}
	s.act(time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "containment", Value: "skip"}))
	s.ends(incident.Resolved)
	s.wantLines("containment was stopped (fix: exit code 3: cannot). What next?")
}

// TestNonsenseIsTold: values that mean nothing where they stand hold the step or are told; none is passed over.
func TestNonsenseIsTold(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ steps, told string }{
		"a list that is none": {
			"    - for_each: steps.slo.body.hosts\n      as: host\n      id: all\n      steps: [{ note: \"${{ host }}\" }]\n",
			"all holds: evaluate steps.slo.body.hosts: list<dyn> is needed, found string",
		},
		"an empty list": {
			"    - for_each: steps.slo.body.none\n      as: host\n      id: all\n      steps: [{ note: \"${{ host }}\" }]\n",
			"skipped: all: `steps.slo.body.none` is an empty list; nothing to do",
		},
		"a condition that is no yes or no": {
			"    - note: never\n      id: sure\n      if: steps.slo.body.flag\n",
			"sure holds: evaluate steps.slo.body.flag: bool is needed, found string",
		},
		"a switch without the case": {
			"    - switch: steps.slo.body.hosts\n      id: which\n      case: { a: [{ note: never }] }\n",
			"skipped: which: no case is “b1”; going on",
		},
		"a condition that is waited for and has no value": {
			"    - await: never_sent\n      until: steps.slo.body.rate < 1.0\n      timeout: 30m\n      on_timeout: continue\n",
			"0s  problem: `steps.slo.body.rate < 1.0` counts as not yet: ",
		},
		"a quorum that cannot be had": {
			"    - approve: Drop the table?\n      id: drop\n      who: owner\n      quorum: 2\n      timeout: 5m\n      on_timeout: reject\n      else: []\n",
			"problem: drop needs 2 approvals, and only Ana can give one",
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, containing("    - http: GET https://slo/x\n      id: slo\n"+tt.steps)))
			s.world.HTTP = func(contract.HTTPRequest) contract.HTTPResult {
				return contract.HTTPResult{Status: 200, Body: map[string]any{"hosts": "b1", "none": []any{}, "flag": "perhaps"}}
			}
			s.stopAt(time.Hour)
			s.run()
			s.wantLines(tt.told)
			s.wantNone("note: never")
		})
	}
}

// TestAStopByHandKeepsItsReason: what a person says when they stop a step is what the next question says.
func TestAStopByHandKeepsItsReason(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - action: x.work\n      id: work\n")))
	s.world.Action = func(string, map[string]any) (map[string]any, error) { return nil, errors.New("no") }
	s.act(time.Minute, contract.VerbStop, by("ben", contract.Act{Step: "work", Reason: "not worth it"}))
	s.act(2*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "containment", Value: "skip"}))
	s.ends(incident.Resolved)
	s.wantLines("containment was stopped (work: no). What next?")
}
