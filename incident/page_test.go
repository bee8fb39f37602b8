package incident_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// levels are a page's levels.
func levels(targets ...string) []incident.PageLevel {
	var out []incident.PageLevel
	for _, t := range targets {
		out = append(out, incident.PageLevel{Target: t})
	}
	return out
}

// paged is an incident with a page of two levels whose first attempt goes to Ana.
func paged(via string) (*incident.Incident, *incident.Page) {
	i := declared()
	p := i.StartPage(start, incident.Page{Key: "p", Step: "identification/1", Levels: levels("sre", "boss"), Rounds: 3})
	p.Plan(start, duty("ana"), via)
	return i, p
}

// says is a provider's word about the first attempt.
func says(status incident.CallStatus) incident.CallProgress {
	return incident.CallProgress{Page: "p", Attempt: 1, Provider: "CA1", Status: status}
}

// every status of a call and of a message, in no order.
func statuses() []incident.CallStatus {
	return []incident.CallStatus{
		incident.CallPlanned, incident.CallQueued, incident.CallInitiated, incident.CallRinging, incident.CallAnswered, incident.CallSent,
		incident.CallDelivered, incident.CallCompleted, incident.CallBusy, incident.CallNoAnswer, incident.CallFailed,
		incident.CallCanceled, incident.CallRefused,
	}
}

func TestStartPage(t *testing.T) {
	t.Parallel()
	i := declared()
	p := i.StartPage(start, incident.Page{Key: "p", Step: "identification/1", Levels: levels("sre", "boss")})
	if again := i.StartPage(at(time.Hour), incident.Page{Key: "p", Levels: levels("other")}); again != p || !p.StartedAt.Equal(start) {
		t.Errorf("the same decision makes another page: %+v", again)
	}
	differs(t, "lines", []string{"page: page sre, then boss"}, news(i, 1))
	if i.Page("p") != p || i.Page("q") != nil || len(i.Pages) != 1 {
		t.Errorf("pages are %+v", i.Pages)
	}
}

func TestPageByHand(t *testing.T) {
	t.Parallel()
	i := declared()
	refused(t, i.PageByHand(start, person("ana"), "  ", "hello"), "nobody to page (name a person, a schedule, a team or a role)")
	must(t, i.PageByHand(start, person("ana"), "sre", "database on fire"))
	must(t, i.PageByHand(start, person("ana"), "sre", "database on fire"))
	if len(i.Pages) != 2 || i.Pages[0].Key == i.Pages[1].Key {
		t.Fatalf("asking twice is two pages with keys of their own: %+v", i.Pages)
	}
	want := incident.Page{
		Key: "0198/page/2", Message: "database on fire", Levels: levels("sre"), Rounds: incident.DefaultRounds,
		Ack: incident.DefaultAck, Via: []string{"sms", "call"}, OpenVia: true, Repeat: true, StartedAt: start,
	}
	differs(t, "page", want, *i.Pages[0])
	differs(t, "lines", []string{"page: Ana pages sre", "page: page sre"}, news(i, 1)[:2])
	refused(t, finished(t).PageByHand(start, person("ana"), "sre", ""), "INC-1 is closed (resolved) (declare a new one if the trouble is back)")
}

// TestProgressOrder is the table of every status after every other: what a call's life has passed never returns.
func TestProgressOrder(t *testing.T) {
	t.Parallel()
	order := map[incident.CallStatus]int{
		incident.CallPlanned: 0, incident.CallQueued: 1, incident.CallInitiated: 2, incident.CallRinging: 3, incident.CallSent: 3,
		incident.CallAnswered: 4, incident.CallDelivered: 5, incident.CallCompleted: 5, incident.CallBusy: 5, incident.CallNoAnswer: 5,
		incident.CallFailed: 5, incident.CallCanceled: 5, incident.CallRefused: 5,
	}
	for _, via := range []string{"call", "sms"} {
		for _, before := range statuses() {
			for _, after := range statuses() {
				i, p := paged(via)
				i.Progress(at(time.Second), says(before))
				lines := len(i.Timeline)
				want := order[after] > order[before]
				if via == "sms" && after == incident.CallFailed { // what was sent, or even arrived, may be taken back
					want = before != incident.CallFailed && before != incident.CallRefused
				}
				got := i.Progress(at(time.Minute), says(after))
				a := p.Attempts[0]
				if got != want {
					t.Errorf("%s: %q after %q counts: %t, want %t", via, after, before, got, want)
				}
				if want && (a.Status != after || !a.StatusAt.Equal(at(time.Minute))) {
					t.Errorf("%s: %q after %q leaves %+v", via, after, before, a)
				}
				if !want && (a.Status != before || len(i.Timeline) != lines) {
					t.Errorf("%s: %q after %q was told or taken: %+v", via, after, before, a)
				}
			}
		}
	}
}

