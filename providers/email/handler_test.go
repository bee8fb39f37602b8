package email_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/email"
)

// desk is one incident as the page sees it.
type desk struct {
	mu    sync.Mutex
	brief contract.Briefing
	err   error // of both
	acts  []contract.Act
	on    []string // workflow ids
}

func (d *desk) Brief(context.Context, contract.Callback) (contract.Briefing, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.brief, d.err
}

func (d *desk) Act(_ context.Context, workflowID string, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return contract.Receipt{}, d.err
	}
	if verb != contract.VerbAck {
		return contract.Receipt{}, errors.New("not an acknowledgement")
	}
	d.acts, d.on = append(d.acts, act), append(d.on, workflowID)
	if d.brief.AckedBy != "" {
		return contract.Receipt{Text: "already acknowledged by " + d.brief.AckedBy}, nil
	}
	d.brief.AckedBy = act.By.Name
	return contract.Receipt{Text: string(act.Key) + " is acknowledged"}, nil
}

// door is the page of one mail.
type door struct {
	t       *testing.T
	desk    *desk
	handler http.Handler
	path    string // with its ticket
	now     time.Time
}

// openDoor sends a mail and opens the gateway for its link.
func openDoor(t *testing.T) *door {
	t.Helper()
	d := &door{t: t, now: meant.Add(time.Minute), desk: &desk{brief: contract.Briefing{Say: "INC-42. SEV1. checkout <fails>.", Attempt: true}}}
	s := serve(t, guarded())
	c := config(s)
	c.Now = func() time.Time { return d.now }
	client := open(t, c)
	if _, err := client.Mail(t.Context(), request()); err != nil {
		t.Fatal(err)
	}
	d.path = strings.TrimPrefix(linkOf(t, s.Delivered("ana@example.com")[0].Text), "https://muster.example.com")
	d.handler = client.Handler(d.desk)
	return d
}

// ask makes one request.
func (d *door) ask(method, path, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, httptest.NewRequestWithContext(d.t.Context(), method, path, strings.NewReader(body)))
	return w
}

// wants checks a page: its status, and what it says and does not.
func (d *door) wants(w *httptest.ResponseRecorder, status int, says string, button bool) {
	d.t.Helper()
	body := w.Body.String()
	if w.Code != status || !strings.Contains(body, says) || strings.Contains(body, "<button") != button {
		d.t.Errorf("it answers %d: %s\nwant %d with %q, a button: %v", w.Code, body, status, says, button)
	}
	if strings.Contains(body, "<script") || strings.Contains(body, "<fails>") {
		d.t.Errorf("the page holds what it should not: %s", body)
	}
	if h := w.Header(); h.Get("Cache-Control") != "no-store" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") ||
		h.Get("Referrer-Policy") != "no-referrer" {
		d.t.Errorf("the head is %v", h)
	}
}

// TestPage: whoever follows the link acknowledges nothing, however often; the button does, once.
func TestPage(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodGet} {
		if w := d.ask(method, d.path, ""); w.Code != http.StatusOK {
			t.Errorf("%s answers %d", method, w.Code)
		}
	}
	d.wants(d.ask(http.MethodGet, d.path, ""), http.StatusOK, "checkout &lt;fails&gt;.", true)
	if len(d.desk.acts) > 0 {
		t.Fatalf("to look acknowledges: %+v", d.desk.acts)
	}
	d.wants(d.ask(http.MethodPost, d.path, ""), http.StatusOK, "INC-42 is acknowledged.", false)
	d.wants(d.ask(http.MethodPost, d.path, ""), http.StatusOK, "Already acknowledged by Ana Ruiz.", false)
	d.wants(d.ask(http.MethodGet, d.path, ""), http.StatusOK, "Already acknowledged by Ana Ruiz.", false)
	act := contract.Act{
		ID: "mail/0198/page/1", Key: "INC-42", Page: "0198/page",
		By: incident.Actor{Person: "ana", Name: "Ana Ruiz", Door: incident.DoorMail, Verified: true},
	}
	if diff := cmp.Diff([]contract.Act{act, act}, d.desk.acts); diff != "" || d.desk.on[0] != "incident/checkout" {
		t.Errorf("acts (-want +got):\n%s on %v", diff, d.desk.on)
	}
}

