package contract

import (
	"fmt"
	"strings"
	"time"
)

// Card is what people see at a glance, in neutral parts. The provider lays it out, escapes it and shows its times in the
// reader's own zone; Text is the same where there is no layout.
type Card struct {
	Title  string      `json:"title"`
	Fields []CardField `json:"fields,omitempty"`
	Links  []Link      `json:"links,omitempty"`
}

// CardField is one thing that the card tells.
type CardField struct {
	Name  string     `json:"name"`
	Lines []CardLine `json:"lines"`
	Wide  bool       `json:"wide,omitempty"` // it wants the card's whole width
	Left  int        `json:"left,omitempty"` // how many lines did not find room
}

// CardLine is a line with at most one instant in it: "Text, Word At, Then".
type CardLine struct {
	Text string    `json:"text"`
	Word string    `json:"word,omitempty"` // what leads to the instant: "until", "since"
	At   time.Time `json:"at,omitzero"`
	Then string    `json:"then,omitempty"` // what follows
}

// Link is an address with a name for people.
type Link struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Text is the card as plain text of several lines, with times in UTC.
func (c Card) Text() string {
	lines := []string{c.Title}
	for _, f := range c.Fields {
		said := f.texts(utc)
		if len(said) == 1 {
			lines = append(lines, f.Name+": "+said[0])
			continue
		}
		lines = append(lines, f.Name+":")
		for _, line := range said {
			lines = append(lines, "• "+line)
		}
	}
	for _, l := range c.Links {
		lines = append(lines, l.Name+": "+l.URL)
	}
	return strings.Join(lines, "\n")
}

// Said is a line with its instant written in a form of one's own.
func (l CardLine) Said(form func(time.Time) string) string {
	text := l.Text
	if !l.At.IsZero() {
		text = strings.TrimSpace(text + " " + strings.TrimSpace(l.Word+" "+form(l.At)))
	}
	if l.Then != "" {
		text += ", " + l.Then
	}
	return text
}

// texts are a field's lines, and how many are left out.
func (f CardField) texts(form func(time.Time) string) []string {
	out := make([]string, 0, len(f.Lines)+1)
	for _, l := range f.Lines {
		out = append(out, l.Said(form))
	}
	if f.Left > 0 {
		out = append(out, More(f.Left))
	}
	return out
}

// More says that a list goes on.
func More(left int) string { return fmt.Sprintf("… and %d more", left) }

// utc is an instant for readers whose zone is not known.
func utc(at time.Time) string { return at.UTC().Format("2006-01-02 15:04 UTC") }
