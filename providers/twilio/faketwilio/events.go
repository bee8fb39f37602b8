package faketwilio

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"
)

// EventKind says what happened.
type EventKind string

// What an Event tells. Texts: the words of CallHeard, the keys of CallPressed,
// the body of a message, the reason of a failed webhook.
const (
	CallQueued       EventKind = "call queued"
	CallInitiated    EventKind = "call initiated"
	CallRinging      EventKind = "call ringing"
	CallAnswered     EventKind = "call answered"
	CallHeard        EventKind = "call heard"
	CallPressed      EventKind = "call pressed"
	CallSilent       EventKind = "call silent" // A Gather passed without a key.
	CallEnded        EventKind = "call ended"
	MessageQueued    EventKind = "message queued"
	MessageSent      EventKind = "message sent"
	MessageDelivered EventKind = "message delivered"
	MessageFailed    EventKind = "message failed" // Or undelivered.
	MessageReceived  EventKind = "message received"
	WebhookFailed    EventKind = "webhook failed"
)

// Event is one thing that happened, with the state just after it. Call or
// Message is zero when the event is not about one.
type Event struct {
	At      time.Time
	Kind    EventKind
	Call    Call
	Message Message
	Text    string
}

// eventQueue hands events to one listener in order, without ever making the
// server wait for it.
type eventQueue struct {
	listener func(Event)
	mu       sync.Mutex
	waiting  []Event
	wake     chan struct{}
	done     chan struct{}
	closed   bool
}

func newEventQueue(listener func(Event)) *eventQueue {
	q := &eventQueue{listener: listener, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if listener == nil {
		close(q.done)
		return q
	}
	go q.run()
	return q
}

func (q *eventQueue) add(e Event) {
	if q.listener == nil {
		return
	}
	q.mu.Lock()
	q.waiting = append(q.waiting, e)
	q.mu.Unlock()
	q.nudge()
}

func (q *eventQueue) nudge() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *eventQueue) run() {
	defer close(q.done)
	for range q.wake {
		for {
			q.mu.Lock()
			batch, closed := q.waiting, q.closed
			q.waiting = nil
			q.mu.Unlock()
			for _, e := range batch {
				q.listener(e)
			}
			if len(batch) > 0 {
				continue
			}
			if closed {
				return
			}
			break
		}
	}
}

// close delivers what is waiting and ends the goroutine.
func (q *eventQueue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.nudge()
	<-q.done
}

// Calls is every call so far, oldest first.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := make([]Call, len(s.calls))
	for i, c := range s.calls {
		calls[i] = c.snapshot()
	}
	return calls
}

// Messages is every message so far in both directions, oldest first.
func (s *Server) Messages() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	messages := make([]Message, len(s.messages))
	for i, m := range s.messages {
		messages[i] = m.Message
	}
	return messages
}

// WaitCall waits until some call satisfies match, oldest first, and returns
// it. The error names the calls that were there when ctx ended.
func (s *Server) WaitCall(ctx context.Context, match func(Call) bool) (Call, error) {
	found, err := wait(ctx, s, s.Calls, match)
	if err != nil {
		var seen []string
		for _, c := range s.Calls() {
			seen = append(seen, fmt.Sprintf("%s %s heard %q", c.To, c.Status, c.Heard))
		}
		return found, fmt.Errorf("wait for a call: %w; calls: [%s]", err, strings.Join(seen, "; "))
	}
	return found, nil
}

// WaitMessage waits until some message satisfies match, oldest first.
func (s *Server) WaitMessage(ctx context.Context, match func(Message) bool) (Message, error) {
	found, err := wait(ctx, s, s.Messages, match)
	if err != nil {
		var seen []string
		for _, m := range s.Messages() {
			seen = append(seen, fmt.Sprintf("%s %s %q", m.To, m.Status, m.Body))
		}
		return found, fmt.Errorf("wait for a message: %w; messages: [%s]", err, strings.Join(seen, "; "))
	}
	return found, nil
}

func wait[T any](ctx context.Context, s *Server, list func() []T, match func(T) bool) (T, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		for _, item := range list() {
			if match(item) {
				return item, nil
			}
		}
		select {
		case <-changed:
		case <-ctx.Done():
			var none T
			return none, ctx.Err()
		}
	}
}
