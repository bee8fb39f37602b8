package workflows_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

func TestScenarioDemo(t *testing.T) {
	t.Parallel()
	s := newScenario(t, shipped(t, "demo"))
	s.phones(map[oncall.PersonID]time.Duration{"ben": time.Second})
	s.act(7*time.Second, contract.VerbSeverity, contract.Act{By: person("ben", incident.DoorSlack), Value: "SEV1"})
	s.act(9*time.Second, contract.VerbAnswer, contract.Act{By: person("ben", incident.DoorSlack), Step: "stop", Value: "rollback"})
	s.act(10*time.Second, contract.VerbApprove, contract.Act{By: person("ben", incident.DoorSlack), Step: "rollback"})
	s.act(14*time.Second, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "cause"})
	result := s.run()
	if result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	s.golden()
}
