package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
)

// event is one thing that happened in the workspace
// (https://docs.slack.dev/apis/events-api).
type event struct {
	ID   string          // stays the same when Slack sends it again
	Type string          // "app_home_opened"
	raw  json.RawMessage // the inner event: {"type", "user", …}
}

// outerEvent is the envelope of an event over HTTP, and the payload of one over
// the socket.
type outerEvent struct {
	Type      string          `json:"type"`
	Challenge string          `json:"challenge"`
	EventID   string          `json:"event_id"`
	Event     json.RawMessage `json:"event"`
}

// readEvent reads an event's envelope. A challenge is what Slack wants back
// when an address is entered; there is no event then.
func readEvent(payload []byte) (e event, challenge string, err error) {
	var outer outerEvent
	if err := json.Unmarshal(payload, &outer); err != nil {
		return event{}, "", fmt.Errorf("read the event: %w", err)
	}
	switch outer.Type {
	case "url_verification":
		if outer.Challenge == "" {
			return event{}, "", errors.New("the event lacks challenge")
		}
		return event{}, outer.Challenge, nil
	case "event_callback":
	default: // app_rate_limited, and what may come
		return event{}, "", nil
	}
	var inner struct {
		Type string `json:"type"`
	}
	if err := json.Unmarshal(outer.Event, &inner); err != nil {
		return event{}, "", fmt.Errorf("read the inner event: %w", err)
	}
	if outer.EventID == "" || inner.Type == "" {
		return event{}, "", errors.New("the event lacks event_id or event.type")
	}
	return event{ID: actID(outer.EventID), Type: inner.Type, raw: outer.Event}, "", nil
}

// notice handles an event. One that this process took lately is acknowledged
// and not handled again; one that reaches another process is recognised by its
// ID behind the taker. An event whose taker failed is sent again by Slack.
func (d *Desk) notice(ctx context.Context, payload []byte) (answer, error) {
	e, challenge, err := readEvent(payload)
	if err != nil {
		return answer{}, err
	}
	if challenge != "" {
		raw, err := json.Marshal(map[string]string{"challenge": challenge})
		return answer{body: raw}, err
	}
	take := d.routes.events[e.Type]
	if take == nil || !d.seen.add(e.ID) {
		return answer{}, nil
	}
	ctx, cancel := deadline(ctx)
	defer cancel()
	handled := false
	defer func() {
		if !handled { // also after a fault in the taker
			d.seen.remove(e.ID)
		}
	}()
	a, err := take(ctx, e)
	if err != nil {
		return answer{}, unhandled{fmt.Errorf("handle the event %s: %w", e.Type, err)}
	}
	handled, a.once = true, true
	return a, nil
}

// remembered is how many ids a process keeps. Slack repeats an event for at most
// an hour, and sends at most 30,000 an hour; ours are far fewer.
const remembered = 4096

// recent is a bounded memory of ids, the latest ones. The zero value is empty.
type recent struct {
	mu    sync.Mutex
	known map[string]bool
	order []string // oldest first
}

// add tells whether the id is new, and remembers it.
func (r *recent) add(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known[id] {
		return false
	}
	if r.known == nil {
		r.known = map[string]bool{}
	}
	r.known[id] = true
	r.order = append(r.order, id)
	if len(r.order) > remembered {
		delete(r.known, r.order[0])
		r.order = r.order[1:]
	}
	return true
}

// remove forgets an id that came to nothing. Its place in the order stays and
// is given up in its turn.
func (r *recent) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, id)
}
