package faketwilio

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode/utf8"
)

// MessageStatus is the state of a message
// (https://www.twilio.com/docs/messaging/api/message-resource#message-status-values).
type MessageStatus string

// The states of a message.
const (
	SMSQueued      MessageStatus = "queued"
	SMSSent        MessageStatus = "sent"
	SMSDelivered   MessageStatus = "delivered"
	SMSUndelivered MessageStatus = "undelivered"
	SMSFailed      MessageStatus = "failed"
	SMSReceived    MessageStatus = "received"
)

// The directions of a message.
const (
	outboundAPI   = "outbound-api"
	outboundReply = "outbound-reply"
	inbound       = "inbound"
)

// Message is a message as it stands at one moment.
type Message struct {
	SID, From, To, Body string
	Status              MessageStatus
	// Direction is inbound, outbound-api or outbound-reply.
	Direction string
	ErrorCode int
	// Created, Sent and Updated; zero means not yet.
	Created, Sent, Updated time.Time
	// Form is the request that created it; nil for replies.
	Form url.Values
}

type message struct{ Message }

// longestBody is the limit of Body in characters.
const longestBody = 1600

func (s *Server) createMessage(r *http.Request) reply {
	form := r.PostForm
	if refused := s.checkMessage(form); refused != nil {
		return *refused
	}
	m := s.addMessage(Message{
		From: form.Get("From"), To: form.Get("To"), Body: form.Get("Body"), Direction: outboundAPI, Form: form,
	})
	return jsonReply(http.StatusCreated, s.messageResource(m))
}

func (s *Server) checkMessage(form url.Values) *reply {
	to, from, body := form.Get("To"), form.Get("From"), form.Get("Body")
	switch {
	case to == "":
		return badRequest(21604, "A 'To' phone number is required.")
	case from == "":
		return badRequest(21603, "A 'From' phone number is required.")
	case !e164.MatchString(to) || to == from:
		return badRequest(21211, "Invalid 'To' Phone Number: %s", to)
	case !e164.MatchString(from):
		return badRequest(21212, "Invalid From Number (caller ID): %s", from)
	case !s.owns(from, canText):
		return badRequest(21606, "The 'From' phone number %s is not a valid, SMS-capable number for your account.", from)
	case body == "":
		return badRequest(21602, "Message body is required.")
	case utf8.RuneCountInString(body) > longestBody:
		return badRequest(21617, "The concatenated message body exceeds the %d character limit.", longestBody)
	case form.Get("StatusCallback") != "" && !s.checkURL(form.Get("StatusCallback")):
		return badRequest(21609, "The 'StatusCallback' URL %s is not a valid URL.", form.Get("StatusCallback"))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.optedOut[to+" "+from] {
		return badRequest(21610, "Attempt to send to unsubscribed recipient")
	}
	return nil
}

// addMessage accepts an outgoing message and sets it on its way.
func (s *Server) addMessage(m Message) Message {
	m.SID, m.Status = newSID("SM"), SMSQueued
	s.mu.Lock()
	m.Created, m.Updated = s.now(), s.now()
	b := s.phones[m.To]
	stored := &message{m}
	s.messages = append(s.messages, stored)
	s.announce(Event{Kind: MessageQueued, Message: m, Text: m.Body})
	s.mu.Unlock()
	s.start(func() { s.carry(stored, b) })
	return m
}

// carry is the way of one message.
func (s *Server) carry(m *message, b Behaviour) {
	code := b.ErrorCode
	if code == 0 {
		code = 30005
	}
	var late []statusEvent
	step := func(status MessageStatus, kind EventKind, code int) bool {
		if !s.sleep(s.ctx, b.SMSAfter) {
			return false
		}
		e := s.progress(m, status, kind, code)
		switch {
		case m.Form.Get("StatusCallback") == "":
		case s.travels(e.event).late:
			late = append(late, e)
		default:
			s.postStatus(webhook{url: m.Form.Get("StatusCallback")}, e)
		}
		return true
	}
	switch {
	case b.SMS == Unsendable:
		step(SMSFailed, MessageFailed, code)
	case !step(SMSSent, MessageSent, 0):
	case b.SMS == Undelivered:
		step(SMSUndelivered, MessageFailed, code)
	case step(SMSDelivered, MessageDelivered, 0) && b.OnMessage != nil:
		s.mu.Lock()
		shot := m.Message
		s.mu.Unlock()
		s.start(func() { b.OnMessage(s.ctx, shot) })
	}
	for _, e := range late {
		s.postStatus(webhook{url: m.Form.Get("StatusCallback")}, e)
	}
}

func (s *Server) progress(m *message, status MessageStatus, kind EventKind, code int) statusEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.Status, m.Updated, m.ErrorCode = status, s.now(), code
	if status == SMSSent {
		m.Sent = m.Updated
	}
	s.announce(Event{Kind: kind, Message: m.Message, Text: m.Body})
	params := url.Values{
		"MessageSid":    {m.SID},
		"SmsSid":        {m.SID},
		"MessageStatus": {string(status)},
		"SmsStatus":     {string(status)},
		"AccountSid":    {s.opts.AccountSID},
		"From":          {m.From},
		"To":            {m.To},
		"ApiVersion":    {apiVersion},
	}
	if code != 0 {
		params.Set("ErrorCode", fmt.Sprint(code))
	}
	return statusEvent{event: string(status), params: params}
}

