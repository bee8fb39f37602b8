package roster

import (
	"maps"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/oncall"
)

// personalToken begins every token of a person (https://docs.slack.dev/authentication/tokens).
const personalToken = "xoxp-"

// slackToken reads the token by which somebody lets us set their own status. It reaches nobody else's, so two people
// with one token are a slip of whoever copied it.
func (b *builder) slackToken(id oncall.PersonID, ref secretRef, who string) {
	if !ref.given() {
		return
	}
	what := who + ".slack_token"
	if b.file.Slack == nil {
		b.fault(ref.at, "add slack, or remove this line", "%s: there is no slack whose status it could set", what)
		return
	}
	token := b.secret(ref, what)
	if !token.IsZero() && !strings.HasPrefix(token.Reveal(), personalToken) {
		b.fault(ref.at, "take the User OAuth Token (xoxp-…) of the app that muster slack manifest --personal makes, from OAuth & Permissions",
			"%s is not a person's own token", what)
		return
	}
	for _, other := range slices.Sorted(maps.Keys(b.config.SlackTokens)) {
		if !token.IsZero() && b.config.SlackTokens[other].Reveal() == token.Reveal() {
			b.fault(ref.at, "each person makes a token of their own", "%s is the token of %s", what, other)
			break
		}
	}
	if b.config.SlackTokens == nil {
		b.config.SlackTokens = map[oncall.PersonID]Secret{}
	}
	b.config.SlackTokens[id] = token
}
