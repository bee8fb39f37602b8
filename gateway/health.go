package gateway

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// How long an answer about readiness holds, and how long Temporal may take for it.
const (
	readyHolds = time.Second
	readyTime  = 2 * time.Second
)

// Ping asks Temporal something that only its store can answer.
func (d *Incidents) Ping(ctx context.Context) error {
	_, err := d.client.DescribeWorkflow(ctx, contract.NumbersID, "")
	if err == nil || gone(err) {
		return nil
	}
	return failed("reach Temporal", err)
}

// readiness remembers for a moment whether Temporal answers, so that probes cost it nothing.
type readiness struct {
	ask func(context.Context) error
	now func() time.Time

	mu  sync.Mutex
	at  time.Time
	err error
}

// check asks, or answers from memory. Of several askers one asks and the others wait for its answer.
func (r *readiness) check(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.at.IsZero() && r.now().Sub(r.at) < readyHolds {
		return r.err
	}
	// An asker who goes away must not leave a false "not ready" for the others.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyTime)
	defer cancel()
	r.err = r.ask(ctx)
	r.at = r.now()
	return r.err
}

// health says that the process lives.
func (s *Server) health(w http.ResponseWriter, r *http.Request) {
	s.answer(w, r, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says whether work can be taken: Temporal answers, and we are not going down.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	if s.gate.isClosed() {
		s.refuseDraining(w, r)
		return
	}
	if err := s.ready.check(r.Context()); err != nil {
		s.log.Warn("not ready", "request", requestID(r), "error", err)
		s.fail(w, r, problem{status: http.StatusServiceUnavailable, what: "Temporal does not answer", hint: "alerts are refused with 503 until it does"})
		return
	}
	s.answer(w, r, http.StatusOK, map[string]string{"status": "ready"})
}
