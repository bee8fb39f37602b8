package workflows_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// by gives an act its actor.
func by(who oncall.PersonID, act contract.Act) contract.Act {
	act.By = person(who, incident.DoorSlack)
	return act
}

// wantNone asserts that the transcript has none of the texts.
func (s *scenario) wantNone(texts ...string) {
	s.t.Helper()
	got := s.transcript()
	for _, text := range texts {
		if strings.Contains(got, text) {
			s.t.Errorf("%q is in\n%s", text, got)
		}
	}
}

// wantCount asserts how often the transcript has a text.
func (s *scenario) wantCount(text string, want int) {
	s.t.Helper()
	if got := s.transcript(); strings.Count(got, text) != want {
		s.t.Errorf("%q is there %d times, want %d, in\n%s", text, strings.Count(got, text), want, got)
	}
}

// ends plays a scenario that must end as wanted.
func (s *scenario) ends(want incident.Ending) {
	s.t.Helper()
	if result := s.run(); result.Ending != want {
		s.t.Errorf("ended as %q, want %q\n%s", result.Ending, want, s.transcript())
	}
}

func TestPageOfAnEmptyListCallsTheFallback(t *testing.T) {
	t.Parallel()
	text := strings.Replace(containing("    - page: ${{ policy.page }}\n      id: all\n"), "page: [owner, comms] }", "page: [] }", 1)
	s := newScenario(t, parse(t, text))
	s.phones(map[oncall.PersonID]time.Duration{"dan": time.Second})
	s.ends(incident.Resolved)
	s.wantLines("problem: all names nobody to page; calling the fallback", "~ call dan", "acknowledged: Dan")
}

func TestPageOfNobodyIsLoudAndGoesOn(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - page: ghosts\n      id: call\n      rounds: 1\n")))
	s.phones(map[oncall.PersonID]time.Duration{"dan": time.Second})
	s.ends(incident.Resolved)
	s.wantLines("problem: nobody can be called for ghosts", "problem: Nobody has acknowledged INC-1 after one round", "acknowledged: Dan")
}

func TestPageWithoutTimeDoesNotSpin(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - page: owner\n      ack: ${{ duration(\"1m\") - elapsed - duration(\"5m\") }}\n")))
	s.phones(nil)
	s.stopAt(10 * time.Minute)
	s.ends(incident.Cancelled)
	if n := strings.Count(s.transcript(), "~ call ana"); n > 20 {
		t.Errorf("Ana was called %d times within ten minutes", n)
	}
}

func TestQuestionForAComputedName(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - page: owner
      id: first
    - assign: comms
      to: ${{ steps.first.acked_by }}
    - ask: Which one?
      id: which
      who: ${{ steps.first.acked_by }}
      choices: { left: Left, right: Right }
      timeout: 20m
      on_timeout: { choose: right }
    - approve: Sure?
      id: sure
      who: ${{ roles.comms }}
      timeout: 20m
      on_timeout: reject
`)))
	s.phones(map[oncall.PersonID]time.Duration{"ana": time.Second})
	stranger := s.act(time.Minute, contract.VerbAnswer, by("cleo", contract.Act{Step: "which", Value: "left"}))
	s.act(2*time.Minute, contract.VerbAnswer, by("ana", contract.Act{Step: "which", Value: "left"}))
	second := s.act(3*time.Minute, contract.VerbApprove, by("ana", contract.Act{Step: "sure"}))
	s.ends(incident.Resolved)
	if !strings.Contains(stranger.refused, "may not answer") || second.refused != "" {
		t.Errorf("refusals are %q and %q", stranger.refused, second.refused)
	}
	s.wantNone("problem:")
}

func TestWhoIsWokenForAQuestionRestsWhenItIsAnswered(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - ask: Which one?
      id: which
      who: comms
      choices: { left: Left, right: Right }
      timeout: 2m
      on_timeout: escalate
    - wait: 20m
`)))
	s.world.Placed = func(c contract.CallRequest, provider string) {
		s.status(200*time.Millisecond, c, provider, incident.CallRinging)
	}
	s.act(130*time.Second, contract.VerbAnswer, by("dan", contract.Act{Step: "which", Value: "left"}))
	s.ends(incident.Resolved)
	s.wantCount("~ call dan", 1)
	s.wantLines("2m10s    ~ hang up CA-dan-2")
	s.wantNone("Nobody has acknowledged")
}

