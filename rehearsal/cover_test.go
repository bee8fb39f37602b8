package rehearsal_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// part is a runbook that others import.
const part = `
runbook: part
roles: { commander: sre-oncall }
phases:
  containment:
    - task: Look closely
      id: look
      who: commander
      timeout: 1h
      on_timeout: continue
`

// counted is a runbook with everything that coverage counts in its own way.
const counted = `
runbook: counted
roles: { commander: sre-oncall }
severities: { SEV1: {} }
phases:
  identification:
    - page: commander
      id: first
      background: true
    - for_each: "['a', 'b']"
      as: host
      id: each
      steps:
        - note: of ${{ host }}
          id: item
    - note: when it is small
      id: small
      if: severity == 'SEV9'
    - for_each: "[]"
      as: host
      id: none
      steps:
        - note: of nobody
          id: never
  containment:
    - ask: Which way?
      id: way
      who: commander
      choices: { left: Left, right: Right, back: Back }
      timeout: 1h
      on_timeout: escalate
      case:
        left:
          - action: traffic.move
            id: move
            undo:
              - action: traffic.back
                id: moveback
        back:
          - return: identification
            id: again
    - runbook: part
      id: imported
    - approve: Really?
      id: really
      who: commander
      timeout: 1h
      on_timeout: reject
      else: []
  recovery:
    - revert: containment
      id: undone
`

// What plays have reached is counted as people understand it: what was run at all, and what somebody has chosen.
func TestCoverage(t *testing.T) {
	t.Parallel()
	rb, problems := runbooks.ParseWith("counted.yaml", []byte(counted), runbooks.Known{Runbooks: runbooks.Beside(fstest.MapFS{"part.yaml": {Data: []byte(part)}})})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	const to = "runbook: counted\nseverity: SEV1\nscript:\n"
	for name, test := range map[string]struct {
		plays   []string
		reached []string // of what the others miss
		missing []string
	}{
		"nobody answers": {
			plays: []string{to + "  - { at: 1m, ack: all, by: sre-oncall }\n"},
			// The question is asked again for ever, so what comes after it is not run.
			reached: []string{"first", "each", "item", "none", "way"},
			missing: []string{"never", "small", "way: left", "way: right", "way: back", "move", "moveback", "again", "imported", "imported/look", "really", "really: yes", "really: no", "undone"},
		},
		"an answer after an escalation counts, and what ran out of time does not": {
			plays:   []string{to + "  - { at: 70m, answer: way, choice: right, by: sre-oncall }\n"},
			reached: []string{"way: right", "imported", "imported/look", "really", "undone"},
			missing: []string{"way: left", "way: back", "move", "moveback", "again", "really: yes", "really: no"},
		},
		"undo counts as it is run": {
			plays:   []string{to + "  - { at: 1m, answer: way, choice: left, by: sre-oncall }\n  - { at: 2m, done: imported/look, by: sre-oncall }\n  - { at: 3m, approve: really, by: sre-oncall }\n"},
			reached: []string{"way: left", "move", "moveback", "undone", "really: yes"},
			missing: []string{"way: right", "way: back", "again", "really: no"},
		},
		"going back is reached by those who go back": {
			plays:   []string{to + "  - { at: 1m, answer: way, choice: back, by: sre-oncall }\n"},
			reached: []string{"way: back", "again"},
			missing: []string{"way: left", "way: right", "move", "imported", "really"},
		},
		"several plays together": {
			plays: []string{
				to + "  - { at: 1m, answer: way, choice: back, by: sre-oncall }\n",
				to + "  - { at: 1m, answer: way, choice: left, by: sre-oncall }\n  - { at: 2m, done: imported/look, by: sre-oncall }\n  - { at: 3m, reject: really, reason: no, by: sre-oncall }\n",
			},
			reached: []string{"way: back", "way: left", "again", "move", "really: no", "undone"},
			missing: []string{"way: right", "really: yes", "never"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := rehearsal.NewCoverage(rb)
			for _, play := range test.plays {
				c.Add(run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, play+"for: 6h\n")}))
			}
			sum := c.Sum()
			missing := func(what string) bool {
				return slices.ContainsFunc(sum.Missing, func(line string) bool {
					return strings.HasPrefix(line, what+" (") || line == what+" is never chosen"
				})
			}
			for _, what := range test.reached {
				if missing(what) {
					t.Errorf("%s counts as missing", what)
				}
			}
			for _, what := range test.missing {
				if !missing(what) {
					t.Errorf("%s counts as reached", what)
				}
			}
			if sum.AllSteps != 14 || sum.AllChoices != 5 || len(sum.Missing) != sum.AllSteps-sum.Steps+sum.AllChoices-sum.Choices {
				t.Errorf("the sums are %+v", sum)
			}
		})
	}
}

// The names of the JSON are what programs read.
func TestCoverageJSON(t *testing.T) {
	t.Parallel()
	rb := parse(t, head+"  identification:\n    - page: commander\n    - approve: Go?\n      id: go\n      timeout: 1h\n      on_timeout: reject\n      else: []\n")
	text, err := json.Marshal(rehearsal.NewCoverage(rb).Sum())
	if err != nil {
		t.Fatal(err)
	}
	want := `{"steps":0,"all_steps":2,"choices":0,"all_choices":2,"missing":["page (page: commander) is never run",` +
		`"go (approve: Go?) is never run","go: yes is never chosen","go: no is never chosen"]}`
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Error(diff)
	}
}
