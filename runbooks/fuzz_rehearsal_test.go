package runbooks

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// FuzzParseRehearsals: nothing panics, not even the check against a runbook; every problem, and everything that was
// read, has a place inside the file; what was read is read again the same, and the same with lines above it.
func FuzzParseRehearsals(f *testing.F) {
	for _, begin := range []string{"good", "bad"} {
		for _, file := range rehearsalFiles(f, begin) {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	for _, text := range []string{
		"script: &a [*a]", "script: [{ <<: &x { at: 1m }, ack: true, by: a }]", "with: &a { b: *a }", "? a\n: b\n", "--- !!map {}\n...\n---",
		"test: &t x\nexpect: { ends: open }\n---\ntest: *t\n", "at: 2026-10-25T01:30+99:00 Europe/Berlin", "mock: { a: { ok: { b: .nan, c: 0x1F, d: 1e999 } } }",
		"\xff\xfe\x00", "script: [{ at: 1m, done: x, note: y, by: a }, { at: 1m, note: y, done: true }]", "paged: []\nexpect:", "expect:\n\n\n",
	} {
		f.Add([]byte(text))
	}
	rb := runbookForTests(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		all, problems := ParseRehearsals("x.test.yaml", text)
		lines := newSource("", string(text)).lines
		inside := func(at Mark) {
			if at.File != "x.test.yaml" || at.Line < 1 || at.Line > len(lines) || at.Column < 1 {
				t.Fatalf("%q: %s is no place of the file", text, at)
			}
		}
		for _, p := range problems {
			if inside(Mark{p.File, p.Line, p.Column}); p.Code == "" || p.Message == "" {
				t.Fatalf("%q: bad problem %+v", text, p)
			}
		}
		if (all == nil) != (problems.Err() != nil) {
			t.Fatalf("%q: %d rehearsals with problems %v", text, len(all), problems)
		}
		for i := range all {
			inside(all[i].Mark)
			for _, at := range all[i].Places {
				inside(at)
			}
			for _, p := range slices.Concat(all[i].Check(rb), all[i].CheckPeople(rb, nil), all[i].CheckPeople(rb, []string{"ana"})) {
				inside(Mark{p.File, p.Line, p.Column})
			}
		}
		if all == nil || strings.HasPrefix(string(text), "\ufeff") || strings.HasPrefix(string(text), "%") {
			return
		}
		again, problems := ParseRehearsals("x.test.yaml", append([]byte("# a line above\n"), text...))
		if problems.Err() != nil {
			t.Fatalf("%q: with a line above it %v", text, problems)
		}
		if diff := cmp.Diff(all, again, cmpopts.IgnoreTypes(Mark{}), cmpopts.IgnoreFields(Rehearsal{}, "Places")); diff != "" {
			t.Fatalf("%q: with a line above it (-before +after)\n%s", text, diff)
		}
		if got, want := again[0].Line, all[0].Line+1; got != want {
			t.Fatalf("%q: with a line above it it stands in line %d, not %d", text, got, want)
		}
	})
}
