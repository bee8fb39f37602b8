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

// fault is how the telephone fails for one person.
type fault struct {
	before func(attempt int) error // of the attempts from 1 on, before the work
	after  func(attempt int) error // likewise, after it
	hangs  bool
	// done says how often the work is done all the same, and at once that the next contact is not kept waiting.
	done   int
	atOnce bool
}

// first fails so many times.
func first(times int, err error) func(int) error {
	return func(attempt int) error {
		if attempt <= times {
			return err
		}
		return nil
	}
}

// phoneFaults are the ways in which a provider's call can go wrong.
func phoneFaults() map[string]fault {
	const ever = 1 << 20
	away := errors.New("the provider answers 503")
	return map[string]fault{
		"works":                           {done: 1},
		"fails twice, before the work":    {before: first(2, away), done: 1},
		"fails for ever, before the work": {before: first(ever, away)},
		"fails once, after the work":      {after: first(1, away), done: 1},
		"fails for ever, after the work":  {after: first(ever, away), done: 1},
		"hangs":                           {hangs: true},
		"refuses":                         {before: first(ever, &contract.Refused{What: "no such number"}), atOnce: true},
		"refuses the installation":        {before: first(ever, &contract.Refused{What: "account suspended", Installation: true}), atOnce: true},
		"asks for time":                   {before: first(1, &contract.Later{After: 5 * time.Second, Err: away}), done: 1},
		"asks for time again and again":   {before: first(ever, &contract.Later{After: 5 * time.Second, Err: away})},
	}
}

// install makes one kind of act for one person go wrong.
func (f fault) install(s *scenario, kind string, who oncall.PersonID) {
	attempts := map[string]int{}
	mine := func(a memory.Act) bool {
		return a.Kind == kind && (a.Who == who || strings.HasPrefix(a.Name, "CA-"+string(who)))
	}
	s.world.Fail = func(a memory.Act) error {
		if !mine(a) {
			return nil
		}
		attempts[a.Key+a.Name]++
		if f.before == nil {
			return nil
		}
		return f.before(attempts[a.Key+a.Name])
	}
	s.world.Lose = func(a memory.Act) error {
		if !mine(a) || f.after == nil {
			return nil
		}
		return f.after(attempts[a.Key+a.Name])
	}
}

// alone is a page whose first contact is told in one way only.
const alone = `
runbook: alone
roles: { commander: sre-oncall, owner: payments-oncall }
phases:
  identification:
    - page: owner
      id: first
      ack: 1m
      via: [WAY]
      escalate: [commander]
      background: true
    - task: Make it work again
      id: fix
      who: owner
`

// TestNextContactIsCalledInTime: whatever happens to the call or the message of the first contact, it is made at most once,
// and the next contact is called by the promised time: at once where it is known that nothing came of it, else when the
// level's minute is over, which begins at the latest after half a minute.
func TestNextContactIsCalledInTime(t *testing.T) {
	t.Parallel()
	for kind, way := range map[string]string{"call": "call", "text": "sms"} {
		for name, f := range phoneFaults() {
			if f.hangs {
				continue // the provider hangs for everybody: see below
			}
			t.Run(kind+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := newScenario(t, parse(t, strings.Replace(alone, "WAY", way, 1)))
				f.install(s, kind, "ana")
				promised := 91 * time.Second
				if f.atOnce {
					promised = time.Second
				}
				s.act(promised+10*time.Second, contract.VerbAck, contract.Act{By: person("ben", incident.DoorCLI)})
				s.stopAt(time.Hour)
				s.run()
				made := s.made(kind)
				if len(made["ana"]) != f.done {
					t.Errorf("Ana's %s is made at %v, want %d times", kind, made["ana"], f.done)
				}
				if len(made["ben"]) != 1 || made["ben"][0] > promised {
					t.Errorf("Ben's %s is made at %v, want once by %s", kind, made["ben"], promised)
				}
				if len(made["dan"]) > 0 || len(made["cleo"]) > 0 {
					t.Errorf("others are told: %v", made)
				}
				if t.Failed() {
					t.Log(s.transcript())
				}
			})
		}
	}
}

// made lists when each person was told in a way.
func (s *scenario) made(kind string) map[oncall.PersonID][]time.Duration {
	out := map[oncall.PersonID][]time.Duration{}
	for _, l := range s.world.Transcript() {
		if l.Kind == kind {
			out[l.Who] = append(out[l.Who], l.At.Sub(start))
		}
	}
	return out
}

