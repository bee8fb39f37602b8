package faketwilio

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Operation is one call of the REST API, named as Twilio's description does.
type Operation string

// The operations that the server knows.
const (
	CreateCall    Operation = "CreateCall"
	ListCalls     Operation = "ListCall"
	FetchCall     Operation = "FetchCall"
	UpdateCall    Operation = "UpdateCall"
	CreateMessage Operation = "CreateMessage"
	ListMessages  Operation = "ListMessage"
	FetchMessage  Operation = "FetchMessage"
	FetchAccount  Operation = "FetchAccount"
	ListNumbers   Operation = "ListIncomingPhoneNumber"
)

// FaultKind is a way of going wrong.
type FaultKind string

// The kinds of fault.
const (
	// Drop closes the connection without an answer.
	Drop FaultKind = "drop"
	// TooMany answers 429 with code 20429, and with Retry-After if it is set.
	TooMany FaultKind = "429"
	// Broken answers 500 with code 20500.
	Broken FaultKind = "500"
	// Unavailable answers 503 with code 20503.
	Unavailable FaultKind = "503"
	// HTML answers 503 with a page for people, as load balancers do.
	HTML FaultKind = "html"
	// Slow answers correctly, but late by Delay (simulated time).
	Slow FaultKind = "slow"
	// Revoked answers 401 with code 20003, as after a change of credentials.
	Revoked FaultKind = "revoked"
	// Refuse answers with Code, and Status (default 400).
	Refuse FaultKind = "refuse"
)

// Fault makes requests go wrong.
type Fault struct {
	Kind FaultKind
	// Op is the operation that fails; empty means every one.
	Op Operation
	// To limits the fault to requests for one number.
	To string
	// Skip lets so many matching requests pass first.
	Skip int
	// Times is how many requests fail; 0 means all until Mend.
	Times int
	// AfterWork does the request's work before it goes wrong: the call is
	// placed and rings, and the client does not learn it.
	AfterWork bool
	// RetryAfter is the header of TooMany, in whole seconds; 0 sends none.
	RetryAfter time.Duration
	// Delay is the lateness of Slow.
	Delay time.Duration
	// Code and Status are the answer of Refuse.
	Code, Status int
}

// Break adds a fault. Of several that match a request, the oldest applies.
func (s *Server) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Mend removes every fault.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// takeFault finds the fault for a request and uses it up by one.
func (s *Server) takeFault(op Operation, r *http.Request) *Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if (f.Op != "" && f.Op != op) || (f.To != "" && f.To != r.Form.Get("To")) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times == 1 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		} else if f.Times > 1 {
			f.Times--
		}
		taken := *f
		return &taken
	}
	return nil
}

// reply is what the client gets instead of the answer.
func (f *Fault) reply() reply {
	switch f.Kind {
	case TooMany:
		r := refusal(http.StatusTooManyRequests, 20429, "Too Many Requests")
		if f.RetryAfter > 0 {
			r.header.Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
		}
		return r
	case Broken:
		return refusal(http.StatusInternalServerError, 20500, "An internal server error has occurred")
	case Unavailable:
		return refusal(http.StatusServiceUnavailable, 20503, "Service is unavailable. Please try again")
	case HTML:
		return reply{
			status: http.StatusServiceUnavailable,
			header: http.Header{"Content-Type": {"text/html"}},
			body:   []byte("<html><body><h1>503 Service Unavailable</h1></body></html>\n"),
		}
	case Revoked:
		return refusal(http.StatusUnauthorized, 20003, "Authenticate")
	case Refuse:
		status := f.Status
		if status == 0 {
			status = http.StatusBadRequest
		}
		return refusal(status, f.Code, "Refused with code "+strconv.Itoa(f.Code))
	default:
		return reply{}
	}
}

// Request is one line of the server's log.
type Request struct {
	At     time.Time
	Op     Operation
	Method string
	Path   string
	Query  url.Values
	Form   url.Values // The posted parameters.
	Agent  string
	Status int       // 0: the connection was dropped.
	Fault  FaultKind // The fault that applied, if any.
}

// Requests is every request to the REST API so far.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

func (s *Server) record(r *http.Request, op Operation, fault *Fault, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	line := Request{
		At: s.now(), Op: op, Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), Form: r.PostForm,
		Agent: r.UserAgent(), Status: status,
	}
	if fault != nil {
		line.Fault = fault.Kind
	}
	s.requests = append(s.requests, line)
	s.wake()
}
