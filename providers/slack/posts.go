package slack

import (
	"context"
	"fmt"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// metadataType marks our messages, and metadataKey is where their idempotency
// key stands (https://docs.slack.dev/messaging/message-metadata).
const (
	metadataType = "musterbook_message"
	metadataKey  = "k"
)

// historyPage is how many messages are looked through for a lost one.
const historyPage = 200

// Post posts a message.
//
// It is idempotent by Key, which travels in the message's metadata: on Again
// one page of the room's history since Intended is searched for it, and what is
// found is adopted. A pin that cannot be set does not fail the post.
func (c *Client) Post(ctx context.Context, req contract.PostRequest) (contract.PostResult, error) {
	_, ts, err := c.postOnce(ctx, req.Room, req.Effect, req.Message)
	if err != nil {
		return contract.PostResult{}, err
	}
	if req.Message.Pin {
		if err := c.pin(ctx, req.Room, ts); err != nil {
			return contract.PostResult{}, err
		}
	}
	return contract.PostResult{Message: ts}, nil
}

// postOnce finds the message of this effect, or posts it. The room may be
// named by its name; its id is answered.
func (c *Client) postOnce(ctx context.Context, room string, e contract.Effect, m contract.Message) (id, ts string, err error) {
	if e.Again {
		if room, err = c.roomID(ctx, room); err != nil {
			return "", "", err
		}
		ts, err := c.find(ctx, room, e)
		if err != nil || ts != "" {
			return room, ts, err
		}
	}
	content := append(c.render(ctx, m), slack.MsgOptionMetadata(slack.SlackMetadata{
		EventType: metadataType, EventPayload: map[string]any{metadataKey: e.Key},
	}), slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	err = c.inside(ctx, room, func() (err error) {
		id, ts, err = c.api.PostMessageContext(ctx, room, content...)
		return err
	})
	return id, ts, classify("post to the room", err)
}

// find looks for a message of ours that carries the effect's key.
func (c *Client) find(ctx context.Context, room string, e contract.Effect) (string, error) {
	since := e.Intended.Add(-skew)
	var page *slack.GetConversationHistoryResponse
	err := c.inside(ctx, room, func() (err error) {
		page, err = c.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: room, Oldest: timestamp(since), Limit: historyPage, IncludeAllMetadata: true,
		})
		return err
	})
	if err != nil {
		return "", classify("look for a message that may have been posted", err)
	}
	for _, m := range page.Messages {
		if m.Metadata.EventType == metadataType && m.Metadata.EventPayload[metadataKey] == e.Key {
			return m.Timestamp, nil
		}
	}
	return "", nil
}

// timestamp is an instant as Slack writes it; the beginning of time is open.
func timestamp(at time.Time) string {
	if at.Unix() <= 0 {
		return "0"
	}
	return fmt.Sprintf("%d.%06d", at.Unix(), at.Nanosecond()/1000)
}

// pin pins a message. It is idempotent by nature: a second time is success. A
// refusal is borne, since the message stands.
func (c *Client) pin(ctx context.Context, room, ts string) error {
	err := c.inside(ctx, room, func() error {
		return c.api.AddPinContext(ctx, room, slack.NewRefToMessage(room, ts))
	})
	if code(err) == alreadyPinned {
		return nil
	}
	return c.bearable("pin the message", err)
}

// update makes a message say something else. It is idempotent by nature, and
// leaves the metadata as it is.
func (c *Client) update(ctx context.Context, room, ts string, m contract.Message) error {
	_, _, _, err := c.api.UpdateMessageContext(ctx, room, ts, c.render(ctx, m)...)
	return err
}