func (s *Server) fetchMessage(r *http.Request) reply {
	sid := pathSID(r)
	for _, m := range s.Messages() {
		if m.SID == sid {
			return jsonReply(http.StatusOK, s.messageResource(m))
		}
	}
	return notFound(r)
}

// Incoming is a message that a person sends to one of the account's numbers.
type Incoming struct {
	From, To, Body string
	// URL is the webhook; "" means the one given to Number.
	URL string
	// Token is the idempotency token; "" means a new one. A redelivery repeats
	// the token and the SID of the first delivery.
	Token, SID string
}

// Reply sends a message from a telephone to the number that last wrote to it,
// and returns what the webhook answered (the texts of its Message verbs).
func (s *Server) Reply(ctx context.Context, from, body string) ([]string, error) {
	var to string
	for _, m := range s.Messages() {
		if m.To == from && m.Direction != inbound {
			to = m.From
		}
	}
	if to == "" {
		return nil, fmt.Errorf("reply from %s: nobody has written to it", from)
	}
	return s.Receive(ctx, Incoming{From: from, To: to, Body: body})
}

// Receive delivers an incoming message to its webhook. STOP and START are
// honoured as carriers demand. Each Message verb of the answer becomes an
// outgoing message, and its text is returned. A number that was declared
// without a webhook keeps the message, and whoever lists messages finds it.
func (s *Server) Receive(ctx context.Context, in Incoming) ([]string, error) {
	if in.SID == "" {
		in.SID = newSID("SM")
	}
	s.mu.Lock()
	declared, ours := s.numbers[in.To]
	if in.URL == "" {
		in.URL = declared.MessageURL
	}
	switch strings.ToUpper(strings.TrimSpace(in.Body)) {
	case "STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT":
		s.optedOut[in.From+" "+in.To] = true
	case "START", "YES", "UNSTOP":
		delete(s.optedOut, in.From+" "+in.To)
	}
	now := s.now()
	m := Message{
		SID: in.SID, From: in.From, To: in.To, Body: in.Body, Status: SMSReceived, Direction: inbound,
		Created: now, Sent: now, Updated: now,
	}
	s.messages = append(s.messages, &message{m})
	s.announce(Event{Kind: MessageReceived, Message: m, Text: in.Body})
	s.mu.Unlock()
	if in.URL == "" && ours {
		return nil, nil
	}
	if in.URL == "" {
		return nil, fmt.Errorf("message to %s: no webhook is set for this number", in.To)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	got, err := s.post(webhook{url: in.URL, params: s.incomingParams(in), token: in.Token})
	if err != nil {
		return nil, err
	}
	return s.sendReplies(in, got.body)
}

func (s *Server) incomingParams(in Incoming) url.Values {
	return url.Values{
		"MessageSid":    {in.SID},
		"SmsMessageSid": {in.SID},
		"SmsSid":        {in.SID},
		"SmsStatus":     {string(SMSReceived)},
		"AccountSid":    {s.opts.AccountSID},
		"From":          {in.From},
		"To":            {in.To},
		"Body":          {in.Body},
		"NumMedia":      {"0"},
		"NumSegments":   {fmt.Sprint(Segments(in.Body))},
		"ApiVersion":    {apiVersion},
	}
}

func (s *Server) sendReplies(in Incoming, body []byte) ([]string, error) {
	verbs, err := parseTwiML(body)
	if err != nil {
		s.problem(nil, err.Error())
		return nil, err
	}
	var texts []string
	for _, v := range verbs {
		if v.XMLName.Local != "Message" {
			err := errors.New("12200: schema validation warning: " + v.XMLName.Local + " in the answer to a message")
			s.problem(nil, err.Error())
			return texts, err
		}
		text := v.words()
		texts = append(texts, text)
		s.addMessage(Message{From: in.To, To: in.From, Body: text, Direction: outboundReply})
	}
	return texts, nil
}
