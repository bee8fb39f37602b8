//go:build !noengine

package workflows_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
)

// TestRoomOnTheEngine plays an incident with bookmarks, an announcement and a room that is archived when its review is
// over.
func TestRoomOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const id = "incident/room"
	rb := parse(t, strings.Replace(quick, "runbook: quick", "runbook: quick\nlinks: { Dashboard: https://grafana.example/d/1 }", 1))
	run := l.declare(id, rb, func(d *contract.Declaration) { d.Announce, d.ArchiveAfter = "#incidents", time.Second })
	l.until(id, "there is a room", func(s contract.Snapshot) bool { return s.Incident.Room.ID != "" })
	l.mustAct(id, contract.VerbAssign, contract.Act{By: person("ben", incident.DoorSlack), Role: "commander", Person: "ben", PersonName: "Ben"})
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
	key := string(l.ended(run).Key)
	review := contract.ReviewID(key)
	l.ended(l.client.GetWorkflow(t.Context(), review, ""))
	farewell := contract.FarewellID(key)
	if err := l.client.GetWorkflow(t.Context(), farewell, "").Get(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for kind, want := range map[string]int{"bookmark": 1, "close": 1} {
		if got := did(l.world, kind); len(got) != want {
			t.Errorf("%s: %q", kind, got)
		}
	}
	if told := did(l.world, "announce"); len(told) < 2 || !strings.Contains(told[len(told)-1], "resolved") {
		t.Errorf("announced %q", told)
	}
	l.keep("room", l.runs(id, run.GetRunID()))
	l.keep("roomreview", l.runs(review, l.client.GetWorkflow(t.Context(), review, "").GetRunID()))
	l.keep("farewell", l.runs(farewell, l.client.GetWorkflow(t.Context(), farewell, "").GetRunID()))
}

// TestEventsOfABurst bounds what twenty clicks at once cost: the card follows in a few changes, and the history grows by
// less a click than for one alone.
func TestEventsOfABurst(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const (
		id         = "incident/burst"
		clicks     = 20
		mostCards  = 5
		mostEvents = 7 * clicks
	)
	l.pickUp(id, "ana")
	run := l.declare(id, parse(t, calm))
	l.until(id, "the question is open", waitsFor("now"))
	before, cards := l.settled(id, run.GetRunID()), len(did(l.world, "card"))
	var all sync.WaitGroup
	for n := range clicks {
		all.Go(func() {
			act, verb := contract.Act{ID: fmt.Sprint("click/", n), By: person("ben", incident.DoorSlack)}, contract.VerbSeverity
			switch n % 4 {
			case 0:
				act.Value = "SEV1"
			case 1:
				act.Value = "SEV2"
			case 2:
				verb, act.Role, act.Person, act.PersonName = contract.VerbAssign, "commander", "ben", "Ben"
			default:
				verb = contract.VerbAck
			}
			_, _ = l.act(id, verb, act) // what changes nothing is a click too
		})
	}
	all.Wait()
	after, shown := l.settled(id, run.GetRunID()), len(did(l.world, "card"))
	t.Logf("%d events, %d cards", after-before, shown-cards)
	if after-before > mostEvents || shown-cards > mostCards {
		t.Errorf("%d clicks cost %d events and %d cards, want at most %d and %d", clicks, after-before, shown-cards, mostEvents, mostCards)
	}
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
	l.ended(run)
	checkTimers(t, l.history(id, run.GetRunID()))
}
