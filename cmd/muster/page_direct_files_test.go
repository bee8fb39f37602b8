package main

import (
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/providers/pager/fakepager"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

func TestDirectUsesTheLastGoodConfiguration(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		faulty string // empty: the file is gone
		words  []string
		copied bool
		stderr string
	}{
		{name: "faulty", faulty: "people: 7\ndata: @DATA@ # here\n", copied: true, stderr: "THE CONFIGURATION IS FAULTY"},
		{name: "no YAML", faulty: "people: {{{\ndata: \"@DATA@\"\n", copied: true, stderr: "THE CONFIGURATION IS FAULTY"},
		{name: "data by a variable", faulty: "people: 7\ndata: ${DATA_DIR}\n", copied: true, stderr: "THE CONFIGURATION IS FAULTY"},
		{name: "gone", words: []string{"--data", "@DATA@"}, copied: true, stderr: "cannot be read"},
		{name: "no copy", faulty: "people: 7\ndata: @DATA@\n", stderr: "there is no last good copy of it in"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newOutage(t)
			n.env["DATA_DIR"] = n.data()
			good, err := os.ReadFile(n.config())
			if err != nil {
				t.Fatal(err)
			}
			if test.copied {
				if err := writeWhole(filepath.Join(n.data(), lastGoodName), good); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.Remove(n.config()); err != nil {
				t.Fatal(err)
			}
			if test.faulty != "" {
				n.write(strings.ReplaceAll(test.faulty, "@DATA@", n.data()))
			}
			words := []string{"sre-oncall", "all is down"}
			for _, w := range test.words {
				words = append(words, strings.ReplaceAll(w, "@DATA@", n.data()))
			}
			s := n.page(words...)
			if (s.status == 0) != test.copied || s.out.LastGood != test.copied || !strings.Contains(s.stderr, test.stderr) {
				t.Errorf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
			}
		})
	}
}

func TestDirectRefusals(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		change func(*outage)
		words  []string
		status int
		stderr []string
	}{
		{name: "no telephone", status: 1, words: []string{"ana"}, stderr: []string{"no telephone is configured", "hint: add twilio or pager to"}, change: func(n *outage) {
			n.write(fmt.Sprintf(strings.ReplaceAll(`people: { ana: { name: Ana, email: a@example.com } }
fallback: [ana]
services: { s: { owner: ana } }
default: { service: s, runbook: service-outage }
gateway: { tokens: { api: "${C}" } }
slack: { token: "${A}", signing_secret: "${B}" }
data: %s
`, "\t", ""), n.data()))
		}},
		{
			name: "no secret", status: 1, words: []string{"ana"}, change: func(n *outage) { delete(n.env, "TWILIO_AUTH_TOKEN") },
			stderr: []string{"TWILIO_AUTH_TOKEN is not set", "hint: a direct page needs what the server has"},
		},
		{name: "unknown target", status: 1, words: []string{"anna"}, stderr: []string{`nobody is called "anna"`, `did you mean "ana"?`}},
		{name: "bad id", status: 2, words: []string{"ana", "--id", "../x"}, stderr: []string{"--id"}},
		{name: "bad wait", status: 2, words: []string{"ana", "--wait", "1h"}, stderr: []string{"--wait"}},
		{name: "with an incident", status: 2, words: []string{"ana", "--incident", "INC-1"}, stderr: []string{"incident"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			n := newOutage(t)
			if test.change != nil {
				test.change(n)
			}
			s := n.page(test.words...)
			if s.status != test.status {
				t.Errorf("status %d", s.status)
			}
			for _, text := range test.stderr {
				if !strings.Contains(s.stderr, text) {
					t.Errorf("no %q in %s", text, s.stderr)
				}
			}
			n.placed(0, 0)
		})
	}
}

// TestDirectByPager: where the telephone company refuses, is not configured, or its secret is not here, the pager is asked,
// once for each id. That it has taken a page does not mean that anybody was reached.
func TestDirectByPager(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*outage)
		stderr string
	}{
		"the account is refused": {
			change: func(n *outage) { n.fake.Break(faketwilio.Fault{Kind: faketwilio.Revoked}) }, stderr: "the first telephone account failed",
		},
		"no account":       {change: func(n *outage) { n.withoutTwilio() }},
		"no secret for it": {change: func(n *outage) { delete(n.env, "TWILIO_AUTH_TOKEN") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newOutage(t)
			receiver := fakepager.New("a secret of thirty-two characters", time.Now)
			server := httptest.NewServer(receiver)
			t.Cleanup(server.Close)
			n.env["PAGER_ADDRESS"], n.env["PAGER_SECRET"] = server.URL, "a secret of thirty-two characters"
			content, err := os.ReadFile(n.config())
			if err != nil {
				t.Fatal(err)
			}
			n.write(string(content) + "pager: { url: \"${PAGER_ADDRESS}\", secret: \"${PAGER_SECRET}\" }\n")
			test.change(n)
			for range 2 {
				s := n.page("ana", "the database is gone", "--id", "db-1", "--wait", "2s")
				if s.status != 1 || !strings.Contains(s.stderr, "not known whether anybody was reached") || strings.Contains(s.stdout+s.stderr, server.URL) {
					t.Errorf("%d\n%s\n%s", s.status, s.stdout, s.stderr)
				}
				if len(s.out.People) != 1 || !s.out.People[0].Call.Earlier && !strings.Contains(s.stderr, test.stderr) {
					t.Errorf("%s\n%s", s.stdout, s.stderr)
				}
			}
			var kinds []string
			for _, p := range receiver.Pages() {
				kinds = append(kinds, p.Kind+" "+p.Person["id"])
				if !strings.Contains(p.Text, "the database is gone") || p.Acknowledge != "" {
					t.Errorf("taken: %+v", p)
				}
			}
			slices.Sort(kinds)
			if strings.Join(kinds, ", ") != "call ana, sms ana" {
				t.Errorf("taken: %v", kinds)
			}
			n.placed(0, 0)
		})
	}
}

// withoutTwilio takes the telephone company out of the configuration.
func (n *outage) withoutTwilio() {
	n.t.Helper()
	content, err := os.ReadFile(n.config())
	if err != nil {
		n.t.Fatal(err)
	}
	n.write(regexp.MustCompile(`(?m)^twilio: .*$`).ReplaceAllString(string(content), ""))
}