// TestFinal says which statuses end an attempt.
func TestFinal(t *testing.T) {
	t.Parallel()
	live := []incident.CallStatus{
		incident.CallPlanned, incident.CallQueued, incident.CallInitiated, incident.CallRinging, incident.CallAnswered, incident.CallSent, "waving",
	}
	for _, s := range live {
		if s.Final() {
			t.Errorf("%q is final", s)
		}
	}
	for _, s := range statuses()[6:] {
		if !s.Final() {
			t.Errorf("%q is not final", s)
		}
	}
}

// TestProgressLines are the beats of a call in words; the rest is silent.
func TestProgressLines(t *testing.T) {
	t.Parallel()
	tests := []struct {
		via    string
		status incident.CallStatus
		detail string
		want   string
	}{
		{"call", incident.CallQueued, "", ""},
		{"call", incident.CallInitiated, "", ""},
		{"call", incident.CallRinging, "", "call: Ana rings"},
		{"call", incident.CallAnswered, "", "call: Ana answers"},
		{"call", incident.CallCompleted, "", ""},
		{"call", incident.CallBusy, "", "call: Ana is busy"},
		{"call", incident.CallNoAnswer, "", "call: Ana does not answer"},
		{"call", incident.CallFailed, "SIP 480", "call: Ana cannot be reached: SIP 480"},
		{"call", incident.CallCanceled, "", ""},
		{"call", incident.CallRefused, "no number", "problem: Ana cannot be called: no number"},
		{"sms", incident.CallRefused, "no number", "problem: Ana cannot be sent a message: no number"},
		{"sms", incident.CallSent, "", "call: Ana was sent a message"},
		{"sms", incident.CallDelivered, "", "call: Ana has the message"},
		{"sms", incident.CallFailed, "", "call: Ana cannot be reached"},
	}
	for _, test := range tests {
		t.Run(test.via+" "+string(test.status), func(t *testing.T) {
			t.Parallel()
			i, _ := paged(test.via)
			lines := len(i.Timeline)
			word := says(test.status)
			word.Detail = test.detail
			if !i.Progress(at(time.Second), word) {
				t.Error("it does not count")
			}
			var want []string
			if test.want != "" {
				want = []string{test.want}
			}
			differs(t, "lines", want, news(i, lines))
		})
	}
}

// TestProgressOfALife plays callbacks as they really arrive.
func TestProgressOfALife(t *testing.T) {
	t.Parallel()
	type word = incident.CallStatus
	tests := []struct {
		name    string
		words   []word
		counted []bool
		status  word
	}{
		{"in order", []word{"queued", "initiated", "ringing", "answered", "completed"}, []bool{true, true, true, true, true}, "completed"},
		{"repeated", []word{"ringing", "ringing", "answered", "answered"}, []bool{true, false, true, false}, "answered"},
		{"backwards", []word{"completed", "answered", "ringing", "initiated", "queued"}, []bool{true, false, false, false, false}, "completed"},
		{"the answer to our request comes last", []word{"ringing", "queued"}, []bool{true, false}, "ringing"},
		{"steps are skipped", []word{"busy"}, []bool{true}, "busy"},
		{"two ends", []word{"no-answer", "completed", "busy"}, []bool{true, false, false}, "no-answer"},
		{"words that nobody knows", []word{"waving", "queued", "on-fire", ""}, []bool{false, true, false, false}, "queued"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i, p := paged("call")
			var counted []bool
			for n, w := range test.words {
				counted = append(counted, i.Progress(at(time.Duration(n)*time.Second), says(w)))
			}
			differs(t, "what counts", test.counted, counted)
			if p.Attempts[0].Status != test.status {
				t.Errorf("the attempt is %q, want %q", p.Attempts[0].Status, test.status)
			}
		})
	}
}

