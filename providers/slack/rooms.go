package slack

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Slack's limits of rooms, in characters.
const (
	maxRoomName = 80
	maxTopic    = 250 // of topics and purposes
)

// maxRoomTries is how many names are tried when others have taken the wished one.
const maxRoomTries = 20

// listPage is how many rooms are asked for at once; Slack wants it below 1,000.
const listPage = 999

// OpenRoom opens the room of an incident, or finds the one that was opened.
//
// It is idempotent by Owner, whose mark stands in the room's purpose: a room is
// adopted only if our own bot made it and its purpose holds the mark. Between
// making a room and marking it we may die; so a room of a wished name that our
// bot made after the request was intended, and that nobody has marked, is ours
// too. Anything else of that name is a stranger's, and ours gets a suffix.
//
// Who cannot be invited is reported and never an error: the room is worth more.
func (c *Client) OpenRoom(ctx context.Context, req contract.OpenRoomRequest) (contract.OpenRoomResult, error) {
	self, err := c.identity(ctx)
	if err != nil {
		return contract.OpenRoomResult{}, err
	}
	room, err := c.findOrCreate(ctx, self, req)
	if err != nil {
		return contract.OpenRoomResult{}, err
	}
	if err := c.describe(ctx, room, req); err != nil {
		return contract.OpenRoomResult{}, err
	}
	problems, err := c.invite(ctx, room.ID, req.Invite)
	switch {
	case contract.IsRefused(err):
		problems = append(problems, err.Error())
	case err != nil:
		return contract.OpenRoomResult{}, err
	}
	return contract.OpenRoomResult{
		Room:       incident.Room{ID: room.ID, Name: room.Name, URL: self.archive(room.ID)},
		NotInvited: problems,
	}, nil
}

// findOrCreate finds our room or makes one, under the first name that is free.
// The rooms are listed only when an earlier attempt may have made one, or when
// a name is taken: lists are slow and scarce.
func (c *Client) findOrCreate(ctx context.Context, self identity, req contract.OpenRoomRequest) (*slack.Channel, error) {
	w := wanted{self: self, names: roomNames(req.Name), mark: mark(req.Owner), since: req.Intended.Add(-skew), private: c.private || req.Private}
	var taken map[string]bool
	var err error
	if req.Again {
		ours, seen, err := c.survey(ctx, w)
		if err != nil || ours != nil {
			return ours, err
		}
		taken = seen
	}
	for _, name := range w.names {
		if taken[name] {
			continue
		}
		var room *slack.Channel
		room, err = c.api.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: name, IsPrivate: w.private})
		if code(err) != nameTaken {
			return room, classify("create room #"+name, err)
		}
		var ours *slack.Channel
		ours, taken, err = c.survey(ctx, w)
		if err != nil || ours != nil {
			return ours, err
		}
	}
	return nil, &contract.Refused{
		What: fmt.Sprintf("create room #%s: that name and %d variations of it are taken", w.names[0], len(w.names)-1),
		Hint: "rename or delete old rooms of that name",
	}
}

// wanted describes the room that we look for.
type wanted struct {
	self    identity
	names   []string // the wished name and its variations
	mark    string
	since   time.Time
	private bool // a room by invitation only
}

// ours tells whether a room is the one we made for this owner.
func (w wanted) ours(room slack.Channel) bool {
	if room.Creator != w.self.user || room.IsArchived {
		return false
	}
	if slices.Contains(strings.Fields(room.Purpose.Value), w.mark) {
		return true
	}
	unmarked := room.Purpose.Value == "" && !room.Created.Time().Before(w.since)
	return unmarked && slices.Contains(w.names, room.Name)
}

