// Package slack is the chat of an incident in Slack, both directions: Client
// opens the room, posts and shows what is so; Desk takes the clicks, the slash
// commands and what else Slack tells us, and hands them on as the contract's
// acts. Handler is its door on the web.
//
// It knows the contract's messages and Slack's API, and nothing of workflows.
// Every method may be called again with the same request: how a repetition is
// recognised stands at each. It never retries by itself; the errors it returns
// say whether a repetition makes sense (see classify).
package slack

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/oncall"
)

// callTimeout bounds one call of Slack's API. Slack answers within a second or
// two; longer means trouble, and the outcome is looked up on the next attempt.
const callTimeout = 10 * time.Second

// skew is how far Slack's clock and ours may differ when a lost effect is
// looked for since the moment it was intended.
const skew = 2 * time.Minute

// Options configure a Client.
type Options struct {
	// Token is the bot token (xoxb-…).
	Token string
	// APIURL is where the API lives; empty means Slack.
	APIURL string
	// People is the roster.
	People People
	// Tokens gives the token that somebody has connected (xoxp-…), as the roster has it now; empty = none. Nil: nobody has.
	Tokens func(oncall.PersonID) string
	// Private makes rooms private channels.
	Private bool
	// Log takes what is decided when something secondary fails; nil means slog.Default.
	Log *slog.Logger
}

// People knows persons. It answers from memory, with the roster as it is now.
type People interface {
	Person(id oncall.PersonID) (oncall.Person, bool)
	PersonByEmail(address string) (oncall.Person, bool)
	PersonBySlack(user string) (oncall.Person, bool)
}

// Client is the chat port on Slack's Web API. It is safe for concurrent use.
type Client struct {
	api     *slack.Client
	http    *http.Client
	apiURL  string
	people  People
	tokens  func(oncall.PersonID) string
	private bool
	log     *slog.Logger

	mu      sync.Mutex
	self    *identity
	byEmail map[string]string // e-mail in lower case → user id
	emails  map[string]string // user id → e-mail in lower case
	directs map[string]string // user id → id of our conversation with them
	rooms   map[string]string // name → id, of rooms that are named by their name
	names   map[string]string // user id → what Slack calls them, of people who are not in the roster

	statuses map[oncall.PersonID]chan struct{} // the seat of whoever changes a person's status
}

// identity is who we are in Slack.
type identity struct {
	user string // our bot's user id
	url  string // the workspace's address, with a slash at its end
}

// archive is the address of a room.
func (i identity) archive(room string) string { return i.url + "archives/" + room }

// New makes a client. Nothing is called yet; Check does that.
func New(o Options) *Client {
	if o.APIURL == "" {
		o.APIURL = slack.APIURL
	}
	o.APIURL = strings.TrimSuffix(o.APIURL, "/") + "/"
	if o.Log == nil {
		o.Log = slog.Default()
	}
	caller := &http.Client{Timeout: callTimeout}
	if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		caller.Transport = shared.Clone() // nobody else's closing of connections takes a call with it
	}
	return &Client{
		api:     slack.New(o.Token, slack.OptionAPIURL(o.APIURL), slack.OptionHTTPClient(caller)),
		http:    caller,
		apiURL:  o.APIURL,
		people:  o.People,
		tokens:  o.Tokens,
		private: o.Private,
		log:     o.Log,
		byEmail: map[string]string{},
		emails:  map[string]string{},
		directs: map[string]string{},
		rooms:   map[string]string{},
		names:   map[string]string{},

		statuses: map[oncall.PersonID]chan struct{}{},
	}
}

// Check asks Slack whether the token is good.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.identity(ctx)
	return err
}

// identity asks Slack once who we are.
func (c *Client) identity(ctx context.Context) (identity, error) {
	c.mu.Lock()
	known := c.self
	c.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	answer, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return identity{}, classify("ask Slack who we are", err)
	}
	self := identity{user: answer.UserID, url: strings.TrimSuffix(answer.URL, "/") + "/"}
	c.mu.Lock()
	c.self = &self
	c.mu.Unlock()
	return self, nil
}

// inside runs a call that only a member of the room may make. When our bot is
// none, it joins the room and runs the call once more; a private room cannot be
// joined, and the first refusal stands. Where Slack fails on the way in, that
// failure is the answer: it passes, and the first refusal would be for ever.
func (c *Client) inside(ctx context.Context, room string, call func() error) error {
	err := call()
	if code(err) != notInChannel {
		return err
	}
	id, unknown := c.roomID(ctx, room)
	if unknown == nil {
		if _, _, _, unknown = c.api.JoinConversationContext(ctx, id); unknown == nil {
			return call()
		}
		unknown = classify("join the room", unknown)
	}
	if _, refused := refusal(unknown); refused {
		return err
	}
	return unknown
}
