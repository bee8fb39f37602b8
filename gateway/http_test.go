package gateway_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// decodeGroup reads a small format of these tests.
func decodeGroup(body []byte) (gateway.Group, error) {
	var in struct {
		Key    string           `json:"key"`
		Alerts []incident.Alert `json:"alerts"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return gateway.Group{}, fmt.Errorf("line 1, column 7: %w", err)
	}
	return gateway.Group{Key: in.Key, Alerts: in.Alerts}, nil
}

// own is a name that no other test has, nor this one when it is run again on the same engine.
func own(t *testing.T) string { return t.Name() + " " + rand.Text() }

// alert is one alert of a service.
func alert(service, name string, change ...func(*incident.Alert)) incident.Alert {
	a := incident.Alert{
		Source: "alertmanager", Fingerprint: name, Title: name,
		Labels: map[string]string{"service": service, "alertname": name},
	}
	for _, f := range change {
		f(&a)
	}
	return a
}

func cleared(a *incident.Alert) { a.Cleared = true }

// body is a delivery.
func body(t *testing.T, key string, alerts ...incident.Alert) string {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"key": key, "alerts": alerts})
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// reply is an HTTP answer.
type reply struct {
	status int
	header http.Header
	body   string
}

// problem reads an answer that is no success.
func (r reply) problem(t *testing.T) (what, hint string) {
	t.Helper()
	var p struct {
		Error   string `json:"error"`
		Hint    string `json:"hint"`
		Request string `json:"request_id"`
	}
	if err := json.Unmarshal([]byte(r.body), &p); err != nil {
		t.Fatalf("answer %d is no JSON: %q", r.status, r.body)
	}
	if p.Error == "" || p.Request == "" || p.Request != r.header.Get("X-Request-Id") {
		t.Errorf("problem is incomplete: %s (request %s)", r.body, r.header.Get("X-Request-Id"))
	}
	return p.Error, p.Hint
}

// read reads an answer's JSON.
func read[T any](t *testing.T, r reply) T {
	t.Helper()
	var out T
	if err := json.Unmarshal([]byte(r.body), &out); err != nil {
		t.Fatalf("answer %d is not what was expected: %q: %v", r.status, r.body, err)
	}
	return out
}

// send makes one request; headers are pairs.
func (d *door) send(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	r, err := d.try(t.Context(), method, path, body, headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// try makes one request on any goroutine.
func (d *door) try(ctx context.Context, method, path, body string, headers ...string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, method, d.url+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	for n := 0; n < len(headers); n += 2 {
		req.Header.Set(headers[n], headers[n+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return reply{}, err
	}
	text, err := io.ReadAll(res.Body)
	return reply{status: res.StatusCode, header: res.Header, body: string(text)}, errors.Join(err, res.Body.Close())
}

// deliver posts alerts with the right token.
func (d *door) deliver(t *testing.T, body string) reply {
	t.Helper()
	return d.send(t, "POST", "/v1/alerts/alertmanager", body, "Authorization", "Bearer "+sourceToken)
}

// delivered posts alerts and wants them taken.
func (d *door) delivered(t *testing.T, body string) []gateway.Taken {
	t.Helper()
	r := d.deliver(t, body)
	if r.status != http.StatusOK {
		t.Fatalf("delivery answered %d: %s", r.status, r.body)
	}
	return read[struct{ Incidents []gateway.Taken }](t, r).Incidents
}

// api uses the API with the right token.
func (d *door) api(t *testing.T, method, path, body string, headers ...string) reply {
	t.Helper()
	return d.send(t, method, path, body, append([]string{"Authorization", "Bearer " + apiToken}, headers...)...)
}
