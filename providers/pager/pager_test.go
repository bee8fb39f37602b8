package pager_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/pager"
	"github.com/musterbook/musterbook/providers/pager/fakepager"
)

// call asks for a call to Ana.
func call() contract.CallRequest {
	return contract.CallRequest{
		Effect: contract.Effect{Key: "0198/page/1"}, Callback: contract.Callback{Key: "INC-42", WorkflowID: "incident/x"},
		Person: "ana", Say: "INC-42. SEV1. checkout fails.",
	}
}

// TestWhatIsPosted is the shape that docs/oncall.md promises to receivers.
func TestWhatIsPosted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	rang, err := c.Call(t.Context(), call())
	if err != nil || !rang.Silent || rang.Provider != "pager:0198/page/1 N1" {
		t.Fatalf("the result is %+v, %v", rang, err)
	}
	_, err = c.Text(t.Context(), contract.TextRequest{
		Effect: contract.Effect{Key: "0198/page/2"}, Callback: contract.Callback{Key: "INC-42"}, Person: "ben",
		Text: "INC-42. Reply 42a to acknowledge.", Say: "INC-42. SEV1. checkout fails.",
	})
	if err != nil {
		t.Fatal(err)
	}
	nothing := contract.CallRequest{Effect: contract.Effect{Key: "direct/1"}, Person: "ben", Say: "come"}
	if _, err := c.Call(t.Context(), nothing); err != nil {
		t.Fatal(err)
	}
	if err := c.HangUp(t.Context(), contract.HangUpRequest{Provider: rang.Provider}); err != nil {
		t.Fatal(err)
	}
	ana := map[string]string{"id": "ana", "name": "Ana Ruiz", "phone": "+12025550101", "email": "ana@example.com"}
	ben := map[string]string{"id": "ben", "name": "Ben Ito", "phone": "+12025550102"}
	want := []fakepager.Page{
		{
			Kind: "call", ID: "0198/page/1", Version: 1, Person: ana, Text: "INC-42. SEV1. checkout fails.",
			Incident: "INC-42", Acknowledge: "muster ack INC-42", Number: "N1", Cancelled: true,
		},
		{
			Kind: "sms", ID: "0198/page/2", Version: 1, Person: ben, Text: "INC-42. SEV1. checkout fails.",
			Incident: "INC-42", Acknowledge: "muster ack INC-42", Number: "N2",
		},
		{Kind: "call", ID: "direct/1", Version: 1, Person: ben, Text: "come", Number: "N3"},
	}
	if diff := cmp.Diff(want, w.receiver.Pages()); diff != "" || len(w.receiver.Refused()) > 0 {
		t.Errorf("taken (-want +got):\n%s refused %v", diff, w.receiver.Refused())
	}
}

// TestVerdicts sorts what a receiver answers.
func TestVerdicts(t *testing.T) {
	t.Parallel()
	const again, refused, closed, later = "again", "refused", "closed", "later"
	for name, test := range map[string]struct {
		status int
		after  string // Retry-After
		want   string
		wait   time.Duration
	}{
		"redirect":        {status: http.StatusFound, want: closed},
		"bad request":     {status: http.StatusBadRequest, want: refused},
		"unauthorized":    {status: http.StatusUnauthorized, want: closed},
		"forbidden":       {status: http.StatusForbidden, want: closed},
		"not found":       {status: http.StatusNotFound, want: refused},
		"timeout":         {status: http.StatusRequestTimeout, want: again},
		"too early":       {status: http.StatusTooEarly, want: again},
		"too many":        {status: http.StatusTooManyRequests, want: later, wait: 10 * time.Second},
		"too many, known": {status: http.StatusTooManyRequests, after: "7", want: later, wait: 7 * time.Second},
		"too long":        {status: http.StatusServiceUnavailable, after: "99999999", want: later, wait: time.Minute},
		"no number":       {status: http.StatusServiceUnavailable, after: "soon", want: again},
		"server error":    {status: http.StatusInternalServerError, want: again},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.receiver.Answer(test.status, http.Header{"Retry-After": {test.after}})
			_, err := w.client(t).Call(t.Context(), call())
			got := again
			var r *contract.Refused
			var l *contract.Later
			switch {
			case errors.As(err, &l):
				got = later
				if l.After != test.wait {
					t.Errorf("it waits %s, want %s", l.After, test.wait)
				}
			case errors.As(err, &r) && r.Installation:
				got = closed
			case errors.As(err, &r):
				got = refused
			}
			if got != test.want || err == nil || !strings.Contains(err.Error(), strconv.Itoa(test.status)) {
				t.Errorf("it is %s (%v), want %s", got, err, test.want)
			}
			secretless(t, w, err)
		})
	}
}

