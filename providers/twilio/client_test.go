package twilio_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// The port that the telephone fills.
var _ interface {
	Call(ctx context.Context, req contract.CallRequest) (contract.CallResult, error)
	HangUp(ctx context.Context, req contract.HangUpRequest) error
	Text(ctx context.Context, req contract.TextRequest) (contract.TextResult, error)
} = (*twilio.Client)(nil)

func TestConfigurationIsCheckedAtOnce(t *testing.T) {
	t.Parallel()
	good := func() twilio.Config {
		return twilio.Config{
			AccountSID: faketwilio.DefaultAccountSID, AuthToken: faketwilio.DefaultAuthToken, From: ours,
			PublicURL: "https://pager.example.com/muster/", Secret: secret, People: roster(),
		}
	}
	if _, err := twilio.New(good()); err != nil {
		t.Errorf("a good configuration is refused: %v", err)
	}
	for _, test := range []struct {
		name   string
		change func(*twilio.Config)
		want   string
	}{
		{"account", func(c *twilio.Config) { c.AccountSID = "SK1" }, "account sid"},
		{"token", func(c *twilio.Config) { c.AuthToken = "abc\n" }, "auth token"},
		{"number", func(c *twilio.Config) { c.From = "555" }, "E.164"},
		{"people", func(c *twilio.Config) { c.People = nil }, "people of the roster"},
		{"base", func(c *twilio.Config) { c.BaseURL = "localhost:1" }, "base url"},
		{"public", func(c *twilio.Config) { c.PublicURL = "https://x.example/?a=b" }, "public url"},
		{"secret", func(c *twilio.Config) { c.Secret = []byte("short") }, "secret"},
		{"same keys", func(c *twilio.Config) { c.Keys = twilio.Keys{Ack: "1", Escalate: "1", Repeat: "3", Quiet: "9"} }, "keys"},
		{"no key", func(c *twilio.Config) { c.Keys = twilio.Keys{Ack: "1"} }, "keys"},
	} {
		config := good()
		test.change(&config)
		if _, err := twilio.New(config); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	_, err := twilio.New(twilio.Config{})
	if err == nil || strings.Count(err.Error(), "\n") != 3 {
		t.Errorf("an empty configuration has four problems, not: %v", err)
	}
}

func TestCallAsksForEverything(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	req := b.attempt("ana", 1)
	req.Ring = 17500 * time.Millisecond
	result, err := b.client.Call(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	form := b.wait(result.Provider, ringing).Form
	if result.Silent || form.Get("Twiml") != "" || form.Get("To") != anaPhone || form.Get("From") != ours || form.Get("Timeout") != "18" {
		t.Errorf("result %+v, form %v", result, form)
	}
	if diff := cmp.Diff([]string{"initiated", "ringing", "answered", "completed"}, form["StatusCallbackEvent"]); diff != "" {
		t.Error(diff)
	}
	for key, path := range map[string]string{"Url": "/twilio/voice?t=", "StatusCallback": "/twilio/status?t="} {
		if !strings.HasPrefix(form.Get(key), b.public+path) {
			t.Errorf("%s is %s", key, form.Get(key))
		}
	}
}

func TestRingIsBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, test := range []struct {
		ring time.Duration
		want string
	}{{0, "25"}, {time.Second, "5"}, {20 * time.Second, "20"}, {time.Hour, "600"}} {
		req := b.attempt("ana", 1)
		req.Ring = test.ring
		result, err := b.client.Call(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		call := b.wait(result.Provider, func(faketwilio.Call) bool { return true })
		if got := call.Form.Get("Timeout"); got != test.want {
			t.Errorf("%s rings %s s, want %s", test.ring, got, test.want)
		}
	}
}

func TestWithoutPublicAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(c *twilio.Config) { c.PublicURL, c.Secret = "", nil })
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Answers})
	req := b.attempt("ana", 1)
	req.Say = strings.Repeat("<b>alert</b> & more ", 400)
	result, err := b.client.Call(t.Context(), req)
	if err != nil || !result.Silent {
		t.Fatalf("%+v, %v", result, err)
	}
	call := b.wait(result.Provider, over)
	heard := strings.Join(call.Heard, "|")
	if call.URL != "" || call.Form.Get("StatusCallback") != "" || strings.Contains(call.TwiML, "Gather") ||
		len(call.Heard) != 4 || !strings.Contains(heard, "muster ack INC-1") || !strings.Contains(heard, "<b>alert</b> & more") {
		t.Errorf("%+v", call)
	}
	if len([]rune(call.TwiML)) > 4000 {
		t.Errorf("inline TwiML has %d characters", len([]rune(call.TwiML)))
	}
	followed, err := b.client.Follow(t.Context(), result.Provider)
	if err != nil || followed.Status != incident.CallCompleted {
		t.Errorf("look: %q, %v", followed.Status, err)
	}
	sent, err := b.client.Text(t.Context(), b.message("ana", "INC-1 needs you"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range b.fake.Messages() {
		if m.Form.Has("StatusCallback") {
			t.Error("a message has a callback that cannot come")
		}
	}
	if followed, err = b.client.Follow(t.Context(), sent.Provider); err != nil || followed.Status == incident.CallPlanned {
		t.Errorf("look at a message: %q, %v", followed.Status, err)
	}
	response, err := http.PostForm(b.public+"/twilio/voice", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil || response.StatusCode != http.StatusNotFound {
		t.Errorf("webhook without a public address: %d, %v", response.StatusCode, err)
	}
}

func TestNobodyToCall(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for person, want := range map[string]string{"cleo": "no telephone number", "dora": "is not a telephone number", "eve": "nobody of that name"} {
		req := b.attempt("ana", 1)
		req.Person = oncall.PersonID(person)
		_, err := b.client.Call(t.Context(), req)
		if !contract.IsRefused(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("call %s: %v", person, err)
		}
		text := b.message(oncall.PersonID(person), "x")
		if _, err = b.client.Text(t.Context(), text); !contract.IsRefused(err) || !strings.Contains(err.Error(), want) {
			t.Errorf("text %s: %v", person, err)
		}
	}
	if n := len(b.fake.Requests()); n != 0 {
		t.Errorf("%d requests were made", n)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, test := range []struct {
		name     string
		text     string
		validity time.Duration
		body     string
		seconds  string
	}{
		{"short", "INC-1 SEV1 payments. Reply 1a", 5 * time.Minute, "INC-1 SEV1 payments. Reply 1a", "300"},
		{"no validity", "INC-1", 0, "INC-1", ""},
		{"long validity", "INC-1", 48 * time.Hour, "INC-1", "36000"},
		{"fraction", "INC-1", 1500 * time.Millisecond, "INC-1", "2"},
		{"too long, reference early", "INC-1 " + strings.Repeat("ä", 1700), time.Minute, "INC-1 " + strings.Repeat("ä", 1593) + "…", "60"},
		{"too long, reference late", strings.Repeat("ä", 1700) + " INC-1", time.Minute, strings.Repeat("ä", 1593) + "… INC-1", "60"},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := b.message("ana", test.text)
			req.Validity = test.validity
			result, err := b.client.Text(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range b.fake.Messages() {
				if m.SID != result.Provider {
					continue
				}
				if m.Body != test.body || m.Form.Get("ValidityPeriod") != test.seconds || m.Form.Get("SmartEncoded") != "true" {
					t.Errorf("form %v", m.Form)
				}
			}
		})
	}
}

func TestHangUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	hangUp := func(sid string) {
		t.Helper()
		if err := b.client.HangUp(t.Context(), contract.HangUpRequest{Provider: sid}); err != nil {
			t.Errorf("hang up: %v", err)
		}
	}
	rings := b.call(ringing).SID
	hangUp(rings)
	if c := b.wait(rings, over); c.Status != faketwilio.Canceled {
		t.Errorf("a ringing call is %s", c.Status)
	}
	hangUp(rings)

	talks := b.call(ringing).SID
	if err := b.fake.Answer(talks); err != nil {
		t.Fatal(err)
	}
	hangUp(talks)
	if c := b.wait(talks, over); c.Status != faketwilio.Completed {
		t.Errorf("an answered call is %s", c.Status)
	}

	err := b.client.HangUp(t.Context(), contract.HangUpRequest{Provider: "SM1"})
	if !contract.IsRefused(err) {
		t.Errorf("hang up a message: %v", err)
	}
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.HTML, Times: 1})
	if err := b.client.HangUp(t.Context(), contract.HangUpRequest{Provider: talks}); err == nil || contract.IsRefused(err) {
		t.Errorf("hang up while Twilio is away: %v", err)
	}
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	later := func(after time.Duration) func(error) bool {
		return func(err error) bool {
			var l *contract.Later
			return errors.As(err, &l) && l.After == after
		}
	}
	refused := func(installation bool) func(error) bool {
		return func(err error) bool {
			var r *contract.Refused
			return errors.As(err, &r) && r.Installation == installation && r.Hint != ""
		}
	}
	plain := func(err error) bool {
		return err != nil && !contract.IsRefused(err) && !errors.As(err, new(*contract.Later))
	}
	tests := []struct {
		name  string
		fault faketwilio.Fault
		want  func(error) bool
	}{
		{"429", faketwilio.Fault{Kind: faketwilio.TooMany}, later(2 * time.Second)},
		{"429 with Retry-After", faketwilio.Fault{Kind: faketwilio.TooMany, RetryAfter: 9 * time.Second}, later(9 * time.Second)},
		{"503 JSON", faketwilio.Fault{Kind: faketwilio.Unavailable}, later(5 * time.Second)},
		{"10004", faketwilio.Fault{Kind: faketwilio.Refuse, Code: 10004}, later(5 * time.Second)},
		{"21611", faketwilio.Fault{Kind: faketwilio.Refuse, Code: 21611}, later(20 * time.Second)},
		{"500", faketwilio.Fault{Kind: faketwilio.Broken}, plain},
		{"HTML", faketwilio.Fault{Kind: faketwilio.HTML}, plain},
		{"dropped", faketwilio.Fault{Kind: faketwilio.Drop}, plain},
		{"revoked", faketwilio.Fault{Kind: faketwilio.Revoked}, refused(true)},
		{"unknown code, 400", faketwilio.Fault{Kind: faketwilio.Refuse, Code: 29999}, refused(false)},
		{"unknown code, 403", faketwilio.Fault{Kind: faketwilio.Refuse, Code: 29999, Status: 403}, refused(true)},
		{"unknown code, 429", faketwilio.Fault{Kind: faketwilio.Refuse, Code: 29999, Status: 429}, later(2 * time.Second)},
		{"unknown code, 502", faketwilio.Fault{Kind: faketwilio.Refuse, Code: 29999, Status: 502}, plain},
	}
	for _, code := range []int{21211, 21214, 21217, 21401, 21421, 21604, 21610, 21612, 21614, 13225, 30004, 30005, 30006, 30003, 21205, 21609, 21602, 21617, 12100, 12300} {
		tests = append(tests, struct {
			name  string
			fault faketwilio.Fault
			want  func(error) bool
		}{fmt.Sprint(code), faketwilio.Fault{Kind: faketwilio.Refuse, Code: code}, refused(false)})
	}
	for _, code := range []int{20003, 20005, 10001, 21210, 21212, 21219, 21608, 21215, 21408, 13227, 21606, 21703, 21704, 21705, 30002, 30007, 30018, 30032, 30034} {
		tests = append(tests, struct {
			name  string
			fault faketwilio.Fault
			want  func(error) bool
		}{fmt.Sprint(code), faketwilio.Fault{Kind: faketwilio.Refuse, Code: code}, refused(true)})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.fake.Break(test.fault)
			_, called := b.client.Call(t.Context(), b.attempt("ana", 1))
			_, texted := b.client.Text(t.Context(), b.message("ana", "INC-1"))
			for _, err := range []error{called, texted} {
				if !test.want(err) {
					t.Errorf("%T: %v", err, err)
				}
				if err != nil && (strings.Contains(err.Error(), b.fake.AuthToken()) || !strings.Contains(err.Error(), "Ana")) {
					t.Errorf("the error names the token, or not what was done: %v", err)
				}
			}
			if n := len(b.fake.Calls()); n != 0 {
				t.Errorf("%d calls placed", n)
			}
		})
	}
}

