package workflows_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// withMail gives the scenario's installation e-mail and no Slack, and everybody an address.
func (s *scenario) withMail() {
	s.world.Book.Ways = []oncall.Way{"call", "sms", "email"}
	for n := range s.world.Book.People {
		p := &s.world.Book.People[n]
		p.Email = string(p.ID) + "@example.com"
	}
}

// opens lets a person open the link of the first mail that reaches them, and press the button.
func (s *scenario) opens(who oncall.PersonID, after time.Duration) {
	pressed := false
	s.world.Mailed = func(req contract.MailRequest, _ string) {
		if req.Person != who || pressed {
			return
		}
		pressed = true
		s.after(after, func() {
			act := contract.Act{By: person(who, incident.DoorMail), Key: incident.Key(req.Callback.Key), Page: req.Callback.Page}
			s.actNow(contract.VerbAck, act, &outcome{})
		})
	}
}

// A rule may name e-mail beside the telephone; whoever opens its link acknowledges, and no second mail is sent.
func TestScenarioMail(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.withMail()
	s.withContact("ana", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"call", "email"}}}})
	s.withContact("ben", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"email"}}, {Via: []oncall.Way{"call"}, After: 2 * time.Minute}}})
	s.phones(nil)
	s.opens("ben", 20*time.Second)
	s.stopAt(5 * time.Minute)
	s.run()
	s.golden()
}

// An address that takes no mail lets the person's next contact follow at once.
func TestScenarioMailRefused(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withMail()
	s.withContact("ben", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"email"}}, {Via: []oncall.Way{"call"}, After: 2 * time.Minute}}})
	s.withPolicy(oncall.Policy{Name: "payments", Levels: []oncall.Level{{Targets: []string{"ben"}, Ack: 3 * time.Minute}}})
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "mail" {
			return &contract.Refused{What: "the mail server takes nothing for ben@example.com: 550 no such user"}
		}
		return nil
	}
	s.phones(map[oncall.PersonID]time.Duration{"ben": 5 * time.Second})
	s.stopAt(time.Minute)
	s.run()
	s.golden()
}

// What does not hurry goes by e-mail alone, where there is no Slack.
func TestScenarioMailLowUrgency(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withMail()
	s.withPolicy(oncall.Policy{Name: "payments", Urgency: oncall.UrgencyLow, Levels: []oncall.Level{{Targets: []string{"cleo"}, Ack: 10 * time.Minute}}})
	s.opens("cleo", 3*time.Minute)
	s.stopAt(5 * time.Minute)
	s.run()
	s.golden()
}

// A private incident keeps its name out of the mail, subject included.
func TestMailOfAPrivateIncident(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, "runbook: quiet\nprivate: true"+strings.TrimPrefix(byPolicy, "\nrunbook: by-policy")))
	s.withMail()
	s.withContact("ben", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"email"}}}})
	s.withPolicy(oncall.Policy{Name: "payments", Levels: []oncall.Level{{Targets: []string{"ben"}, Ack: 3 * time.Minute}}})
	s.stopAt(time.Minute)
	s.run()
	mails := 0
	for _, l := range s.world.Transcript() {
		if l.Kind != "mail" {
			continue
		}
		mails++
		if strings.Contains(l.What, "error rate") || !strings.HasPrefix(l.Name, "INC-1: ") {
			t.Errorf("the mail says %q", l.What)
		}
	}
	if mails != 1 {
		t.Errorf("%d mails, want one", mails)
	}
}

// playWithMail plays an incident that nobody acknowledges for long, and answers who was called when. Nil is an installation
// without mail.
func playWithMail(t *testing.T, ways []oncall.Way, does *slackDoes) []string {
	t.Helper()
	s := newScenario(t, parse(t, pager))
	s.withMail()
	for _, id := range []oncall.PersonID{"ana", "ben"} {
		s.withContact(id, oncall.Contact{High: []oncall.ContactRule{{Via: ways}, {Via: []oncall.Way{"call", "email"}, After: time.Minute}}})
	}
	s.phones(map[oncall.PersonID]time.Duration{"dan": 10 * time.Second})
	if does == nil {
		s.world.Book.Ways = []oncall.Way{"call", "sms"}
		does = &slackDoes{}
	}
	if does.takes > 0 {
		s.slow(string(contract.SendMail), does.takes)
	}
	s.world.Fail = func(a memory.Act) error {
		if a.Kind == "mail" {
			return does.gives(a.At.Sub(start))
		}
		return nil
	}
	s.stopAt(90 * time.Minute)
	s.run()
	return s.telephony()
}

// TestTelephonesDoNotWaitForMail: whatever the mail server does, the telephones ring as they do where there is none; and
// where no message keeps the level, as with calls alone, unless a mail was really sent.
func TestTelephonesDoNotWaitForMail(t *testing.T) {
	t.Parallel()
	besides, calls := []oncall.Way{"email", "call", "sms"}, []oncall.Way{"email", "call"}
	behaviour := map[string]slackDoes{
		"away":     {gives: always(errors.New("421 try again"))},
		"hangs":    {gives: always(nil), takes: time.Hour},
		"refuses":  {gives: always(&contract.Refused{What: "550 no such user"})},
		"closed":   {gives: always(&contract.Refused{What: "535 wrong password", Installation: true})},
		"works":    {gives: always(nil)},
		"is slow":  {gives: always(nil), takes: 9 * time.Second},
		"too many": {gives: always(&contract.Later{After: 30 * time.Second, Err: errors.New("452")})},
	}
	want := map[string][]string{"besides": playWithMail(t, besides, nil), "calls": playWithMail(t, calls, nil)}
	if len(want["besides"]) < 10 || len(want["calls"]) < 8 {
		t.Fatalf("the scenarios call too few people to prove anything: %q", want)
	}
	for name, does := range behaviour {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := gocmp.Diff(want["besides"], playWithMail(t, besides, &does)); diff != "" {
				t.Errorf("other telephones ring (-without mail +with):\n%s", diff)
			}
			arrives := name == "works" || name == "is slow"
			if diff := gocmp.Diff(want["calls"], playWithMail(t, calls, &does)); (diff == "") == arrives {
				t.Errorf("a mail that arrives: %v; other telephones ring (-without mail +with):\n%s", arrives, diff)
			}
		})
	}
}

// TestMailOutlivesACut: a run that is cut while a mail is on its way sends it in the next one, once.
func TestMailOutlivesACut(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.withMail()
	s.withContact("ana", oncall.Contact{High: []oncall.ContactRule{{Via: []oncall.Way{"email", "sms"}}}})
	s.slow(string(contract.SendMail), 8*time.Second)
	s.cut(4 * time.Second)
	s.opens("ana", 5*time.Second)
	s.stopAt(3 * time.Minute)
	s.run()
	mails := 0
	for _, l := range s.world.Transcript() {
		if l.Kind == "mail" && l.Who == "ana" {
			mails++
		}
	}
	if mails != 1 {
		t.Errorf("%d mails were sent, want one:\n%s", mails, s.transcript())
	}
}
