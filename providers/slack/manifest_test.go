package slack

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
)

// The manifest has what the code uses: the scopes of every call, the shortcuts
// and events that somebody handles, and an address for each only where there is
// no socket.
func TestManifest(t *testing.T) {
	t.Parallel()
	table := (&Desk{}).table()
	for _, public := range []string{"", "https://muster.example.com"} {
		m := AppManifest(public, Commands())
		var scopes, offered []string
		for _, s := range Scopes() {
			scopes = append(scopes, s.Name)
		}
		if diff := cmp.Diff(scopes, m.OAuth.Scopes.Bot); diff != "" {
			t.Errorf("scopes (-used +in the manifest):\n%s", diff)
		}
		for _, s := range m.Features.Shortcuts {
			offered = append(offered, s.CallbackID)
			if len(s.Name) > 24 || s.Name == "" || s.Description == "" || (s.Type != "message" && s.Type != "global") {
				t.Errorf("Slack takes no such shortcut: %+v", s)
			}
		}
		slices.Sort(offered)
		if handled := slices.Sorted(maps.Keys(table.shortcuts)); !slices.Equal(handled, offered) {
			t.Errorf("shortcuts %q are handled, and the manifest has %q", handled, offered)
		}
		var events []string
		if m.Settings.Events != nil {
			events = m.Settings.Events.BotEvents
		}
		if handled := slices.Sorted(maps.Keys(table.events)); !slices.Equal(handled, events) {
			t.Errorf("events %q are handled, and the manifest has %q", handled, events)
		}
		raw, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		if m.Settings.SocketMode != (public == "") || strings.Contains(string(raw), "url") != (public != "") {
			t.Errorf("with the address %q: %s", public, raw)
		}
		// Slack's own library knows every field of it.
		strict := json.NewDecoder(strings.NewReader(string(raw)))
		strict.DisallowUnknownFields()
		var known slack.Manifest
		if err := strict.Decode(&known); err != nil {
			t.Errorf("%s: %v", raw, err)
		}
		if got := known.Features.SlashCommands; len(got) != 2 || got[0].Command != "/incident" || got[1].Command != "/muster" || !got[0].ShouldEscape || !got[1].ShouldEscape || len(known.Display.Name) > 35 {
			t.Errorf("%+v", known)
		}
	}
}

func TestCommandNames(t *testing.T) {
	t.Parallel()
	for name, good := range map[string]bool{
		"/incident": true, "/muster": true, "/inc-2_x": true, "incident": false, "/Incident": false, "/": false, "/two words": false, "": false,
		"/" + strings.Repeat("x", 32): false,
	} {
		if err := CheckCommand(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
	}
}
