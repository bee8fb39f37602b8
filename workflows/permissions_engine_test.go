//go:build !noengine

package workflows_test

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// TestPermissionsOnTheEngine plays an incident with rules: what is refused as an update leaves no event, what is refused as a
// signal leaves a line, and whoever takes command goes on.
func TestPermissionsOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	rules := incident.DefaultPermissions()
	rules.Always = []oncall.PersonID{"dan"}
	l.permissions = &rules
	const id = "incident/permissions"
	l.pickUp(id)
	run := l.declare(id, parse(t, inCommand))
	l.until(id, "Ana is called", func(s contract.Snapshot) bool {
		return len(s.Incident.Pages) > 0 && len(s.Incident.Pages[0].Attempts) > 0
	})
	take := func(who oncall.PersonID) {
		t.Helper()
		l.mustAct(id, contract.VerbAssign, contract.Act{By: person(who, incident.DoorSlack), Role: incident.Commander, Person: string(who), PersonName: string(who)})
	}
	take("ben")
	before := l.history(id, run.GetRunID()).GetEvents()
	_, err := l.act(id, contract.VerbResolve, contract.Act{By: person("cleo", incident.DoorSlack), ID: "click"})
	if err == nil || !strings.Contains(err.Error(), "only the commander (ben) or the deputy may resolve incidents") {
		t.Errorf("Cleo, who does not command: %v", err)
	}
	for _, e := range l.history(id, run.GetRunID()).GetEvents()[len(before):] {
		if e.GetWorkflowExecutionUpdateAcceptedEventAttributes() != nil {
			t.Errorf("a refused update has left %v", e)
		}
	}
	signal := contract.Act{By: person("cleo", incident.DoorCLI), ID: "signal", Value: "from the shell"}
	if err := l.client.SignalWorkflow(t.Context(), id, "", string(contract.VerbResolve), signal); err != nil {
		t.Fatal(err)
	}
	take("cleo")
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("cleo", incident.DoorSlack), ID: "click"})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	l.keep("permissions", l.runs(id, run.GetRunID()))
}