// TestNobodyIsMissedWhileTheTelephoneHangs: each level is tried at its time although the one before has no answer yet, and
// the fallback comes in the end.
func TestNobodyIsMissedWhileTheTelephoneHangs(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, strings.Replace(alone, "WAY", "call", 1)))
	s.slow(string(contract.PlaceCall), time.Hour)
	s.stopAt(time.Hour)
	s.run()
	s.wantLines(
		"0s  call: calling Ana", "1m30s  escalate: no answer; calling commander (level 2, round 1)", "1m30s  call: calling Ben",
		"problem: it is not known whether Ana was reached (call): no answer in time", "Calling commander and the fallback until somebody does",
		"call: calling Dan",
	)
}

// TestHangUpThatFailsCallsNobody: whatever becomes of the wish to end a call, the page is over, the call is ended at most
// once, and the incident goes on and ends.
func TestHangUpThatFailsCallsNobody(t *testing.T) {
	t.Parallel()
	for name, f := range phoneFaults() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, strings.Replace(alone, "WAY", "call", 1)))
			f.install(s, "hangup", "ana")
			if f.hangs {
				s.slow(string(contract.HangUp), time.Hour)
			}
			s.act(10*time.Second, contract.VerbAck, contract.Act{By: person("cleo", incident.DoorCLI)})
			s.act(30*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorCLI), Step: "fix"})
			s.ends(incident.Resolved)
			if made := s.made("call"); len(made) != 1 || len(made["ana"]) != 1 {
				t.Errorf("calls are placed at %v, want one to Ana", made)
			}
			most := f.done
			if f.after != nil {
				most = 1 << 20 // ending a call again does nothing
			}
			if n := len(s.hungUp()); n > most || f.done > 0 && n == 0 {
				t.Errorf("the call is ended %d times, want %d", n, f.done)
			}
			if t.Failed() {
				t.Log(s.transcript())
			}
		})
	}
}

// hungUp lists the calls that were ended.
func (s *scenario) hungUp() (calls []string) {
	for _, l := range s.world.Transcript() {
		if l.Kind == "hangup" {
			calls = append(calls, l.Name)
		}
	}
	return calls
}

// TestRefusedAccountReachesTheFallbackWhenItIsBack: while the telephone's account is refused altogether nobody can be called;
// it is tried calmly, and soon after it is mended somebody is.
func TestRefusedAccountReachesTheFallbackWhenItIsBack(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, strings.Replace(alone, "WAY", "call", 1)))
	const mended = 20 * time.Minute
	tries := 0
	s.world.Fail = func(a memory.Act) error {
		if a.Kind != "call" || a.At.Sub(start) >= mended {
			return nil
		}
		tries++
		return &contract.Refused{What: "account suspended", Installation: true}
	}
	s.stopAt(time.Hour)
	s.run()
	made := s.made("call")
	if len(made["dan"]) == 0 || made["dan"][0] < mended || made["dan"][0] > mended+15*time.Minute+30*time.Second {
		t.Errorf("the fallback is called at %v, want within a quarter of an hour of %s\n%s", made["dan"], mended, s.transcript())
	}
	if tries < 6 || tries > 40 {
		t.Errorf("the account is tried %d times in %s", tries, mended)
	}
}

// TestMessagesOfUnknownOutcomeAreWrittenOnce: a direct message, and the word of who has it, whose outcome was lost is not
// written twice; the lost word is set again, which shows the same.
func TestMessagesOfUnknownOutcomeAreWrittenOnce(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"dm", "settle"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, pager))
			s.withSlack()
			s.phones(nil)
			lost := map[string]bool{}
			s.world.Lose = func(a memory.Act) error {
				if key := a.Key + a.Name; a.Kind == kind && !lost[key] {
					lost[key] = true
					return errors.New("the connection is gone")
				}
				return nil
			}
			s.act(20*time.Second, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
			s.stopAt(time.Hour)
			s.run()
			if made := s.made("dm"); len(made) != 1 || len(made["ana"]) != 1 || len(lost) == 0 {
				t.Errorf("messages are written at %v, and %d outcomes were lost", made, len(lost))
			}
			if !strings.Contains(s.transcript(), "Ana has it") {
				t.Errorf("nobody is told who has it:\n%s", s.transcript())
			}
		})
	}
}
