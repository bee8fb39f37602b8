package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"github.com/musterbook/musterbook/contract"
)

// Bounds of one connection.
const (
	writeWithin = 5 * time.Second
	atOnce      = 64 // envelopes that are handled; while there are so many no further one is read
)

// link is one connection of the socket.
type link struct {
	socket *Socket
	conn   *websocket.Conn
	slots  chan struct{}
	work   sync.WaitGroup // envelopes that are handled

	leaving chan struct{} // closed when the connection ends, or Slack is about to end it
	why     error         // set before leaving is closed; nil is a renewal
	leave   sync.Once

	writing sync.Mutex
	reading sync.Mutex // guards the deadline
	deaf    bool       // nothing more is read
}

func newLink(s *Socket, conn *websocket.Conn) *link {
	l := &link{socket: s, conn: conn, slots: make(chan struct{}, atOnce), leaving: make(chan struct{})}
	conn.SetReadLimit(maxRequest)
	conn.SetPongHandler(func(string) error { return l.alive() })
	conn.SetPingHandler(func(data string) error {
		if err := l.alive(); err != nil {
			return err
		}
		err := conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(writeWithin))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return err
	})
	return l
}

// alive puts the end of patience off.
func (l *link) alive() error {
	l.reading.Lock()
	defer l.reading.Unlock()
	if l.deaf {
		return nil
	}
	return l.conn.SetReadDeadline(time.Now().Add(3 * l.socket.pace.beat))
}

// hush ends the reading. A message of which only a part has come is not taken.
func (l *link) hush() {
	l.reading.Lock()
	defer l.reading.Unlock()
	l.deaf = true
	if err := l.conn.SetReadDeadline(time.Now()); err != nil && !errors.Is(err, net.ErrClosed) {
		l.socket.log.Warn("a socket could not be stopped in time; closing it", "error", errors.Join(err, l.conn.Close()))
	}
}

// greet waits for the hello with which Slack begins.
func (l *link) greet() error {
	if err := l.conn.SetReadDeadline(time.Now().Add(callTimeout)); err != nil {
		return err
	}
	_, raw, err := l.conn.ReadMessage()
	if err != nil {
		return err
	}
	e, err := readEnvelope(raw)
	switch {
	case err != nil:
		return err
	case e.Type == saysDisconnect:
		return cmp.Or(farewell(e.Reason), fmt.Errorf("the connection is ended by Slack at once: %q", e.Reason))
	case e.Type != saysHello:
		return fmt.Errorf("the connection begins with %q, not with hello", e.Type)
	}
	return l.alive()
}

// serve reads until the connection ends or the context does, and returns when
// everything that was taken is answered.
func (l *link) serve(ctx context.Context) {
	unhush := context.AfterFunc(ctx, l.hush)
	defer unhush()
	beating, still := context.WithCancel(context.WithoutCancel(ctx))
	l.work.Go(func() { l.beat(beating) })
	var err error
	for err == nil {
		var raw []byte
		if _, raw, err = l.conn.ReadMessage(); err == nil {
			err = l.alive()
			l.take(ctx, raw)
		}
	}
	still()
	l.part(fmt.Errorf("the connection ended: %w", err))
	l.work.Wait()
	// Slack need not hear that we go.
	_ = l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
	_ = l.conn.Close()
}

// beat pings, so that a connection that died silently is found out.
func (l *link) beat(ctx context.Context) {
	tick := time.NewTicker(l.socket.pace.beat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeWithin)); err != nil {
			return // the reading finds out as well
		}
	}
}

// part says once that another connection is wanted.
func (l *link) part(why error) {
	l.leave.Do(func() {
		l.why = why
		close(l.leaving)
	})
}

// farewell is what Slack's reason for ending a connection means.
func farewell(reason string) error {
	switch reason {
	case "warning", "refresh_requested":
		return nil
	case "link_disabled":
		return &contract.Refused{What: "open a socket: Socket Mode was turned off for the app", Hint: socketRemedy, Installation: true}
	}
	return fmt.Errorf("the connection is ended by Slack: %q", reason)
}

// take reads one message and lets the desk handle it, beside the others.
func (l *link) take(ctx context.Context, raw []byte) {
	e, err := readEnvelope(raw)
	switch {
	case err != nil:
		l.socket.log.Warn("a message of Slack's socket is left out", "error", err)
		return
	case e.Type == saysHello:
		return
	case e.Type == saysDisconnect:
		l.part(farewell(e.Reason))
		time.AfterFunc(l.socket.pace.linger, l.hush)
		return
	}
	l.slots <- struct{}{}
	l.work.Go(func() { l.handle(context.WithoutCancel(ctx), e) })
}

// handle lets the desk handle an envelope, acknowledges it, and does what goes
// on. What could not be handled is not acknowledged, so that Slack sends it
// again. What would not go on then goes on without an acknowledgement: an event
// that comes again is known, and a form opens once. A fault in a handler costs this envelope and not the process, as it
// does behind a web server.
func (l *link) handle(ctx context.Context, e envelope) {
	log := l.socket.log.With("type", e.Type, "attempt", e.RetryAttempt)
	defer func() {
		if fault := recover(); fault != nil {
			log.Error("a fault in the program: what Slack sent may not have been handled", "fault", fault, "stack", string(debug.Stack()))
		}
	}()
	a, err := l.reply(ctx, e)
	var again unhandled
	switch {
	case errors.As(err, &again):
		log.Error("what Slack sent was not handled; it will send it again", "error", err)
	case err != nil:
		log.Warn("an answer did not reach Slack; what it asked for was done, and is recognised when it comes again", "error", err)
		if a.once {
			a.finish(ctx)
		}
	default:
		a.finish(ctx)
	}
}

// reply makes the answer to an envelope and sends it. Only so long is one of
// the slots taken.
func (l *link) reply(ctx context.Context, e envelope) (answer, error) {
	defer func() { <-l.slots }()
	a, err := l.socket.desk.unpack(ctx, e)
	var again unhandled
	if errors.As(err, &again) {
		return answer{}, err
	}
	if err != nil {
		l.socket.log.Warn("what Slack sent is malformed, and left out", "type", e.Type, "error", err)
	}
	return a, l.acknowledge(e, a.body)
}

// acknowledge sends the answer to an envelope.
func (l *link) acknowledge(e envelope, body []byte) error {
	frame, cut, err := acknowledgement(e, body)
	if err != nil {
		return err
	}
	if cut {
		l.socket.log.Error("an answer is too long for Slack's socket; the person is told so", "type", e.Type, "bytes", len(body))
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.conn.SetWriteDeadline(time.Now().Add(writeWithin)); err != nil {
		return err
	}
	return l.conn.WriteMessage(websocket.TextMessage, frame)
}
