package fakeslack

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// DefaultAppToken is the app-level token that the server accepts when Options
// names none.
const DefaultAppToken = "xapp-fakeslack"

// OverSocket stands in the place of the app's address when something is to be
// sent through the app's socket instead. A path after it means nothing.
const OverSocket = "socket:"

// Socket is the name by which a Fault strikes what is sent over the socket.
// DropBeforeWork closes the connection right after the envelope was sent,
// WorkThenDrop when its acknowledgement has come, which counts as lost.
const Socket = "socket"

// What Slack's Socket Mode holds to
// (https://docs.slack.dev/apis/events-api/using-socket-mode).
const (
	ticketLife  = 30 * time.Second // an address is good once, and for so long
	maxAck      = 20_000           // bytes; an acknowledgement of as many is dropped without a word
	maxAttempts = 4                // the first and three repetitions
)

// line is one open connection of the app.
type line struct {
	conn    *websocket.Conn
	writing sync.Mutex
}

// send writes one message.
func (l *line) send(message body) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	return l.conn.WriteJSON(message)
}

// sockets is what the workspace knows of the app's connections. The server's
// lock guards it.
type sockets struct {
	token   string
	scopes  []string
	tickets map[string]time.Time
	lines   []*line
	acks    map[string]chan json.RawMessage // by envelope id; of those that are waited for
	opened  int
	acked   []Ack
}

// Ack is what the app sent back for an envelope, or tried to.
type Ack struct {
	EnvelopeID string
	Bytes      int  // of the whole message
	Dropped    bool // it was too long, so that it counts as none
	Payload    json.RawMessage
}

// GrantApp replaces the scopes of the app-level token.
func (s *Server) GrantApp(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.scopes = scopes
}

// Connections counts the app's open sockets, and all that were ever opened.
func (s *Server) Connections() (open, ever int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.sockets.lines), s.sockets.opened
}

// Acks returns all acknowledgements, oldest first.
func (s *Server) Acks() []Ack {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.sockets.acked)
}

// Disconnect announces the end of every open connection with Slack's reason
// ("warning", "refresh_requested", "link_disabled"), and closes them after the
// notice, with a word of farewell.
func (s *Server) Disconnect(reason string, notice time.Duration) {
	s.mu.Lock()
	lines := slices.Clone(s.sockets.lines)
	s.mu.Unlock()
	for _, l := range lines {
		_ = l.send(body{"type": "disconnect", "reason": reason, "debug_info": body{"host": "fakeslack"}}) // who has gone needs no notice
		time.AfterFunc(notice, func() {
			_ = l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(time.Second))
			_ = l.conn.Close()
		})
	}
}

// Cut breaks every open connection without a word.
func (s *Server) Cut() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.sockets.lines {
		_ = l.conn.NetConn().Close() // broken is broken
	}
}

// appsConnectionsOpen gives an address for one connection.
func (s *Server) appsConnectionsOpen(arguments) (body, error) {
	if !slices.Contains(s.sockets.scopes, "connections:write") {
		return nil, &refusal{code: "missing_scope", extra: body{"needed": "connections:write", "provided": strings.Join(s.sockets.scopes, ",")}}
	}
	ticket := s.newID("W")
	s.sockets.tickets[ticket] = s.now().Add(ticketLife)
	return body{"url": "ws" + strings.TrimPrefix(s.base(), "http") + "/link/?ticket=" + ticket + "&app_id=" + AppID}, nil
}

// serveLink is the app's end of a socket.
func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	if !s.redeem(r.URL.Query().Get("ticket")) {
		http.Error(w, "no such ticket", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // the upgrader has answered
	}
	l := &line{conn: conn}
	open := s.enter(l)
	defer s.depart(l)
	hello := body{
		"type": "hello", "num_connections": open, "connection_info": body{"app_id": AppID},
		"debug_info": body{"host": "fakeslack", "build_number": 1, "approximate_connection_time": 3600},
	}
	if l.send(hello) != nil {
		return
	}
	for {
		_, raw, err := conn.ReadMessage()
		if err != nil {
			return
		}
		s.hear(raw)
	}
}

// redeem uses up a ticket.
func (s *Server) redeem(ticket string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	until, ok := s.sockets.tickets[ticket]
	delete(s.sockets.tickets, ticket)
	return ok && s.now().Before(until)
}

func (s *Server) enter(l *line) (open int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.opened++
	s.sockets.lines = append(s.sockets.lines, l)
	return len(s.sockets.lines)
}

