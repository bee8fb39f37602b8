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

// actor says who a Slack user is. Slack vouches for the user, so the actor is
// verified; somebody who is not in the roster acts under their Slack name. So
// does everybody whose e-mail Slack cannot tell just now.
func (c *Client) actor(ctx context.Context, user, name string) incident.Actor {
	stranger := incident.Actor{Name: name, Door: incident.DoorSlack, Verified: true}
	if stranger.Name == "" {
		stranger.Name = user
	}
	if p, known := c.people.PersonBySlack(user); known {
		return actorOf(p)
	}
	if email := c.emailOf(ctx, user); email != "" {
		if p, known := c.people.PersonByEmail(email); known {
			return actorOf(p)
		}
	}
	if name == "" { // events do not say it
		stranger.Name = c.nameOf(user)
	}
	return stranger
}

func actorOf(p oncall.Person) incident.Actor {
	return incident.Actor{Person: p.ID, Name: p.Name, Door: incident.DoorSlack, Verified: true}
}

// emailOf is the user's e-mail, remembered or asked; empty when it cannot be had.
func (c *Client) emailOf(ctx context.Context, user string) string {
	c.mu.Lock()
	email := c.emails[user]
	c.mu.Unlock()
	if email != "" {
		return email
	}
	found, err := c.api.GetUserInfoContext(ctx, user)
	if err != nil {
		c.log.Warn("Slack cannot tell who a user is; they act under their Slack name", "user", user, "error", err)
		return ""
	}
	c.mu.Lock()
	c.names[user] = cmp.Or(found.RealName, found.Name)
	c.mu.Unlock()
	email = strings.ToLower(found.Profile.Email)
	if email != "" {
		c.remember(email, user)
	}
	return email
}

// nameOf is what Slack calls a user, where it was asked before; else their id.
func (c *Client) nameOf(user string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return cmp.Or(c.names[user], user)
}
