package twilio

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"sync"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	sdk "github.com/twilio/twilio-go/client"
)

// Incidents is what a telephone asks of an incident and tells it.
type Incidents interface {
	// Brief answers what is to be said in a call. A slow answer is cut off by the context and asked for again.
	Brief(ctx context.Context, at contract.Callback) (contract.Briefing, error)
	// Act does what a person pressed or wrote. It is idempotent by the act's ID. workflowID may be empty: then the act's
	// Key says which incident is meant. A request that is not carried out is an *incident.Refusal or a *contract.Refused,
	// whose sentence the person hears; any other error means that nothing is known to have happened, and the person is
	// asked to wait, while the same act is sent again.
	Act(ctx context.Context, workflowID string, verb contract.Verb, act contract.Act) (contract.Receipt, error)
	// Companions lists the attempts that a call to somebody is made for: its own, and those of other incidents that have
	// joined it since.
	Companions(ctx context.Context, person oncall.PersonID, provider string) ([]contract.Callback, error)
	// Ending says that a call is about to end, so that no incident joins it any more, and lists the attempts that it was made
	// for. It may be said again.
	Ending(ctx context.Context, person oncall.PersonID, provider string) ([]contract.Callback, error)
	// CallStatus passes on how far an attempt got. Repeated and late words are harmless. An error makes Twilio repeat it.
	CallStatus(ctx context.Context, status contract.CallStatus) error
}

// largestBody bounds a webhook; Twilio's have one or two kilobytes.
const largestBody = 64 << 10

// rememberedAnswers is how many answers are kept for webhooks that Twilio repeats.
const rememberedAnswers = 2048

// mostPassive is how many messages that are no command a number gets an answer to, before its next command.
const mostPassive = 5

// handler is the way back from Twilio.
type handler struct {
	*Client
	incidents  Incidents
	validators []sdk.RequestValidator
	mux        *http.ServeMux

	mu      sync.Mutex
	answers *recent[*kept]
	passive map[string]int // number → answers to what was no command
}

// kept is the answer to one webhook, given once and repeated to its repetitions.
type kept struct {
	once sync.Once
	body []byte
}

// Handler answers Twilio's webhooks under /twilio/. Every request must carry Twilio's signature over the configured
// public address; headers of proxies are not looked at.
func (c *Client) Handler(incidents Incidents) http.Handler {
	h := c.handler(incidents)
	h.mux = http.NewServeMux()
	for _, token := range []string{c.config.AuthToken, c.config.OtherAuthToken} {
		if token != "" {
			h.validators = append(h.validators, sdk.NewRequestValidator(token))
		}
	}
	h.handle(pathVoice, h.sealed(h.voice))
	h.handle(pathGather, h.sealed(h.keys))
	h.handle(pathStatus, h.sealed(h.status))
	h.handle(pathSMS, h.text)
	return h.mux
}

// handler is what webhooks and the inbox share.
func (c *Client) handler(incidents Incidents) *handler {
	return &handler{Client: c, incidents: incidents, answers: newRecent[*kept](rememberedAnswers), passive: map[string]int{}}
}

// webhook is one verified request of Twilio's.
type webhook struct {
	query  url.Values
	form   url.Values
	sealed string // the ticket as it stands in the address
	ticket ticket
	token  string // Twilio's idempotency token
}

// problem is a request that is not answered as asked.
type problem struct {
	status int
	why    string // for the caller and the log; nothing secret
}

func (p *problem) Error() string { return p.why }

// respond answers one webhook with TwiML; an empty answer is 204.
type respond func(ctx context.Context, w webhook) ([]byte, error)

