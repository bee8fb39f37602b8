package main

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"text/template"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// The demo's world: one service that fails and the people who are paged for it. The numbers are from the ranges that
// are kept for fiction, and nothing is ever dialled.
const (
	demoService = "payments"
	demoTitle   = "error rate above 5 percent"
	demoRunbook = "demo"
	demoNumber  = "+12025550100" // the number that calls
	demoAccount = "AC0000000000000000000000000000de30"
)

// demoCast is everybody: Ana is on call for the service and sleeps, Ben is on call for all of it and answers, Olga is
// the fallback.
func demoCast() []oncall.Person {
	return []oncall.Person{
		{ID: "ana", Name: "Ana", Email: "ana@demo.example", Phone: "+12025550101"},
		{ID: "ben", Name: "Ben", Email: "ben@demo.example", Phone: "+12025550102"},
		{ID: "olga", Name: "Olga", Email: "olga@demo.example", Phone: "+12025550103"},
	}
}

// demoSecrets are the values behind the configuration's references, new at every start.
type demoSecrets struct {
	api, alertmanager, slackToken, slackSigning, twilio string
}

// newDemoSecrets makes them up.
func newDemoSecrets() demoSecrets {
	return demoSecrets{
		api: rand.Text(), alertmanager: rand.Text(), slackToken: "xoxb-demo-" + rand.Text(), slackSigning: rand.Text(),
		twilio: strings.ToLower(rand.Text()),
	}
}

// over gives the secrets as environment variables, in front of the real environment.
func (s demoSecrets) over(getenv func(string) string) func(string) string {
	values := map[string]string{
		"DEMO_API_TOKEN": s.api, "DEMO_ALERTMANAGER_TOKEN": s.alertmanager, "DEMO_SLACK_TOKEN": s.slackToken,
		"DEMO_SLACK_SIGNING_SECRET": s.slackSigning, "DEMO_TWILIO_TOKEN": s.twilio,
	}
	return func(name string) string {
		if value, ok := values[name]; ok {
			return value
		}
		return getenv(name)
	}
}

// demoSettings is what the configuration says about this one run.
type demoSettings struct {
	Data    string
	Listen  string // host:port
	Gateway string // the gateway's own address
	Vendors string // the address of the simulated Slack and Twilio
	Start   string // the day of Ana's hand-over
	People  []oncall.Person
	Account string
	Number  string
	Service string
	Runbook string
}

// writeDemoSettings writes a real musterbook.yaml, which is read like every other.
func writeDemoSettings(path string, s demoSettings) error {
	s.People, s.Account, s.Number, s.Service, s.Runbook = demoCast(), demoAccount, demoNumber, demoService, demoRunbook
	s.Start = lastMonday(time.Now()).Format(time.DateOnly)
	var text bytes.Buffer
	if err := demoTemplate().Execute(&text, s); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	return nil
}

// lastMonday is a Monday in the past, the day of a hand-over.
func lastMonday(now time.Time) time.Time {
	days := (int(now.UTC().Weekday()) + 6) % 7
	return now.UTC().AddDate(0, 0, -days-7)
}

// demoTemplate is the configuration with its gaps.
func demoTemplate() *template.Template {
	return template.Must(template.New("musterbook.yaml").Parse(`# Written by muster demo, and read like every musterbook.yaml. What makes it a demo are the two api_url lines: they lead
# the real Slack and Twilio clients to simulations in the same process. musterbook.example.yaml explains every key.
people:
{{- range .People}}
  {{.ID}}: { name: {{.Name}}, email: {{.Email}}, phone: {{printf "%q" .Phone}} }
{{- end}}

schedules:
  {{.Service}}-oncall: # the first level
    zone: UTC
    rotation: { members: [ana], start: {{.Start}}, at: "09:00" }
  sre-oncall: # the second level, who takes command
    person: ben

fallback: [olga]

services:
  {{.Service}}: { title: Payments, owner: {{.Service}}-oncall }

routes:
  - match: { service: {{.Service}} }
    service: {{.Service}}

default: { service: {{.Service}}, runbook: {{.Runbook}}, type: demo, environment: demo }

gateway:
  listen: {{printf "%q" .Listen}}
  public_url: {{printf "%q" .Gateway}} # where the simulated Twilio and Slack reach us
  tokens: { api: "${DEMO_API_TOKEN}", alertmanager: "${DEMO_ALERTMANAGER_TOKEN}" }

slack:
  token: ${DEMO_SLACK_TOKEN}
  signing_secret: ${DEMO_SLACK_SIGNING_SECRET}
  api_url: "{{.Vendors}}/api"

twilio:
  account_sid: {{.Account}}
  auth_token: ${DEMO_TWILIO_TOKEN}
  from: {{printf "%q" .Number}}
  api_url: "{{.Vendors}}"

data: {{printf "%q" .Data}}
`))
}
