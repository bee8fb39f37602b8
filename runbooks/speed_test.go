package runbooks

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// large is a runbook of some number of steps, in which every kind appears again and again.
func large(steps int) string {
	var b strings.Builder
	b.WriteString(`runbook: large
match: incident.type == "outage"
inputs: { service: { type: string, required: true }, hosts: { type: list<string>, default: [] } }
vars: { count: "1" }
roles: { commander: sre, owner: "${{ inputs.service }}-oncall" }
severities:
  SEV1: { page: [owner, commander], ack: 5m, loud: true }
  SEV2: { page: [owner], ack: 10m, loud: false }
phases:
  containment:
`)
	written := 0
	for n := 0; written < steps; n++ {
		group := strings.ReplaceAll(groupOfEveryKind, "#", fmt.Sprint(n))
		b.WriteString(group)
		written += strings.Count(group, "- ") // every step begins with a dash; so does nothing else here
	}
	b.WriteString("  lessons_learned:\n    - task: Hold the review\n")
	return b.String()
}

const groupOfEveryKind = `    - channel: inc-${{ incident.key }}-#
    - page: ${{ policy.page }}
      id: page#
      ack: ${{ policy.ack }}
      escalate: [commander]
      background: true
    - await: severity
      timeout: 10m
      on_timeout: { choose: SEV1 }
    - assign: commander
      to: ${{ steps.page#.acked_by }}
    - bridge: jitsi
      id: call#
      if: policy.loud
    - say: Come to ${{ steps.call#.url }}, ${{ roles.commander }} has command of ${{ incident.title }} since ${{ elapsed }}.
      if: policy.loud && level == 1
    - ticket: jira
      summary: ${{ incident.title }} at ${{ severity }}
    - assess: commander
      timeout: 10m
      on_timeout: escalate
    - ask: What stops it, ${{ inputs.service }}?
      id: stop#
      choices: { rollback: Roll back, other: Neither }
      timeout: 15m
      on_timeout: escalate
      case:
        rollback:
          - approve: Really?
            timeout: ${{ policy.ack }}
            then:
              - action: deploy.rollback
                with: { service: "${{ inputs.service }}" }
            else: []
        other:
          - task: Look at ${{ inputs.service }}
            who: owner
    - for_each: inputs.hosts
      as: host
      steps:
        - run: check
          env: { HOST: "${{ host }}" }
        - evidence: State of ${{ host }}
    - parallel:
        left:
          - note: ${{ severity }} on the left
        right:
          - wait: 5m
    - http: GET https://slo.example/v1/${{ inputs.service }}
      id: slo#
      every: 30s
      until: steps.slo#.status == 200 && steps.slo#.body.burn_rate < 1.0
      timeout: 20m
      on_timeout: ask
    - repeat: Until it is quiet
      max: 5
      steps:
        - update: stakeholders
          message: ${{ incident.title }}, round ${{ round }}
    - switch: steps.stop#.choice
      case:
        rollback:
          - set: { count: vars.count + 1 }
      else:
        - severity: SEV2
          reason: less than thought
    - group: Take it back
      steps:
        - revert: [undo#]
        - action: cache.flush
          id: undo#
          undo:
            - action: cache.warm
    - runbook: rotate-credentials
    - postmortem: draft
    - return: containment
      if: steps.stop#.choice == "other" && pass < 2
    - end: false_alarm
      if: steps.stop#.choice == "other" && pass > 2
`

// A runbook of 500 steps is checked while somebody types. The bound leaves room for a busy machine.
func TestCheckingIsFast(t *testing.T) {
	const bound = 3 * 200 * time.Millisecond
	text := []byte(large(500))
	best := time.Hour
	for range 3 {
		start := time.Now()
		rb, problems := Parse("large.yaml", text)
		best = min(best, time.Since(start))
		if rb == nil {
			t.Fatal(problems.Err())
		}
		kinds := map[Kind]bool{}
		count := 0
		rb.Walk(func(_ Place, s *Step) { count, kinds[s.Kind] = count+1, true })
		if count < 500 || len(kinds) != len(Kinds()) {
			t.Fatalf("%d steps of %d kinds, want 500 of all %d", count, len(kinds), len(Kinds()))
		}
	}
	t.Logf("500 steps are read and checked in %s", best)
	if best > bound {
		t.Errorf("500 steps are read and checked in %s, at most %s is meant", best, bound)
	}
}

func BenchmarkParse(b *testing.B) {
	text := []byte(large(500))
	for b.Loop() {
		if rb, problems := Parse("large.yaml", text); rb == nil {
			b.Fatal(problems)
		}
	}
}
