package main

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/spf13/cobra"
	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/providers/slack"
)

// slackCommand gathers what is done once for a workspace.
func slackCommand(sh shell) *cobra.Command {
	c := &cobra.Command{
		Use: "slack", Short: "Print the Slack app's manifest",
		Args: noSuchCommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(manifestCommand(sh))
	return c
}

// manifestCommand prints what Slack makes the app of.
func manifestCommand(sh shell) *cobra.Command {
	var public string
	var commands []string
	var personal, inJSON bool
	c := &cobra.Command{
		Use: "manifest", Short: "Print the manifest from which Slack makes the app, with the scopes that are used and no others",
		Long: "Print the manifest from which Slack makes the app: api.slack.com/apps, Create New App, From a manifest. It has the\n" +
			"scopes that are used and no others. Slack reaches the app through a socket that the server opens, so no public\n" +
			"address is needed; with --url it comes to the gateway's public address instead. Where another app has /incident, give\n" +
			"it another name with --command. docs/slack.md goes through it. With --personal it is the app by which one person\n" +
			"connects their own Slack status.",
		Example: "  muster slack manifest\n  muster slack manifest --command /sos\n  muster slack manifest --url https://muster.example.com\n" +
			"  muster slack manifest --personal",
		Args: words(),
		RunE: func(*cobra.Command, []string) error {
			address, err := doorAddress(public)
			if err != nil {
				return err
			}
			for _, name := range commands {
				if err := slack.CheckCommand(name); err != nil {
					return misused("--command /incident", "--command: %v", err)
				}
			}
			var manifest any = slack.AppManifest(address, commands)
			if personal {
				manifest = slack.StatusManifest()
			}
			if inJSON {
				encoder := json.NewEncoder(sh.stdout)
				encoder.SetIndent("", "  ")
				return encoder.Encode(manifest)
			}
			encoder := yaml.NewEncoder(sh.stdout)
			encoder.SetIndent(2)
			if err := encoder.Encode(manifest); err != nil {
				return err
			}
			return encoder.Close()
		},
	}
	c.Flags().StringSliceVar(&commands, "command", slack.Commands(), "slash `command` of the app, several times for several; all say the same")
	c.Flags().StringVar(&public, "url", "", "public address of the gateway, for Slack over the web")
	c.Flags().BoolVar(&personal, "personal", false, "the app by which one person connects their own Slack status")
	c.MarkFlagsMutuallyExclusive("url", "personal")
	c.MarkFlagsMutuallyExclusive("command", "personal")
	addJSON(c, &inJSON)
	return c
}

// doorAddress checks an address that Slack is to send to; empty is none.
func doorAddress(address string) (string, error) {
	if address == "" {
		return "", nil
	}
	u, err := url.Parse(strings.TrimSuffix(address, "/"))
	if err != nil || u.Scheme != "https" || u.Host == "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return "", misused("--url https://muster.example.com, or leave it out: the socket needs none", "--url: Slack sends to https addresses only")
	}
	return u.String(), nil
}
