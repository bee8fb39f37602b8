package workflows_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/memory"
)

// ticketed is a scenario with a ticket that takes nothing from the fifth minute to the thirtieth, and ends after two hours.
func ticketed(t *testing.T) *scenario {
	t.Helper()
	s := newScenario(t, parse(t, around("", "- ticket: jira\n  summary: Payments\n- wait: 2h\n- note: over")))
	s.phones(everybody())
	s.stopAt(10 * time.Hour)
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "sync" && a.At.After(start.Add(5*time.Minute)) && a.At.Before(start.Add(30*time.Minute)) {
			return errors.New("503")
		}
		return nil
	}
	return s
}

// TestWithdrawnBeforeTheTicketHasIt: a ticket that was away does not get words that were taken away meanwhile.
func TestWithdrawnBeforeTheTicketHasIt(t *testing.T) {
	t.Parallel()
	s := ticketed(t)
	s.act(10*time.Minute, contract.VerbNote, pinOf("ana", "m1", "the key is swordfish"))
	s.act(11*time.Minute, contract.VerbNote, contract.Act{By: person("ana", incident.DoorSlack), Value: "the cache is cold"})
	s.act(21*time.Minute, contract.VerbWithdraw, unpinOf("ana", "m1"))
	s.run()
	told := strings.Join(did(s.world, "sync"), "\n")
	if strings.Contains(told, "swordfish") || !strings.Contains(told, "ticket comment: a message of Ann was withdrawn by") || !strings.Contains(told, "the cache is cold") {
		t.Errorf("the ticket is told\n%s", told)
	}
}

// TestPinsOfAPrivateRoom: what is said in the room of a private incident does not get into its ticket.
func TestPinsOfAPrivateRoom(t *testing.T) {
	t.Parallel()
	for name, private := range map[string]bool{"private": true, "not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ticketed(t)
			s.in.Declaration.Private = private
			s.act(time.Minute, contract.VerbNote, pinOf("ana", "m1", "the attacker has the keys"))
			s.act(2*time.Minute, contract.VerbNote, contract.Act{By: person("ana", incident.DoorSlack), Value: "it is Bob's laptop"})
			s.run()
			told := strings.Join(did(s.world, "sync"), "\n")
			if strings.Contains(told, "the attacker has the keys") == private || strings.Contains(told, "Bob's laptop") == private || !strings.Contains(told, "ticket comment: over") {
				t.Errorf("the ticket is told\n%s", told)
			}
		})
	}
}
