package twilio_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/twilio"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

const (
	ours     = "+15005550006"
	anaPhone = "+4915112345678"
	benPhone = "+4915187654321"
)

var secret = []byte("a secret that outlives restarts")

// people is a roster.
type people []oncall.Person

func (p people) Person(id oncall.PersonID) (oncall.Person, bool) {
	return p.find(func(one oncall.Person) bool { return one.ID == id })
}

func (p people) PersonByPhone(number string) (oncall.Person, bool) {
	return p.find(func(one oncall.Person) bool { return one.Phone == number })
}

func (p people) find(match func(oncall.Person) bool) (oncall.Person, bool) {
	n := slices.IndexFunc(p, match)
	if n < 0 {
		return oncall.Person{}, false
	}
	return p[n], true
}

func roster() people {
	return people{
		{ID: "ana", Name: "Ana", Phone: anaPhone},
		{ID: "ben", Name: "Ben", Phone: benPhone},
		{ID: "cleo", Name: "Cleo"},
		{ID: "dora", Name: "Dora", Phone: "0151 2345"},
	}
}

// incidents is a gateway with one incident behind it.
type incidents struct {
	mu       sync.Mutex
	brief    contract.Briefing
	briefErr error
	slow     int // So many briefings are not answered in time.
	act      func(verb contract.Verb, act contract.Act) (contract.Receipt, error)
	acts     []done
	statuses []contract.CallStatus
	refuse   int // So many status words are not taken.
	changed  chan struct{}
	joined   []contract.Callback
	joinErr  error
	atTheEnd *contract.Callback           // joins just before the call says that it ends
	briefs   map[string]contract.Briefing // by key, where they differ
}

type done struct {
	WorkflowID string
	Verb       contract.Verb
	Act        contract.Act
}

func (i *incidents) Brief(ctx context.Context, at contract.Callback) (contract.Briefing, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.slow > 0 {
		i.slow--
		return contract.Briefing{}, context.DeadlineExceeded
	}
	brief := i.brief
	if own, has := i.briefs[at.Key]; has {
		brief = own
	}
	brief.Attempt = at.Attempt == 1
	return brief, i.briefErr
}

// Companions lists whoever has joined the call, and its own attempt.
func (i *incidents) Companions(context.Context, oncall.PersonID, string) ([]contract.Callback, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.joined, i.joinErr
}

// Ending counts, and gives the same.
func (i *incidents) Ending(ctx context.Context, person oncall.PersonID, provider string) ([]contract.Callback, error) {
	i.mu.Lock()
	if i.atTheEnd != nil {
		i.joined, i.atTheEnd = append(i.joined, *i.atTheEnd), nil
	}
	i.mu.Unlock()
	return i.Companions(ctx, person, provider)
}

func (i *incidents) Act(_ context.Context, id string, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.acts = append(i.acts, done{id, verb, act})
	if i.act != nil {
		return i.act(verb, act)
	}
	return contract.Receipt{Text: "INC-1 is acknowledged"}, nil
}

func (i *incidents) CallStatus(_ context.Context, s contract.CallStatus) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.refuse > 0 {
		i.refuse--
		return context.DeadlineExceeded
	}
	i.statuses = append(i.statuses, s)
	select {
	case i.changed <- struct{}{}:
	default:
	}
	return nil
}

func (i *incidents) done() []done {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]done(nil), i.acts...)
}

// waitStatuses waits until so many status words have come.
func (i *incidents) waitStatuses(t *testing.T, n int) []contract.CallStatus {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		i.mu.Lock()
		got := append([]contract.CallStatus(nil), i.statuses...)
		i.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-i.changed:
		case <-deadline:
			t.Fatalf("%d of %d statuses came: %+v", len(got), n, got)
		}
	}
}

// bench is the telephone with the simulated Twilio on one side and a gateway on the other, over real HTTP.
type bench struct {
	t         *testing.T
	fake      *faketwilio.Server
	api       string // where the fake is
	public    string // where the gateway is
	incidents *incidents
	client    *twilio.Client
	clock     *clock
	log       *strings.Builder
	gateway   atomic.Pointer[http.Handler]
}

// clock is real time with an offset that tests turn.
type clock struct{ offset atomic.Int64 }

func (c *clock) now() time.Time          { return time.Now().Add(time.Duration(c.offset.Load())) }
func (c *clock) advance(d time.Duration) { c.offset.Add(int64(d)) }

