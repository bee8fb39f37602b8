package slack

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/incident"
)

// element is what stands in one field of a modal
// (https://docs.slack.dev/reference/views, the state of a view).
type element struct {
	Type     string `json:"type"`
	Value    string `json:"value"`
	User     string `json:"selected_user"`
	Selected struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// text is what stands in it as text; empty when nothing does.
func (e element) text() string {
	switch e.Type {
	case "static_select", "radio_buttons":
		return e.Selected.Value
	case "users_select":
		return e.User
	}
	return e.Value
}

// entered is what stands in a modal: by block id, by action id.
type entered map[string]map[string]element

// readEntered reads the state of a view. One without any is empty.
func readEntered(state json.RawMessage) (entered, error) {
	var s struct {
		Values entered `json:"values"`
	}
	if len(state) == 0 {
		return entered{}, nil
	}
	if err := json.Unmarshal(state, &s); err != nil {
		return nil, fmt.Errorf("read what was entered: %w", err)
	}
	if s.Values == nil {
		s.Values = entered{}
	}
	delete(s.Values, "") // no block of ours
	return s.Values, nil
}

// text is what stands in a block, without blanks around it.
func (e entered) text(block string) string {
	for _, el := range e[block] {
		return strings.TrimSpace(el.text())
	}
	return ""
}

// starting finds the block whose id begins so; empty when there is none.
func (e entered) starting(prefix string) string {
	for _, block := range slices.Sorted(maps.Keys(e)) {
		if strings.HasPrefix(block, prefix) {
			return block
		}
	}
	return ""
}

// anywhere is a block at which something can be said that belongs nowhere else:
// the first of those that are wanted and there, else any.
func (e entered) anywhere(wanted ...string) string {
	for _, block := range wanted {
		if _, ok := e[block]; ok {
			return block
		}
	}
	return e.starting("")
}

// fields are the typed fields of a form, by their names; a field's action id is
// its type. Problems are by block. What stands in no field is left out.
func (e entered) fields(prefix string) (fields map[string]any, problems map[string]string) {
	fields, problems = map[string]any{}, map[string]string{}
	for _, block := range slices.Sorted(maps.Keys(e)) {
		name, ok := strings.CutPrefix(block, prefix)
		if !ok {
			continue
		}
		for kind, el := range e[block] {
			value, err := typed(kind, name, strings.TrimSpace(el.text()))
			if err != nil {
				problems[block] = err.Error()
			} else if value != nil {
				fields[name] = value
			}
		}
	}
	return fields, problems
}

// typed brings what was entered to a field's type.
func typed(kind, name, text string) (any, error) {
	if text == "" {
		return nil, nil
	}
	var given any = text
	if kind == "map" {
		object := map[string]any{}
		if json.Unmarshal([]byte(text), &object) != nil {
			return nil, fmt.Errorf(`%s: a map is written {"name": "value"}`, name)
		}
		given = object
	}
	filled, err := incident.FillForm([]incident.FormField{{Name: name, Type: kind}}, map[string]any{name: given})
	return filled[name], err
}
