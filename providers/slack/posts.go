package slack

import (
	"context"
	"fmt"
	"strings"
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

// Post posts a message, into a thread when it answers one.
//
// It is idempotent by Key, which travels in the message's metadata: on Again
// one page of the room's history since Intended is searched for it, and of the
// thread's replies, and what is found is adopted. A pin that cannot be set does
// not fail the post.
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
// named by its name; its id is answered. A message whose thread there is not is
// posted into the room: what it says is worth more than where it stands.
func (c *Client) postOnce(ctx context.Context, room string, e contract.Effect, m contract.Message) (id, ts string, err error) {
	m.Thread = strings.TrimSpace(m.Thread)
	if e.Again {
		if room, err = c.roomID(ctx, room); err != nil {
			return "", "", err
		}
		ts, err := c.find(ctx, room, m.Thread, e)
		if err != nil || ts != "" {
			return room, ts, err
		}
	}
	keyed := slack.MsgOptionMetadata(slack.SlackMetadata{EventType: metadataType, EventPayload: map[string]any{metadataKey: e.Key}})
	if m.Thread != "" {
		id, ts, err = c.send(ctx, room, m, keyed, slack.MsgOptionTS(m.Thread))
		if !noThread(err) {
			return id, ts, classify("post into the thread", err)
		}
		c.log.Warn("there is no such thread; the message is posted into the room", "room", room, "thread", m.Thread, "error", err)
		m.Text += "\n(This answers a message in whose thread nothing can be posted.)"
	}
	id, ts, err = c.send(ctx, room, m, keyed)
	return id, ts, classify("post to the room", err)
}

// send posts a message as it is.
func (c *Client) send(ctx context.Context, room string, m contract.Message, more ...slack.MsgOption) (id, ts string, err error) {
	content := append(c.render(ctx, m), more...)
	content = append(content, slack.MsgOptionDisableLinkUnfurl(), slack.MsgOptionDisableMediaUnfurl())
	err = c.inside(ctx, room, func() (err error) {
		id, ts, err = c.api.PostMessageContext(ctx, room, content...)
		return err
	})
	return id, ts, err
}

// noThread tells whether Slack says of a thread that there is none, or that it
// takes no replies. The first is what Slack documents; the others it says of
// timestamps that are none, of messages that were deleted, and of rooms
// whose administrators want no threads.
func noThread(err error) bool {
	switch code(err) {
	case "cannot_reply_to_message", "thread_not_found", "invalid_thread_ts", messageNotFound,
		"restricted_action_non_threadable_channel", "restricted_action_thread_locked":
		return true
	}
	return false
}

// find looks for a message of ours that carries the effect's key: in the thread,
// and in the room, whose history does not list the replies.
func (c *Client) find(ctx context.Context, room, thread string, e contract.Effect) (string, error) {
	since := timestamp(e.Intended.Add(-skew))
	if thread != "" {
		var replies []slack.Message
		err := c.inside(ctx, room, func() (err error) {
			replies, _, _, err = c.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{
				ChannelID: room, Timestamp: thread, Oldest: since, Limit: historyPage, IncludeAllMetadata: true,
			})
			return err
		})
		if err != nil && !noThread(err) {
			return "", classify("look for a reply that may have been posted", err)
		}
		if ts := marked(replies, e.Key); ts != "" {
			return ts, nil
		}
	}
	var page *slack.GetConversationHistoryResponse
	err := c.inside(ctx, room, func() (err error) {
		page, err = c.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{
			ChannelID: room, Oldest: since, Limit: historyPage, IncludeAllMetadata: true,
		})
		return err
	})
	if err != nil {
		return "", classify("look for a message that may have been posted", err)
	}
	return marked(page.Messages, e.Key), nil
}

// marked is the one of our messages that carries a key; empty when none does.
func marked(messages []slack.Message, key string) string {
	for _, m := range messages {
		if m.Metadata.EventType == metadataType && m.Metadata.EventPayload[metadataKey] == key {
			return m.Timestamp
		}
	}
	return ""
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
