package email_test

import (
	"context"
	"errors"
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/email"
	"github.com/musterbook/musterbook/providers/email/fakesmtp"
)

// meant is when the mails of these tests were decided.
var meant = time.Date(2026, 7, 14, 2, 7, 0, 0, time.UTC)

// request tells Ana of an incident.
func request() contract.MailRequest {
	return contract.MailRequest{
		Effect: contract.Effect{Key: "0198/page/1", Intended: meant}, Person: "ana", Thread: "0198",
		Callback: contract.Callback{WorkflowID: "incident/checkout", Key: "INC-42", Page: "0198/page", Attempt: 1},
		Subject:  "INC-42 SEV1: checkout fails", Text: "INC-42. SEV1. checkout fails.", Room: "https://chat.example/inc-42",
	}
}

// TestMail is one mail as it is read: head, words, and every way to acknowledge.
func TestMail(t *testing.T) {
	t.Parallel()
	s := serve(t, guarded())
	req := request()
	req.Subject = "INC-42 SEV1: checkout\r\nBcc: everybody@example.com\r\n\r\nfällt aus"
	out, err := open(t, config(s)).Mail(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Delivered("ana@example.com")
	if len(got) != 1 || got[0].From != "pager@example.com" || got[0].ID != out.Provider {
		t.Fatalf("delivered: %+v", got)
	}
	m := got[0]
	address := linkOf(t, m.Text)
	want := `INC-42. SEV1. checkout fails.

To acknowledge, do one of these:

* Open this page and press the button there. To open it does nothing yet.
  It works until 15 July 02:07 UTC.
  ` + address + `

* In the chat room: https://chat.example/inc-42

* Text 42a to +12025550100 from your own telephone.

* With the command: muster ack INC-42

An answer to this mail is read by nobody.
`
	if diff := cmp.Diff(want, m.Text); diff != "" {
		t.Errorf("the mail says (-want +got):\n%s", diff)
	}
	if want := "INC-42 SEV1: checkout Bcc: everybody@example.com fällt aus"; m.Subject != want || m.Head.Get("Bcc") != "" {
		t.Errorf("the subject is %q, want %q; Bcc %q", m.Subject, want, m.Head.Get("Bcc"))
	}
	for header, want := range map[string]string{
		"From": `"Musterbook" <pager@example.com>`, "To": `"Ana Ruiz" <ana@example.com>`, "Auto-Submitted": "auto-generated",
		"Date": "Tue, 14 Jul 2026 02:07:00 +0000", "References": "<" + m.InReplyTo + ">",
	} {
		if got := m.Head.Get(header); got != want {
			t.Errorf("%s: %s, want %s", header, got, want)
		}
	}
	if _, err := mail.ParseAddress("<" + m.ID + ">"); err != nil || !strings.HasSuffix(m.ID, "@example.com") {
		t.Errorf("Message-ID %q: %v", m.ID, err)
	}
}

// linkOf is the address of a mail's page.
func linkOf(t *testing.T, text string) string {
	t.Helper()
	for _, word := range strings.Fields(text) {
		if strings.HasPrefix(word, "https://muster.example.com/mail/page?t=") {
			return word
		}
	}
	t.Fatalf("no link in %q", text)
	return ""
}

// TestMailTwice: a mail whose fate is not known is sent again as it was, so that its reader sees one.
func TestMailTwice(t *testing.T) {
	t.Parallel()
	s := serve(t, guarded())
	// greeting, EHLO, STARTTLS, EHLO, AUTH, MAIL, RCPT, DATA, and then the mail itself
	lost := s.Break(fakesmtp.Lose, 8)
	req := request()
	if _, err := open(t, config(s)).Mail(t.Context(), req); err == nil || contract.IsRefused(err) {
		t.Fatalf("it gives %v, want an error that is tried again", err)
	}
	if delivered := s.Delivered("ana@example.com"); !lost() || len(delivered) != 1 {
		t.Fatalf("%d mails were delivered before the answer was lost, want one", len(delivered))
	}
	req.Again = true
	out, err := open(t, config(s)).Mail(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	got := s.Delivered("ana@example.com")
	if len(got) != 2 || len(s.Mailbox("ana@example.com")) != 1 || got[0].ID != out.Provider {
		t.Fatalf("delivered: %+v", got)
	}
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("the second mail is another one:\n%s", diff)
	}
}

// TestProtection: each way to protect the connection works, and none is given up.
func TestProtection(t *testing.T) {
	t.Parallel()
	plain := func(c *email.Config) { c.Username, c.Password = "", "" }
	for name, test := range map[string]struct {
		server fakesmtp.Options
		set    func(c *email.Config)
		closed string // the refusal
	}{
		"STARTTLS":             {server: guarded()},
		"TLS":                  {server: fakesmtp.Options{TLS: true, Username: "pager", Password: "correct horse"}, set: func(c *email.Config) { c.TLS = email.Implicit }},
		"none":                 {set: func(c *email.Config) { plain(c); c.TLS = email.Clear }},
		"none, with a proof":   {server: fakesmtp.Options{Username: "pager", Password: "correct horse"}, set: func(c *email.Config) { c.TLS = email.Clear }},
		"STARTTLS not offered": {set: plain, closed: "does not support STARTTLS"},
		"no proof asked for":   {server: fakesmtp.Options{StartTLS: true}, closed: "does not support SMTP AUTH"},
		"another's certificate": {
			server: guarded(), set: func(c *email.Config) { c.Roots = nil }, closed: "certificate",
		},
		"TLS, another's certificate": {
			server: fakesmtp.Options{TLS: true}, set: func(c *email.Config) { plain(c); c.TLS, c.Roots = email.Implicit, nil }, closed: "certificate",
		},
		"another password": {server: guarded(), set: func(c *email.Config) { c.Password = "battery staple" }, closed: "5.7.8 authentication credentials invalid"},
		"no password":      {server: guarded(), set: plain, closed: "5.7.0 authentication required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, test.server)
			c := config(s)
			if test.set != nil {
				test.set(&c)
			}
			_, err := open(t, c).Mail(t.Context(), request())
			var refused *contract.Refused
			switch {
			case test.closed == "" && (err != nil || len(s.Delivered("ana@example.com")) != 1):
				t.Errorf("%d mails, %v", len(s.Delivered("ana@example.com")), err)
			case test.closed == "":
			case !errors.As(err, &refused) || !refused.Installation || !strings.Contains(refused.What, test.closed) || refused.Hint == "":
				t.Errorf("it gives %v, want a refusal of the installation with %q", err, test.closed)
			case len(s.Delivered("ana@example.com")) > 0:
				t.Error("the mail was delivered all the same")
			}
			if err != nil && (strings.Contains(err.Error(), "correct horse") || strings.Contains(err.Error(), "battery")) {
				t.Errorf("the error holds a secret: %v", err)
			}
		})
	}
}