func TestRetryAfterAsDate(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", b.clock.now().Add(30*time.Second).UTC().Format(http.TimeFormat))
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	client := b.newClient(func(c *twilio.Config) { c.BaseURL = server.URL })
	_, err := client.Call(t.Context(), b.attempt("ana", 1))
	var l *contract.Later
	if !errors.As(err, &l) || l.After < 25*time.Second || l.After > 31*time.Second {
		t.Errorf("%v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	client := b.newClient(func(c *twilio.Config) { c.BaseURL = gone.URL })
	req := b.attempt("ana", 1)
	if _, err := client.Call(t.Context(), req); err == nil || contract.IsRefused(err) {
		t.Errorf("%v", err)
	}
	// What never left this machine is not in doubt: the repetition does not wait for a list to settle.
	req.Again = true
	_, err := client.Call(t.Context(), req)
	if errors.As(err, new(*contract.Later)) {
		t.Errorf("a request that was never sent is in doubt: %v", err)
	}
}

func TestContextEndsARequest(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.Slow, Delay: time.Hour})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := b.client.Call(ctx, b.attempt("ana", 1))
	if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) > 5*time.Second {
		t.Errorf("%v after %s", err, time.Since(start))
	}
}

func TestEnvironmentDoesNotChangeTheHost(t *testing.T) {
	t.Setenv("TWILIO_EDGE", "sydney")
	t.Setenv("TWILIO_REGION", "au1")
	var host string
	client, err := twilio.New(twilio.Config{
		AccountSID: faketwilio.DefaultAccountSID, AuthToken: faketwilio.DefaultAuthToken, From: ours, People: roster(),
		Transport: transport(func(r *http.Request) (*http.Response, error) {
			host = r.URL.Scheme + "://" + r.URL.Host
			return nil, errors.New("no network here")
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Call(t.Context(), contract.CallRequest{Person: "ana"}); err == nil {
		t.Error("a call was placed")
	}
	if host != "https://api.twilio.com" {
		t.Errorf("the request went to %s", host)
	}
}

type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
