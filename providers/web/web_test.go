package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/web"
)

// secrets of the tests.
func secret(name string) (string, bool) {
	value, ok := map[string]string{"TOKEN": "s3cr3t-value"}[name]
	return value, ok
}

// serve answers as told and gives the requests that came.
func serve(t *testing.T, answer http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(answer)
	t.Cleanup(s.Close)
	return s.URL
}

func TestRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body string
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		got, body = r, string(text)
		w.Header().Set("X-Rate", "5")
		_, _ = io.WriteString(w, `{"rate": 0.5, "echo": "s3cr3t-value"}`)
	})
	mark := contract.SecretMark("TOKEN", "n1")
	out, err := web.New(secret).Do(t.Context(), contract.HTTPRequest{
		Effect: contract.Effect{Key: "k/1"}, Secrets: contract.Secrets{Names: []string{"TOKEN"}, Nonce: "n1"},
		Method: "POST", URL: url + "/x?y=1", Headers: map[string]string{"X-Key": "a " + mark}, Bearer: mark,
		Body: map[string]any{"list": []any{mark, 1.0}}, Timeout: 5 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	if got.Header.Get("X-Key") != "a s3cr3t-value" || got.Header.Get("Authorization") != "Bearer s3cr3t-value" || got.Header.Get("Idempotency-Key") != "k/1" {
		t.Errorf("headers %v", got.Header)
	}
	if body != `{"list":["s3cr3t-value",1]}` || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("body %s", body)
	}
	if out.Status != 200 || out.Headers["x-rate"] != "5" {
		t.Errorf("answer %+v", out)
	}
	if diff := cmp.Diff(map[string]any{"rate": 0.5, "echo": "•••"}, out.Body); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestWhatIsRefused: nothing leaves for an address that is none, and none without its secret.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	c := web.New(secret)
	for name, req := range map[string]contract.HTTPRequest{
		"no address":     {Method: "GET", URL: "slo.internal"},
		"another scheme": {Method: "GET", URL: "file:///etc/passwd"},
		"no secret":      {Method: "GET", URL: "http://127.0.0.1:1", Secrets: contract.Secrets{Names: []string{"OTHER"}}},
		"no method":      {Method: "G E T", URL: "http://127.0.0.1:1"},
	} {
		if _, err := c.Do(t.Context(), req); !contract.IsRefused(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNoMarkFromOutside: a text that looks like a mark, but not of this request, stays a text.
func TestNoMarkFromOutside(t *testing.T) {
	t.Parallel()
	var got string
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { got = r.Header.Get("X") })
	forged := contract.SecretMark("TOKEN", "guessed")
	_, err := web.New(secret).Do(t.Context(), contract.HTTPRequest{
		Method: "GET", URL: url, Headers: map[string]string{"X": forged}, Secrets: contract.Secrets{Names: []string{"TOKEN"}, Nonce: "real"},
	})
	if err != nil || strings.Contains(got, "s3cr3t") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestConnectionDropped: the service does the work and the connection goes; that is a plain error without the secret.
func TestConnectionDropped(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
	})
	_, err := web.New(secret).Do(t.Context(), contract.HTTPRequest{
		Method: "POST", URL: url + "/s3cr3t-value", Secrets: contract.Secrets{Names: []string{"TOKEN"}, Nonce: "n"},
	})
	if err == nil || contract.IsRefused(err) || strings.Contains(err.Error(), "s3cr3t-value") {
		t.Errorf("%v", err)
	}
}
