package fakeslack

import (
	"encoding/json"
	"slices"
)

// maxViews is how many modals may lie upon one another
// (https://docs.slack.dev/surfaces/modals).
const maxViews = 3

// View is a modal that the app has shown.
type View struct {
	ID         string
	ExternalID string // as the app named it; may be empty
	Hash       string // changes with every update
	User       string // who sees it
	JSON       json.RawMessage
	Closed     bool              // nobody sees it any more
	Errors     map[string]string // by block id: what the app found wrong with the last submission

	below   string                     // the modal that it lies upon
	entered map[string]json.RawMessage // by "block id/action id": what the person has entered
}

// Views returns the modals that were opened, oldest first, also those that are
// closed by now.
func (s *Server) Views() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.views {
		out = append(out, *v)
	}
	return out
}

// ViewOf is the modal that a person looks at.
func (s *Server) ViewOf(user string) (View, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.topView(user); v != nil {
		return *v, true
	}
	return View{}, false
}

// topView is the uppermost modal of a person, or nil. The caller holds the lock.
func (s *Server) topView(user string) *View {
	for _, v := range slices.Backward(s.views) {
		if v.User == user && !v.Closed {
			return v
		}
	}
	return nil
}

// view finds an open modal by either id. The caller holds the lock.
func (s *Server) view(id, external string) *View {
	for _, v := range s.views {
		if !v.Closed && (id != "" && v.ID == id || id == "" && external != "" && v.ExternalID == external) {
			return v
		}
	}
	return nil
}

func (s *Server) viewsOpen(args arguments) (body, error) {
	return s.showView(args, func(user string) (string, error) {
		s.closeAll(user)
		return "", nil
	})
}

func (s *Server) viewsPush(args arguments) (body, error) {
	return s.showView(args, func(user string) (string, error) {
		below := s.topView(user)
		if below == nil {
			return "", refuse("not_found")
		}
		return below.ID, s.checkDepth(below)
	})
}

// checkDepth refuses one modal too many upon another.
func (s *Server) checkDepth(below *View) error {
	depth := 1
	for v := below; v != nil && v.below != ""; v = s.view(v.below, "") {
		depth++
	}
	if depth >= maxViews {
		return refuse("push_limit_reached")
	}
	return nil
}

// showView makes a modal for whoever has the trigger; beneath says upon which
// one it lies.
func (s *Server) showView(args arguments, beneath func(user string) (string, error)) (body, error) {
	if err := args.require("trigger_id", "view"); err != nil {
		return nil, err
	}
	raw := json.RawMessage(args.text("view"))
	external, err := s.checkView(raw, nil)
	if err != nil {
		return nil, err
	}
	t, err := s.exchange(args.text("trigger_id"))
	if err != nil {
		return nil, err
	}
	below, err := beneath(t.user)
	if err != nil {
		return nil, err
	}
	v := &View{ID: s.newID("V"), ExternalID: external, Hash: s.newTS(), User: t.user, JSON: raw, below: below}
	s.views = append(s.views, v)
	s.happened(Event{Kind: ViewOpened, User: v.User, Text: string(raw)})
	return v.wire()
}

func (s *Server) viewsUpdate(args arguments) (body, error) {
	if err := args.require("view"); err != nil {
		return nil, err
	}
	v := s.view(args.text("view_id"), args.text("external_id"))
	raw := json.RawMessage(args.text("view"))
	external, err := s.checkView(raw, v)
	switch {
	case err != nil:
		return nil, err
	case v == nil:
		return nil, refuse("not_found")
	case args.text("hash") != "" && args.text("hash") != v.Hash:
		return nil, refuse("hash_conflict")
	}
	s.replace(v, raw, external)
	return v.wire()
}

// replace shows other content in a modal. What the person has entered stays
// where the same field is still there. The caller holds the lock.
func (s *Server) replace(v *View, raw json.RawMessage, external string) {
	v.JSON, v.Hash, v.ExternalID, v.Errors = raw, s.newTS(), external, nil
	s.happened(Event{Kind: ViewUpdated, User: v.User, Text: string(raw)})
}

// closeAll ends every modal of a person. The caller holds the lock.
func (s *Server) closeAll(user string) {
	for _, v := range s.views {
		if v.User == user {
			v.Closed = true
		}
	}
}

// CloseView is the person closing the modal that they look at; the app is not
// told, since it has not asked to be.
func (s *Server) CloseView(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v := s.topView(user); v != nil {
		v.Closed = true
	}
}

// wire is the view as the API shows it: what the app sent, with an id.
func (v *View) wire() (body, error) {
	out := body{}
	if err := json.Unmarshal(v.JSON, &out); err != nil {
		return nil, err
	}
	root := v.below
	if root == "" {
		root = v.ID
	}
	out["id"], out["hash"], out["team_id"], out["app_id"], out["bot_id"] = v.ID, v.Hash, TeamID, AppID, BotID
	out["root_view_id"], out["external_id"], out["state"] = root, v.ExternalID, body{"values": body{}}
	return body{"view": out}, nil
}
