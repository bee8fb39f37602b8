package main

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
)

// checkStatuses says whose Slack status shows which incident they command, and whose cannot. Nobody's is set. No incident
// needs them, so what is wrong here is no failure.
func (d *doctor) checkStatuses(ctx context.Context) []diagnosis {
	if d.config == nil || len(d.config.SlackTokens) == 0 {
		return nil
	}
	config, problems := d.read(func(what string) bool {
		return what == "slack.token" || what == "slack.api_url" || strings.HasPrefix(what, "people.")
	})
	if len(problems) > 0 {
		return []diagnosis{withheld("the statuses of people", problems)}
	}
	chat := slack.New(slack.Options{
		Token: config.Slack.Token.Reveal(), APIURL: config.Slack.APIURL, People: config, Log: slog.New(slog.DiscardHandler),
		Tokens: func(id oncall.PersonID) string { return config.SlackTokens[id].Reveal() },
	})
	var out []diagnosis
	var good []string
	for _, id := range slices.Sorted(maps.Keys(config.SlackTokens)) {
		if fault := personalToken(ctx, chat, id); fault != nil {
			out = append(out, *fault)
			continue
		}
		good = append(good, string(id))
	}
	if len(good) > 0 {
		out = append(out, well("the Slack status of %s shows the incident that they command", listed(good)))
	}
	return out
}

// personalToken says what is wrong with a token that somebody has connected; nil = nothing.
func personalToken(ctx context.Context, chat *slack.Client, id oncall.PersonID) *diagnosis {
	access, err := chat.PersonalAccess(ctx, id)
	var fault diagnosis
	remedy := "people." + string(id) + ".slack_token: " + string(id) + " takes it from their own app, made of muster slack manifest --personal"
	switch {
	case err != nil:
		fault = unasked("the Slack token of "+string(id), err, "see whether this machine reaches https://slack.com")
		if contract.IsRefused(err) {
			fault.Remedy = remedy
		}
		fault.Verdict = verdictWarn
	case !access.Theirs:
		fault = warned(remedy, "the Slack token of %s belongs to another Slack user, %s, whose status would be set", id, access.User)
	case len(access.Missing) > 0:
		fault = warned(remedy, "the Slack token of %s lacks scopes: %s", id, listed(access.Missing))
	default:
		return nil
	}
	return &fault
}
