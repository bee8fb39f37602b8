//go:build !noengine

package main

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"text/template"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/musterbook/musterbook/engine/enginetest"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// TestServer is the command line with real servers, whose Slack and Twilio are simulations in this process.
func TestServer(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata/server", Cmds: serverCommands(), RequireExplicitExec: true, RequireUniqueNames: true, Setup: setUpServer,
	})
}

// TestRoles is the same on a Temporal server that runs by itself: worker and gateway are two processes.
func TestRoles(t *testing.T) {
	t.Parallel()
	e := enginetest.Start(t, nil)
	testscript.Run(t, testscript.Params{
		Dir: "testdata/roles", Cmds: scriptCommands(), RequireExplicitExec: true, RequireUniqueNames: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TEMPORAL_ADDRESS", e.FrontendAddress())
			return setUpServer(env)
		},
	})
}

// setUpServer starts the simulations and writes a musterbook.yaml that leads to them.
func setUpServer(e *testscript.Env) error {
	var ports [3]int
	for n := range ports {
		var err error
		if ports[n], err = freePort(); err != nil {
			return err
		}
	}
	gateway := net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[0]))
	slack := fakeslack.New(fakeslack.Options{Token: "xoxb-script-token-0001", SigningSecret: "script-signing-secret-01"})
	for _, name := range []string{"ana", "ben", "olga"} {
		slack.AddUser(fakeslack.User{Name: name, RealName: name, Email: name + "@example.com"})
	}
	slackServer := httptest.NewServer(slack)
	e.Defer(slackServer.Close)
	slack.ServedAt(slackServer.URL)
	twilio := faketwilio.New(faketwilio.Options{})
	e.Defer(twilio.Close)
	twilioServer := httptest.NewServer(twilio)
	e.Defer(twilioServer.Close)
	twilio.Number("+12025550100", "http://"+gateway+"/twilio/sms")
	told := &atomic.Int32{}
	watcher := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { told.Add(1) }))
	e.Defer(watcher.Close)
	e.Values[outsideKey{}] = outside{slack: slack, twilio: twilio, told: told}

	for name, value := range map[string]string{
		"GATEWAY": "http://" + gateway, "ENGINE": net.JoinHostPort("127.0.0.1", strconv.Itoa(ports[1])),
		"LISTEN": gateway, "ENGINE_PORT": strconv.Itoa(ports[1]), "UI_PORT": strconv.Itoa(ports[2]),
		"MUSTER_API_TOKEN": "script-api-token-000001", "MUSTER_ALERTMANAGER_TOKEN": "script-alert-token-00001",
		"SLACK_BOT_TOKEN": "xoxb-script-token-0001", "SLACK_SIGNING_SECRET": "script-signing-secret-01",
		"TWILIO_AUTH_TOKEN": twilio.AuthToken(),
	} {
		e.Setenv(name, value)
	}
	values := map[string]string{
		"Gateway": "http://" + gateway, "Slack": slackServer.URL, "Twilio": twilioServer.URL, "Account": twilio.AccountSID(), "Watcher": watcher.URL,
	}
	// musterbook.yaml needs the script's own runbook, nobook.yaml a shipped one; in twophones.yaml the first account cannot be
	// reached.
	var problems []error
	for name, runbook := range map[string]string{"musterbook.yaml": "script", "nobook.yaml": "service-outage", "twophones.yaml": "service-outage"} {
		values["Runbook"] = runbook
		values["Two"] = ""
		if name == "twophones.yaml" {
			values["Two"] = name
		}
		var text strings.Builder
		problems = append(problems, scriptConfig().Execute(&text, values))
		problems = append(problems, os.WriteFile(filepath.Join(e.WorkDir, name), []byte(text.String()), 0o600))
	}
	return errors.Join(problems...)
}

// scriptConfig is the configuration of all server scripts.
func scriptConfig() *template.Template {
	return template.Must(template.New("config").Parse(`people:
  ana: { name: Ana Ruiz, email: ana@example.com, phone: "+12025550101" }
  ben: { name: Ben Ito, email: ben@example.com, phone: "+12025550102" }
  cem: { name: Cem Kaya, email: cem@example.com, phone: "+12025550104" }
  olga: { name: Olga Marsh, email: olga@example.com, phone: "+12025550103" }
schedules:
  checkout-oncall: { person: ana }
  sre-oncall: { person: ben }
fallback: [olga]
services:
  checkout: { title: Checkout, owner: checkout-oncall }
routes:
  - match: { service: checkout }
    service: checkout
default: { service: checkout, runbook: {{.Runbook}} }
gateway:
  public_url: {{.Gateway}}
  tokens: { api: "${MUSTER_API_TOKEN}", alertmanager: "${MUSTER_ALERTMANAGER_TOKEN}" }
slack: { token: "${SLACK_BOT_TOKEN}", signing_secret: "${SLACK_SIGNING_SECRET}", api_url: "{{.Slack}}/api" }
{{- if .Two}}
heartbeat: {{.Watcher}}
twilio:
  account_sid: AC00000000000000000000000000000001
  auth_token: ${TWILIO_AUTH_TOKEN}
  from: "+12025550199"
  api_url: http://127.0.0.1:1
  second: { account_sid: "{{.Account}}", auth_token: "${TWILIO_AUTH_TOKEN}", from: "+12025550100", api_url: "{{.Twilio}}" }
{{- else}}
twilio: { account_sid: "{{.Account}}", auth_token: "${TWILIO_AUTH_TOKEN}", from: "+12025550100", api_url: "{{.Twilio}}" }
{{- end}}
`))
}
