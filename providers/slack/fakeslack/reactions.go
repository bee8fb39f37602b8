package fakeslack

import (
	"context"
	"fmt"
	"slices"
)

// Reaction is an emoji that people have put on a message.
type Reaction struct {
	Name  string   // "pushpin"
	Users []string // user ids, in the order in which they reacted
}

// ReactRequest is a person's press of an emoji under a message.
type ReactRequest struct {
	User      string // user id
	Room      string // room id
	MessageTS string
	Emoji     string // without colons
	ID        string // of the event; made up when empty
}

// React puts a person's emoji on a message and tells the app of it, at its address or OverSocket. An empty address tells
// nobody: the app hears of it late, or never. An error means that there is no such message, that they have reacted so
// already, or that the app gave no answer in time.
func (s *Server) React(ctx context.Context, appURL string, c ReactRequest) (Reply, error) {
	return s.reacts(ctx, appURL, "reaction_added", c)
}

// Unreact takes it off again, and tells the app in the same way.
func (s *Server) Unreact(ctx context.Context, appURL string, c ReactRequest) (Reply, error) {
	return s.reacts(ctx, appURL, "reaction_removed", c)
}

// ReactionEvent is the event of a reaction, to be sent with Event as often and as late as a test wants.
func (s *Server) ReactionEvent(kind string, c ReactRequest) map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	inner := body{
		"type": kind, "user": c.User, "reaction": c.Emoji, "event_ts": s.newTS(),
		"item": body{"type": "message", "channel": c.Room, "ts": c.MessageTS},
	}
	if r := s.room(c.Room); r != nil && r.message(c.MessageTS) != nil {
		inner["item_user"] = r.message(c.MessageTS).User
	}
	return inner
}

func (s *Server) reacts(ctx context.Context, appURL, kind string, c ReactRequest) (Reply, error) {
	if err := s.react(kind == "reaction_added", c); err != nil {
		return Reply{}, fmt.Errorf("%s %s: %w", kind, c.Emoji, err)
	}
	s.events.drain()
	if appURL == "" {
		return Reply{}, nil
	}
	if c.ID == "" {
		s.mu.Lock()
		c.ID = s.newID("Ev")
		s.mu.Unlock()
	}
	return s.Event(ctx, appURL, c.ID, s.ReactionEvent(kind, c))
}

// react changes who has reacted.
func (s *Server) react(add bool, c ReactRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(c.Room)
	if r == nil || s.user(c.User) == nil || r.message(c.MessageTS) == nil {
		return fmt.Errorf("no message %q in room %q, or no user %q", c.MessageTS, c.Room, c.User)
	}
	m := r.message(c.MessageTS)
	n := slices.IndexFunc(m.Reactions, func(x Reaction) bool { return x.Name == c.Emoji })
	has := n >= 0 && slices.Contains(m.Reactions[n].Users, c.User)
	if has == add {
		return fmt.Errorf("%s has that reaction already, or has it not", c.User)
	}
	if !add {
		m.Reactions = slices.Clone(m.Reactions) // copies were given out
		m.Reactions[n].Users = slices.DeleteFunc(slices.Clone(m.Reactions[n].Users), func(u string) bool { return u == c.User })
		if len(m.Reactions[n].Users) == 0 {
			m.Reactions = slices.Delete(m.Reactions, n, n+1)
		}
		return nil
	}
	m.Reactions = slices.Clone(m.Reactions)
	if n < 0 {
		m.Reactions = append(m.Reactions, Reaction{Name: c.Emoji})
		n = len(m.Reactions) - 1
	}
	m.Reactions[n].Users = append(slices.Clone(m.Reactions[n].Users), c.User)
	s.happened(Event{Kind: Reacted, Room: r.ID, User: c.User, TS: m.TS, Text: c.Emoji})
	return nil
}

// fewReactors is how many people Slack names of a reaction when it is not asked for all of them.
const fewReactors = 3

// reactionsGet shows a message with its reactions; thread replies too.
func (s *Server) reactionsGet(args arguments) (body, error) {
	ts := args.text("timestamp")
	if args.text("channel") == "" || ts == "" {
		return nil, refuse("no_item_specified")
	}
	r, err := s.visible(args)
	if err != nil {
		return nil, err
	}
	m := r.message(ts)
	switch {
	case !timestamp(ts):
		return nil, refuse("bad_timestamp")
	case m == nil:
		return nil, refuse("message_not_found")
	}
	shown := m.wire(false)
	var reactions []body
	for _, x := range m.Reactions {
		users := x.Users
		if !args.truth("full") {
			users = users[:min(len(users), fewReactors)]
		}
		reactions = append(reactions, body{"name": x.Name, "users": users, "count": len(x.Users)})
	}
	if reactions != nil {
		shown["reactions"] = reactions
	}
	return body{"type": "message", "channel": r.ID, "message": shown}, nil
}

// Put posts a message as another app does, or with what people cannot type: files, attachments, blocks. Its place in
// time is now.
func (s *Server) Put(roomID string, m Message) (Message, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(roomID)
	if r == nil {
		return Message{}, fmt.Errorf("put into room %q: no such room", roomID)
	}
	return *s.post(r, m), nil
}

// extras are the parts of a message that only some have.
func (m *Message) extras(out body) {
	if m.Username != "" {
		out["subtype"], out["username"] = "bot_message", m.Username
		delete(out, "bot_profile")
	}
	var files, attachments []body
	for _, name := range m.Files {
		files = append(files, body{"id": "F" + name, "name": name, "title": name, "mode": "hosted"})
	}
	for _, text := range m.Attachments {
		attachments = append(attachments, body{"id": len(attachments) + 1, "fallback": text})
	}
	if files != nil {
		out["files"], out["upload"] = files, false
	}
	if attachments != nil {
		out["attachments"] = attachments
	}
}
