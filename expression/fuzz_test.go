package expression

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// seeds are expressions of the runbooks' style and of every kind of mistake.
func seeds() []string {
	return []string{
		`severity == "SEV1"`, "inputs.service != '' && level <= 2", "policy.brigde", "policy.page.exists(p, p == severity)",
		"incident.labels.all(k, true)", "level =", "'", "\"", "(((", "duration('5d')", "has(steps.stop.choice)", "[1, 'a']",
		"steps.slo.body.x.y[0]", "\n\nlevel\n<= 'é'", "1/0", "'%s'.format([incident.labels])", "{", "}}", "a.b.c(d)[e]?.f",
		"incident.labels.?x.orValue('')", "r'\\'", "'''x", "-9223372036854775808", "\x00\xff", "// comment", "a ? b : c",
	}
}

// insideSource tells whether a problem's place is in the source, or just behind it.
func insideSource(source string, p *Problem) bool {
	lines := strings.Split(source, "\n")
	return p.Line >= 1 && p.Line <= len(lines) && p.Column >= 1 && p.Column <= len([]rune(lines[p.Line-1]))+1
}

func checkProblems(t *testing.T, source string, err error) {
	t.Helper()
	var ps Problems
	if !errors.As(err, &ps) || len(ps) == 0 {
		t.Fatalf("%q: error %v is not Problems", source, err)
	}
	for _, p := range ps {
		if !insideSource(source, p) || p.Code == "" || p.Message == "" {
			t.Fatalf("%q: bad problem %#v", source, p)
		}
	}
}

func fuzzValues() Map {
	return Map{
		"severity": "SEV1", "level": 1, "policy.page": []string{"a", "b"}, "policy.bridge": true,
		"incident.labels": map[string]string{"x": "1", "y": "2", "z": "3"},
		"steps.slo.body":  map[string]any{"x": map[string]any{"y": []any{1.0}}},
	}
}

// FuzzCompile: nothing panics, faults lie inside the source, and what compiles
// gives the same answer twice.
func FuzzCompile(f *testing.F) {
	for _, seed := range seeds() {
		f.Add(seed)
	}
	e := testEnvironment(f)
	f.Fuzz(func(t *testing.T, source string) {
		p, err := e.Compile(source, Dyn)
		if err != nil {
			checkProblems(t, source, err)
			return
		}
		first, firstErr := p.Eval(fuzzValues())
		second, secondErr := p.Eval(fuzzValues())
		if (firstErr == nil) != (secondErr == nil) || (firstErr != nil && firstErr.Error() != secondErr.Error()) {
			t.Fatalf("%q: errors differ: %v, %v", source, firstErr, secondErr)
		}
		if diff := cmp.Diff(first, second, cmp.Comparer(func(a, b float64) bool { return a == b || (a != a && b != b) })); diff != "" {
			t.Fatalf("%q: results differ\n%s", source, diff)
		}
	})
}

// FuzzCompileText: as FuzzCompile, and text without ${{ is kept as it is.
func FuzzCompileText(f *testing.F) {
	for _, seed := range seeds() {
		f.Add("x ${{ " + seed + " }} y")
		f.Add("${{ " + seed)
		f.Add(seed + "}} ${{ level }}")
	}
	e := testEnvironment(f)
	f.Fuzz(func(t *testing.T, source string) {
		text, err := e.CompileText(source)
		if err != nil {
			checkProblems(t, source, err)
			return
		}
		result, err := text.Eval(fuzzValues())
		if constant, ok := text.Constant(); ok && (err != nil || constant != source || result.Value != source) {
			t.Fatalf("%q became %v, %v", source, result, err)
		}
		if err == nil && result.Known() && len(text.parts) > 1 {
			if _, isText := result.Value.(string); !isText {
				t.Fatalf("%q gave %T", source, result.Value)
			}
		}
	})
}

// FuzzParseDuration: what parses is not negative, and its printed form means the
// same.
func FuzzParseDuration(f *testing.F) {
	for _, seed := range []string{"30s", "1h 30m", "2w", "5", "", "-1s", "1d1d", "99999999999999999999w", "15250w 9999999d", "1m ", "١s"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if err != nil {
			return
		}
		if d < 0 {
			t.Fatalf("%q is %d", text, d)
		}
		if again, err := ParseDuration(FormatDuration(d)); err != nil || again != d {
			t.Fatalf("%q is %v, printed %q, read %v, %v", text, d, FormatDuration(d), again, err)
		}
	})
}
