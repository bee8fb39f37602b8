package fakeslack

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of Block Kit (https://docs.slack.dev/reference/block-kit/blocks), in
// characters and pieces.
const (
	maxBlocks      = 50
	maxSectionText = 3000
	maxFieldText   = 2000
	maxFields      = 10
	maxHeaderText  = 150
	maxContext     = 10
	maxActions     = 25
	maxButtonText  = 75
	maxActionID    = 255
	maxButtonValue = 2000
)

// faults collects what is wrong with a message's blocks, in Slack's words.
type blockFaults []string

func (f *blockFaults) add(place, format string, args ...any) {
	*f = append(*f, fmt.Sprintf("[ERROR] %s [json-pointer:%s]", fmt.Sprintf(format, args...), place))
}

// readBlocks parses and checks a message's blocks.
func readBlocks(raw string) ([]map[string]any, error) {
	if raw == "" {
		return nil, nil
	}
	decoder := json.NewDecoder(strings.NewReader(raw))
	decoder.UseNumber()
	var blocks []map[string]any
	if decoder.Decode(&blocks) != nil {
		return nil, refuse("invalid_blocks_format")
	}
	var faults blockFaults
	if len(blocks) > maxBlocks {
		faults.add("/blocks", "no more than %d items allowed", maxBlocks)
	}
	ids := map[string]bool{}
	for i, b := range blocks {
		place := fmt.Sprintf("/blocks/%d", i)
		checkBlock(&faults, place, b)
		if id := text(b, "block_id"); id != "" {
			if ids[id] {
				faults.add(place+"/block_id", "duplicate block_id %q", id)
			}
			ids[id] = true
		}
	}
	if faults != nil {
		return nil, refuseBecause("invalid_blocks", faults...)
	}
	return blocks, nil
}

func checkBlock(f *blockFaults, place string, b map[string]any) {
	checkLength(f, place+"/block_id", text(b, "block_id"), maxActionID)
	switch text(b, "type") {
	case "section":
		checkSection(f, place, b)
	case "header":
		checkText(f, place+"/text", b["text"], maxHeaderText)
	case "context":
		checkPieces(f, place, b, maxContext)
	case "actions":
		checkPieces(f, place, b, maxActions)
		checkButtons(f, place, list(b, "elements"))
	case "divider", "image", "input", "rich_text", "video", "markdown", "table", "file":
		// Known, but not looked into.
	default:
		f.add(place+"/type", "unsupported type: %q", text(b, "type"))
	}
}

func checkSection(f *blockFaults, place string, b map[string]any) {
	fields := list(b, "fields")
	if b["text"] == nil && len(fields) == 0 {
		f.add(place, "missing required field: text or fields")
	}
	if b["text"] != nil {
		checkText(f, place+"/text", b["text"], maxSectionText)
	}
	if len(fields) > maxFields {
		f.add(place+"/fields", "no more than %d items allowed", maxFields)
	}
	for i, field := range fields {
		checkText(f, fmt.Sprintf("%s/fields/%d", place, i), field, maxFieldText)
	}
	if accessory, ok := b["accessory"].(map[string]any); ok {
		checkButtons(f, place, []any{accessory})
	}
}

func checkPieces(f *blockFaults, place string, b map[string]any, most int) {
	if n := len(list(b, "elements")); n == 0 || n > most {
		f.add(place+"/elements", "must have between 1 and %d items", most)
	}
}

// checkButtons checks the buttons among the elements. Their action ids differ
// within one block.
func checkButtons(f *blockFaults, place string, elements []any) {
	ids := map[string]bool{}
	for i, e := range elements {
		at := fmt.Sprintf("%s/elements/%d", place, i)
		button, ok := e.(map[string]any)
		if !ok {
			f.add(at, "must be an object")
			continue
		}
		id := text(button, "action_id")
		if id != "" && ids[id] {
			f.add(at+"/action_id", "duplicate action_id %q", id)
		}
		ids[id] = true
		checkLength(f, at+"/action_id", id, maxActionID)
		if text(button, "type") != "button" {
			continue
		}
		checkText(f, at+"/text", button["text"], maxButtonText)
		checkLength(f, at+"/value", text(button, "value"), maxButtonValue)
		if style := text(button, "style"); style != "" && style != "primary" && style != "danger" {
			f.add(at+"/style", "must be one of primary, danger")
		}
	}
}

// checkText checks a text object.
func checkText(f *blockFaults, place string, v any, most int) {
	object, ok := v.(map[string]any)
	if !ok {
		f.add(place, "missing required field: text")
		return
	}
	if kind := text(object, "type"); kind != "plain_text" && kind != "mrkdwn" {
		f.add(place+"/type", "must be plain_text or mrkdwn")
	}
	if text(object, "text") == "" {
		f.add(place+"/text", "must be more than 0 characters")
	}
	checkLength(f, place+"/text", text(object, "text"), most)
}

func checkLength(f *blockFaults, place, value string, most int) {
	if utf8.RuneCountInString(value) > most {
		f.add(place, "must be less than %d characters", most+1)
	}
}

// name gives block and action ids to the pieces that have none, as Slack does.
// The caller holds the lock.
func (s *Server) name(blocks []map[string]any) {
	for _, b := range blocks {
		if text(b, "block_id") == "" {
			b["block_id"] = s.newID("b")
		}
		if text(b, "type") != "actions" {
			continue
		}
		for _, e := range list(b, "elements") {
			if button, ok := e.(map[string]any); ok && text(button, "action_id") == "" {
				button["action_id"] = s.newID("a")
			}
		}
	}
}

// Button is a button on a message.
type Button struct {
	BlockID, ActionID, Text, Value, Style string
}

// Buttons lists the buttons that a person sees on the message, in order.
func (m Message) Buttons() []Button { return buttonsIn(m.Blocks) }

// buttonsIn lists the buttons of blocks.
func buttonsIn(raw json.RawMessage) []Button {
	var blocks []map[string]any
	if json.Unmarshal(raw, &blocks) != nil {
		return nil
	}
	var out []Button
	for _, b := range blocks {
		elements := list(b, "elements")
		if accessory := b["accessory"]; accessory != nil {
			elements = append(elements, accessory)
		}
		for _, e := range elements {
			button, ok := e.(map[string]any)
			if !ok || text(button, "type") != "button" {
				continue
			}
			label, _ := button["text"].(map[string]any)
			out = append(out, Button{
				BlockID: text(b, "block_id"), ActionID: text(button, "action_id"),
				Text: text(label, "text"), Value: text(button, "value"), Style: text(button, "style"),
			})
		}
	}
	return out
}

// text and list read a field of loose JSON; another type counts as missing.
func text(object map[string]any, field string) string {
	s, _ := object[field].(string)
	return s
}

func list(object map[string]any, field string) []any {
	l, _ := object[field].([]any)
	return l
}