// TestFaults sorts what a server answers.
func TestFaults(t *testing.T) {
	t.Parallel()
	const again, refused, closed, later = "again", "refused", "closed", "later"
	for mishap, want := range map[fakesmtp.Mishap]string{
		fakesmtp.Later: again, fakesmtp.Drop: again, fakesmtp.Busy: later, fakesmtp.Reject: refused, fakesmtp.Spam: refused,
		fakesmtp.Sender: closed, fakesmtp.Closed: closed,
	} {
		t.Run(string(mishap), func(t *testing.T) {
			t.Parallel()
			s := serve(t, guarded())
			s.Break(mishap, 0)
			_, err := open(t, config(s)).Mail(t.Context(), request())
			got := again
			var r *contract.Refused
			switch {
			case err == nil:
				got = "sent"
			case errors.As(err, new(*contract.Later)):
				got = later
			case errors.As(err, &r) && r.Installation:
				got = closed
			case errors.As(err, &r):
				got = refused
			}
			if got != want || strings.Contains(err.Error(), "affected") {
				t.Errorf("it is %s (%v), want %s", got, err, want)
			}
		})
	}
}

// TestHangs: a server that answers nothing more is cut off when the activity's time is over.
func TestHangs(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]fakesmtp.Options{"in the clear": guarded(), "under TLS": {TLS: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, o)
			s.Break(fakesmtp.Hang, 0)
			c := config(s)
			if o.TLS {
				c.TLS, c.Username = email.Implicit, ""
			}
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			began := time.Now()
			if _, err := open(t, c).Mail(ctx, request()); err == nil || contract.IsRefused(err) {
				t.Errorf("it gives %v, want an error that is tried again", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
	nobody := config(serve(t, guarded()))
	nobody.Server = "127.0.0.1:1"
	if err := open(t, nobody).Check(t.Context()); err == nil || contract.IsRefused(err) {
		t.Errorf("a server that is not there gives %v, want an error that is tried again", err)
	}
}

// TestCheck: a look at the start says what a mail would be answered.
func TestCheck(t *testing.T) {
	t.Parallel()
	s := serve(t, guarded())
	if err := open(t, config(s)).Check(t.Context()); err != nil {
		t.Error(err)
	}
	s.Break(fakesmtp.Closed, 0)
	if err := open(t, config(s)).Check(t.Context()); !contract.IsRefused(err) {
		t.Errorf("it gives %v, want a refusal", err)
	}
}

// TestNew tells every problem of a configuration.
func TestNew(t *testing.T) {
	t.Parallel()
	_, err := email.New(email.Config{Server: "mail.example.com", From: "pager", TLS: "ssl", Secret: []byte("short"), PublicURL: "muster"})
	for _, want := range []string{"host:port", "sender", `"ssl"`, "5 bytes", "public url", "people"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the problems lack %q: %v", want, err)
		}
	}
	if _, err := email.New(email.Config{Server: "mail.example.com:25", From: "pager@example.com", TLS: email.Clear, People: people{}}); err == nil {
		t.Error("mail leaves this machine without protection")
	}
}
