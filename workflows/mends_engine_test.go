//go:build !noengine

package workflows_test

import (
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// mends is a runbook of what the second version of the interpreter does in another way than the first: an offer that is
// accepted by acknowledging, and durations that come out as nothing or less.
const mends = `
runbook: mends
roles: { commander: sre-oncall, owner: payments-oncall, comms: support-oncall }
phases:
  containment:
    - page: owner
      id: first
      ack: 20s
      background: true
    - assign: commander
      to: ana
    - ask: Which one?
      id: which
      who: comms
      choices: { left: Left, right: Right }
      timeout: ${{ duration("1s") - elapsed - duration("1h") }}
      on_timeout: escalate
watch:
  - every: ${{ duration("1s") - elapsed - duration("1h") }}
    name: look
    steps: [{ note: looked }]
`

func playMends(t *testing.T, l *live) {
	const id = "incident/mends"
	run := l.declare(id, parse(t, mends))
	l.until(id, "the offer is open", waitsFor("assign"))
	l.mustAct(id, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	l.until(id, "the question is open", waitsFor("which"))
	if _, err := l.act(id, contract.VerbSend, contract.Act{By: person("ana", incident.DoorSlack), Value: "all_clear"}); err == nil {
		t.Error("a signal that no step awaits was accepted")
	}
	l.until(id, "the question has escalated", func(s contract.Snapshot) bool {
		q := s.Incident.Question("containment/2/1")
		return q != nil && q.Turn > 0
	})
	l.mustAct(id, contract.VerbAnswer, contract.Act{By: person("cleo", incident.DoorSlack), Step: "which", Value: "left"})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	l.keep("mends", l.runs(id, run.GetRunID()))
}
