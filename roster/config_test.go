package roster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

func TestParseReadsEverything(t *testing.T) {
	t.Parallel()
	c := parse(t, []byte(small))
	book := oncall.Book{
		People: []oncall.Person{
			{ID: "ana", Name: "Ana Ruiz", Email: "ana@example.com", Phone: "+34600000001", Slack: "U01ANA", Zone: "Europe/Madrid"},
			{ID: "ben", Name: "Ben Ito", Phone: "+34600000002"},
		},
		Teams: []oncall.Team{{Name: "sre", Members: []oncall.PersonID{"ana", "ben"}}},
		Schedules: []oncall.Schedule{
			{Name: "checkout-oncall", Zone: "Europe/Berlin", Rotation: &oncall.Rotation{
				Members: oncall.Members("ana", "ben"), Start: oncall.Date{Year: 2026, Month: 1, Day: 5},
				At: oncall.ClockTime{Hour: 9}, Weeks: 2,
			}},
			{Name: "cto", Person: "ben"},
		},
		Fallback: []oncall.PersonID{"ben"},
		Ways:     []oncall.Way{oncall.WayCall, oncall.WaySMS, oncall.WaySlack},
	}
	if diff := cmp.Diff(book, c.Book); diff != "" {
		t.Errorf("book (-want +got):\n%s", diff)
	}
	type plain struct {
		Listen, PublicURL, API, Alertmanager  string
		MaxBody                               int64
		SlackToken, SlackSecret, AppToken     string
		Socket, Web                           bool
		AccountSID, AuthToken, Second, From   string
		Address, Namespace, Data, Records, At string
	}
	got := plain{
		c.Gateway.Listen, c.Gateway.PublicURL, c.Gateway.API.Reveal(), c.Gateway.Sources["alertmanager"].Reveal(), c.Gateway.MaxBody,
		c.Slack.Token.Reveal(), c.Slack.SigningSecret.Reveal(), c.Slack.AppToken.Reveal(), c.Slack.Socket, c.Slack.Web,
		c.Twilio.AccountSID, c.Twilio.AuthToken.Reveal(), c.Twilio.SecondAuthToken.Reveal(), c.Twilio.From,
		c.Temporal.Address, c.Temporal.Namespace, c.Data, c.Records, c.Path,
	}
	want := plain{
		"0.0.0.0:8080", "https://muster.example.com", "0123456789abcdef0123456789abcdef", "alertmanager-secret-token", 512 << 10,
		"xoxb-1-2-three", "8f742231b10e8888abcd99yyyzzz85a5", "", false, true,
		"AC0123456789abcdef0123456789abcdef", "f00dfeedf00dfeedf00dfeedf00dfeed", "", "+12025550100",
		"temporal:7233", "default", "/var/lib/muster", "/var/records", "musterbook.yaml",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := parse(t, edited(t,
		"  listen: 0.0.0.0:8080\n", "", "  public_url: https://muster.example.com/\n", "", "  max_body: 512KiB\n", "",
		"temporal: {address: \"temporal:7233\"}\n", "", "records: {dir: /var/records}\n", "", "data: /var/lib/muster\n", "",
		", weeks: 2", "", ", alertmanager: \"file:/run/secrets/am\"", "",
	))
	if c.Gateway.Listen != "127.0.0.1:8080" || c.Gateway.MaxBody != 1<<20 || c.Gateway.PublicURL != "" || len(c.Gateway.Sources) != 0 {
		t.Errorf("gateway is %+v", c.Gateway)
	}
	if c.Temporal != (roster.Temporal{}) || c.Data != "musterbook-data" || c.RecordsUnder("/d") != "/d/records" {
		t.Errorf("temporal %+v, data %q, records %q", c.Temporal, c.Data, c.RecordsUnder("/d"))
	}
	if c.Book.Schedules[0].Rotation.Weeks != 1 {
		t.Errorf("a turn has %d weeks", c.Book.Schedules[0].Rotation.Weeks)
	}
	if got := parse(t, []byte(small)).RecordsUnder("/d"); got != "/var/records" {
		t.Errorf("records lie in %q", got)
	}
}

// TestSecretsUnopened is how a file is checked where its secrets are not.
func TestSecretsUnopened(t *testing.T) {
	t.Parallel()
	from := outside()
	from.Getenv = nil
	c, problems := roster.Parse("musterbook.yaml", []byte(small), from)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if !c.Slack.Token.IsZero() || !c.Gateway.Sources["alertmanager"].IsZero() {
		t.Error("a secret was opened")
	}
}

func TestRoute(t *testing.T) {
	t.Parallel()
	base := func(change func(*roster.Routed)) roster.Routed {
		r := roster.Routed{
			Rule: "default", Service: "platform", Title: "platform", Owner: "sre", Runbook: "service-outage", Type: "outage",
			Environment: "production", Inputs: map[string]any{"service": "platform"},
		}
		change(&r)
		return r
	}
	checkout := func(r *roster.Routed) {
		r.Service, r.Title, r.Owner = "checkout", "Checkout", "checkout-oncall"
		r.Inputs = map[string]any{"service": "checkout", "customers": false}
	}
	tests := []struct {
		name   string
		labels map[string]string
		want   roster.Routed
	}{
		{name: "no labels", want: base(func(*roster.Routed) {})},
		{name: "unknown service", labels: map[string]string{"service": "search"}, want: base(func(*roster.Routed) {})},
		{
			name: "first route", labels: map[string]string{"service": "checkout", "severity": "critical", "tier": "gold"},
			want: base(func(r *roster.Routed) { checkout(r); r.Rule, r.Severity, r.Team = "routes[0]", "SEV1", "sre" }),
		},
		{
			name: "no route, but a service of its own", labels: map[string]string{"service": "checkout", "severity": "warning"},
			want: base(func(r *roster.Routed) { checkout(r); r.Rule = "label service" }),
		},
		{
			name: "pattern, service by label, the route's inputs win", labels: map[string]string{"service": "checkout", "tier": "silver"},
			want: base(func(r *roster.Routed) {
				checkout(r)
				r.Rule, r.Environment, r.Inputs["customers"] = "routes[1]", "staging", true
			}),
		},
		{
			name: "pattern, service by default", labels: map[string]string{"tier": "gold"},
			want: base(func(r *roster.Routed) { r.Rule, r.Environment, r.Inputs["customers"] = "routes[1]", "staging", true }),
		},
		{name: "a pattern matches as a whole", labels: map[string]string{"tier": "golden"}, want: base(func(*roster.Routed) {})},
		{name: "a label that must be missing", labels: map[string]string{"tier": "gold", "drill": "yes"}, want: base(func(*roster.Routed) {})},
	}
	c := parse(t, []byte(small))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, c.Route(tt.labels)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestService(t *testing.T) {
	t.Parallel()
	c := parse(t, []byte(small))
	want := roster.Routed{
		Rule: "service", Service: "checkout", Title: "Checkout", Owner: "checkout-oncall", Runbook: "service-outage", Type: "outage",
		Environment: "production", Inputs: map[string]any{"service": "checkout", "customers": false},
	}
	got, ok := c.Service("checkout")
	if diff := cmp.Diff(want, got); !ok || diff != "" {
		t.Errorf("known: %t (-want +got):\n%s", ok, diff)
	}
	if _, ok := c.Service("search"); ok {
		t.Error("an unknown service is known")
	}
	if diff := cmp.Diff([]string{"checkout", "platform"}, c.Services()); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
}

// TestChat has which channel hears of an incident: what a route says, else its service, else the default, else slack's.
func TestChat(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, route, service, rest, want string
	}{
		{name: "for all", want: "#incidents"},
		{name: "of the default", rest: "#ours", want: "#ours"},
		{name: "of the service, by its id", service: "C0123456789", rest: "#ours", want: "C0123456789"},
		{name: "of the route, without its sign", route: "quiet-ones", service: "#shop", want: "#quiet-ones"},
		{name: "none", service: "none", want: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			say := func(after, channel string) string {
				if channel == "" {
					return after
				}
				return fmt.Sprintf("%s announce: %q,", after, channel)
			}
			c := parse(t, edited(t, "slack: {token:", `slack: {announce: "#incidents", archive_after: 14d, token:`,
				"  - match: {service: checkout, severity: critical}\n    service: checkout\n    severity: SEV1\n    team: sre\n",
				say("  - {match: {service: checkout, severity: critical},", tt.route)+"}\n",
				"checkout: {", say("checkout: {", tt.service), "default: {", say("default: {", tt.rest)))
			got := c.Route(map[string]string{"service": "checkout", "severity": "critical"})
			if got.Announce != tt.want || got.ArchiveAfter != 14*24*time.Hour {
				t.Errorf("announced in %q, archived after %s", got.Announce, got.ArchiveAfter)
			}
		})
	}
}

