package faketwilio_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

func TestReactions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		behaviour faketwilio.Behaviour
		final     faketwilio.CallStatus
		callbacks []string
	}{
		{"rings out", faketwilio.Behaviour{}, faketwilio.NoAnswer, []string{"initiated", "ringing", "no-answer"}},
		{"busy", faketwilio.Behaviour{Reaction: faketwilio.IsBusy}, faketwilio.Busy, []string{"initiated", "ringing", "busy"}},
		{"fails", faketwilio.Behaviour{Reaction: faketwilio.Fails}, faketwilio.Failed, []string{"initiated", "failed"}},
		{
			"answers",
			faketwilio.Behaviour{Reaction: faketwilio.Answers, After: 3 * time.Second},
			faketwilio.Completed,
			[]string{"initiated", "ringing", "in-progress", "completed"},
		},
		{
			"answers too late",
			faketwilio.Behaviour{Reaction: faketwilio.Answers, After: time.Minute},
			faketwilio.NoAnswer,
			[]string{"initiated", "ringing", "no-answer"},
		},
		{
			"voicemail",
			faketwilio.Behaviour{Reaction: faketwilio.Voicemail, After: time.Second},
			faketwilio.Completed,
			[]string{"initiated", "ringing", "in-progress", "completed"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, faketwilio.Options{Speed: 200})
			b.fake.Phone(ana, test.behaviour)
			made := b.place(ana)
			if *made.Status != "queued" || made.StartTime != nil {
				t.Errorf("new call: %s, start %v", *made.Status, made.StartTime)
			}
			ended := b.wait(*made.Sid, over)
			if ended.Status != test.final {
				t.Errorf("ended %s, want %s", ended.Status, test.final)
			}
			got := b.hooks.wait(t, "/status", "CallStatus", len(test.callbacks))
			if diff := cmp.Diff(test.callbacks, got); diff != "" {
				t.Error(diff)
			}
			fetched, err := b.client.FetchCall(*made.Sid, nil)
			if err != nil || *fetched.Status != string(test.final) {
				t.Errorf("fetch: %+v, %v", fetched, err)
			}
		})
	}
}

// menu asks for one key and says which it was.
func menu(b *bench) {
	b.hooks.answers("/voice", twiml(`<Gather action="gather?try=1" numDigits="1" timeout="8">`+
		`<Say voice="x">INC-1 &amp; <emphasis>more</emphasis></Say><Pause/></Gather><Say>No key.</Say><Redirect>/voice2</Redirect>`))
	b.hooks.answers("/voice2", twiml(`<Play>https://x/bell.mp3</Play><Hangup/><Say>never</Say>`))
	b.hooks.answers("/gather", func(p url.Values) string {
		return twiml("<Say>You pressed " + p.Get("Digits") + "</Say>")(p)
	})
}

func TestConversation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		presses []faketwilio.Press
		heard   []string
		pressed []string
	}{
		{
			"presses",
			[]faketwilio.Press{{After: time.Second, Keys: "1"}},
			[]string{"INC-1 & more", "You pressed 1"},
			[]string{"1"},
		},
		{"presses too late", []faketwilio.Press{{After: time.Minute, Keys: "1"}}, []string{"INC-1 & more", "No key.", "♪ https://x/bell.mp3"}, nil},
		{"presses nothing", nil, []string{"INC-1 & more", "No key.", "♪ https://x/bell.mp3"}, nil},
		{"presses only the finishing key", []faketwilio.Press{{Keys: "#"}}, []string{"INC-1 & more", "No key.", "♪ https://x/bell.mp3"}, []string{"#"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, faketwilio.Options{Speed: 200})
			menu(b)
			b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Answers, Presses: test.presses})
			ended := b.wait(*b.place(ana).Sid, over)
			if diff := cmp.Diff(test.heard, ended.Heard); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.pressed, ended.Pressed); diff != "" {
				t.Error(diff)
			}
			if len(ended.Problems) > 0 {
				t.Errorf("problems: %v", ended.Problems)
			}
		})
	}
}

