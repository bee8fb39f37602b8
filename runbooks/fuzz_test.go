package runbooks

import (
	"io/fs"
	"testing"
)

// FuzzParse: nothing panics; every problem has a place; a runbook without errors gives itself back through its JSON,
// keeps its hash and compiles.
func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal()))
	f.Add([]byte(everything()))
	for _, id := range shippedIDs(f) {
		text, err := fs.ReadFile(Shipped(), id+".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, rule := range Rules() {
		f.Add([]byte(readFixture(f, string(rule.Code)+"-bad")))
		f.Add([]byte(readFixture(f, string(rule.Code)+"-good")))
	}
	for _, steps := range []string{
		"- page: &a [owner]\n  <<: *a", "- say: \"\\x41 ${{ level }} \\\n  b\"", "- note: |2\n      ${{ x", "- wait: 1_000s",
		"- ask: ? x\n  choices: { 1: a, 1.0: b, null: c }", "- { say: x, \"say\": y }", "- !!map { say: x }", "- end: duplicate\n  of: ~",
		"- retry: {}", "- task: a\n  retry: { max: 1 }\n  on_failure: []", "- &x\n  note: *x", "- note: '${{ \"a''b\" }}'",
	} {
		f.Add([]byte(block(steps)))
	}
	f.Add([]byte("? a\n: b\n"))
	f.Add([]byte("a: [1e999, .nan, 0x1F, 0b1, 2026-01-01]\nseverities: { A: { x: .inf, y: 0o7, z: 1_0 } }"))
	f.Add([]byte("\xff\xfe\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		rb, problems := Parse("x.yaml", text)
		for _, p := range problems {
			if p.Line < 1 || p.Column < 1 || p.Code == "" || p.Message == "" || p.File != "x.yaml" {
				t.Fatalf("%q: bad problem %+v", text, p)
			}
		}
		if (rb == nil) != (problems.Err() != nil) {
			t.Fatalf("%q: runbook %v with problems %v", text, rb, problems)
		}
		if rb != nil {
			roundTrip(t, rb)
		}
	})
}
