//go:build !noengine

package main

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/email/fakesmtp"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// TestAcknowledgedByMail is the whole way on a real engine: rules, mail, link, button, acknowledgement, and the page that
// says who has it. A mail filter that follows the link acknowledges nothing. Nobody answers the telephone.
func TestAcknowledgedByMail(t *testing.T) {
	t.Parallel()
	server, err := fakesmtp.Start(t.Context(), fakesmtp.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	v := newTown(t)
	v.twilio.Phone(townBen, faketwilio.Behaviour{Reaction: faketwilio.RingsOut})
	v.write("musterbook.yaml", "email: { smtp: \""+server.Addr()+"\", from: Pager <pager@town.example>, tls: none }\n"+
		strings.Replace(v.settings(), "email: ana@town.example,", "email: ana@town.example, contact: { high: [{ via: [call, email] }] },", 1))
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is <slow>", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	link := mailedLink(t, server, "ana@town.example")
	ask := func(method, want string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, link, nil)
		if err != nil {
			t.Fatal(err)
		}
		got, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		if err != nil || got.Body.Close() != nil || got.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("%s answers %d: %s, %v; want %q", method, got.StatusCode, body, err, want)
		}
	}
	acknowledged := func() incident.Actor {
		t.Helper()
		shown, err := s.Incidents.Show(t.Context(), "INC-1")
		if err != nil {
			t.Fatal(err)
		}
		return shown.Incident.AcknowledgedBy
	}
	ask(http.MethodGet, "Checkout is &lt;slow&gt;")
	if by := acknowledged(); by.String() != "" {
		t.Fatalf("a look has acknowledged: %+v", by)
	}
	ask(http.MethodPost, "INC-1 is acknowledged.")
	ask(http.MethodGet, "Already acknowledged by Ana.")
	if by := acknowledged(); by.Person != "ana" || by.Door != incident.DoorMail || !by.Verified {
		t.Errorf("it was acknowledged by %+v", by)
	}
}

// mailedLink waits for a mail and gives its link.
func mailedLink(t *testing.T, server *fakesmtp.Server, address string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		for _, m := range server.Mailbox(address) {
			for _, word := range strings.Fields(m.Text) {
				if strings.Contains(word, "/mail/page?t=") {
					return word
				}
			}
		}
		pause(ctx, 20*time.Millisecond)
	}
	t.Fatalf("no mail with a link has come: %+v", server.Mailbox(address))
	return ""
}
