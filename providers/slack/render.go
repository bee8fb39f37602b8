package slack

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// Slack's limits of messages, in characters and pieces
// (https://docs.slack.dev/reference/block-kit/blocks).
const (
	maxSection    = 3000
	maxSections   = 4    // longer texts are shortened; the record has them whole
	maxFallback   = 3000 // of what notifications show
	maxRow        = 25   // buttons in a block
	maxLabel      = 75
	maxValue      = 2000
	maxButtonRows = 20
)

// actionPrefix begins the action id of our buttons; Slack wants the ids within
// one block to differ, so a number follows.
const actionPrefix = "musterbook."

// press is a button's value: what comes back when somebody presses it.
type press struct {
	Verb     contract.Verb `json:"v"`
	Incident string        `json:"i"`
	Key      string        `json:"k"`
	Question string        `json:"q,omitempty"`
	Value    string        `json:"c,omitempty"`
	Page     string        `json:"p,omitempty"`
	Attempt  int           `json:"a,omitempty"`
	Form     bool          `json:"f,omitempty"` // it needs more than a click
}

// render makes Slack's message from a neutral one. Mentions of people whom
// Slack does not know, or cannot look up just now, become their names.
func (c *Client) render(ctx context.Context, m contract.Message) []slack.MsgOption {
	text := escape(m.Text)
	switch m.Tone {
	case contract.ToneRed:
		text = ":red_circle: " + text
	case contract.ToneGreen:
		text = ":large_green_circle: " + text
	case contract.ToneNormal:
	}
	if mentions := c.mentions(ctx, m.Mention); mentions != "" {
		text = strings.TrimSpace(mentions + " " + text)
	}
	if strings.TrimSpace(text) == "" {
		text = "(no text)"
	}
	var blocks []slack.Block
	if !m.Late.IsZero() {
		blocks = append(blocks, slack.NewContextBlock("", markdown(meantFor(m.Late))))
	}
	if m.Card != nil {
		blocks = append(blocks, cardBlocks(*m.Card)...)
	} else {
		for _, piece := range pieces(text, maxSection, maxSections) {
			blocks = append(blocks, slack.NewSectionBlock(markdown(piece), nil, nil))
		}
	}
	blocks = append(blocks, buttonBlocks(m.Buttons)...)
	return []slack.MsgOption{
		slack.MsgOptionText(shorten(text, maxFallback), false),
		slack.MsgOptionBlocks(blocks...),
	}
}

func markdown(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.MarkdownType, text, false, false)
}

// meantFor says when a late message was meant, in the reader's own zone.
func meantFor(at time.Time) string {
	return fmt.Sprintf("Meant for <!date^%d^{date_short_pretty}, {time_secs}|%s>, posted late.",
		at.Unix(), at.UTC().Format("2006-01-02 15:04:05 UTC"))
}

// mentions notifies people, in one line.
func (c *Client) mentions(ctx context.Context, people []oncall.PersonID) string {
	var words []string
	away := false // once Slack has not answered, it is not asked again
	for _, id := range people {
		user := ""
		if !away {
			found, problem, err := c.userID(ctx, id)
			if away = err != nil; away || problem != "" {
				c.log.Warn("a person is named, not notified", "person", id, "problem", problem, "error", err)
			}
			user = found
		}
		if user != "" {
			words = append(words, "<@"+user+">")
			continue
		}
		name := string(id)
		if p, known := c.people.Person(id); known && p.Name != "" {
			name = p.Name
		}
		words = append(words, escape(name))
	}
	return strings.Join(words, " ")
}

// buttonBlocks renders buttons in rows. A button whose value Slack would not
// take is left out, and a line says how to answer without it.
func buttonBlocks(buttons []contract.Button) []slack.Block {
	var blocks []slack.Block
	var row []slack.BlockElement
	var lost []string
	flush := func() {
		if len(row) > 0 && len(blocks) < maxButtonRows {
			blocks = append(blocks, slack.NewActionBlock("", row...))
		}
		row = nil
	}
	for n, b := range withNotes(buttons) {
		value, err := json.Marshal(press{
			Verb: b.Verb, Incident: b.Incident, Key: b.Key, Question: b.Question, Value: b.Value, Page: b.Page, Attempt: b.Attempt, Form: b.Form,
		})
		if err != nil || utf8.RuneCount(value) > maxValue {
			lost = append(lost, b.Label)
			continue
		}
		label := shorten(cmp.Or(b.Label, string(b.Verb)), maxLabel)
		element := slack.NewButtonBlockElement(fmt.Sprintf("%s%d", actionPrefix, n), string(value),
			slack.NewTextBlockObject(slack.PlainTextType, label, false, false))
		if b.Danger {
			element = element.WithStyle(slack.StyleDanger)
		}
		if row = append(row, element); len(row) == maxRow {
			flush()
		}
	}
	flush()
	if lost != nil {
		note := "These answers do not fit on a button, give them on the command line: " + strings.Join(lost, ", ")
		blocks = append(blocks, slack.NewContextBlock("", markdown(shorten(escape(note), maxSection))))
	}
	return blocks
}

// withNotes adds to each task's button one that takes a note along.
func withNotes(buttons []contract.Button) []contract.Button {
	var out []contract.Button
	for _, b := range buttons {
		out = append(out, b)
		if b.Verb == contract.VerbDone && !b.Form {
			b.Label, b.Form = b.Label+", with a note…", true
			out = append(out, b)
		}
	}
	return out
}

// loud finds the words with which a text could call everybody.
var loud = regexp.MustCompile(`(?i)@(here|channel|everyone|group)\b`)

// escape makes text harmless in Slack's markup: the three control characters
// are written out (https://docs.slack.dev/messaging/formatting-message-text),
// so that no <!channel> of an alert survives, and @here and its like are broken
// by an invisible word joiner.
func escape(text string) string {
	text = loud.ReplaceAllString(text, "@\u2060$1")
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(text)
}

// unescape is what Slack's markup says as plain text.
func unescape(text string) string {
	return strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
}

// shorten cuts escaped text to a number of characters, at no escape's middle,
// and marks the cut.
func shorten(text string, limit int) string {
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	head, _ := cut(text, limit-1)
	return head + "…"
}

// pieces cuts escaped text into at most `most` pieces of `limit` characters,
// preferably between lines. What is left over is marked.
func pieces(text string, limit, most int) []string {
	var out []string
	for text != "" && len(out) < most {
		head, rest := cut(text, limit)
		if rest != "" {
			if line := strings.LastIndexByte(head, '\n'); line > len(head)/2 {
				head, rest = text[:line], text[line+1:]
			}
			if len(out) == most-1 {
				head, rest = shorten(text, limit), ""
			}
		}
		if strings.TrimSpace(head) != "" { // Slack takes no empty section
			out = append(out, head)
		}
		text = rest
	}
	return out
}

// cut splits escaped text after at most limit characters, never inside an
// escape such as &amp; or inside <…>.
func cut(text string, limit int) (head, rest string) {
	at, count := 0, 0
	for i := range text {
		if count == limit {
			at = i
			break
		}
		count++
	}
	if at == 0 {
		return text, ""
	}
	if open := strings.LastIndexAny(text[:at], "&<"); open > 0 {
		end := byte(';')
		if text[open] == '<' {
			end = '>'
		}
		if strings.IndexByte(text[open:at], end) < 0 {
			at = open
		}
	}
	return text[:at], text[at:]
}
