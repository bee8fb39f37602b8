package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

var _ activities.Follower = (*twilio.Client)(nil)

// silentBench is a bench whose Twilio cannot reach us.
func silentBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t, func(c *twilio.Config) { c.PublicURL, c.Secret = "", nil })
	b.fake.Number(ours, "")
	return b
}

// inbox is the inbox of a process that has just started.
func (b *bench) inbox() *twilio.Inbox {
	b.t.Helper()
	return b.newClient(func(c *twilio.Config) { c.PublicURL, c.Secret = "", nil }).Inbox(b.incidents)
}

// writes lets somebody write to our number, and answers the message's identifier.
func (b *bench) writes(from, body string) string {
	b.t.Helper()
	if _, err := b.fake.Receive(b.t.Context(), faketwilio.Incoming{From: from, To: ours, Body: body}); err != nil {
		b.t.Fatal(err)
	}
	all := b.fake.Messages()
	return all[len(all)-1].SID
}

// reads looks once into an inbox.
func (b *bench) reads(i *twilio.Inbox) {
	b.t.Helper()
	if err := i.Read(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
}

// answers are the messages that we have sent to a number, oldest first, without the piece that names what they answer.
func (b *bench) answers(to string) (texts []string) {
	for _, m := range b.fake.Messages() {
		if m.To == to && m.Direction == "outbound-api" {
			text, _, _ := strings.Cut(m.Body, " (re ")
			texts = append(texts, text)
		}
	}
	return texts
}

// same compares.
func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// TestInbox: a reply is done once and answered once, whoever reads it how often.
func TestInbox(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	sid := b.writes(anaPhone, "1a")
	first := b.inbox()
	for range 3 {
		b.reads(first)
	}
	want := done{Verb: contract.VerbAck, Act: contract.Act{
		ID: sid, Key: "INC-1", By: incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorSMS, Verified: true},
	}}
	same(t, "acts", []done{want}, b.incidents.done())
	same(t, "answers", []string{"INC-1 is acknowledged."}, b.answers(anaPhone))

	// The next process does not know what was answered, and Twilio does. The act is known by its id to the incident.
	b.incidents.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
		return contract.Receipt{Text: "recorded already"}, nil
	}
	b.reads(b.inbox())
	same(t, "acts", []done{want, want}, b.incidents.done())
	same(t, "answers", []string{"INC-1 is acknowledged."}, b.answers(anaPhone))
}

// TestInboxReads says what is read and what is answered, and by whom.
func TestInboxReads(t *testing.T) {
	t.Parallel()
	const understood, stranger = "This is not understood.", "+4915100000000"
	for name, test := range map[string]struct {
		from, body string
		acts       int
		answers    []string
	}{
		"an acknowledgement": {from: anaPhone, body: " 1A. ", acts: 1, answers: []string{"INC-1 is acknowledged."}},
		"an escalation":      {from: benPhone, body: "inc-1 escalate", acts: 1, answers: []string{"INC-1 is acknowledged."}},
		"something else":     {from: anaPhone, body: "on my way", answers: []string{understood}},
		"nothing":            {from: anaPhone, body: "", answers: []string{understood}},
		"STOP":               {from: anaPhone, body: "STOP"},
		"an unknown number":  {from: stranger, body: "1a"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := silentBench(t)
			b.writes(test.from, test.body)
			i := b.inbox()
			b.reads(i)
			b.reads(i)
			if got := len(b.incidents.done()); got != test.acts {
				t.Errorf("%d acts, want %d", got, test.acts)
			}
			got := b.answers(test.from)
			for n := range got {
				if strings.HasPrefix(got[n], understood) {
					got[n] = understood
				}
			}
			same(t, "answers", test.answers, got)
		})
	}
}

// TestInboxBoundsItsAnswers: two robots do not write to each other for ever.
func TestInboxBoundsItsAnswers(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	i := b.inbox()
	for range 8 {
		b.writes(anaPhone, "hello")
		b.reads(i)
	}
	if got := len(b.answers(anaPhone)); got != 5 {
		t.Errorf("%d answers, want 5", got)
	}
}

// TestInboxAfterARestart: what came while nobody read is done; what is older than that is nobody's any more.
func TestInboxAfterARestart(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	b.writes(anaPhone, "1a")
	b.clock.advance(9 * time.Minute)
	b.reads(b.inbox())
	if got := len(b.incidents.done()); got != 1 {
		t.Errorf("a reply of nine minutes ago led to %d acts", got)
	}
	b.writes(benPhone, "2a") // by Twilio's clock that is nine minutes ago
	b.clock.advance(3 * time.Minute)
	b.reads(b.inbox())
	if got := len(b.incidents.done()); got != 1 {
		t.Errorf("a reply of twelve minutes ago was read: %d acts", got)
	}
}

