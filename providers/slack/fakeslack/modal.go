package fakeslack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
)

// ShortcutRequest is a shortcut that a person chose: a global one, or one of a
// message where Room and MessageTS say which.
type ShortcutRequest struct {
	User       string
	CallbackID string
	Room       string
	MessageTS  string
	Signing    Signing
}

// ChooseRequest is a choice in the modal that a person looks at, of which the
// app wants to be told at once.
type ChooseRequest struct {
	User    string
	BlockID string
	Value   string
	Signing Signing
}

// SubmitRequest sends the modal that a person looks at. Values are what is
// entered into it first, by block id: texts, values of options, user ids.
type SubmitRequest struct {
	User    string
	Values  map[string]string
	Signing Signing
}

// ErrNotSent is a submission that Slack itself holds back, because something
// that must be entered is not.
var ErrNotSent = errors.New("the modal is not sent")

// Shortcut chooses a shortcut, at the app's address or OverSocket.
func (s *Server) Shortcut(ctx context.Context, appURL string, c ShortcutRequest) (Reply, error) {
	payload, err := s.shortcut(c)
	if err != nil {
		return Reply{}, fmt.Errorf("shortcut %s: %w", c.CallbackID, err)
	}
	return s.interact(ctx, appURL, payload, c.Signing)
}

// Choose makes a choice in a modal, at the app's address or OverSocket. An
// error means that there is no such field or option, or that the app is not told
// of choices in it.
func (s *Server) Choose(ctx context.Context, appURL string, c ChooseRequest) (Reply, error) {
	payload, err := s.choice(c)
	if err != nil {
		return Reply{}, fmt.Errorf("choose %q in %s: %w", c.Value, c.BlockID, err)
	}
	return s.interact(ctx, appURL, payload, c.Signing)
}

// Enter fills in fields without sending anything, by block id.
func (s *Server) Enter(user string, values map[string]string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	v := s.topView(user)
	if v == nil {
		return fmt.Errorf("%s looks at no modal", user)
	}
	return v.enter(values)
}

// Submit sends the modal that a person looks at, at the app's address or
// OverSocket, and does with it what the app answers. The error is ErrNotSent
// when Slack would hold it back, and another one when the app gave no answer
// that Slack takes.
func (s *Server) Submit(ctx context.Context, appURL string, c SubmitRequest) (Reply, error) {
	if err := s.Enter(c.User, c.Values); err != nil {
		return Reply{}, fmt.Errorf("submit: %w", err)
	}
	payload, id, err := s.submission(c.User)
	if err != nil {
		return Reply{}, fmt.Errorf("submit: %w", err)
	}
	reply, err := s.interact(ctx, appURL, payload, c.Signing)
	if err != nil || reply.Status != http.StatusOK {
		return reply, err
	}
	s.mu.Lock()
	err = s.obeyAnswer(s.view(id, ""), reply.Body)
	s.mu.Unlock()
	s.events.drain()
	return reply, err
}

// interact sends an interaction to the app.
func (s *Server) interact(ctx context.Context, appURL string, payload body, sign Signing) (Reply, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return Reply{}, err
	}
	form := url.Values{"payload": {string(raw)}}
	return s.Send(ctx, appURL, []byte(form.Encode()), sign)
}

// by is what every interaction says of the person and the app. The caller holds
// the lock.
func (s *Server) by(kind string, u *User) body {
	return body{
		"type": kind, "api_app_id": AppID, "token": "deprecated",
		"team":       body{"id": TeamID, "domain": teamDomain},
		"user":       body{"id": u.ID, "username": u.Name, "name": u.Name, "team_id": TeamID},
		"trigger_id": s.newTrigger(u.ID), "enterprise": nil, "is_enterprise_install": false,
	}
}

