package incident_test

import (
	"testing"

	"github.com/musterbook/musterbook/incident"
)

// TestAsDrill marks once, and is not fooled by a text that only speaks of drills.
func TestAsDrill(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"checkout is slow":            "DRILL: checkout is slow",
		"DRILL: checkout is slow":     "DRILL: checkout is slow",
		"THIS IS NOT A DRILL: get up": "DRILL: THIS IS NOT A DRILL: get up",
	} {
		if got := incident.AsDrill(text); got != want {
			t.Errorf("%q is marked as %q, want %q", text, got, want)
		}
	}
}

// TestDrillRoom: all the ways of writing a room's name mean one room.
func TestDrillRoom(t *testing.T) {
	t.Parallel()
	for wished, want := range map[string]string{"": "drill", "#": "drill", "#drill": "drill", " #Game-Day ": "game-day", "game-day": "game-day"} {
		if got := incident.DrillRoom(wished); got != want {
			t.Errorf("%q means %q, want %q", wished, got, want)
		}
	}
}

// TestDrillsDoNotCount keeps practice out of the statistics.
func TestDrillsDoNotCount(t *testing.T) {
	t.Parallel()
	drill, real := incident.Incident{Drill: true}, incident.Incident{}
	if drill.Counts() || !real.Counts() {
		t.Errorf("a drill counts: %t, an incident counts: %t", drill.Counts(), real.Counts())
	}
}

// TestDrilledAttempt: nobody was called, and yet the person has been told, the level's clock runs and nothing has to be
// hung up.
func TestDrilledAttempt(t *testing.T) {
	t.Parallel()
	inc := declared()
	p := inc.StartPage(at(0), incident.Page{Key: "p", Levels: []incident.PageLevel{{Target: "sre"}}, Rounds: 1, Via: []string{"call"}})
	a := p.Plan(at(0), duty("ana"), "call")
	if !inc.Progress(at(0), incident.CallProgress{Page: "p", Attempt: a.Number, Status: incident.CallDrilled}) {
		t.Fatal("the word changes nothing")
	}
	if p.ClockAt != at(0) || !p.Waiting() {
		t.Errorf("the clock began at %v, waiting: %t", p.ClockAt, p.Waiting())
	}
	inc.StartPage(at(0), incident.Page{Key: "q", Levels: []incident.PageLevel{{Target: "sre"}}, Rounds: 1, Via: []string{"call"}})
	if _, err := inc.Acknowledge(at(1), incident.Actor{Person: "ana", Name: "Ana"}, incident.AckScope{}); err != nil {
		t.Fatal(err)
	}
	if p.State != incident.PageAcknowledged || inc.Page("q").State != incident.PageOpen {
		t.Errorf("an acknowledgement means the page that the person was told of: %q, %q", p.State, inc.Page("q").State)
	}
	if p.Unended(p.Attempt(1)) {
		t.Error("a call that was never made is to be hung up")
	}
}