func TestSilenceAsksTheFallbackAgainAndAgain(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 2m
      on_timeout: escalate
`)))
	s.phones(nil)
	s.stopAt(3 * time.Hour)
	s.ends(incident.Cancelled)
	asked := strings.Count(s.transcript(), "asking Dan")
	if asked < 8 || asked > 20 {
		t.Errorf("the fallback was asked %d times within three hours", asked)
	}
}

func TestApprovalIsForItsPeopleUntilItEscalates(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - assign: commander
      to: ana
    - approve: Drop the table?
      id: drop
      who: commander
      timeout: 5m
      on_timeout: escalate
`)))
	s.act(time.Second, contract.VerbAnswer, by("ana", contract.Act{Step: "assign", Value: "accept"}))
	early := s.act(time.Minute, contract.VerbApprove, by("ben", contract.Act{Step: "drop"}))
	late := s.act(6*time.Minute, contract.VerbApprove, by("ben", contract.Act{Step: "drop"}))
	s.ends(incident.Resolved)
	if !strings.Contains(early.refused, "may not answer") || late.refused != "" {
		t.Errorf("refusals are %q and %q", early.refused, late.refused)
	}
	s.wantLines("5m1s  escalate: no answer to “Drop the table?”; asking Ben")
}

func TestWhoeverTakesTheRoleMayAnswer(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - ask: Which one?
      id: which
      who: comms
      choices: { left: Left, right: Right }
      timeout: 20m
      on_timeout: { choose: right }
      remind: 3m
`)))
	s.world.Placed = nil
	s.act(time.Minute, contract.VerbAssign, by("ben", contract.Act{Role: "comms", Person: "ana", PersonName: "Ana"}))
	took := s.act(4*time.Minute, contract.VerbAnswer, by("ana", contract.Act{Step: "which", Value: "left"}))
	s.ends(incident.Resolved)
	if took.refused != "" {
		t.Errorf("refused: %s", took.refused)
	}
	s.wantLines("3m0s  timeout: still open: Which one?")
}

func TestTimeoutThatIsOverFiresAtOnce(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - wait: 6m
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: ${{ policy.answer - elapsed }}
      on_timeout: { choose: right }
`)))
	s.ends(incident.Resolved)
	s.wantLines("6m0s  timeout: nobody answered in time: Which one? → Right")
}

func TestRemindersFollowTheSeverity(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - severity: SEV3
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 50m
      on_timeout: { choose: right }
      remind: ${{ policy.ack }}
`)))
	s.act(7*time.Minute, contract.VerbSeverity, by("ben", contract.Act{Value: "SEV1"}))
	s.ends(incident.Resolved)
	s.wantLines("7m0s  timeout: still open: Which one?", "10m0s  timeout: still open: Which one?")
	s.wantCount("still open", 9)
}

func TestEverybodyOfAQuorumIsAsked(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - channel: inc-${{ incident.key }}
    - approve: Drop the table?
      id: drop
      who: [owner, comms]
      quorum: 2
      timeout: 5m
      on_timeout: reject
      else: []
`)))
	s.ends(incident.Resolved)
	s.wantLines("~ post Drop the table? [Approve] [Reject] @ana, cleo")
}

