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
		return []diagnosis{warned("add slack to "+d.path+"; muster slack manifest prints the app (docs/slack.md)",
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
	out := []diagnosis{well("%s lets the bot %s in", strings.TrimSuffix(access.Workspace, "/"), access.Bot), scopes(access)}
	if config.Slack.Socket {
		out = append(out, socket(ctx, config.Slack.AppToken.Reveal(), chat))
	}
	if config.Slack.Web {
		out = append(out, noted("", "a signing secret is set; only a click shows if it is right"))
	}
	return out
}

// socket says whether buttons and commands reach us through Slack's socket. Asking gives an address, which is not used.
func socket(ctx context.Context, token string, chat *slack.Client) diagnosis {
	if err := slack.NewSocket(token, slack.NewDesk(chat, nil)).Reach(ctx); err != nil {
		return unasked("Slack's socket", err, "see whether this machine reaches https://slack.com")
	}
	return well("buttons and commands come through Slack's socket, without a public address")
}

// scopes says what the token may not do.
func scopes(access slack.Access) diagnosis {
	missing := access.Missing()
	switch {
	case len(access.Granted) == 0:
		return warned("compare them with those of muster slack manifest", "the scopes could not be asked: Slack's answer names none")
	case len(missing) == 0:
		return well("the token has every scope that is used: the bot may open rooms, invite and post")
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
