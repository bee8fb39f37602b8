package roster

import (
	"net"
	"net/mail"
	"strings"
)

// Email is the mail server through which people are written to.
type Email struct {
	SMTP     string // host:port
	From     string // "Musterbook <pager@example.com>"
	Username string // empty: the server asks nobody who they are
	Password Secret
	TLS      MailTLS
}

// MailTLS is how the connection to the mail server is protected.
type MailTLS string

// The ways, as the file writes them.
const (
	MailStartTLS MailTLS = "starttls" // in the clear first, then TLS before anything is said; the default
	MailTLSFirst MailTLS = "tls"      // TLS from the first byte
	MailNoTLS    MailTLS = "none"     // only with a server on this machine
)

// fileEmail is the mail server.
type fileEmail struct {
	At       place     `json:"-"`
	SMTP     text      `json:"smtp" jsonschema_description:"host:port of the server that takes our mail, for example mail.example.com:587. May be ${NAME}."`
	From     text      `json:"from" jsonschema_description:"Who writes, for example Musterbook <pager@example.com>. May be ${NAME}."`
	Username text      `json:"username,omitempty" jsonschema_description:"Without it the server asks nobody who they are. May be ${NAME}."`
	Password secretRef `json:"password,omitempty" jsonschema_description:"Needs username."`
	TLS      text      `json:"tls,omitempty" jsonschema:"enum=starttls,enum=tls,enum=none" jsonschema_description:"starttls (default), tls from the first byte, or none: only with a server on this machine."`
}

// portTLS is where mail servers speak TLS from the first byte (RFC 8314, 3.3).
const portTLS = "465"

// email reads the mail server.
func (b *builder) email(e *fileEmail) *Email {
	out := &Email{
		SMTP: b.hostPort(e.SMTP, "email.smtp"), From: b.expand(e.From, "email.from"), Username: b.expand(e.Username, "email.username"),
		Password: b.secret(e.Password, "email.password"),
		TLS:      MailTLS(b.choice(e.TLS, "email.tls", string(MailStartTLS), string(MailTLSFirst), string(MailNoTLS))),
	}
	if out.From != "" {
		if _, err := mail.ParseAddress(out.From); err != nil {
			b.fault(e.From.at, "write Musterbook <pager@example.com>", "email.from: %s is no e-mail address", quoted(out.From))
		}
	}
	switch {
	case e.Username.given() && !e.Password.given():
		b.fault(e.Username.at, "add password: ${SMTP_PASSWORD}, or remove username", "email.username stands here without a password")
	case e.Password.given() && !e.Username.given():
		b.fault(e.Password.at, "add username, or remove password", "email.password stands here without a username")
	}
	if host, port, err := net.SplitHostPort(out.SMTP); err == nil {
		b.protection(e, out.TLS, host, port)
	}
	return out
}

// protection reports a protection that does not fit the server.
func (b *builder) protection(e *fileEmail, tls MailTLS, host, port string) {
	ip := net.ParseIP(host)
	local := strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
	switch {
	case host == "" || port == "0":
		b.fault(e.SMTP.at, "write host:port, for example mail.example.com:587", "email.smtp names no server")
	case tls == MailNoTLS && !local:
		b.fault(e.TLS.at, "write starttls or tls", "email.tls: without TLS passwords and pages could be read on their way to %s", host)
	case tls == MailStartTLS && port == portTLS:
		b.fault(e.SMTP.at, "write tls: tls, or port 587", "email.smtp: port %s speaks TLS from the first byte, and email.tls is starttls", port)
	}
}