// TestPageSaysHowItStands in each state of the incident.
func TestPageSaysHowItStands(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		brief  contract.Briefing
		err    error
		method string
		status int
		says   string
		button bool
	}{
		"closed":         {brief: contract.Briefing{Closed: true, Say: "x"}, method: http.MethodGet, status: http.StatusOK, says: "INC-42 is closed."},
		"taken":          {brief: contract.Briefing{AckedBy: "Ben"}, method: http.MethodPost, status: http.StatusOK, says: "Already acknowledged by Ben."},
		"away, looked":   {err: errors.New("503"), method: http.MethodGet, status: http.StatusOK, says: "Incident INC-42 needs you.", button: true},
		"away, pressed":  {err: errors.New("503"), method: http.MethodPost, status: http.StatusServiceUnavailable, says: "It could not be recorded.", button: true},
		"ruled out":      {err: &incident.Refusal{What: "INC-42 is closed", Hint: "it is over"}, method: http.MethodPost, status: http.StatusConflict, says: "INC-42 is closed."},
		"ruled out, too": {err: &contract.Refused{What: "there is no such incident"}, method: http.MethodPost, status: http.StatusConflict, says: "There is no such incident."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := openDoor(t)
			d.desk.brief, d.desk.err = test.brief, test.err
			d.wants(d.ask(test.method, d.path, ""), test.status, test.says, test.button)
		})
	}
}

// TestPageRefuses what was not made here, what is too old and what is too large. It is plain text.
func TestPageRefuses(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	other := config(serve(t, guarded()))
	other.Secret = []byte("another secret, long enough")
	foreign := open(t, other).Handler(d.desk)
	refused := func(w *httptest.ResponseRecorder, status int, says string) {
		t.Helper()
		if w.Code != status || !strings.Contains(w.Body.String(), says) || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
			t.Errorf("it answers %d: %s, %s", w.Code, w.Body, w.Header().Get("Content-Type"))
		}
	}
	for _, path := range []string{
		"/mail/page", "/mail/page?t=", "/mail/page?t=a.b", d.path + "A", strings.Replace(d.path, "t=e", "t=f", 1), "/mail/page?t=" + strings.Repeat("x.", 4000),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			refused(d.ask(method, path, ""), http.StatusForbidden, "not made here")
		}
	}
	w := httptest.NewRecorder()
	foreign.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, d.path, nil))
	refused(w, http.StatusForbidden, "not made here")
	refused(d.ask(http.MethodPost, d.path, strings.Repeat("x", 5000)), http.StatusRequestEntityTooLarge, "too large")
	if w := d.ask(http.MethodPut, d.path, ""); w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT answers %d", w.Code)
	}
	d.now = meant.Add(24 * time.Hour)
	refused(d.ask(http.MethodPost, d.path, ""), http.StatusGone, "muster ack INC-42")
	if len(d.desk.acts) > 0 {
		t.Errorf("something was done: %+v", d.desk.acts)
	}
}

// TestWithoutLink: without a public address, or without a secret, a mail says the other ways, and no ticket is taken.
func TestWithoutLink(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(c *email.Config){
		"no public address": func(c *email.Config) { c.PublicURL = "" },
		"no secret":         func(c *email.Config) { c.Secret = nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, guarded())
			c := config(s)
			set(&c)
			if _, err := open(t, c).Mail(t.Context(), request()); err != nil {
				t.Fatal(err)
			}
			if text := s.Delivered("ana@example.com")[0].Text; strings.Contains(text, "/mail/") || !strings.Contains(text, "muster ack INC-42") {
				t.Errorf("the mail says %q", text)
			}
		})
	}
	c := config(serve(t, guarded()))
	c.Secret = nil
	w := httptest.NewRecorder()
	open(t, c).Handler(&desk{}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/mail/page?t=a.b", nil))
	if w.Code != http.StatusForbidden {
		t.Errorf("it answers %d", w.Code)
	}
}

// FuzzPage: whatever stands in an address, nothing is done without a seal.
func FuzzPage(f *testing.F) {
	for _, seed := range []string{"", "a.b", "e30.", "e30.AAAA", ".", "eyJrZXkiOiJJTkMtMSJ9.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"} {
		f.Add(seed)
	}
	c := email.Config{
		Server: "127.0.0.1:25", From: "pager@example.com", PublicURL: "https://muster.example.com", Secret: []byte("0123456789abcdef"), People: people{},
	}
	client, err := email.New(c)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, word string) {
		d := &desk{}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/mail/page", nil)
		q := r.URL.Query()
		q.Set("t", word)
		r.URL.RawQuery = q.Encode()
		w := httptest.NewRecorder()
		client.Handler(d).ServeHTTP(w, r)
		if w.Code != http.StatusForbidden || len(d.acts) > 0 {
			t.Errorf("%q answers %d: %s", word, w.Code, w.Body)
		}
	})
}
