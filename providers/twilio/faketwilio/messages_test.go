package faketwilio_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

func (b *bench) text(to, body string) *api.ApiV2010Message {
	b.t.Helper()
	made, err := b.client.CreateMessage((&api.CreateMessageParams{}).SetTo(to).SetFrom(ours).SetBody(body).
		SetStatusCallback(b.hooks.url + "/sms-status"))
	if err != nil {
		b.t.Fatalf("create message: %v", err)
	}
	return made
}

func TestMessageTravels(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name      string
		behaviour faketwilio.Behaviour
		delivery  faketwilio.Delivery
		callbacks []string
		code      string
	}{
		{"delivered", faketwilio.Behaviour{SMSAfter: time.Second}, faketwilio.Delivery{}, []string{"sent", "delivered"}, ""},
		{"undelivered", faketwilio.Behaviour{SMS: faketwilio.Undelivered, ErrorCode: 30003}, faketwilio.Delivery{}, []string{"sent", "undelivered"}, "30003"},
		{"failed", faketwilio.Behaviour{SMS: faketwilio.Unsendable}, faketwilio.Delivery{}, []string{"failed"}, "30005"},
		{"out of order", faketwilio.Behaviour{}, faketwilio.Delivery{Late: []string{"sent"}}, []string{"delivered", "sent"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, faketwilio.Options{Speed: 100})
			b.fake.Phone(ana, test.behaviour)
			b.fake.Deliver(test.delivery)
			made := b.text(ana, "INC-1 SEV1")
			if *made.Status != "queued" || *made.NumSegments != "1" || made.DateSent != nil {
				t.Errorf("new message: %+v", made)
			}
			got := b.hooks.wait(t, "/sms-status", "MessageStatus", len(test.callbacks))
			if diff := cmp.Diff(test.callbacks, got); diff != "" {
				t.Error(diff)
			}
			codes := b.hooks.wait(t, "/sms-status", "ErrorCode", len(test.callbacks))
			if codes[len(codes)-1] != test.code && codes[0] != test.code {
				t.Errorf("error codes %v, want %s", codes, test.code)
			}
			fetched, err := b.client.FetchMessage(*made.Sid, nil)
			if err != nil || *fetched.Body != "INC-1 SEV1" {
				t.Errorf("fetch: %v", err)
			}
		})
	}
}

func TestMessageLists(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	first, second := *b.text(ana, "one").Sid, *b.text(ana, "two").Sid
	b.text(ben, "three")
	found, err := b.client.ListMessage((&api.ListMessageParams{}).SetTo(ana).SetFrom(ours).SetPageSize(1))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, m := range found {
		got = append(got, *m.Sid)
	}
	if diff := cmp.Diff([]string{second, first}, got); diff != "" {
		t.Error(diff)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Number(ours, b.hooks.url+"/incoming")
	b.hooks.answers("/incoming", func(p url.Values) string {
		return twiml("<Message>" + p.Get("Body") + ": noted</Message>")(p)
	})
	if _, err := b.fake.Reply(t.Context(), ana, "12a"); err == nil {
		t.Error("replied to nobody")
	}
	b.text(ana, "INC-1: reply 12a")
	got, err := b.fake.Reply(t.Context(), ana, "12a")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"12a: noted"}, got); diff != "" {
		t.Error(diff)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := b.fake.WaitMessage(ctx, func(m faketwilio.Message) bool {
		return m.To == ana && m.Body == "12a: noted" && m.Status == faketwilio.SMSDelivered
	}); err != nil {
		t.Error(err)
	}
}

func TestStopIsHonoured(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Number(ours, b.hooks.url+"/incoming")
	b.text(ana, "INC-1")
	if _, err := b.fake.Reply(t.Context(), ana, " stop "); err != nil {
		t.Fatal(err)
	}
	params := (&api.CreateMessageParams{}).SetTo(ana).SetFrom(ours).SetBody("INC-2")
	_, err := b.client.CreateMessage(params)
	if got := code(t, err); got != 21610 {
		t.Errorf("after STOP: code %d", got)
	}
	if _, err := b.fake.Receive(t.Context(), faketwilio.Incoming{From: ana, To: ours, Body: "START"}); err != nil {
		t.Fatal(err)
	}
	if _, err := b.client.CreateMessage(params); err != nil {
		t.Errorf("after START: %v", err)
	}
}

func TestPersonReadsAndReplies(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Number(ours, b.hooks.url+"/incoming")
	problem := make(chan error, 1)
	b.fake.Phone(ana, faketwilio.Behaviour{OnMessage: func(ctx context.Context, m faketwilio.Message) {
		_, err := b.fake.Reply(ctx, ana, strings.TrimPrefix(m.Body, "reply "))
		problem <- err
	}})
	b.text(ana, "reply 7e")
	if got := b.hooks.wait(t, "/incoming", "Body", 1); got[0] != "7e" {
		t.Errorf("incoming %v", got)
	}
	if err := <-problem; err != nil {
		t.Error(err)
	}
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		body string
		want int
	}{
		{"empty", "", 1},
		{"one full", strings.Repeat("a", 160), 1},
		{"one over", strings.Repeat("a", 161), 2},
		{"two full", strings.Repeat("a", 306), 2},
		{"extension counts double", strings.Repeat("€", 80), 1},
		{"extension over", strings.Repeat("€", 81), 2},
		{"unicode full", strings.Repeat("ł", 70), 1},
		{"unicode over", strings.Repeat("ł", 71), 2},
		{"emoji are two units", strings.Repeat("🔥", 36), 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := faketwilio.Segments(test.body); got != test.want {
				t.Errorf("%d segments, want %d", got, test.want)
			}
		})
	}
}
