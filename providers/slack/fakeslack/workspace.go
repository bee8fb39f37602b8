package fakeslack

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// User is a person or the app's bot.
type User struct {
	ID         string // made up when empty
	Name       string // handle, such as "ana"
	RealName   string
	Email      string
	TZ         string // IANA zone; empty means Etc/UTC
	Bot        bool
	Deleted    bool // deactivated: not found by e-mail, cannot be invited
	Restricted bool // a guest who may not enter further rooms
	Status     Status
}

// Room is a copy of a room's state.
type Room struct {
	ID       string // made up when empty
	Name     string // empty for direct messages
	Creator  string // user id
	Created  time.Time
	Private  bool
	Direct   bool
	Archived bool
	// Restricted says that administrators choose who posts there; the app may not.
	Restricted bool
	Topic      string
	Purpose    string
	Members    []string // user ids, in the order in which they joined
	Pins       []string // message timestamps
	Bookmarks  []Bookmark
}

// Bookmark is a link at the top of a room.
type Bookmark struct {
	ID, Title, Link, Emoji string
}

// Message is a copy of a message that an app or a person posted.
type Message struct {
	TS        string // identifies the message in its room
	ThreadTS  string // the parent's TS for a reply; empty for a message of the room
	Broadcast bool   // a reply that is also shown in the room
	User      string // author's user id
	BotID     string // set when an app posted it
	Text      string // fallback text, with Slack's escapes
	Blocks    json.RawMessage
	Metadata  *Metadata
	Edits     []Edit // what stood here before, oldest first
	At        time.Time
	Ephemeral bool   // seen by To alone
	To        string // user id of the one who sees an ephemeral message
	Reactions []Reaction
	Files     []string // their names
	Username  string   // of a bot_message of another app, which has no user
	// Attachments are the fallback texts of what is attached.
	Attachments []string
	notice      string // subtype of the workspace's own notices; such messages are not shown by Messages
}

// Edit is what a message said before it was updated.
type Edit struct {
	At     time.Time // when it was replaced
	Text   string
	Blocks json.RawMessage
}

// Metadata is data for programs on a message.
type Metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
}

// room is a room and its messages, oldest first.
type room struct {
	Room
	messages []*Message
}

// AddUser adds a person and returns them with their id. A person with a known
// id is replaced.
func (s *Server) AddUser(u User) User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if u.ID == "" {
		u.ID = s.newID("U")
	}
	if u.TZ == "" {
		u.TZ = "Etc/UTC"
	}
	if known := s.user(u.ID); known != nil {
		*known = u
		return u
	}
	s.users = append(s.users, &u)
	return u
}

// AddRoom adds a room that the app did not create and returns it with its id.
// Without a creator a stranger made it.
func (s *Server) AddRoom(add Room) Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	if add.ID == "" {
		add.ID = s.newID("C")
	}
	if add.Creator == "" {
		add.Creator = stranger
	}
	if add.Created.IsZero() {
		add.Created = s.now()
	}
	if len(add.Members) == 0 {
		add.Members = []string{add.Creator}
	}
	r := &room{Room: add}
	s.rooms = append(s.rooms, r)
	return r.copy()
}

// Say posts a person's message. threadTS is empty for a message of the room.
func (s *Server) Say(roomID, userID, text, threadTS string) (Message, error) {
	s.mu.Lock()
	m, err := s.say(roomID, userID, text, threadTS)
	s.mu.Unlock()
	s.events.drain()
	return m, err
}

func (s *Server) say(roomID, userID, text, threadTS string) (Message, error) {
	r := s.room(roomID)
	if r == nil {
		return Message{}, fmt.Errorf("say in room %q: no such room", roomID)
	}
	if s.user(userID) == nil {
		return Message{}, fmt.Errorf("say as user %q: no such user; add them with AddUser", userID)
	}
	m := s.post(r, Message{User: userID, Text: text, ThreadTS: threadTS})
	return *m, nil
}

// Delete removes a message, as an administrator may, and tells whether it was there.
func (s *Server) Delete(roomID, ts string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(roomID)
	if r == nil {
		return false
	}
	m := r.message(ts)
	if m == nil {
		return false
	}
	r.remove(m)
	return true
}

// Rooms returns all rooms, in the order of their creation.
func (s *Server) Rooms() []Room {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Room, 0, len(s.rooms))
	for _, r := range s.rooms {
		out = append(out, r.copy())
	}
	return out
}

