package slack

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// userID finds a person's Slack user: as the roster says, else by e-mail. When
// they have none, problem says so in a sentence; err is for Slack being away.
//
// Found e-mails are remembered, so that the second page of an incident asks
// Slack nothing; what was not found is asked again, since somebody may mend it.
func (c *Client) userID(ctx context.Context, id oncall.PersonID) (user, problem string, err error) {
	p, known := c.people.Person(id)
	switch {
	case !known:
		return "", fmt.Sprintf("%s is not in the roster", id), nil
	case p.Slack != "":
		return p.Slack, "", nil
	case p.Email == "":
		return "", fmt.Sprintf("%s has neither a Slack user nor an e-mail in the roster", id), nil
	}
	email := strings.ToLower(p.Email)
	if user := c.remembered(email); user != "" {
		return user, "", nil
	}
	found, err := c.api.GetUserByEmailContext(ctx, p.Email)
	if code(err) == usersNotFound {
		return "", fmt.Sprintf("%s: no Slack user has the e-mail %s (put their Slack user id into the roster)", id, p.Email), nil
	}
	if err != nil {
		return "", "", classify("look up "+p.Email, err)
	}
	c.remember(email, found.ID)
	return found.ID, "", nil
}

func (c *Client) remembered(email string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byEmail[email]
}

func (c *Client) remember(email, user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byEmail[email], c.emails[user] = user, email
}

// forget drops a user that Slack does not know any more.
func (c *Client) forget(user string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.directs, user)
	delete(c.byEmail, c.emails[user])
	delete(c.emails, user)
}

// actor is who acts, when they are to be answered now: somebody of whom Slack
// cannot tell just now acts under the name that the payload gives, or their id.
func (c *Client) actor(ctx context.Context, user, name string) incident.Actor {
	who, err := c.identify(ctx, user)
	if err != nil {
		c.log.Warn("Slack cannot tell who a user is; they act under their Slack name", "user", user, "error", err)
		who.Name = user
	}
	if who.Person == "" && name != "" {
		who.Name = name
	}
	return who
}

// somebody stands for a person whom neither the roster nor Slack can name.
const somebody = "somebody"

// identify says who a Slack user is. Slack vouches for the user, so the actor is
// verified; somebody who is not in the roster acts under the name that Slack
// shows. An error says that it cannot be found out just now: what is written for
// good must have the right name.
func (c *Client) identify(ctx context.Context, user string) (incident.Actor, error) {
	c.mu.Lock()
	email, name := c.emails[user], c.names[user]
	c.mu.Unlock()
	if p, known := c.people.PersonBySlack(user); known {
		return actorOf(p), nil
	}
	if p, known := c.people.PersonByEmail(email); known && email != "" {
		return actorOf(p), nil
	}
	stranger := incident.Actor{Name: name, Door: incident.DoorSlack, Verified: true}
	if name != "" {
		return stranger, nil
	}
	stranger.Name = somebody
	found, err := c.api.GetUserInfoContext(ctx, user)
	if code(err) == userNotFound || code(err) == userNotVisible { // the second is somebody of another organisation
		return stranger, nil
	}
	if err != nil {
		return stranger, classify("ask Slack who somebody is", err)
	}
	stranger.Name = cmp.Or(strings.TrimSpace(found.Profile.RealName), found.RealName, found.Profile.DisplayName, found.Name, somebody)
	c.mu.Lock()
	c.names[user] = stranger.Name
	c.mu.Unlock()
	if email = strings.ToLower(found.Profile.Email); email != "" {
		c.remember(email, user)
		if p, known := c.people.PersonByEmail(email); known {
			return actorOf(p), nil
		}
	}
	return stranger, nil
}

func actorOf(p oncall.Person) incident.Actor {
	return incident.Actor{Person: p.ID, Name: p.Name, Door: incident.DoorSlack, Verified: true}
}
