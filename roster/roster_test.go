package roster_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/roster"
)

// small is a valid file that uses every section once.
const small = `people:
  ana: {name: Ana Ruiz, email: ana@example.com, phone: "+34600000001", slack: U01ANA, zone: Europe/Madrid}
  ben: {name: Ben Ito, phone: "+34600000002"}
teams:
  sre: {members: [ana, ben]}
schedules:
  checkout-oncall:
    zone: Europe/Berlin
    rotation: {members: [ana, ben], start: 2026-01-05, at: 09:00, weeks: 2}
  cto: {person: ben}
services:
  checkout: {title: Checkout, owner: checkout-oncall, runbook: service-outage, inputs: {customers: false}}
  platform: {owner: sre}
routes:
  - match: {service: checkout, severity: critical}
    service: checkout
    severity: SEV1
    team: sre
  - match: {tier: /gold|silver/, drill: ""}
    environment: staging
    inputs: {customers: true}
default: {service: platform, runbook: service-outage, type: outage, environment: production}
fallback: [ben]
gateway:
  listen: 0.0.0.0:8080
  public_url: https://muster.example.com/
  max_body: 512KiB
  tokens: {api: "${API_TOKEN}", alertmanager: "file:/run/secrets/am"}
slack: {token: "${SLACK_TOKEN}", signing_secret: "${SLACK_SECRET}"}
twilio: {account_sid: "${TWILIO_SID}", auth_token: "${TWILIO_TOKEN}", from: +12025550100}
temporal: {address: "temporal:7233"}
records: {dir: /var/records}
data: /var/lib/muster
`

// outside is what small refers to.
func outside() roster.Outside {
	environment := map[string]string{
		"API_TOKEN": "0123456789abcdef0123456789abcdef", "SLACK_TOKEN": "xoxb-1-2-three", "SLACK_SECRET": "8f742231b10e8888abcd99yyyzzz85a5",
		"TWILIO_SID": "AC0123456789abcdef0123456789abcdef", "TWILIO_TOKEN": "f00dfeedf00dfeedf00dfeedf00dfeed\n",
		"SHORT": "abc", "APP_TOKEN": "xapp-1-2-three", "LINES": "one\ntwo",
	}
	files := map[string]string{"/run/secrets/am": "alertmanager-secret-token\n", "/run/secrets/empty": "\n"}
	return roster.Outside{
		Getenv: func(name string) string { return environment[name] },
		ReadFile: func(path string) ([]byte, error) {
			if content, ok := files[path]; ok {
				return []byte(content), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
		Runbooks: runbooks,
	}
}

// runbooks are the two that the tests know; the second has no inputs.
func runbooks() []roster.Runbook {
	return []roster.Runbook{
		{
			ID: "service-outage", Severities: []string{"SEV1", "SEV2", "SEV3"}, Inputs: []string{"service", "customers"},
			Required: []string{"service"}, Roles: []string{"commander", "owner", "comms"},
			Accepts: func(inputs map[string]any) error {
				if v, given := inputs["customers"]; given {
					if _, ok := v.(bool); !ok {
						return fmt.Errorf("customers must be a bool, not %v", v)
					}
				}
				return nil
			},
		},
		{ID: "data-loss", Severities: []string{"P1"}, Inputs: []string{"table"}, Required: []string{"table"}},
	}
}

// edited is the small file with replacements; each must apply.
func edited(t *testing.T, pairs ...string) []byte {
	t.Helper()
	text := small
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the file has no %q", pairs[i])
		}
		text = strings.Replace(text, pairs[i], pairs[i+1], 1)
	}
	return []byte(text)
}

// parse reads a file that must be in order.
func parse(t *testing.T, data []byte) *roster.Config {
	t.Helper()
	c, problems := roster.Parse("musterbook.yaml", data, outside())
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// example reads the file at the root of the repository.
func example(t *testing.T) []byte {
	t.Helper()
	data, err := os.ReadFile("../musterbook.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestLoadWithoutFile(t *testing.T) {
	t.Parallel()
	c, problems := roster.Load("nowhere.yaml", outside())
	if c != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].String(), "nowhere.yaml: cannot be read: ") {
		t.Errorf("got %v, %v", c, problems)
	}
	if roster.Problems(nil).Err() != nil {
		t.Error("no problem is an error")
	}
	if err := problems.Err(); err == nil || errors.Is(err, fs.ErrExist) {
		t.Errorf("got %v", err)
	}
}
