package roster_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// layered is a schedule of two layers, of which the first has the times that are given.
func layered(only string) string {
	return `{zone: Europe/Berlin, layers: [{name: office, only: [` + only + `], rotation: {members: [ana, ben], start: 2026-01-05, at: "09:00", days: 1}}, ` +
		`{rotation: {members: [ben, {who: ana, from: 2026-05-01, until: 2026-09-01}], start: 2026-01-05, at: "08:00", hours: 12}}]}`
}

// onCall is the small file with everything that it can say about who is called.
func onCall(t *testing.T) []byte {
	t.Helper()
	return edited(t,
		"slack: U01ANA, zone: Europe/Madrid", `slack: U01ANA, zone: Europe/Madrid, quiet: {from: "22:00", to: "07:00"}, contact: {`+
			`high: [{via: [call, sms]}, {via: call, after: 2m}, {via: [slack, email], after: 1h30m}], low: [{via: slack}, {via: sms, after: 10m}]}`,
		"from: +12025550100", `from: "+12025550100"`,
		"  cto: {person: ben}\n", "  cto: {person: ben}\n"+
			"  nights: "+layered("{days: mon-fri, from: \"09:00\", to: \"17:00\"}, {days: [sat, sun-mon]}")+"\n"+
			"  feed: {zone: Europe/Berlin, calendar: {url: \"${FEED}\", people: {\"Ana  RUIZ\": ana, ito@example.com: ben}}}\n"+
			"  ics: {zone: Europe/Berlin, calendar: {file: on-call.ics}}\n"+
			"  public: {zone: Europe/Berlin, calendar: {url: \"https://example.com/a.ics?b=c\"}}\n",
		"services:\n", "policies:\n"+
			"  payments: {levels: [{targets: [nights, sre]}, {targets: [ana, ben], strategy: round_robin, ack: 90s}], repeat: 9, urgency: low}\n"+
			"  plain: {levels: [{targets: [cto], strategy: all, ack: 30s}], urgency: high, ack_timeout: 0s}\nservices:\n",
		"{owner: sre}", "{owner: payments}",
	)
}

// withFeed is outside with the address of a calendar.
func withFeed(address string) roster.Outside {
	from := outside()
	getenv := from.Getenv
	from.Getenv = func(name string) string {
		if name == "FEED" {
			return address
		}
		return getenv(name)
	}
	return from
}

