package fakeslack

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// body is a JSON object of an answer.
type body = map[string]any

// method is one method of the Web API. It runs with the server's lock held.
type method struct {
	run      func(arguments) (body, error)            // by a token of the app; nil = such a token may not
	own      func(*personal, arguments) (body, error) // by a person's own token; nil = such a token may not
	formOnly bool                                     // Slack reads no JSON body for this method
	app      bool                                     // it wants the app-level token, the others the bot's
}

// refusal is an "ok":false answer. Extra fields stand beside "error".
type refusal struct {
	code   string
	extra  body
	status int // HTTP status; 0 means 200, as in nearly all of Slack's refusals
}

func (r *refusal) Error() string { return r.code }

func refuse(code string) error { return &refusal{code: code} }

// refuseBecause is a refusal with Slack's explanations of what is wrong.
func refuseBecause(code string, messages ...string) error {
	return &refusal{code: code, extra: body{"response_metadata": body{"messages": messages}}}
}

// arguments are a call's arguments by name. JSON bodies are brought to the same
// form: texts as they are, everything else as JSON.
type arguments url.Values

func (a arguments) text(name string) string { return url.Values(a).Get(name) }
func (a arguments) has(name string) bool    { return url.Values(a).Has(name) }

// truth reads a boolean as Slack does: "1" and "true" are true.
func (a arguments) truth(name string) bool {
	v := strings.ToLower(a.text(name))
	return v == "1" || v == "true"
}

// limit reads the page size; what is missing, zero or too large becomes the default or the maximum.
func (a arguments) limit(preset, most int) (int, error) {
	v := a.text("limit")
	if v == "" || v == "0" {
		return preset, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return 0, refuse("invalid_limit")
	}
	return min(n, most), nil
}

// list reads a comma-separated argument.
func (a arguments) list(name string) []string {
	var out []string
	for v := range strings.SplitSeq(a.text(name), ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}

// require refuses a call in which one of the arguments is missing.
func (a arguments) require(names ...string) error {
	var missing []string
	for _, name := range names {
		if a.text(name) == "" {
			missing = append(missing, "[ERROR] missing required field: "+name)
		}
	}
	if missing == nil {
		return nil
	}
	return refuseBecause("invalid_arguments", missing...)
}

// readCall takes the arguments and the token from a request.
func readCall(r *http.Request, formOnly bool) (arguments, string, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && kind == "application/json" && r.Method == http.MethodPost {
		args, err := readJSON(r.Body)
		if formOnly {
			args = arguments{}
		}
		return args, token, err
	}
	if err := r.ParseForm(); err != nil {
		return nil, token, refuse("invalid_form_data")
	}
	args := arguments(r.Form)
	if token == "" {
		token = args.text("token")
	}
	delete(args, "token")
	return args, token, nil
}

// readJSON reads a JSON object of arguments.
func readJSON(r io.Reader) (arguments, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, refuse("request_timeout")
	}
	var fields map[string]json.RawMessage
	if len(raw) == 0 { // a method without arguments
		return arguments{}, nil
	}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, refuse("invalid_json")
	}
	args := arguments{}
	for name, value := range fields {
		var s string
		if json.Unmarshal(value, &s) != nil {
			s = string(value)
		}
		args[name] = []string{s}
	}
	return args, nil
}

// Request is one call of the Web API as the log keeps it.
type Request struct {
	At     time.Time
	Method string
	Args   map[string]string // without the token
	Status int               // HTTP status; 0 when the connection was dropped
	Error  string            // Slack's error code; empty when the work was done
	Fault  FaultKind         // the fault that struck; empty when none did
	scopes []string          // of the token
}

// Requests returns the log of all calls of the Web API, oldest first.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Request(nil), s.requests...)
}

// serveAPI answers one call of the Web API.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, name string) {
	m, known := s.methods[name]
	args, token, err := readCall(r, m.formOnly)
	call := Request{Method: name, Args: flat(args), scopes: s.scopesOf(token)}
	s.serve(w, r, call, func() (body, error) {
		if err != nil {
			return nil, err
		}
		if p := s.personalToken(token); p != nil && known {
			return p.run(m, args)
		}
		if err := s.authorise(token, m.app); err != nil {
			return nil, err
		}
		if !known {
			return nil, &refusal{code: "unknown_method", extra: body{"req_method": name}}
		}
		if m.run == nil {
			return nil, refuse("not_allowed_token_type")
		}
		return m.run(args)
	})
}

// serve does a call's work under the lock, unless a fault forbids it, then
// tells of what changed, answers and logs.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, call Request, work func() (body, error)) {
	fault := s.strike(call.Method)
	call.At, call.Fault = s.now(), fault.Kind
	if fault.before() {
		s.fail(w, fault, call)
		return
	}
	s.mu.Lock()
	answer, err := work()
	s.mu.Unlock()
	s.events.drain()

	answer, status := settle(answer, err)
	call.Error = text(answer, "error")
	if fault.Kind == WorkThenDrop {
		s.fail(w, fault, call)
		return
	}
	if fault.Kind == Slow && !wait(r.Context(), fault.Delay) {
		s.record(call) // the client has gone; the work stays done
		return
	}
	call.Status = status
	s.record(call)
	s.head(w.Header(), answer, call.scopes)
	writeJSON(w, status, answer)
}

// head says what the token may do, where it was good, and when the answer was
// given.
func (s *Server) head(h http.Header, answer body, scopes []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h.Set("Date", s.now().UTC().Format(http.TimeFormat))
	if answer["error"] != "invalid_auth" && answer["error"] != "not_authed" {
		h.Set("X-OAuth-Scopes", strings.Join(scopes, ","))
	}
}

// authorise checks the token.
func (s *Server) authorise(token string, app bool) error {
	good, other := s.token, s.sockets.token
	if app {
		good, other = other, good
	}
	switch token {
	case good:
		return nil
	case other:
		return refuse("not_allowed_token_type")
	case "":
		return refuse("not_authed")
	}
	return refuse("invalid_auth")
}

func (s *Server) record(call Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, call)
}

// settle makes the body and the HTTP status of an answer.
func settle(answer body, err error) (body, int) {
	if err == nil {
		out := body{"ok": true}
		maps.Copy(out, answer)
		return out, http.StatusOK
	}
	var r *refusal
	if !errors.As(err, &r) {
		r = &refusal{code: "internal_error"}
	}
	out := body{"ok": false, "error": r.code}
	maps.Copy(out, r.extra)
	return out, cmp.Or(r.status, http.StatusOK)
}

// writeJSON answers with JSON. That the client has gone is its own affair: the
// work is done, and the next call shows it.
func writeJSON(w http.ResponseWriter, status int, answer body) {
	raw, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, fmt.Sprintf("answer cannot be written as JSON: %v", err), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

func flat(args arguments) map[string]string {
	out := make(map[string]string, len(args))
	for name := range args {
		out[name] = args.text(name)
	}
	return out
}