// RoomByName returns the room of that name.
func (s *Server) RoomByName(name string) (Room, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.roomNamed(name)
	if r == nil {
		return Room{}, false
	}
	return r.copy(), true
}

// RoomByID returns the room of that id.
func (s *Server) RoomByID(id string) (Room, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(id)
	if r == nil {
		return Room{}, false
	}
	return r.copy(), true
}

// Users returns everybody, the bot included.
func (s *Server) Users() []User {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]User, 0, len(s.users))
	for _, u := range s.users {
		out = append(out, *u)
	}
	return out
}

// Messages returns what apps and people posted in the room, thread replies
// included, oldest first. The workspace's own notices (joined, topic set) are
// left out; conversations.history has them.
func (s *Server) Messages(roomID string) []Message {
	return s.messages(roomID, func(m *Message) bool { return m.notice == "" && !m.Ephemeral })
}

// Ephemerals returns the messages that only one person saw, oldest first.
func (s *Server) Ephemerals(roomID string) []Message {
	return s.messages(roomID, func(m *Message) bool { return m.Ephemeral })
}

func (s *Server) messages(roomID string, keep func(*Message) bool) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.room(roomID)
	if r == nil {
		return nil
	}
	var out []Message
	for _, m := range r.messages {
		if !keep(m) {
			continue
		}
		c := *m
		c.Edits = slices.Clone(m.Edits)
		out = append(out, c)
	}
	return out
}

func (r *room) copy() Room {
	c := r.Room
	c.Members = slices.Clone(r.Members)
	c.Pins = slices.Clone(r.Pins)
	c.Bookmarks = slices.Clone(r.Bookmarks)
	return c
}

func (r *room) member(userID string) bool { return slices.Contains(r.Members, userID) }

func (r *room) message(ts string) *Message {
	for _, m := range r.messages {
		if m.TS == ts && !m.Ephemeral {
			return m
		}
	}
	return nil
}

// remove takes a message and its pin away.
func (r *room) remove(m *Message) {
	for i, other := range r.messages {
		if other == m {
			r.messages = append(r.messages[:i:i], r.messages[i+1:]...)
			r.Pins = slices.DeleteFunc(r.Pins, func(ts string) bool { return ts == m.TS })
			return
		}
	}
}

// The following look up or change state; the caller holds the lock.

func (s *Server) user(id string) *User {
	for _, u := range s.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (s *Server) room(id string) *room {
	for _, r := range s.rooms {
		if r.ID == id {
			return r
		}
	}
	return nil
}

func (s *Server) roomNamed(name string) *room {
	for _, r := range s.rooms {
		if r.Name == name && !r.Direct {
			return r
		}
	}
	return nil
}

// newID makes an id of Slack's shape. It counts, so that a run repeats itself.
func (s *Server) newID(prefix string) string {
	s.counter++
	n := strings.ToUpper(strconv.FormatInt(int64(s.counter), 36))
	return fmt.Sprintf("%s%010s", prefix, n)
}

// newTS makes a message id from the clock, always later than the one before.
func (s *Server) newTS() string {
	micro := max(s.now().UnixMicro(), s.lastMicro+1)
	s.lastMicro = micro
	return fmt.Sprintf("%d.%06d", micro/1e6, micro%1e6)
}

// post appends a message to a room and tells of it.
func (s *Server) post(r *room, m Message) *Message {
	m.TS = s.newTS()
	m.At = s.now()
	r.messages = append(r.messages, &m)
	kind := MessagePosted
	if m.Ephemeral {
		kind = EphemeralPosted
	}
	if m.notice == "" {
		s.happened(Event{Kind: kind, Room: r.ID, User: m.User, TS: m.TS, Text: m.Text})
	}
	return &m
}

// note appends one of the workspace's own notices, which take their place in
// the room's history as in the real one.
func (s *Server) note(r *room, userID, subtype, text string) *Message {
	return s.post(r, Message{User: userID, Text: text, notice: subtype})
}

// join makes the user a member.
func (s *Server) join(r *room, userID string) {
	r.Members = append(r.Members, userID)
	if !r.Direct {
		s.note(r, userID, "channel_join", fmt.Sprintf("<@%s> has joined the channel", userID))
	}
	s.happened(Event{Kind: Joined, Room: r.ID, User: userID})
}