func (h *handler) handle(path string, answer respond) {
	h.mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
		hook, err := h.verify(path, w, r)
		var body []byte
		if err == nil {
			body, err = answer(r.Context(), hook)
		}
		var p *problem
		switch {
		case errors.As(err, &p):
			h.config.Log.Warn("webhook refused", "path", path, "status", p.status, "why", p.why)
			http.Error(w, p.why, p.status)
		case err != nil:
			h.config.Log.Error("webhook not answered; Twilio repeats it", "path", path, "error", err)
			http.Error(w, "not available", http.StatusServiceUnavailable)
		case len(body) == 0:
			w.WriteHeader(http.StatusNoContent)
		default:
			w.Header().Set("Content-Type", "text/xml; charset=utf-8")
			if _, err := w.Write(body); err != nil {
				h.config.Log.Warn("answer to Twilio was cut off", "path", path, "error", err)
			}
		}
	})
}

// verify proves that a request comes from Twilio and was meant for us, and reads it.
func (h *handler) verify(path string, w http.ResponseWriter, r *http.Request) (webhook, error) {
	if h.public == "" {
		return webhook{}, &problem{http.StatusNotFound, "no public url is configured for Twilio"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return webhook{}, &problem{http.StatusUnsupportedMediaType, "a form is expected"}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	if errors.As(err, new(*http.MaxBytesError)) {
		return webhook{}, &problem{http.StatusRequestEntityTooLarge, "the body is too large"}
	}
	if err != nil {
		return webhook{}, &problem{http.StatusBadRequest, "the body could not be read"}
	}
	address := h.public + path
	if r.URL.RawQuery != "" {
		address += "?" + r.URL.RawQuery
	}
	if !h.signed(address, body, r.Header.Get("X-Twilio-Signature")) {
		return webhook{}, &problem{http.StatusForbidden, "wrong signature: is the public url the one that Twilio was given, and the auth token current?"}
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return webhook{}, &problem{http.StatusBadRequest, "the form could not be read"}
	}
	if form.Get("AccountSid") != h.config.AccountSID {
		return webhook{}, &problem{http.StatusForbidden, "another account"}
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return webhook{}, &problem{http.StatusBadRequest, "the address could not be read"}
	}
	return webhook{query: query, form: form, token: r.Header.Get("I-Twilio-Idempotency-Token")}, nil
}

// signed checks the signature under each auth token. Whether Twilio signs an address with its connection overrides or
// without is not documented, so both are taken; neither can be made without the token.
func (h *handler) signed(address string, body []byte, signature string) bool {
	if signature == "" {
		return false
	}
	for _, v := range h.validators {
		if v.ValidateBody(address, body, signature) || v.ValidateBody(address+persistence, body, signature) {
			return true
		}
	}
	return false
}

// sealed reads the ticket of a callback address first.
func (h *handler) sealed(answer respond) respond {
	return func(ctx context.Context, w webhook) ([]byte, error) {
		w.sealed = w.query.Get(queryTicket)
		t, err := h.unseal(w.sealed)
		if err != nil {
			return nil, &problem{http.StatusForbidden, err.Error()}
		}
		w.ticket = t
		if sid := w.form.Get("CallSid"); sid != "" {
			h.ledger.placed(sid, effectOf(t.Callback))
		}
		return answer(ctx, w)
	}
}

// once gives a repeated webhook the answer of the first, so that nobody hears two results of one key. The token is not
// signed, so it counts only together with what is; and what really keeps an act from being done twice is its ID.
func (h *handler) once(w webhook, answer func() []byte) []byte {
	if w.token == "" {
		return answer()
	}
	id := w.token + " " + w.query.Encode() + " " + w.form.Encode()
	h.mu.Lock()
	k, known := h.answers.get(id)
	if !known {
		k = &kept{}
		h.answers.put(id, k)
	}
	h.mu.Unlock()
	k.once.Do(func() { k.body = answer() })
	return k.body
}

// who names the person of a ticket as the roster does now.
func (h *handler) who(id oncall.PersonID) string {
	if p, ok := h.config.People.Person(id); ok && p.Name != "" {
		return p.Name
	}
	return string(id)
}

// count reads a small number of the query; what is no number is 0.
func count(query url.Values, key string) int {
	n, err := strconv.Atoi(query.Get(key))
	if err != nil || n < 0 {
		return 0
	}
	return n
}
