package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// DefaultBodyLimit is the most that a request may hold, in bytes.
const DefaultBodyLimit = 1 << 20

// Limits of one HTTP exchange. The time for the answer begins when the request's head has been read, so it holds
// readTime, apiTime, and a little for the sending.
const (
	headerTime = 5 * time.Second
	readTime   = 15 * time.Second
	writeTime  = 40 * time.Second
	idleTime   = 2 * time.Minute
	headerSize = 64 << 10 // bytes
)

// Group is what a source's request holds, in neutral words.
type Group struct {
	Key    string // the source's grouping key
	Alerts []incident.Alert
}

// Source is one alert source: POST /v1/alerts/<name> with one of its tokens.
type Source struct {
	// Decode reads a request's body; its error says where the fault is.
	Decode func(body []byte) (Group, error)
	// Tokens are those in force; they are asked for anew at each request, so that they can change while we run.
	Tokens func() []Token
}

// ServerConfig makes a Server.
type ServerConfig struct {
	Incidents *Incidents        // required
	Sources   map[string]Source // by name
	// Tokens are those of the API (/v1/incidents) in force; without any the API lets nobody in.
	Tokens func() []Token
	// Calendars are optional: without them no schedule is served as a calendar.
	Calendars Calendars
	// Mounts are the vendors' handlers by pattern ("/slack/actions", "/twilio/"). They check their own signatures.
	Mounts map[string]http.Handler
	// Installation is the mark that every answer bears (see InstallationHeader); empty = none.
	Installation string
	// BodyLimit is in bytes; zero = DefaultBodyLimit.
	BodyLimit int64
	Logger    *slog.Logger // nil = nowhere
}

// Server is the door's HTTP side.
type Server struct {
	incidents    *Incidents
	sources      map[string]Source
	tokens       func() []Token
	calendars    Calendars
	installation string
	bodyLimit    int64
	log          *slog.Logger

	mux     *http.ServeMux
	http    *http.Server
	gate    *gate
	ready   *readiness
	repeats *repeats
}

// NewServer makes a server; it does not listen yet.
func NewServer(c ServerConfig) (*Server, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	s := &Server{
		incidents: c.Incidents, sources: c.Sources, tokens: c.Tokens, calendars: c.Calendars,
		installation: c.Installation, bodyLimit: c.BodyLimit, log: c.Logger,
		mux: http.NewServeMux(), gate: newGate(), repeats: newRepeats(time.Minute),
	}
	if s.bodyLimit == 0 {
		s.bodyLimit = DefaultBodyLimit
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	s.ready = &readiness{ask: s.incidents.Ping, now: s.incidents.now}
	s.routes(c.Mounts)
	s.http = &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: headerSize, ErrorLog: slog.NewLogLogger(s.log.Handler(), slog.LevelWarn),
	}
	return s, nil
}

