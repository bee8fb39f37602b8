package slack

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// Manifest is the app as Slack takes it when one is created "from a manifest"
// (https://docs.slack.dev/reference/app-manifest). The tags serve JSON and YAML.
type Manifest struct {
	Display struct {
		Name        string `json:"name" yaml:"name"`
		Description string `json:"description" yaml:"description"`
	} `json:"display_information" yaml:"display_information"`
	Features ManifestFeatures `json:"features" yaml:"features"`
	OAuth    struct {
		Scopes struct {
			Bot []string `json:"bot" yaml:"bot"`
		} `json:"scopes" yaml:"scopes"`
	} `json:"oauth_config" yaml:"oauth_config"`
	Settings ManifestSettings `json:"settings" yaml:"settings"`
}

// ManifestFeatures is what people see of the app.
type ManifestFeatures struct {
	Home *ManifestHome `json:"app_home,omitempty" yaml:"app_home,omitempty"`
	Bot  struct {
		Name   string `json:"display_name" yaml:"display_name"`
		Online bool   `json:"always_online" yaml:"always_online"`
	} `json:"bot_user" yaml:"bot_user"`
	Shortcuts []ManifestShortcut `json:"shortcuts,omitempty" yaml:"shortcuts,omitempty"`
	Commands  []ManifestCommand  `json:"slash_commands" yaml:"slash_commands"`
}

// ManifestHome is the app's own page in Slack.
type ManifestHome struct {
	Home     bool `json:"home_tab_enabled" yaml:"home_tab_enabled"`
	Messages bool `json:"messages_tab_enabled" yaml:"messages_tab_enabled"`
	ReadOnly bool `json:"messages_tab_read_only_enabled" yaml:"messages_tab_read_only_enabled"`
}

// ManifestShortcut is an entry of the menus of messages ("message") or of the
// whole of Slack ("global").
type ManifestShortcut struct {
	Name        string `json:"name" yaml:"name"`
	Type        string `json:"type" yaml:"type"`
	CallbackID  string `json:"callback_id" yaml:"callback_id"`
	Description string `json:"description" yaml:"description"`
}

// ManifestCommand is a slash command.
type ManifestCommand struct {
	Command     string `json:"command" yaml:"command"`
	URL         string `json:"url,omitempty" yaml:"url,omitempty"`
	Description string `json:"description" yaml:"description"`
	Hint        string `json:"usage_hint" yaml:"usage_hint"`
	// Escape lets Slack send @ben as a user's id.
	Escape bool `json:"should_escape" yaml:"should_escape"`
}

// ManifestSettings say how Slack reaches the app.
type ManifestSettings struct {
	Events        *ManifestEvents `json:"event_subscriptions,omitempty" yaml:"event_subscriptions,omitempty"`
	Interactivity struct {
		Enabled bool   `json:"is_enabled" yaml:"is_enabled"`
		URL     string `json:"request_url,omitempty" yaml:"request_url,omitempty"`
	} `json:"interactivity" yaml:"interactivity"`
	OrgDeploy     bool `json:"org_deploy_enabled" yaml:"org_deploy_enabled"`
	SocketMode    bool `json:"socket_mode_enabled" yaml:"socket_mode_enabled"`
	TokenRotation bool `json:"token_rotation_enabled" yaml:"token_rotation_enabled"`
}

// ManifestEvents is what Slack tells the app of.
type ManifestEvents struct {
	URL       string   `json:"request_url,omitempty" yaml:"request_url,omitempty"`
	BotEvents []string `json:"bot_events" yaml:"bot_events"`
}

// shortcuts are the app's, as the menus show them. Each has a line of the same
// callback id in the table of routes.
func shortcuts() []ManifestShortcut {
	return []ManifestShortcut{
		{Name: declareTitle, Type: "global", CallbackID: ShortcutDeclare, Description: "Opens a form; the incident gets a channel and people"},
		{Name: "Declare from message", Type: "message", CallbackID: ShortcutFromMessage, Description: "Declares an incident with what the message says"},
		{Name: "Add to the timeline", Type: "message", CallbackID: ShortcutTimeline, Description: "Puts the message on the timeline of the room's incident"},
	}
}

// homeEvent is what Slack tells when somebody opens the app's own page.
const homeEvent = "app_home_opened"

// Commands are the slash commands that the app has where nobody names others.
// All of them say the same, whatever they are called.
func Commands() []string { return []string{"/incident", "/muster"} }

// commandName is how Slack takes a slash command's name.
var commandName = regexp.MustCompile(`^/[a-z0-9_-]{1,31}$`)

// CheckCommand says why Slack takes no slash command of that name; nil = it does.
func CheckCommand(name string) error {
	if !commandName.MatchString(name) {
		return fmt.Errorf("%q is no slash command: write a slash and up to 31 lower-case letters, digits, - and _", name)
	}
	return nil
}

// AppManifest is the app with all that this package uses and no more, and with
// slash commands of these names. It comes through Slack's socket; with the
// gateway's public address (https://…, without a slash at its end) over the web.
func AppManifest(publicURL string, commands []string) Manifest {
	var m Manifest
	at := func(path string) string {
		if publicURL == "" {
			return ""
		}
		return publicURL + path
	}
	m.Display.Name, m.Display.Description = "Musterbook", "Incidents, from the first alert to the postmortem"
	m.Features.Bot.Name, m.Features.Bot.Online = "musterbook", true
	m.Features.Shortcuts = shortcuts()
	for _, name := range commands {
		m.Features.Commands = append(m.Features.Commands, ManifestCommand{
			Command: name, URL: at("/slack/commands"), Description: "Declare and drive incidents", Hint: "help", Escape: true,
		})
	}
	for _, s := range Scopes() {
		m.OAuth.Scopes.Bot = append(m.OAuth.Scopes.Bot, s.Name)
	}
	events := slices.Sorted(maps.Keys((&Desk{}).table().events))
	if len(events) > 0 {
		m.Settings.Events = &ManifestEvents{URL: at("/slack/events"), BotEvents: events}
	}
	if slices.Contains(events, homeEvent) {
		m.Features.Home = &ManifestHome{Home: true, Messages: true, ReadOnly: true}
	}
	m.Settings.Interactivity.Enabled, m.Settings.Interactivity.URL = true, at("/slack/actions")
	m.Settings.SocketMode = publicURL == ""
	return m
}
