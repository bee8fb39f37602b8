//go:build !noengine

package workflows_test

import (
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// TestMailOnTheEngine plays a page that goes by e-mail first and by telephone beside it, and is acknowledged by the mail's
// link.
func TestMailOnTheEngine(t *testing.T) {
	t.Parallel()
	l := newLive(t, enginetest.Start(t, nil), 0)
	const id = "incident/mail"
	l.world.Book.Ways = []oncall.Way{"call", "sms", "email"}
	for n := range l.world.Book.People {
		p := &l.world.Book.People[n]
		p.Email = string(p.ID) + "@example.com"
		p.Contact.High = []oncall.ContactRule{{Via: []oncall.Way{"email", "call"}}}
	}
	run := l.declare(id, parse(t, quick))
	l.until(id, "Ana has a mail", func(s contract.Snapshot) bool {
		p := s.Incident.Pages
		return len(p) > 0 && len(p[0].Attempts) > 1 && p[0].Attempts[0].Via == "email" && p[0].Attempts[0].Status == incident.CallSent
	})
	l.mustAct(id, contract.VerbAck, contract.Act{By: person("ana", incident.DoorMail), ID: "mail/1"})
	l.mustAct(id, contract.VerbResolve, contract.Act{By: person("ben", incident.DoorSlack)})
	if result := l.ended(run); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	l.keep("mail", l.runs(id, run.GetRunID()))
}