func TestManualControl(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	menu(b)
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	sid := *b.place(ana).Sid
	b.wait(sid, func(c faketwilio.Call) bool { return c.Status == faketwilio.Ringing })
	if err := b.fake.Press(sid, "1"); err == nil {
		t.Error("a key was pressed on a ringing telephone")
	}
	if err := b.fake.Answer(sid); err != nil {
		t.Fatal(err)
	}
	b.wait(sid, func(c faketwilio.Call) bool { return c.Listening })
	if err := b.fake.Answer(sid); err == nil {
		t.Error("a call was answered twice")
	}
	if err := b.fake.Press(sid, "2"); err != nil {
		t.Fatal(err)
	}
	ended := b.wait(sid, over)
	if diff := cmp.Diff([]string{"INC-1 & more", "You pressed 2"}, ended.Heard); diff != "" {
		t.Error(diff)
	}
	if err := b.fake.Press(sid, "1"); err == nil {
		t.Error("a key was pressed after the end")
	}
	if err := b.fake.HangUp(sid); err == nil {
		t.Error("hung up twice")
	}

	silent := *b.place(ana).Sid
	for _, do := range []func(string) error{b.fake.Answer, b.fake.Silence} {
		if err := do(silent); err != nil {
			t.Fatal(err)
		}
	}
	if heard := b.wait(silent, over).Heard; !slices.Contains(heard, "No key.") {
		t.Errorf("silence heard %v", heard)
	}

	declined := *b.place(ana).Sid
	b.wait(declined, func(c faketwilio.Call) bool { return c.Status == faketwilio.Ringing })
	if err := b.fake.HangUp(declined); err != nil || b.wait(declined, over).Status != faketwilio.Busy {
		t.Errorf("declined: %v", err)
	}

	unheard := *b.place(ana).Sid
	if err := b.fake.RingOut(unheard); err != nil || b.wait(unheard, over).Status != faketwilio.NoAnswer {
		t.Errorf("rang out: %v", err)
	}
	if err := b.fake.Answer("CA0"); err == nil {
		t.Error("an unknown call was answered")
	}
}

func TestScriptedPerson(t *testing.T) {
	t.Parallel()
	var b *bench
	problems := make(chan error, 3)
	b = newBench(t, faketwilio.Options{})
	menu(b)
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Manual, OnCall: func(ctx context.Context, c faketwilio.Call) {
		problems <- b.fake.Answer(c.SID)
		_, err := b.fake.WaitCall(ctx, func(now faketwilio.Call) bool {
			return now.SID == c.SID && slices.Contains(now.Heard, "INC-1 & more")
		})
		problems <- err
		problems <- b.fake.Press(c.SID, "3")
	}})
	if heard := b.wait(*b.place(ana).Sid, over).Heard; !slices.Contains(heard, "You pressed 3") {
		t.Errorf("heard %v", heard)
	}
	for range 3 {
		if err := <-problems; err != nil {
			t.Error(err)
		}
	}
}

func TestUpdateCall(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	menu(b)
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	update := func(sid, status string) int {
		t.Helper()
		_, err := b.client.UpdateCall(sid, (&api.UpdateCallParams{}).SetStatus(status))
		if err == nil {
			return 0
		}
		return code(t, err)
	}
	ringing := *b.place(ana).Sid
	b.wait(ringing, func(c faketwilio.Call) bool { return c.Status == faketwilio.Ringing })
	if got := update(ringing, "canceled"); got != 0 {
		t.Errorf("cancel a ringing call: %d", got)
	}
	if c := b.wait(ringing, over); c.Status != faketwilio.Canceled {
		t.Errorf("cancelled call is %s", c.Status)
	}
	if got := update(ringing, "canceled"); got != 21220 {
		t.Errorf("cancel it again: %d", got)
	}
	if got := b.hooks.wait(t, "/status", "CallStatus", 3); got[2] != "canceled" {
		t.Errorf("callbacks %v", got)
	}

	talking := *b.place(ana).Sid
	if err := b.fake.Answer(talking); err != nil {
		t.Fatal(err)
	}
	if got := update(talking, "canceled"); got != 21220 {
		t.Errorf("cancel an answered call: %d", got)
	}
	if got := update(talking, "completed"); got != 0 {
		t.Errorf("complete an answered call: %d", got)
	}
	if c := b.wait(talking, over); c.Status != faketwilio.Completed {
		t.Errorf("completed call is %s", c.Status)
	}
	if got := update(talking, "ringing"); got != 20001 {
		t.Errorf("a state that cannot be set: %d", got)
	}
	if got := update("CA00", "completed"); got != 20404 {
		t.Errorf("an unknown call: %d", got)
	}
}

func TestCallbackDelivery(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		delivery faketwilio.Delivery
		want     []string
		sequence []string
	}{
		{"in order", faketwilio.Delivery{}, []string{"initiated", "ringing", "in-progress", "completed"}, []string{"0", "1", "2", "3"}},
		{
			"out of order",
			faketwilio.Delivery{Late: []string{"initiated", "answered"}},
			[]string{"ringing", "completed", "initiated", "in-progress"},
			[]string{"1", "3", "0", "2"},
		},
		{
			"twice",
			faketwilio.Delivery{Twice: []string{"completed"}},
			[]string{"initiated", "ringing", "in-progress", "completed", "completed"},
			[]string{"0", "1", "2", "3", "3"},
		},
		{
			"lost",
			faketwilio.Delivery{Lost: []string{"ringing", "answered"}},
			[]string{"initiated", "completed"},
			[]string{"0", "3"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, faketwilio.Options{})
			b.fake.Deliver(test.delivery)
			b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Answers})
			b.wait(*b.place(ana).Sid, over)
			if diff := cmp.Diff(test.want, b.hooks.wait(t, "/status", "CallStatus", len(test.want))); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.sequence, b.hooks.wait(t, "/status", "SequenceNumber", len(test.want))); diff != "" {
				t.Error(diff)
			}
			tokens := map[string]bool{}
			for _, h := range b.hooks.seen {
				if h.path == "/status" {
					tokens[h.token] = true
				}
			}
			if want := len(slices.Compact(slices.Sorted(slices.Values(test.sequence)))); len(tokens) != want {
				t.Errorf("%d idempotency tokens, want %d", len(tokens), want)
			}
		})
	}
}

