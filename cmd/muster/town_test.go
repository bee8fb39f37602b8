//go:build !noengine

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	"github.com/musterbook/musterbook/record"
)

// townRunbook is an incident of a few seconds: the first level does not answer, the second does, the severity is
// clicked, the question is answered, and it is over.
const townRunbook = `
runbook: town
title: An incident of a few seconds
roles: { commander: sre-oncall, owner: payments-oncall }
severities:
  SEV1: { ack: 2s }
  SEV2: { ack: 4s }
phases:
  identification:
    - channel: inc-${{ incident.key }}-town
      invite: [owner]
    - page: owner
      id: first
      ack: 2s
      escalate: [commander]
    - await: severity
      timeout: 5m
      on_timeout: { choose: SEV2 }
    - assign: commander
      to: ${{ steps.first.acked_by }}
  containment:
    - ask: What stops it?
      id: stop
      who: commander
      choices: { restart: Restart, wait: Wait }
      timeout: 5m
      on_timeout: escalate
  recovery:
    - say: It works again.
  lessons_learned: []
`

// The telephone numbers of the town: Ana never answers, Ben does.
const (
	townAna = "+12025550101"
	townBen = "+12025550102"
)

// town is everything outside of Musterbook, on loopback: Slack, Twilio, and the people.
type town struct {
	t         testing.TB
	slack     *fakeslack.Server
	twilio    *faketwilio.Server
	vendors   *httptest.Server
	holds     *holds // requests to the vendors whose answers are kept back
	dir       string
	listen    string // the gateway's host:port
	config    string
	benUserID string
}

// The town's secrets; they reach the product by its environment.
const (
	townAPIToken   = "api-token-of-the-town"
	townAlertToken = "alert-token-of-the-town"
	townSigning    = "signing-secret-of-the-town"
)

// newTown builds the outside world and the configuration that leads to it.
func newTown(t testing.TB) *town {
	t.Helper()
	return newTownWith(t, faketwilio.Options{})
}

// newTownWith is newTown with a Twilio of its own kind.
func newTownWith(t testing.TB, telephone faketwilio.Options) *town {
	t.Helper()
	v := &town{t: t, dir: t.TempDir(), listen: townAddress(t)}
	v.slack = fakeslack.New(fakeslack.Options{SigningSecret: townSigning})
	v.twilio = faketwilio.New(telephone)
	t.Cleanup(v.twilio.Close)
	mux := http.NewServeMux()
	mux.Handle("/2010-04-01/", v.twilio)
	mux.Handle("/", v.slack)
	v.holds = &holds{vendors: mux}
	v.vendors = httptest.NewServer(v.holds)
	t.Cleanup(v.vendors.Close)
	v.slack.ServedAt(v.vendors.URL)
	v.slack.AddUser(fakeslack.User{ID: "UANA", Email: "ana@town.example", Name: "ana"})
	v.benUserID = v.slack.AddUser(fakeslack.User{ID: "UBEN", Email: "ben@town.example", Name: "ben"}).ID
	v.twilio.Phone(townAna, faketwilio.Behaviour{Reaction: faketwilio.RingsOut})
	v.twilio.Phone(townBen, faketwilio.Behaviour{
		Reaction: faketwilio.Answers, After: 300 * time.Millisecond, Presses: []faketwilio.Press{{Keys: "1", After: 300 * time.Millisecond}},
	})
	v.write("runbooks/town.yaml", townRunbook)
	v.config = v.write("musterbook.yaml", v.settings())
	return v
}

// settings is the town's musterbook.yaml.
func (v *town) settings() string {
	return fmt.Sprintf(`
people:
  ana: { name: Ana, email: ana@town.example, phone: %q }
  ben: { name: Ben, email: ben@town.example, phone: %q }
schedules:
  payments-oncall: { person: ana }
  sre-oncall: { person: ben }
fallback: [ben]
services:
  payments: { title: Payments, owner: payments-oncall, runbook: town }
default: { service: payments, runbook: town }
gateway:
  listen: %q
  public_url: "http://%s"
  tokens: { api: "${TOWN_API}", alertmanager: "${TOWN_ALERTS}" }
slack: { token: "${TOWN_SLACK}", signing_secret: "${TOWN_SIGNING}", api_url: "%s/api" }
twilio: { account_sid: %s, auth_token: "${TOWN_TWILIO}", from: "+12025550100", api_url: %q }
`, townAna, townBen, v.listen, v.listen, v.vendors.URL, faketwilio.DefaultAccountSID, v.vendors.URL)
}

