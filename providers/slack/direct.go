package slack

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// Tell writes a direct message to one person.
//
// It is idempotent by Key, as Post is. Opening the conversation is idempotent by nature: Slack gives the one that there
// is. Somebody whom Slack does not know, or who has been deactivated, is refused.
func (c *Client) Tell(ctx context.Context, req contract.TellPersonRequest) (contract.TellPersonResult, error) {
	user, problem, err := c.userID(ctx, req.Person)
	if err != nil {
		return contract.TellPersonResult{}, err
	}
	if problem != "" {
		return contract.TellPersonResult{}, &contract.Refused{What: problem}
	}
	room, err := c.direct(ctx, user)
	if err != nil {
		return contract.TellPersonResult{}, err
	}
	_, ts, err := c.postOnce(ctx, room, req.Effect, req.Message)
	if err != nil {
		if contract.IsRefused(err) {
			c.forget(user) // the next message asks Slack anew who and where that is
		}
		return contract.TellPersonResult{}, err
	}
	return contract.TellPersonResult{Provider: room + "/" + ts}, nil
}

// direct is our conversation with a user, remembered or opened.
func (c *Client) direct(ctx context.Context, user string) (string, error) {
	c.mu.Lock()
	room := c.directs[user]
	c.mu.Unlock()
	if room != "" {
		return room, nil
	}
	opened, _, _, err := c.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{user}})
	if err != nil {
		if contract.IsRefused(classify("", err)) {
			c.forget(user)
		}
		return "", classify("open a direct message", err)
	}
	c.mu.Lock()
	c.directs[user] = opened.ID
	c.mu.Unlock()
	return opened.ID, nil
}

// Retell makes a direct message say something else, mostly without its buttons. It is idempotent by nature; a message
// that was deleted has nothing left to press.
func (c *Client) Retell(ctx context.Context, req contract.RetellPersonRequest) error {
	room, ts, ok := strings.Cut(req.Provider, "/")
	if !ok {
		return &contract.Refused{What: "update a direct message: " + req.Provider + " names none"}
	}
	err := c.update(ctx, room, ts, req.Message)
	if code(err) == messageNotFound {
		return nil
	}
	return classify("update a direct message", err)
}
