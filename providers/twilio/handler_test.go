package twilio_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

func (b *bench) form(pairs ...string) url.Values {
	form := url.Values{"AccountSid": {b.fake.AccountSID()}, "CallSid": {"CA1"}}
	for n := 0; n+1 < len(pairs); n += 2 {
		form.Set(pairs[n], pairs[n+1])
	}
	return form
}

func TestForgedWebhooksAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	voice, _ := b.addresses()
	gather := strings.Replace(voice, "/voice?", "/gather?", 1)
	sign := func(token, address string, form url.Values) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("X-Twilio-Signature", faketwilio.Signature(token, address, form)) }
	}
	pressed := b.form("Digits", "1")
	other := b.newClient(func(c *twilio.Config) { c.Secret = []byte("another secret, just as long") })
	if _, err := other.Call(t.Context(), b.attempt("ana", 1)); err != nil {
		t.Fatal(err)
	}
	foreign, _, _ := strings.Cut(b.fake.Calls()[1].URL, "#")
	foreign = strings.Replace(foreign, "/voice?", "/gather?", 1)
	for _, test := range []struct {
		name    string
		address string
		form    url.Values
		change  func(*http.Request)
		status  int
	}{
		{"no signature", gather, pressed, func(r *http.Request) { r.Header.Del("X-Twilio-Signature") }, 403},
		{"wrong signature", gather, pressed, func(r *http.Request) { r.Header.Set("X-Twilio-Signature", "AAAA") }, 403},
		{"another token", gather, pressed, sign("0123456789abcdef0123456789abcdef", gather, pressed), 403},
		{"signature of another path", gather, pressed, sign(b.fake.AuthToken(), voice, pressed), 403},
		{"signature of another key", gather, pressed, sign(b.fake.AuthToken(), gather, b.form("Digits", "3")), 403},
		{
			"signature over what the proxy says", gather, pressed, func(r *http.Request) {
				r.Header.Set("X-Forwarded-Host", "evil.example")
				r.Header.Set("X-Forwarded-Proto", "https")
				evil := strings.Replace(gather, b.public, "https://evil.example", 1)
				r.Header.Set("X-Twilio-Signature", faketwilio.Signature(b.fake.AuthToken(), evil, pressed))
			}, 403,
		},
		{"another account", gather, b.form("Digits", "1", "AccountSid", "AC0"), nil, 403},
		{"ticket of another secret", foreign, pressed, nil, 403},
		{"no ticket", b.public + "/twilio/gather", pressed, nil, 403},
		{"changed ticket", strings.Replace(gather, "?t=e", "?t=f", 1), pressed, nil, 403},
		{"not a form", gather, pressed, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") }, 415},
		{"too large", gather, b.form("Digits", "1", "Junk", strings.Repeat("x", 70<<10)), nil, 413},
		{"unknown path", b.public + "/twilio/other", pressed, nil, 404},
	} {
		t.Run(test.name, func(t *testing.T) {
			change := test.change
			if change == nil {
				change = func(*http.Request) {}
			}
			status, body := b.post(test.address, test.form, change)
			if status != test.status || strings.Contains(body, "Say") {
				t.Errorf("%d: %s", status, body)
			}
		})
	}
	response, err := http.Get(gather)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d, %v", response.StatusCode, err)
	}
	if done := b.incidents.done(); len(done) != 0 {
		t.Errorf("a forged request has done %+v", done)
	}
	if status, body := b.post(gather, pressed); status != http.StatusOK || !strings.Contains(body, "acknowledged") {
		t.Errorf("a true request is refused: %d %s", status, body)
	}
	if strings.Contains(b.log.String(), b.fake.AuthToken()) {
		t.Error("the log holds the auth token")
	}
}

func TestSignatureWithOverridesAndPort(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	voice, _ := b.addresses()
	form := b.form()
	for _, signed := range []string{voice, voice + "#rc=3&rp=ct,rt,5xx"} {
		status, _ := b.post(voice, form, func(r *http.Request) {
			r.Header.Set("X-Twilio-Signature", faketwilio.Signature(b.fake.AuthToken(), signed, form))
		})
		if status != http.StatusOK {
			t.Errorf("signed as %s: %d", signed, status)
		}
	}
}

