package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// offering is a page of the owner in the background, and an offer of the command to the same person.
const offering = `
    - page: owner
      id: call
      ack: 20m
      background: true
    - assign: commander
      to: ana
      ack: 10m
    - note: ${{ roles.commander }} leads
`

// TestWhoAcknowledgesWhileTheOfferIsOpenHasAccepted: the acknowledgement counts whenever it comes, before the offer or
// after it.
func TestWhoAcknowledgesWhileTheOfferIsOpenHasAccepted(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(offering+"    - task: Work\n      id: work\n")))
	s.act(2*time.Minute, contract.VerbAck, by("ana", contract.Act{}))
	late := s.act(3*time.Minute, contract.VerbAnswer, by("ana", contract.Act{Step: "assign", Value: "accept"}))
	other := s.act(4*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "assign", Value: "accept"}))
	s.act(5*time.Minute, contract.VerbDone, by("ana", contract.Act{Step: "work"}))
	s.ends(incident.Resolved)
	if late.receipt.Text != "assign: Accept" || late.refused != "" {
		t.Errorf("who accepts once more hears %q %q", late.receipt.Text, late.refused)
	}
	if !strings.Contains(other.refused, "assign is answered already: Accept by Ana") {
		t.Errorf("another hears %q", other.refused)
	}
	s.wantLines("0s  role: commander: Ana (offered)", "2m0s  acknowledged: Ana", "2m0s  role: commander: Ana (accepted)", "2m0s  note: Ana leads")
	s.wantNone("asking Ben", "~ call ben")
}

// TestSomebodyElseAcknowledgesTheOfferStaysOpen: only whoever is offered the role can accept it.
func TestSomebodyElseAcknowledgesTheOfferStaysOpen(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(offering)))
	s.act(2*time.Minute, contract.VerbAck, by("cleo", contract.Act{}))
	late := s.act(3*time.Minute, contract.VerbAck, by("ana", contract.Act{}))
	s.act(12*time.Minute, contract.VerbAnswer, by("ana", contract.Act{Step: "assign", Value: "accept"}))
	s.ends(incident.Resolved)
	s.wantLines("10m0s  escalate: no answer to “Ana, do you take commander?”; asking Ben", "12m0s  role: commander: Ana (accepted)")
	if want := "already acknowledged by Cleo"; !strings.HasPrefix(late.receipt.Text, want) {
		t.Errorf("Ana hears %q, want %q", late.receipt.Text, want)
	}
}

// TestAnEscalatedOfferNamesWhoIsAsked: whoever is offered the role next is called by their own name, in the room, on the
// card and on the telephone; and a call in vain says what nobody has answered.
func TestAnEscalatedOfferNamesWhoIsAsked(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - channel: inc\n    - assign: commander\n      to: ana\n      ack: 10m\n")))
	s.act(25*time.Minute, contract.VerbAnswer, by("dan", contract.Act{Step: "assign", Value: "accept"}))
	s.ends(incident.Resolved)
	s.wantLines(
		"10m0s  escalate: no answer to “Ana, do you take commander?”; asking Ben",
		"~ post Ben, do you take commander?", "A decision waits: Ben, do you take commander?",
		"problem: Nobody has answered “Ben, do you take commander?”: ben was called and has not acknowledged; it is asked again at 01:50 UTC",
		"20m0s  escalate: no answer to “Ben, do you take commander?”; asking Dan",
	)
	s.wantNone("Nobody has acknowledged INC-1", "A decision waits: Ana")
}

// TestWhoIsWokenForAnOfferAcceptsByAcknowledging: the next of the chain, who is called for the offer, takes the role with
// the key that acknowledges the call.
func TestWhoIsWokenForAnOfferAcceptsByAcknowledging(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(offering)))
	s.phones(map[oncall.PersonID]time.Duration{"ben": 5 * time.Second})
	s.ends(incident.Resolved)
	s.wantLines("10m0s  escalate: no answer to “Ana, do you take commander?”; asking Ben", "acknowledged: Ben", "role: commander: Ben, taken over from Ana", "note: Ben leads")
}

// TestAnOfferThatReachesSomebodyAtWorkIsAccepted: an offer that escalates to a person who has acknowledged wakes nobody.
func TestAnOfferThatReachesSomebodyAtWorkIsAccepted(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(offering)))
	s.act(time.Minute, contract.VerbAck, by("ben", contract.Act{}))
	s.ends(incident.Resolved)
	s.wantLines("10m0s  role: commander: Ben, taken over from Ana")
	s.wantNone("~ call ben")
}

// TestWhoAnswersForTheRoleHasAccepted: a decision that was asked of the commander, made by the person to whom the command
// is offered, is the commander's.
func TestWhoAnswersForTheRoleHasAccepted(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - assign: commander
      to: ana
      ack: 10m
      background: true
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 1h
      on_timeout: { choose: right }
    - wait: 20m
`)))
	s.act(time.Minute, contract.VerbNote, by("ana", contract.Act{Value: "I am looking"}))
	s.act(3*time.Minute, contract.VerbAnswer, by("ana", contract.Act{Step: "which", Value: "left"}))
	s.ends(incident.Resolved)
	s.wantLines("3m0s  answer: Ana: Left", "3m0s  role: commander: Ana (accepted)")
	s.wantNone("asking Ben", "1m0s  role")
}

// TestAnAcknowledgementBeforeACutAcceptsAfterIt: the next run of a long incident sees what the former one did not act on.
func TestAnAcknowledgementBeforeACutAcceptsAfterIt(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(offering)))
	s.cut(90 * time.Second)
	s.act(2*time.Minute, contract.VerbAck, by("ana", contract.Act{}))
	s.ends(incident.Resolved)
	s.wantLines("2m0s  role: commander: Ana (accepted)")
	s.wantCount("(accepted)", 1)
}
