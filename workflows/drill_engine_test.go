//go:build !noengine

package workflows_test

import (
	"slices"
	"testing"

	"go.temporal.io/api/history/v1"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// practice is a runbook of everything that a drill does not do.
const practice = `
runbook: practice
roles: { commander: sre-oncall, owner: payments-oncall }
severities:
  SEV1: {}
  SEV2: {}
phases:
  identification:
    - page: owner
      id: first
      ack: 1s
      escalate: [commander]
    - channel: inc-${{ incident.key }}
      invite: [owner]
  containment:
    - ticket: jira
    - bridge: zoom
    - update: customers
      message: We look at it.
    - run: ./fix
      env: { TOKEN: "${{ secrets.TOKEN }}" }
    - http: GET https://x/state
      id: state
      every: 5s
      until: steps.state.body.well == true
      timeout: 1m
      on_timeout: ask
    - action: deploy.rollback
      undo:
        - action: deploy.rollback
        - http: DELETE https://x/flag
    - postmortem: draft
  recovery:
    - revert: containment
    - task: See that it is well
      id: well
`

// playDrill proves on the real engine that what a drill does not do is not even asked of any worker.
func playDrill(t *testing.T, l *live) {
	const id = "incident/drill"
	run := l.declare(id, parse(t, practice), func(d *contract.Declaration) {
		d.Drill, d.DrillRoom, d.Severity = true, "#practice", "SEV2"
	})
	l.until(id, "the second level would be called", func(s contract.Snapshot) bool {
		return len(s.Incident.Pages) > 0 && s.Incident.Pages[0].Level == 1
	})
	l.mustAct(id, contract.VerbAck, contract.Act{By: person("ben", incident.DoorSlack)})
	l.until(id, "it is recovered from", waitsFor("well"))
	l.mustAct(id, contract.VerbDone, contract.Act{By: person("ben", incident.DoorSlack), Step: "well"})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	all := l.runs(id, run.GetRunID())
	l.keep("drill", all)
	onlyInside(t, all)
}

// onlyInside fails when a history has asked for anything beyond the room and our own files.
func onlyInside(t *testing.T, histories []*history.History) {
	t.Helper()
	inside := []string{
		string(contract.OpenRoom), string(contract.Post), string(contract.ShowRoom), string(contract.WriteRecord),
		string(contract.DraftPostmortem),
	}
	asked := 0
	for _, h := range histories {
		for _, e := range h.GetEvents() {
			if a := e.GetActivityTaskScheduledEventAttributes(); a != nil {
				asked++
				if !slices.Contains(inside, a.GetActivityType().GetName()) {
					t.Errorf("%s was asked of %s", a.GetActivityType().GetName(), a.GetTaskQueue().GetName())
				}
			}
		}
	}
	if asked == 0 {
		t.Error("nothing at all was asked of anybody")
	}
}