func TestRetryOfABlockRunsItAgain(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 50m
      on_timeout: { choose: right }
      on_failure: ask
      case:
        left:
          - note: in the case
          - task: Do it
            id: doit
            timeout: 1m
            on_timeout: ask
`)))
	s.act(time.Second, contract.VerbAnswer, by("ben", contract.Act{Step: "which", Value: "left"}))
	s.act(2*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "doit", Value: "stop"}))
	s.act(3*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "which", Value: "retry"}))
	s.act(4*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "which", Value: "left"}))
	s.act(4*time.Minute+10*time.Second, contract.VerbDone, by("ben", contract.Act{Step: "doit"}))
	s.ends(incident.Resolved)
	s.wantCount("note: in the case", 2)
	s.wantStates(map[string]contract.StepState{"which": contract.StepDone, "doit": contract.StepDone})
}

func TestABackgroundStepThatWasStoppedStopsNothingElse(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - task: Behind
      id: behind
      timeout: 1m
      on_timeout: ask
      background: true
    - ask: Which one?
      id: which
      choices: { left: Left, right: Right }
      timeout: 50m
      on_timeout: { choose: right }
      on_failure: continue
      case:
        left:
          - task: Do it
            id: doit
            timeout: 1m
            on_timeout: ask
    - wait: 10m
    - note: afterwards
`)))
	s.act(time.Second, contract.VerbAnswer, by("ben", contract.Act{Step: "which", Value: "left"}))
	s.act(2*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "behind", Value: "stop"}))
	s.act(3*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "doit", Value: "stop"}))
	s.cut(4 * time.Minute)
	s.ends(incident.Resolved)
	s.wantLines("13m0s  note: afterwards")
	s.wantNone("What next?")
}

