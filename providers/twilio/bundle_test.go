package twilio_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// another is the attempt of another incident that has joined the call.
func another(key string) contract.Callback {
	return contract.Callback{WorkflowID: "incident/" + key, Key: key, Page: key + "/page", Attempt: 1}
}

// A call that is made for several incidents speaks of all that wait; a key counts for those it has spoken of; what came
// meanwhile is told before the call ends.
func TestOneCallForSeveral(t *testing.T) {
	t.Parallel()
	const (
		second = "INC-2. SEV1. Search is down."
		third  = "INC-3. SEV2. Mail is slow."
	)
	for _, test := range []struct {
		name    string
		prepare func(*incidents)
		pressed []string
		heard   []string
		acts    []string
	}{
		{
			name:    "both are acknowledged",
			pressed: []string{"1"},
			heard:   []string{"2 incidents need you. " + firstWords + " " + second, menuText, "INC-1 is acknowledged.", "INC-2 is acknowledged.", "Goodbye."},
			acts:    []string{"INC-1 ack /1", "INC-2 ack /1/INC-2"},
		},
		{
			name:    "both are escalated",
			pressed: []string{"2"},
			heard:   []string{"2 incidents need you. " + firstWords + " " + second, menuText, "INC-1 is acknowledged.", "INC-2 is acknowledged.", "Goodbye."},
			acts:    []string{"INC-1 escalate /2", "INC-2 escalate /2/INC-2"},
		},
		{
			name:    "both are declined",
			pressed: []string{"9", "9"},
			heard: []string{
				"2 incidents need you. " + firstWords + " " + second, menuText,
				"To stop being called for INC-1, INC-2, press 9 again. To acknowledge, press 1. To hear the incident again, wait.",
				"INC-1 is acknowledged.", "INC-2 is acknowledged.", "Goodbye.",
			},
			acts: []string{"INC-1 quiet /9", "INC-2 quiet /9/INC-2"},
		},
		{
			name:    "the call's own has been acknowledged meanwhile",
			prepare: func(i *incidents) { i.brief.AckedBy = "Ben" },
			pressed: []string{"1"},
			heard:   []string{second, menuText, "INC-2 is acknowledged.", "Goodbye."},
			acts:    []string{"INC-2 ack /1/INC-2"},
		},
		{
			name:    "the other one has closed",
			prepare: func(i *incidents) { i.briefs["INC-2"] = contract.Briefing{Closed: true} },
			pressed: []string{"1"},
			heard:   []string{firstWords, menuText, "INC-1 is acknowledged.", "Goodbye."},
			acts:    []string{"INC-1 ack /1"},
		},
		{
			name:    "it is not known who has joined",
			prepare: func(i *incidents) { i.joinErr = errors.New("no worker") },
			pressed: []string{"1"},
			heard:   []string{firstWords, menuText, "INC-1 is acknowledged.", "Goodbye."},
			acts:    []string{"INC-1 ack /1"},
		},
		{
			name: "a third one comes before the key, and has not been told",
			prepare: func(i *incidents) {
				i.act = func(verb contract.Verb, act contract.Act) (contract.Receipt, error) {
					if !slices.Contains(i.joined, another("INC-3")) {
						i.joined = append(i.joined, another("INC-3"))
					}
					i.settle(string(act.Key))
					return contract.Receipt{Text: string(act.Key) + " is acknowledged"}, nil
				}
			},
			pressed: []string{"1", "1"},
			heard: []string{
				"2 incidents need you. " + firstWords + " " + second, menuText, "INC-1 is acknowledged.", "INC-2 is acknowledged.",
				third, menuText, "INC-3 is acknowledged.", "Goodbye.",
			},
			acts: []string{"INC-1 ack /1", "INC-2 ack /1/INC-2", "INC-3 ack /1/INC-3"},
		},
		{
			name: "a third one joins while the key is passed on",
			prepare: func(i *incidents) {
				third := another("INC-3")
				i.atTheEnd = &third
			},
			pressed: []string{"1", "1"},
			heard: []string{
				"2 incidents need you. " + firstWords + " " + second, menuText, "INC-1 is acknowledged.", "INC-2 is acknowledged.",
				third, menuText, "INC-3 is acknowledged.", "Goodbye.",
			},
			acts: []string{"INC-1 ack /1", "INC-2 ack /1/INC-2", "INC-3 ack /1/INC-3"},
		},
		{
			name: "another one joins a call whose own is acknowledged already",
			prepare: func(i *incidents) {
				second := another("INC-2")
				i.brief.AckedBy, i.joined, i.atTheEnd = "Ben", nil, &second
			},
			pressed: []string{"1"},
			heard:   []string{second, menuText, "INC-2 is acknowledged.", "Goodbye."},
			acts:    []string{"INC-2 ack /1/INC-2"},
		},
		{
			name: "the same incident has come to its next level",
			prepare: func(i *incidents) {
				again := i.joined[0]
				again.Attempt = 7
				i.joined = []contract.Callback{i.joined[0], again}
			},
			pressed: []string{"1"},
			heard:   []string{firstWords, menuText, "INC-1 is acknowledged.", "Goodbye."},
			acts:    []string{"INC-1 ack /1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.incidents.briefs = map[string]contract.Briefing{"INC-2": {Say: second}, "INC-3": {Say: third}}
			b.incidents.joined = []contract.Callback{b.attempt("ana", 1).Callback, another("INC-2")}
			b.incidents.act = func(_ contract.Verb, act contract.Act) (contract.Receipt, error) {
				b.incidents.settle(string(act.Key))
				return contract.Receipt{Text: string(act.Key) + " is acknowledged"}, nil
			}
			if test.prepare != nil {
				test.prepare(b.incidents)
			}
			call := keys(b, test.pressed...)
			if diff := cmp.Diff(test.heard, call.Heard); diff != "" {
				t.Errorf("heard (-want +got):\n%s", diff)
			}
			var acts []string
			for _, d := range b.incidents.done() {
				acts = append(acts, string(d.Act.Key)+" "+string(d.Verb)+" "+d.Act.ID[len(call.SID):])
				if want := b.pageOf(string(d.Act.Key)); d.Act.Page != want.Page || d.WorkflowID != want.WorkflowID {
					t.Errorf("%s acted on %s, page %s", d.Act.Key, d.WorkflowID, d.Act.Page)
				}
			}
			if diff := cmp.Diff(test.acts, acts); diff != "" {
				t.Errorf("acts (-want +got):\n%s", diff)
			}
		})
	}
}

