package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Kinds of messages that come over the socket
// (https://docs.slack.dev/apis/events-api/using-socket-mode).
const (
	saysHello      = "hello"
	saysDisconnect = "disconnect"
	bringsCommand  = "slash_commands"
	bringsPress    = "interactive"
	bringsEvent    = "events_api"
)

// envelope is one message of the socket.
type envelope struct {
	Type    string          `json:"type"`
	ID      string          `json:"envelope_id"` // is acknowledged; empty in hello and disconnect
	Payload json.RawMessage `json:"payload"`
	// AcceptsPayload tells whether Slack takes an answer with the acknowledgement.
	AcceptsPayload bool   `json:"accepts_response_payload"`
	RetryAttempt   int    `json:"retry_attempt"`
	RetryReason    string `json:"retry_reason"`
	Reason         string `json:"reason"` // of a disconnect
}

// readEnvelope reads a message of the socket. What carries something carries an id.
func readEnvelope(raw []byte) (envelope, error) {
	var e envelope
	if err := json.Unmarshal(raw, &e); err != nil {
		return envelope{}, fmt.Errorf("read a message of the socket: %w", err)
	}
	if e.Type == "" {
		return envelope{}, errors.New("read a message of the socket: it has no type")
	}
	if e.ID == "" && e.Type != saysHello && e.Type != saysDisconnect {
		return envelope{}, fmt.Errorf("read a message of the socket: %q has no envelope_id", e.Type)
	}
	return e, nil
}

// unpack hands an envelope's payload to the desk. A kind that we do not know is
// acknowledged, like everything that nobody handles.
func (d *Desk) unpack(ctx context.Context, e envelope) (answer, error) {
	switch e.Type {
	case bringsPress:
		return d.interact(ctx, e.Payload)
	case bringsEvent:
		return d.notice(ctx, e.Payload)
	case bringsCommand:
		var c command
		if err := json.Unmarshal(e.Payload, &c); err != nil {
			return answer{}, fmt.Errorf("read a command: %w", err)
		}
		return d.obey(ctx, c)
	}
	return answer{}, nil
}

// maxFrame bounds an acknowledgement in bytes: Slack drops one of 20 KB without
// a word, and sends the envelope again.
const maxFrame = 20_000

// acknowledgement is what is sent back for an envelope. An answer that is too
// long gives way to one that says so; answers to commands are never that long
// (see reply).
func acknowledgement(e envelope, body []byte) (frame []byte, cut bool, err error) {
	ack := struct {
		ID      string          `json:"envelope_id"`
		Payload json.RawMessage `json:"payload,omitempty"`
	}{ID: e.ID}
	if e.AcceptsPayload {
		ack.Payload = body
	}
	frame, err = json.Marshal(ack)
	if err != nil || len(frame) < maxFrame {
		return frame, false, err
	}
	ack.Payload = nil
	var was struct {
		Action string `json:"response_action"`
	}
	if json.Unmarshal(body, &was) == nil && was.Action != "" {
		ack.Payload = json.RawMessage(tooLongView)
	}
	frame, err = json.Marshal(ack)
	return frame, true, err
}

// tooLongView stands in the place of a modal that does not fit.
const tooLongView = `{"response_action":"update","view":{"type":"modal","title":{"type":"plain_text","text":"Too long for Slack"},` +
	`"blocks":[{"type":"section","text":{"type":"plain_text","text":"It was taken. What comes next is too long to be shown here; muster show has all of it."}}]}}`
