package twilio_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

const (
	menuText = "Press 1 to acknowledge. Press 2 to escalate now. Press 3 to hear this again. " +
		"Press 9 to stop being called for this incident."
	firstWords = "INC-1. Severity not set. Payments: error rate above 5 %."
	sureText   = "To stop being called for INC-1, press 9 again. To acknowledge, press 1. To hear the incident again, wait."
)

// keys is what a person presses, one key a question; "" is silence.
func keys(b *bench, pressed ...string) faketwilio.Call {
	b.t.Helper()
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	call := b.call(ringing)
	if err := b.fake.Answer(call.SID); err != nil {
		b.t.Fatal(err)
	}
	for _, key := range pressed {
		do := func() error { return b.fake.Press(call.SID, key) }
		if key == "" {
			do = func() error { return b.fake.Silence(call.SID) }
		}
		if err := do(); err != nil {
			b.t.Fatalf("%q: %v", key, err)
		}
	}
	return b.wait(call.SID, over)
}

// acts shows what reached the incident, without what differs from run to run.
func acts(b *bench, sid string) []string {
	b.t.Helper()
	got := []string{}
	for _, d := range b.incidents.done() {
		want := contract.Act{
			ID: d.Act.ID, Key: "INC-1", Page: "i1/page/1/payments",
			By: incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorPhone, Verified: true},
		}
		if diff := cmp.Diff(want, d.Act); diff != "" || d.WorkflowID != "incident/abc" {
			b.t.Errorf("act on %s: %s", d.WorkflowID, diff)
		}
		got = append(got, string(d.Verb)+" "+strings.TrimPrefix(d.Act.ID, sid))
	}
	return got
}