// TestInputsKeepTheirTypes reads every kind of value that a runbook's input can have.
func TestInputsKeepTheirTypes(t *testing.T) {
	t.Parallel()
	from := outside()
	from.Runbooks = nil
	data := edited(t, "inputs: {customers: false}", `inputs: {a: text, b: true, c: 3, d: 0.5, e: [x, 2], f: {g: 5m}, h: "7", i: 2026-01-05, j: 0x1f}`)
	c, problems := roster.Parse("musterbook.yaml", data, from)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	got, _ := c.Service("checkout")
	want := map[string]any{
		"a": "text", "b": true, "c": int64(3), "d": 0.5, "e": []any{"x", int64(2)}, "f": map[string]any{"g": "5m"}, "h": "7",
		"i": "2026-01-05", "j": int64(31),
	}
	if diff := cmp.Diff(want, got.Inputs); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestDutiesAndPerson(t *testing.T) {
	t.Parallel()
	c := parse(t, []byte(small))
	at := time.Date(2026, 1, 20, 12, 0, 0, 0, time.UTC)
	got, err := c.Duties("checkout-oncall", at)
	if err != nil {
		t.Fatal(err)
	}
	want := []oncall.Duty{{
		Person: "ben", Name: "Ben Ito", Why: "checkout-oncall since Mon 19 Jan 09:00", Phone: true,
		Until: time.Date(2026, 2, 2, 8, 0, 0, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if p, ok := c.Person("ana"); !ok || p.Name != "Ana Ruiz" {
		t.Errorf("person is %+v", p)
	}
}