// lockedWriter collects a log of several goroutines.
type lockedWriter struct {
	mu sync.Mutex
	to io.Writer
}

func (w *lockedWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.to.Write(p)
}

func newBench(t *testing.T, change ...func(*twilio.Config)) *bench {
	t.Helper()
	b := &bench{t: t, incidents: &incidents{changed: make(chan struct{}, 1)}, clock: &clock{}, log: &strings.Builder{}}
	b.incidents.brief = contract.Briefing{Say: "INC-1. Severity not set. Payments: error rate above 5 %"}
	gateway := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h := b.gateway.Load(); h != nil {
			(*h).ServeHTTP(w, r)
			return
		}
		http.NotFound(w, r)
	}))
	t.Cleanup(gateway.Close)
	b.public = gateway.URL
	b.fake = faketwilio.New(faketwilio.Options{Speed: 100})
	b.fake.Number(ours, gateway.URL+"/twilio/sms")
	api := httptest.NewServer(b.fake)
	t.Cleanup(api.Close)
	t.Cleanup(b.fake.Close)
	b.api = api.URL
	b.client = b.newClient(change...)
	h := b.client.Handler(b.incidents)
	b.gateway.Store(&h)
	return b
}

// newClient is a telephone of its own, as after a restart.
func (b *bench) newClient(change ...func(*twilio.Config)) *twilio.Client {
	b.t.Helper()
	config := twilio.Config{
		AccountSID: b.fake.AccountSID(), AuthToken: b.fake.AuthToken(), From: ours, PublicURL: b.public, Secret: secret,
		BaseURL: b.api, People: roster(), Now: b.clock.now,
		Log: slog.New(slog.NewTextHandler(&lockedWriter{to: b.log}, nil)),
	}
	for _, f := range change {
		f(&config)
	}
	client, err := twilio.New(config)
	if err != nil {
		b.t.Fatal(err)
	}
	return client
}

// attempt is the request for one call.
func (b *bench) attempt(person oncall.PersonID, number int) contract.CallRequest {
	return contract.CallRequest{
		Effect:   contract.Effect{Key: "i1/page/1/ana", Intended: b.clock.now()},
		Callback: contract.Callback{WorkflowID: "incident/abc", Key: "INC-1", Page: "i1/page/1/payments", Attempt: number},
		Person:   person, Say: "INC-1. Severity not set. Payments: error rate above 5 %", Ring: 20 * time.Second,
	}
}

func (b *bench) message(person oncall.PersonID, text string) contract.TextRequest {
	call := b.attempt(person, 2)
	return contract.TextRequest{
		Effect: call.Effect, Callback: call.Callback, Person: person, Text: text, Reference: "INC-1", Validity: 5 * time.Minute,
	}
}

// call places a call and returns it when match holds.
func (b *bench) call(match func(faketwilio.Call) bool) faketwilio.Call {
	b.t.Helper()
	result, err := b.client.Call(b.t.Context(), b.attempt("ana", 1))
	if err != nil {
		b.t.Fatal(err)
	}
	return b.wait(result.Provider, match)
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

func over(c faketwilio.Call) bool    { return c.Status.Over() }
func ringing(c faketwilio.Call) bool { return c.Status == faketwilio.Ringing }

// post sends a webhook as Twilio would, or as somebody who would like to be.
func (b *bench) post(address string, form url.Values, change ...func(*http.Request)) (int, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Twilio-Signature", faketwilio.Signature(b.fake.AuthToken(), address, form))
	for _, f := range change {
		f(r)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() {
		if err := response.Body.Close(); err != nil {
			b.t.Error(err)
		}
	}()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// addresses places a call and returns the addresses that Twilio was given, without connection overrides.
func (b *bench) addresses() (voice, status string) {
	b.t.Helper()
	b.fake.Phone(anaPhone, faketwilio.Behaviour{Reaction: faketwilio.Manual})
	call := b.call(ringing)
	voice, _, _ = strings.Cut(call.URL, "#")
	status, _, _ = strings.Cut(call.Form.Get("StatusCallback"), "#")
	return voice, status
}

func statuses(words []contract.CallStatus) []incident.CallStatus {
	var got []incident.CallStatus
	for _, w := range words {
		got = append(got, w.Status)
	}
	return got
}