// TestProgressOfNothing: words about what does not exist change nothing at all.
func TestProgressOfNothing(t *testing.T) {
	t.Parallel()
	i, _ := paged("call")
	before := frozen(t, i)
	for _, c := range []incident.CallProgress{
		{Page: "q", Attempt: 1, Status: incident.CallRinging},
		{Page: "p", Attempt: 0, Status: incident.CallRinging},
		{Page: "p", Attempt: 2, Status: incident.CallRinging},
		{Page: "p", Attempt: -1, Status: incident.CallRinging},
		{Status: incident.CallRinging},
	} {
		if i.Progress(at(time.Second), c) || frozen(t, i) != before {
			t.Errorf("%+v counts", c)
		}
	}
}

// TestProgressRemembersTheProvider: the first identifier stays, even one that a late word brings.
func TestProgressRemembersTheProvider(t *testing.T) {
	t.Parallel()
	i, p := paged("call")
	i.Progress(start, incident.CallProgress{Page: "p", Attempt: 1, Status: incident.CallRinging})
	i.Progress(start, incident.CallProgress{Page: "p", Attempt: 1, Provider: "CA1", Status: incident.CallQueued})
	i.Progress(start, incident.CallProgress{Page: "p", Attempt: 1, Provider: "CA2", Status: incident.CallAnswered, Detail: "by hand"})
	i.Progress(start, incident.CallProgress{Page: "p", Attempt: 1, Provider: "CA1", Status: incident.CallCompleted})
	if a := p.Attempts[0]; a.Provider != "CA1" || a.Detail != "by hand" {
		t.Errorf("the attempt is %+v", a)
	}
}

// TestClock: a level's clock starts with the first ring, answer or end of one of its own attempts, and once.
func TestClock(t *testing.T) {
	t.Parallel()
	for _, status := range statuses() {
		i, p := paged("call")
		i.Progress(at(time.Second), says(status))
		quiet := status == incident.CallPlanned || status == incident.CallQueued || status == incident.CallInitiated
		if p.ClockAt.IsZero() != quiet {
			t.Errorf("%q starts the clock: %t", status, !p.ClockAt.IsZero())
		}
	}
	i, p := paged("call")
	i.Progress(at(time.Second), says(incident.CallRinging))
	i.Progress(at(time.Minute), says(incident.CallNoAnswer))
	if !p.ClockAt.Equal(at(time.Second)) {
		t.Errorf("a later word has set the clock again: %s", p.ClockAt)
	}

	i, p = paged("call")
	p.Level = 1
	i.Progress(at(time.Second), says(incident.CallRinging))
	p.Level, p.Round = 0, 1
	i.Progress(at(time.Minute), says(incident.CallNoAnswer))
	if !p.ClockAt.IsZero() {
		t.Errorf("an attempt of another level or round starts the clock: %s", p.ClockAt)
	}
}

// TestWaiting says when no acknowledgement can come from a level any more.
func TestWaiting(t *testing.T) {
	t.Parallel()
	for _, status := range statuses() {
		_, call := paged("call")
		call.Attempts[0].Status = status
		if got, want := call.Waiting(), !status.Final(); got != want {
			t.Errorf("a call that is %q: waiting %t, want %t", status, got, want)
		}
		_, sms := paged("sms")
		sms.Attempts[0].Status = status
		if got, want := sms.Waiting(), status != incident.CallFailed && status != incident.CallRefused; got != want {
			t.Errorf("a message that is %q: waiting %t, want %t", status, got, want)
		}
	}
	_, p := paged("call")
	p.Level = 1
	if p.Waiting() {
		t.Error("an attempt of the former level is waited for")
	}
	p.Plan(start, duty("boss"), "call")
	if !p.Waiting() {
		t.Error("the level's own attempt is not waited for")
	}
	p.Round = 1
	if p.Waiting() {
		t.Error("an attempt of the former round is waited for")
	}
}

func TestPlan(t *testing.T) {
	t.Parallel()
	p := &incident.Page{Level: 1, Round: 2}
	p.Plan(start, duty("ana"), "sms")
	got := p.Plan(at(time.Second), duty("ben"), "call")
	want := &incident.Attempt{Number: 2, Person: "ben", Name: "Ben", Via: "call", Level: 1, Round: 2, At: at(time.Second)}
	differs(t, "attempt", want, got)
	if p.Attempt(2) != got || p.Attempt(1) == nil || p.Attempt(0) != nil || p.Attempt(3) != nil {
		t.Error("attempts are not found by their numbers")
	}
	p.Plan(start, duty("ana"), "call")
	differs(t, "told", []oncall.PersonID{"ana", "ben"}, p.Told())
}

