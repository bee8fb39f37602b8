// Package fakesmtp is a mail server on loopback for tests: it speaks SMTP with STARTTLS or TLS and AUTH PLAIN, keeps what
// it was given, and fails in the ways in which mail servers do. It never passes anything on.
package fakesmtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
)

// Options are a server. The zero value takes everything in the clear from everybody.
type Options struct {
	Username, Password string // who may send; empty = everybody
	StartTLS           bool   // offers STARTTLS, and takes mail and passwords only after it
	TLS                bool   // TLS from the first byte
}

// Mishap is a way in which the server fails.
type Mishap string

// The mishaps. Drop and Lose strike one request, which is a connection, a command or the end of a mail; the others strike
// every one until Mend.
const (
	Drop   Mishap = "drop"   // the connection breaks off, and nothing is done
	Lose   Mishap = "lose"   // the work is done, and the connection breaks off before the answer
	Hang   Mishap = "hang"   // nothing is answered any more
	Busy   Mishap = "busy"   // 421 instead of a greeting
	Later  Mishap = "later"  // 451 for each recipient
	Reject Mishap = "reject" // 550 for each recipient
	Closed Mishap = "closed" // 535 for each proof, 554 as a greeting where none is asked for
	Sender Mishap = "sender" // 553 for each sender
	Spam   Mishap = "spam"   // 554 for each mail
)

// Server is a running server.
type Server struct {
	options  Options
	listener net.Listener
	secure   *tls.Config
	roots    *x509.CertPool

	mu       sync.Mutex
	mails    []Mail
	mishap   Mishap
	skip     int // requests before a single one is struck
	struck   bool
	sessions map[net.Conn]bool
	closed   chan struct{}
	running  sync.WaitGroup
}

// Start listens on a free port of this machine.
func Start(ctx context.Context, o Options) (*Server, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	s := &Server{options: o, listener: listener, sessions: map[net.Conn]bool{}, closed: make(chan struct{})}
	if s.secure, s.roots, err = certificate(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	s.running.Go(s.accept)
	return s, nil
}

// Addr is host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Roots are what a client must trust.
func (s *Server) Roots() *x509.CertPool { return s.roots }

// Close ends all conversations.
func (s *Server) Close() {
	s.mu.Lock()
	close(s.closed)
	_ = s.listener.Close() // accept ends in either case
	for conn := range s.sessions {
		_ = conn.Close() // its session ends in either case
	}
	s.mu.Unlock()
	s.running.Wait()
}

// Break lets a mishap happen. Of Drop and Lose the request after skip others is struck, and no further one. The answer
// tells whether something has been struck so far.
func (s *Server) Break(m Mishap, skip int) (struck func() bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mishap, s.skip, s.struck = m, skip, false
	return func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.struck
	}
}

// Mend ends every mishap.
func (s *Server) Mend() { s.Break("", 0) }

// accept takes connections until Close.
func (s *Server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.sessions[conn] = true
		s.mu.Unlock()
		s.running.Go(func() {
			newSession(s, conn).serve()
			s.mu.Lock()
			delete(s.sessions, conn)
			s.mu.Unlock()
			_ = conn.Close() // Close may have been faster
		})
	}
}

// request notes a request and says how it fails.
func (s *Server) request() Mishap {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch s.mishap {
	case Drop, Lose:
		if s.skip > 0 || s.struck {
			s.skip--
			return ""
		}
		s.struck = true
		return s.mishap
	case "":
		return ""
	default:
		s.struck = true
		return s.mishap
	}
}
