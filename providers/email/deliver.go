package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Bounds of one conversation with the mail server. Pages are short, and an activity has 15 seconds.
const (
	conversationTime = 10 * time.Second
	farewellTime     = time.Second      // for the goodbye; the mail is delivered by then
	busyPause        = 10 * time.Second // before a server that has too much to do is asked again
	longestAnswer    = 200              // of what the server says, in bytes
)

// connection is one conversation with the mail server.
type connection struct {
	*gomail.Client
	raw net.Conn
}

// deliver hands one mail over.
func (c *Client) deliver(ctx context.Context, m *gomail.Msg, to string) error {
	ctx, cancel := context.WithTimeout(ctx, conversationTime)
	defer cancel()
	conn, err := c.connect(ctx)
	if err != nil {
		return c.connectFault(err)
	}
	err = conn.Send(m)
	if m.IsDelivered() {
		conn.farewell()
		return nil
	}
	return c.sendFault(err, to)
}

// Check connects and says who we are, and sends nothing. Its error is that of a mail.
func (c *Client) Check(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, conversationTime)
	defer cancel()
	conn, err := c.connect(ctx)
	if err != nil {
		return c.connectFault(err)
	}
	conn.farewell()
	return nil
}

// farewell says goodbye. It is a courtesy: the server has the mail, whatever becomes of it.
func (c *connection) farewell() {
	if c.raw.SetDeadline(time.Now().Add(farewellTime)) == nil {
		_ = c.Close() // see above
	}
}

// connect connects, protects the connection and says who we are. The library knows no context once it is connected, so the
// connection is cut when the context ends, which it must.
func (c *Client) connect(ctx context.Context) (*connection, error) {
	conn := &connection{}
	protection := &tls.Config{ServerName: c.host, RootCAs: c.config.Roots, MinVersion: tls.VersionTLS12}
	dial := func(dialing context.Context, network, address string) (net.Conn, error) {
		var err error
		if conn.raw, err = new(net.Dialer).DialContext(dialing, network, address); err != nil {
			return nil, err
		}
		raw := conn.raw
		context.AfterFunc(ctx, func() { _ = raw.Close() }) // it may be closed already
		if c.config.TLS != Implicit {
			return raw, nil
		}
		secured := tls.Client(raw, protection)
		return secured, secured.HandshakeContext(dialing)
	}
	options := []gomail.Option{
		gomail.WithPort(c.port), gomail.WithTimeout(conversationTime), gomail.WithoutNoop(), gomail.WithoutRset(),
		gomail.WithTLSConfig(protection), gomail.WithDialContextFunc(dial),
	}
	switch c.config.TLS {
	case StartTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case Implicit:
		options = append(options, gomail.WithSSL())
	case Clear:
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if c.config.Username != "" {
		options = append(options, gomail.WithUsername(c.config.Username), gomail.WithPassword(c.config.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthPlain, gomail.SMTPAuthLogin,
				gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthSCRAMSHA1, gomail.SMTPAuthCramMD5))
	}
	var err error
	if conn.Client, err = gomail.NewClient(c.host, options...); err != nil {
		return nil, fmt.Errorf("prepare the connection: %w", err)
	}
	return conn, conn.DialWithContext(ctx)
}

// connectFault sorts what goes wrong before a mail is handed over. What the server itself refuses concerns every mail; so
// does a protection or a proof that it does not offer.
func (c *Client) connectFault(err error) error {
	var said *textproto.Error
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &said) && said.Code == busyCode:
		return c.busy(err)
	case errors.As(err, &said) && said.Code >= leastPermanent:
		return c.closed(err, "check username and password of email, and whether the server lets this machine in")
	case errors.As(err, &untrusted):
		return c.closed(err, "the mail server's certificate is not valid: renew it, or name the host that it is for")
	case passing(err) || said != nil:
		return fmt.Errorf("the mail server %s does not answer as it should: %w", c.config.Server, err)
	default:
		return c.closed(err, "the mail server must offer what email.tls and email.username ask for")
	}
}

// passing says whether an error is one of the network, which may be gone in a moment.
func passing(err error) bool {
	var network net.Error
	var garbled textproto.ProtocolError
	return errors.As(err, &network) || errors.As(err, &garbled) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// Codes of answers (RFC 5321, 4.2.3).
const (
	busyCode       = 421 // the server closes the conversation: too many, or it goes down
	leastPermanent = 500
)

// sendFault sorts what goes wrong with one mail. Without an answer it is not known whether the server has it.
func (c *Client) sendFault(err error, to string) error {
	var fault *gomail.SendError
	if !errors.As(err, &fault) {
		return fmt.Errorf("send a mail to %s: %w", to, err)
	}
	code := fault.ErrorCode()
	switch {
	case code == busyCode:
		return c.busy(err)
	case code < leastPermanent:
		return fmt.Errorf("send a mail to %s: %s", to, answer(err))
	case code == 530 || code == 534 || code == 535 || code == 538: // RFC 4954: the server wants another proof
		return c.closed(err, "check username and password of email")
	case fault.Reason == gomail.ErrSMTPMailFrom:
		return c.closed(err, "the mail server does not let us write as "+c.from.Address+": correct from of email, or allow it there")
	case fault.Reason == gomail.ErrSMTPRcptTo:
		return &contract.Refused{What: fmt.Sprintf("the mail server takes nothing for %s: %s", to, answer(err)), Hint: "correct the person's email"}
	default:
		return &contract.Refused{What: fmt.Sprintf("the mail server refuses the mail to %s: %s", to, answer(err))}
	}
}

// busy is a server that has too much to do.
func (c *Client) busy(err error) error {
	return &contract.Later{After: busyPause, Err: fmt.Errorf("the mail server %s has too much to do: %s", c.config.Server, answer(err))}
}

// closed is a server that lets nothing of this installation through.
func (c *Client) closed(err error, hint string) error {
	return &contract.Refused{
		What: fmt.Sprintf("the mail server %s does not let us in: %s", c.config.Server, answer(err)), Hint: hint, Installation: true,
	}
}

// answer is what the server said, without what the library puts around it.
func answer(err error) string {
	text := oneLine(err.Error())
	var fault *gomail.SendError
	if errors.As(err, &fault) {
		text = strings.TrimSpace(strings.TrimPrefix(text, fault.Reason.String()+":"))
		text, _, _ = strings.Cut(text, ", affected ")
	}
	return incident.Shorten(text, longestAnswer)
}
