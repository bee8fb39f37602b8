package activitiestest

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// MailWorld is a mail server with the port in front of it.
type MailWorld struct {
	Trouble
	Mail activities.Mail
	// Restarted is the port of another process, which remembers nothing, to the same server.
	Restarted func() activities.Mail
	// Person is somebody with an address; Outsider is one of the roster without. Empty = everybody has one.
	Person, Outsider oncall.PersonID
	// Letters are what a person's mail program shows, oldest first: mails of one id once.
	Letters func(person oncall.PersonID) []Letter
}

// Letter is a mail as its reader sees it.
type Letter struct {
	ID      string // that of the port's result
	Thread  string // the same for the mails of one conversation
	Subject string
	Text    string
}

// Mail runs the acceptance test of e-mail.
func Mail(t *testing.T, open func(t *testing.T) *MailWorld) {
	t.Helper()
	suite := mailSuite{open}
	for name, test := range map[string]func(*testing.T){
		"Mail":                 suite.mails,
		"MailConverges":        func(t *testing.T) { converges(t, suite.mailing) },
		"MailKnowsItsKey":      suite.mailKnowsItsKey,
		"MailsOfOneThread":     suite.threads,
		"MailNoOutsider":       suite.mailsNoOutsider,
		"MailAnswersWithClass": func(t *testing.T) { classes(t, suite.mailing, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type mailSuite struct {
	open func(t *testing.T) *MailWorld
}

// letter is a request that tells the person of a page.
func (w *MailWorld) letter(key string) contract.MailRequest {
	return contract.MailRequest{
		Effect: effect(key), Person: w.Person, Thread: owner, Subject: "INC-1 SEV1: checkout fails", Text: "INC-1. SEV1. checkout fails.",
		Callback: contract.Callback{WorkflowID: "incident/" + owner, Key: "INC-1", Page: owner + "/page", Attempt: 2},
	}
}

// mailing is a mail that is sent.
func (s mailSuite) mailing(t *testing.T) stage {
	w := s.open(t)
	req := w.letter(owner + "/page/2")
	return stage{trouble: w, look: func() any { return w.Letters(w.Person) }, act: func(again, restarted bool) (any, error) {
		req.Again = again
		port := w.Mail
		if restarted {
			port = w.Restarted()
		}
		return port.Mail(t.Context(), req)
	}}
}

// mails: the person has the mail once, and the result names it.
func (s mailSuite) mails(t *testing.T) {
	w := s.open(t)
	got, err := w.Mail.Mail(t.Context(), w.letter("k"))
	must(t, err)
	letters := w.Letters(w.Person)
	if len(letters) != 1 || letters[0].ID != got.Provider || got.Provider == "" ||
		letters[0].Subject != "INC-1 SEV1: checkout fails" || !strings.Contains(letters[0].Text, "checkout fails") {
		t.Errorf("the mails are %s, the result %s", text(letters), text(got))
	}
}

// mailKnowsItsKey: each key is a mail of its own, and the same key the same mail.
func (s mailSuite) mailKnowsItsKey(t *testing.T) {
	w := s.open(t)
	seen := map[string]bool{}
	for n, key := range []string{owner + "/page/11", owner + "/page/1", owner + "/page/1/1", "/page/1"} {
		req := w.letter(key)
		req.Callback.Attempt = n + 1
		got, err := w.Mail.Mail(t.Context(), req)
		must(t, err)
		if seen[got.Provider] {
			t.Errorf("%s has another's mail %q", key, got.Provider)
		}
		seen[got.Provider] = true
		req.Again = true
		repeated, err := w.Restarted().Mail(t.Context(), req)
		must(t, err)
		same(t, "the repetition of "+key, got, repeated)
	}
	if letters := w.Letters(w.Person); len(letters) != len(seen) {
		t.Errorf("%d mails are shown, want %d: %s", len(letters), len(seen), text(letters))
	}
}

// threads: the mails of an incident are one conversation, and those of another are another.
func (s mailSuite) threads(t *testing.T) {
	w := s.open(t)
	for n, thread := range []string{owner, owner, owner + "0"} {
		req := w.letter(thread + string(rune('a'+n)))
		req.Thread, req.Callback.Attempt = thread, n+1
		_, err := w.Mail.Mail(t.Context(), req)
		must(t, err)
	}
	letters := w.Letters(w.Person)
	if len(letters) != 3 || letters[0].Thread == "" || letters[0].Thread != letters[1].Thread || letters[1].Thread == letters[2].Thread {
		t.Errorf("the mails are %s", text(letters))
	}
}

// mailsNoOutsider: somebody without an address is refused, and so is nobody at all.
func (s mailSuite) mailsNoOutsider(t *testing.T) {
	w := s.open(t)
	if w.Outsider == "" {
		t.Skip("everybody has an address in this world")
	}
	for _, who := range []oncall.PersonID{w.Outsider, "nobody-of-that-name"} {
		req := w.letter("k")
		req.Person = who
		if _, err := w.Mail.Mail(t.Context(), req); !contract.IsRefused(err) || !strings.Contains(err.Error(), string(who)) {
			t.Errorf("a mail to %s gives %v, want a refusal that names them", who, err)
		}
	}
}
