package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/oncall"
)

// inviteChunk is how many people are invited at once. Slack takes 100, but a
// chunk in which one is refused is tried again, so smaller ones lose less.
const inviteChunk = 30

// invite brings people into a room. It is idempotent by nature: who is a member
// already stays one. Who cannot be invited is told in sentences; err is for
// Slack being away, and then everything may be asked again.
func (c *Client) invite(ctx context.Context, room string, people []oncall.PersonID) (problems []string, err error) {
	names := map[string]oncall.PersonID{}
	var users []string
	for _, id := range people {
		user, problem, err := c.userID(ctx, id)
		switch {
		case err != nil:
			if refused, ok := refusal(err); ok {
				problems = append(problems, fmt.Sprintf("%s: %v", id, refused))
				continue
			}
			return nil, err
		case problem != "":
			problems = append(problems, problem)
		case names[user] == "":
			names[user] = id
			users = append(users, user)
		}
	}
	for chunk := range slices.Chunk(users, inviteChunk) {
		failed, err := c.inviteChunk(ctx, room, chunk)
		if err != nil {
			return nil, err
		}
		for _, f := range failed {
			problems = append(problems, fmt.Sprintf("%s: %s", names[f.user], f.reason))
		}
	}
	return problems, nil
}

// notInvited is a user and why they are not in the room.
type notInvited struct{ user, reason string }

// inviteChunk invites up to inviteChunk users. One bad user makes Slack refuse
// them all, so it goes on without the bad ones, whom Slack names.
func (c *Client) inviteChunk(ctx context.Context, room string, users []string) ([]notInvited, error) {
	var failed []notInvited
	for len(users) > 0 {
		err := c.inside(ctx, room, func() error {
			_, err := c.api.InviteUsersToConversationContext(ctx, room, users...)
			return err
		})
		if err == nil {
			return failed, nil
		}
		bad := badUsers(err, users)
		if len(bad) == 0 && len(users) > 1 && aboutUser(code(err)) {
			one, err := c.oneByOne(ctx, room, users)
			return append(failed, one...), err
		}
		if len(bad) == 0 {
			rest, err := c.wholeRefusal(err, users)
			return append(failed, rest...), err
		}
		for _, user := range users {
			reason, is := bad[user]
			if !is {
				continue
			}
			if reason == userNotFound {
				c.forget(user)
			}
			if reason != alreadyInChannel && reason != "cant_invite_self" {
				failed = append(failed, notInvited{user, "Slack says " + reason})
			}
		}
		users = slices.DeleteFunc(slices.Clone(users), func(u string) bool { _, is := bad[u]; return is })
	}
	return failed, nil
}

// oneByOne invites users singly, when Slack refused some of them without saying whom.
func (c *Client) oneByOne(ctx context.Context, room string, users []string) ([]notInvited, error) {
	var failed []notInvited
	for _, u := range users {
		one, err := c.inviteChunk(ctx, room, []string{u})
		if err != nil {
			return nil, err
		}
		failed = append(failed, one...)
	}
	return failed, nil
}

// wholeRefusal is an invitation that failed without naming anybody: a refusal
// concerns them all, and everything else is Slack being away.
func (c *Client) wholeRefusal(err error, users []string) ([]notInvited, error) {
	err = classify("invite people", err)
	refused, ok := refusal(err)
	if !ok {
		return nil, err
	}
	var failed []notInvited
	for _, u := range users {
		failed = append(failed, notInvited{u, refused.Error()})
	}
	return failed, nil
}

// badUsers tells which of the invited users Slack refused, and why. A refusal
// without a list concerns the only user there is.
func badUsers(err error, users []string) map[string]string {
	var refusal slack.SlackErrorResponse
	if !errors.As(err, &refusal) {
		return nil
	}
	bad := map[string]string{}
	for _, e := range refusal.Errors {
		each := e.ConversationsInviteResponseError
		if each != nil && !each.Ok && slices.Contains(users, each.User) {
			bad[each.User] = each.Error
		}
	}
	if len(bad) == 0 && len(users) == 1 && aboutUser(refusal.Err) {
		bad[users[0]] = refusal.Err
	}
	return bad
}

// aboutUser tells whether a code of conversations.invite speaks of the invited
// user and not of the room or of us.
func aboutUser(code string) bool {
	switch code {
	case alreadyInChannel, "cant_invite", "cant_invite_self", userNotFound, "user_is_restricted", "no_permission",
		"invitee_cant_see_channel", "org_user_not_in_team", "ura_max_channels", "no_external_invite_permission",
		"app_cannot_join_channel":
		return true
	}
	return false
}
