package fakesmtp

import (
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/textproto"
	"strings"
)

// largestMail bounds a mail, in bytes.
const largestMail = 1 << 20

// session is one conversation (RFC 5321).
type session struct {
	server *Server
	conn   net.Conn
	text   *textproto.Conn
	secure bool
	known  bool // who it is was proved

	from string
	to   []string
	over bool
}

func newSession(s *Server, conn net.Conn) *session {
	out := &session{server: s, conn: conn, secure: s.options.TLS, known: s.options.Username == ""}
	if s.options.TLS {
		out.conn = tls.Server(conn, s.secure)
	}
	out.text = textproto.NewConn(out.conn)
	return out
}

// reply is an answer; its lines are sent under one code.
type reply struct {
	code  int
	lines []string
}

func say(code int, lines ...string) reply { return reply{code, lines} }

// serve answers commands until the conversation is over.
func (s *session) serve() {
	s.answer(s.greet)
	for !s.over {
		line, err := s.text.ReadLine()
		if err != nil {
			return
		}
		verb, argument, _ := strings.Cut(line, " ")
		s.answer(func(m Mishap) reply { return s.command(strings.ToUpper(verb), argument, m) })
	}
}

// answer does one request and tells what came of it, or fails as it is meant to.
func (s *session) answer(do func(Mishap) reply) {
	m := s.server.request()
	switch m {
	case Drop:
		s.over = true
		return
	case Hang:
		<-s.server.closed
		s.over = true
		return
	}
	r := do(m)
	if m == Lose {
		s.over = true
		return
	}
	for n, line := range r.lines {
		sign := "-"
		if n == len(r.lines)-1 {
			sign = " "
		}
		if err := s.text.PrintfLine("%d%s%s", r.code, sign, line); err != nil {
			s.over = true
			return
		}
	}
	switch {
	case r.code == 354:
		s.answer(s.takeMail)
	case r.code == 220 && s.over: // STARTTLS: what follows is said under it
		s.over, s.secure = false, true
		s.conn = tls.Server(s.conn, s.server.secure)
		s.text = textproto.NewConn(s.conn)
	}
}

func (s *session) greet(m Mishap) reply {
	switch {
	case m == Busy:
		s.over = true
		return say(421, "4.3.2 too many connections")
	case m == Closed && s.server.options.Username == "":
		s.over = true
		return say(554, "5.7.1 no mail from your network")
	}
	return say(220, "fakesmtp ESMTP")
}

// command does one command.
func (s *session) command(verb, argument string, m Mishap) reply {
	o := s.server.options
	switch verb {
	case "EHLO", "HELO":
		lines := []string{"fakesmtp", "ENHANCEDSTATUSCODES", "8BITMIME"}
		if o.StartTLS && !s.secure {
			lines = append(lines, "STARTTLS")
		}
		if o.Username != "" && (s.secure || !o.StartTLS) {
			lines = append(lines, "AUTH PLAIN")
		}
		return say(250, lines...)
	case "STARTTLS":
		if !o.StartTLS || s.secure {
			return say(502, "5.5.1 not here")
		}
		s.over = true // of the conversation in the clear; answer goes on under TLS
		return say(220, "2.0.0 go ahead")
	case "AUTH":
		return s.proof(argument, m)
	case "MAIL":
		return s.sender(argument, m)
	case "RCPT":
		return s.recipient(argument, m)
	case "DATA":
		if len(s.to) == 0 {
			return say(503, "5.5.1 to whom?")
		}
		return say(354, "go ahead, end with a dot")
	case "RSET":
		s.from, s.to = "", nil
		return say(250, "2.0.0 forgotten")
	case "NOOP":
		return say(250, "2.0.0 nothing")
	case "QUIT":
		s.over = true
		return say(221, "2.0.0 goodbye")
	}
	return say(502, "5.5.1 not understood")
}

// proof checks AUTH PLAIN (RFC 4616).
func (s *session) proof(argument string, m Mishap) reply {
	mechanism, word, _ := strings.Cut(argument, " ")
	given, err := base64.StdEncoding.DecodeString(word)
	want := "\x00" + s.server.options.Username + "\x00" + s.server.options.Password
	if !strings.EqualFold(mechanism, "PLAIN") || err != nil || string(given) != want || m == Closed {
		return say(535, "5.7.8 authentication credentials invalid")
	}
	s.known = true
	return say(235, "2.7.0 welcome")
}

func (s *session) sender(argument string, m Mishap) reply {
	switch {
	case !s.known:
		return say(530, "5.7.0 authentication required")
	case s.server.options.StartTLS && !s.secure:
		return say(530, "5.7.0 begin with STARTTLS")
	case m == Sender:
		return say(553, "5.7.1 sender address rejected")
	}
	s.from, s.to = path(argument), nil
	return say(250, "2.1.0 sender ok")
}

func (s *session) recipient(argument string, m Mishap) reply {
	switch {
	case s.from == "":
		return say(503, "5.5.1 from whom?")
	case m == Later:
		return say(451, "4.7.1 greylisted, try again")
	case m == Reject:
		return say(550, "5.1.1 no such user")
	}
	s.to = append(s.to, path(argument))
	return say(250, "2.1.5 recipient ok")
}

// takeMail reads a mail to its dot and keeps it.
func (s *session) takeMail(m Mishap) reply {
	text, err := io.ReadAll(io.LimitReader(s.text.DotReader(), largestMail))
	if err != nil {
		s.over = true
		return say(451, "4.3.0 broken off")
	}
	if m == Spam {
		return say(554, "5.7.1 looks like spam")
	}
	if err := s.server.keep(s.from, s.to, string(text)); err != nil {
		return say(554, "5.6.0 "+strings.ReplaceAll(err.Error(), "\n", " "))
	}
	s.from, s.to = "", nil
	return say(250, "2.0.0 kept")
}

// path is the address of MAIL FROM:<…> or RCPT TO:<…>.
func path(argument string) string {
	_, rest, _ := strings.Cut(argument, "<")
	address, _, _ := strings.Cut(rest, ">")
	return address
}