func TestOnlySubscribedEventsArePosted(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.IsBusy})
	b.wait(*b.place(ana, func(p *api.CreateCallParams) { p.StatusCallbackEvent = nil }).Sid, over)
	b.wait(*b.place(ana, func(p *api.CreateCallParams) { p.SetStatusCallbackEvent([]string{"ringing"}) }).Sid, over)
	got := b.hooks.wait(t, "/status", "CallStatus", 2)
	slices.Sort(got)
	if diff := cmp.Diff([]string{"busy", "ringing"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCustomerFails(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		say      string
		fail     int
		fragment string
		heard    []string
		problems int
	}{
		{"answers 500", "<Say>x</Say>", 1, "", []string{"We are sorry, an application error has occurred. Goodbye."}, 1},
		{"answers 500 once, with retries asked for", "<Say>x</Say>", 1, "#rc=2&rp=5xx", []string{"x"}, 0},
		{"is not XML", "<Say>", 0, "", []string{"We are sorry, an application error has occurred. Goodbye."}, 1},
		{"unknown verb", "<Sing>la</Sing><Say>x</Say>", 0, "", []string{"x"}, 1},
		{"leads nowhere", "<Redirect>http://[::1/</Redirect>", 0, "", []string{"We are sorry, an application error has occurred. Goodbye."}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, faketwilio.Options{})
			b.hooks.fail = test.fail
			b.hooks.answers("/voice", twiml(test.say))
			b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Answers})
			ended := b.wait(*b.place(ana, func(p *api.CreateCallParams) {
				p.SetUrl(b.hooks.url + "/voice" + test.fragment)
				p.StatusCallback = nil
			}).Sid, over)
			if diff := cmp.Diff(test.heard, ended.Heard); diff != "" {
				t.Error(diff)
			}
			if len(ended.Problems) != test.problems {
				t.Errorf("problems: %q", ended.Problems)
			}
		})
	}
}

func TestInlineTwiMLAndMachineDetection(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Voicemail})
	made, err := b.client.CreateCall((&api.CreateCallParams{}).SetTo(ana).SetFrom(ours).SetMachineDetection("Enable").
		SetTwiml(`<Response><Say>INC-7 needs you.</Say></Response>`))
	if err != nil {
		t.Fatal(err)
	}
	ended := b.wait(*made.Sid, over)
	if ended.AnsweredBy != "machine_start" || len(ended.Heard) != 1 || ended.Heard[0] != "INC-7 needs you." {
		t.Errorf("%+v", ended)
	}
}

func TestGetWebhooksAreSigned(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Answers})
	b.hooks.answers("/voice", twiml("<Say>got</Say>"))
	ended := b.wait(*b.place(ana, func(p *api.CreateCallParams) { p.SetMethod("GET") }).Sid, over)
	if diff := cmp.Diff([]string{"got"}, ended.Heard); diff != "" {
		t.Error(diff)
	}
}

func TestEventsTellTheStoryInOrder(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var story []string
	b := newBench(t, faketwilio.Options{OnEvent: func(e faketwilio.Event) {
		mu.Lock()
		defer mu.Unlock()
		story = append(story, fmt.Sprintf("%s %s", e.Kind, e.Text))
	}})
	menu(b)
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Answers, Presses: []faketwilio.Press{{Keys: "1"}}})
	b.wait(*b.place(ana).Sid, over)
	b.fake.Close() // Delivers what is queued.
	mu.Lock()
	defer mu.Unlock()
	want := []string{
		"call queued ", "call initiated ", "call ringing ", "call answered ", "call heard INC-1 & more",
		"call pressed 1", "call heard You pressed 1", "call ended ",
	}
	if diff := cmp.Diff(want, story); diff != "" {
		t.Error(diff)
	}
}

func TestTimesComeFromTheClock(t *testing.T) {
	t.Parallel()
	night := time.Date(2026, 3, 29, 1, 30, 0, 0, time.FixedZone("CET", 3600))
	b := newBench(t, faketwilio.Options{Now: func() time.Time { return night }})
	b.fake.Phone(ana, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	made := b.place(ana)
	if *made.DateCreated != "Sun, 29 Mar 2026 00:30:00 +0000" {
		t.Errorf("created %s", *made.DateCreated)
	}
}
