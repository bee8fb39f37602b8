package fakeslack

import (
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// patience is how long Slack waits for an app's answer
// (https://docs.slack.dev/interactivity/handling-user-interaction).
const patience = 3 * time.Second

// Signing says how a request to the app is signed. The zero value signs it
// rightly, now.
type Signing struct {
	Secret string        // another secret than the workspace's: a forged signature
	Age    time.Duration // how long ago the request claims to have been made
	None   bool          // send no signature at all
}

// Sent is a request to the app as it went over the wire; Resend repeats it.
type Sent struct {
	URL    string
	Header http.Header
	Body   []byte
}

// Reply is the app's answer and the request that it answers.
type Reply struct {
	Status int
	Header http.Header
	Body   []byte
	Sent   Sent
}

// ClickRequest is a person's press of a button on a message.
type ClickRequest struct {
	User      string // user id
	Room      string // room id
	MessageTS string
	ActionID  string // which button; with several alike, Value or BlockID decide
	Value     string // empty means any
	BlockID   string // empty means any
	Signing   Signing
}

// CommandRequest is a slash command that a person typed.
type CommandRequest struct {
	User    string // user id
	Room    string // room id where it was typed
	Command string // with its slash, such as "/muster"
	Text    string // what stands after it
	Signing Signing
}

// Click presses a button that stands on a message, and sends the interaction
// to the app, at its address or OverSocket. An error means that there is no such button, or that the app
// gave no answer in time; what it answered otherwise is in Reply.
func (s *Server) Click(ctx context.Context, appURL string, c ClickRequest) (Reply, error) {
	payload, err := s.interaction(c)
	if err != nil {
		return Reply{}, fmt.Errorf("click %s: %w", c.ActionID, err)
	}
	raw, err := json.Marshal(payload)
	if err != nil {
		return Reply{}, fmt.Errorf("click %s: %w", c.ActionID, err)
	}
	form := url.Values{"payload": {string(raw)}}
	return s.Send(ctx, appURL, []byte(form.Encode()), c.Signing)
}

// Command sends a slash command to the app, at its address or OverSocket. A text in the app's answer is shown
// to the person who typed it.
func (s *Server) Command(ctx context.Context, appURL string, c CommandRequest) (Reply, error) {
	form, err := s.commandForm(c)
	if err != nil {
		return Reply{}, fmt.Errorf("command %s: %w", c.Command, err)
	}
	reply, err := s.Send(ctx, appURL, []byte(form.Encode()), c.Signing)
	if err != nil {
		return reply, err
	}
	s.shown(c, reply)
	return reply, nil
}

// Event tells the app of an event, at its address or OverSocket. The same id
// twice is the same event again. inner is the event itself: {"type": …}.
func (s *Server) Event(ctx context.Context, appURL, id string, inner map[string]any) (Reply, error) {
	raw, err := json.Marshal(body{
		"type": "event_callback", "event_id": id, "event": inner, "event_time": s.now().Unix(),
		"team_id": TeamID, "api_app_id": AppID, "token": "deprecated",
	})
	if err != nil {
		return Reply{}, fmt.Errorf("event %s: %w", id, err)
	}
	return s.dispatch(ctx, Sent{URL: appURL, Header: http.Header{"Content-Type": {"application/json"}}, Body: raw}, Signing{})
}

// Send signs a form-encoded body and posts it to the app.
func (s *Server) Send(ctx context.Context, appURL string, form []byte, sign Signing) (Reply, error) {
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	return s.dispatch(ctx, Sent{URL: appURL, Header: header, Body: form}, sign)
}

// dispatch signs a request and posts it to the app.
func (s *Server) dispatch(ctx context.Context, sent Sent, sign Signing) (Reply, error) {
	if !sign.None {
		stamp := strconv.FormatInt(s.now().Add(-sign.Age).Unix(), 10)
		sent.Header.Set("X-Slack-Request-Timestamp", stamp)
		sent.Header.Set("X-Slack-Signature", signature(cmp.Or(sign.Secret, s.secret), stamp, sent.Body))
	}
	return s.Resend(ctx, sent)
}

// Resend posts the very same request again, as someone who recorded it would.
// Over the socket it is an envelope of its own with the same payload.
func (s *Server) Resend(ctx context.Context, sent Sent) (_ Reply, err error) {
	if strings.HasPrefix(sent.URL, OverSocket) {
		return s.overSocket(ctx, sent)
	}
	ctx, cancel := context.WithTimeout(ctx, s.patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, sent.URL, bytes.NewReader(sent.Body))
	if err != nil {
		return Reply{Sent: sent}, err
	}
	req.Header = sent.Header.Clone()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return Reply{Sent: sent}, err
	}
	defer func() { err = cmp.Or(err, res.Body.Close()) }()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	return Reply{Status: res.StatusCode, Header: res.Header, Body: raw, Sent: sent}, err
}

