//go:build !noengine

package workflows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// TestStatusOnTheEngine hands the command over and ends the incident, while the chat loses its first answer.
func TestStatusOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	l.world.Statuses = map[oncall.PersonID]*contract.ChatStatus{"ana": {Text: "Thinking"}, "ben": {}}
	lost := false
	l.world.Lose = func(a memory.Act) error {
		if a.Kind != "status" || lost {
			return nil
		}
		lost = true
		return errors.New("connection reset")
	}
	const id = "incident/status"
	run := l.declare(id, parse(t, quick), func(d *contract.Declaration) { d.Statuses = true })
	l.until(id, "there is a room", func(s contract.Snapshot) bool { return s.Incident.Room.ID != "" })
	take := func(who oncall.PersonID) {
		by := person(who, incident.DoorSlack)
		l.mustAct(id, contract.VerbAssign, contract.Act{By: by, Role: "commander", Person: string(who), PersonName: by.Name})
	}
	shows := func(lines int) {
		t.Helper()
		for range 400 {
			if len(did(l.world, "status")) >= lines {
				return
			}
			time.Sleep(25 * time.Millisecond)
		}
		t.Fatalf("statuses: %q, want %d", did(l.world, "status"), lines)
	}
	take("ana")
	shows(1)
	take("ben")
	shows(3)
	take("cleo") // has connected none
	shows(4)
	take("ana")
	shows(5)
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
	key := string(l.ended(run).Key)
	review := contract.ReviewID(key)
	l.ended(l.client.GetWorkflow(t.Context(), review, ""))
	if diff := cmp.Diff([]string{"ana INC-1", "ana Thinking", "ben", "ben INC-1"}, statusesSet(l.world)); diff != "" || len(did(l.world, "status")) != 6 {
		t.Errorf("statuses: %q (-want +got):\n%s", did(l.world, "status"), diff)
	}
	checkTimers(t, l.history(id, run.GetRunID()))
	l.keep("status", l.runs(id, run.GetRunID()))
	l.keep("statusreview", l.runs(review, l.client.GetWorkflow(t.Context(), review, "").GetRunID()))
}
