package slack

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/incident"
)

// keyPattern is an incident's key as people type it.
var keyPattern = regexp.MustCompile(`(?i)^inc-[0-9]{1,9}$`)

// roomKeyPattern finds the key at the beginning of an incident's room's name.
var roomKeyPattern = regexp.MustCompile(`^(inc-[0-9]{1,9})(-|$)`)

// keyOf reads a key in its proper form; empty when the text is none.
func keyOf(text string) incident.Key {
	if !keyPattern.MatchString(text) {
		return ""
	}
	return incident.Key(strings.ToUpper(text))
}

// incidentOf is the incident whose room this is; empty when it is no incident's.
// Our rooms say it in their purpose, which people may read and strangers may
// copy, so it counts only where our own bot made the room. While Slack does not
// answer, the room's name must do.
func (c *Client) incidentOf(ctx context.Context, room, name string) incident.Key {
	c.mu.Lock()
	key, known := c.rooms[room]
	c.mu.Unlock()
	if known {
		return key
	}
	key, err := c.readKey(ctx, room)
	switch {
	case err == nil && key != "":
		c.mu.Lock()
		c.rooms[room] = key
		c.mu.Unlock()
		return key
	case err == nil:
		return ""
	case code(err) != "":
		return "" // a room that our bot cannot see is none of ours
	}
	c.log.Warn("Slack cannot tell whose room this is; its name must do", "room", name, "error", err)
	if m := roomKeyPattern.FindStringSubmatch(name); m != nil {
		return keyOf(m[1])
	}
	return ""
}

// readKey asks Slack for the room's purpose.
func (c *Client) readKey(ctx context.Context, room string) (incident.Key, error) {
	self, err := c.identity(ctx)
	if err != nil {
		return "", err
	}
	found, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: room})
	if err != nil {
		return "", err
	}
	words := strings.Fields(found.Purpose.Value)
	marked := slices.ContainsFunc(words, func(w string) bool { return strings.HasPrefix(w, markPrefix) })
	if found.Creator != self.user || !marked {
		return "", nil
	}
	return keyOf(words[0]), nil
}
