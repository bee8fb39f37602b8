// Package fakepager is a receiver of pages for tests, as the documentation asks for one: it checks the signature, knows a
// repetition by its Idempotency-Key, and fails in the ways in which web services do. It calls nobody.
package fakepager

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Page is one that was taken.
type Page struct {
	Kind        string            `json:"kind"`
	ID          string            `json:"id"`
	Version     int               `json:"version"`
	Person      map[string]string `json:"person"`
	Text        string            `json:"text"`
	Incident    string            `json:"incident"`
	Acknowledge string            `json:"acknowledge"`

	Number    string // what the receiver calls it
	Cancelled bool
}

// Receiver is a running receiver. It is an http.Handler.
type Receiver struct {
	secret string
	now    func() time.Time

	mu      sync.Mutex
	pages   []Page
	taken   map[string]string // by Idempotency-Key
	status  int               // answered to everything; 0 = it works
	header  http.Header
	lose    bool // does the work, then drops the connection
	skip    int  // requests before a single one is struck
	armed   bool
	struck  bool
	refused []string // what was wrong with requests
}

// freshness is how old a signature may be.
const freshness = 5 * time.Minute

// New makes a receiver that checks signatures with a secret, by a clock.
func New(secret string, now func() time.Time) *Receiver {
	return &Receiver{secret: secret, now: now, taken: map[string]string{}}
}

// Drop breaks off the connection of the request after skip others; lose does its work before. The answer tells whether it
// was struck so far.
func (r *Receiver) Drop(lose bool, skip int) (struck func() bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed, r.struck, r.lose, r.skip = true, false, lose, skip
	return func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.struck
	}
}

// Answer answers every request with a status, and does nothing, until Mend.
func (r *Receiver) Answer(status int, header http.Header) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.header, r.struck = status, header, false
}

// Struck says whether something has failed since it was last broken.
func (r *Receiver) Struck() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.struck
}

// Mend ends every mishap.
func (r *Receiver) Mend() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status, r.armed = 0, false
}

// Pages lists what was taken, oldest first.
func (r *Receiver) Pages() []Page {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.pages)
}

// Refused lists what was wrong with requests.
func (r *Receiver) Refused() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.refused)
}

// ServeHTTP takes one request.
func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, 1<<20))
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case err != nil:
		http.Error(w, "broken off", http.StatusBadRequest)
		return
	case r.strikes():
		if r.lose {
			r.take(req, body)
		}
		panic(http.ErrAbortHandler) // the server closes the connection without an answer
	case r.status != 0:
		r.struck = true
		for name := range r.header {
			w.Header().Set(name, r.header.Get(name))
		}
		http.Error(w, "out of order: "+req.Header.Get("Musterbook-Signature"), r.status)
		return
	}
	status, answer := r.take(req, body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer) // whoever asked may be gone
}

// strikes says whether this is the request that fails.
func (r *Receiver) strikes() bool {
	if !r.armed {
		return false
	}
	if r.skip > 0 {
		r.skip--
		return false
	}
	r.armed, r.struck = false, true
	return true
}

// take does the work of a request.
func (r *Receiver) take(req *http.Request, body []byte) (status int, answer string) {
	var p Page
	key := req.Header.Get("Idempotency-Key")
	fault := r.signed(req.Header.Get("Musterbook-Signature"), body)
	switch {
	case fault == "" && (req.Method != http.MethodPost || key == ""):
		fault = "a POST with an Idempotency-Key is expected"
	case fault == "" && json.Unmarshal(body, &p) != nil:
		fault = "not JSON"
	}
	if fault != "" {
		r.refused = append(r.refused, fault)
		return http.StatusForbidden, fault
	}
	if answer, known := r.taken[key]; known {
		return http.StatusOK, answer
	}
	switch p.Kind {
	case "call", "sms":
		p.Number = fmt.Sprintf("N%d", len(r.pages)+1)
		r.pages = append(r.pages, p)
		answer = fmt.Sprintf(`{"id":%q}`, p.Number)
	case "cancel":
		for n := range r.pages {
			if r.pages[n].ID == p.ID {
				r.pages[n].Cancelled = true
			}
		}
	default:
		return http.StatusUnprocessableEntity, "unknown kind"
	}
	r.taken[key] = answer
	return http.StatusAccepted, answer
}

// signed checks t=<seconds>,v1=<HMAC of "<seconds>.<body>">; it says what is wrong.
func (r *Receiver) signed(header string, body []byte) string {
	at, given, ok := strings.Cut(strings.TrimPrefix(header, "t="), ",v1=")
	seconds, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil {
		return "no signature"
	}
	if age := r.now().Sub(time.Unix(seconds, 0)); age < -freshness || age > freshness {
		return "the signature is " + age.String() + " old"
	}
	seal := hmac.New(sha256.New, []byte(r.secret))
	_, _ = seal.Write([]byte(at + "."))
	_, _ = seal.Write(body)
	if !hmac.Equal([]byte(given), []byte(hex.EncodeToString(seal.Sum(nil)))) {
		return "wrong signature"
	}
	return ""
}
