package webhook_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/webhook"
)

// desk is a receiver that keeps what it is told, by the idempotency key.
type desk struct {
	told   map[string]string
	bodies []string
	signed []string
	answer func(w http.ResponseWriter) bool // false = as usual
}

func (d *desk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	d.bodies, d.signed = append(d.bodies, string(body)), append(d.signed, r.Header.Get("Musterbook-Signature"))
	d.told[r.Header.Get("Idempotency-Key")] = string(body)
	if d.answer != nil && d.answer(w) {
		return
	}
	_, _ = io.WriteString(w, `{"key":"OPS-7","url":"https://desk/7"}`)
}

func open(t *testing.T, o webhook.Options) (*desk, *webhook.Receiver) {
	t.Helper()
	d := &desk{told: map[string]string{}}
	s := httptest.NewServer(d)
	t.Cleanup(s.Close)
	o.Name, o.URL, o.Now = "desk", s.URL, func() time.Time { return time.Unix(1_700_000_000, 0) }
	return d, webhook.New(o)
}

func TestTicket(t *testing.T) {
	t.Parallel()
	d, r := open(t, webhook.Options{Secret: "k3y"})
	out, err := r.OpenTicket(t.Context(), contract.OpenTicketRequest{Effect: contract.Effect{Key: "k1"}, Owner: "o", Summary: "Down"})
	if err != nil || out.Key != "OPS-7" || out.URL != "https://desk/7" {
		t.Fatalf("%+v, %v", out, err)
	}
	if !strings.Contains(d.bodies[0], `"version":1,"kind":"ticket.open"`) || !strings.Contains(d.bodies[0], `"owner":"o"`) {
		t.Errorf("body %s", d.bodies[0])
	}
	if want := contract.Sign("k3y", time.Unix(1_700_000_000, 0), []byte(d.bodies[0])); d.signed[0] != want {
		t.Errorf("signature %q, want %q", d.signed[0], want)
	}
}

// TestAnswers gives each class of answer its class of error.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		status  int
		refused bool
		later   bool
	}{{http.StatusBadRequest, true, false}, {http.StatusTooManyRequests, false, true}, {http.StatusBadGateway, false, false}} {
		d, r := open(t, webhook.Options{})
		d.answer = func(w http.ResponseWriter) bool {
			w.Header().Set("Retry-After", "7")
			w.WriteHeader(tt.status)
			return true
		}
		err := r.SyncTicket(t.Context(), contract.SyncTicketRequest{})
		var later *contract.Later
		if err == nil || contract.IsRefused(err) != tt.refused || errors.As(err, &later) != tt.later {
			t.Errorf("%d: %v", tt.status, err)
		}
		if later != nil && later.After != 7*time.Second {
			t.Errorf("again after %s", later.After)
		}
	}
}

// TestUpdateIsNeverToldTwice: the receiver does the work and drops the connection; whether it may be asked again is the
// receiver's to promise.
func TestUpdateIsNeverToldTwice(t *testing.T) {
	t.Parallel()
	drop := func(w http.ResponseWriter) bool {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			_ = conn.Close()
		}
		return true
	}
	for _, repeat := range []bool{false, true} {
		d, r := open(t, webhook.Options{Idempotent: repeat})
		d.answer = drop
		req := contract.UpdateRequest{Effect: contract.Effect{Key: "u1"}, Audience: "customers", Message: "hello"}
		if _, err := r.Publish(t.Context(), req); err == nil || contract.IsRefused(err) {
			t.Fatalf("a dropped connection is %v", err)
		}
		d.answer = nil
		req.Again = true
		_, err := r.Publish(t.Context(), req)
		if repeat && (err != nil || len(d.told) != 1) {
			t.Errorf("told %d times by key, %v", len(d.told), err)
		}
		if !repeat && (!contract.IsRefused(err) || len(d.bodies) != 1) {
			t.Errorf("asked %d times, %v", len(d.bodies), err)
		}
	}
}
