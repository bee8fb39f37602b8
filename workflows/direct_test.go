package workflows_test

import (
	"errors"
	"regexp"
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

// withSlack gives the scenario's installation Slack and no mail, and Ana and Ben rules that use it.
func (s *scenario) withSlack() {
	s.world.Book.Ways = []oncall.Way{"call", "sms", "slack"}
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

// telephony is who was called, texted and hung up on when, without the numbers of attempts.
func (s *scenario) telephony() (lines []string) {
	numbers := regexp.MustCompile(`\(1-\d+\)|-\d+$`)
	for _, l := range s.world.Transcript() {
		if slices.Contains([]string{"call", "text", "hangup"}, l.Kind) {
			lines = append(lines, l.At.Sub(start).Truncate(100*time.Millisecond).String()+" "+numbers.ReplaceAllString(l.What, ""))
		}
	}
	slices.Sort(lines) // what happens in one moment has no order
	return lines
}

// slackDoes is how Slack behaves: what a request gives, and how long it takes.
type slackDoes struct {
	gives func(at time.Duration) error
	takes time.Duration
}

// always gives the same error.
func always(err error) func(time.Duration) error { return func(time.Duration) error { return err } }

// slackFails are the ways in which no message arrives.
func slackFails() map[string]slackDoes {
	return map[string]slackDoes{
		"away":     {gives: always(errors.New("Slack answers 503"))},
		"hangs":    {gives: always(nil), takes: time.Hour},
		"refuses":  {gives: always(&contract.Refused{What: "user_disabled"})},
		"revoked":  {gives: always(&contract.Refused{What: "invalid_auth", Installation: true})},
		"too many": {gives: always(&contract.Later{After: 30 * time.Second, Err: errors.New("429")})},
	}
}

// playWithSlack plays an incident that nobody acknowledges for long, and answers who was called when. Ana and Ben have the
// ways; nil is an installation without Slack.
func playWithSlack(t *testing.T, ways []oncall.Way, does *slackDoes) []string {
	t.Helper()
	s := newScenario(t, parse(t, pager))
	s.withSlack()
	for _, id := range []oncall.PersonID{"ana", "ben"} {
		s.withContact(id, oncall.Contact{High: []oncall.ContactRule{{Via: ways}, {Via: []oncall.Way{"call", "slack"}, After: time.Minute}}})
	}
	s.phones(map[oncall.PersonID]time.Duration{"dan": 10 * time.Second})
	if does == nil {
		s.world.Book.Ways = []oncall.Way{"call", "sms"}
		does = &slackDoes{}
	}
	if does.takes > 0 {
		s.slow(string(contract.TellPerson), does.takes)
		s.slow(string(contract.RetellPerson), does.takes)
	}
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "dm" || a.Kind == "settle" {
			return does.gives(a.At.Sub(start))
		}
		return nil
	}
	s.stopAt(90 * time.Minute)
	s.run()
	return s.telephony()
}

// TestTelephonesDoNotWaitForSlack: whatever Slack does, the telephones ring as they do where there is no Slack.
func TestTelephonesDoNotWaitForSlack(t *testing.T) {
	t.Parallel()
	ways := []oncall.Way{"slack", "call", "sms"}
	want := playWithSlack(t, ways, nil)
	if len(want) < 10 {
		t.Fatalf("the scenario calls too few people to prove anything: %q", want)
	}
	behaviour := slackFails()
	behaviour["works"] = slackDoes{gives: always(nil)}
	behaviour["is slow"] = slackDoes{gives: always(nil), takes: 9 * time.Second}
	behaviour["comes back"] = slackDoes{gives: func(at time.Duration) error {
		if at < 3*time.Minute {
			return errors.New("Slack answers 503")
		}
		return nil
	}}
	for name, does := range behaviour {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := gocmp.Diff(want, playWithSlack(t, ways, &does)); diff != "" {
				t.Errorf("other telephones ring (-without Slack +with):\n%s", diff)
			}
		})
	}
}

// TestOnlyASentMessageIsWaitedFor: a telephone that nobody answered sends the page on at once, as where there is no Slack,
// unless a message has really been sent: that one can still be answered.
func TestOnlyASentMessageIsWaitedFor(t *testing.T) {
	t.Parallel()
	ways := []oncall.Way{"slack", "call"}
	want := playWithSlack(t, ways, nil)
	for name, does := range slackFails() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := gocmp.Diff(want, playWithSlack(t, ways, &does)); diff != "" {
				t.Errorf("other telephones ring (-without Slack +with):\n%s", diff)
			}
		})
	}
	if got := playWithSlack(t, ways, &slackDoes{gives: always(nil)}); gocmp.Equal(want, got) {
		t.Error("a message that was sent is not waited for")
	}
}

// rewritten counts the messages that have been changed so far.
func (s *scenario) rewritten() (count int) {
	for _, l := range s.world.Transcript() {
		if l.Kind == "settle" && strings.HasPrefix(l.Name, "DM-") {
			count++
		}
	}
	return count
}

// TestMessagesSettleWhenSlackIsBack: while chat is away the buttons stay, and give way when it is back; also when the run
// is cut meanwhile, and when the incident is over by then.
func TestMessagesSettleWhenSlackIsBack(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(s *scenario){
		"open":    func(s *scenario) { s.stopAt(40 * time.Minute) },
		"cut":     func(s *scenario) { s.cut(3 * time.Minute); s.stopAt(40 * time.Minute) },
		"is over": func(s *scenario) { s.stopAt(4 * time.Minute) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, pager))
			s.withSlack()
			s.presses("ana", "Acknowledge", 10*time.Second)
			s.world.Fail = func(a memory.Act) error {
				if a.Kind == "settle" && a.At.Before(start.Add(15*time.Minute)) {
					return errors.New("Slack answers 503")
				}
				return nil
			}
			set(s)
			s.run()
			if got := s.rewritten(); got != 1 {
				t.Errorf("%d messages were changed, want one:\n%s", got, s.transcript())
			}
		})
	}
}

// TestMessageOutlivesACut: a run that is cut while a message is on its way sends it in the next one, once.
func TestMessageOutlivesACut(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.withSlack()
	s.withContact("ana", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"slack", "sms"}}}})
	s.slow(string(contract.TellPerson), 8*time.Second)
	s.cut(4 * time.Second)
	s.presses("ana", "Acknowledge", 5*time.Second)
	s.stopAt(3 * time.Minute)
	s.run()
	told := 0
	for _, l := range s.world.Transcript() {
		if l.Kind == "dm" && l.Who == "ana" {
			told++
		}
	}
	if told != 1 || s.rewritten() != 1 {
		t.Errorf("%d messages were sent and %d changed, want one each:\n%s", told, s.rewritten(), s.transcript())
	}
}
