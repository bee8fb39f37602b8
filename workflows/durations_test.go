package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// past is a duration that is over in every scenario of this file.
const past = `${{ duration("1m") - elapsed - duration("5m") }}`

// TestADeadlineThatHasPassedDoesNotSpin: a legal deadline that is over when the question is asked goes to the next of the
// chain at once, then at a pace at which people can answer, and the timeline says why.
func TestADeadlineThatHasPassedDoesNotSpin(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - channel: inc-${{ incident.key }}
    - wait: 73h
    - ask: Tell the authority?
      id: which
      who: comms
      choices: { left: Left, right: Right }
      timeout: ${{ duration("72h") - elapsed }}
      on_timeout: escalate
`)))
	s.phones(nil)
	s.act(83*time.Hour, contract.VerbAnswer, by("dan", contract.Act{Step: "which", Value: "left"}))
	s.ends(incident.Resolved)
	s.wantLines(
		"73h0m0s  timeout: the deadline of “Tell the authority?” had passed already, by 1h",
		"73h0m1s  escalate: no answer to “Tell the authority?”; asking Dan",
		"73h5m1s  escalate: no answer to “Tell the authority?”; asking Dan",
	)
	if n := strings.Count(s.transcript(), "escalate: no answer to “Tell"); n < 10 || n > 60 {
		t.Errorf("it has escalated %d times within ten hours", n)
	}
	s.wantCount("had passed already", 1)
}

// TestADeadlineThatPassesOnTheWay: the first person has what is left of the time, the next ones a pace.
func TestADeadlineThatPassesOnTheWay(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - ask: Tell the authority?
      id: which
      who: comms
      choices: { left: Left, right: Right }
      timeout: ${{ duration("10m") - elapsed }}
      on_timeout: escalate
`)))
	s.phones(nil)
	s.act(3*time.Hour, contract.VerbAnswer, by("dan", contract.Act{Step: "which", Value: "left"}))
	s.ends(incident.Resolved)
	s.wantLines("10m0s  escalate: no answer to “Tell the authority?”; asking Dan", "15m0s  escalate:")
	if n := strings.Count(s.transcript(), "escalate: no answer to “Tell"); n > 20 {
		t.Errorf("it has escalated %d times within three hours", n)
	}
	s.wantCount("has passed; from now on", 1)
}

