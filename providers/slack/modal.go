package slack

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// Slack's limits of modals, in characters and pieces
// (https://docs.slack.dev/reference/views).
const (
	maxViewTitle  = 24
	maxViewBlocks = 100
	maxMetadata   = 3000
	maxOptions    = 100
	maxOption     = 75
	maxOptionID   = 150
	maxHint       = 2000
	maxTyped      = 3000
)

// Bounds of what is said at the fields of a modal, so that an answer stays below
// maxAnswer.
const (
	maxProblem  = 250 // characters
	maxProblems = 10
)

// modal is one modal on somebody's screen.
type modal struct {
	id       string // Slack's; empty when Slack did not tell it
	external string // ours
	hash     string
}

// open shows a modal that says that more is coming, at once: the trigger lives
// three seconds and opens one modal. Whatever talks to Temporal comes after. It
// is idempotent by the trigger: a second time Slack refuses, and again is true.
// When Slack's answer gets lost, the modal is found by an id of our own.
func (d *Desk) open(ctx context.Context, trigger, title string) (m modal, again bool, err error) {
	m.external = "musterbook/" + clip(trigger, 200)
	loading := frame(title, note("Loading…"))
	loading.ExternalID = m.external
	opened, err := d.client.api.OpenViewContext(ctx, trigger, loading)
	switch {
	case err == nil:
		m.id, m.hash = opened.ID, opened.Hash
		return m, false, nil
	case code(err) == "exchanged_trigger_id", code(err) == "duplicate_external_id":
		return modal{}, true, nil
	case contract.IsRefused(classify("open a modal", err)):
		return modal{}, false, classify("open a modal", err)
	}
	d.log.Warn("it is not known whether a modal has opened; it is filled all the same", "error", err)
	return m, false, nil
}

// fill shows content in a modal that is open. It sets, so it is idempotent by
// nature, and tries again where Slack is away. A modal that was closed, or that
// shows something newer by its hash, is left alone.
func (d *Desk) fill(ctx context.Context, m modal, content slack.ModalViewRequest) error {
	external := m.external
	if m.id != "" {
		external = ""
	}
	return d.tryOn(ctx, func(bool) error {
		_, err := d.client.api.UpdateViewContext(ctx, content, external, m.hash, m.id)
		if code(err) == "not_found" || code(err) == "hash_conflict" {
			return nil
		}
		return classify("fill a modal", err)
	})
}

// frame is a modal that only shows something.
func frame(title string, blocks ...slack.Block) slack.ModalViewRequest {
	if len(blocks) > maxViewBlocks {
		blocks = blocks[:maxViewBlocks]
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, Title: plain(title, maxViewTitle), Close: plain("Close", maxViewTitle),
		Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// asking makes a modal one that is sent, under a callback id, with what it is
// about.
func asking(m slack.ModalViewRequest, callback, submit string, about any) (slack.ModalViewRequest, error) {
	raw, err := json.Marshal(about)
	if err != nil {
		return m, err
	}
	if len(raw) > maxMetadata {
		return m, errors.New("what the modal is about does not fit into it")
	}
	m.CallbackID, m.PrivateMetadata = callback, string(raw)
	m.Submit, m.Close = plain(submit, maxViewTitle), plain("Cancel", maxViewTitle)
	return m, nil
}

// plain is text without markup. Slack takes no empty one.
func plain(text string, limit int) *slack.TextBlockObject {
	if strings.TrimSpace(text) == "" {
		text = "–"
	}
	return slack.NewTextBlockObject(slack.PlainTextType, clip(text, limit), false, false)
}

// clip cuts plain text to a number of characters, and marks the cut.
func clip(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

// note is a paragraph of plain text in a modal.
func note(text string) slack.Block {
	return slack.NewSectionBlock(plain(text, maxSection), nil, nil)
}

// become replaces the modal that was sent.
func become(m slack.ModalViewRequest) (answer, error) {
	raw, err := json.Marshal(slack.NewUpdateViewSubmissionResponse(&m))
	return answer{body: raw}, err
}

// object shows what is wrong at the fields of the modal that was sent; it stays
// as it is, with everything that was entered.
func object(problems map[string]string) (answer, error) {
	shown := map[string]string{}
	for _, block := range slices.Sorted(maps.Keys(problems)) {
		if len(shown) < maxProblems {
			shown[block] = clip(problems[block], maxProblem)
		}
	}
	raw, err := json.Marshal(slack.NewErrorsViewSubmissionResponse(shown))
	return answer{body: raw}, err
}
