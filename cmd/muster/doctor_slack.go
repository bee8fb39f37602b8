package main

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/roster"
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
	out = append(out, d.announcements(ctx, chat, access.Bot)...)
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

// announcements says whether the channels that hear of incidents can be told. Nothing is posted.
func (d *doctor) announcements(ctx context.Context, chat *slack.Client, bot string) (out []diagnosis) {
	var good []string
	for _, a := range d.config.Announcements() {
		known, err := chat.Channel(ctx, a.Channel)
		if wrong, ok := channelTrouble(a, known, err, bot); ok {
			out = append(out, wrong)
			continue
		}
		if known.Member {
			good = append(good, a.Channel)
			continue
		}
		good = append(good, a.Channel+" (joined with the first post)")
	}
	if good == nil {
		return out
	}
	return append([]diagnosis{well("incidents can be announced in %s", listed(good))}, out...)
}

// channelTrouble says what keeps a channel from hearing of incidents; ok is false when nothing does.
func channelTrouble(a roster.Announcement, known slack.Channel, err error, bot string) (_ diagnosis, ok bool) {
	where := listed(a.Places) + ": " + a.Channel
	var refused *contract.Refused
	switch {
	case errors.As(err, &refused) && refused.Installation:
		return failed(refused.Hint, "%s could not be asked: %s", where, refused.What), true
	case errors.As(err, &refused):
		return failed("create it, or, if it is private, write /invite @"+bot+" in it", "%s is no channel that the bot can see: no incident is announced there", where), true
	case err != nil:
		return unasked(where, err, "see whether this machine reaches https://slack.com"), true
	case known.Archived:
		return failed("unarchive it, or name another one", "%s is archived: no incident is announced there", where), true
	case known.Private && !known.Member:
		return failed("write /invite @"+bot+" in it", "%s is private, and the bot is not in it: no incident is announced there", where), true
	case known.Restricted:
		return warned("its settings, Permissions: let @"+bot+" post", "%s lets only some people post; whether the bot is one of them shows the first incident", where), true
	}
	return diagnosis{}, false
}