// settle notes that an incident is acknowledged; the caller holds the lock.
func (i *incidents) settle(key string) {
	brief, has := i.briefs[key]
	if !has {
		i.brief.AckedBy = "Ana"
		return
	}
	brief.AckedBy = "Ana"
	i.briefs[key] = brief
}

// pageOf is the attempt that a key in the call means.
func (b *bench) pageOf(key string) contract.Callback {
	if own := b.attempt("ana", 1).Callback; key == own.Key {
		return own
	}
	return another(key)
}

// A key that could not be passed on to one of several incidents comes back for all of them, and is harmless for those that
// have it.
func TestKeyForSeveralComesBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.incidents.briefs = map[string]contract.Briefing{"INC-2": {Say: "INC-2. Search is down."}}
	b.incidents.joined = []contract.Callback{b.attempt("ana", 1).Callback, another("INC-2")}
	failed := false
	b.incidents.act = func(_ contract.Verb, act contract.Act) (contract.Receipt, error) {
		if act.Key == "INC-2" && !failed {
			failed = true
			return contract.Receipt{}, errors.New("no worker")
		}
		return contract.Receipt{Text: string(act.Key) + " is acknowledged"}, nil
	}
	call := keys(b, "1")
	heard := call.Heard[len(call.Heard)-4:]
	if diff := cmp.Diff([]string{"One moment please.", "INC-1 is acknowledged.", "INC-2 is acknowledged.", "Goodbye."}, heard); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
	if got := len(b.incidents.done()); got != 4 {
		t.Errorf("%d acts, want each twice", got)
	}
}

// What Twilio says of a call names the person, so that all incidents of the call hear of it; of a message it does not.
func TestStatusesNameThePerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.IsBusy})
	b.call(over)
	if _, err := b.client.Text(t.Context(), b.message("ana", "INC-1 needs you. INC-1")); err != nil {
		t.Fatal(err)
	}
	calls, texts := 0, 0
	for _, s := range b.incidents.waitStatuses(t, 4) {
		switch {
		case s.Provider[:2] == "CA" && s.Person == "ana":
			calls++
		case s.Provider[:2] == "SM" && s.Person == "":
			texts++
		default:
			t.Errorf("%s %s of %q", s.Provider, s.Status, s.Person)
		}
		if s.Status == incident.CallPlanned {
			t.Error("a status is lost")
		}
	}
	if calls == 0 || texts == 0 {
		t.Errorf("%d words of the call and %d of the message", calls, texts)
	}
}
