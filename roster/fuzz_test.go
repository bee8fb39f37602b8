package roster_test

import (
	"os"
	"strings"
	"testing"
	"time"

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
	} {
		f.Add([]byte(seed))
	}
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
		for _, s := range c.Book.Schedules {
			if duties, err := c.Duties(s.Name, time.Now()); err != nil || len(duties) != 1 {
				t.Fatalf("%s: %v, %v", s.Name, duties, err)
			}
		}
	})
}
