package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
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
		{name: "no telephone", status: 1, words: []string{"ana"}, stderr: []string{"no telephone is configured", "hint: add twilio to"}, change: func(n *outage) {
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