// secretless checks that an error tells nobody how to call people.
func secretless(t *testing.T, w *world, err error) {
	t.Helper()
	for _, hidden := range []string{"v1=", "s3cr3t", w.url, strings.TrimPrefix(w.url, "http://")[:12], secret} {
		if strings.Contains(err.Error(), hidden) {
			t.Errorf("the error tells %q: %v", hidden, err)
		}
	}
}

// TestAway: without an answer it is tried again, and nobody is told the address.
func TestAway(t *testing.T) {
	t.Parallel()
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then is it seen that the client has gone
		<-r.Context().Done()
	}))
	t.Cleanup(hangs.Close)
	for name, url := range map[string]string{
		"nobody listens": "http://127.0.0.1:1/hook/s3cr3t", "no such name": "http://pager.invalid/hook/s3cr3t",
		"hangs": hangs.URL + "/hook/s3cr3t", "no TLS": strings.Replace(hangs.URL, "http:", "https:", 1) + "/hook/s3cr3t",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.url = url
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			defer cancel()
			_, err := w.client(t).Call(ctx, call())
			if err == nil || contract.IsRefused(err) || errors.As(err, new(*contract.Later)) {
				t.Fatalf("it gives %v, want an error that is tried again", err)
			}
			if strings.Contains(err.Error(), "pager.invalid") || strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("the error tells the address: %v", err)
			}
			secretless(t, w, err)
		})
	}
}

// TestAnswers: what a receiver says beside its status is a help, and no condition.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"id":"N7"}`: "pager:0198/page/1 N7", "": "pager:0198/page/1", "OK": "pager:0198/page/1", `{"id":7}`: "pager:0198/page/1",
		`{"id":"two words"}`: "pager:0198/page/1", `{"id":"` + strings.Repeat("x", 200) + `"}`: "pager:0198/page/1", "[": "pager:0198/page/1",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			if _, err := w.Write([]byte(answer)); err != nil {
				t.Error(err)
			}
		}))
		w := newWorld(t)
		w.url = server.URL
		got, err := w.client(t).Call(t.Context(), call())
		server.Close()
		if err != nil || got.Provider != want {
			t.Errorf("%q gives %q, %v; want %q", answer, got.Provider, err, want)
		}
	}
}

// TestHangUpOfAnother: a call of another telephone is not ours, and nothing is posted.
func TestHangUpOfAnother(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, id := range []string{"", "CA1", "pager:"} {
		if err := w.client(t).HangUp(t.Context(), contract.HangUpRequest{Provider: id}); err == nil || contract.IsRefused(err) {
			t.Errorf("%q gives %v, want an error that hides no other telephone's", id, err)
		}
	}
	if _, err := pager.New(pager.Config{URL: "ftp://x"}); err == nil || !strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "ftp") {
		t.Errorf("the problems are %v", err)
	}
}

// FuzzAnswer: whatever a receiver answers, an id comes back that names our own key.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{"", `{"id":"N1"}`, `{"id":" "}`, `{"id":"a b"}`, "{", "null", `{"id":"\u0000"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		c, err := pager.New(pager.Config{URL: "http://pager.example", Secret: secret, People: people{}, Transport: says(answer)})
		if err != nil {
			t.Fatal(err)
		}
		got, err := c.Call(t.Context(), call())
		if err != nil || !strings.HasPrefix(got.Provider, "pager:0198/page/1") {
			t.Fatalf("%q gives %+v, %v", answer, got, err)
		}
		if err := c.HangUp(t.Context(), contract.HangUpRequest{Provider: got.Provider}); err != nil {
			t.Errorf("%q cannot be cancelled: %v", got.Provider, err)
		}
	})
}

// says answers everything with a text.
type says string

func (s says) RoundTrip(*http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	if _, err := w.WriteString(string(s)); err != nil {
		return nil, err
	}
	return w.Result(), nil
}
