package fakeslack

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"
)

// FaultKind names a way to fail.
type FaultKind string

// The ways to fail.
const (
	// WorkThenDrop does the work and closes the connection without an answer:
	// the outcome is unknown to the client.
	WorkThenDrop FaultKind = "work-then-drop"
	// DropBeforeWork closes the connection and does nothing.
	DropBeforeWork FaultKind = "drop-before-work"
	// RateLimited answers 429 with Retry-After, in whole seconds of Fault.RetryAfter.
	RateLimited FaultKind = "rate-limited"
	// RateLimitedBare answers 429 without Retry-After.
	RateLimitedBare FaultKind = "rate-limited-bare"
	// ServerError answers Fault.Status (500 when zero) with an empty body.
	ServerError FaultKind = "server-error"
	// HTMLPage answers Fault.Status (200 when zero) with an HTML page.
	HTMLPage FaultKind = "html-page"
	// Slow does the work at once and answers after Fault.Delay, so that a client
	// that gives up earlier does not know the outcome.
	Slow FaultKind = "slow"
	// RevokeToken answers token_revoked, or Fault.Error, to every call.
	RevokeToken FaultKind = "revoke-token"
	// Refuse answers "ok":false with Fault.Error and does nothing.
	Refuse FaultKind = "refuse"
)

// Fault tells the server to fail.
type Fault struct {
	Kind       FaultKind
	Method     string        // the method to strike, such as "chat.postMessage" or "response_url"; empty strikes all
	Times      int           // how many calls to strike; 0 strikes until Mend
	Skip       int           // how many calls that fit pass before the first strike
	RetryAfter time.Duration // for RateLimited
	Delay      time.Duration // for Slow
	Status     int           // HTTP status for ServerError and HTMLPage
	Error      string        // Slack's error code for Refuse and RevokeToken
	Needed     string        // the scope that a missing_scope answer names
}

// Break adds a fault. Of several that fit a call, the oldest strikes.
func (s *Server) Break(f Fault) {
	if f.Times == 0 {
		f.Times = -1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// Mend removes all faults.
func (s *Server) Mend() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// strike returns the fault for this call and counts it; the zero Fault is none.
func (s *Server) strike(name string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Method != "" && f.Method != name {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		hit := *f
		f.Times--
		if f.Times == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return hit
	}
	return Fault{}
}

// before tells whether the fault leaves the work undone.
func (f Fault) before() bool {
	return f.Kind != "" && f.Kind != WorkThenDrop && f.Kind != Slow
}

// fail answers a struck call and logs it.
func (s *Server) fail(w http.ResponseWriter, f Fault, call Request) {
	switch f.Kind {
	case RateLimited, RateLimitedBare:
		call.Status, call.Error = http.StatusTooManyRequests, "ratelimited"
	case ServerError:
		call.Status = cmp.Or(f.Status, http.StatusInternalServerError)
	case HTMLPage:
		call.Status = cmp.Or(f.Status, http.StatusOK)
	case RevokeToken:
		call.Status, call.Error = http.StatusOK, cmp.Or(f.Error, "token_revoked")
	case Refuse:
		call.Status, call.Error = http.StatusOK, cmp.Or(f.Error, "internal_error")
	}
	s.record(call)

	switch f.Kind {
	case RateLimited, RateLimitedBare:
		if f.Kind == RateLimited {
			w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Round(time.Second)/time.Second)))
		}
		w.WriteHeader(call.Status)
	case ServerError:
		w.WriteHeader(call.Status)
	case HTMLPage:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(call.Status)
		_, _ = w.Write([]byte("<!DOCTYPE html><html><body><h1>Something went wrong</h1></body></html>"))
	case RevokeToken, Refuse:
		answer := body{"ok": false, "error": call.Error}
		if f.Needed != "" {
			answer["needed"], answer["provided"] = f.Needed, "chat:write"
		}
		writeJSON(w, call.Status, answer)
	default:
		drop(w)
	}
}

// drop closes the connection without an answer. Where the connection cannot be
// taken over, aborting the handler has the same effect for the client.
func drop(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_ = conn.Close()
}

// wait sleeps and reports false when the client has gone before the end.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
