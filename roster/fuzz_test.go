package roster_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// FuzzParse holds for every input: there is a configuration or there are problems, every problem has a place within
// the file, and whatever was accepted routes every alert and knows its fallback.
func FuzzParse(f *testing.F) {
	example, err := os.ReadFile("../musterbook.example.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte(small))
	for _, seed := range []string{
		"", "~", "- a", "people: {ana: {name: [}}", "people: &a {b: *a}", "a: !!binary x\n---\nb: 1", "? {a: b}\n: c",
		"routes: [{match: {a: /(/}}]", "default: {inputs: {a: {b: [1, .inf, null, 0x10]}}}", "\xef\xbb\xbfpeople: {}", "<<: {a: 1}",
		"schedules: {a: {rotation: {members: [b], start: 9999-12-31, at: 23:59, weeks: 99999999999999999999}}}", "people: \"\\u0000\"",
		"people: {aple ::ame.\r\r w} ",
		"schedules: {a: {zone: UTC, layers: [{only: [{days: [sat-mon, wed], from: 24:00}, {}], rotation: {members: [{who: b, until: 1970-01-01}, []], hours: -1}}]}}",
		"schedules: {a: {calendar: {url: \"https://[::1%25\", file: \"${X}\", people: {\" \": b, É: c, é: c}}}, b: {layers: []}}",
		"policies: {a: {levels: [{targets: [a, a, commander], strategy: x, ack: 9999999999999999h}], repeat: -1, urgency: high}}",
		"people: {a: {contact: {high: [{via: [call, call, []], after: 1ms}], low: []}, quiet: {from: 00:00, to: 00:00}}}",
	} {
		f.Add([]byte(seed))
	}
	for _, schedule := range []string{
		layered(`{days: sat-mon, from: "22:00", to: "06:00"}`), `{zone: Africa/Casablanca, calendar: {file: "a.ics", people: {" Ana  Ruiz ": ana}}}`,
		`{zone: Pacific/Apia, rotation: {members: [{who: ana, until: 1999-01-01}, {who: ben, from: 2999-01-01}], start: 1970-01-01, at: "00:00", hours: 1}}`,
	} {
		f.Add([]byte(strings.Replace(small, "cto: {person: ben}", "cto: "+schedule, 1)))
	}
	f.Add([]byte(strings.Replace(small, "services:\n", "permissions: {resolve: [commander, sre, ana], lower: anyone, severity: {}, page: [], note: cto}\nservices:\n", 1)))
	f.Add([]byte(strings.Replace(small, "services:\n", "policies: {p: {levels: [{targets: [cto, sre], ack: 30s}], repeat: 9, urgency: low}}\nservices:\n", 1)))
	f.Add([]byte(strings.Replace(small, "name: Ana Ruiz", `name: Ana Ruiz, quiet: {from: "22:00", to: "07:00"}, contact: {high: [{via: [call, slack]}, {via: sms, after: 1m}]}`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := roster.Parse("m.yaml", data, outside())
		if (c == nil) != (len(problems) > 0) {
			t.Fatalf("configuration %v, problems %v", c, problems)
		}
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + strings.Count(string(data), "\u2028") +
			strings.Count(string(data), "\u2029") + strings.Count(string(data), "\u0085") + 2
		for _, p := range problems {
			if p.Line < 1 || p.Line > lines || p.Column < 1 || p.Message == "" || strings.ContainsAny(p.String(), "\n\x00") {
				t.Fatalf("problem %+v of a file with %d lines", p, lines)
			}
		}
		if c == nil {
			return
		}
		if r := c.Route(nil); r.Service == "" || r.Owner == "" || r.Runbook == "" {
			t.Fatalf("an alert goes to %+v", r)
		}
		if _, err := c.Duties("fallback", time.Now()); err != nil {
			t.Fatal(err)
		}
		checkBook(t, c)
	})
}

// checkBook holds for every book that was accepted: each of its names can be asked for, nobody waits for ever, and whoever
// is called last can be told.
func checkBook(t *testing.T, c *roster.Config) {
	t.Helper()
	now := time.Now()
	for _, name := range c.Book.Names() {
		if _, err := c.Duties(name, now); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	for _, s := range c.Book.Schedules {
		duties, err := c.Duties(s.Name, now)
		if _, fed := c.Calendars[s.Name]; err != nil || len(duties) > 1 || s.Person != "" && len(duties) == 0 || s.Calendar != fed {
			t.Fatalf("%s: %v, %v, calendar %t", s.Name, duties, err, fed)
		}
	}
	for _, id := range c.Book.Fallback {
		if p, ok := c.Person(id); !ok || len(p.Rules(oncall.UrgencyHigh, c.Ways()...)) == 0 {
			t.Fatalf("%s cannot be told", id)
		}
	}
	for _, p := range c.Book.People {
		if until := p.Waits(oncall.UrgencyLow, now); until.Sub(now) > 49*time.Hour {
			t.Fatalf("%s is quiet until %s", p.ID, until)
		}
	}
}