// TestInboxRefused: what an incident says no to is told to whoever wrote.
func TestInboxRefused(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	b.incidents.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
		return contract.Receipt{}, &incident.Refusal{What: "INC-1 is closed", Hint: "declare a new one"}
	}
	b.writes(anaPhone, "1a")
	i := b.inbox()
	b.reads(i)
	b.reads(i)
	same(t, "answers", []string{"INC-1 is closed. Declare a new one."}, b.answers(anaPhone))
	if got := len(b.incidents.done()); got != 1 {
		t.Errorf("%d acts", got)
	}
}

// TestInboxTriesOn: while the incidents cannot be asked a command is kept, and the others are not held up; in the end its
// sender is told.
func TestInboxTriesOn(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	away := map[incident.Key]bool{"INC-1": true}
	b.incidents.act = func(_ contract.Verb, act contract.Act) (contract.Receipt, error) {
		if away[act.Key] {
			return contract.Receipt{}, errors.New("no answer")
		}
		return contract.Receipt{Text: string(act.Key) + " is acknowledged"}, nil
	}
	i := b.inbox()
	b.writes(anaPhone, "1a")
	b.writes(benPhone, "2a")
	for range 2 {
		if err := i.Read(t.Context()); err == nil {
			t.Error("nothing is said of what could not be passed on")
		}
	}
	same(t, "Ben hears", []string{"INC-2 is acknowledged."}, b.answers(benPhone))
	same(t, "Ana hears", []string(nil), b.answers(anaPhone))
	delete(away, "INC-1")
	b.reads(i)
	same(t, "Ana hears", []string{"INC-1 is acknowledged."}, b.answers(anaPhone))

	away["INC-1"] = true
	b.writes(anaPhone, "1e")
	if err := i.Read(t.Context()); err == nil {
		t.Error("nothing is said of what could not be passed on")
	}
	b.clock.advance(2 * time.Minute)
	b.reads(i)
	b.reads(i)
	if got := b.answers(anaPhone); len(got) != 2 || !strings.Contains(got[1], "could not be recorded") {
		t.Errorf("Ana hears %q", got)
	}
}

// TestInboxSurvives: whatever Twilio does with whichever request, a reply is done and answered once.
func TestInboxSurvives(t *testing.T) {
	t.Parallel()
	faults := map[string]faketwilio.Fault{
		"the list breaks off":          {Op: faketwilio.ListMessages, Kind: faketwilio.Drop},
		"the list breaks off late":     {Op: faketwilio.ListMessages, Kind: faketwilio.Drop, AfterWork: true},
		"no list":                      {Op: faketwilio.ListMessages, Kind: faketwilio.Broken},
		"a page for people":            {Op: faketwilio.ListMessages, Kind: faketwilio.HTML},
		"too many requests":            {Op: faketwilio.ListMessages, Kind: faketwilio.TooMany, RetryAfter: time.Second},
		"access is revoked":            {Op: faketwilio.ListMessages, Kind: faketwilio.Revoked},
		"the answer breaks off":        {Op: faketwilio.CreateMessage, Kind: faketwilio.Drop},
		"the answer is sent, and lost": {Op: faketwilio.CreateMessage, Kind: faketwilio.Drop, AfterWork: true},
		"the answer is 503":            {Op: faketwilio.CreateMessage, Kind: faketwilio.Unavailable},
	}
	for name, fault := range faults {
		fault.Times = 1
		for _, restarted := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", restarted ", restarted), func(t *testing.T) {
				t.Parallel()
				b := silentBench(t)
				b.writes(anaPhone, "1a")
				b.fake.Break(fault)
				i := b.inbox()
				if err := i.Read(t.Context()); err == nil {
					t.Error("nothing is said of the fault")
				}
				for range 3 {
					if restarted {
						i = b.inbox()
					}
					b.clock.advance(5 * time.Second) // a list may lack at first what was done a moment ago
					b.reads(i)
				}
				same(t, "answers", []string{"INC-1 is acknowledged."}, b.answers(anaPhone))
				ids := map[string]bool{}
				for _, d := range b.incidents.done() {
					ids[d.Act.ID] = true
				}
				if len(ids) != 1 || !restarted && len(b.incidents.done()) != 1 {
					t.Errorf("acts %+v", b.incidents.done())
				}
			})
		}
	}
}

// TestInboxUnanswerable: an answer that Twilio refuses is given up at once, and the act stands.
func TestInboxUnanswerable(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	b.fake.Break(faketwilio.Fault{Op: faketwilio.CreateMessage, Kind: faketwilio.Refuse, Code: 21610})
	b.writes(anaPhone, "1a")
	i := b.inbox()
	b.reads(i)
	b.fake.Mend()
	b.reads(i)
	if got := len(b.incidents.done()); got != 1 || len(b.answers(anaPhone)) != 0 {
		t.Errorf("%d acts, answers %q", got, b.answers(anaPhone))
	}
	if !strings.Contains(b.log.String(), "is not answered") {
		t.Errorf("the log says %s", b.log)
	}
}