// environment is what the product is given beside its configuration.
func (v *town) environment() []string {
	return []string{
		"TOWN_API=" + townAPIToken, "TOWN_ALERTS=" + townAlertToken, "TOWN_SLACK=" + fakeslack.DefaultToken, "TOWN_APP=" + fakeslack.DefaultAppToken,
		"TOWN_SIGNING=" + townSigning, "TOWN_TWILIO=" + faketwilio.DefaultAuthToken,
	}
}

// getenv is environment as a function.
func (v *town) getenv(name string) string {
	for _, pair := range v.environment() {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// write puts a file into the town's directory.
func (v *town) write(name, text string) string {
	v.t.Helper()
	path := filepath.Join(v.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		v.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		v.t.Fatal(err)
	}
	return path
}

// townAddress is a loopback address that nobody listens on at this moment.
func townAddress(t testing.TB) string {
	t.Helper()
	address, err := freeAddress("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// gateway is the product's address.
func (v *town) gateway() string { return "http://" + v.listen }

// townAlert is a webhook of Alertmanager's version 4.
func townAlert(group, status string) []byte {
	alert := map[string]any{
		"status": status, "labels": map[string]string{"alertname": "HighErrorRate", "service": "payments", "group": group},
		"annotations": map[string]string{"summary": "error rate above 5 %"}, "fingerprint": "f-" + group,
		"startsAt": "2026-03-01T01:29:00Z", "endsAt": "0001-01-01T00:00:00Z",
	}
	body, err := json.Marshal(map[string]any{
		"version": "4", "status": status, "receiver": "town", "groupKey": "{}:{group=\"" + group + "\"}",
		"groupLabels": map[string]string{"group": group}, "commonLabels": map[string]string{"service": "payments"},
		"commonAnnotations": map[string]string{}, "externalURL": "http://alertmanager.example", "alerts": []any{alert},
	})
	if err != nil {
		panic(err) // the text above is always valid
	}
	return body
}

// alert posts the alert until it is answered 2xx, as Alertmanager does.
func (v *town) alert(ctx context.Context, group string) error {
	for {
		status, err := v.post(ctx, "/v1/alerts/alertmanager", townAlertToken, townAlert(group, "firing"))
		if err == nil && status/100 == 2 {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("alert never taken, last answer %d: %w", status, errors.Join(err, ctx.Err()))
		}
		pause(ctx, 50*time.Millisecond)
	}
}

// get asks the gateway without a token.
func (v *town) get(ctx context.Context, path string) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.gateway()+path, http.NoBody)
	if err != nil {
		return 0, err
	}
	return do(req)
}

// post sends a body with a token.
func (v *town) post(ctx context.Context, path, token string, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, v.gateway()+path, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	return do(req)
}

// do sends a request and drops the answer's body.
func do(req *http.Request) (status int, err error) {
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	_, err = io.Copy(io.Discard, res.Body)
	return res.StatusCode, err
}

// pause lets a moment of real time pass: the other side is another process.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// live lets Ben click what he sees, again and again until it has worked, until the context ends.
func (v *town) live(ctx context.Context) {
	wanted := map[string]bool{"SEV1": true, "Restart": true}
	for ctx.Err() == nil {
		for _, room := range v.slack.Rooms() {
			for _, m := range v.slack.Messages(room.ID) {
				for _, b := range m.Buttons() {
					if wanted[b.Text] {
						// A click that does not get through is clicked again in a moment, as people do.
						_, _ = v.slack.Click(ctx, v.gateway()+"/slack/actions", fakeslack.ClickRequest{
							User: v.benUserID, Room: room.ID, MessageTS: m.TS, ActionID: b.ActionID, Value: b.Value,
						})
					}
				}
			}
		}
		pause(ctx, 300*time.Millisecond)
	}
}

// recordOf waits for an incident's record.
func (v *town) recordOf(ctx context.Context, dir, key string) (record.Record, error) {
	path := filepath.Join(dir, key+".json")
	for {
		text, err := os.ReadFile(path)
		if err == nil {
			return record.Parse(text)
		}
		if ctx.Err() != nil {
			return record.Record{}, fmt.Errorf("no record: %w", err)
		}
		pause(ctx, 50*time.Millisecond)
	}
}
