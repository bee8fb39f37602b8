package workflows_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// turn is a status that an attempt gets a while after it was made.
type turn struct {
	after  time.Duration
	status incident.CallStatus
	detail string
}

// withoutCallbacks is an installation without a public address: what happens to calls and messages has to be asked for.
// A message is sent and arrives.
func (s *scenario) withoutCallbacks(calls map[oncall.PersonID][]turn) {
	made := map[string]time.Time{}
	turns := map[string][]turn{}
	s.world.Placed = func(c contract.CallRequest, provider string) {
		made[provider], turns[provider] = s.stage.Now(), calls[c.Person]
	}
	s.world.Sent = func(_ contract.TextRequest, provider string) {
		made[provider] = s.stage.Now()
		turns[provider] = []turn{{after: 3 * time.Second, status: incident.CallSent}, {after: 12 * time.Second, status: incident.CallDelivered}}
	}
	s.world.Reached = func(provider string) contract.FollowResult {
		out := contract.FollowResult{Status: incident.CallQueued}
		for _, turn := range turns[provider] {
			if !s.stage.Now().Before(made[provider].Add(turn.after)) {
				out = contract.FollowResult{Status: turn.status, Detail: turn.detail}
			}
		}
		return out
	}
}

// ringsOut is a telephone that nobody answers.
func ringsOut() []turn {
	return []turn{{after: time.Second, status: incident.CallRinging}, {after: 26 * time.Second, status: incident.CallNoAnswer}}
}

// justCalls is a runbook that calls, and sends no messages.
func justCalls() string {
	return strings.Replace(pager, "      ack: 1m\n", "      ack: 1m\n      via: [call]\n", 1)
}

// Nobody answers the telephone: the next level is called as soon as that is known, and not only when the level's time is
// over. An acknowledgement by message ends the call that rings.
func TestScenarioSilent(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, justCalls()))
	s.withoutCallbacks(map[oncall.PersonID][]turn{
		"ana": ringsOut(),
		"ben": {{after: time.Second, status: incident.CallRinging}, {after: 7 * time.Second, status: incident.CallAnswered}, {after: 40 * time.Second, status: incident.CallCompleted}},
	})
	s.act(45*time.Second, contract.VerbAck, contract.Act{By: person("ben", incident.DoorSMS), Key: "INC-1", ID: "SM1"})
	s.stopAt(5 * time.Minute)
	s.run()
	s.golden()
	if looks := s.counts[string(contract.FollowAttempt)]; looks > 5 { // Ana: rings, no answer. Ben: rings, answers, is over.
		t.Errorf("two calls took %d activities", looks)
	}
}

// With messages beside the calls a level keeps its time, from the moment at which a telephone rings; an answer by message
// ends the page, and what is still followed is let go.
func TestScenarioSilentWithMessages(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.withoutCallbacks(map[oncall.PersonID][]turn{"ana": ringsOut(), "ben": ringsOut()})
	s.act(70*time.Second, contract.VerbAck, contract.Act{By: person("ben", incident.DoorSMS), Key: "INC-1", ID: "SM1"})
	s.stopAt(5 * time.Minute)
	s.run()
	s.golden()
}

// Whoever declines by message while the telephone rings is left alone, and the next level is called at once.
func TestSilentDecline(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.withoutCallbacks(map[oncall.PersonID][]turn{"ana": ringsOut(), "ben": ringsOut()})
	s.act(10*time.Second, contract.VerbQuiet, contract.Act{By: person("ana", incident.DoorSMS), Key: "INC-1", ID: "SM1"})
	s.stopAt(30 * time.Second)
	s.run()
	for _, want := range []string{"10s    ~ hang up CA-ana-2", "10s    ~ call ben"} {
		if got := s.transcript(); !strings.Contains(got, want) {
			t.Errorf("the transcript lacks %q:\n%s", want, got)
		}
	}
	if got := s.transcript(); strings.Contains(got, "Ana has the message") {
		t.Errorf("the message to Ana is followed on:\n%s", got)
	}
}