func TestDrivenByHandIsBroughtUp(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - channel: inc-${{ incident.key }}
    - task: Do it
      id: doit
      timeout: 1m
      on_timeout: ask
`)))
	s.act(2*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "doit", Value: "stop"}))
	s.act(3*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "containment", Value: "stop"}))
	s.cut(100 * time.Minute)
	s.act(150*time.Minute, contract.VerbResolve, by("ben", contract.Act{}))
	s.ends(incident.Resolved)
	s.wantLines("1h3m0s    ~ post INC-1 is still open and driven by hand", "2h3m0s    ~ post INC-1 is still open and driven by hand")
}

// TestReviewComesToItsEnd plays what could leave a review open for ever.
func TestReviewComesToItsEnd(t *testing.T) {
	t.Parallel()
	lessons := func(text string) string {
		return containing("    - channel: inc-${{ incident.key }}\n  lessons_learned:\n") + text
	}
	tests := map[string]struct {
		text   string
		script []does
		lines  []string
	}{
		"an end in the review": {
			text:  lessons("    - end: resolved\n      if: severity == \"\"\nfinally:\n    - note: closed\n"),
			lines: []string{"note: closed"},
		},
		"a stop in the review": {
			text:  lessons("    - task: Learn\n      id: learn\n      timeout: 1m\n      on_timeout: ask\n    - note: not reached\nfinally:\n    - note: closed\n"),
			lines: []string{"3m0s  note: closed"},
		},
		"a page in the review calls nobody and says so": {
			text:  lessons("    - page: owner\n      id: late\nfinally:\n    - note: closed\n"),
			lines: []string{"late holds: nobody is called for an incident that is closed", "3m0s  note: closed"},
		},
		"finally waits for nobody": {
			text:  lessons("    - note: learned\nfinally:\n    - page: owner\n      id: late\n    - note: closed\n"),
			lines: []string{"problem: late has failed", "0s  note: closed"},
		},
		"a question of the review wakes nobody": {
			text:  lessons("    - ask: Learned?\n      id: learned\n      choices: [some, none]\n      timeout: 10m\n      on_timeout: escalate\nfinally:\n    - note: closed\n"),
			lines: []string{"10m0s  escalate: no answer to “Learned?”; asking Dan"},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, test.text))
			// A review is a child of its own; here the state that it starts with is taken over at once.
			for _, step := range []string{"learn", "late"} {
				s.actInReview(3*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: step, Value: "stop"}))
			}
			s.actInReview(25*time.Minute, contract.VerbAnswer, by("ben", contract.Act{Step: "learned", Value: "some"}))
			s.ends(incident.Resolved)
			got := s.reviewed()
			for _, line := range test.lines {
				if !strings.Contains(got, line) {
					t.Errorf("no line %q in\n%s", line, got)
				}
			}
			if strings.Contains(got, "~ call") {
				t.Errorf("the review calls\n%s", got)
			}
		})
	}
}

func TestAnAlertDuringTheCloseIsTheNextIncident(t *testing.T) {
	t.Parallel()
	again := func(s *scenario, cleared bool) {
		s.env().SignalWorkflow(string(contract.AlertsSignal), contract.Alerts{Alerts: []incident.Alert{{
			Source: "alertmanager", Fingerprint: "f1", Title: "HighErrorRate", StartsAt: start.Add(90 * time.Second), Cleared: cleared,
		}}})
	}
	tests := map[string]func(s *scenario){
		"while the last posts arrive": func(s *scenario) {
			s.act(2*time.Minute, contract.VerbResolve, by("ben", contract.Act{}))
			s.at(2*time.Minute+5*time.Second, func() { again(s, false) })
		},
		"while the run comes to rest for a cut": func(s *scenario) {
			s.act(119*time.Second, contract.VerbPage, by("ben", contract.Act{Value: "cto"}))
			s.cut(120 * time.Second)
			s.act(121*time.Second, contract.VerbResolve, by("ben", contract.Act{}))
			s.at(122*time.Second, func() { again(s, false) })
		},
		"and clears again": func(s *scenario) {
			s.act(2*time.Minute, contract.VerbResolve, by("ben", contract.Act{}))
			s.at(2*time.Minute+5*time.Second, func() { again(s, false) })
			s.at(2*time.Minute+6*time.Second, func() { again(s, true) })
		},
	}
	for name, happens := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, containing("    - channel: inc-${{ incident.key }}\n    - wait: 20m\n")))
			s.act(100*time.Second, contract.VerbPage, by("ben", contract.Act{Value: "cleo"}))
			s.slow("PlaceCall", 9*time.Second)
			s.slow("HangUp", 9*time.Second)
			happens(s)
			s.run()
			if got := s.timeline()[0]; got.Kind != incident.EntryDeclared || got.At.Before(start.Add(2*time.Minute)) {
				t.Errorf("no second incident was declared\n%s", s.transcript())
			}
		})
	}
}

func TestAnAcknowledgementInTheMomentOfACutEndsTheCalls(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - page: owner\n      ack: 5m\n    - wait: 1m\n")))
	s.world.Placed = func(c contract.CallRequest, provider string) {
		s.status(200*time.Millisecond, c, provider, incident.CallRinging)
	}
	// The last thing that a run does is to take the signals that have arrived; nobody has acted on them yet.
	s.between = func(st *contract.State) {
		if _, err := st.Incident.Acknowledge(s.env().Now(), person("cleo", incident.DoorSlack), incident.AckScope{}); err != nil {
			t.Error(err)
		}
	}
	s.cut(10 * time.Second)
	s.ends(incident.Resolved)
	if s.stage.Runs() != 2 {
		t.Errorf("%d runs, want a cut", s.stage.Runs())
	}
	s.wantCount("~ hang up CA-ana-2", 1)
	s.wantCount("~ call ana", 1)
}

func TestTheSamePersonOfSeveralPages(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - page: [owner, payments-oncall, comms]\n      ack: 5m\n")))
	s.phones(map[oncall.PersonID]time.Duration{"ana": 3 * time.Second})
	s.act(time.Minute, contract.VerbAck, by("cleo", contract.Act{}))
	s.ends(incident.Resolved)
	s.wantCount("acknowledged: Ana", 2)
	s.wantCount("acknowledged: Cleo", 1)
}

func TestARepetitionIsAcceptedAndDoesNothing(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - wait: 10m\n")))
	first := s.act(time.Second, contract.VerbSeverity, by("ben", contract.Act{ID: "x1", Value: "SEV2"}))
	second := s.act(2*time.Second, contract.VerbSeverity, by("ben", contract.Act{ID: "x1", Value: "SEV2"}))
	s.at(3*time.Second, func() {
		s.env().SignalWorkflow(string(contract.VerbSeverity), by("ben", contract.Act{ID: "x1", Value: "SEV2"}))
	})
	s.ends(incident.Resolved)
	if first.refused != "" || second.refused != "" || second.receipt.Text != "recorded already" {
		t.Errorf("the first was answered %+v, the second %+v", first, second)
	}
	s.wantNone("refused:")
}

func TestARefusedRoomHoldsNobody(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(`
    - channel: "!"
      id: room
    - note: in ${{ steps.room.url }}
`)))
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "room" {
			return &contract.Refused{What: "this is no name"}
		}
		return nil
	}
	s.ends(incident.Resolved)
	s.wantLines("problem: chat has refused: this is no name", "note: in")
}

func TestARevokedTokenIsNotHammered(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - channel: inc-${{ incident.key }}\n    - wait: 1h\n")))
	tried := 0
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "room" && a.At.Before(start.Add(50*time.Minute)) {
			tried++
			return &contract.Refused{What: "token_revoked", Installation: true}
		}
		return nil
	}
	s.ends(incident.Resolved)
	if tried < 5 || tried > 12 {
		t.Errorf("chat was tried %d times within 50 minutes", tried)
	}
	s.wantLines("~ room #inc-1")
}

func TestAShortMessageFitsIntoOneSegment(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		title string
		most  int
	}{
		"typographic":     {"Zahlungen – “langsam” … " + strings.Repeat("sehr ", 60), 160},
		"brackets":        {strings.Repeat("[a]{b} ", 40), 160},
		"another writing": {strings.Repeat("Ошибка ", 40), 134},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, containing("    - page: owner\n      via: [sms]\n")))
			s.in.Declaration.Title = test.title
			s.act(time.Minute, contract.VerbAck, by("ana", contract.Act{}))
			s.ends(incident.Resolved)
			sent := false
			for _, line := range s.world.Transcript() {
				text, ok := strings.CutPrefix(line.What, "text ana: ")
				if !ok {
					continue
				}
				sent = true
				if n := len([]rune(text)); n > test.most || !strings.HasSuffix(text, "Reply 1a to acknowledge, 1e to escalate. (1-1001)") || strings.ContainsAny(text, "…–“”") {
					t.Errorf("%d letters: %s", n, text)
				}
			}
			if !sent {
				t.Error("no message was sent")
			}
		})
	}
}

// A message of an incident that got no number asks for no reply that nobody could read.
func TestAMessageWithoutANumber(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - page: owner\n      via: [sms]\n")))
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "number" {
			return errors.New("no worker answers")
		}
		return nil
	}
	s.act(time.Minute, contract.VerbAck, by("ana", contract.Act{}))
	s.ends(incident.Resolved)
	got := s.transcript()
	if !strings.Contains(got, ". Acknowledge in the chat room. (") || strings.Contains(got, "Reply ") {
		t.Errorf("the message asks for something else:\n%s", got)
	}
}

func TestACallWithUnknownOutcomeIsNotGivenUp(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - page: owner\n      ack: 2m\n      via: [call]\n      rounds: 1\n")))
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "call" && a.Who == "ana" {
			return errors.New("the connection was closed")
		}
		return nil
	}
	s.phones(map[oncall.PersonID]time.Duration{"dan": time.Second})
	s.ends(incident.Resolved)
	s.wantLines("problem: it is not known whether Ana was reached (call)", "acknowledged: Dan")
}

// TestPollOfAnActionEndsInTime: a pause that is longer than what is left of the step's time ends with it.
func TestPollOfAnActionEndsInTime(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(
		"    - action: x.look\n      id: look\n      every: 4m\n      until: false\n      timeout: 5m\n      on_timeout: continue\n    - note: went on\n")))
	s.ends(incident.Resolved)
	s.wantLines("5m0s  note: went on")
}