func (s *Server) shortcut(c ShortcutRequest) (body, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u := s.user(c.User)
	if u == nil {
		return nil, fmt.Errorf("no user %q", c.User)
	}
	if c.Room == "" {
		out := s.by("shortcut", u)
		out["callback_id"], out["action_ts"] = c.CallbackID, s.newTS()
		return out, nil
	}
	r := s.room(c.Room)
	if r == nil || r.message(c.MessageTS) == nil {
		return nil, fmt.Errorf("no message %q in room %q", c.MessageTS, c.Room)
	}
	out := s.by("message_action", u)
	out["callback_id"], out["action_ts"], out["message_ts"] = c.CallbackID, s.newTS(), c.MessageTS
	out["channel"] = body{"id": r.ID, "name": r.Name}
	out["message"] = r.message(c.MessageTS).wire(true)
	out["response_url"] = s.newHook(r.ID, u.ID, c.MessageTS)
	return out, nil
}

func (s *Server) choice(c ChooseRequest) (body, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, v := s.user(c.User), s.topView(c.User)
	if u == nil || v == nil {
		return nil, fmt.Errorf("%s looks at no modal", c.User)
	}
	if err := v.enter(map[string]string{c.BlockID: c.Value}); err != nil {
		return nil, err
	}
	block, element := v.field(c.BlockID)
	if tells, _ := block["dispatch_action"].(bool); !tells {
		return nil, errors.New("the app is not told of it")
	}
	action := body{"action_id": text(element, "action_id"), "block_id": c.BlockID, "action_ts": s.newTS()}
	if err := json.Unmarshal(v.entered[c.BlockID+"/"+text(element, "action_id")], &action); err != nil {
		return nil, err
	}
	out := s.by("block_actions", u)
	shown, err := v.seen()
	out["view"], out["actions"] = shown, []body{action}
	out["container"] = body{"type": "view", "view_id": v.ID}
	return out, err
}

func (s *Server) submission(user string) (payload body, id string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, v := s.user(user), s.topView(user)
	if u == nil || v == nil {
		return nil, "", fmt.Errorf("%s looks at no modal", user)
	}
	v.Errors = nil
	view, err := v.seen()
	if err != nil {
		return nil, "", err
	}
	if view["submit"] == nil {
		return nil, "", fmt.Errorf("%w: it has no button for that", ErrNotSent)
	}
	for _, item := range list(view, "blocks") {
		block, _ := item.(map[string]any)
		if optional, _ := block["optional"].(bool); optional || text(block, "type") != "input" {
			continue
		}
		element, _ := block["element"].(map[string]any)
		if !v.filled(text(block, "block_id"), element) {
			return nil, "", fmt.Errorf("%w: %s is empty", ErrNotSent, text(block, "block_id"))
		}
	}
	out := s.by("view_submission", u)
	out["view"], out["response_urls"] = view, []any{}
	return out, v.ID, nil
}

// obeyAnswer does with a modal what the app answered to its submission
// (https://docs.slack.dev/surfaces/modals). The caller holds the lock.
func (s *Server) obeyAnswer(v *View, answer []byte) error {
	if v == nil {
		return nil // closed meanwhile
	}
	var said struct {
		Action string            `json:"response_action"`
		View   json.RawMessage   `json:"view"`
		Errors map[string]string `json:"errors"`
	}
	if len(answer) > 0 && json.Unmarshal(answer, &said) != nil {
		return errors.New("the app's answer to a submission is no JSON")
	}
	switch said.Action {
	case "":
		v.Closed = true
	case "clear":
		s.closeAll(v.User)
	case "errors":
		return v.complain(said.Errors)
	case "update", "push":
		external, err := s.checkView(said.View, v)
		if err != nil {
			return fmt.Errorf("the app answers with a modal that is none: %w", err)
		}
		if said.Action == "update" {
			s.replace(v, said.View, external)
			return nil
		}
		if err := s.checkDepth(v); err != nil {
			return err
		}
		s.views = append(s.views, &View{ID: s.newID("V"), ExternalID: external, Hash: s.newTS(), User: v.User, JSON: said.View, below: v.ID})
	default:
		return fmt.Errorf("unknown response_action %q", said.Action)
	}
	return nil
}

