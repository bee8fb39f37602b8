package slack

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Slack drops an answer that takes longer than three seconds
// (https://docs.slack.dev/interactivity/handling-user-interaction). These spans
// leave it a margin: for finding out who acts, and for both together.
const (
	askWithin    = 500 * time.Millisecond
	answerWithin = 2500 * time.Millisecond
)

// maxRequest bounds a request's body in bytes. A click carries the whole
// message that it was made on.
const maxRequest = 1 << 20

// Target says which incident a person means: a button knows it exactly, a
// command names its key. Where both are empty it is the room's incident.
type Target struct {
	WorkflowID string
	Key        incident.Key
	Room       string // id of the room where it was said
	RoomName   string // "privategroup" and "directmessage" where Slack hides it
}

// Door carries out what people do in Slack. Both methods answer before the
// context's deadline, which Slack sets; what takes longer is recorded, and the
// receipt says that it is pending.
//
// A refusal is an *incident.Refusal or a *contract.Refused: its sentence is
// shown to the person. Any other error means that nothing is known to have
// happened, and the person is asked to try again.
type Door interface {
	// Act carries out a verb. It is idempotent by the act's ID, which stays the
	// same when Slack, or somebody who recorded the request, sends it again.
	Act(ctx context.Context, to Target, verb contract.Verb, act contract.Act) (contract.Receipt, error)
	// Declare begins an incident and says which. It is idempotent by the
	// declaration's ID, in the same sense.
	Declare(ctx context.Context, d Declaration) (contract.Receipt, error)
}

// Declaration is an incident that a person declares.
type Declaration struct {
	ID       string // recognises a repetition
	Title    string
	Service  string            // empty when none was named
	Severity incident.Severity // empty when none was named
	Runbook  string            // empty when none was named
	Room     string            // id of the room where it was said
	By       incident.Actor
}

// Handler takes what Slack sends: clicks and slash commands. It checks that
// Slack signed the request within the last five minutes. It keeps no memory of
// requests: a repetition carries the same id and is recognised behind the door,
// whichever process it reaches.
type Handler struct {
	secret string
	client *Client
	door   Door
	log    *slog.Logger
}

// NewHandler makes a handler. The client tells who the people are and sends the
// answers to clicks. With an empty secret every request is refused.
func NewHandler(signingSecret string, client *Client, door Door) *Handler {
	return &Handler{secret: signingSecret, client: client, door: door, log: client.log}
}

// Actions takes clicks on buttons; it belongs at the app's interactivity
// request URL. What is no click of ours is acknowledged and ignored.
func (h *Handler) Actions(w http.ResponseWriter, r *http.Request) {
	form, ok := h.verified(w, r)
	if !ok {
		return
	}
	click, ours, err := readClick([]byte(form.Get("payload")))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !ours {
		w.WriteHeader(http.StatusOK)
		return
	}
	ctx, cancel := h.deadline(r)
	defer cancel()
	act := click.act
	act.By = h.who(ctx, click.user, click.userName)
	receipt, err := h.door.Act(ctx, click.target, click.verb, act)
	text := h.say(receipt, err)

	// Slack shows nothing of the answer to a click. So it is told at once that
	// all is well, and the result goes to the response URL.
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	if err := http.NewResponseController(w).Flush(); err != nil {
		h.log.Warn("the answer to a click could not be sent ahead; the person is told all the same", "error", err)
	}
	h.whisper(context.WithoutCancel(r.Context()), click.responseURL, text)
}

// Commands takes slash commands; it belongs at their request URL. The result is
// the answer, which the person alone sees.
func (h *Handler) Commands(w http.ResponseWriter, r *http.Request) {
	form, ok := h.verified(w, r)
	if !ok {
		return
	}
	if form.Get("ssl_check") == "1" { // Slack tries the certificate
		w.WriteHeader(http.StatusOK)
		return
	}
	c, err := readCommand(form)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := h.deadline(r)
	defer cancel()
	raw, err := json.Marshal(map[string]string{
		"response_type": slack.ResponseTypeEphemeral, "text": escape(h.obey(ctx, c)),
	})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if _, err := w.Write(raw); err != nil {
		h.log.Warn("the answer to a command was not taken; the command was carried out", "error", err)
	}
}

// obey carries a command out and says what came of it.
func (h *Handler) obey(ctx context.Context, c command) string {
	order, err := parseCommand(c.text)
	if err != nil {
		return err.Error()
	}
	by := func() incident.Actor { return h.who(ctx, c.user, c.userName) }
	switch order.kind {
	case orderHelp:
		return help(c.name)
	case orderDeclare:
		d := order.declaration
		d.ID, d.Room, d.By = c.id, c.room, by()
		receipt, err := h.door.Declare(ctx, d)
		return h.say(receipt, err)
	case orderAct:
	}
	act := order.act
	act.ID, act.By = c.id, by()
	if !h.resolve(ctx, order.verb, &act) {
		return "That person is not in the roster."
	}
	to := Target{Key: act.Key, Room: c.room, RoomName: c.roomName}
	receipt, err := h.door.Act(ctx, to, order.verb, act)
	return h.say(receipt, err)
}

// resolve puts people of the roster in the place of Slack's mentions. It
// reports false when somebody is not in the roster.
func (h *Handler) resolve(ctx context.Context, verb contract.Verb, act *contract.Act) bool {
	if user := mentioned(act.Person); user != "" {
		who := h.who(ctx, user, "")
		act.Person, act.PersonName = string(who.Person), who.Name
		return who.Person != ""
	}
	if user := mentioned(act.Value); user != "" && verb == contract.VerbPage {
		act.Value = string(h.who(ctx, user, "").Person)
		return act.Value != ""
	}
	return true
}

// deadline is the time that Slack leaves us. That Slack hangs up does not stop
// an act half-way.
func (h *Handler) deadline(r *http.Request) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(r.Context()), answerWithin)
}

func (h *Handler) who(ctx context.Context, user, name string) incident.Actor {
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	return h.client.actor(ctx, user, name)
}

// say is a result in a sentence for the person who acted.
func (h *Handler) say(receipt contract.Receipt, err error) string {
	var refusal *incident.Refusal
	var refused *contract.Refused
	switch {
	case err == nil:
		return receipt.Text
	case errors.As(err, &refusal):
		return refusal.Error()
	case errors.As(err, &refused):
		return refused.Error()
	}
	h.log.Error("an act from Slack was not carried out; the person is asked to repeat it", "error", err)
	return "That did not get through: Musterbook does not answer just now. Try again, or use the telephone or the command line."
}

// whisper shows a text to the person who clicked. A text that does not arrive
// is only logged: the act itself is done, and the room shows its effect.
func (h *Handler) whisper(ctx context.Context, responseURL, text string) {
	if text == "" || responseURL == "" {
		return
	}
	if !h.client.trusts(responseURL) {
		h.log.Error("a click's response URL is not Slack's; nothing is sent there", "url", responseURL)
		return
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	err := slack.PostWebhookCustomHTTPContext(ctx, responseURL, h.client.http,
		&slack.WebhookMessage{Text: escape(text), ResponseType: slack.ResponseTypeEphemeral})
	if err != nil {
		h.log.Warn("the result of a click could not be shown to the person", "error", err)
	}
}

// verified reads a request's form if Slack signed it. Otherwise it has answered.
func (h *Handler) verified(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
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
	form, err := url.ParseQuery(string(raw))
	if err != nil {
		http.Error(w, "the body is no form", http.StatusBadRequest)
		return nil, false
	}
	return form, true
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
