package faketwilio_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	twilio "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

const (
	ours = "+15005550006"
	ana  = "+4915112345678"
	ben  = "+4915187654321"
)

// toServer sends what is meant for Twilio to the fake.
type toServer struct{ host string }

func (t toServer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", t.host
	return http.DefaultTransport.RoundTrip(r)
}

// bench is a fake, a client of it and a customer's web server.
type bench struct {
	t      *testing.T
	fake   *faketwilio.Server
	client *api.ApiService
	hooks  *customer
	host   string
}

func newBench(t *testing.T, opts faketwilio.Options) *bench {
	t.Helper()
	fake := faketwilio.New(opts)
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	t.Cleanup(fake.Close)
	b := &bench{t: t, fake: fake, host: strings.TrimPrefix(server.URL, "http://"), hooks: newCustomer(t, fake)}
	b.client = b.as(fake.AccountSID(), fake.AuthToken())
	return b
}

func (b *bench) as(account, token string) *api.ApiService {
	c := &twilio.Client{
		Credentials: twilio.NewCredentials(account, token),
		HTTPClient:  &http.Client{Transport: toServer{b.host}, Timeout: 10 * time.Second},
	}
	c.SetAccountSid(account)
	return api.NewApiServiceWithClient(c)
}

// place creates a call to a number whose instructions are on the customer's
// server.
func (b *bench) place(to string, change ...func(*api.CreateCallParams)) *api.ApiV2010Call {
	b.t.Helper()
	params := (&api.CreateCallParams{}).SetTo(to).SetFrom(ours).SetUrl(b.hooks.url + "/voice").SetTimeout(20).
		SetStatusCallback(b.hooks.url + "/status").
		SetStatusCallbackEvent([]string{"initiated", "ringing", "answered", "completed"})
	for _, f := range change {
		f(params)
	}
	made, err := b.client.CreateCall(params)
	if err != nil {
		b.t.Fatalf("create call: %v", err)
	}
	return made
}

func (b *bench) wait(sid string, match func(faketwilio.Call) bool) faketwilio.Call {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.t.Context(), 10*time.Second)
	defer cancel()
	call, err := b.fake.WaitCall(ctx, func(c faketwilio.Call) bool { return c.SID == sid && match(c) })
	if err != nil {
		b.t.Fatal(err)
	}
	return call
}

func over(c faketwilio.Call) bool { return c.Status.Over() }

// customer is a web server that answers webhooks and checks their signatures.
type customer struct {
	url  string
	mu   sync.Mutex
	seen []hook
	more chan struct{}
	say  map[string]func(url.Values) string // Path → TwiML.
	fail int                                // So many requests are answered 500 first.
}

type hook struct {
	path   string
	params url.Values
	token  string
}

func newCustomer(t *testing.T, fake *faketwilio.Server) *customer {
	t.Helper()
	c := &customer{more: make(chan struct{}, 1000), say: map[string]func(url.Values) string{}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read webhook: %v", err)
		}
		validator := twilio.NewRequestValidator(fake.AuthToken())
		if r.Method == http.MethodPost &&
			!validator.ValidateBody(c.url+r.URL.RequestURI(), body, r.Header.Get("X-Twilio-Signature")) {
			t.Errorf("%s: Twilio's own validator refuses the signature", r.URL)
		}
		params, err := url.ParseQuery(string(body))
		if err != nil {
			t.Errorf("parse webhook: %v", err)
		}
		if r.Method == http.MethodGet {
			params = r.URL.Query()
		}
		c.mu.Lock()
		c.seen = append(c.seen, hook{r.URL.Path, params, r.Header.Get("I-Twilio-Idempotency-Token")})
		fail := c.fail > 0
		c.fail--
		say := c.say[r.URL.Path]
		c.mu.Unlock()
		c.more <- struct{}{}
		switch {
		case fail:
			w.WriteHeader(http.StatusInternalServerError)
		case say == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "text/xml")
			if _, err := fmt.Fprint(w, say(params)); err != nil {
				t.Errorf("answer webhook: %v", err)
			}
		}
	}))
	t.Cleanup(server.Close)
	c.url = server.URL
	return c
}

func (c *customer) answers(path string, say func(url.Values) string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.say[path] = say
}

// wait returns what one field was in the first n webhooks to a path.
func (c *customer) wait(t *testing.T, path, field string, n int) []string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		var got []string
		c.mu.Lock()
		for _, h := range c.seen {
			if h.path == path {
				got = append(got, h.params.Get(field))
			}
		}
		c.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-c.more:
		case <-deadline:
			t.Fatalf("%s: %d of %d webhooks came: %v", path, len(got), n, got)
		}
	}
}

func twiml(verbs string) func(url.Values) string {
	return func(url.Values) string { return `<?xml version="1.0"?><Response>` + verbs + `</Response>` }
}

func code(t *testing.T, err error) int {
	t.Helper()
	var rest *twilio.TwilioRestError
	if !errors.As(err, &rest) {
		t.Fatalf("want an error of Twilio, got %v", err)
	}
	if rest.MoreInfo != fmt.Sprintf("https://www.twilio.com/docs/errors/%d", rest.Code) || rest.Message == "" {
		t.Errorf("incomplete error: %+v", rest)
	}
	return rest.Code
}

func TestCallIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{PublicOnly: true})
	b.fake.Number(ours, "")
	ok := func() *api.CreateCallParams {
		return (&api.CreateCallParams{}).SetTo(ana).SetFrom(ours).SetUrl("https://pager.example.com/voice")
	}
	for _, test := range []struct {
		name   string
		params *api.CreateCallParams
		code   int
	}{
		{"no number", (&api.CreateCallParams{}).SetFrom(ours).SetUrl("https://pager.example.com/"), 21201},
		{"no caller", (&api.CreateCallParams{}).SetTo(ana).SetUrl("https://pager.example.com/"), 21213},
		{"bad number", ok().SetTo("0151 123"), 21211},
		{"to itself", ok().SetTo(ours), 21211},
		{"bad caller", ok().SetFrom("MUSTER"), 21212},
		{"somebody else's caller", ok().SetFrom(ben), 21210},
		{"relative url", ok().SetUrl("/voice"), 21205},
		{"loopback url", ok().SetUrl("http://127.0.0.1:8080/voice"), 21205},
		{"private url", ok().SetUrl("http://10.1.2.3/voice"), 21205},
		{"no dot", ok().SetUrl("http://localhost/voice"), 21205},
		{"underscore", ok().SetUrl("https://my_pager.example.com/voice"), 21205},
		{"no instructions", (&api.CreateCallParams{}).SetTo(ana).SetFrom(ours), 21205},
		{"bad callback", ok().SetStatusCallback("pager.example.com"), 21205},
		{"bad event", ok().SetStatusCallbackEvent([]string{"initiated ringing"}), 21626},
		{"bad method", ok().SetMethod("PUT"), 21206},
		{"rings too long", ok().SetTimeout(601), 20001},
		{"long twiml", (&api.CreateCallParams{}).SetTo(ana).SetFrom(ours).SetTwiml(strings.Repeat("x", 4001)), 20001},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := b.client.CreateCall(test.params)
			if got := code(t, err); got != test.code {
				t.Errorf("code %d, want %d", got, test.code)
			}
		})
	}
	if calls := b.fake.Calls(); len(calls) != 0 {
		t.Errorf("refused calls exist: %v", calls)
	}
	if _, err := b.client.CreateCall(ok()); err != nil {
		t.Errorf("a good call is refused: %v", err)
	}
}

func TestAuthentication(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	_, err := b.as(b.fake.AccountSID(), "wrong").FetchCall("CA1", nil)
	if got := code(t, err); got != 20003 {
		t.Errorf("wrong token: code %d", got)
	}
	other := strings.Replace(b.fake.AccountSID(), "1", "2", 1)
	_, err = b.client.FetchCall("CA1", (&api.FetchCallParams{}).SetPathAccountSid(other))
	if got := code(t, err); got != 20003 {
		t.Errorf("another account: code %d", got)
	}
	_, err = b.client.FetchCall("CA1", nil)
	if got := code(t, err); got != 20404 {
		t.Errorf("unknown call: code %d", got)
	}
	b.fake.Rotate("0123456789abcdef0123456789abcdef")
	_, err = b.client.FetchCall("CA1", nil)
	if got := code(t, err); got != 20003 {
		t.Errorf("old token: code %d", got)
	}
}

func TestMessageIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{PublicOnly: true})
	b.fake.Number(ours, "")
	ok := func() *api.CreateMessageParams {
		return (&api.CreateMessageParams{}).SetTo(ana).SetFrom(ours).SetBody("INC-1")
	}
	for _, test := range []struct {
		name   string
		params *api.CreateMessageParams
		code   int
	}{
		{"no number", (&api.CreateMessageParams{}).SetFrom(ours).SetBody("x"), 21604},
		{"no sender", (&api.CreateMessageParams{}).SetTo(ana).SetBody("x"), 21603},
		{"no body", (&api.CreateMessageParams{}).SetTo(ana).SetFrom(ours), 21602},
		{"long body", ok().SetBody(strings.Repeat("ü", 1601)), 21617},
		{"bad number", ok().SetTo("ana"), 21211},
		{"bad sender", ok().SetFrom("muster"), 21212},
		{"somebody else's sender", ok().SetFrom(ben), 21606},
		{"bad callback", ok().SetStatusCallback("http://localhost/sms"), 21609},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := b.client.CreateMessage(test.params)
			if got := code(t, err); got != test.code {
				t.Errorf("code %d, want %d", got, test.code)
			}
		})
	}
	if _, err := b.client.CreateMessage(ok().SetBody(strings.Repeat("ü", 1600))); err != nil {
		t.Errorf("1600 characters are refused: %v", err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		fault  faketwilio.Fault
		code   int // 0: not an error of Twilio's.
		placed int
		header string
	}{
		{name: "dropped before", fault: faketwilio.Fault{Kind: faketwilio.Drop}},
		{name: "dropped after", fault: faketwilio.Fault{Kind: faketwilio.Drop, AfterWork: true}, placed: 1},
		{name: "too many", fault: faketwilio.Fault{Kind: faketwilio.TooMany}, code: 20429},
		{name: "too many, later", fault: faketwilio.Fault{Kind: faketwilio.TooMany, RetryAfter: 3 * time.Second}, code: 20429, header: "3"},
		{name: "broken", fault: faketwilio.Fault{Kind: faketwilio.Broken, AfterWork: true}, code: 20500, placed: 1},
		{name: "unavailable", fault: faketwilio.Fault{Kind: faketwilio.Unavailable}, code: 20503},
		{name: "html", fault: faketwilio.Fault{Kind: faketwilio.HTML}},
		{name: "revoked", fault: faketwilio.Fault{Kind: faketwilio.Revoked}, code: 20003},
		{name: "refused", fault: faketwilio.Fault{Kind: faketwilio.Refuse, Code: 21215}, code: 21215},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, faketwilio.Options{})
			test.fault.Op, test.fault.Times, test.fault.Skip = faketwilio.CreateCall, 1, 1
			b.fake.Break(test.fault)
			b.place(ben)
			params := (&api.CreateCallParams{}).SetTo(ana).SetFrom(ours).SetTwiml("<Response/>")
			_, err := b.client.CreateCall(params)
			if err == nil {
				t.Fatal("the fault did not apply")
			}
			var rest *twilio.TwilioRestError
			if errors.As(err, &rest) != (test.code != 0) || (rest != nil && rest.Code != test.code) {
				t.Errorf("error %v, want code %d", err, test.code)
			}
			if placed := len(b.fake.Calls()) - 1; placed != test.placed {
				t.Errorf("%d calls placed, want %d", placed, test.placed)
			}
			if _, err := b.client.CreateCall(params); err != nil {
				t.Errorf("after the fault: %v", err)
			}
			log := b.fake.Requests()
			if len(log) != 3 || log[1].Fault != test.fault.Kind || log[1].Form.Get("To") != ana {
				t.Errorf("log: %+v", log)
			}
		})
	}
}

func TestRetryAfterHeaderAndMend(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.TooMany, RetryAfter: 7 * time.Second, To: ana})
	for range 3 {
		response, err := http.PostForm("http://"+b.host+"/2010-04-01/Accounts/x/Messages.json", url.Values{"To": {ana}})
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if got := response.Header.Get("Retry-After"); response.StatusCode != 429 || got != "7" {
			t.Errorf("status %d, Retry-After %q", response.StatusCode, got)
		}
	}
	b.place(ben)
	b.fake.Mend()
	b.place(ana)
}

func TestSlowIsLateButRight(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{Speed: 100})
	b.fake.Break(faketwilio.Fault{Kind: faketwilio.Slow, Delay: 5 * time.Second})
	start := time.Now()
	b.place(ana)
	if took := time.Since(start); took < 50*time.Millisecond {
		t.Errorf("took %s", took)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	b.fake.Phone(ben, faketwilio.Behaviour{Reaction: faketwilio.IsBusy})
	b.fake.Phone(ana, faketwilio.Behaviour{Queued: time.Hour})
	var toAna []string
	for range 5 {
		toAna = append([]string{*b.place(ana).Sid}, toAna...)
	}
	busy := *b.place(ben).Sid
	b.wait(busy, over)

	sids := func(params *api.ListCallParams) []string {
		t.Helper()
		calls, err := b.client.ListCall(params)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, c := range calls {
			got = append(got, *c.Sid)
		}
		return got
	}
	yesterday, tomorrow := time.Now().Add(-24*time.Hour), time.Now().Add(24*time.Hour)
	for _, test := range []struct {
		name   string
		params *api.ListCallParams
		want   []string
	}{
		{"newest first, page by page", (&api.ListCallParams{}).SetTo(ana).SetFrom(ours).SetPageSize(2), toAna},
		{"all", &api.ListCallParams{}, append([]string{busy}, toAna...)},
		{"by status", (&api.ListCallParams{}).SetStatus("busy"), []string{busy}},
		{"another caller", (&api.ListCallParams{}).SetFrom(ben), []string{}},
		{"a queued call has no start", (&api.ListCallParams{}).SetStartTimeAfter(yesterday), []string{busy}},
		{"started before", (&api.ListCallParams{}).SetStartTimeBefore(yesterday), []string{}},
		{"started on a day", (&api.ListCallParams{}).SetStartTime(time.Now().UTC()).SetEndTimeBefore(tomorrow), []string{busy}},
		{"limit", (&api.ListCallParams{}).SetTo(ana).SetLimit(3), toAna[:3]},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, sids(test.params)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestClosed(t *testing.T) {
	t.Parallel()
	b := newBench(t, faketwilio.Options{})
	sid := *b.place(ana).Sid
	b.fake.Close()
	if err := b.fake.Answer(sid); err == nil {
		t.Error("a call can be answered after Close")
	}
	_, err := b.client.CreateCall((&api.CreateCallParams{}).SetTo(ana).SetFrom(ours).SetTwiml("<Response/>"))
	if got := code(t, err); got != 20503 {
		t.Errorf("after Close: %v", err)
	}
}
