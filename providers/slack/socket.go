package slack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// Socket is the desk's door that needs no public address: it opens a connection
// to Slack, and Slack sends over it what people do
// (https://docs.slack.dev/apis/events-api/using-socket-mode). Several processes
// may have one each; Slack gives every envelope to any one of them.
//
// An envelope is acknowledged when the desk has handled it. One whose
// acknowledgement is lost comes again, perhaps to another process, and is
// recognised by the same ids as over HTTP.
type Socket struct {
	api  *slack.Client
	desk *Desk
	log  *slog.Logger
	safe bool // only encrypted connections
	pace pace
}

// pace is how the socket spends its time.
type pace struct {
	first, most time.Duration // pauses before further attempts, the first and the longest
	refused     time.Duration // pause when Slack refuses us: only a person can mend that
	settled     time.Duration // a connection that lasts so long ends the trouble before it
	beat        time.Duration // between two pings; three of them in silence end a connection
	linger      time.Duration // how long a connection that Slack is about to end is still read
}

// usual is the pace against Slack. It announces the end of a connection some ten
// seconds before, and opens of connections are limited to about fifty a minute.
func usual() pace {
	return pace{
		first: time.Second, most: time.Minute, refused: 5 * time.Minute, settled: 30 * time.Second,
		beat: 10 * time.Second, linger: 30 * time.Second,
	}
}

// NewSocket makes the door of an app-level token (xapp-…) with the scope
// connections:write. Nothing is opened before Run.
func NewSocket(appToken string, desk *Desk) *Socket {
	c := desk.client
	return &Socket{
		api: slack.New("", slack.OptionAppLevelToken(appToken), slack.OptionAPIURL(c.apiURL), slack.OptionHTTPClient(c.http)),
		// An API that was configured to be without TLS has sockets of its kind.
		desk: desk, log: desk.log, safe: strings.HasPrefix(c.apiURL, "https:"), pace: usual(),
	}
}

// Run keeps a connection open until the context ends, and reconnects for ever.
// When it returns, everything that was taken has been handled and acknowledged;
// what was not taken Slack gives to another connection.
func (s *Socket) Run(ctx context.Context) {
	var open sync.WaitGroup
	defer open.Wait()
	var o outage
	for ctx.Err() == nil {
		l, err := s.connect(ctx)
		if err == nil {
			open.Go(func() { l.serve(ctx) })
			err = s.watch(ctx, l, &o)
		}
		if ctx.Err() != nil {
			return
		}
		s.tell(&o, err)
		rest(ctx, s.pause(&o, err))
	}
}

// outage is a time without a lasting connection.
type outage struct {
	attempts int
	told     string // what was said of it last
}

// watch waits until a connection ends, or Slack is about to end it, and says
// why; nil is Slack's usual renewal.
func (s *Socket) watch(ctx context.Context, l *link, o *outage) error {
	settled := time.NewTimer(s.pace.settled)
	defer settled.Stop()
	for {
		select {
		case <-settled.C:
			*o = outage{}
		case <-l.leaving:
			return l.why
		case <-ctx.Done():
			return nil
		}
	}
}

// tell says once what is wrong: loudly what only a person can mend.
func (s *Socket) tell(o *outage, err error) {
	if err == nil || err.Error() == o.told {
		return
	}
	o.told = err.Error()
	if contract.IsRefused(err) {
		s.log.Error("Slack does not let us open a socket: buttons and commands do not reach us; trying on, slowly", "error", err)
		return
	}
	s.log.Warn("Slack's socket is closed; opening another", "error", err)
}

// pause is how long to wait before the next attempt.
func (s *Socket) pause(o *outage, err error) time.Duration {
	o.attempts++
	var later *contract.Later
	switch {
	case contract.IsRefused(err):
		return jitter(s.pace.refused)
	case errors.As(err, &later):
		return later.After + jitter(s.pace.first)
	case err == nil && o.attempts == 1:
		return 0 // a renewal: the old connection is still read meanwhile
	}
	return jitter(min(s.pace.first<<min(o.attempts-1, 16), s.pace.most))
}

// jitter keeps replicas from coming all at once.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// rest waits, at most until the context ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Reach asks Slack for a connection's address and does not use it: it tells
// whether the app-level token is good. It has no effect. Its errors have the
// classes of every call (see classify).
func (s *Socket) Reach(ctx context.Context) error {
	_, err := s.address(ctx)
	return err
}

// address is where a connection may be opened, once and soon.
func (s *Socket) address(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	_, address, err := s.api.StartSocketModeContext(ctx)
	if err != nil {
		err = classify("open a socket", err)
		var refused *contract.Refused
		if errors.As(err, &refused) {
			refused.Hint = socketRemedy
		}
		return "", err
	}
	if !strings.HasPrefix(address, "wss://") && (s.safe || !strings.HasPrefix(address, "ws://")) {
		return "", errors.New("open a socket: Slack names an address that is not wss://")
	}
	return address, nil
}

// socketRemedy is what a person can do about a refused app-level token.
const socketRemedy = "turn Socket Mode on in the app's settings, and put an app-level token (xapp-…) with the scope connections:write into slack.app_token"

// connect opens a connection and waits for Slack's hello.
func (s *Socket) connect(ctx context.Context) (*link, error) {
	address, err := s.address(ctx)
	if err != nil {
		return nil, err
	}
	dialer := websocket.Dialer{Proxy: http.ProxyFromEnvironment, HandshakeTimeout: callTimeout}
	conn, response, err := dialer.DialContext(ctx, address, nil)
	if response != nil {
		defer func() { _ = response.Body.Close() }() // holds what the error needs at most
	}
	if err != nil {
		return nil, fmt.Errorf("open a socket: %w", err)
	}
	l := newLink(s, conn)
	if err := l.greet(); err != nil {
		return nil, errors.Join(fmt.Errorf("open a socket: %w", err), conn.Close())
	}
	s.log.Info("Slack's socket is open: buttons and commands come through it")
	return l, nil
}
