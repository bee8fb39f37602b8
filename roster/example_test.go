package roster_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/roster"
)

// variables are what the example asks of the environment.
func variables() map[string]string {
	return map[string]string{
		"MUSTER_API_TOKEN": "0123456789abcdef0123456789abcdef", "MUSTER_ALERTMANAGER_TOKEN": "fedcba9876543210fedcba9876543210",
		"SLACK_BOT_TOKEN": "xoxb-1-2-three", "SLACK_APP_TOKEN": "xapp-1-2-three", "SLACK_SIGNING_SECRET": "8f742231b10e8888abcd99yyyzzz85a5",
		"ANA_SLACK_TOKEN": "xoxp-1-2-three", "SMTP_PASSWORD": "correct horse battery staple",
		"PAGER_ADDRESS": "https://pager.example.com/hook", "PAGER_SECRET": "0f1e2d3c4b5a69788796a5b4c3d2e1f0",
		"WATCHER_ADDRESS":           "https://watcher.example.com/ping/1",
		"TWILIO_SECOND_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdee", "TWILIO_OTHER_TOKEN": "f00dfeedf00dfeedf00dfeedf00dfeee",
		"TWILIO_ACCOUNT_SID": "AC0123456789abcdef0123456789abcdef", "TWILIO_AUTH_TOKEN": "f00dfeedf00dfeedf00dfeedf00dfeed",
		"TWILIO_SECOND_AUTH_TOKEN": "beefbeefbeefbeefbeefbeefbeefbeef",
	}
}

func parseExample(t *testing.T, data []byte) *roster.Config {
	t.Helper()
	set := variables()
	from := outside()
	from.Getenv = func(name string) string { return set[name] }
	c, problems := roster.Parse("musterbook.example.yaml", data, from)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestExample holds the file that newcomers edit to what the shipped runbook needs.
func TestExample(t *testing.T) {
	t.Parallel()
	c := parseExample(t, example(t))
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	names := []string{"sre-oncall", "support-oncall", "engineering-manager", "cto", "vp-engineering", "fallback", "sre"}
	for _, service := range c.Services() {
		names = append(names, service+"-oncall")
	}
	for _, name := range names {
		duties, err := c.Duties(name, at)
		if err != nil || len(duties) == 0 {
			t.Errorf("%s: %v, %v", name, duties, err)
		}
		for _, d := range duties {
			if !d.Phone {
				t.Errorf("%s leads to %s, who has no telephone", name, d.Name)
			}
		}
	}
	tests := []struct {
		name              string
		labels            map[string]string
		service, severity string
	}{
		{name: "critical", labels: map[string]string{"service": "checkout", "severity": "critical"}, service: "checkout", severity: "SEV1"},
		{name: "pattern", labels: map[string]string{"service": "payments-db", "severity": "critical"}, service: "payments"},
		{name: "warning", labels: map[string]string{"service": "checkout", "severity": "warning"}, service: "checkout", severity: "SEV3"},
		{name: "stranger", labels: map[string]string{"job": "node"}, service: "platform"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := c.Route(tt.labels)
			if r.Service != tt.service || string(r.Severity) != tt.severity || r.Runbook != "service-outage" || r.Type != "outage" {
				t.Errorf("routed to %+v", r)
			}
		})
	}
}

// TestExampleComments takes away the comment sign of everything that the example only shows: keys, also of items.
func TestExampleComments(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile(`(?m)^( *)# ( *(?:- )?[a-z_-]+:(?: .*)?)$`)
	all := shown.ReplaceAllStringFunc(string(example(t)), func(line string) string {
		if strings.Contains(line, "members: [ana, {") { // in place of the list above it
			return line
		}
		return shown.ReplaceAllString(line, "$1$2")
	})
	c := parseExample(t, []byte(all))
	if c.Gateway.PublicURL == "" || c.Twilio.SecondAuthToken.IsZero() || c.Records == "" || c.Temporal.Address == "" || c.Email == nil || c.Pager == nil {
		t.Errorf("not everything is there: %+v", c)
	}
	if r, _ := c.Service("payments"); r.Severity != "SEV2" {
		t.Errorf("payments begins with %q", r.Severity)
	}
	if ana, _ := c.Person("ana"); len(ana.Contact.High) != 2 || len(ana.Contact.Low) != 2 || ana.Quiet == nil {
		t.Errorf("ana is told by %+v, quiet %v", ana.Contact, ana.Quiet)
	}
	at := time.Date(2026, 6, 5, 14, 59, 0, 0, time.UTC) // Friday, a minute before the office closes
	for name, want := range map[string]string{"follow-the-sun": "follow-the-sun (office) since Fri 09:00", "payments": "payments-oncall"} {
		if duties, err := c.Duties(name, at); err != nil || len(duties) != 1 || duties[0].Why != want {
			t.Errorf("%s is %+v, %v", name, duties, err)
		}
	}
}

// TestExampleMembers puts the list of members that the example shows in place of the one that it has.
func TestExampleMembers(t *testing.T) {
	t.Parallel()
	shown := regexp.MustCompile(`(?m)^ *#   members: (\[ana, \{.*\])$`).FindStringSubmatch(string(example(t)))
	if shown == nil {
		t.Fatal("the example shows no list of members")
	}
	c := parseExample(t, []byte(strings.Replace(string(example(t)), "[ana, ben, cem] # ana has", shown[1]+" #", 1)))
	if members := c.Book.Schedules[0].Rotation.Members; len(members) != 4 || members[1].Until != members[3].From {
		t.Errorf("members are %+v", members)
	}
}

// TestExampleHoldsNoSecret lists the variables that the comments and the text name, so that none is forgotten.
func TestExampleHoldsNoSecret(t *testing.T) {
	t.Parallel()
	set := variables()
	for _, m := range regexp.MustCompile(`\$\{([A-Z_]+)\}`).FindAllStringSubmatch(string(example(t)), -1) {
		if m[1] == "VARIABLE" {
			continue
		}
		if _, ok := set[m[1]]; !ok {
			t.Errorf("%s is not among the variables of this test", m[1])
		}
	}
	for n, line := range strings.Split(string(example(t)), "\n") {
		if len([]rune(line)) > 120 {
			t.Errorf("line %d is longer than 120 letters", n+1)
		}
	}
}
