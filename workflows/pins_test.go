package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// pinOf is the act of putting a message on the timeline.
func pinOf(who oncall.PersonID, message, text string) contract.Act {
	return contract.Act{
		By: person(who, incident.DoorSlack), Value: text,
		Quote: &incident.Quote{Message: message, Author: "Ann", Link: "https://chat.example/" + message},
	}
}

// unpinOf takes it back.
func unpinOf(who oncall.PersonID, message string) contract.Act {
	return contract.Act{By: person(who, incident.DoorSlack), Quote: &incident.Quote{Message: message}}
}

// TestPins: who wants a message on the timeline outlasts a continue-as-new and the hand-over to the review, and a record that
// is written after a withdrawal does not have the words.
func TestPins(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager+"  lessons_learned:\n    - wait: 2h\n"))
	s.phones(nil)
	s.act(time.Minute, contract.VerbNote, pinOf("ana", "m1", "the pool is exhausted"))
	s.act(2*time.Minute, contract.VerbNote, pinOf("ana", "m2", "the password is hunter2"))
	s.cut(3 * time.Minute)
	again := s.act(4*time.Minute, contract.VerbNote, pinOf("ben", "m1", "the pool is exhausted"))
	twice := s.act(5*time.Minute, contract.VerbNote, pinOf("ana", "m1", "the pool is exhausted"))
	stays := s.act(6*time.Minute, contract.VerbWithdraw, unpinOf("ana", "m1"))
	gone := s.act(7*time.Minute, contract.VerbWithdraw, unpinOf("ana", "m1"))
	refused := s.act(8*time.Minute, contract.VerbWithdraw, contract.Act{By: person("ben", incident.DoorSlack), Value: "1"})
	nonsense := s.act(8*time.Minute, contract.VerbWithdraw, contract.Act{By: person("ben", incident.DoorSlack), Value: "the last"})
	s.act(9*time.Minute, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
	s.actInReview(30*time.Minute, contract.VerbWithdraw, unpinOf("ana", "m2"))
	s.run()
	says := func(o *outcome) string { return o.receipt.Text + o.refused }
	for _, got := range []struct {
		name, said, want string
	}{
		{"a second one", says(again), "it is on the timeline already, as line "},
		{"and again", says(twice), "; /muster withdraw INC-1 "},
		{"one takes it back", says(stays), " stays: Ben has pinned it too"},
		{"and again", says(gone), " stays: others have pinned it, and you have not"},
		{"what happened", says(refused), "line 1 cannot be withdrawn: it says what happened"},
		{"nonsense", says(nonsense), `"the last" is no number of a line`},
	} {
		if !strings.Contains(strings.ToLower(got.said), strings.ToLower(got.want)) {
			t.Errorf("%s: %q, want %q", got.name, got.said, got.want)
		}
	}
	told := s.reviewed()
	if strings.Contains(told, "hunter2") || !strings.Contains(told, "a message of Ann was withdrawn by ") {
		t.Errorf("in the review:\n%s", told)
	}
	if strings.Count(told, "the pool is exhausted") != 1 {
		t.Errorf("in the review:\n%s", told)
	}
}

// TestPinsAreNotTold: a message that stands in the room already is posted nowhere.
func TestPinsAreNotTold(t *testing.T) {
	t.Parallel()
	play := func(acts func(*scenario)) []string {
		s := newScenario(t, parse(t, pager))
		s.phones(nil)
		acts(s)
		s.act(9*time.Minute, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
		s.run()
		return did(s.world, "post")
	}
	without := play(func(*scenario) {})
	with := play(func(s *scenario) {
		s.act(time.Minute, contract.VerbNote, pinOf("ana", "m1", "the pool is exhausted"))
		s.act(2*time.Minute, contract.VerbNote, pinOf("ben", "m1", "the pool is exhausted"))
		s.act(3*time.Minute, contract.VerbWithdraw, unpinOf("ana", "m1"))
		s.act(4*time.Minute, contract.VerbWithdraw, unpinOf("ben", "m1"))
	})
	if diff := cmp.Diff(without, with); diff != "" {
		t.Errorf("posted (-without +with pins):\n%s", diff)
	}
}