// TestAQuestionWhoseTimeIsOverSaysSo: what does not escalate ends at once, and says that nobody could have answered.
func TestAQuestionWhoseTimeIsOverSaysSo(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - approve: Drop the table?
      id: drop
      who: owner
      timeout: `+past+`
      on_timeout: reject
      else: [{ note: kept }]
`)))
	s.ends(incident.Resolved)
	s.wantLines("0s  timeout: the deadline of “Drop the table?” had passed already, by 4m", "0s  note: kept")
}

// pace is a place where the runbook computes a duration, and how often what it paces may happen within two hours.
type pace struct {
	head, steps, text string
	least, most       int
	told              string
}

// paces lists the other places where a runbook computes a duration.
func paces() map[string]pace {
	return map[string]pace{
		"a page": {
			steps: "    - page: owner\n      id: call\n      ack: " + past + "\n      escalate: [comms]\n      rounds: 2\n",
			text:  "~ call ana", least: 2, most: 4, told: "call: ack is -4m; 30s counts",
		},
		"an offer": {
			steps: "    - assign: commander\n      to: ana\n      ack: " + past + "\n",
			text:  "do you take commander?”; asking", least: 3, most: 20, told: "the deadline of “Ana, do you take commander?” had passed already",
		},
		"a repeat": {
			steps: "    - repeat:\n      id: again\n      max: 1000\n      every: " + past + "\n      until: false\n      steps: [{ note: \"a round\" }]\n",
			text:  "note: a round", least: 60, most: 130, told: "again: every is -4m; 1m counts",
		},
		"a watch": {
			head:  "watch:\n  - every: " + past + "\n    name: look\n    steps: [{ note: looked }]\n",
			steps: "    - wait: 3h\n", text: "note: looked", least: 4, most: 9, told: "look: every is -4m; 15m counts",
		},
		"a reminder": {
			steps: "    - task: Clean up\n      id: clean\n      remind: " + past + "\n",
			text:  "timeout: still open: Clean up", least: 4, most: 9, told: "clean: remind is -4m; 15m counts",
		},
		"a due": {
			steps: "    - task: Clean up\n      id: clean\n      due: " + past + "\n",
			text:  "timeout: still open: Clean up", least: 2, most: 2, told: "clean: due is -4m; 1m counts",
		},
		"a wait": {
			steps: "    - wait: " + past + "\n      id: rest\n    - note: rested\n    - task: Clean up\n",
			text:  "note: rested", least: 1, most: 1, told: "wait: rest: nothing to wait for: the time was over already, by 4m",
		},
		"a poll of an action": {
			steps: "    - action: x.look\n      id: look\n      every: " + past + "\n      until: false\n      timeout: 3h\n      on_timeout: continue\n",
			text:  "~ action x.look", least: 100, most: 300, told: "look: every is -4m; 30s counts",
		},
		"a request": {
			steps: "    - http: GET https://slo/x\n      id: slo\n      timeout: " + past + "\n      retry: 0\n    - task: Clean up\n",
			text:  "~ http", least: 0, most: 3, told: "slo: timeout is -4m; 1s counts",
		},
	}
}

// TestNoComputedDurationSpins: a duration that comes out as nothing or less is told once, and what it paces keeps a pace.
func TestNoComputedDurationSpins(t *testing.T) {
	t.Parallel()
	for name, tt := range paces() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, strings.Replace(containing(tt.steps), "phases:", tt.head+"phases:", 1)))
			s.phones(map[oncall.PersonID]time.Duration{})
			asked := 0
			s.world.Action = func(string, map[string]any) (map[string]any, error) { asked++; return nil, nil }
			s.cut(time.Hour)
			s.stopAt(2 * time.Hour)
			s.ends(incident.Cancelled)
			if n := max(asked, strings.Count(s.transcript(), tt.text)); n < tt.least || n > tt.most {
				t.Errorf("%q is there %d times within two hours, want %d to %d\n%s", tt.text, n, tt.least, tt.most, s.transcript())
			}
			s.wantCount(tt.told, 1)
		})
	}
}

// TestAPhaseWhoseTimeIsOverNudgesAtAPace: a timebox that is over when the phase begins.
func TestAPhaseWhoseTimeIsOverNudgesAtAPace(t *testing.T) {
	t.Parallel()
	text := strings.Replace(containing("    - wait: 3h\n"), "  containment:\n", "  containment:\n    timebox: "+past+"\n    steps:\n", 1)
	s := newScenario(t, parse(t, text))
	s.stopAt(2 * time.Hour)
	s.ends(incident.Cancelled)
	if n := strings.Count(s.transcript(), "timeout: containment takes longer than planned"); n < 4 || n > 9 {
		t.Errorf("the commander was nudged %d times within two hours\n%s", n, s.transcript())
	}
	s.wantLines("containment: timebox is -4m; 15m counts")
}

// TestADurationWithoutAValueIsTold: what cannot be computed has the default, and people read that it has.
func TestADurationWithoutAValueIsTold(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - http: GET https://slo/x
      id: slo
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: ${{ steps.slo.body.patience }}
      on_timeout: { choose: right }
`)))
	s.world.HTTP = func(contract.HTTPRequest) contract.HTTPResult {
		return contract.HTTPResult{Status: 200, Body: map[string]any{"patience": "soon"}}
	}
	s.ends(incident.Resolved)
	s.wantLines(fmt.Sprintf("problem: which: timeout has no value (%s); 15m counts", "\"soon\" is not a duration"), "15m0s  timeout: nobody answered in time: Which one? → Right")
}
