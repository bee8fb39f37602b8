package fakeslack

import (
	"sync"
	"time"
)

// EventKind names a change that people in the workspace would see.
type EventKind string

// The changes.
const (
	RoomCreated     EventKind = "room_created"
	RoomArchived    EventKind = "room_archived"
	TopicSet        EventKind = "topic_set"
	PurposeSet      EventKind = "purpose_set"
	Joined          EventKind = "joined"
	MessagePosted   EventKind = "message_posted"
	MessageUpdated  EventKind = "message_updated"
	EphemeralPosted EventKind = "ephemeral_posted"
	Pinned          EventKind = "pinned"
	Bookmarked      EventKind = "bookmarked"
	Reacted         EventKind = "reacted"
	ViewOpened      EventKind = "view_opened"
	ViewUpdated     EventKind = "view_updated"
	HomePublished   EventKind = "home_published"
	// Answered is the app's answer to a click or a command, seen by one person.
	Answered EventKind = "answered"
)

// Event is one change. Fields that do not apply are empty.
type Event struct {
	At       time.Time
	Kind     EventKind
	Room     string // id
	RoomName string
	User     string // id of who acted, joined or was answered
	UserName string
	TS       string // the message's id
	Text     string // message, topic, purpose, bookmark or answer
}

// feed hands events to one listener in the order in which they happened.
//
// Events are queued under the server's lock and delivered outside it. Whoever
// drains first delivers for all, so the listener never runs twice at once and
// may itself call the server or act on it.
type feed struct {
	deliver func(Event)

	mu         sync.Mutex
	queue      []Event
	delivering bool
}

func (f *feed) add(e Event) {
	if f.deliver == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queue = append(f.queue, e)
}

func (f *feed) drain() {
	for {
		e, ok := f.next()
		if !ok {
			return
		}
		f.deliver(e)
		f.done()
	}
}

// next takes the oldest event unless one is being delivered.
func (f *feed) next() (Event, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.delivering || len(f.queue) == 0 {
		return Event{}, false
	}
	e := f.queue[0]
	f.queue = f.queue[1:]
	f.delivering = true
	return e, true
}

func (f *feed) done() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.delivering = false
}

// happened queues an event. The caller holds the server's lock.
func (s *Server) happened(e Event) {
	e.At = s.now()
	if r := s.room(e.Room); r != nil {
		e.RoomName = r.Name
	}
	if u := s.user(e.User); u != nil {
		e.UserName = u.Name
	}
	s.events.add(e)
}
