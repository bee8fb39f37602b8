package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// alertTime is how long Temporal may take for a delivery before the sender is asked to come again.
const alertTime = 5 * time.Second

// alerts takes a delivery of an alert source. It answers 2xx only when Temporal has every alert durably. Everything
// that may be better in a moment is 503 and never 429 or 500: on those some senders give up. A repeated delivery is
// harmless, see Incidents.Alerts.
func (s *Server) alerts(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("source")
	source, ok := s.sources[name]
	if !ok {
		s.fail(w, r, problem{
			status: http.StatusNotFound, what: fmt.Sprintf("unknown alert source %q", name), hint: "known: " + s.sourceNames(),
		})
		return
	}
	if _, ok := bearer(r, source.Tokens()); !ok {
		s.unauthorised(w, r)
		return
	}
	body, err := readBody(r)
	if err != nil {
		s.log.Warn("delivery not read", "request", requestID(r), "source", name, "error", err)
		s.failWith(w, r, err)
		return
	}
	group, err := source.Decode(body)
	if err != nil {
		s.log.Warn("delivery not understood", "request", requestID(r), "source", name, "error", err)
		s.fail(w, r, problem{status: http.StatusBadRequest, what: err.Error(), hint: "nothing of this request was taken"})
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), alertTime)
	defer cancel()
	taken, err := s.incidents.Alerts(ctx, Delivery{Source: name, Key: group.Key, Alerts: group.Alerts, Digest: digestOf(string(body))})
	if err != nil {
		s.failAlerts(w, r, err)
		return
	}
	s.answer(w, r, http.StatusOK, map[string]any{"incidents": taken})
}

// failAlerts answers a delivery that was not taken, or not whole.
func (s *Server) failAlerts(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		s.failWith(w, r, err)
		return
	}
	s.log.Error("alerts not taken; the sender is asked to send them again", "request", requestID(r), "error", err)
	s.fail(w, r, problem{
		status: http.StatusServiceUnavailable, what: "the engine did not take the alerts", hint: "send the same request again",
	})
}
