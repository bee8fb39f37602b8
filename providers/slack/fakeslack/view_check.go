package fakeslack

import (
	"encoding/json"
	"fmt"
	"slices"
)

// Limits of modals (https://docs.slack.dev/reference/views and
// https://docs.slack.dev/reference/block-kit), in characters, pieces and bytes.
const (
	maxViewBytes    = 250_000
	maxViewBlocks   = 100
	maxViewTitle    = 24
	maxViewMetadata = 3000
	maxViewID       = 255
	maxInputLabel   = 2000
	maxInitialValue = 3000
	maxPlaceholder  = 150
	maxOptions      = 100
	maxRadio        = 10
	maxOptionText   = 75
	maxOptionValue  = 150
)

// checkView checks a modal's shape and limits, and returns the id that the app
// gave it. of is the modal that it is shown in, or nil.
func (s *Server) checkView(raw json.RawMessage, of *View) (external string, err error) {
	var view map[string]any
	if json.Unmarshal(raw, &view) != nil || text(view, "type") != "modal" {
		return "", refuseBecause("invalid_arguments", "[ERROR] view must be a modal [json-pointer:/view]")
	}
	if len(raw) > maxViewBytes {
		return "", refuse("view_too_large")
	}
	var faults blockFaults
	checkText(&faults, "/view/title", view["title"], maxViewTitle)
	for _, name := range []string{"submit", "close"} {
		if view[name] != nil {
			checkText(&faults, "/view/"+name, view[name], maxViewTitle)
		}
	}
	checkLength(&faults, "/view/private_metadata", text(view, "private_metadata"), maxViewMetadata)
	checkLength(&faults, "/view/callback_id", text(view, "callback_id"), maxViewID)
	checkLength(&faults, "/view/external_id", text(view, "external_id"), maxViewID)
	checkViewBlocks(&faults, view)
	if faults != nil {
		return "", refuseBecause("invalid_arguments", faults...)
	}
	external = text(view, "external_id")
	if other := s.view("", external); other != nil && other != of {
		return "", refuse("duplicate_external_id")
	}
	return external, nil
}

// checkViewBlocks checks the blocks of a modal. One that asks for something has
// a button that sends it.
func checkViewBlocks(f *blockFaults, view map[string]any) {
	blocks := list(view, "blocks")
	if view["blocks"] == nil {
		f.add("/view/blocks", "missing required field: blocks")
	}
	if len(blocks) > maxViewBlocks {
		f.add("/view/blocks", "no more than %d items allowed", maxViewBlocks)
	}
	ids := map[string]bool{}
	for n, item := range blocks {
		place := fmt.Sprintf("/view/blocks/%d", n)
		block, ok := item.(map[string]any)
		if !ok {
			f.add(place, "must be an object")
			continue
		}
		checkBlock(f, place, block)
		if id := text(block, "block_id"); id != "" {
			if ids[id] {
				f.add(place+"/block_id", "duplicate block_id %q", id)
			}
			ids[id] = true
		}
		if text(block, "type") != "input" {
			continue
		}
		if view["submit"] == nil {
			f.add("/view/submit", "a modal with an input needs submit")
		}
		checkInput(f, place, block)
	}
}

// checkInput checks a block that asks for something.
func checkInput(f *blockFaults, place string, block map[string]any) {
	checkPlain(f, place+"/label", block["label"], maxInputLabel)
	if block["hint"] != nil {
		checkPlain(f, place+"/hint", block["hint"], maxInputLabel)
	}
	element, ok := block["element"].(map[string]any)
	if !ok {
		f.add(place+"/element", "missing required field: element")
		return
	}
	place += "/element"
	checkLength(f, place+"/action_id", text(element, "action_id"), maxActionID)
	if element["placeholder"] != nil {
		checkPlain(f, place+"/placeholder", element["placeholder"], maxPlaceholder)
	}
	switch kind := text(element, "type"); kind {
	case "plain_text_input":
		checkLength(f, place+"/initial_value", text(element, "initial_value"), maxInitialValue)
	case "number_input":
		if _, ok := element["is_decimal_allowed"].(bool); !ok {
			f.add(place+"/is_decimal_allowed", "missing required field: is_decimal_allowed")
		}
	case "static_select", "radio_buttons":
		checkChoices(f, place, element)
	case "users_select", "datepicker", "datetimepicker", "timepicker", "checkboxes", "multi_static_select":
		// Known, but not looked into.
	default:
		f.add(place+"/type", "unsupported type: %q", kind)
	}
}

// checkPlain checks a text object that must be plain.
func checkPlain(f *blockFaults, place string, v any, most int) {
	checkText(f, place, v, most)
	if object, ok := v.(map[string]any); ok && text(object, "type") != "plain_text" {
		f.add(place+"/type", "must be plain_text")
	}
}

// checkChoices checks the options of a choice: their number, their lengths, and
// that the one which is chosen at first is among them, letter by letter.
func checkChoices(f *blockFaults, place string, element map[string]any) {
	all, most := options(element), maxOptions
	if text(element, "type") == "radio_buttons" {
		most = maxRadio
	}
	groups := list(element, "option_groups")
	if len(groups) > maxOptions {
		f.add(place+"/option_groups", "no more than %d items allowed", maxOptions)
	}
	for n, g := range groups {
		group, _ := g.(map[string]any)
		checkPlain(f, fmt.Sprintf("%s/option_groups/%d/label", place, n), group["label"], maxOptionText)
		if m := len(list(group, "options")); m == 0 || m > maxOptions {
			f.add(fmt.Sprintf("%s/option_groups/%d/options", place, n), "must have between 1 and %d items", maxOptions)
		}
	}
	if groups == nil && (len(all) == 0 || len(all) > most) {
		f.add(place+"/options", "must have between 1 and %d items", most)
	}
	var known []string
	for n, o := range all {
		at := fmt.Sprintf("%s/options/%d", place, n)
		checkText(f, at+"/text", o["text"], maxOptionText)
		if text(o, "value") == "" {
			f.add(at+"/value", "must be more than 0 characters")
		}
		checkLength(f, at+"/value", text(o, "value"), maxOptionValue)
		if slices.Contains(known, text(o, "value")) {
			f.add(at+"/value", "duplicate value %q", text(o, "value"))
		}
		known = append(known, text(o, "value"))
	}
	if first, ok := element["initial_option"].(map[string]any); ok && !slices.ContainsFunc(all, func(o map[string]any) bool { return same(o, first) }) {
		f.add(place+"/initial_option", "must be one of the options")
	}
}

// options are the options of a choice, of all its groups.
func options(element map[string]any) (out []map[string]any) {
	take := func(items []any) {
		for _, item := range items {
			if o, ok := item.(map[string]any); ok {
				out = append(out, o)
			}
		}
	}
	take(list(element, "options"))
	for _, g := range list(element, "option_groups") {
		if group, ok := g.(map[string]any); ok {
			take(list(group, "options"))
		}
	}
	return out
}

// same compares two pieces of JSON.
func same(a, b map[string]any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
