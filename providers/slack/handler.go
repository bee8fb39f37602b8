package slack

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"

	"github.com/slack-go/slack"
)

// maxRequest bounds a request's body in bytes. A click carries the whole
// message that it was made on.
const maxRequest = 1 << 20

// Handler is the desk's door on the web: it takes what Slack posts to a public
// address. It checks that Slack signed the request within the last five
// minutes; everything else is the desk's.
type Handler struct {
	secret string
	desk   *Desk
	log    *slog.Logger
}

// NewHandler makes a handler. With an empty secret every request is refused.
func NewHandler(signingSecret string, desk *Desk) *Handler {
	return &Handler{secret: signingSecret, desk: desk, log: desk.log}
}

// Actions takes interactions; it belongs at the app's interactivity request URL.
func (h *Handler) Actions(w http.ResponseWriter, r *http.Request) {
	h.take(w, r, func(ctx context.Context, raw []byte) (answer, error) {
		form, err := readForm(raw)
		if err != nil {
			return answer{}, err
		}
		return h.desk.interact(ctx, []byte(form.Get("payload")))
	})
}

// Commands takes slash commands; it belongs at their request URL.
func (h *Handler) Commands(w http.ResponseWriter, r *http.Request) {
	h.take(w, r, func(ctx context.Context, raw []byte) (answer, error) {
		form, err := readForm(raw)
		if err != nil || form.Get("ssl_check") == "1" { // Slack tries the certificate
			return answer{}, err
		}
		return h.desk.obey(ctx, commandIn(form))
	})
}

// Events takes events; it belongs at their request URL.
func (h *Handler) Events(w http.ResponseWriter, r *http.Request) { h.take(w, r, h.desk.notice) }

// take lets the desk handle a request if Slack signed it, answers, and then
// does what goes on.
func (h *Handler) take(w http.ResponseWriter, r *http.Request, handle func(context.Context, []byte) (answer, error)) {
	raw, ok := h.verified(w, r)
	if !ok {
		return
	}
	a, err := handle(r.Context(), raw)
	var again unhandled
	switch {
	case errors.As(err, &again):
		h.log.Error("what Slack sent was not handled; it will send it again", "path", r.URL.Path, "error", err)
		http.Error(w, "not handled; send it again", http.StatusServiceUnavailable)
		return
	case err != nil:
		// A repetition of what is malformed would be no better
		// (https://docs.slack.dev/apis/events-api, "Turning retries off").
		w.Header().Set("X-Slack-No-Retry", "1")
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if a.then != nil {
		w.Header().Set("Connection", "close") // the next request must not wait behind what goes on
	}
	h.send(w, a.body)
	a.finish(r.Context())
}

// send answers completely, so that Slack does not wait for what goes on.
func (h *Handler) send(w http.ResponseWriter, body []byte) {
	if len(body) > 0 {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(body)
	if err == nil {
		err = http.NewResponseController(w).Flush()
	}
	if err != nil {
		h.log.Warn("Slack did not take an answer; what it asked for was done", "error", err)
	}
}

// verified reads a request's body if Slack signed it. Otherwise it has answered.
func (h *Handler) verified(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "only POST is taken here", http.StatusMethodNotAllowed)
		return nil, false
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		http.Error(w, "the request is too large", http.StatusRequestEntityTooLarge)
		return nil, false
	case err != nil:
		http.Error(w, "the request could not be read", http.StatusBadRequest)
		return nil, false
	}
	if err := h.checkSignature(r.Header, raw); err != nil {
		h.log.Warn("a request was refused: Slack did not sign it", "path", r.URL.Path, "error", err)
		http.Error(w, "the signature is wrong or too old: check the signing secret and the clock", http.StatusUnauthorized)
		return nil, false
	}
	return raw, true
}

// readForm reads a body that is a form.
func readForm(raw []byte) (url.Values, error) {
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		return nil, errors.New("the body is no form")
	}
	return form, nil
}

// checkSignature checks Slack's signature of the raw body
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
func (h *Handler) checkSignature(header http.Header, raw []byte) error {
	verifier, err := slack.NewSecretsVerifier(header, h.secret)
	if err != nil {
		return err
	}
	if _, err := verifier.Write(raw); err != nil {
		return err
	}
	return verifier.Ensure()
}
