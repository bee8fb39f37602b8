// Package faketwilio is a telephone company in a process: a stateful HTTP
// server that speaks the part of Twilio's wire that this project uses, lets
// simulated telephones ring, answer and press keys, and posts signed webhooks
// back. Tests drive it step by step; the demo lets it run by itself.
//
// It knows only Twilio's published behaviour. It knows nothing of incidents,
// and it never reaches the real service.
package faketwilio

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

// DefaultAccountSID and DefaultAuthToken are the credentials of a Server whose
// Options name none.
const (
	DefaultAccountSID = "AC00000000000000000000000000000001"
	DefaultAuthToken  = "f00dfeedf00dfeedf00dfeedf00dfeed"
)

// webhookTimeout is how long Twilio waits for the answer to a webhook
// (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
const webhookTimeout = 15 * time.Second

// maxRequestBody bounds what a client may post; the largest legal request is a
// few kilobytes.
const maxRequestBody = 1 << 20

// Options configure a Server. The zero value works.
type Options struct {
	// AccountSID and AuthToken are the account's credentials; the token also
	// signs the webhooks.
	AccountSID string
	AuthToken  string
	// Now is the clock of all timestamps; nil means time.Now.
	Now func() time.Time
	// Speed divides all simulated waiting: ringing, thinking, pauses. Zero
	// means 1, real time. Timeouts of webhooks are not simulated and stay.
	Speed float64
	// CallsASecond is how many calls the account may dial in a second of
	// simulated time, the others wait in its queue, as status "queued"
	// (https://www.twilio.com/docs/voice/api/call-resource: one by default). Zero
	// means any number.
	CallsASecond float64
	// OnEvent hears everything that happens, one event at a time and in order,
	// on a goroutine of its own. It must not call Close.
	OnEvent func(Event)
	// HTTPClient sends the webhooks; nil means a client of the server's own.
	HTTPClient *http.Client
	// PublicOnly refuses callback addresses that Twilio could not reach
	// (loopback, private networks, names without a dot), as the real service
	// does. It is off because tests and the demo live on loopback.
	PublicOnly bool
}

// Server is the simulated service. Create it with New, serve it with net/http,
// end it with Close. All methods may be called concurrently.
type Server struct {
	opts   Options
	client *http.Client
	owned  bool // The HTTP client is ours, so Close drops its connections.
	mux    *http.ServeMux

	ctx    context.Context // Ends at Close.
	cancel context.CancelFunc
	group  sync.WaitGroup
	events *eventQueue
	queue  chan struct{} // A place for the one call that may be dialled next; nil means all of them.

	mu       sync.Mutex // Guards everything below.
	closed   bool
	token    string
	calls    []*call
	messages []*message
	phones   map[string]Behaviour
	account  AccountState
	numbers  map[string]OwnNumber
	optedOut map[string]bool // "to from" pairs that sent STOP.
	faults   []*Fault
	requests []Request
	delivery Delivery
	changed  chan struct{} // Closed and replaced at every change of state.
}

// New starts a Server. The caller serves it (it is an http.Handler) and calls
// Close when done.
func New(opts Options) *Server {
	if opts.AccountSID == "" {
		opts.AccountSID = DefaultAccountSID
	}
	if opts.AuthToken == "" {
		opts.AuthToken = DefaultAuthToken
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Speed <= 0 {
		opts.Speed = 1
	}
	s := &Server{
		opts:     opts,
		client:   opts.HTTPClient,
		token:    opts.AuthToken,
		phones:   map[string]Behaviour{},
		numbers:  map[string]OwnNumber{},
		optedOut: map[string]bool{},
		changed:  make(chan struct{}),
		events:   newEventQueue(opts.OnEvent),
	}
	if s.client == nil {
		s.owned = true
		s.client = &http.Client{Transport: &http.Transport{Proxy: nil, MaxIdleConnsPerHost: 16}}
	}
	if opts.CallsASecond > 0 {
		s.queue = make(chan struct{}, 1)
		s.queue <- struct{}{}
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.routes()
	return s
}

// AccountSID is the account that requests must name.
func (s *Server) AccountSID() string { return s.opts.AccountSID }

// AuthToken is the token that authenticates requests and signs webhooks now.
func (s *Server) AuthToken() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.token
}

// Rotate replaces the account's auth token. From now on requests with the old
// one are refused and webhooks are signed with the new one.
func (s *Server) Rotate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.token = token
}

// Number declares a telephone number of the account and where its incoming
// messages are posted ("" for nowhere). As soon as one number is declared,
// requests from any other are refused, as Twilio does.
func (s *Server) Number(number, messageURL string) {
	s.Own(number, OwnNumber{MessageURL: messageURL})
}

// Close ends every call where it stands, delivers no further webhook and
// returns when all goroutines have ended, those of OnCall and OnMessage too.
// Requests after it are answered 503.
func (s *Server) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cancel()
	s.group.Wait()
	s.events.close()
	if s.owned {
		s.client.CloseIdleConnections()
	}
}

