package workflows_test

import (
	"errors"
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

// withSlack gives the scenario's installation Slack, and Ana and Ben rules that use it.
func (s *scenario) withSlack() {
	s.world.Book.Ways = oncall.Ways()
	for n := range s.world.Book.People {
		p := &s.world.Book.People[n]
		p.Email = string(p.ID) + "@example.com"
	}
	s.withContact("ana", oncall.Contact{High: []oncall.ContactRule{
		{Via: []oncall.Way{"call", "slack"}}, {Via: []oncall.Way{"call", "slack"}, After: time.Minute},
	}})
	s.withContact("ben", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"slack", "email"}}, {Via: []oncall.Way{"call"}, After: 2 * time.Minute}}})
}

// presses lets a person press a button of a message that has just reached them.
func (s *scenario) presses(who oncall.PersonID, label string, after time.Duration) {
	pressed := false
	s.world.Told = func(req contract.TellPersonRequest, _ string) {
		for _, b := range req.Message.Buttons {
			if req.Person == who && b.Label == label && !pressed {
				pressed = true
				s.after(after, func() {
					s.actNow(b.Verb, contract.Act{By: person(who, incident.DoorSlack), Key: incident.Key(b.Key), Page: b.Page}, &outcome{})
				})
			}
		}
	}
}

// Whoever is told in Slack acknowledges there, and every message of the page says who has it.
func TestScenarioDirectMessages(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.withSlack()
	s.phones(nil)
	s.presses("ben", "Acknowledge", 20*time.Second)
	s.stopAt(5 * time.Minute)
	s.run()
	s.golden()
}

// "Escalate" calls the next level at once; "Not me" takes the person off the calls and leaves the page to the others.
func TestScenarioDirectMessageButtons(t *testing.T) {
	t.Parallel()
	for label, want := range map[string]string{"Escalate": "Ana escalates", "Not me": "Ana asked not to be called again for this incident"} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, pager))
			s.withSlack()
			s.presses("ana", label, 10*time.Second)
			s.stopAt(8 * time.Minute)
			s.run()
			if got := s.transcript(); !strings.Contains(got, want) {
				t.Errorf("the timeline lacks %q:\n%s", want, got)
			}
		})
	}
}

// Somebody without a telephone is told by rules that need none, and what does not hurry is told in Slack.
func TestScenarioSlackAlone(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withSlack()
	s.world.Book.People[0].Phone = ""
	s.withPolicy(oncall.Policy{Name: "payments", Levels: []oncall.Level{{Targets: []string{"ana"}, Ack: 2 * time.Minute}, {Targets: []string{"cleo"}, Ack: 5 * time.Minute}}})
	s.phones(nil)
	s.act(4*time.Minute, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	s.stopAt(5 * time.Minute)
	s.run()
	s.golden()
}

// What does not hurry goes to Slack first.
func TestScenarioSlackLowUrgency(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withSlack()
	s.withPolicy(oncall.Policy{Name: "payments", Urgency: oncall.UrgencyLow, Levels: []oncall.Level{{Targets: []string{"cleo"}, Ack: 10 * time.Minute}}})
	s.presses("cleo", "Acknowledge", 3*time.Minute)
	s.stopAt(5 * time.Minute)
	s.run()
	s.golden()
}

// Somebody whom Slack does not know is called at once instead of later.
func TestScenarioSlackRefuses(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withSlack()
	s.withPolicy(oncall.Policy{Name: "payments", Levels: []oncall.Level{{Targets: []string{"ben"}, Ack: 3 * time.Minute}}})
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "dm" {
			return &contract.Refused{What: "open a direct message: Slack says user_disabled"}
		}
		return nil
	}
	s.phones(map[oncall.PersonID]time.Duration{"ben": 5 * time.Second})
	s.stopAt(time.Minute)
	s.run()
	s.golden()
}

// telephony is who was called, texted and hung up on when.
func (s *scenario) telephony() (lines []string) {
	for _, l := range s.world.Transcript() {
		if slices.Contains([]string{"call", "text", "hangup"}, l.Kind) {
			lines = append(lines, l.At.Sub(start).Truncate(100*time.Millisecond).String()+" "+l.What)
		}
	}
	return lines
}

// TestTelephonesDoNotWaitForSlack: however Slack fails, the same telephones ring at the same times.
func TestTelephonesDoNotWaitForSlack(t *testing.T) {
	t.Parallel()
	play := func(fails func(at time.Duration) error, takes time.Duration) []string {
		s := newScenario(t, parse(t, pager))
		s.withSlack()
		s.withContact("ben", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"call", "sms", "slack"}}}})
		s.phones(map[oncall.PersonID]time.Duration{"dan": 10 * time.Second})
		if takes > 0 {
			s.slow(string(contract.TellPerson), takes)
			s.slow(string(contract.RetellPerson), takes)
		}
		s.world.Fail = func(a memory.Act) error {
			if a.Kind == "dm" {
				return fails(a.At.Sub(start))
			}
			return nil
		}
		s.stopAt(90 * time.Minute)
		s.run()
		return s.telephony()
	}
	want := play(func(time.Duration) error { return nil }, 0)
	if len(want) < 10 {
		t.Fatalf("the scenario calls too few people to prove anything: %q", want)
	}
	for name, slack := range map[string]struct {
		fails func(at time.Duration) error
		takes time.Duration
	}{
		"away":     {fails: func(time.Duration) error { return errors.New("Slack answers 503") }},
		"hangs":    {takes: time.Hour},
		"slow":     {takes: 9 * time.Second},
		"refuses":  {fails: func(time.Duration) error { return &contract.Refused{What: "user_disabled"} }},
		"revoked":  {fails: func(time.Duration) error { return &contract.Refused{What: "invalid_auth", Installation: true} }},
		"too many": {fails: func(time.Duration) error { return &contract.Later{After: 30 * time.Second, Err: errors.New("429")} }},
		"now there": {fails: func(at time.Duration) error {
			if at < 7*time.Minute {
				return errors.New("Slack answers 503")
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if slack.fails == nil {
				slack.fails = func(time.Duration) error { return nil }
			}
			if diff := gocmp.Diff(want, play(slack.fails, slack.takes)); diff != "" {
				t.Errorf("other telephones ring (-Slack works +Slack fails):\n%s", diff)
			}
		})
	}
}
