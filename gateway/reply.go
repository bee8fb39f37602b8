package gateway

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"
)

// retryAfter is how many seconds a sender should wait when we cannot take its request now.
const retryAfter = "5"

// problem is an answer that is no success.
type problem struct {
	status int
	what   string
	hint   string
}

// wireProblem is a problem in JSON.
type wireProblem struct {
	Error   string `json:"error"`
	Hint    string `json:"hint,omitempty"`
	Request string `json:"request_id"`
}

// answer sends JSON.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, status int, body any) {
	raw, err := json.Marshal(body)
	if err != nil {
		s.log.Error("answer not encoded", "request", requestID(r), "error", err)
		s.fail(w, r, problem{status: http.StatusInternalServerError, what: "the answer could not be written"})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	if _, err := w.Write(append(raw, '\n')); err != nil {
		s.log.Info("answer not delivered", "request", requestID(r), "error", err)
	}
}

// fail sends a problem. Whoever is to come again is told when.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, p problem) {
	if p.status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", retryAfter)
	}
	s.answer(w, r, p.status, wireProblem{Error: p.what, Hint: p.hint, Request: requestID(r)})
}

// failWith sends the problem that an error is.
func (s *Server) failWith(w http.ResponseWriter, r *http.Request, err error) {
	var refusal *Refusal
	var away *Away
	var bad *badRequest
	switch {
	case errors.As(err, &refusal):
		s.fail(w, r, problem{status: statusOf(refusal.Kind), what: refusal.What, hint: refusal.Hint})
	case errors.As(err, &bad):
		s.fail(w, r, bad.problem)
	case errors.As(err, &away):
		s.log.Warn("Temporal is away", "request", requestID(r), "error", err)
		s.fail(w, r, problem{
			status: http.StatusServiceUnavailable, what: "the engine or its worker does not answer; nothing was done",
			hint: "send it again in a moment",
		})
	default:
		s.log.Error("request failed", "request", requestID(r), "error", err)
		s.fail(w, r, problem{status: http.StatusInternalServerError, what: "this did not work", hint: "the gateway's log has the reason under the request id"})
	}
}

// statusOf is a refusal's HTTP status.
func statusOf(kind RefusalKind) int {
	switch kind {
	case RefusedInput:
		return http.StatusBadRequest
	case RefusedAbsent:
		return http.StatusNotFound
	case RefusedByRule, RefusedClosed:
	}
	return http.StatusConflict
}

// badRequest is a request that cannot be read.
type badRequest struct{ problem }

// Error gives the sentence.
func (b *badRequest) Error() string { return b.what }

// unreadable makes a badRequest.
func unreadable(status int, hint, format string, args ...any) error {
	return &badRequest{problem{status: status, what: fmt.Sprintf(format, args...), hint: hint}}
}

// readBody reads a request's body within the limit.
func readBody(r *http.Request) ([]byte, error) {
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return nil, unreadable(http.StatusUnsupportedMediaType, "send it as it is", "Content-Encoding %q is not read here", coding)
	}
	body, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return nil, unreadable(http.StatusRequestEntityTooLarge, "send less in one request", "the body is larger than %d bytes", large.Limit)
	}
	if err != nil {
		return nil, unreadable(http.StatusBadRequest, "", "the body did not arrive whole: %v", err)
	}
	return body, nil
}

// decode reads one JSON object strictly: an unknown field is an error. An empty body is an empty object.
func decode(body []byte, into any) error {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			return unreadable(http.StatusBadRequest, "", "malformed JSON: %s: more than one value", linePlace(body, decoder.InputOffset()))
		}
		return nil
	}
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		return unreadable(http.StatusBadRequest, "", "malformed JSON: %s: %v", linePlace(body, syntax.Offset-1), syntax)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return unreadable(http.StatusBadRequest, "", "malformed JSON: %s: it ends in the middle", linePlace(body, int64(len(body))))
	case errors.As(err, &wrong):
		return unreadable(http.StatusBadRequest, "", "field %q: %s where %s is expected", wrong.Field, wrong.Value, wrong.Type)
	}
	return unreadable(http.StatusBadRequest, "", "%s", strings.TrimPrefix(err.Error(), "json: "))
}

// linePlace is an offset as line and column, from 1.
func linePlace(data []byte, offset int64) string {
	before := data[:min(max(offset, 0), int64(len(data)))]
	return fmt.Sprintf("line %d, column %d", bytes.Count(before, []byte("\n"))+1, len(before)-bytes.LastIndexByte(before, '\n'))
}

// requestHeader carries a request's id, in both directions.
const requestHeader = "X-Request-Id"

// requestID is the id under which the log knows a request.
func requestID(r *http.Request) string { return r.Header.Get(requestHeader) }

// sane says whether a text from outside may stand in the log and in a header.
func sane(text string) bool {
	if text == "" || len(text) > 128 {
		return false
	}
	for _, c := range []byte(text) {
		if c <= ' ' || c >= 0x7f || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// logged gives every request its id, writes one line for it, and turns a panic into an answer. The line has the route's
// pattern and never the path or the query, which may hold secrets.
func (s *Server) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !sane(requestID(r)) {
			r.Header.Set(requestHeader, rand.Text())
		}
		w.Header().Set(requestHeader, requestID(r))
		if s.installation != "" {
			w.Header().Set(InstallationHeader, s.installation)
		}
		began := time.Now()
		watched := &watcher{ResponseWriter: w}
		defer func() {
			if fault := recover(); fault != nil {
				s.log.Error("panic", "request", requestID(r), "route", r.Pattern, "fault", fmt.Sprint(fault), "stack", string(debug.Stack()))
				if watched.status == 0 {
					s.fail(watched, r, problem{status: http.StatusInternalServerError, what: "this did not work", hint: "the gateway's log has the reason under the request id"})
				}
			}
			s.log.Log(r.Context(), levelOf(r, watched.status), "request", "request", requestID(r), "method", r.Method,
				"route", r.Pattern, "status", watched.status, "took", time.Since(began))
		}()
		next.ServeHTTP(watched, r)
	})
}

// levelOf keeps probes out of the usual log and puts our own failures above it.
func levelOf(r *http.Request, status int) slog.Level {
	switch {
	case status >= http.StatusInternalServerError:
		return slog.LevelWarn
	case isProbe(r):
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// watcher notes the status of an answer.
type watcher struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *watcher) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that an answer without a status is a success.
func (w *watcher) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *watcher) Unwrap() http.ResponseWriter { return w.ResponseWriter }
