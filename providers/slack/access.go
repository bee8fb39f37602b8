package slack

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Access is what Slack says about the token.
type Access struct {
	Workspace string   // its address
	Bot       string   // the bot's name
	Granted   []string // scopes; nil when the answer does not name any
	// Theirs is Slack's clock at the moment of the answer, in whole seconds, and Ours is this machine's; Theirs is zero
	// when the answer does not say.
	Theirs, Ours time.Time
}

// Scope is a permission that the app needs.
type Scope struct {
	Name string
	For  string // what does not work without it, for people
}

// need is the scopes that a method is used with: one for each kind of
// conversation in which it is called.
type need struct {
	method string // of the Web API; empty = a feature of the app
	scopes []string
	own    string // the scope of a person's own token, where the method wants one
}

// needs lists every method that this package calls
// (https://docs.slack.dev/reference/methods, the scopes of each method). Public
// rooms want channels:*, private ones and drills groups:*, messages to single
// people im:*.
func needs() []need {
	return []need{
		// The socket's token is the app's own, and its one scope (connections:write) is none of the bot's.
		{method: "apps.connections.open"},
		{method: "auth.test"},
		{method: "bookmarks.add", scopes: []string{"bookmarks:write"}},
		{method: "bookmarks.edit", scopes: []string{"bookmarks:write"}},
		{method: "bookmarks.list", scopes: []string{"bookmarks:read"}},
		{method: "chat.getPermalink"}, // of a message that the app was shown; no scope
		{method: "chat.postEphemeral", scopes: []string{"chat:write"}},
		{method: "chat.postMessage", scopes: []string{"chat:write"}},
		{method: "chat.update", scopes: []string{"chat:write"}},
		{method: "conversations.archive", scopes: []string{"channels:manage", "groups:write"}},
		{method: "conversations.create", scopes: []string{"channels:manage", "groups:write"}},
		{method: "conversations.history", scopes: []string{"channels:history", "groups:history", "im:history"}},
		{method: "conversations.info", scopes: []string{"channels:read", "groups:read"}},
		{method: "conversations.invite", scopes: []string{"channels:manage", "groups:write"}},
		{method: "conversations.join", scopes: []string{"channels:join"}},
		{method: "conversations.list", scopes: []string{"channels:read", "groups:read"}},
		{method: "conversations.open", scopes: []string{"im:write"}},
		{method: "conversations.replies", scopes: []string{"channels:history", "groups:history"}},
		{method: "conversations.setPurpose", scopes: []string{"channels:manage", "groups:write"}},
		{method: "conversations.setTopic", scopes: []string{"channels:manage", "groups:write"}},
		{method: "pins.add", scopes: []string{"pins:write"}},
		{method: "reactions.get", scopes: []string{"reactions:read"}},
		{method: "users.info", scopes: []string{"users:read"}},
		// Looking up by e-mail wants users:read as well (https://docs.slack.dev/reference/scopes/users.read.email).
		{method: "users.lookupByEmail", scopes: []string{"users:read.email"}},
		// A person's own token alone opens these two; users.profile.get would take the app's as well, for other people.
		{method: "users.profile.get", own: "users.profile:read"},
		{method: "users.profile.set", own: "users.profile:write"},
		// A modal needs the trigger of a click, a home that its tab is enabled, and neither a scope.
		{method: "views.open"},
		{method: "views.publish"},
		{method: "views.update"},
		{scopes: []string{"commands"}},
		// The event of a mention wants it (https://docs.slack.dev/reference/events/app_mention).
		{scopes: []string{"app_mentions:read"}},
	}
}

// purposes say what each scope is for, by what is lost without it.
func purposes() map[string]string {
	return map[string]string{
		"app_mentions:read": "mentioning @musterbook",

		"bookmarks:read":   "the links on top of a room",
		"bookmarks:write":  "the links on top of a room",
		"channels:history": "finding a message again after a crash",
		"channels:join":    "coming back when the app was removed from a room",
		"channels:manage":  "opening and archiving rooms, inviting people",
		"channels:read":    "finding a room again after a crash",
		"chat:write":       "posting anything",
		"commands":         "/muster and the shortcuts",
		"groups:history":   "private rooms and drills",
		"groups:read":      "private rooms and drills",
		"groups:write":     "private rooms and drills",
		"im:history":       "messages to single people",
		"im:write":         "messages to single people",
		"pins:write":       "pinning the incident's card",
		"reactions:read":   "putting a message on the timeline with a 📌",
		"users:read":       "knowing who pressed a button",
		"users:read.email": "finding people by e-mail",
	}
}

// Scopes are the scopes that the app needs, sorted by name.
func Scopes() []Scope {
	var out []Scope
	about := purposes()
	for _, n := range needs() {
		for _, name := range n.scopes {
			if s := (Scope{Name: name, For: about[name]}); !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(a, b Scope) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// Missing lists the scopes that the app needs and was not granted.
func (a Access) Missing() []Scope {
	return slices.DeleteFunc(Scopes(), func(s Scope) bool { return slices.Contains(a.Granted, s.Name) })
}

// Access asks Slack whether the token is good, and for what. It has no effect,
// and its errors have the classes of every call (see classify).
func (c *Client) Access(ctx context.Context) (Access, error) {
	answer, err := c.api.AuthTestContext(ctx)
	if err != nil {
		return Access{}, classify("ask Slack who we are", err)
	}
	a := Access{Workspace: answer.URL, Bot: answer.User, Ours: time.Now()}
	if date, err := http.ParseTime(answer.Header.Get("Date")); err == nil {
		a.Theirs = date
	}
	a.Granted = scopesIn(answer.Header.Get("X-OAuth-Scopes"))
	return a, nil
}

// scopesIn reads the header that lists the scopes of a token.
func scopesIn(header string) (names []string) {
	for name := range strings.SplitSeq(header, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
