package runbooks

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// diffBase is the older text of these tests.
const diffBase = `
runbook: outage
title: Outage
inputs:
  service: { type: string, required: true }
roles: { commander: sre-oncall }
severities:
  SEV1: { ack: 5m }
  SEV2: { ack: 15m }
phases:
  identification:
    - page: commander
      id: first
      ack: 5m
      escalate: [commander]
    - say: One
    - say: Two
  containment:
    goal: No customer is hurt
    steps:
      - ask: What stops it?
        id: stop
        choices: { rollback: Roll back, other: Neither }
        timeout: 15m
        on_timeout: escalate
        case:
          rollback:
            - action: deploy.rollback
              id: rollback
              with: { service: "${{ inputs.service }}", force: false }
              retry: 2
          other: []
      - http: GET https://slo.example/v1
        id: slo
        headers: { Accept: text/plain }
        timeout: 10s
        on_timeout: [ { say: Slow } ]
watch:
  - name: regular
    every: 30m
    steps: [ { say: Half an hour } ]
finally:
  - say: Thank you
`

// outageWith reads a text of these tests; edits are pairs of what is replaced and by what.
func outageWith(t *testing.T, edits ...string) *Runbook {
	t.Helper()
	text := diffBase
	for n := 0; n < len(edits); n += 2 {
		if !strings.Contains(text, edits[n]) {
			t.Fatalf("the text has no %q", edits[n])
		}
		text = strings.Replace(text, edits[n], edits[n+1], 1)
	}
	rb, problems := Parse("outage.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return rb
}

// told is changes in lines.
func told(changes []Change) []string {
	var lines []string
	for _, c := range changes {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %s %s", c.What, c.Address, c.Path)))
		for _, f := range c.Fields {
			lines = append(lines, fmt.Sprintf("  %s: %s → %s", f.Name, f.Before, f.After))
		}
	}
	return lines
}

func TestDiff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		edits []string
		want  []string
	}{
		{name: "nothing"},
		{name: "a comment", edits: []string{"title: Outage", "title: Outage # of a service"}},
		{
			name: "the head", edits: []string{"SEV1: { ack: 5m }", "SEV1: { ack: 3m }", "title: Outage", "owner: Ana", "goal: No", "goal: Nearly no"},
			want: []string{
				"changed owner", "  owner:  → Ana",
				"changed phases", "  phases.containment.goal: No customer is hurt → Nearly no customer is hurt",
				"changed severities", "  severities.SEV1.ack: 5m → 3m",
				"changed title", "  title: Outage → ",
			},
		},
		{
			name: "a step is put in front", edits: []string{"    - page: commander\n", "    - say: Zero\n    - page: commander\n"},
			want: []string{"added identification/1 identification/0"},
		},
		{
			name: "a step goes, one comes", edits: []string{"    - say: One\n", "", "      - http:", "      - note: Look\n      - http:"},
			want: []string{"removed identification/2 identification/1", "added note containment/1"},
		},
		{
			name: "a text changes", edits: []string{"say: Two", "say: Three"},
			want: []string{"changed identification/3 identification/2", "  say: Two → Three"},
		},
		{
			name: "fields have the names of the file",
			edits: []string{
				"force: false", "force: true", "GET https", "POST https", "Accept: text", "Accept: audio", "timeout: 10s", "timeout: 20s",
				"escalate: [commander]", "escalate: [commander, boss]",
			},
			want: []string{
				"changed first identification/0", "  escalate: commander → commander, boss",
				"changed rollback containment/0/case/rollback/0", "  with.force: false → true",
				"changed slo containment/1", "  headers.Accept: text/plain → audio/plain",
				"  http: GET https://slo.example/v1 → POST https://slo.example/v1", "  timeout: 10s → 20s",
			},
		},
		{
			name: "a choice with its case", edits: []string{", other: Neither }", ", other: Neither, wait: Wait }", "          other: []", "          other: []\n          wait:\n            - say: We wait"},
			want: []string{
				"changed stop containment/0", "  cases.wait:  → …", "  choices.wait:  → Wait",
				"added containment/1/case/wait/1 containment/0/case/wait/0",
			},
		},
		{
			name: "below a reaction", edits: []string{"say: Slow", "say: Very slow"},
			want: []string{"changed containment/2/on_timeout/1 containment/1/on_timeout/0", "  say: Slow → Very slow"},
		},
		{
			name: "a watch", edits: []string{"every: 30m", "every: 1h", "say: Half an hour", "say: An hour"},
			want: []string{
				"changed regular watch/0", "  every: 30m → 1h", "changed watch/1/1 watch/0/0", "  say: Half an hour → An hour",
			},
		},
		{
			name: "finally goes", edits: []string{"finally:\n  - say: Thank you\n", ""},
			want: []string{"removed finally/1 finally/0"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := told(Diff(outageWith(t), outageWith(t, test.edits...)))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("changes (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUpgradeBlockers(t *testing.T) {
	t.Parallel()
	begun := []string{"containment/0", "identification/0", "identification/1", "identification/1", "adhoc/0"}
	tests := []struct {
		name    string
		edits   []string
		started []string
		want    []string
	}{
		{name: "nothing has changed", started: begun},
		{name: "nothing has begun", edits: []string{"say: One", "say: Uno"}},
		{name: "what comes later changes", edits: []string{"say: Two", "say: Three", "GET https", "POST https"}, started: begun},
		{name: "below a step that has begun", edits: []string{"force: false", "force: true"}, started: begun},
		{
			name: "itself", edits: []string{"say: One", "say: Uno"}, started: begun,
			want: []string{"changed identification/2 identification/1", "  say: One → Uno"},
		},
		{
			name: "pushed aside", edits: []string{"    - say: One\n", "    - say: Zero\n    - say: One\n"}, started: begun,
			want: []string{"moved identification/2 identification/2"},
		},
		{
			name: "gone", edits: []string{"    - say: One\n    - say: Two\n", ""}, started: begun,
			want: []string{"removed identification/2 identification/1"},
		},
		{
			name: "another kind", edits: []string{"say: One", "note: One"}, started: begun,
			want: []string{"removed identification/2 identification/1"},
		},
		{name: "a step behind them", edits: []string{"    - say: Two\n", "    - say: Two\n    - say: Three\n"}, started: begun},
		{name: "the head", edits: []string{"SEV1: { ack: 5m }", "SEV1: { ack: 3m }"}, started: begun},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := told(UpgradeBlockers(outageWith(t), outageWith(t, test.edits...), test.started))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("blockers (-want +got):\n%s", diff)
			}
		})
	}
}

// TestDiffOfWhatShips: a text equals itself, and every field of every kind that is used is compared.
func TestDiffOfWhatShips(t *testing.T) {
	t.Parallel()
	for _, id := range shippedIDs(t) {
		rb, err := Load(Shipped(), id)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		rb.WalkAll(func(_ Place, s *Step) { all = append(all, s.Path) })
		if changes, blockers := Diff(rb, rb), UpgradeBlockers(rb, rb, all); len(changes)+len(blockers) > 0 {
			t.Errorf("%s differs from itself: %v %v", id, changes, blockers)
		}
		empty := &Runbook{ID: rb.ID}
		added := 0
		for _, c := range Diff(empty, rb) {
			if c.What == Added && c.Path != "" {
				added++
			}
		}
		top := len(rb.Watch) + len(rb.Finally)
		for _, p := range rb.Phases {
			top += len(p.Steps)
		}
		for _, w := range rb.Watch {
			top += len(w.Steps)
		}
		if added != top {
			t.Errorf("%s: %d steps and watches are new, want %d", id, added, top)
		}
	}
}
