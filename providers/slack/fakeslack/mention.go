package fakeslack

import (
	"context"
	"fmt"
	"strings"
)

// MentionRequest is what a person says to the app in a room.
type MentionRequest struct {
	User   string // user id
	Room   string // room id; the app must be in it, or Slack does not tell it
	Thread string // the message that it answers; empty for a message of the room
	// Text is what was said, in Slack's markup; @musterbook in it becomes the mention.
	Text string
}

// Mention says something that mentions the app, and tells the app of it, at its
// address or OverSocket. Resending the reply's Sent is the same event again.
func (s *Server) Mention(ctx context.Context, appURL string, c MentionRequest) (Message, Reply, error) {
	inner, m, err := s.mentioned(c)
	s.events.drain()
	if err != nil {
		return m, Reply{}, fmt.Errorf("mention the app: %w", err)
	}
	s.mu.Lock()
	id := s.newID("Ev")
	s.mu.Unlock()
	reply, err := s.Event(ctx, appURL, id, inner)
	return m, reply, err
}

// mentioned says the words and makes the event
// (https://docs.slack.dev/reference/events/app_mention).
func (s *Server) mentioned(c MentionRequest) (body, Message, error) {
	text := strings.ReplaceAll(c.Text, "@"+botName, "<@"+BotUser+">")
	s.mu.Lock()
	defer s.mu.Unlock()
	if r := s.room(c.Room); r != nil && !r.member(BotUser) {
		return nil, Message{}, fmt.Errorf("the app is not in %s", r.Name)
	}
	m, err := s.say(c.Room, c.User, text, c.Thread)
	if err != nil {
		return nil, m, err
	}
	inner := body{"type": "app_mention", "user": m.User, "text": m.Text, "ts": m.TS, "event_ts": m.TS, "channel": c.Room, "team": TeamID}
	if m.ThreadTS != "" {
		inner["thread_ts"] = m.ThreadTS
	}
	return inner, m, nil
}

// seen is a message as a person sees it: also those that they alone see.
func (r *room) seen(ts, user string) *Message {
	for _, m := range r.messages {
		if m.TS == ts && (!m.Ephemeral || m.To == user) {
			return m
		}
	}
	return nil
}
