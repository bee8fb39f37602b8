package slack

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// message is what we need of a message that somebody pins. It is read leniently:
// a strange block in it must not cost the pin.
type message struct {
	TS       string `json:"ts"`
	User     string `json:"user"` // empty for many bots
	BotID    string `json:"bot_id"`
	Username string `json:"username"` // as which a bot has posted
	Text     string `json:"text"`     // in Slack's markup; of blocks their fallback
	Profile  struct {
		Name string `json:"name"`
	} `json:"bot_profile"`
	Files       []file       `json:"files"`
	Attachments []attachment `json:"attachments"`
}

type file struct {
	Name  string `json:"name"`
	Title string `json:"title"`
}

type attachment struct {
	Fallback string `json:"fallback"`
	Title    string `json:"title"`
	Text     string `json:"text"`
}

// messageOf is a message of the library's in ours.
func messageOf(from *slack.Message) message {
	m := message{TS: from.Timestamp, User: from.User, BotID: from.BotID, Username: from.Username, Text: from.Text}
	if from.BotProfile != nil {
		m.Profile.Name = from.BotProfile.Name
	}
	for _, f := range from.Files {
		m.Files = append(m.Files, file{f.Name, f.Title})
	}
	for _, a := range from.Attachments {
		m.Attachments = append(m.Attachments, attachment{a.Fallback, a.Title, a.Text})
	}
	return m
}

// author is who has written a message.
func (c *Client) author(ctx context.Context, m message) (string, error) {
	if m.BotID != "" || m.User == "" {
		if name := cmp.Or(m.Username, m.Profile.Name); name != "" {
			return name, nil
		}
	}
	if m.User == "" {
		return "a bot", nil
	}
	who, err := c.identify(ctx, m.User)
	return who.Name, err
}

// spoken is what a message says, for people: mentions are names and never ids. A
// message of files alone names them, and one of blocks alone has the text that
// its author has given for those who cannot see them.
func (c *Client) spoken(ctx context.Context, m message) (string, error) {
	text := m.Text
	if strings.TrimSpace(text) == "" {
		text = m.attached()
	}
	text, err := c.named(ctx, withoutMarkup(text))
	if err != nil {
		return "", err
	}
	for _, f := range m.Files {
		if name := strings.TrimSpace(cmp.Or(f.Title, f.Name)); name != "" {
			text = strings.TrimSpace(text + "\n[file: " + name + "]")
		}
	}
	if text == "" {
		return "(a message without words)", nil
	}
	return text, nil
}

// attached is what is attached to a message, in words.
func (m message) attached() string {
	var parts []string
	for _, a := range m.Attachments {
		if text := cmp.Or(a.Fallback, strings.TrimSpace(a.Title+"\n"+a.Text)); text != "" {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "\n")
}

// permalink is the address of a message. Where Slack does not give it, it is made
// of what addresses of messages are made of; empty when even that is not known.
func (c *Client) permalink(ctx context.Context, room, ts string) string {
	link, err := c.api.GetPermalinkContext(ctx, &slack.PermalinkParameters{Channel: room, Ts: ts})
	if err == nil {
		return link
	}
	c.log.Warn("Slack does not give the link to a message; it is made without it", "room", room, "error", classify("ask for a link", err))
	self, err := c.identity(ctx)
	if err != nil {
		return ""
	}
	return self.archive(room) + "/p" + strings.ReplaceAll(ts, ".", "")
}

// instantOf is when a message was posted: Slack's ids of messages are seconds with
// six decimals. The zero time is not known.
func instantOf(ts string) time.Time {
	whole, part, _ := strings.Cut(ts, ".")
	seconds, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || seconds <= 0 || seconds > 1<<36 {
		return time.Time{}
	}
	micros, err := strconv.ParseInt((part + "000000")[:6], 10, 64)
	if err != nil || micros < 0 {
		micros = 0
	}
	return time.Unix(seconds, micros*1000).UTC()
}