func (s *Server) depart(l *line) {
	_ = l.conn.Close() // it is over either way
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sockets.lines = slices.DeleteFunc(s.sockets.lines, func(o *line) bool { return o == l })
}

// hear takes an acknowledgement.
func (s *Server) hear(raw []byte) {
	var message struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload"`
	}
	if json.Unmarshal(raw, &message) != nil || message.ID == "" {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ack := Ack{EnvelopeID: message.ID, Bytes: len(raw), Dropped: len(raw) >= maxAck, Payload: message.Payload}
	s.sockets.acked = append(s.sockets.acked, ack)
	if waits := s.sockets.acks[message.ID]; waits != nil && !ack.Dropped {
		delete(s.sockets.acks, message.ID)
		waits <- message.Payload
	}
}

// errUnheard is the error of an envelope that nobody acknowledged.
var errUnheard = errors.New("no connection acknowledged it in time")

// overSocket sends what would be posted to the app as an envelope, to any one of
// its connections, and again when it is not acknowledged in time.
func (s *Server) overSocket(ctx context.Context, sent Sent) (Reply, error) {
	kind, payload, err := enclosed(sent)
	if err != nil {
		return Reply{Sent: sent}, err
	}
	message := body{"type": kind, "payload": payload, "accepts_response_payload": kind != "events_api"}
	for attempt := range maxAttempts {
		if attempt > 0 || kind == "events_api" {
			message["retry_attempt"], message["retry_reason"] = attempt, ""
		}
		if attempt > 0 {
			message["retry_reason"] = "timeout"
		}
		answer, err := s.attempt(ctx, message)
		switch {
		case err == nil:
			return Reply{Status: http.StatusOK, Header: http.Header{}, Body: answer, Sent: sent}, nil
		case !errors.Is(err, errUnheard):
			return Reply{Sent: sent}, err
		}
	}
	return Reply{Sent: sent}, errUnheard
}

// enclosed is the envelope's kind and payload of a request over HTTP.
func enclosed(sent Sent) (string, json.RawMessage, error) {
	if sent.Header.Get("Content-Type") == "application/json" {
		return "events_api", sent.Body, nil
	}
	form, err := url.ParseQuery(string(sent.Body))
	if err != nil {
		return "", nil, err
	}
	if form.Has("payload") {
		return "interactive", json.RawMessage(form.Get("payload")), nil
	}
	fields := body{}
	for name := range form {
		fields[name] = form.Get(name)
	}
	raw, err := json.Marshal(fields)
	return "slash_commands", raw, err
}

// attempt sends an envelope once and waits for its acknowledgement.
func (s *Server) attempt(ctx context.Context, message body) (json.RawMessage, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.patience, errUnheard)
	defer cancel()
	l, err := s.anyLine(ctx)
	if err != nil {
		return nil, err
	}
	fault := s.strike(Socket)
	id, waits := s.expect()
	defer s.forget(id)
	message["envelope_id"] = id
	if l.send(message) != nil || fault.Kind == DropBeforeWork {
		_ = l.conn.NetConn().Close() // as a broken network does
	}
	select {
	case answer := <-waits:
		if fault.Kind == WorkThenDrop {
			_ = l.conn.NetConn().Close()
			return nil, errUnheard
		}
		return answer, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// anyLine picks one of the open connections, and waits for one if there is none.
func (s *Server) anyLine(ctx context.Context) (*line, error) {
	for {
		s.mu.Lock()
		lines := slices.Clone(s.sockets.lines)
		s.mu.Unlock()
		if len(lines) > 0 {
			return lines[rand.N(len(lines))], nil
		}
		if !wait(ctx, 5*time.Millisecond) {
			return nil, context.Cause(ctx)
		}
	}
}

// expect makes an envelope's id and awaits its acknowledgement.
func (s *Server) expect() (string, chan json.RawMessage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, waits := fmt.Sprintf("%s-envelope", s.newID("E")), make(chan json.RawMessage, 1)
	s.sockets.acks[id] = waits
	return id, waits
}

func (s *Server) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sockets.acks, id)
}

// newSockets is the beginning: no connection.
func newSockets(token string) sockets {
	return sockets{
		token: cmp.Or(token, DefaultAppToken), scopes: []string{"connections:write"},
		tickets: map[string]time.Time{}, acks: map[string]chan json.RawMessage{},
	}
}
