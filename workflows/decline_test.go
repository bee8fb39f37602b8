package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Whoever is alone at a level and declines lets the page go on at once, whichever way they say it. Their telephone stops,
// and they are not called in any later round.
func TestDecliningGoesOnAtOnce(t *testing.T) {
	t.Parallel()
	for _, door := range []incident.Door{incident.DoorPhone, incident.DoorSMS, incident.DoorSlack, incident.DoorCLI} {
		t.Run(string(door), func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, pager))
			s.phones(nil)
			said := s.act(10*time.Second, contract.VerbQuiet, contract.Act{By: person("ana", door)})
			s.stopAt(20 * time.Minute)
			s.run()
			if want := "you will not be called again for INC-1; others are"; said.receipt.Text != want {
				t.Errorf("the answer is %q, want %q", said.receipt.Text, want)
			}
			got := s.transcript()
			for _, want := range []string{"10s    ~ hang up ", "10s  escalate: Ana declined; calling commander (level 2, round 1)", "10s    ~ call ben"} {
				if !strings.Contains(got, want) {
					t.Errorf("the transcript lacks %q:\n%s", want, got)
				}
			}
			if n := strings.Count(got, "~ call ana"); n != 1 {
				t.Errorf("Ana was called %d times, want once:\n%s", n, got)
			}
		})
	}
}

// Where somebody else of the level was told as well, the level keeps its time, and only one telephone stops.
func TestScenarioDeclineOfOne(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withSlack()
	s.withPolicy(oncall.Policy{Name: "payments", Levels: []oncall.Level{
		{Targets: []string{"ana", "ben"}, Ack: 4 * time.Minute}, {Targets: []string{"cleo"}, Ack: 5 * time.Minute},
	}})
	s.phones(nil)
	s.act(10*time.Second, contract.VerbQuiet, contract.Act{By: person("ana", incident.DoorSlack)})
	s.stopAt(6 * time.Minute)
	s.run()
	s.golden()
}

// A call that is placed only when its person has declined already is hung up.
func TestDeclinedWhileTheCallIsPlaced(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.slow("PlaceCall", 8*time.Second)
	s.phones(nil)
	s.act(3*time.Second, contract.VerbQuiet, contract.Act{By: person("ana", incident.DoorCLI)})
	s.stopAt(30 * time.Second)
	s.run()
	if got := s.transcript(); !strings.Contains(got, "~ hang up ") || !strings.Contains(got, "3s    ~ call ben") && !strings.Contains(got, "11s    ~ call ben") {
		t.Errorf("Ana's call is not hung up, or Ben is not called at once:\n%s", got)
	}
}

// When everybody has declined, the room is told in red again and again, and the fallback is called.
func TestEverybodyDeclines(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.phones(nil)
	for n, who := range []oncall.PersonID{"ana", "ben", "dan"} {
		s.act(time.Duration(n+1)*10*time.Second, contract.VerbQuiet, contract.Act{By: person(who, incident.DoorSMS)})
	}
	s.stopAt(40 * time.Minute)
	s.run()
	got := s.transcript()
	if n := strings.Count(got, "nobody can be called for"); n < 3 {
		t.Errorf("the room hears %d times that nobody can be called, want it again and again:\n%s", n, got)
	}
}
