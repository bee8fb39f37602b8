package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/musterbook/musterbook/providers/slack"
)

// checkSlack says whether incidents get a room, and what is not allowed there.
func (d *doctor) checkSlack(ctx context.Context) []diagnosis {
	if d.config == nil {
		return nil
	}
	if d.config.Slack == nil {
		return []diagnosis{warned("add slack to "+d.path+"; docs/first-incident.md has the app's manifest",
			"no Slack is configured: incidents have no room")}
	}
	config, problems := d.read(func(what string) bool { return strings.HasPrefix(what, "slack.") })
	if len(problems) > 0 {
		return []diagnosis{withheld("Slack", problems)}
	}
	chat := slack.New(slack.Options{
		Token: config.Slack.Token.Reveal(), APIURL: config.Slack.APIURL, People: d.config, Log: slog.New(slog.DiscardHandler),
	})
	access, err := chat.Access(ctx)
	if err != nil {
		return []diagnosis{unasked("Slack", err, "see whether this machine reaches https://slack.com")}
	}
	d.clocks = append(d.clocks, clockSeen{whose: "Slack", theirs: access.Theirs, ours: access.Ours})
	return []diagnosis{
		well("%s lets the bot %s in", strings.TrimSuffix(access.Workspace, "/"), access.Bot),
		scopes(access),
		noted("", "a signing secret is set; only a click shows if it is right"),
	}
}

// scopes says what the token may not do.
func scopes(access slack.Access) diagnosis {
	missing := access.Missing()
	switch {
	case len(access.Granted) == 0:
		return warned("compare them with the table in docs/first-incident.md", "the scopes could not be asked: Slack's answer names none")
	case len(missing) == 0:
		return well("the token has every scope that is used")
	}
	var purposes []string
	names := map[string][]string{}
	for _, s := range missing {
		if names[s.For] == nil {
			purposes = append(purposes, s.For)
		}
		names[s.For] = append(names[s.For], s.Name)
	}
	for n, purpose := range purposes {
		purposes[n] = strings.Join(names[purpose], ", ") + " (" + purpose + ")"
	}
	return failed("api.slack.com/apps, your app, OAuth & Permissions: add them, then Reinstall to Workspace",
		"the token lacks scopes: %s", strings.Join(purposes, "; "))
}
