package fakesmtp

import (
	"fmt"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"slices"
	"strings"
)

// Mail is one that was delivered, as a mail program reads it.
type Mail struct {
	From, To  string
	ID        string // Message-ID, without brackets
	InReplyTo string // without brackets
	Subject   string
	Text      string
	Head      mail.Header
}

// keep reads a mail and puts it into the mailboxes.
func (s *Server) keep(from string, to []string, raw string) error {
	m, err := read(raw)
	if err != nil {
		return err
	}
	m.From = from
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, address := range to {
		m.To = address
		s.mails = append(s.mails, m)
	}
	return nil
}

// read takes a mail apart (RFC 5322, RFC 2047).
func read(raw string) (Mail, error) {
	parsed, err := mail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		return Mail{}, fmt.Errorf("read the head: %w", err)
	}
	body := parsed.Body
	if strings.EqualFold(parsed.Header.Get("Content-Transfer-Encoding"), "quoted-printable") {
		body = quotedprintable.NewReader(body)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return Mail{}, fmt.Errorf("read the body: %w", err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(parsed.Header.Get("Subject"))
	if err != nil {
		return Mail{}, fmt.Errorf("read the subject: %w", err)
	}
	return Mail{
		ID: bare(parsed.Header.Get("Message-ID")), InReplyTo: bare(parsed.Header.Get("In-Reply-To")), Subject: subject,
		Text: strings.ReplaceAll(string(text), "\r\n", "\n"), Head: parsed.Header,
	}, nil
}

// bare takes the brackets from an id.
func bare(id string) string { return strings.Trim(strings.TrimSpace(id), "<>") }

// Delivered lists everything that was delivered to an address, oldest first.
func (s *Server) Delivered(address string) []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Mail
	for _, m := range s.mails {
		if m.To == address {
			out = append(out, m)
		}
	}
	return out
}

// Mailbox is what a mail program shows of an address: mails of one Message-ID once.
func (s *Server) Mailbox(address string) []Mail {
	var out []Mail
	for _, m := range s.Delivered(address) {
		if !slices.ContainsFunc(out, func(known Mail) bool { return known.ID == m.ID }) {
			out = append(out, m)
		}
	}
	return out
}
