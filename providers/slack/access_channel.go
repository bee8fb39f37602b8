package slack

import (
	"context"

	"github.com/slack-go/slack"
)

// Channel is how the app stands to a channel that was there before it.
type Channel struct {
	ID, Name   string
	Private    bool
	Archived   bool
	Member     bool // the app is in it; it joins a public one by itself
	Restricted bool // administrators say who may post there
}

// Channel asks Slack about a channel, by its name or its id. It has no effect. A
// channel that is not there, or that is private and without the app, is refused:
// Slack does not tell one from the other.
func (c *Client) Channel(ctx context.Context, channel string) (Channel, error) {
	id, err := c.roomID(ctx, channel)
	if err != nil {
		return Channel{}, err
	}
	known, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		return Channel{}, classify("ask about "+channel, err)
	}
	out := Channel{
		ID: known.ID, Name: known.Name, Private: known.IsPrivate, Archived: known.IsArchived, Member: known.IsMember, Restricted: known.IsReadOnly,
	}
	if p := known.Properties; p != nil {
		out.Restricted = out.Restricted || len(p.PostingRestrictedTo.Type) > 0 || len(p.PostingRestrictedTo.User) > 0
	}
	return out, nil
}