// survey lists the workspace's rooms until ours is found, and tells which of
// the wished names are taken. Rooms that our bot cannot see are not listed.
func (c *Client) survey(ctx context.Context, w wanted) (ours *slack.Channel, taken map[string]bool, err error) {
	kind := "public_channel"
	if w.private {
		kind = "private_channel"
	}
	params := &slack.GetConversationsParameters{Types: []string{kind}, Limit: listPage}
	taken = map[string]bool{}
	for {
		page, next, err := c.api.GetConversationsContext(ctx, params)
		if err != nil {
			return nil, nil, classify("look for the room", err)
		}
		for _, room := range page {
			if w.ours(room) {
				return &room, nil, nil
			}
			taken[room.Name] = true
		}
		if next == "" {
			return nil, taken, nil
		}
		params.Cursor = next
	}
}

// describe marks the room as the owner's and sets its topic. Setting the same
// again changes nothing, and what stands there already is left alone.
func (c *Client) describe(ctx context.Context, room *slack.Channel, req contract.OpenRoomRequest) error {
	if !slices.Contains(strings.Fields(room.Purpose.Value), mark(req.Owner)) {
		_, err := c.api.SetPurposeOfConversationContext(ctx, room.ID, purpose(req))
		if err := c.bearable("set the room's purpose", err); err != nil {
			return err
		}
	}
	if topic := topicText(req.Topic); topic != "" && room.Topic.Value != topic {
		_, err := c.api.SetTopicOfConversationContext(ctx, room.ID, topic)
		if err := c.bearable("set the room's topic", err); err != nil {
			return err
		}
	}
	return nil
}

// bearable lets a refused adornment pass, with a line in the log: the room
// stands without it. Everything else is returned, classified.
func (c *Client) bearable(doing string, err error) error {
	err = classify(doing, err)
	if refused, ok := refusal(err); ok {
		c.log.Warn("the room goes on without this", "error", refused)
		return nil
	}
	return err
}

// mark is how an owner's id stands in a room's purpose: one word that no other
// owner has. What could not stand there whole is shortened to its hash.
func mark(owner string) string {
	plain := func(r rune) bool {
		return r == '-' || r == '_' || r == '.' || r == '/' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	if owner != "" && len(owner) <= 100 && strings.IndexFunc(owner, func(r rune) bool { return !plain(r) }) < 0 {
		return "id:" + owner
	}
	sum := sha256.Sum256([]byte(owner))
	return "id:" + hex.EncodeToString(sum[:16])
}

// purpose is the wished text, cut so that the mark fits.
func purpose(req contract.OpenRoomRequest) string {
	m := mark(req.Owner)
	if req.Purpose == "" {
		return m
	}
	return shorten(escape(oneLine(req.Purpose)), maxTopic-len(m)-1) + " " + m
}

// topicText is a topic as it is sent.
func topicText(topic string) string { return shorten(escape(oneLine(topic)), maxTopic) }

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// roomNames lists the names to try: the wished one, made valid, and variations.
func roomNames(wish string) []string {
	name := roomName(wish)
	names := []string{name}
	for n := 2; n <= maxRoomTries; n++ {
		names = append(names, fmt.Sprintf("%s-%d", name, n))
	}
	return names
}

// roomName makes a name that Slack takes: lower-case letters, digits, hyphens
// and underscores, short enough for a suffix. "inc-INC-1", from a template that
// says inc- before the key, loses its stutter.
func roomName(wish string) string {
	var b strings.Builder
	dash := true // swallows dashes at the beginning
	for _, r := range strings.ToLower(strings.TrimPrefix(wish, "#")) {
		if r == '_' || (unicode.IsLetter(r) || unicode.IsDigit(r)) && !unicode.IsUpper(r) {
			b.WriteRune(r)
			dash = false
			continue
		}
		if !dash {
			b.WriteByte('-')
			dash = true
		}
	}
	name := b.String()
	if strings.HasPrefix(name, "inc-inc-") {
		name = strings.TrimPrefix(name, "inc-")
	}
	if runes := []rune(name); len(runes) > maxRoomName-len("-20") {
		name = string(runes[:maxRoomName-len("-20")])
	}
	if name = strings.Trim(name, "-"); strings.Trim(name, "_-") == "" {
		return "incident"
	}
	return name
}
