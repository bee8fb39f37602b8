package slack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// personal is Slack as one person sees it, by the token that they have
// connected. A status has no other door: users.profile.set wants the token of
// whoever it belongs to (https://docs.slack.dev/reference/methods/users.profile.set).
type personal struct {
	api *slack.Client
	who oncall.PersonID
}

// personal is somebody's own Slack; nil where they have connected none.
func (c *Client) personal(who oncall.PersonID) *personal {
	if c.tokens == nil {
		return nil
	}
	token := c.tokens(who)
	if token == "" {
		return nil
	}
	return &personal{api: slack.New(token, slack.OptionAPIURL(c.apiURL), slack.OptionHTTPClient(c.http)), who: who}
}

// ReadStatus tells what a person has written beside their name. It has no
// effect. Somebody who has connected no token is not asked for.
func (c *Client) ReadStatus(ctx context.Context, req contract.ReadStatusRequest) (contract.ReadStatusResult, error) {
	p := c.personal(req.Person)
	if p == nil {
		return contract.ReadStatusResult{}, nil
	}
	stands, err := p.status(ctx)
	if err != nil {
		return contract.ReadStatusResult{}, err
	}
	return contract.ReadStatusResult{Connected: true, Status: stands.Own()}, nil
}

// ShowStatus lets a person's status name an incident, or name it no more.
//
// It is idempotent by nature: what stands there is read first, and what is so
// already is not set again. A status that the person has written in place of
// ours stays. Slack can only overwrite, so one change of a person's status waits
// for the other: of incidents that end together none may come back.
func (c *Client) ShowStatus(ctx context.Context, req contract.ShowStatusRequest) (contract.ShowStatusResult, error) {
	p := c.personal(req.Person)
	if p == nil {
		return contract.ShowStatusResult{}, nil
	}
	leave, err := c.seat(ctx, req.Person)
	if err != nil {
		return contract.ShowStatusResult{}, err
	}
	defer leave()
	stands, err := p.status(ctx)
	if err != nil {
		return contract.ShowStatusResult{}, err
	}
	next, shown := req.On(stands, time.Now())
	if same(stands, next) {
		return contract.ShowStatusResult{Shown: shown}, nil
	}
	var until int64
	if !next.Until.IsZero() {
		until = next.Until.Unix()
	}
	emoji := next.Symbol
	if emoji != "" {
		emoji = ":" + emoji + ":"
	}
	if err := p.api.SetUserCustomStatusContext(ctx, next.Text, emoji, until); err != nil {
		return contract.ShowStatusResult{}, p.classify("set the status of "+string(p.who), err)
	}
	return contract.ShowStatusResult{Shown: shown}, nil
}

// seat waits until nobody else in this process changes a person's status.
func (c *Client) seat(ctx context.Context, who oncall.PersonID) (leave func(), err error) {
	c.mu.Lock()
	seat := c.statuses[who]
	if seat == nil {
		seat = make(chan struct{}, 1)
		c.statuses[who] = seat
	}
	c.mu.Unlock()
	select {
	case seat <- struct{}{}:
		return func() { <-seat }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for another change of the status of %s: %w", who, context.Cause(ctx))
	}
}

// same compares statuses as Slack keeps them, in whole seconds.
func same(a, b contract.ChatStatus) bool {
	return a.Text == b.Text && a.Symbol == b.Symbol && a.Until.Unix() == b.Until.Unix()
}

// status is what stands beside the person's name.
func (p *personal) status(ctx context.Context) (contract.ChatStatus, error) {
	profile, err := p.api.GetUserProfileContext(ctx, &slack.GetUserProfileParameters{})
	if err != nil {
		return contract.ChatStatus{}, p.classify("read the status of "+string(p.who), err)
	}
	stands := contract.ChatStatus{Text: profile.StatusText, Symbol: strings.Trim(profile.StatusEmoji, ":")}
	if profile.StatusExpiration > 0 {
		stands.Until = time.Unix(int64(profile.StatusExpiration), 0).UTC()
	}
	return stands, nil
}

// classify is classify for a person's own token: whatever is wrong with it
// concerns nobody else, and they alone can mend it.
func (p *personal) classify(doing string, err error) error {
	err = classify(doing, err)
	var refused *contract.Refused
	if !errors.As(err, &refused) || !refused.Installation {
		return err
	}
	return &contract.Refused{
		What: refused.What,
		Hint: fmt.Sprintf("%s makes a new token with the app of muster slack manifest --personal, for people.%s.slack_token", p.who, p.who),
	}
}

// PersonalScopes are the scopes of the token that a person connects, sorted.
func PersonalScopes() (names []string) {
	for _, n := range needs() {
		if n.own != "" && !slices.Contains(names, n.own) {
			names = append(names, n.own)
		}
	}
	slices.Sort(names)
	return names
}

// PersonalAccess is what Slack says about the token that a person has connected.
type PersonalAccess struct {
	User    string   // the name of whose token it is
	Theirs  bool     // that is the person who the roster says it is
	Missing []string // scopes that it lacks; nil when the answer names none
}

// PersonalAccess asks Slack whose token somebody has connected, and what it may
// do. It has no effect, and its errors have the classes of every call.
func (c *Client) PersonalAccess(ctx context.Context, who oncall.PersonID) (PersonalAccess, error) {
	p := c.personal(who)
	if p == nil {
		return PersonalAccess{}, &contract.Refused{What: string(who) + " has connected no Slack token"}
	}
	answer, err := p.api.AuthTestContext(ctx)
	if err != nil {
		return PersonalAccess{}, p.classify("ask Slack whose token "+string(who)+" has connected", err)
	}
	user, problem, err := c.userID(ctx, who)
	if err != nil {
		return PersonalAccess{}, err
	}
	a := PersonalAccess{User: answer.User, Theirs: problem == "" && user == answer.UserID}
	if granted := scopesIn(answer.Header.Get("X-OAuth-Scopes")); len(granted) > 0 {
		a.Missing = slices.DeleteFunc(PersonalScopes(), func(s string) bool { return slices.Contains(granted, s) })
	}
	return a, nil
}
