//go:build !noengine

package workflows_test

import (
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
)

// TestPinsOnTheEngine plays an incident in which messages are pinned, by two, and taken back, and a note is withdrawn.
func TestPinsOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const id = "incident/pins"
	run := l.declare(id, parse(t, quick))
	l.until(id, "there is a room", func(s contract.Snapshot) bool { return s.Incident.Room.ID != "" })
	l.mustAct(id, contract.VerbNote, pinOf("ana", "m1", "the pool is exhausted"))
	l.mustAct(id, contract.VerbNote, pinOf("ben", "m1", "the pool is exhausted"))
	l.mustAct(id, contract.VerbWithdraw, unpinOf("ana", "m1"))
	l.mustAct(id, contract.VerbWithdraw, unpinOf("ben", "m1"))
	l.mustAct(id, contract.VerbNote, pinOf("ben", "m1", "the pool is exhausted"))
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
	l.ended(run)
	l.keep("pins", l.runs(id, run.GetRunID()))
}
