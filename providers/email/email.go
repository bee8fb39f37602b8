// Package email writes to people by e-mail, over SMTP through go-mail, and serves the page that a mail links to, where one
// button acknowledges. It knows incidents only by the messages of the contract; who is written to and when is decided
// elsewhere.
//
// Published sources: RFC 5321 (SMTP), RFC 5322 (messages), RFC 3463 (enhanced status codes), RFC 3834 (Auto-Submitted).
package email

import (
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// People knows the people of the roster as they are now. It answers from memory.
type People interface {
	Person(id oncall.PersonID) (oncall.Person, bool)
}

// TLS is how the connection to the mail server is protected. The zero value is STARTTLS.
type TLS string

// The ways.
const (
	StartTLS TLS = ""     // begins in the clear and must change to TLS before anything is said
	Implicit TLS = "tls"  // TLS from the first byte, mostly on port 465
	Clear    TLS = "none" // no protection; for a server on this very machine
)

// Config is what mail needs. Server, From and People are required.
type Config struct {
	Server   string // host:port
	From     string // "Musterbook <pager@example.com>"
	Username string // empty = the server asks nobody who they are
	Password string
	TLS      TLS
	// PublicURL is where people reach the gateway, with or without a path. Empty: mails have no link.
	PublicURL string
	// Secret seals the links; at least 16 bytes. It must be the same in all processes and outlive restarts, or the links
	// of mails that were sent are refused. Empty: mails have no link.
	Secret []byte
	// ReplyNumber is the number to which people may text their acknowledgement, in E.164; empty = nobody can.
	ReplyNumber string
	People      People
	Roots       *x509.CertPool   // nil = those of the system
	Log         *slog.Logger     // nil = nothing is logged
	Now         func() time.Time // nil = time.Now
}

// smallestSecret is the least length of Config.Secret in bytes.
const smallestSecret = 16

// Client is the mail of an installation. It implements the port of the activities, and Handler serves the page of the
// links. It may be used concurrently.
type Client struct {
	config Config
	host   string
	port   int
	from   mail.Address
	domain string // of our own address: it stands in every Message-ID
	public string // without a trailing slash
}

// New checks the configuration, all of it at once, and makes no connection.
func New(config Config) (*Client, error) {
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	c := &Client{config: config, public: strings.TrimRight(config.PublicURL, "/")}
	return c, errors.Join(c.readServer(), c.readFrom(), c.checkRest())
}

// readServer takes the address apart.
func (c *Client) readServer() error {
	host, port, err := net.SplitHostPort(c.config.Server)
	if err != nil {
		return fmt.Errorf("email: the mail server %q is no address (write host:port)", c.config.Server)
	}
	c.host = host
	c.port, err = strconv.Atoi(port)
	if err != nil || c.port < 1 || c.port > 65535 || host == "" {
		return fmt.Errorf("email: the mail server %q is no address (write host:port)", c.config.Server)
	}
	return nil
}

// readFrom reads the sender.
func (c *Client) readFrom() error {
	from, err := mail.ParseAddress(c.config.From)
	if err != nil {
		return fmt.Errorf("email: the sender %q is no address (write Musterbook <pager@example.com>)", c.config.From)
	}
	c.from = *from
	_, c.domain, _ = strings.Cut(from.Address, "@")
	return nil
}

// checkRest checks what has no form of its own.
func (c *Client) checkRest() error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	switch c.config.TLS {
	case StartTLS, Implicit:
	case Clear:
		if !loopback(c.host) {
			add("email: without TLS only a mail server on this machine may be used, not %s", c.host)
		}
	default:
		add("email: %q is no way to protect a connection", c.config.TLS)
	}
	if c.config.People == nil {
		add("email: the people of the roster are required")
	}
	if n := len(c.config.Secret); n > 0 && n < smallestSecret {
		add("email: the secret for links has %d bytes, and needs at least %d", n, smallestSecret)
	}
	if c.public != "" {
		u, err := url.Parse(c.public)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
			add("email: public url %q must be an absolute http or https address without query", c.config.PublicURL)
		}
	}
	return errors.Join(problems...)
}

// loopback says whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// links says whether mails have a link.
func (c *Client) links() bool { return c.public != "" && len(c.config.Secret) > 0 }
