package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// tried is an attempt of a test: how, at which person, and how far it got.
type tried struct {
	via, who string
	status   incident.CallStatus
}

// trying is an incident with a page that has tried to tell people.
func trying(all ...tried) (*incident.Incident, *incident.Page) {
	i := declared()
	p := i.StartPage(start, incident.Page{Key: "p", Levels: levels("sre", "boss"), Rounds: 3})
	p.LevelAt = start
	for n, a := range all {
		p.Plan(start, duty(a.who), a.via)
		i.Progress(at(time.Second), incident.CallProgress{Page: "p", Attempt: n + 1, Provider: "X", Status: a.status})
	}
	return i, p
}

// TestWaitingForChat: a message counts as an SMS does, but one that is not known to be sent holds no telephone up.
func TestWaitingForChat(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tried []tried
		waits bool
	}{
		"chat alone, not sent yet":                {[]tried{{"slack", "ana", incident.CallPlanned}}, true},
		"chat alone, sent":                        {[]tried{{"slack", "ana", incident.CallSent}}, true},
		"chat alone, refused":                     {[]tried{{"slack", "ana", incident.CallRefused}}, false},
		"an unanswered telephone, not sent":       {[]tried{{"slack", "ana", incident.CallPlanned}, {"call", "ana", incident.CallNoAnswer}}, false},
		"another's unanswered telephone":          {[]tried{{"slack", "ana", incident.CallPlanned}, {"call", "ben", incident.CallBusy}}, false},
		"an unanswered telephone, sent":           {[]tried{{"slack", "ana", incident.CallSent}, {"call", "ana", incident.CallNoAnswer}}, true},
		"a telephone that rings, refused in chat": {[]tried{{"slack", "ana", incident.CallRefused}, {"call", "ana", incident.CallRinging}}, true},
		"an SMS, not sent in chat":                {[]tried{{"slack", "ana", incident.CallPlanned}, {"sms", "ana", incident.CallQueued}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, p := trying(test.tried...); p.Waiting() != test.waits {
				t.Errorf("it waits: %t, want %t", p.Waiting(), test.waits)
			}
		})
	}
}

// TestClockOfChat: chat never starts the clock of a level in which telephones are tried; of one without, the decision does.
func TestClockOfChat(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		tried []tried
		want  time.Time
	}{
		"sent, and a telephone that has not rung": {[]tried{{"slack", "ana", incident.CallSent}, {"call", "ana", incident.CallQueued}}, time.Time{}},
		"refused, and a telephone that rings":     {[]tried{{"slack", "ana", incident.CallRefused}, {"call", "ana", incident.CallRinging}}, at(time.Second)},
		"chat alone":                              {[]tried{{"slack", "ana", incident.CallPlanned}}, start},
		"nobody":                                  {nil, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := trying(test.tried...)
			p.StartClock(start)
			differs(t, "clock", test.want, p.ClockAt)
		})
	}
}

// TestHasten: when chat was all there was and has failed, the person's next contact is made at once, and what follows as
// much earlier; nobody else's changes.
func TestHasten(t *testing.T) {
	t.Parallel()
	later := func(p *incident.Page) {
		for _, c := range []incident.Contact{
			{Duty: duty("ana"), Via: "call", At: at(2 * time.Minute)},
			{Duty: duty("ben"), Via: "call", At: at(3 * time.Minute)},
			{Duty: duty("ana"), Via: "sms", At: at(5 * time.Minute)},
		} {
			p.Postpone(c)
		}
	}
	minutes := func(p *incident.Page) (all []float64) {
		for _, c := range p.Later {
			all = append(all, c.At.Sub(start).Minutes())
		}
		return all
	}
	for name, test := range map[string]struct {
		tried []tried
		want  []float64
	}{
		"refused":                     {[]tried{{"slack", "ana", incident.CallRefused}}, []float64{1, 3, 4}},
		"sent":                        {[]tried{{"slack", "ana", incident.CallSent}}, []float64{2, 3, 5}},
		"refused, the telephone busy": {[]tried{{"slack", "ana", incident.CallRefused}, {"call", "ana", incident.CallBusy}}, []float64{2, 3, 5}},
		"refused for somebody else":   {[]tried{{"slack", "cem", incident.CallRefused}}, []float64{2, 3, 5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := trying(test.tried...)
			later(p)
			p.Hasten(at(time.Minute), oncall.PersonID(test.tried[0].who))
			differs(t, "minutes", test.want, minutes(p))
		})
	}
	_, p := trying(tried{"slack", "ana", incident.CallRefused})
	later(p)
	if !p.Waiting() {
		t.Error("the level is left although Ana's telephone is still to be tried")
	}
}

// TestUnsettled: a message asks on until its page is over and it has been changed.
func TestUnsettled(t *testing.T) {
	t.Parallel()
	i, p := trying(tried{"slack", "ana", incident.CallSent}, tried{"call", "ana", incident.CallRinging})
	if p.Unsettled(p.Attempt(1)) {
		t.Error("the page is open, and its message is to be changed")
	}
	if _, err := i.Acknowledge(at(time.Minute), person("ana"), incident.AckScope{Page: "p"}); err != nil {
		t.Fatal(err)
	}
	if !p.Unsettled(p.Attempt(1)) || p.Unsettled(p.Attempt(2)) || p.Unended(p.Attempt(1)) {
		t.Error("the message is to be changed, and nothing else")
	}
	i.Progress(at(time.Minute), incident.CallProgress{Page: "p", Attempt: 1, Status: incident.CallCompleted})
	if p.Unsettled(p.Attempt(1)) {
		t.Error("it is changed again")
	}
}

// Where calls come first, a message starts the clock only when no call can ring any more.
func TestMessagesWaitForCalls(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first bool
		call  incident.CallStatus
		want  bool
	}{
		"an older page":       {first: false, call: incident.CallQueued, want: true},
		"the call waits":      {first: true, call: incident.CallQueued, want: false},
		"nothing is known":    {first: true, call: incident.CallPlanned, want: false},
		"the call is refused": {first: true, call: incident.CallRefused, want: true},
	} {
		i := declared()
		p := i.StartPage(start, incident.Page{Key: "p", Levels: []incident.PageLevel{{Target: "ana"}}, Rounds: 1, CallsFirst: test.first})
		p.LevelAt = start
		call := p.Plan(start, oncall.Duty{Person: "ana", Name: "Ana"}, "call").Number
		text := p.Plan(start, oncall.Duty{Person: "ana", Name: "Ana"}, "sms").Number
		i.Progress(start, incident.CallProgress{Page: "p", Attempt: call, Status: test.call})
		p.ClockAt = time.Time{}
		i.Progress(start, incident.CallProgress{Page: "p", Attempt: text, Status: incident.CallSent})
		if got := !p.ClockAt.IsZero(); got != test.want {
			t.Errorf("%s: the message starts the clock: %t, want %t", name, got, test.want)
		}
	}
}