func parseOnCall(t *testing.T) *roster.Config {
	t.Helper()
	c, problems := roster.Parse("m.yaml", onCall(t), withFeed("https://example.com/secret.ics"))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestParseReadsWhoIsCalled(t *testing.T) {
	t.Parallel()
	c := parseOnCall(t)
	day := func(month time.Month, day int) oncall.Date { return oncall.Date{Year: 2026, Month: month, Day: day} }
	hour := func(h int) oncall.ClockTime { return oncall.ClockTime{Hour: h} }
	berlin := "Europe/Berlin"
	schedules := []oncall.Schedule{
		{Name: "nights", Zone: berlin, Layers: []oncall.Layer{
			{
				Name: "office", Rotation: oncall.Rotation{Members: oncall.Members("ana", "ben"), Start: day(time.January, 5), At: hour(9), Days: 1},
				Only: []oncall.Window{
					{Days: []time.Weekday{1, 2, 3, 4, 5}, From: hour(9), To: hour(17)}, {Days: []time.Weekday{time.Saturday, time.Sunday, time.Monday}},
				},
			},
			{Rotation: oncall.Rotation{
				Members: []oncall.Member{{Person: "ben"}, {Person: "ana", From: day(time.May, 1), Until: day(time.September, 1)}},
				Start:   day(time.January, 5), At: hour(8), Hours: 12,
			}},
		}},
		{Name: "feed", Zone: berlin, Calendar: true},
		{Name: "ics", Zone: berlin, Calendar: true},
		{Name: "public", Zone: berlin, Calendar: true},
	}
	if diff := cmp.Diff(schedules, c.Book.Schedules[2:]); diff != "" {
		t.Errorf("schedules (-want +got):\n%s", diff)
	}
	policies := []oncall.Policy{
		{Name: "payments", Repeat: 9, Urgency: oncall.UrgencyLow, AckTimeout: 30 * time.Minute, Levels: []oncall.Level{
			{Targets: []string{"nights", "sre"}, Ack: 5 * time.Minute},
			{Targets: []string{"ana", "ben"}, Strategy: oncall.StrategyRoundRobin, Ack: 90 * time.Second},
		}},
		{Name: "plain", Levels: []oncall.Level{{Targets: []string{"cto"}, Ack: 30 * time.Second}}, AckTimeout: 0},
	}
	if diff := cmp.Diff(policies, c.Book.Policies); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	ana := oncall.Person{
		ID: "ana", Name: "Ana Ruiz", Email: "ana@example.com", Phone: "+34600000001", Slack: "U01ANA", Zone: "Europe/Madrid",
		Contact: oncall.Contact{
			High: []oncall.ContactRule{
				{Via: []oncall.Way{oncall.WayCall, oncall.WaySMS}},
				{Via: []oncall.Way{oncall.WayCall}, After: 2 * time.Minute},
				{Via: []oncall.Way{oncall.WaySlack, oncall.WayEmail}, After: 90 * time.Minute},
			},
			Low: []oncall.ContactRule{{Via: []oncall.Way{oncall.WaySlack}}, {Via: []oncall.Way{oncall.WaySMS}, After: 10 * time.Minute}},
		},
		Quiet: &oncall.Window{From: hour(22), To: hour(7)},
	}
	if diff := cmp.Diff(ana, c.Book.People[0]); diff != "" {
		t.Errorf("ana (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]oncall.Way{oncall.WayCall, oncall.WaySMS, oncall.WaySlack}, c.Ways()); diff != "" {
		t.Errorf("ways (-want +got):\n%s", diff)
	}
	if to, _ := c.Service("platform"); to.Owner != "payments" {
		t.Errorf("the owner is %q", to.Owner)
	}
}

func TestCalendars(t *testing.T) {
	t.Parallel()
	c := parseOnCall(t)
	type source struct{ URL, File string }
	got := map[string]source{}
	for name, calendar := range c.Calendars {
		got[name] = source{calendar.URL.Reveal(), calendar.File}
	}
	want := map[string]source{
		"feed": {URL: "https://example.com/secret.ics"}, "ics": {File: "on-call.ics"}, "public": {URL: "https://example.com/a.ics?b=c"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	unopened := outside()
	unopened.Getenv = nil
	c, problems := roster.Parse("m.yaml", onCall(t), unopened)
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if !c.Calendars["feed"].URL.IsZero() || c.Calendars["public"].URL.IsZero() {
		t.Error("a secret was opened, or what is none was not read")
	}
}

// TestCalendarAddressStaysSecret puts addresses that are none where one should be; no message may show them.
func TestCalendarAddressStaysSecret(t *testing.T) {
	t.Parallel()
	const secret = "hunter2-hunter2"
	none, webcal := "this is no address of a calendar", "begins with webcal://"
	tests := []struct {
		name, address string
		want          string // empty = it is one
	}{
		{name: "https", address: "https://example.com/hunter2-hunter2"},
		{name: "https with a password, from outside of the file", address: "https://me:hunter2-hunter2@example.com/"},
		{name: "this machine", address: "http://127.0.0.1:8000/hunter2-hunter2"},
		{name: "this machine by name", address: "http://localhost:8000/hunter2-hunter2"},
		{name: "http", address: "http://example.com/hunter2-hunter2", want: none},
		{name: "webcal", address: "webcal://example.com/hunter2-hunter2", want: webcal},
		{name: "a path", address: "/hunter2-hunter2", want: none},
		{name: "no host", address: "https:///hunter2-hunter2", want: none},
		{name: "not even that", address: "hunter2-hunter2 %zz:", want: none},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := roster.Parse("m.yaml", onCall(t), withFeed(tt.address))
			text := ""
			if err := problems.Err(); err != nil {
				text = err.Error()
			}
			if strings.Contains(text, secret) || tt.want == "" && text != "" || !strings.Contains(text, tt.want) {
				t.Errorf("problems: %s", text)
			}
		})
	}
}
