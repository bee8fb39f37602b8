package main

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/roster"
)

// printed is what a command prints.
func printed(t *testing.T, args ...string) (string, int) {
	t.Helper()
	var out bytes.Buffer
	status := run(t.Context(), args, shell{getenv: func(string) string { return "" }, login: func() string { return "tester" }, stdout: &out, stderr: &out})
	return out.String(), status
}

// The manifest of the page is the one that the command prints.
func TestFirstIncidentHasTheManifest(t *testing.T) {
	t.Parallel()
	want, status := printed(t, "slack", "manifest")
	if status != statusDone {
		t.Fatal(want)
	}
	if diff := cmp.Diff(want, block(t, firstIncident(t), "display_information:")); diff != "" {
		t.Errorf("docs/first-incident.md is out of date (-muster slack manifest +page):\n%s", diff)
	}
}

// JSON and YAML say the same, with a public address and without.
func TestManifestInBothForms(t *testing.T) {
	t.Parallel()
	for _, flags := range [][]string{nil, {"--url", "https://muster.example.com/"}} {
		asYAML, _ := printed(t, slices.Concat([]string{"slack", "manifest"}, flags)...)
		asJSON, _ := printed(t, slices.Concat([]string{"slack", "manifest", "--json"}, flags)...)
		var one, other map[string]any
		if err := yaml.Unmarshal([]byte(asYAML), &one); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(asJSON), &other); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(one, other); diff != "" {
			t.Errorf("%v (-YAML +JSON):\n%s", flags, diff)
		}
		if over := strings.Contains(asYAML, "https://muster.example.com/slack/actions"); over != (flags != nil) {
			t.Errorf("%v:\n%s", flags, asYAML)
		}
	}
}

// The guide's configurations are taken, each scope is explained, and the paths are those that are served.
func TestSlackGuide(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "slack.md"))
	if err != nil {
		t.Fatal(err)
	}
	page := string(raw)
	rest := block(t, firstIncident(t), "\nfallback:")
	before, after, _ := strings.Cut(rest, "slack:\n")
	_, after, _ = strings.Cut(after, "\n\n")
	for _, holds := range []string{"app_token:", "signing_secret:"} {
		text := before + block(t, page, holds) + "\n" + after
		config, problems := roster.Parse("musterbook.yaml", []byte(text), roster.Outside{ReadFile: os.ReadFile})
		if len(problems) > 0 {
			t.Fatalf("%s: %v", holds, problems.Err())
		}
		if config.Slack.Socket != (holds == "app_token:") || config.Slack.Web != (holds == "signing_secret:") {
			t.Errorf("%s opens %+v", holds, config.Slack)
		}
	}
	_, table, _ := strings.Cut(page, "## What the scopes are for")
	table, _, _ = strings.Cut(table, "\nAfter an upgrade")
	explained := map[string]bool{}
	for _, line := range strings.Split(table, "\n") {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "|"), "|")
		for _, found := range regexp.MustCompile("`([a-z_:.]+)`").FindAllStringSubmatch(cell, -1) {
			explained[found[1]] = true
		}
	}
	if diff := cmp.Diff(slack.AppManifest("", slack.Commands()).OAuth.Scopes.Bot, slices.Sorted(maps.Keys(explained))); diff != "" {
		t.Errorf("scopes (-of the manifest +explained):\n%s", diff)
	}
	_, personal, _ := strings.Cut(page, "## Your status shows")
	personal, _, _ = strings.Cut(personal, "\n## ")
	for _, scope := range slack.PersonalScopes() {
		if !strings.Contains(personal, "`"+scope+"`") {
			t.Errorf("the guide does not say that a person's token has %s", scope)
		}
	}
	for _, path := range (&doctor{config: &roster.Config{Slack: &roster.Slack{Web: true}}}).publicPaths() {
		if !strings.Contains(page, "`"+path+"`") {
			t.Errorf("the guide does not say that %s must be reached", path)
		}
	}
}
