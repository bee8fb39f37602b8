package fakeslack

import (
	"fmt"
	"net/http"
	"time"
)

// How long what comes with an interaction lives, and how often it may be used
// (https://docs.slack.dev/interactivity/handling-user-interaction).
const (
	triggerLife = 3 * time.Second
	hookLife    = 30 * time.Minute
	hookUses    = 5
)

// trigger is the right to open one modal.
type trigger struct {
	user   string
	issued time.Time
	used   bool
}

// hook is a response URL.
type hook struct {
	room, user string
	message    string // the message that was clicked; empty for a command
	issued     time.Time
	uses       int
}

// Response is what the app posted to a response URL.
type Response struct {
	At        time.Time
	Room      string // id
	User      string // id of the person who clicked or typed
	MessageTS string // the message that was clicked; empty for a command
	Text      string
	InChannel bool // everybody sees it, not the person alone
	Replace   bool // it replaced the message that was clicked
	Delete    bool // it deleted the message that was clicked
}

// Responses returns what was posted to response URLs, oldest first.
func (s *Server) Responses() []Response {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Response(nil), s.responses...)
}

// newTrigger and newHook issue what an interaction carries. The caller holds
// the lock.
func (s *Server) newTrigger(userID string) string {
	s.counter++
	id := fmt.Sprintf("%d.%d.%016x", s.now().UnixMilli(), s.counter, s.counter)
	s.triggers[id] = &trigger{user: userID, issued: s.now()}
	return id
}

func (s *Server) newHook(roomID, userID, messageTS string) string {
	id := s.newID("H")
	s.hooks[id] = &hook{room: roomID, user: userID, message: messageTS, issued: s.now()}
	return s.base() + "/response/" + id
}

// exchange uses up a trigger.
func (s *Server) exchange(id string) (*trigger, error) {
	t := s.triggers[id]
	switch {
	case t == nil:
		return nil, refuse("invalid_trigger_id")
	case t.used:
		return nil, refuse("exchanged_trigger_id")
	case s.now().Sub(t.issued) > triggerLife:
		return nil, refuse("expired_trigger_id")
	}
	t.used = true
	return t, nil
}

// serveResponse takes what an app posts to a response URL.
func (s *Server) serveResponse(w http.ResponseWriter, r *http.Request, id string) {
	args, err := readJSON(r.Body)
	call := Request{Method: "response_url", Args: flat(args)}
	s.serve(w, r, call, func() (body, error) {
		if err != nil {
			return nil, err
		}
		h := s.hooks[id]
		switch {
		case h == nil || s.now().Sub(h.issued) > hookLife:
			return nil, &refusal{code: "expired_url", status: http.StatusNotFound}
		case h.uses == hookUses:
			return nil, &refusal{code: "used_url", status: http.StatusNotFound}
		}
		h.uses++
		return nil, s.respond(h, args)
	})
}

// respond carries out what was posted to a response URL.
func (s *Server) respond(h *hook, args arguments) error {
	said := Response{
		At: s.now(), Room: h.room, User: h.user, MessageTS: h.message, Text: args.text("text"),
		InChannel: args.text("response_type") == "in_channel",
		Replace:   args.truth("replace_original"), Delete: args.truth("delete_original"),
	}
	r := s.room(h.room)
	clicked := r.message(h.message)
	if said.Delete && clicked != nil {
		r.remove(clicked)
		s.responses = append(s.responses, said)
		return nil
	}
	d, err := content(args)
	if err != nil {
		return err
	}
	s.responses = append(s.responses, said)
	switch {
	case said.Replace && clicked != nil:
		s.edit(r, clicked, s.seal(d), args)
	case said.InChannel:
		s.post(r, s.seal(d))
	default:
		s.happened(Event{Kind: Answered, Room: h.room, User: h.user, TS: h.message, Text: said.Text})
	}
	return nil
}

// Trigger is the right of a user to see one modal, as an interaction brings it.
func (s *Server) Trigger(userID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newTrigger(userID)
}
