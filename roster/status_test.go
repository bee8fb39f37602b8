package roster_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/roster"
)

// personal is the outside of the tests with two people's own tokens.
func personal() roster.Outside {
	from := outside()
	before := from.Getenv
	from.Getenv = func(name string) string {
		switch name {
		case "ANA_TOKEN":
			return "xoxp-1-ana"
		case "BEN_TOKEN":
			return "xoxp-2-ben"
		}
		return before(name)
	}
	return from
}

// TestSlackTokens reads the tokens of people. What is wrong with one is told with a remedy and without the token.
func TestSlackTokens(t *testing.T) {
	t.Parallel()
	const remedy = "take the User OAuth Token (xoxp-…) of the app that muster slack manifest --personal makes, from OAuth & Permissions"
	slackless := []string{`slack: {token: "${SLACK_TOKEN}", signing_secret: "${SLACK_SECRET}"}`, "# none"}
	tests := []struct {
		name     string
		ana, ben string
		edit     []string
		want     []string
	}{
		{name: "two", ana: `"${ANA_TOKEN}"`, ben: `"${BEN_TOKEN}"`},
		{name: "one", ana: `"${ANA_TOKEN}"`},
		{name: "none"},
		{name: "in the file itself", ana: "xoxp-1-ana", want: []string{
			`m.yaml:2:38: people.ana.slack_token: a secret does not stand in this file (write ${PEOPLE_ANA_SLACK_TOKEN} and set that variable, or write file:/run/secrets/people_ana_slack_token)`,
		}},
		{name: "the bot's", ana: `"${SLACK_TOKEN}"`, want: []string{`m.yaml:2:38: people.ana.slack_token is not a person's own token (` + remedy + `)`}},
		{name: "not set", ana: `"${CEM_TOKEN}"`, want: []string{`m.yaml:2:38: people.ana.slack_token: the environment variable CEM_TOKEN is not set (set it before the start)`}},
		{name: "one for two", ana: `"${ANA_TOKEN}"`, ben: `"${ANA_TOKEN}"`, want: []string{
			`m.yaml:3:37: people.ben.slack_token is the token of ana (each person makes a token of their own)`,
		}},
		{name: "without Slack", ana: `"${ANA_TOKEN}"`, edit: slackless, want: []string{
			`m.yaml:2:38: people.ana.slack_token: there is no slack whose status it could set (add slack, or remove this line)`,
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			edit := tt.edit
			for name, token := range map[string]string{"Ana Ruiz": tt.ana, "Ben Ito": tt.ben} {
				if token != "" {
					edit = append(edit, "name: "+name+",", "name: "+name+", slack_token: "+token+",")
				}
			}
			c, problems := roster.Parse("m.yaml", edited(t, edit...), personal())
			var got []string
			for _, p := range problems {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Fatalf("problems (-want +got):\n%s", diff)
			}
			if tt.want != nil {
				return
			}
			uses := c.Route(map[string]string{"service": "checkout"}).Statuses
			if uses != (tt.ana != "") || strings.Contains(fmt.Sprintf("%+v %#v", c, c.SlackTokens), "xoxp-") {
				t.Errorf("statuses are used: %t; the configuration prints as %+v", uses, c.SlackTokens)
			}
		})
	}
}

// TestSlackTokensChangeWithoutARestart connects somebody while the program runs, and takes another away.
func TestSlackTokensChangeWithoutARestart(t *testing.T) {
	t.Parallel()
	connected := func(name, token string) []byte {
		return edited(t, "name: "+name+",", "name: "+name+`, slack_token: "${`+token+`}",`)
	}
	content := connected("Ana Ruiz", "ANA_TOKEN")
	from := personal()
	secrets := from.ReadFile
	from.ReadFile = func(path string) ([]byte, error) {
		if path == "musterbook.yaml" {
			return content, nil
		}
		return secrets(path)
	}
	live, problems := roster.Open("musterbook.yaml", from)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if ana, ben := live.SlackToken("ana"), live.SlackToken("ben"); ana != "xoxp-1-ana" || ben != "" {
		t.Errorf("before: %q, %q", ana, ben)
	}
	content = connected("Ben Ito", "BEN_TOKEN")
	restart, problems := live.Reload()
	if ana, ben := live.SlackToken("ana"), live.SlackToken("ben"); ana != "" || ben != "xoxp-2-ben" || restart != nil || problems != nil {
		t.Errorf("after: %q, %q; restart for %q; %v", ana, ben, restart, problems)
	}
}

// TestSlackTokensAreNotFollowedInVain: a check without the environment reads no secret, and still knows who has connected.
func TestSlackTokensAreNotFollowedInVain(t *testing.T) {
	t.Parallel()
	from := outside()
	from.Getenv = nil
	c, problems := roster.Parse("m.yaml", edited(t, "name: Ana Ruiz,", `name: Ana Ruiz, slack_token: "${ANA_TOKEN}",`), from)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if token, known := c.SlackTokens["ana"]; !known || !token.IsZero() {
		t.Errorf("ana is known: %t", known)
	}
}
