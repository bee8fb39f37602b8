package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// An old copy of a calendar counts, and that is told once an incident and schedule, whatever the levels, rounds and runs; a
// fresh one is no news.
func TestOldCalendarIsToldOnce(t *testing.T) {
	t.Parallel()
	const told = "the calendar of imported was last read 3h 00m ago (Sat 28 Feb 22:30 UTC); who is on call may have changed since"
	s := newScenario(t, parse(t, byPolicy))
	shifts := []oncall.Shift{{Person: "ana", Since: start.Add(-time.Hour), Until: start.Add(24 * time.Hour)}}
	s.world.Book.Schedules = append(s.world.Book.Schedules,
		oncall.Schedule{Name: "imported", Calendar: true, Shifts: shifts, Read: start.Add(-3 * time.Hour)},
		oncall.Schedule{Name: "fresh", Calendar: true, Shifts: shifts, Read: start.Add(-30 * time.Minute)},
	)
	s.withPolicy(oncall.Policy{Name: "payments", Repeat: 3, Levels: []oncall.Level{
		{Targets: []string{"imported", "fresh"}, Ack: time.Minute}, {Targets: []string{"imported", "ben"}, Ack: time.Minute},
	}})
	s.cut(3 * time.Minute)
	s.act(15*time.Minute, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	s.stopAt(16 * time.Minute)
	s.run()
	got := s.transcript()
	if n := strings.Count(got, "problem: the calendar of"); n != 1 || !strings.Contains(got, told) {
		t.Errorf("it is told %d times, want once %q\n%s", n, told, got)
	}
	if !strings.Contains(got, "calling Ana") {
		t.Errorf("the copy does not count:\n%s", got)
	}
}
