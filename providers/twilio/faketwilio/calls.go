package faketwilio

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// CallStatus is the state of a call
// (https://www.twilio.com/docs/voice/api/call-resource#call-status-values).
type CallStatus string

// The states of a call. The last five are final.
const (
	Queued     CallStatus = "queued"
	Ringing    CallStatus = "ringing"
	InProgress CallStatus = "in-progress"
	Completed  CallStatus = "completed"
	Busy       CallStatus = "busy"
	Failed     CallStatus = "failed"
	NoAnswer   CallStatus = "no-answer"
	Canceled   CallStatus = "canceled"
)

// Over says whether the state is final.
func (s CallStatus) Over() bool {
	switch s {
	case Completed, Busy, Failed, NoAnswer, Canceled:
		return true
	default:
		return false
	}
}

// The events that StatusCallbackEvent subscribes to.
const (
	eventInitiated = "initiated"
	eventRinging   = "ringing"
	eventAnswered  = "answered"
	eventCompleted = "completed"
)

// Call is a call as it stands at one moment.
type Call struct {
	SID, From, To string
	Status        CallStatus
	// Created is when the API accepted it, Started when it was dialed,
	// Answered and Ended speak for themselves; zero means not yet.
	Created, Updated, Started, Answered, Ended time.Time
	// RingTimeout is how long it may ring.
	RingTimeout time.Duration
	// URL and TwiML are where its instructions come from; one is empty.
	URL, TwiML string
	// AnsweredBy is "human" or "machine_start", only if detection was asked for.
	AnsweredBy string
	// Listening says that a Gather waits for a key.
	Listening bool
	// Heard is every sentence spoken to the telephone, Pressed every key sent.
	Heard   []string
	Pressed []string
	// Problems are what Twilio's debugger would show, as "11200: …".
	Problems []string
	// Form is the request that created it.
	Form url.Values
}

func (c *Call) queueTime() time.Duration {
	if c.Started.IsZero() {
		return 0
	}
	return c.Started.Sub(c.Created)
}

// call is a Call with what makes it live. The embedded Call is guarded by the
// server's mutex.
type call struct {
	Call
	behaviour Behaviour
	ctx       context.Context // Ends when the call or the server does.
	cancel    context.CancelFunc
	commands  chan command
	outbox    chan statusEvent // At most one entry for each of the four events.
	sequence  int
}

func (c *call) snapshot() Call {
	shot := c.Call
	shot.Heard = slices.Clone(c.Heard)
	shot.Pressed = slices.Clone(c.Pressed)
	shot.Problems = slices.Clone(c.Problems)
	return shot
}

const (
	defaultRing = 60 * time.Second
	longestRing = 600
	// longestTwiML is the limit of the Twiml parameter, in characters.
	longestTwiML = 4000
)

func (s *Server) createCall(r *http.Request) reply {
	form := r.PostForm
	if refused := s.checkCall(form); refused != nil {
		return *refused
	}
	ring := defaultRing
	if seconds, err := strconv.Atoi(form.Get("Timeout")); err == nil {
		ring = time.Duration(seconds) * time.Second
	}
	c := &call{
		Call: Call{
			SID: newSID("CA"), From: form.Get("From"), To: form.Get("To"), Status: Queued,
			RingTimeout: ring, URL: form.Get("Url"), TwiML: form.Get("Twiml"), Form: form,
		},
		commands: make(chan command),
		outbox:   make(chan statusEvent, 4),
	}
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	s.mu.Lock()
	c.Created, c.Updated = s.now(), s.now()
	c.behaviour = s.phones[c.To]
	s.calls = append(s.calls, c)
	shot := c.snapshot()
	s.announce(Event{Kind: CallQueued, Call: shot})
	s.mu.Unlock()
	s.start(func() { s.live(c) })
	s.start(func() { s.deliverStatus(c) })
	return jsonReply(http.StatusCreated, s.callResource(shot))
}

// checkCall is the validation of the create request, in the order in which the
// service reports problems.
func (s *Server) checkCall(form url.Values) *reply {
	to, from := form.Get("To"), form.Get("From")
	switch {
	case to == "":
		return badRequest(21201, "No 'To' number is specified")
	case from == "":
		return badRequest(21213, "Caller phone number is required")
	case !e164.MatchString(to) || to == from:
		return badRequest(21211, "The phone number you are attempting to call, %s, is not valid.", to)
	case !e164.MatchString(from):
		return badRequest(21212, "The source phone number provided, %s, is not valid.", from)
	case !s.owns(from, canCall):
		return badRequest(21210, "The source phone number provided, %s, is not yet verified for your account.", from)
	}
	if refused := s.checkInstructions(form); refused != nil {
		return refused
	}
	if callback := form.Get("StatusCallback"); callback != "" && !s.checkURL(callback) {
		return badRequest(21205, "StatusCallback is not a valid URL: %s", callback)
	}
	known := []string{eventInitiated, eventRinging, eventAnswered, eventCompleted}
	for _, event := range form["StatusCallbackEvent"] {
		if !slices.Contains(known, event) {
			return badRequest(21626, "Invalid StatusCallbackEvent: %s", event)
		}
	}
	if raw := form.Get("Timeout"); raw != "" {
		if n, err := strconv.Atoi(raw); err != nil || n < 1 || n > longestRing {
			return badRequest(20001, "Timeout must be between 1 and %d seconds, not %s", longestRing, raw)
		}
	}
	return nil
}

func (s *Server) checkInstructions(form url.Values) *reply {
	address, twiml := form.Get("Url"), form.Get("Twiml")
	switch {
	case address == "" && twiml == "":
		return badRequest(21205, "Url parameter is required.")
	case address != "" && !s.checkURL(address):
		return badRequest(21205, "Url is not a valid URL: %s", address)
	case address == "" && len([]rune(twiml)) > longestTwiML:
		return badRequest(20001, "Twiml must not be longer than %d characters", longestTwiML)
	}
	for _, key := range []string{"Method", "StatusCallbackMethod"} {
		if method := form.Get(key); method != "" && method != http.MethodGet && method != http.MethodPost {
			return badRequest(21206, "%s is not GET or POST: %s", key, method)
		}
	}
	return nil
}

func (s *Server) fetchCall(r *http.Request) reply {
	c := s.find(pathSID(r))
	if c == nil {
		return notFound(r)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return jsonReply(http.StatusOK, s.callResource(c.snapshot()))
}

// updateCall ends a call. "canceled" reaches a call that nobody has answered,
// "completed" any that is not over.
func (s *Server) updateCall(r *http.Request) reply {
	c := s.find(pathSID(r))
	if c == nil {
		return notFound(r)
	}
	wanted := CallStatus(r.PostForm.Get("Status"))
	if wanted != Canceled && wanted != Completed {
		return *badRequest(20001, "Status must be canceled or completed; redirecting a call is not simulated")
	}
	s.mu.Lock()
	status := c.Status
	s.mu.Unlock()
	final := wanted
	if status == InProgress && wanted == Canceled {
		return *badRequest(21220, "Call is in-progress. It cannot be canceled.")
	}
	if status == Queued || status == Ringing {
		final = Canceled
	}
	if status.Over() || !s.end(c, final) {
		return *badRequest(21220, "Call is not in-progress. Cannot redirect.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return jsonReply(http.StatusOK, s.callResource(c.snapshot()))
}

// find returns a live call by its identifier, or nil.
func (s *Server) find(sid string) *call {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c.SID == sid {
			return c
		}
	}
	return nil
}
