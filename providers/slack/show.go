package slack

import (
	"context"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// ShowRoom makes the room show what is so.
//
// All of it is idempotent by nature, since it sets and never adds, except for a
// card that is shown for the first time: that is a post, idempotent by Key. The
// order is that of worth: people come in, see the card and the questions; then
// the topic, and the bookmarks last, whose failure is no failure of the rest. What Slack refuses is told in Problems and stops nothing else.
// When Slack is away, or refuses everything we do, the rest waits.
func (c *Client) ShowRoom(ctx context.Context, req contract.ShowRoomRequest) (contract.ShowRoomResult, error) {
	out := contract.ShowRoomResult{CardID: req.CardID}
	tell := func(err error) error {
		refused, ok := refusal(err)
		if !ok {
			return err
		}
		out.Problems = append(out.Problems, refused.Error())
		return nil
	}

	missing, err := c.invite(ctx, req.Room, req.Invite)
	out.Problems = append(out.Problems, missing...)
	if err := tell(err); err != nil {
		return out, err
	}
	if req.Card != nil {
		card, err := c.showCard(ctx, req)
		if err := tell(err); err != nil {
			return out, err
		}
		out.CardID = card
	}
	for _, s := range req.Settled {
		err := classify("settle a question", c.update(ctx, req.Room, s.Message, s.Now))
		if err := tell(err); err != nil {
			return out, err
		}
	}
	if req.Topic != "" {
		if err := tell(c.showTopic(ctx, req)); err != nil {
			return out, err
		}
	}
	if req.Bookmarks != nil {
		problems, done := c.showBookmarks(ctx, req.Room, req.Bookmarks)
		out.Problems, out.Bookmarked = append(out.Problems, problems...), done
	}
	return out, nil
}

// showCard updates the card, or posts and pins it when there is none: at first,
// and when somebody has deleted it. It answers the card's id, which stays the
// old one when the update was refused.
func (c *Client) showCard(ctx context.Context, req contract.ShowRoomRequest) (string, error) {
	if req.CardID != "" {
		err := c.update(ctx, req.Room, req.CardID, *req.Card)
		if code(err) != messageNotFound {
			return req.CardID, classify("update the card", err)
		}
	}
	_, card, err := c.postOnce(ctx, req.Room, req.Effect, *req.Card)
	if err != nil {
		return req.CardID, err
	}
	// A card that was found again may say what was so before.
	if req.Again {
		if err := classify("update the card", c.update(ctx, req.Room, card, *req.Card)); err != nil {
			return card, err
		}
	}
	return card, c.pin(ctx, req.Room, card)
}

// showTopic sets the topic. Slack writes a line into the room each time, so a
// repetition looks first whether it stands there already.
func (c *Client) showTopic(ctx context.Context, req contract.ShowRoomRequest) error {
	topic := topicText(req.Topic)
	if req.Again {
		room, err := c.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: req.Room})
		if err == nil && room.Topic.Value == topic {
			return nil
		}
		if err != nil {
			return classify("read the topic", err)
		}
	}
	err := c.inside(ctx, req.Room, func() error {
		_, err := c.api.SetTopicOfConversationContext(ctx, req.Room, topic)
		return err
	})
	return classify("set the topic", err)
}