func TestRotatedToken(t *testing.T) {
	t.Parallel()
	const next = "0123456789abcdef0123456789abcdef"
	b := newBench(t, func(c *twilio.Config) { c.OtherAuthToken = next })
	voice, _ := b.addresses()
	form := b.form()
	for token, want := range map[string]int{next: 200, b.fake.AuthToken(): 200, strings.Repeat("f", 32): 403} {
		status, _ := b.post(voice, form, func(r *http.Request) {
			r.Header.Set("X-Twilio-Signature", faketwilio.Signature(token, voice, form))
		})
		if status != want {
			t.Errorf("token %s: %d, want %d", token, status, want)
		}
	}
}

func TestTicketsOfOtherProcesses(t *testing.T) {
	t.Parallel()
	const next = "0123456789abcdef0123456789abcdef"
	derived := func(c *twilio.Config) { c.Secret = nil }
	b := newBench(t, derived)
	voice, _ := b.addresses()
	for _, test := range []struct {
		name   string
		change func(*twilio.Config)
		want   int
	}{
		{"the same tokens", derived, 200},
		{"after a rotation", func(c *twilio.Config) { c.Secret, c.AuthToken, c.OtherAuthToken = nil, next, c.AuthToken }, 200},
		{"another secret", func(c *twilio.Config) { c.Secret = secret }, 403},
	} {
		h := b.newClient(test.change).Handler(b.incidents)
		b.gateway.Store(&h)
		if status, body := b.post(voice, b.form()); status != test.want {
			t.Errorf("%s: %d %s", test.name, status, body)
		}
	}
}

func TestReplayedKeyCountsOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	n := 0
	b.incidents.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
		n++
		return contract.Receipt{Text: fmt.Sprintf("result %d", n)}, nil
	}
	voice, _ := b.addresses()
	gather := strings.Replace(voice, "/voice?", "/gather?", 1)
	token := func(value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("I-Twilio-Idempotency-Token", value) }
	}
	_, first := b.post(gather, b.form("Digits", "1"), token("one"))
	_, again := b.post(gather, b.form("Digits", "1"), token("one"))
	if first != again || len(b.incidents.done()) != 1 {
		t.Errorf("a repeated webhook: %d acts, %s then %s", len(b.incidents.done()), first, again)
	}
	// A stranger who has recorded the request can change the token, which is not signed. The act's ID remains.
	b.post(gather, b.form("Digits", "1"), token("two"))
	done := b.incidents.done()
	if len(done) != 2 || done[0].Act.ID != done[1].Act.ID || done[0].Act.ID != "CA1/1" {
		t.Errorf("%+v", done)
	}
}

func TestPublicAddressWithAPath(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	// A proxy takes /muster off before it passes the request on.
	client := b.newClient(func(c *twilio.Config) { c.PublicURL = "https://pager.example.com/muster/" })
	h := client.Handler(b.incidents)
	b.gateway.Store(&h)
	if _, err := client.Call(t.Context(), b.attempt("ana", 1)); err != nil {
		t.Fatal(err)
	}
	given, _, _ := strings.Cut(b.fake.Calls()[0].URL, "#")
	if !strings.HasPrefix(given, "https://pager.example.com/muster/twilio/voice?t=") {
		t.Fatalf("Twilio was given %s", given)
	}
	form := b.form()
	arrives := strings.Replace(given, "https://pager.example.com/muster", b.public, 1)
	status, body := b.post(arrives, form, func(r *http.Request) {
		r.Header.Set("X-Twilio-Signature", faketwilio.Signature(b.fake.AuthToken(), given, form))
	})
	if status != http.StatusOK || !strings.Contains(body, `action="https://pager.example.com/muster/twilio/gather?`) {
		t.Errorf("%d: %s", status, body)
	}
}

func TestBadStatusIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, address := b.addresses()
	before := len(b.incidents.waitStatuses(t, 2))
	for _, test := range []struct {
		name string
		form url.Values
		want int
	}{
		{"no status", b.form(), 400},
		{"nothing", url.Values{"AccountSid": {b.fake.AccountSID()}}, 400},
		{"a status of the future", b.form("CallStatus", "teleported"), 204},
		{"empty answer", b.form("CallStatus", "completed"), 204},
	} {
		if status, body := b.post(address, test.form); status != test.want {
			t.Errorf("%s: %d %s", test.name, status, body)
		}
	}
	if words := b.incidents.waitStatuses(t, before+1); len(words) != before+1 || words[before].Status != incident.CallCompleted {
		t.Errorf("%+v", words)
	}
}