// signature is Slack's v0 signature of a request
// (https://docs.slack.dev/authentication/verifying-requests-from-slack).
func signature(secret, stamp string, payload []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte("v0:" + stamp + ":"))
	mac.Write(payload)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// interaction makes the payload of a press, if the button is really there.
func (s *Server) interaction(c ClickRequest) (body, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, u := s.room(c.Room), s.user(c.User)
	if r == nil || u == nil {
		return nil, fmt.Errorf("no room %q or no user %q", c.Room, c.User)
	}
	m := r.seen(c.MessageTS, c.User)
	if m == nil {
		return nil, fmt.Errorf("no message %q in room %q", c.MessageTS, r.Name)
	}
	button, err := m.button(c)
	if err != nil {
		return nil, err
	}
	return body{
		"type": "block_actions", "api_app_id": AppID, "token": "deprecated",
		"team":    body{"id": TeamID, "domain": teamDomain},
		"user":    body{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": TeamID},
		"channel": body{"id": r.ID, "name": cmp.Or(r.Name, "directmessage")},
		"container": body{
			"type": "message", "message_ts": m.TS, "channel_id": r.ID, "is_ephemeral": m.Ephemeral,
		},
		"message": m.wire(true), "state": body{"values": body{}}, "actions": []body{s.pressed(button)},
		"trigger_id": s.newTrigger(u.ID), "response_url": s.newHook(r.ID, u.ID, m.TS),
		"enterprise": nil, "is_enterprise_install": false,
	}, nil
}

// pressed is a press of a button as interactions carry it. The caller holds the
// lock.
func (s *Server) pressed(b Button) body {
	action := body{
		"type": "button", "action_id": b.ActionID, "block_id": b.BlockID, "action_ts": s.newTS(),
		"text": body{"type": "plain_text", "text": b.Text, "emoji": true},
	}
	if b.Value != "" {
		action["value"] = b.Value
	}
	if b.Style != "" {
		action["style"] = b.Style
	}
	return action
}

// button finds the one that was pressed.
func (m *Message) button(c ClickRequest) (Button, error) {
	for _, b := range m.Buttons() {
		fits := (c.Value == "" || c.Value == b.Value) && (c.BlockID == "" || c.BlockID == b.BlockID)
		if b.ActionID == c.ActionID && fits {
			return b, nil
		}
	}
	return Button{}, fmt.Errorf("message %q has no button with value %q in block %q", m.TS, c.Value, c.BlockID)
}

// commandForm makes the form of a slash command.
func (s *Server) commandForm(c CommandRequest) (url.Values, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, u := s.room(c.Room), s.user(c.User)
	if r == nil || u == nil {
		return nil, fmt.Errorf("no room %q or no user %q", c.Room, c.User)
	}
	return url.Values{
		"token": {"deprecated"}, "api_app_id": {AppID}, "team_id": {TeamID}, "team_domain": {teamDomain},
		"channel_id": {r.ID}, "channel_name": {cmp.Or(r.Name, "directmessage")},
		"user_id": {u.ID}, "user_name": {u.Name}, "command": {c.Command}, "text": {c.Text},
		"response_url": {s.newHook(r.ID, u.ID, "")}, "trigger_id": {s.newTrigger(u.ID)},
		"is_enterprise_install": {"false"},
	}, nil
}

// shown tells of the text that the app put into its answer to a command.
func (s *Server) shown(c CommandRequest, reply Reply) {
	var answer struct {
		Text string `json:"text"`
	}
	if json.Unmarshal(reply.Body, &answer) != nil {
		answer.Text = string(reply.Body)
	}
	if reply.Status != http.StatusOK || answer.Text == "" {
		return
	}
	s.mu.Lock()
	s.happened(Event{Kind: Answered, Room: c.Room, User: c.User, Text: answer.Text})
	s.mu.Unlock()
	s.events.drain()
}