// check reports everything that is missing.
func (c *ServerConfig) check() error {
	var problems []error
	if c.Incidents == nil {
		problems = append(problems, errors.New("the gateway's server needs incidents"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Sources)) {
		source := c.Sources[name]
		if source.Decode == nil {
			problems = append(problems, fmt.Errorf("alert source %s has no decoder", name))
		}
		if source.Tokens == nil || len(usable(source.Tokens())) == 0 {
			problems = append(problems, fmt.Errorf("alert source %s has no token: nobody could send alerts; configure one", name))
		}
	}
	if c.BodyLimit < 0 {
		problems = append(problems, fmt.Errorf("the body limit is %d bytes; give a positive number", c.BodyLimit))
	}
	return errors.Join(problems...)
}

// routes lists all addresses.
func (s *Server) routes(mounts map[string]http.Handler) {
	s.mux.HandleFunc("GET /healthz", s.health)
	s.mux.HandleFunc("GET /readyz", s.readyz)
	s.mux.HandleFunc("POST /v1/alerts/{source}", s.alerts)
	s.mux.HandleFunc("GET /v1/overrides", s.api(s.listOverrides))
	s.mux.HandleFunc("POST /v1/overrides", s.api(s.override))
	s.mux.HandleFunc("DELETE /v1/overrides/{id}", s.api(s.cancelOverride))
	s.mux.HandleFunc("GET /v1/incidents", s.api(s.list))
	s.mux.HandleFunc("POST /v1/incidents", s.api(s.declare))
	s.mux.HandleFunc("GET /v1/incidents/{key}", s.api(s.show))
	s.mux.HandleFunc("GET /v1/incidents/{key}/timeline", s.api(s.timeline))
	s.mux.HandleFunc("GET /v1/incidents/{key}/runbook", s.api(s.runbook))
	s.mux.HandleFunc("GET /v1/incidents/{key}/upgrade", s.api(s.upgrade))
	s.mux.HandleFunc("POST /v1/incidents/{key}/{verb}", s.api(s.act))
	if s.calendars != nil {
		s.mux.HandleFunc("GET /v1/schedules/{schedule}/calendar.ics", s.calendar)
	}
	for pattern, handler := range mounts {
		s.mux.Handle(pattern, handler)
	}
}

// Handler is everything that the server answers, with its request ids, limits and log.
func (s *Server) Handler() http.Handler {
	return s.logged(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isProbe(r) {
			if !s.gate.enter() {
				s.refuseDraining(w, r)
				return
			}
			defer s.gate.leave()
		}
		r.Body = http.MaxBytesReader(w, r.Body, s.bodyLimit)
		if handler, pattern := s.mux.Handler(r); pattern == "" {
			s.noRoute(w, r, handler)
			return
		}
		s.mux.ServeHTTP(w, r)
	}))
}

// isProbe says whether a request asks about the server itself; that is answered while draining too.
func isProbe(r *http.Request) bool { return r.URL.Path == "/healthz" || r.URL.Path == "/readyz" }

// refuseDraining answers while the server is going down.
func (s *Server) refuseDraining(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Connection", "close")
	s.fail(w, r, problem{status: http.StatusServiceUnavailable, what: "the gateway is going down", hint: "send it again in a moment"})
}

// noRoute answers where there is nothing, in JSON; the multiplexer's own answer says whether another method would do.
func (s *Server) noRoute(w http.ResponseWriter, r *http.Request, handler http.Handler) {
	var own recorder
	handler.ServeHTTP(&own, r)
	if own.status == http.StatusMethodNotAllowed {
		allow := own.Header().Get("Allow")
		w.Header().Set("Allow", allow)
		s.fail(w, r, problem{status: own.status, what: r.Method + " is not possible here", hint: "use " + allow})
		return
	}
	s.fail(w, r, problem{status: http.StatusNotFound, what: "there is nothing at this address", hint: "the API is under /v1/"})
}

// recorder keeps the head of an answer that is not sent.
type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header {
	if r.header == nil {
		r.header = http.Header{}
	}
	return r.header
}
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// Serve answers on a listener until Close.
func (s *Server) Serve(l net.Listener) error {
	err := s.http.Serve(l)
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return fmt.Errorf("serve HTTP on %s: %w", l.Addr(), err)
}

// Drain answers every new request with 503 and waits until those in flight are finished, or ctx ends.
func (s *Server) Drain(ctx context.Context) error {
	if err := s.gate.close(ctx); err != nil {
		return fmt.Errorf("wait for requests in flight: %w", err)
	}
	return nil
}

// Close drains, then stops listening. When ctx ends first, what is still in flight is cut off.
func (s *Server) Close(ctx context.Context) error {
	err := s.Drain(ctx)
	if shut := s.http.Shutdown(ctx); shut != nil {
		err = errors.Join(err, shut, s.http.Close())
	}
	return err
}

// sourceNames lists the sources, for hints.
func (s *Server) sourceNames() string {
	return strings.Join(slices.Sorted(maps.Keys(s.sources)), ", ")
}