// TestInboxTurnsPages: a reply is found behind many messages of strangers, also when a page in the middle fails at first.
func TestInboxTurnsPages(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	b.writes(anaPhone, "1a")
	for range 250 {
		b.writes("+4915100000000", "buy now")
	}
	b.writes(benPhone, "2a")
	i := b.inbox()
	b.fake.Break(faketwilio.Fault{Op: faketwilio.ListMessages, Kind: faketwilio.Broken, Skip: 1, Times: 1})
	if err := i.Read(t.Context()); err == nil {
		t.Error("nothing is said of the fault")
	}
	b.reads(i)
	var keys []incident.Key
	for _, d := range b.incidents.done() {
		keys = append(keys, d.Act.Key)
	}
	same(t, "acts, the oldest first", []incident.Key{"INC-1", "INC-2"}, keys)
	before := len(b.fake.Requests())
	b.reads(i)
	if looks := len(b.fake.Requests()) - before; looks != 1 {
		t.Errorf("a look at nothing new takes %d requests", looks)
	}
}

// TestInboxRuns: it goes on by itself, says once that it cannot read, and ends with its context.
func TestInboxRuns(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	i := b.inbox()
	i.Every = time.Millisecond
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { i.Run(ctx); close(ended) }()
	b.fake.Break(faketwilio.Fault{Op: faketwilio.ListMessages, Kind: faketwilio.Broken, Times: 4})
	waiting, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	for _, number := range []string{anaPhone, benPhone} { // the second one is read when it works again
		b.writes(number, "1a")
		if _, err := b.fake.WaitMessage(waiting, func(m faketwilio.Message) bool { return m.To == number }); err != nil {
			t.Fatal(err)
		}
	}
	cancel()
	<-ended
	if log := b.log.String(); strings.Count(log, "cannot be read or answered") != 1 || !strings.Contains(log, "again") {
		t.Errorf("the log says %s", log)
	}
}

// TestInboxOfTheRightAccount: only messages to our own number are read.
func TestInboxOfTheRightAccount(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	b.fake.Number("+15005550007", "")
	if _, err := b.fake.Receive(t.Context(), faketwilio.Incoming{From: anaPhone, To: "+15005550007", Body: "1a"}); err != nil {
		t.Fatal(err)
	}
	b.reads(b.inbox())
	if acts := b.incidents.done(); len(acts) != 0 {
		t.Errorf("acts %+v", acts)
	}
}

// TestFollowedFromTheAPI: the way of a call and of a message, one look after the other, without a single webhook.
func TestFollowedFromTheAPI(t *testing.T) {
	t.Parallel()
	b := silentBench(t)
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	b.fake.Phone(benPhone, faketwilio.Behaviour{SMS: faketwilio.Undelivered, ErrorCode: 30005})
	call, err := b.client.Call(t.Context(), b.attempt("ana", 1))
	if err != nil || !call.Follow || !call.Silent {
		t.Fatalf("%+v, %v", call, err)
	}
	var way []incident.CallStatus
	look := func() {
		out, err := b.client.Follow(t.Context(), call.Provider)
		if err != nil {
			t.Fatal(err)
		}
		way = append(way, out.Status)
	}
	b.wait(call.Provider, ringing)
	look()
	if err := b.fake.Answer(call.Provider); err != nil {
		t.Fatal(err)
	}
	look()
	b.wait(call.Provider, over)
	look()
	if !slices.Equal(way[:1], []incident.CallStatus{incident.CallRinging}) || way[2] != incident.CallCompleted {
		t.Errorf("the way is %q", way)
	}
	text, err := b.client.Text(t.Context(), b.message("ben", "INC-1 SEV1 payments. Reply 1a"))
	if err != nil || !text.Follow {
		t.Fatalf("%+v, %v", text, err)
	}
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		out, err := b.client.Follow(t.Context(), text.Provider)
		if err != nil || time.Now().After(end) {
			t.Fatalf("%+v, %v", out, err)
		}
		if out.Status == incident.CallFailed {
			if !strings.Contains(out.Detail, "30005") {
				t.Errorf("%+v", out)
			}
			break
		}
	}
	reachable := newBench(t)
	if placed, err := reachable.client.Call(t.Context(), reachable.attempt("ana", 1)); err != nil || placed.Follow {
		t.Errorf("with a public address: %+v, %v", placed, err)
	}
}

// TestWordsWithoutKeys: the call says how to acknowledge, and what it says is true; however long and odd the words are,
// they fit.
func TestWordsWithoutKeys(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		key, say string
		want     []string
		lacks    string
	}{
		{"INC-12", "Payments", []string{"write to this number: 12a", "muster ack INC-12"}, "ress "},
		{"INC-X0198ab", "Payments", []string{"muster ack INC-X0198ab"}, "write to this number"},
		{"INC-12", strings.Repeat(`{"a":"b"}&`, 500), []string{"12a"}, "ress "},
	} {
		b := silentBench(t)
		req := b.attempt("ana", 1)
		req.Callback.Key, req.Say = test.key, test.say
		placed, err := b.client.Call(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		twiml := b.wait(placed.Provider, func(faketwilio.Call) bool { return true }).TwiML
		for _, want := range test.want {
			if strings.Count(twiml, want) != 2 || strings.Contains(twiml, test.lacks) {
				t.Errorf("%s says %s", test.key, twiml)
			}
		}
	}
}
