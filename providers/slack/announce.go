package slack

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// Announce posts an incident's announcement, or changes the one that stands.
//
// Posting is idempotent by Key, as Post is, changing by nature. An announcement
// that somebody has deleted stays away: they wanted that.
func (c *Client) Announce(ctx context.Context, req contract.AnnounceRequest) (contract.AnnounceResult, error) {
	if room, ts, ok := strings.Cut(req.Posted, "/"); ok {
		err := c.update(ctx, room, ts, req.Message)
		if code(err) == messageNotFound {
			err = nil
		}
		return contract.AnnounceResult{Posted: req.Posted}, classify("change the announcement", err)
	}
	room, ts, err := c.postOnce(ctx, req.Channel, req.Effect, req.Message)
	if err != nil {
		return contract.AnnounceResult{}, err
	}
	out := contract.AnnounceResult{Posted: room + "/" + ts}
	if req.Again { // one that was found again may say what was so before
		err = classify("change the announcement", c.update(ctx, room, ts, req.Message))
	}
	return out, err
}

// CloseRoom says goodbye in a room and archives it.
//
// The goodbye is idempotent by Key, as Post is; a room that is archived already
// hears none, and is success.
func (c *Client) CloseRoom(ctx context.Context, req contract.CloseRoomRequest) error {
	_, _, err := c.postOnce(ctx, req.Room, req.Effect, req.Goodbye)
	var refused *contract.Refused
	switch {
	case errors.As(err, &refused) && c.archived(ctx, req.Room):
		return nil
	case err != nil:
		return err
	}
	err = c.inside(ctx, req.Room, func() error { return c.api.ArchiveConversationContext(ctx, req.Room) })
	if code(err) == alreadyArchived {
		return nil
	}
	return classify("archive the room", err)
}

// archived tells whether a room is known to be archived.
func (c *Client) archived(ctx context.Context, room string) bool {
	known, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: room})
	return err == nil && known.IsArchived
}

// idPattern is the id of a conversation.
var idPattern = regexp.MustCompile(`^[CGD][A-Z0-9]{7,}$`)

// roomID is the id of a room that is named by its id or by its name. Posting
// takes both, everything else the id alone. Names are looked up in the list of
// rooms, which is slow and scarce, so what was found is remembered.
func (c *Client) roomID(ctx context.Context, room string) (string, error) {
	if idPattern.MatchString(room) {
		return room, nil
	}
	name := strings.TrimPrefix(room, "#")
	c.mu.Lock()
	id := c.rooms[name]
	c.mu.Unlock()
	if id != "" {
		return id, nil
	}
	params := &slack.GetConversationsParameters{Types: []string{"public_channel", "private_channel"}, Limit: listPage, ExcludeArchived: true}
	for {
		page, next, err := c.api.GetConversationsContext(ctx, params)
		if err != nil {
			return "", classify("look for #"+name, err)
		}
		for _, known := range page {
			if known.Name == name {
				c.mu.Lock()
				c.rooms[name] = known.ID
				c.mu.Unlock()
				return known.ID, nil
			}
		}
		if next == "" {
			return "", &contract.Refused{
				What: fmt.Sprintf("there is no channel #%s that the app can see", name), Hint: "create it, or invite the app into it",
			}
		}
		params.Cursor = next
	}
}