// TestSilentClock: the level's time begins when the telephone rings, as with callbacks; where nothing is ever learnt, after
// half a minute.
func TestSilentClock(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		ana   []turn
		fails error
		want  time.Duration // when Ben is called
	}{
		"rings at once":         {ana: []turn{{after: time.Second, status: incident.CallRinging}}, want: 62 * time.Second},
		"waits in the queue":    {ana: []turn{{after: 20 * time.Second, status: incident.CallRinging}}, want: 80 * time.Second},
		"never rings":           {want: 90 * time.Second},
		"is busy":               {ana: []turn{{after: time.Second, status: incident.CallBusy}}, want: 2 * time.Second},
		"fails":                 {ana: []turn{{after: 5 * time.Second, status: incident.CallFailed}}, want: 6 * time.Second},
		"speaks to a machine":   {ana: []turn{{after: time.Second, status: incident.CallAnswered}, {after: 50 * time.Second, status: incident.CallCompleted}}, want: 50 * time.Second},
		"nobody can be asked":   {ana: ringsOut(), fails: errors.New("503"), want: 90 * time.Second},
		"access is revoked":     {ana: ringsOut(), fails: &contract.Refused{What: "authenticate", Installation: true}, want: 90 * time.Second},
		"the call is not known": {ana: ringsOut(), fails: &contract.Refused{What: "no such call"}, want: 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, justCalls()))
			s.withoutCallbacks(map[oncall.PersonID][]turn{"ana": test.ana})
			s.world.Fail = func(a memory.Act) error {
				if a.Kind == "follow" {
					return test.fails
				}
				return nil
			}
			s.stopAt(100 * time.Second)
			s.run()
			var got time.Duration
			for _, l := range s.world.Transcript() {
				if l.Kind == "call" && l.Who == "ben" && got == 0 {
					got = l.At.Sub(start)
				}
			}
			if (got - test.want).Abs() > 2100*time.Millisecond {
				t.Errorf("Ben is called after %s, want %s\n%s", got, test.want, s.transcript())
			}
		})
	}
}

// TestSilentFailureIsTold: why a message did not arrive stands on the timeline, and the next level is called.
func TestSilentFailureIsTold(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, strings.Replace(pager, "      ack: 1m\n", "      ack: 1m\n      via: [sms]\n", 1)))
	s.world.Reached = func(string) contract.FollowResult {
		return contract.FollowResult{Status: incident.CallFailed, Detail: "Twilio error 30005"}
	}
	s.stopAt(20 * time.Second)
	s.run()
	for _, want := range []string{"Ana cannot be reached: Twilio error 30005", "calling Ben"} {
		if got := s.transcript(); !strings.Contains(got, want) {
			t.Errorf("the timeline lacks %q:\n%s", want, got)
		}
	}
}

// silentPath is a page without callbacks to its end.
func silentPath(t *testing.T) *scenario {
	s := newScenario(t, parse(t, justCalls()))
	s.withoutCallbacks(map[oncall.PersonID][]turn{
		"ana": ringsOut(),
		"ben": {{after: 3 * time.Second, status: incident.CallRinging}, {after: 20 * time.Second, status: incident.CallAnswered}, {after: 45 * time.Second, status: incident.CallCompleted}},
	})
	s.act(60*time.Second, contract.VerbAck, contract.Act{By: person("ben", incident.DoorSMS), Key: "INC-1", ID: "SM1"})
	s.act(80*time.Second, contract.VerbSeverity, contract.Act{By: person("ben", incident.DoorCLI), Value: "SEV2"})
	s.act(100*time.Second, contract.VerbDone, contract.Act{By: person("ana", incident.DoorCLI), Step: "fix"})
	return s
}

// TestFollowSurvivesACut: a cut does not wait for whoever looks, and the next run goes on looking. Only when the looks are
// made moves with it, by a pause at most.
func TestFollowSurvivesACut(t *testing.T) {
	t.Parallel()
	uncut := silentPath(t)
	uncut.run()
	words := func(s *scenario) (lines []string) {
		for _, e := range s.timeline() {
			lines = append(lines, string(e.Kind)+": "+e.Text)
		}
		for _, l := range s.world.Transcript() {
			if slices.Contains([]string{"call", "hangup"}, l.Kind) {
				lines = append(lines, l.What)
			}
		}
		slices.Sort(lines)
		return lines
	}
	for _, cuts := range [][]time.Duration{
		{500 * time.Millisecond},
		{2500 * time.Millisecond},
		{10 * time.Second},
		{25 * time.Second},
		{29 * time.Second},
		{50 * time.Second},
		{65 * time.Second},
		{time.Second, 9 * time.Second, 17 * time.Second, 33 * time.Second, 41 * time.Second, 49 * time.Second},
	} {
		t.Run(fmt.Sprint(cuts), func(t *testing.T) {
			t.Parallel()
			s := silentPath(t)
			var waited []time.Duration
			s.between = func(*contract.State) { waited = append(waited, s.stage.Now().Sub(start)) }
			for _, at := range cuts {
				s.cut(at)
			}
			s.run()
			if s.stage.Runs() != len(cuts)+1 {
				t.Fatalf("%d runs of %d cuts", s.stage.Runs(), len(cuts))
			}
			for n, at := range cuts {
				if late := waited[n] - at; late > time.Second {
					t.Errorf("the cut at %s had to wait for %s", at, late)
				}
			}
			if diff := gocmp.Diff(words(uncut), words(s)); diff != "" {
				t.Errorf("the cut shows (-uncut +cut):\n%s", diff)
			}
		})
	}
}