func TestReplies(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	address := b.public + "/twilio/sms"
	write := func(from, body, sid string) (int, string) {
		t.Helper()
		return b.post(address, url.Values{"AccountSid": {b.fake.AccountSID()}, "From": {from}, "To": {ours}, "Body": {body}, "MessageSid": {sid}})
	}
	if status, body := write(anaPhone, "12a", "SM1"); status != 200 || !strings.Contains(body, "<Message>INC-1 is acknowledged.</Message>") {
		t.Errorf("%d %s", status, body)
	}
	b.incidents.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
		return contract.Receipt{}, &incident.Refusal{What: "INC-7 is closed", Hint: "declare a new one <if> it is back"}
	}
	if status, body := write(benPhone, "INC-7 e", "SM2"); status != 200 ||
		!strings.Contains(body, "<Message>INC-7 is closed. Declare a new one &lt;if&gt; it is back.</Message>") {
		t.Errorf("%d %s", status, body)
	}
	b.incidents.act = func(contract.Verb, contract.Act) (contract.Receipt, error) {
		return contract.Receipt{}, fmt.Errorf("away")
	}
	if _, body := write(anaPhone, "12e", "SM3"); !strings.Contains(body, "could not be recorded") {
		t.Errorf("%s", body)
	}
	want := []done{
		{Verb: contract.VerbAck, Act: contract.Act{ID: "SM1", Key: "INC-12", By: incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorSMS, Verified: true}}},
		{Verb: contract.VerbEscalate, Act: contract.Act{ID: "SM2", Key: "INC-7", By: incident.Actor{Person: "ben", Name: "Ben", Door: incident.DoorSMS, Verified: true}}},
		{Verb: contract.VerbEscalate, Act: contract.Act{ID: "SM3", Key: "INC-12", By: incident.Actor{Person: "ana", Name: "Ana", Door: incident.DoorSMS, Verified: true}}},
	}
	if diff := cmp.Diff(want, b.incidents.done()); diff != "" {
		t.Error(diff)
	}

	for name, message := range map[string][2]string{
		"a stranger":  {"+12025550100", "12a"},
		"unsubscribe": {anaPhone, "STOP"},
	} {
		if status, body := write(message[0], message[1], "SM4"); status != http.StatusNoContent || body != "" {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, _ := write(anaPhone, "12a", ""); status != http.StatusBadRequest {
		t.Errorf("no message: %d", status)
	}
	if len(b.incidents.done()) != 3 {
		t.Errorf("%+v", b.incidents.done())
	}
}

func TestChatterIsAnsweredFiveTimes(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.client.Text(t.Context(), b.message("ana", "INC-1: reply 1a")); err != nil {
		t.Fatal(err)
	}
	answered := func() int {
		n := 0
		for range 8 {
			replies, err := b.fake.Reply(t.Context(), anaPhone, "I am driving, back in 5")
			if err != nil {
				t.Fatal(err)
			}
			n += len(replies)
		}
		return n
	}
	if got := answered(); got != 5 {
		t.Errorf("answered %d times", got)
	}
	if replies, err := b.fake.Reply(t.Context(), anaPhone, "1a"); err != nil || len(replies) != 1 {
		t.Errorf("a command is answered %q, %v", replies, err)
	}
	if got := answered(); got != 5 {
		t.Errorf("after a command answered %d times", got)
	}
}

func TestRepeatedMessageIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := faketwilio.Incoming{From: anaPhone, To: ours, Body: "1a", SID: "SM77", Token: "t1"}
	for range 2 {
		replies, err := b.fake.Receive(t.Context(), in)
		if err != nil || len(replies) != 1 {
			t.Fatalf("%q, %v", replies, err)
		}
	}
	if n := len(b.incidents.done()); n != 1 {
		t.Errorf("%d acts", n)
	}
}