func (s *Server) routes() {
	const account = "/2010-04-01/Accounts/{account}"
	s.mux = http.NewServeMux()
	handle := func(pattern string, op Operation, h func(*http.Request) reply) {
		s.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, op, h) })
	}
	handle("POST "+account+"/Calls.json", CreateCall, s.createCall)
	handle("GET "+account+"/Calls.json", ListCalls, s.listCalls)
	handle("GET "+account+"/Calls/{sid}", FetchCall, s.fetchCall)
	handle("POST "+account+"/Calls/{sid}", UpdateCall, s.updateCall)
	handle("POST "+account+"/Messages.json", CreateMessage, s.createMessage)
	handle("GET "+account+"/Messages.json", ListMessages, s.listMessages)
	handle("GET "+account+"/Messages/{sid}", FetchMessage, s.fetchMessage)
	handle("GET /2010-04-01/Accounts/{sid}", FetchAccount, s.fetchAccount)
	handle("GET "+account+"/IncomingPhoneNumbers.json", ListNumbers, s.listNumbers)
	handle("/", "", func(r *http.Request) reply {
		return refusal(http.StatusNotFound, 20404, "The requested resource "+r.URL.Path+" was not found")
	})
}

// ServeHTTP answers one request of the REST API. A fault that drops the
// connection panics with http.ErrAbortHandler, which net/http understands.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// serve reads, authenticates, records and answers one request, and applies the
// fault that waits for it, if any.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, op Operation, h func(*http.Request) reply) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		http.Error(w, "read request: "+err.Error(), http.StatusBadRequest)
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if err := r.ParseForm(); err != nil {
		s.answer(w, r, op, nil, refusal(http.StatusBadRequest, 20001, "The request is not a form: "+err.Error()))
		return
	}
	fault := s.takeFault(op, r)
	if fault == nil {
		s.answer(w, r, op, nil, s.process(r, op, h))
		return
	}
	var done reply
	if fault.AfterWork {
		done = s.process(r, op, h)
	}
	if fault.Kind == Slow {
		if !s.sleep(r.Context(), fault.Delay) {
			s.record(r, op, fault, 0)
			panic(http.ErrAbortHandler)
		}
		if !fault.AfterWork {
			done = s.process(r, op, h)
		}
		s.answer(w, r, op, fault, done)
		return
	}
	s.answer(w, r, op, fault, fault.reply())
}

// process authenticates a request and does its work.
func (s *Server) process(r *http.Request, op Operation, h func(*http.Request) reply) reply {
	s.mu.Lock()
	closed, token := s.closed, s.token
	s.mu.Unlock()
	if closed {
		return refusal(http.StatusServiceUnavailable, 20503, "Service is shutting down")
	}
	user, password, ok := r.BasicAuth()
	same := subtle.ConstantTimeCompare([]byte(user+":"+password), []byte(s.opts.AccountSID+":"+token)) == 1
	if account := r.PathValue("account"); !ok || !same || (account != "" && account != s.opts.AccountSID) {
		return refusal(http.StatusUnauthorized, 20003, "Authenticate")
	}
	if refused := s.inactive(op); refused != nil {
		return *refused
	}
	return h(r)
}

// answer writes the reply and the request's line in the log.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, op Operation, fault *Fault, a reply) {
	s.record(r, op, fault, a.status)
	if a.status == 0 {
		panic(http.ErrAbortHandler)
	}
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.Header().Set("Date", s.now().Format(http.TimeFormat))
	w.WriteHeader(a.status)
	// A client that has gone away is its own business: the work stands.
	_, _ = w.Write(a.body)
}

// sleep waits a simulated duration; false means that ctx or the server ended.
func (s *Server) sleep(ctx context.Context, d time.Duration) bool {
	timer, stop := s.timer(d)
	defer stop()
	select {
	case <-timer:
		return ctx.Err() == nil && s.ctx.Err() == nil
	case <-ctx.Done():
		return false
	case <-s.ctx.Done():
		return false
	}
}

// timer fires after a simulated duration, divided by the configured speed.
func (s *Server) timer(d time.Duration) (<-chan time.Time, func()) {
	t := time.NewTimer(time.Duration(float64(max(d, 0)) / s.opts.Speed))
	return t.C, func() { t.Stop() }
}

// now is the server's clock in UTC.
func (s *Server) now() time.Time { return s.opts.Now().UTC() }

// announce tells waiters and listeners of a change. The caller holds s.mu.
func (s *Server) announce(e Event) {
	e.At = s.now()
	s.events.add(e)
	s.wake()
}

// wake lets every waiter look again. The caller holds s.mu.
func (s *Server) wake() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// start runs f on a goroutine that Close waits for; false means that the
// server has closed and f does not run. The caller must not hold s.mu.
func (s *Server) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.group.Go(f)
	return true
}

// newSID makes an identifier in Twilio's form: two letters and 32 hex digits.
func newSID(prefix string) string {
	var b [16]byte
	// crypto/rand.Read never returns an error.
	_, _ = rand.Read(b[:])
	return prefix + hex.EncodeToString(b[:])
}

// pathSID is the identifier in a resource's path, without ".json".
func pathSID(r *http.Request) string { return strings.TrimSuffix(r.PathValue("sid"), ".json") }

func notFound(r *http.Request) reply {
	return refusal(http.StatusNotFound, 20404, fmt.Sprintf("The requested resource %s was not found", r.URL.Path))
}
