package workflows_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/memory"
)

// answering says something and answers it twice.
const answering = `
runbook: answering
roles: { commander: sre-oncall, owner: payments-oncall }
phases:
  identification:
    - channel: inc-${{ incident.key }}
    - say: The cache is cold.
      id: cold
    - say: It is warming up.
      id: warming
      thread: ${{ steps.cold.ts }}
    - say: It is warm.
      thread: ${{ steps.cold.ts }}
    - task: Make it work again
      id: fix
      who: owner
`

// What a runbook says in answer to what it has said stands in that thread.
func TestScenarioThread(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, answering))
	s.act(time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorCLI), Step: "fix"})
	s.run()
	s.golden()
}

// The first saying is refused, so there is no thread: the answers go to the room, and nothing waits for it.
func TestScenarioThreadOfWhatWasRefused(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, answering))
	s.world.Fail = func(act memory.Act) error {
		if act.Kind == "post" && act.Text == "The cache is cold." {
			return &contract.Refused{What: "restricted_action"}
		}
		return nil
	}
	s.act(time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorCLI), Step: "fix"})
	s.run()
	s.golden()
}