func TestConversation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		prepare func(*incidents)
		pressed []string
		heard   []string
		acts    []string
	}{
		{
			name: "acknowledge", pressed: []string{"1"},
			heard: []string{firstWords, menuText, "INC-1 is acknowledged.", "Goodbye."},
			acts:  []string{"ack /1"},
		},
		{
			name: "escalate", pressed: []string{"2"},
			prepare: func(i *incidents) {
				i.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
					return contract.Receipt{Text: "the next level is being called"}, nil
				}
			},
			heard: []string{firstWords, menuText, "The next level is being called.", "Goodbye."},
			acts:  []string{"escalate /2"},
		},
		{
			name: "hear it again, then acknowledge", pressed: []string{"3", "1"},
			heard: []string{firstWords, menuText, firstWords, menuText, "INC-1 is acknowledged.", "Goodbye."},
			acts:  []string{"ack /1"},
		},
		{
			name: "stop calling me, asked twice", pressed: []string{"9", "9"},
			prepare: func(i *incidents) {
				i.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
					return contract.Receipt{Text: "you will not be called again for INC-1"}, nil
				}
			},
			heard: []string{firstWords, menuText, sureText, "You will not be called again for INC-1.", "Goodbye."},
			acts:  []string{"quiet /9"},
		},
		{
			name: "stop calling me, no, acknowledge", pressed: []string{"9", "1"},
			heard: []string{firstWords, menuText, sureText, "INC-1 is acknowledged.", "Goodbye."},
			acts:  []string{"ack /1"},
		},
		{
			name: "stop calling me, fell asleep", pressed: []string{"9", "", "", "", ""},
			heard: []string{
				firstWords, menuText, sureText, firstWords, menuText, firstWords, menuText, firstWords, menuText,
				"No key was pressed. Goodbye.",
			},
			acts: []string{},
		},
		{
			name: "a key without meaning", pressed: []string{"7", "*", "1"},
			heard: []string{
				firstWords, menuText, "That key has no meaning here.", firstWords, menuText, "That key has no meaning here.",
				firstWords, menuText, "INC-1 is acknowledged.", "Goodbye.",
			},
			acts: []string{"ack /1"},
		},
		{
			name: "nobody presses", pressed: []string{"", "", ""},
			heard: []string{firstWords, menuText, firstWords, menuText, firstWords, menuText, "No key was pressed. Goodbye."},
			acts:  []string{},
		},
		{
			name:    "already acknowledged",
			prepare: func(i *incidents) { i.brief.AckedBy = "Ben" },
			heard:   []string{"INC-1 is already acknowledged by Ben.", "Goodbye."},
			acts:    []string{},
		},
		{
			name:    "closed",
			prepare: func(i *incidents) { i.brief.Closed = true },
			heard:   []string{"INC-1 is closed. You are not needed any more.", "Goodbye."},
			acts:    []string{},
		},
		{
			name: "nothing to say", pressed: []string{"1"},
			prepare: func(i *incidents) { i.brief.Say = "" },
			heard:   []string{"Incident INC-1 needs you.", menuText, "INC-1 is acknowledged.", "Goodbye."},
			acts:    []string{"ack /1"},
		},
		{
			name: "the incident is slow", pressed: []string{"1"},
			prepare: func(i *incidents) { i.slow = 2 },
			heard:   []string{"One moment please.", "One moment please.", firstWords, menuText, "INC-1 is acknowledged.", "Goodbye."},
			acts:    []string{"ack /1"},
		},
		{
			name: "the incident is away, and can be taken all the same", pressed: []string{"1"},
			prepare: func(i *incidents) {
				i.briefErr = errors.New("no worker")
				i.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
					return contract.Receipt{Text: "recorded; it applies when a worker is back", Pending: true}, nil
				}
			},
			heard: []string{
				"One moment please.", "One moment please.", "One moment please.",
				"Incident INC-1 needs you. Its details cannot be read at the moment.", menuText,
				"Recorded; it applies when a worker is back.", "Goodbye.",
			},
			acts: []string{"ack /1"},
		},
		{
			name: "refused", pressed: []string{"2"},
			prepare: func(i *incidents) {
				i.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
					return contract.Receipt{}, &incident.Refusal{What: "this page is over", Hint: "acknowledge instead"}
				}
			},
			heard: []string{firstWords, menuText, "This page is over.", "Acknowledge instead.", "Goodbye."},
			acts:  []string{"escalate /2"},
		},
		{
			name: "the key finds nobody at first", pressed: []string{"1"},
			prepare: func(i *incidents) {
				n := 0
				i.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
					if n++; n < 3 {
						return contract.Receipt{}, errors.New("Temporal is away")
					}
					return contract.Receipt{Text: "INC-1 is acknowledged"}, nil
				}
			},
			heard: []string{firstWords, menuText, "One moment please.", "One moment please.", "INC-1 is acknowledged.", "Goodbye."},
			acts:  []string{"ack /1", "ack /1", "ack /1"},
		},
		{
			name: "the key finds nobody at all", pressed: []string{"9", "9"},
			prepare: func(i *incidents) {
				i.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
					return contract.Receipt{}, errors.New("Temporal is away")
				}
			},
			heard: []string{
				firstWords, menuText, sureText, "One moment please.", "One moment please.", "One moment please.",
				"Your key could not be recorded. Please use the chat room, or the command: muster ack INC-1.", "Goodbye.",
			},
			acts: []string{"quiet /9", "quiet /9", "quiet /9", "quiet /9"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			if test.prepare != nil {
				test.prepare(b.incidents)
			}
			call := keys(b, test.pressed...)
			if diff := cmp.Diff(test.heard, call.Heard); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.acts, acts(b, call.SID)); diff != "" {
				t.Error(diff)
			}
			if call.Status != faketwilio.Completed || len(call.Problems) > 0 {
				t.Errorf("%s, problems %q", call.Status, call.Problems)
			}
		})
	}
}

func TestOtherKeys(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *twilio.Config) { c.Keys = twilio.Keys{Ack: "4", Escalate: "5", Repeat: "*", Quiet: "0"} })
	call := keys(b, "*", "4")
	if diff := cmp.Diff([]string{"ack /4"}, acts(b, call.SID)); diff != "" {
		t.Error(diff)
	}
	if !slices.ContainsFunc(call.Heard, func(s string) bool { return strings.HasPrefix(s, "Press 4 to acknowledge. Press 5") }) {
		t.Errorf("heard %q", call.Heard)
	}
}

func TestMachinePressesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Voicemail})
	call := b.call(over)
	if len(b.incidents.done()) != 0 || call.Status != faketwilio.Completed {
		t.Errorf("a machine has done %+v", b.incidents.done())
	}
}

func TestAlertCannotAddVerbs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.incidents.brief.Say = "INC-1 </Say><Dial>+1900</Dial><Say> & \x01" + strings.Repeat("long ", 1000)
	call := keys(b, "1")
	if len(call.Problems) > 0 || !strings.HasPrefix(call.Heard[0], "INC-1 </Say><Dial>+1900</Dial><Say> &") {
		t.Errorf("heard %q, problems %q", call.Heard[0], call.Problems)
	}
	if n := len([]rune(call.Heard[0])); n > 1001 {
		t.Errorf("%d characters were spoken", n)
	}
}

func TestStatusesReachTheIncident(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		behaviour faketwilio.Behaviour
		delivery  faketwilio.Delivery
		want      []incident.CallStatus
		detail    string
	}{
		{
			// The voice webhook tells of the answer too, so that a lost callback does not matter.
			"answered, and the callback lost",
			faketwilio.Behaviour{Reaction: faketwilio.Answers, Presses: []faketwilio.Press{{Keys: "1"}}},
			faketwilio.Delivery{Lost: []string{"initiated", "ringing", "answered"}},
			[]incident.CallStatus{incident.CallAnswered, incident.CallCompleted},
			"",
		},
		{
			"busy, out of order",
			faketwilio.Behaviour{Reaction: faketwilio.IsBusy},
			faketwilio.Delivery{Late: []string{"initiated"}, Twice: []string{"completed"}},
			[]incident.CallStatus{incident.CallRinging, incident.CallBusy, incident.CallBusy, incident.CallInitiated},
			"",
		},
		{
			"rings out",
			faketwilio.Behaviour{},
			faketwilio.Delivery{},
			[]incident.CallStatus{incident.CallInitiated, incident.CallRinging, incident.CallNoAnswer},
			"",
		},
		{
			"fails",
			faketwilio.Behaviour{Reaction: faketwilio.Fails},
			faketwilio.Delivery{},
			[]incident.CallStatus{incident.CallInitiated, incident.CallFailed},
			"the network answered SIP 404",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fake.Phone(anaPhone, test.behaviour)
			b.fake.Deliver(test.delivery)
			call := b.call(over)
			words := b.incidents.waitStatuses(t, len(test.want))
			if diff := cmp.Diff(test.want, statuses(words)); diff != "" {
				t.Error(diff)
			}
			for _, w := range words {
				at := b.attempt("ana", 1).Callback
				if w.Callback != at || w.Provider != call.SID {
					t.Errorf("%+v", w)
				}
				if w.Status == incident.CallFailed && w.Detail != test.detail {
					t.Errorf("detail %q", w.Detail)
				}
			}
		})
	}
}

func TestStatusIsRepeatedUntilItIsTaken(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.incidents.refuse = 2
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.IsBusy})
	b.call(over)
	want := []incident.CallStatus{incident.CallInitiated, incident.CallRinging, incident.CallBusy}
	if diff := cmp.Diff(want, statuses(b.incidents.waitStatuses(t, 3))); diff != "" {
		t.Error(diff)
	}
}

func TestMessageStatusesReachTheIncident(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.client.Text(t.Context(), b.message("ana", "INC-1")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]incident.CallStatus{incident.CallSent, incident.CallDelivered}, statuses(b.incidents.waitStatuses(t, 2))); diff != "" {
		t.Error(diff)
	}
	b.fake.Phone(benPhone, faketwilio.Behaviour{SMS: faketwilio.Undelivered, ErrorCode: 30003})
	if _, err := b.client.Text(t.Context(), b.message("ben", "INC-1")); err != nil {
		t.Fatal(err)
	}
	words := b.incidents.waitStatuses(t, 4)
	if last := words[3]; last.Status != incident.CallFailed || !strings.HasPrefix(last.Detail, "Twilio error 30003 (") {
		t.Errorf("%+v", last)
	}
}