// TestAttemptsAreBounded: a page that nobody acknowledges calls for days. Numbers only rise, the first attempts and the
// newest stay, and a word about one that is left out changes nothing.
func TestAttemptsAreBounded(t *testing.T) {
	t.Parallel()
	const planned = 1234
	i, p := paged("call")
	for n := 2; n <= planned; n++ {
		if a := p.Plan(at(time.Duration(n)*time.Second), duty("ana"), "call"); a.Number != n || p.Attempt(n) != a {
			t.Fatalf("attempt %d has number %d, found is %+v", n, a.Number, p.Attempt(n))
		}
	}
	if len(p.Attempts) > 500 || p.Attempt(1) == nil || p.Attempt(100) == nil || p.Attempt(planned-300) == nil {
		t.Errorf("%d attempts are kept, from %d to %d", len(p.Attempts), p.Attempts[0].Number, p.Attempts[len(p.Attempts)-1].Number)
	}
	for n := 1; n < len(p.Attempts); n++ {
		if p.Attempts[n].Number <= p.Attempts[n-1].Number {
			t.Fatalf("attempt %d comes after %d", p.Attempts[n].Number, p.Attempts[n-1].Number)
		}
	}
	before := frozen(t, i)
	if p.Attempt(101) != nil || i.Progress(at(time.Hour), incident.CallProgress{Page: "p", Attempt: 101, Status: incident.CallRinging}) || frozen(t, i) != before {
		t.Error("an attempt that is left out counts")
	}
	if !i.Progress(at(time.Hour), incident.CallProgress{Page: "p", Attempt: planned, Status: incident.CallRinging}) || p.Attempt(planned).Status != incident.CallRinging {
		t.Error("the newest attempt does not count")
	}
}

// TestWithdrawPages ends the open pages of one stem, and no others.
func TestWithdrawPages(t *testing.T) {
	t.Parallel()
	i := declared()
	for _, key := range []string{"0198/page/1/0", "0198/page/1/1", "0198/page/10/0"} {
		i.StartPage(start, incident.Page{Key: key, Levels: levels("ana")})
	}
	i.Page("0198/page/1/0").State = incident.PageAcknowledged
	i.WithdrawPages("0198/page/1/")
	var states []incident.PageState
	for _, p := range i.Pages {
		states = append(states, p.State)
	}
	differs(t, "states", []incident.PageState{incident.PageAcknowledged, incident.PageWithdrawn, incident.PageOpen}, states)
	i.WithdrawPages("nothing")
	if len(i.OpenPages()) != 1 {
		t.Error("a stem of nothing has ended a page")
	}
}

func TestEscalateNow(t *testing.T) {
	t.Parallel()
	i := declared()
	refused(t, i.EscalateNow(start, person("ana"), ""), "no page is open")
	one := i.StartPage(start, incident.Page{Key: "one", Step: "a", Levels: levels("ana")})
	two := i.StartPage(start, incident.Page{Key: "two", Step: "b", Levels: levels("ben")})
	three := i.StartPage(start, incident.Page{Key: "three", Levels: levels("cem")})
	three.State = incident.PageAcknowledged
	lines := len(i.Timeline)

	must(t, i.EscalateNow(start, person("ana"), "two"))
	if one.Next || !two.Next {
		t.Errorf("the named page goes on, not another: %t, %t", one.Next, two.Next)
	}
	must(t, i.EscalateNow(start, person("ana"), ""))
	if !one.Next || three.Next {
		t.Error("without a name every open page goes on, and no other")
	}
	differs(t, "lines", []string{"escalate: Ana escalates", "escalate: Ana escalates", "escalate: Ana escalates"}, news(i, lines))
	refused(t, i.EscalateNow(start, person("ana"), "three"), "no page is open")
	refused(t, i.EscalateNow(start, person("ana"), "none"), "no page is open")
	refused(t, finished(t).EscalateNow(start, person("ana"), ""), "INC-1 is closed (resolved) (declare a new one if the trouble is back)")
}

func TestOpenPages(t *testing.T) {
	t.Parallel()
	i := declared()
	states := []incident.PageState{incident.PageOpen, incident.PageAcknowledged, incident.PageWithdrawn, incident.PageExhausted, incident.PageOpen}
	for n, s := range states {
		i.StartPage(start, incident.Page{Key: fmt.Sprint(n), Levels: levels("ana")}).State = s
	}
	var keys []string
	for _, p := range i.OpenPages() {
		keys = append(keys, p.Key)
	}
	differs(t, "open pages", []string{"0", "4"}, keys)
}
