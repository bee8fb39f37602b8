package main

import (
	"bytes"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/providers/alertmanager"
	"github.com/musterbook/musterbook/roster"
)

// firstIncident is the page that leads to a real Slack and a real Twilio.
func firstIncident(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "first-incident.md"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// block is the first fenced block of a page that holds a text.
func block(t *testing.T, page, holds string) string {
	t.Helper()
	for n, part := range strings.Split(page, "\n```") {
		if _, body, ok := strings.Cut(part, "\n"); ok && n%2 == 1 && strings.Contains(body, holds) {
			return body + "\n"
		}
	}
	t.Fatalf("no block of the page holds %q", holds)
	return ""
}

func TestFirstIncidentConfigurationIsValid(t *testing.T) {
	t.Parallel()
	page := firstIncident(t)
	text := block(t, page, "\nfallback:")
	path := filepath.Join(t.TempDir(), "musterbook.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	status := run(t.Context(), []string{"check", path}, shell{
		getenv: func(string) string { return "" }, login: func() string { return "tester" }, stdout: &out, stderr: &out,
	})
	if status != statusDone {
		t.Errorf("muster check answers %d:\n%s", status, &out)
	}
	config, problems := roster.Parse(path, []byte(text), roster.Outside{ReadFile: os.ReadFile})
	if len(problems) > 0 {
		t.Fatal(problems.Err())
	}
	if !config.Slack.Socket || config.Slack.Web {
		t.Error("the page's Slack is not the one of its manifest, which comes through the socket")
	}
	if !strings.Contains(page, config.Gateway.PublicURL+"/twilio/sms") {
		t.Error("the page does not say where incoming messages go")
	}
	for _, variable := range regexp.MustCompile(`\$\{([A-Z_]+)\}`).FindAllStringSubmatch(text, -1) {
		if !strings.Contains(page, "export "+variable[1]+"=") {
			t.Errorf("the page does not set %s", variable[1])
		}
	}
}

func TestFirstIncidentAlertIsUnderstood(t *testing.T) {
	t.Parallel()
	page := firstIncident(t)
	_, body, ok := strings.Cut(block(t, page, "curl "), "-d '")
	if !ok {
		t.Fatal("no request body on the page")
	}
	group, err := alertmanager.Decode([]byte(strings.TrimSuffix(strings.TrimSpace(body), "'")))
	if err != nil {
		t.Fatal(err)
	}
	if len(group.Alerts) != 1 || group.Alerts[0].Labels["service"] != "checkout" || group.Alerts[0].Summary == "" {
		t.Errorf("understood as %+v", group)
	}
	var am struct {
		Receivers []struct {
			Webhooks []struct {
				URL string `yaml:"url"`
			} `yaml:"webhook_configs"`
		} `yaml:"receivers"`
	}
	if err := yaml.Unmarshal([]byte(block(t, page, "receivers:")), &am); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(am.Receivers[0].Webhooks[0].URL)
	if err != nil || u.Path != "/v1/alerts/"+alertmanager.Source {
		t.Errorf("Alertmanager posts to %v (%v)", u, err)
	}
}
