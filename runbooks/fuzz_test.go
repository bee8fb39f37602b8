package runbooks

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"
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
	for _, rule := range runbookRules() {
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

// TestReadingIsBounded: whatever is handed in, up to 256 KiB, is read within a second (three on a busy machine).
func TestReadingIsBounded(t *testing.T) {
	t.Parallel()
	fill := func(head, line string) string {
		return head + strings.Repeat(line, (250<<10-len(head))/len(line))
	}
	vars := strings.Builder{}
	for n := range 6000 {
		fmt.Fprintf(&vars, "  v%d: '%d'\n", n, n)
	}
	list := "[" + strings.Repeat("1,", 3000) + "1]"
	for name, text := range map[string]string{
		"steps":      fill(block("- note: a"), "    - note: b\n"),
		"undeclared": fill(block("- note: a"), "    - note: ${{ x.y }}\n"),
		"lists":      fill(block("- note: a"), "    - for_each: "+list+"\n      as: x\n      steps: []\n"),
		"vars":       strings.Replace(minimal(), "roles:", "vars:\n"+vars.String()+"roles:", 1),
		"brackets":   block("- note: ${{ " + strings.Repeat("(", 100_000)),
		"flow":       strings.Repeat("[", 200_000),
		"unknown":    fill(minimal(), "k: v\n"),
	} {
		began := time.Now()
		_, problems := Parse("x.yaml", []byte(text))
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("%s: %s, %d problems", name, took, len(problems))
		} else {
			t.Logf("%s: %s, %d problems", name, took, len(problems))
		}
	}
}
