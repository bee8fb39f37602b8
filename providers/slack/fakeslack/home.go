package fakeslack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// HomeClick is a person's press of a button in their home of the app.
type HomeClick struct {
	User  string
	Text  string // what stands on the button
	After string // a text that stands above the button; empty means anywhere
}

// Home is what a person sees in the app's Home tab; false while nothing was
// published for them.
func (s *Server) Home(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.homes[user]
	if v == nil {
		return View{}, false
	}
	return *v, true
}

// viewsPublish shows a home to one person, in the place of the one before.
func (s *Server) viewsPublish(args arguments) (body, error) {
	if err := args.require("user_id", "view"); err != nil {
		return nil, err
	}
	user := s.user(args.text("user_id"))
	if user == nil {
		return nil, refuseBecause("invalid_arguments", "invalid `user_id`")
	}
	raw := json.RawMessage(args.text("view"))
	named, err := s.checkHome(raw)
	if err != nil {
		return nil, err
	}
	v := s.homes[user.ID]
	if v == nil {
		v = &View{ID: s.newID("V"), User: user.ID}
		s.homes[user.ID] = v
	}
	if hash := args.text("hash"); hash != "" && hash != v.Hash {
		return nil, refuse("hash_conflict")
	}
	v.JSON, v.Hash = named, s.newTS()
	s.happened(Event{Kind: HomePublished, User: user.ID, Text: string(raw)})
	return v.wire()
}

// checkHome checks a home's shape and limits, and gives its pieces the ids that
// Slack gives them.
func (s *Server) checkHome(raw json.RawMessage) (json.RawMessage, error) {
	var view map[string]any
	if json.Unmarshal(raw, &view) != nil || text(view, "type") != "home" {
		return nil, refuseBecause("invalid_arguments", "[ERROR] view must be a home [json-pointer:/view]")
	}
	if len(raw) > maxViewBytes {
		return nil, refuse("view_too_large")
	}
	var faults blockFaults
	for _, name := range []string{"title", "submit", "close"} {
		if view[name] != nil {
			faults.add("/view/"+name, "a home has no %s", name)
		}
	}
	checkLength(&faults, "/view/private_metadata", text(view, "private_metadata"), maxViewMetadata)
	checkLength(&faults, "/view/callback_id", text(view, "callback_id"), maxViewID)
	checkViewBlocks(&faults, view)
	if faults != nil {
		return nil, refuseBecause("invalid_arguments", faults...)
	}
	var blocks []map[string]any
	for _, item := range list(view, "blocks") {
		if b, ok := item.(map[string]any); ok {
			blocks = append(blocks, b)
		}
	}
	s.name(blocks)
	return json.Marshal(view)
}

// OpenHome is a person opening the app's Home tab: the app is told, at its
// address or OverSocket. The same id twice is the same event again.
func (s *Server) OpenHome(ctx context.Context, appURL, id, user string) (Reply, error) {
	return s.openTab(ctx, appURL, id, body{"user": user, "tab": "home"})
}

// OpenMessages likewise, for the tab of messages beside it.
func (s *Server) OpenMessages(ctx context.Context, appURL, id, user string) (Reply, error) {
	return s.openTab(ctx, appURL, id, body{"user": user, "tab": "messages"})
}

func (s *Server) openTab(ctx context.Context, appURL, id string, inner body) (Reply, error) {
	s.mu.Lock()
	inner["type"], inner["event_ts"], inner["channel"] = "app_home_opened", s.newTS(), "D0HOME"
	var err error
	if v := s.homes[text(inner, "user")]; v != nil && inner["tab"] == "home" {
		var wired body
		wired, err = v.wire()
		inner["view"] = wired["view"]
	}
	s.mu.Unlock()
	if err != nil {
		return Reply{}, err
	}
	return s.Event(ctx, appURL, id, inner)
}

// ClickHome presses a button in somebody's home, and sends the interaction to
// the app, at its address or OverSocket. It has neither a room nor a response
// URL. An error means that there is no such button, or no answer in time.
func (s *Server) ClickHome(ctx context.Context, appURL string, c HomeClick) (Reply, error) {
	payload, err := s.homePress(c)
	if err != nil {
		return Reply{}, fmt.Errorf("click %s: %w", c.Text, err)
	}
	return s.interact(ctx, appURL, payload, Signing{})
}

func (s *Server) homePress(c HomeClick) (body, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, v := s.user(c.User), s.homes[c.User]
	if u == nil || v == nil {
		return nil, fmt.Errorf("%s has no home", c.User)
	}
	button, err := v.buttonBelow(c)
	if err != nil {
		return nil, err
	}
	out := s.by("block_actions", u)
	wired, err := v.wire()
	out["view"], out["actions"] = wired["view"], []body{s.pressed(button)}
	out["container"] = body{"type": "view", "view_id": v.ID}
	return out, err
}

// buttonBelow finds the first button of a name below a text.
func (v *View) buttonBelow(c HomeClick) (Button, error) {
	var view struct {
		Blocks []json.RawMessage `json:"blocks"`
	}
	if err := json.Unmarshal(v.JSON, &view); err != nil {
		return Button{}, err
	}
	below := c.After == ""
	for _, raw := range view.Blocks {
		block := map[string]any{}
		if err := json.Unmarshal(raw, &block); err != nil {
			return Button{}, err
		}
		words, _ := block["text"].(map[string]any)
		below = below || strings.Contains(text(words, "text"), c.After)
		buttons := buttonsIn(json.RawMessage("[" + string(raw) + "]"))
		n := slices.IndexFunc(buttons, func(b Button) bool { return b.Text == c.Text })
		if below && n >= 0 {
			return buttons[n], nil
		}
	}
	return Button{}, errors.New("there is no such button")
}
