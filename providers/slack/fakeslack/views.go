package fakeslack

import "encoding/json"

// View is a modal that the app has shown.
type View struct {
	ID   string
	Hash string // changes with every update
	User string // who sees it
	JSON json.RawMessage
}

// Views returns the modals that were opened, in no order.
func (s *Server) Views() []View {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []View
	for _, v := range s.views {
		out = append(out, *v)
	}
	return out
}

func (s *Server) viewsOpen(args arguments) (body, error) {
	if err := args.require("trigger_id", "view"); err != nil {
		return nil, err
	}
	raw := json.RawMessage(args.text("view"))
	if err := checkView(raw); err != nil {
		return nil, err
	}
	t, err := s.exchange(args.text("trigger_id"))
	if err != nil {
		return nil, err
	}
	v := &View{ID: s.newID("V"), Hash: s.newTS(), User: t.user, JSON: raw}
	s.views[v.ID] = v
	s.happened(Event{Kind: ViewOpened, User: v.User, Text: string(raw)})
	return v.wire()
}

func (s *Server) viewsUpdate(args arguments) (body, error) {
	if err := args.require("view"); err != nil {
		return nil, err
	}
	raw := json.RawMessage(args.text("view"))
	if err := checkView(raw); err != nil {
		return nil, err
	}
	v := s.views[args.text("view_id")]
	switch {
	case v == nil:
		return nil, refuse("not_found")
	case args.text("hash") != "" && args.text("hash") != v.Hash:
		return nil, refuse("hash_conflict")
	}
	v.JSON, v.Hash = raw, s.newTS()
	s.happened(Event{Kind: ViewUpdated, User: v.User, Text: string(raw)})
	return v.wire()
}

// checkView checks the outline of a modal.
func checkView(raw json.RawMessage) error {
	var view struct {
		Type  string         `json:"type"`
		Title map[string]any `json:"title"`
	}
	if json.Unmarshal(raw, &view) != nil || view.Type != "modal" || text(view.Title, "text") == "" {
		return refuseBecause("invalid_arguments", "[ERROR] view must be a modal with a title [json-pointer:/view]")
	}
	return nil
}

// wire is the view as the API shows it: what the app sent, with an id.
func (v *View) wire() (body, error) {
	out := body{}
	if err := json.Unmarshal(v.JSON, &out); err != nil {
		return nil, err
	}
	out["id"], out["hash"], out["team_id"], out["app_id"], out["bot_id"] = v.ID, v.Hash, TeamID, AppID, BotID
	return body{"view": out}, nil
}
