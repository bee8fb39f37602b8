package slack

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/musterbook/musterbook/contract"
)

// What people write comes in Slack's markup
// (https://docs.slack.dev/messaging/formatting-message-text), and goes on as plain
// text: into titles, notes, reasons and records, where nobody is mentioned and an
// id says nothing.

var (
	// linked is a link, with its label or without.
	linked = regexp.MustCompile(`<([a-z]+:[^|<>]*)(?:\|([^<>]*))?>`)
	// called is a group of people, a date, or everybody.
	called = regexp.MustCompile(`<!([a-z]+)[^<>|]*(?:\|([^<>]*))?>`)
	// mentions is a person or a room, with the label that Slack may give.
	mentions = regexp.MustCompile(`<([@#])([A-Z0-9]+)(?:\|([^<>]*))?>`)
)

// withoutMarkup is a text as it was typed, but for people and rooms, which are
// mentioned still: commands know them by their ids.
func withoutMarkup(text string) string {
	text = linked.ReplaceAllStringFunc(text, func(found string) string {
		part := linked.FindStringSubmatch(found)
		if address := strings.TrimPrefix(part[1], "mailto:"); part[2] != "" && part[2] != address && part[2] != part[1] {
			return part[2] + " (" + address + ")"
		}
		return strings.TrimPrefix(part[1], "mailto:")
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
	return strings.TrimSpace(unescape(text))
}

// maxMentions bounds how many people and rooms of one text are looked up.
const maxMentions = 20

// named is a text without markup, with names in the place of mentions. With an
// error, for Slack being away, it has the labels that Slack gave where it has no
// name.
func (c *Client) named(ctx context.Context, text string) (string, error) {
	names, err := c.namesIn(ctx, text)
	return mentions.ReplaceAllStringFunc(text, func(found string) string {
		part := mentions.FindStringSubmatch(found)
		unknown := somebody
		if part[1] == "#" {
			unknown = "a channel"
		}
		return part[1] + cmp.Or(names[part[2]], part[3], unknown)
	}), err
}

// namesIn are the names of the people and rooms that a text mentions, by id. With
// an error it has those that were found before.
func (c *Client) namesIn(ctx context.Context, text string) (map[string]string, error) {
	names := map[string]string{}
	for _, part := range mentions.FindAllStringSubmatch(text, -1) {
		sort, id, label := part[1], part[2], part[3]
		if _, known := names[id]; known || len(names) == maxMentions {
			continue
		}
		if sort == "#" {
			if names[id] = label; label == "" {
				names[id] = c.roomName(ctx, id)
			}
			continue
		}
		who, err := c.identify(ctx, id)
		if err != nil {
			return names, fmt.Errorf("name those who are mentioned: %w", err)
		}
		if names[id] = who.Name; who.Name == somebody {
			names[id] = "" // a label says more
		}
	}
	return names, nil
}

// plain is what somebody has written, as plain text with names. It is made in the
// time that an answer leaves for that.
func (d *Desk) plain(ctx context.Context, text string) string {
	return d.naming(ctx, withoutMarkup(text))
}

// naming puts names in the place of the mentions that are left in a text.
func (d *Desk) naming(ctx context.Context, text string) string {
	if !mentions.MatchString(text) {
		return text
	}
	ctx, cancel := context.WithTimeout(ctx, askWithin)
	defer cancel()
	text, err := d.client.named(ctx, text)
	if err != nil {
		d.log.Warn("a text names people as Slack has labelled them", "error", err)
	}
	return text
}

// nameAll puts names in the place of the mentions in all that an act says. A field
// that is a mention and no more is the person of the roster.
func (d *Desk) nameAll(ctx context.Context, act *contract.Act) {
	act.Value, act.Reason = d.naming(ctx, act.Value), d.naming(ctx, act.Reason)
	for name, value := range act.Fields {
		text, ok := value.(string)
		if !ok {
			continue
		}
		if user := mentioned(text); user != "" {
			if who := d.who(ctx, user, ""); who.Person != "" {
				act.Fields[name] = string(who.Person)
				continue
			}
		}
		act.Fields[name] = d.naming(ctx, text)
	}
}
