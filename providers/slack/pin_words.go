package slack

import (
	"cmp"
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/incident"
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
	Files []struct {
		Name  string `json:"name"`
		Title string `json:"title"`
	} `json:"files"`
	Attachments []struct {
		Fallback string `json:"fallback"`
		Title    string `json:"title"`
		Text     string `json:"text"`
	} `json:"attachments"`
}

// messageOf is a message of the library's in ours.
func messageOf(from *slack.Message) message {
	m := message{TS: from.Timestamp, User: from.User, BotID: from.BotID, Username: from.Username, Text: from.Text}
	if from.BotProfile != nil {
		m.Profile.Name = from.BotProfile.Name
	}
	for _, f := range from.Files {
		m.Files = append(m.Files, struct {
			Name  string `json:"name"`
			Title string `json:"title"`
		}{f.Name, f.Title})
	}
	for _, a := range from.Attachments {
		m.Attachments = append(m.Attachments, struct {
			Fallback string `json:"fallback"`
			Title    string `json:"title"`
			Text     string `json:"text"`
		}{a.Fallback, a.Title, a.Text})
	}
	return m
}

// somebody stands for a person whom neither the roster nor Slack can name.
const somebody = "somebody"

// identify says who a user is, as actor does; but somebody who is not in the
// roster acts under the name that Slack shows, and an error says that it cannot be
// found out just now. What is written for good must have the right name.
func (c *Client) identify(ctx context.Context, user string) (incident.Actor, error) {
	c.mu.Lock()
	email, name := c.emails[user], c.names[user]
	c.mu.Unlock()
	if p, known := c.people.PersonBySlack(user); known {
		return actorOf(p), nil
	}
	if p, known := c.people.PersonByEmail(email); known && email != "" {
		return actorOf(p), nil
	}
	stranger := incident.Actor{Name: name, Door: incident.DoorSlack, Verified: true}
	if name != "" {
		return stranger, nil
	}
	stranger.Name = somebody
	found, err := c.api.GetUserInfoContext(ctx, user)
	if code(err) == userNotFound {
		return stranger, nil
	}
	if err != nil {
		return incident.Actor{}, classify("ask Slack who somebody is", err)
	}
	stranger.Name = cmp.Or(strings.TrimSpace(found.Profile.RealName), found.RealName, found.Profile.DisplayName, found.Name, somebody)
	if email = strings.ToLower(found.Profile.Email); email != "" {
		c.remember(email, user)
		if p, known := c.people.PersonByEmail(email); known {
			return actorOf(p), nil
		}
	}
	c.mu.Lock()
	c.names[user] = stranger.Name
	c.mu.Unlock()
	return stranger, nil
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

// maxMentions bounds how many people and rooms of one message are looked up.
const maxMentions = 20

var (
	// named is a person or a room in Slack's markup.
	named = regexp.MustCompile(`<([@#])([A-Z0-9]+)(?:\|([^<>]*))?>`)
	// called is a group of people, a date, or everybody, in Slack's markup.
	called = regexp.MustCompile(`<!([a-z]+)[^<>|]*(?:\|([^<>]*))?>`)
)

// spoken is what a message says, for people: mentions are names and never ids. A
// message of files alone names them, and one of blocks alone has the text that
// its author has given for those who cannot see them.
func (c *Client) spoken(ctx context.Context, m message) (string, error) {
	text := m.Text
	if strings.TrimSpace(text) == "" {
		text = m.attached()
	}
	names, err := c.mentionedIn(ctx, text)
	if err != nil {
		return "", err
	}
	text = named.ReplaceAllStringFunc(text, func(found string) string {
		part := named.FindStringSubmatch(found)
		return "<" + part[1] + part[2] + "|" + escapeLabel(names[part[2]]) + ">"
	})
	text = called.ReplaceAllStringFunc(text, func(found string) string {
		part := called.FindStringSubmatch(found)
		switch {
		case part[2] != "":
			return part[2]
		case part[1] == "subteam":
			return "@a group"
		}
		return "@" + part[1]
	})
	text = c.readable(text)
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

// mentionedIn are the names of the people and rooms that a text mentions, by id.
func (c *Client) mentionedIn(ctx context.Context, text string) (map[string]string, error) {
	names := map[string]string{}
	asked := 0
	for _, part := range named.FindAllStringSubmatch(text, -1) {
		sort, id, label := part[1], part[2], part[3]
		if _, known := names[id]; known {
			continue
		}
		switch {
		case sort == "#" && label != "":
			names[id] = label
		case asked == maxMentions && sort == "@":
			names[id] = somebody
		case asked == maxMentions:
			names[id] = "a channel"
		case sort == "#":
			asked++
			names[id] = cmp.Or(c.roomName(ctx, id), "a channel")
		default:
			asked++
			who, err := c.identify(ctx, id)
			if err != nil {
				return nil, err
			}
			names[id] = who.Name
		}
	}
	return names, nil
}

// escapeLabel makes a name fit into Slack's markup.
func escapeLabel(name string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "|", "/").Replace(name)
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
	return self.url + "archives/" + room + "/p" + strings.ReplaceAll(ts, ".", "")
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