// complain shows errors at the fields. Slack takes them only at fields that are
// there.
func (v *View) complain(problems map[string]string) error {
	if len(problems) == 0 {
		return errors.New("the app answers with errors and names none")
	}
	for block, problem := range problems {
		if found, _ := v.field(block); found == nil || problem == "" {
			return fmt.Errorf("the app finds %q wrong with the block %q, which asks for nothing", problem, block)
		}
	}
	v.Errors = problems
	return nil
}

// field finds a block that asks for something, and its element.
func (v *View) field(block string) (found, element map[string]any) {
	var view map[string]any
	if json.Unmarshal(v.JSON, &view) != nil {
		return nil, nil
	}
	for _, item := range list(view, "blocks") {
		b, _ := item.(map[string]any)
		if text(b, "type") == "input" && text(b, "block_id") == block {
			element, _ = b["element"].(map[string]any)
			return b, element
		}
	}
	return nil, nil
}

// enter puts values into fields, as a person would.
func (v *View) enter(values map[string]string) error {
	for block, value := range values {
		found, element := v.field(block)
		if found == nil {
			return fmt.Errorf("the modal has no field %q", block)
		}
		state, err := entry(element, value)
		if err != nil {
			return fmt.Errorf("%s: %w", block, err)
		}
		raw, err := json.Marshal(state)
		if err != nil {
			return err
		}
		if v.entered == nil {
			v.entered = map[string]json.RawMessage{}
		}
		v.entered[block+"/"+text(element, "action_id")] = raw
	}
	return nil
}

// entry is a value as the state of a modal has it.
func entry(element map[string]any, value string) (body, error) {
	kind := text(element, "type")
	out := body{"type": kind}
	switch kind {
	case "plain_text_input", "number_input":
		if value == "" {
			out["value"] = nil
			return out, nil
		}
		if _, err := strconv.ParseFloat(value, 64); err != nil && kind == "number_input" {
			return nil, fmt.Errorf("only numbers are taken, not %q", value)
		}
		out["value"] = value
	case "users_select":
		out["selected_user"] = value
	case "static_select", "radio_buttons":
		all := options(element)
		n := slices.IndexFunc(all, func(o map[string]any) bool { return text(o, "value") == value })
		if n < 0 {
			return nil, fmt.Errorf("there is no option %q", value)
		}
		out["selected_option"] = all[n]
	default:
		return nil, fmt.Errorf("cannot be filled in: %s", kind)
	}
	return out, nil
}

// filled says whether something stands in a field.
func (v *View) filled(block string, element map[string]any) bool {
	var state map[string]any
	if json.Unmarshal(v.stateOf(block, element), &state) != nil {
		return false
	}
	for _, name := range []string{"value", "selected_option", "selected_user"} {
		if state[name] != nil && state[name] != "" {
			return true
		}
	}
	return false
}

// stateOf is what stands in a field: what was entered, else what stood there at
// first.
func (v *View) stateOf(block string, element map[string]any) json.RawMessage {
	if raw, ok := v.entered[block+"/"+text(element, "action_id")]; ok {
		return raw
	}
	out := body{"type": text(element, "type")}
	for from, to := range map[string]string{"initial_value": "value", "initial_option": "selected_option", "initial_user": "selected_user"} {
		if first, ok := element[from]; ok {
			out[to] = first
		}
	}
	raw, err := json.Marshal(out)
	if err != nil {
		return nil
	}
	return raw
}

// seen is the modal as an interaction carries it, with what stands in it.
func (v *View) seen() (body, error) {
	wired, err := v.wire()
	if err != nil {
		return nil, err
	}
	view, _ := wired["view"].(body)
	values := body{}
	for _, item := range list(view, "blocks") {
		block, _ := item.(map[string]any)
		element, _ := block["element"].(map[string]any)
		if text(block, "type") != "input" {
			continue
		}
		id := text(block, "block_id")
		values[id] = body{text(element, "action_id"): v.stateOf(id, element)}
	}
	view["state"] = body{"values": values}
	return view, nil
}
