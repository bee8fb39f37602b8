package email_test

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/email"
	"github.com/musterbook/musterbook/providers/email/fakesmtp"
)

var _ activities.Mail = (*email.Client)(nil)

// people are Ana, who has an address, and Ben, who has none.
type people struct{}

func (people) Person(id oncall.PersonID) (oncall.Person, bool) {
	switch id {
	case "ana":
		return oncall.Person{ID: "ana", Name: "Ana Ruiz", Email: "ana@example.com", Phone: "+12025550101"}, true
	case "ben":
		return oncall.Person{ID: "ben", Name: "Ben Ito", Phone: "+12025550102"}, true
	}
	return oncall.Person{}, false
}

// serve starts a mail server for one test.
func serve(t *testing.T, o fakesmtp.Options) *fakesmtp.Server {
	t.Helper()
	s, err := fakesmtp.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// guarded is a server as most are: it wants STARTTLS, then a password.
func guarded() fakesmtp.Options {
	return fakesmtp.Options{Username: "pager", Password: "correct horse", StartTLS: true}
}

// config writes through a server to which guarded applies.
func config(s *fakesmtp.Server) email.Config {
	return email.Config{
		Server: s.Addr(), From: "Musterbook <pager@example.com>", Username: "pager", Password: "correct horse",
		PublicURL: "https://muster.example.com/", Secret: []byte("0123456789abcdef"), ReplyNumber: "+12025550100",
		People: people{}, Roots: s.Roots(),
	}
}

// open makes a client.
func open(t *testing.T, c email.Config) *email.Client {
	t.Helper()
	client, err := email.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// trouble breaks the server in the words of the acceptance tests.
type trouble struct{ *fakesmtp.Server }

func (s trouble) Break(m activitiestest.Mishap, skip int) (struck func() bool) {
	return s.Server.Break(map[activitiestest.Mishap]fakesmtp.Mishap{
		activitiestest.Lost: fakesmtp.Lose, activitiestest.Away: fakesmtp.Drop, activitiestest.Busy: fakesmtp.Busy,
		activitiestest.Refuses: fakesmtp.Reject, activitiestest.Revoked: fakesmtp.Closed,
	}[m], skip)
}

// TestAcceptance holds mail to what every port promises.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	activitiestest.Mail(t, func(t *testing.T) *activitiestest.MailWorld {
		s := serve(t, guarded())
		return &activitiestest.MailWorld{
			Trouble: trouble{s}, Mail: open(t, config(s)), Restarted: func() activities.Mail { return open(t, config(s)) },
			Person: "ana", Outsider: "ben",
			Letters: func(oncall.PersonID) (letters []activitiestest.Letter) {
				for _, m := range s.Mailbox("ana@example.com") {
					about, _, _ := strings.Cut(m.Text, "\n\n") // the link behind it holds the time
					letters = append(letters, activitiestest.Letter{ID: m.ID, Thread: m.InReplyTo, Subject: m.Subject, Text: about})
				}
				return letters
			},
		}
	})
}
