package expression

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// testEnvironment declares a variable of every type.
func testEnvironment(t testing.TB) *Environment {
	t.Helper()
	e, err := NewEnvironment(map[string]Type{
		"severity": String, "level": Int, "elapsed": Duration, "phase": String,
		"policy.bridge": Bool, "policy.ack": Duration, "policy.page": ListOf(String),
		"incident.key": String, "incident.labels": MapOf(String), "incident.declared": Timestamp,
		"inputs.service": String, "inputs.share": Double, "inputs.limits": MapOf(Duration),
		"steps.stop.choice": String, "steps.stop.state": String, "steps.loop.choice": String,
		"steps.slo.body": Dyn, "steps.slo.status": Int,
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestCompileRefuses(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	tests := []struct {
		name, source string
		want         Type
		problem      string
	}{
		{name: "misspelt field", source: "policy.brigde", problem: `1:1: T02 undeclared reference to 'policy.brigde' (did you mean 'policy.bridge'?)`},
		{name: "misspelt middle", source: "steps.stp.choice == 'x'", problem: `1:1: T02 undeclared reference to 'steps.stp.choice' (did you mean 'steps.stop.choice'?)`},
		{name: "misspelt before a field", source: "incident.labls.team == 'x'", problem: `1:1: T02 undeclared reference to 'incident.labls.team' (did you mean 'incident.labels.team'?)`},
		{name: "nothing near", source: "x.y.z", problem: `1:1: T02 undeclared reference to 'x.y.z'`},
		{name: "prefix alone", source: "steps.stop", problem: `1:1: T02 'steps.stop' is not a value by itself (write steps.stop.choice or steps.stop.state)`},
		{name: "text without quotes", source: "severity == SEV1", problem: `1:13: T02 undeclared reference to 'SEV1' (text stands in quotes: "SEV1")`},
		{name: "hyphen in a name", source: "inputs.service-oncall", problem: `1:16: T02 undeclared reference to 'oncall' (- is a minus here; names are written with _, text in quotes)`},
		{name: "two faults", source: "x1 && policy.x2", problem: "1:1: T02 undeclared reference to 'x1' (text stands in quotes: \"x1\")\n1:7: T02 undeclared reference to 'policy.x2'"},
		{name: "has on a dotted variable", source: "has(steps.stop.choice)", problem: `1:5: T02 has() and ?. do not work on 'steps.stop' (test its state instead)`},
		{name: "function", source: "sizee(severity)", problem: `1:1: T02 there is no function sizee (did you mean size?)`},
		{name: "method", source: "severity.foo()", problem: `1:10: T02 there is no function foo`},
		{name: "after a character of two bytes", source: "'é' + policy.x", problem: `1:7: T02 undeclared reference to 'policy.x'`},

		{name: "int with string", source: "level <= 'a'", problem: "1:7: T03 cannot compare int with string"},
		{name: "on the second line", source: "level\n  <= 'a'", problem: "2:3: T03 cannot compare int with string"},
		{name: "duration with string", source: "elapsed > '5m'", problem: `1:9: T03 cannot compare duration with string (write a duration as duration("5m"))`},
		{name: "int with double", source: "level == 2.0", problem: "1:7: T03 cannot compare int with double (write 1.0 instead of 1, or double(…))"},
		{name: "lists", source: "policy.page == [1]", problem: "1:13: T03 cannot compare list<string> with list<int>"},
		{name: "add", source: "severity + level", problem: "1:10: T03 cannot add string and int (string(…) makes text of a value)"},
		{name: "subtract", source: "elapsed - 1", problem: `1:9: T03 cannot subtract int from duration (write a duration as duration("5m"))`},
		{name: "multiply", source: "severity * 2", problem: "1:10: T03 cannot multiply string by int"},
		{name: "divide", source: "severity / 2", problem: "1:10: T03 cannot divide string by int"},
		{name: "not", source: "!level", problem: "1:1: T03 ! needs bool, found int"},
		{name: "negative", source: "-severity", problem: "1:1: T03 - needs a number, found string"},
		{name: "and", source: "level && true", problem: "1:1: T03 expected bool, found int"},
		{name: "condition", source: "level ? 1 : 2", problem: "1:7: T03 the condition before ? is int, not bool"},
		{name: "branches", source: "true ? 1 : 'a'", problem: "1:6: T03 the two results around : differ: int and string"},
		{name: "index", source: "policy.page[severity]", problem: "1:12: T03 cannot look up string in list<string>"},
		{name: "in text", source: "'x' in severity", problem: "1:5: T03 cannot look for string in string (for text write x.contains(y))"},
		{name: "argument", source: "size(level)", problem: "1:1: T03 size does not take int"},
		{name: "argument of a method", source: "severity.contains(1)", problem: "1:10: T03 contains of string does not take int"},
		{name: "field of a scalar", source: "policy.bridge.x", problem: `1:1: T03 bool has no field "x"`},
		{name: "mixed list", source: "[1, 'a']", problem: "1:5: T03 expected int, found string"},
		{name: "duration literal", source: "duration('5x')", problem: `1:10: T03 "5x" is not a duration (write 30s, 5m, 4h, 5d or 2w)`},
		{name: "duration without unit", source: "duration('5')", problem: `1:10: T03 "5" is not a duration (write 30s, 5m, 4h, 5d or 2w)`},
		{name: "time literal", source: "timestamp('x')", problem: `1:11: T03 "x" is not a time (write 2026-01-31T09:00:00Z)`},
		{name: "regular expression", source: "severity.matches('(')", problem: `1:18: T03 "(" is not a regular expression`},
		{name: "deep loops", source: "[1].map(x, [2].map(y, [3].map(z, x*y*z)))", problem: "1:30: T03 loops nested deeper than 2"},
		{name: "loop over a scalar", source: "level.all(x, true)", problem: "1:1: T03 only a list can be searched or mapped"},

		{name: "empty", source: " \n", problem: "1:1: T01 empty expression"},
		{name: "ends early", source: "level ==", problem: "1:9: T01 the expression ends too early"},
		{name: "open bracket", source: "size(policy.page", problem: "1:17: T01 the expression ends too early (close it with ))"},
		{name: "single equals", source: "level = 2", problem: "1:7: T01 = does not compare (write ==)"},
		{name: "word and", source: "policy.bridge and true", problem: `1:15: T01 "and" is not an operator (write &&)`},
		{name: "word or", source: "policy.bridge or true", problem: `1:15: T01 "or" is not an operator (write ||)`},
		{name: "single ampersand", source: "true & false", problem: "1:6: T01 & is not an operator (write &&)"},
		{name: "open quote", source: "severity == 'SEV1", problem: "1:13: T01 text without a closing quote (close it with ')"},
		{name: "left over", source: "level <= 2 )", problem: `1:12: T01 unexpected ")"`},
		{name: "strange character", source: "level @ 2", problem: `1:7: T01 unexpected "@"`},
		{name: "reserved", source: "if", problem: `1:1: T01 "if" is a reserved word`},
		{name: "too deep", source: strings.Repeat("(", 100) + "1", problem: "1:1: T01 the expression is nested too deeply"},
		{name: "too long", source: "1" + strings.Repeat(" + 1", 4000), problem: "1:1: T01 the expression is longer than 8192 characters"},

		{name: "wrapped", source: `level == ${{ 1 }}`, problem: "1:10: T05 ${{ }} inside an expression (this place is an expression already: write it without ${{ }})"},
		{name: "loop over a map", source: "incident.labels.all(k, k == 'x')", problem: "1:1: T06 loop over a map (its order is not defined; name its keys one by one)"},
		{name: "loop over dynamic", source: "true && steps.slo.body.items.exists(x, x > 1)", problem: "1:9: T06 loop over a value of unknown type (it may be a map; only lists can be searched or mapped)"},
		{name: "loop over a map in a loop", source: "policy.page.exists(p, {'a': 1}.exists(k, k == p))", problem: "1:23: T06 loop over a map (its order is not defined; name its keys one by one)"},

		{name: "not bool", source: "level", want: Bool, problem: "1:1: T04 bool is needed here, this is int"},
		{name: "not duration", source: "'5m'", want: Duration, problem: `1:1: T04 duration is needed here, this is string (write duration("5m"))`},
		{name: "null", source: "null", want: Bool, problem: "1:1: T04 bool is needed here, this is null"},
		{name: "optional", source: "incident.labels.?team", problem: "1:1: T04 the value may be missing (add .orValue(…) with what to use then)"},
		{name: "type", source: "type(level)", problem: "1:1: T04 a value of type type<int> has no place in a runbook"},
		{name: "bytes", source: "b'x'", problem: "1:1: T04 a value of type bytes has no place in a runbook"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := e.Compile(tt.source, tt.want)
			var ps Problems
			if !errors.As(err, &ps) {
				t.Fatalf("Compile(%q) = %v, want Problems", tt.source, err)
			}
			if diff := cmp.Diff(tt.problem, err.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEval(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	values := Map{
		"severity": "SEV2", "level": float64(2), "elapsed": 90 * time.Minute,
		"policy.bridge": true, "policy.ack": "5m", "policy.page": []any{"owner", "commander"},
		"incident.key": "INC-7", "incident.labels": map[string]any{"team": "pay", "tier": "1"},
		"incident.declared": "2026-03-01T10:00:00+01:00",
		"inputs.service":    "payments", "inputs.share": 3, "inputs.limits": map[string]string{"soft": "1d"},
		"steps.slo.body": map[string]any{"burn_rate": 0.5, "items": []any{1.0}},
	}
	declared := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	tests := []struct {
		name, source string
		want         Type
		value        any
		unknown      []string
		fails        string
	}{
		{name: "text", source: `severity + "!"`, value: "SEV2!"},
		{name: "int from JSON", source: "level + 1", value: int64(3)},
		{name: "int from double fits int", source: "level", want: Int, value: int64(2)},
		{name: "bool", source: `severity == "SEV1" || policy.bridge`, value: true},
		{name: "duration difference", source: "elapsed - policy.ack", value: 85 * time.Minute},
		{name: "duration in days", source: `elapsed < duration("5d")`, value: true},
		{name: "duration in Go's spelling", source: `duration("1h0m0.5s")`, value: time.Hour + 500*time.Millisecond},
		{name: "time in UTC", source: "incident.declared", value: declared},
		{name: "time plus duration", source: "incident.declared + policy.ack", value: declared.Add(5 * time.Minute)},
		{name: "list", source: "policy.page", value: []any{"owner", "commander"}},
		{name: "list search", source: `policy.page.exists(p, p == "owner")`, value: true},
		{name: "list map", source: "policy.page.map(p, p.size())", value: []any{int64(5), int64(9)}},
		{name: "map", source: "incident.labels", value: map[string]any{"team": "pay", "tier": "1"}},
		{name: "map field", source: "incident.labels.team", value: "pay"},
		{name: "map of durations", source: "inputs.limits.soft", value: 24 * time.Hour},
		{name: "double from int", source: "inputs.share / 2.0", value: 1.5},
		{name: "dynamic", source: "steps.slo.body.burn_rate < 1.0", value: true},
		{name: "dynamic, wanted", source: "steps.slo.body.burn_rate", want: Double, value: 0.5},
		{name: "missing key with a default", source: `incident.labels.?zone.orValue("eu")`, value: "eu"},
		{name: "presence", source: "has(incident.labels.zone)", value: false},
		{name: "string functions", source: `"a-b".split("-").join("+")`, value: "a+b"},
		{name: "uint", source: "1u", value: int64(1)},
		{name: "null", source: "null", value: nil},

		{name: "unknown", source: `steps.stop.choice == "rollback"`, unknown: []string{"steps.stop.choice"}},
		{name: "true or unknown", source: `true || steps.stop.choice == "x"`, value: true},
		{name: "unknown or true", source: `steps.stop.choice == "x" || level == 2`, value: true},
		{name: "unknown and false", source: `steps.stop.choice == "x" && level == 9`, value: false},
		{name: "two unknowns, sorted and once", source: `steps.stop.choice == "x" && phase == "y" && steps.stop.choice != "z"`, unknown: []string{"phase", "steps.stop.choice"}},
		{name: "unknown within a call", source: "size(steps.stop.choice) > 2", unknown: []string{"steps.stop.choice"}},
		{name: "unknown condition", source: `steps.stop.state == "done" ? 1 : 2`, unknown: []string{"steps.stop.state"}},
		{name: "unknown in a loop", source: "policy.page.exists(p, p == steps.stop.choice)", unknown: []string{"steps.stop.choice"}},
		{name: "a reserved word as a part", source: "steps.loop.choice", unknown: []string{"steps.loop.choice"}},

		{name: "missing key", source: "incident.labels.zone", fails: `evaluate incident.labels.zone: there is no field "zone"`},
		{name: "missing dynamic key", source: "steps.slo.body.rate < 1.0", fails: `evaluate steps.slo.body.rate < 1.0: there is no field "rate"`},
		{name: "index", source: "policy.page[5]", fails: "evaluate policy.page[5]: the list has no element 5"},
		{name: "division", source: "level / 0", fails: "evaluate level / 0: division by zero"},
		{name: "dynamic of another type", source: "steps.slo.body.items", want: Bool, fails: "evaluate steps.slo.body.items: bool is needed, found list"},
		{name: "conversion", source: "int(severity)", fails: "evaluate int(severity): cannot make int of this string"},
		{name: "dynamic operands", source: "steps.slo.body.items > 1", fails: "evaluate steps.slo.body.items > 1: the values' types do not go together"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := e.Compile(tt.source, tt.want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Eval(values)
			if tt.fails != "" {
				if err == nil || err.Error() != tt.fails {
					t.Fatalf("error %v, want %s", err, tt.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Result{Value: tt.value, Unknown: tt.unknown}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestEvalRefusesValues(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	tests := []struct {
		name, variable string
		value          any
		fails          string
	}{
		{name: "text for int", variable: "level", value: "2", fails: "level: int is needed, found string"},
		{name: "fraction for int", variable: "level", value: 1.5, fails: "level: int is needed, found number"},
		{name: "duration for int", variable: "level", value: time.Second, fails: "level: int is needed, found duration"},
		{name: "nothing for text", variable: "severity", value: nil, fails: "severity: string is needed, found nothing"},
		{name: "number for duration", variable: "elapsed", value: 5.0, fails: "elapsed: duration is needed, found number"},
		{name: "bare number for duration", variable: "elapsed", value: "5", fails: `elapsed: "5": a duration needs a unit (write 5s, 5m or 5h)`},
		{name: "text for time", variable: "incident.declared", value: "yesterday", fails: `incident.declared: "yesterday" is not a time (write 2026-01-31T09:00:00Z)`},
		{name: "element", variable: "policy.page", value: []any{"a", 1}, fails: "policy.page: element 1: string is needed, found number"},
		{name: "map value", variable: "incident.labels", value: map[string]any{"b": 1, "a": 2}, fails: `incident.labels: "a": string is needed, found number`},
		{name: "structure", variable: "steps.slo.body", value: struct{ A int }{}, fails: "steps.slo.body: a value of type struct { A int } cannot be used in an expression"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := e.Compile(tt.variable, Dyn)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.Eval(Map{tt.variable: tt.value}); err == nil || err.Error() != tt.fails {
				t.Errorf("error %v, want %s", err, tt.fails)
			}
		})
	}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	tests := []struct {
		name, source string
		want         []string
	}{
		{name: "none", source: "1 + 1"},
		{name: "several, once, sorted", source: `severity == "SEV1" || level > 1 && severity != ""`, want: []string{"level", "severity"}},
		{name: "within a loop and a field", source: `policy.page.exists(p, p == incident.labels.team)`, want: []string{"incident.labels", "policy.page"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := e.Compile(tt.source, Dyn)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.References()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestCostIsBounded(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	p, err := e.Compile("policy.page.all(a, policy.page.all(b, a != b + 'x'))", Bool)
	if err != nil {
		t.Fatal(err)
	}
	long := make([]string, 3000)
	for i := range long {
		long[i] = "name"
	}
	_, err = p.Eval(Map{"policy.page": long})
	if err == nil || !strings.HasSuffix(err.Error(), "the expression takes too long") {
		t.Errorf("error %v, want the cost limit", err)
	}
}

func TestNewEnvironmentRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		vars map[string]Type
		want string
	}{
		{name: "hyphen", vars: map[string]Type{"steps.a-b.x": String}, want: `declare variable "steps.a-b.x": "a-b" is not a name that an expression can spell`},
		{name: "keyword", vars: map[string]Type{"inputs.in": String}, want: `declare variable "inputs.in": "in" is not a name that an expression can spell`},
		{name: "empty part", vars: map[string]Type{"a..b": String}, want: `declare variable "a..b": "" is not a name that an expression can spell`},
		{name: "type", vars: map[string]Type{"a": "text"}, want: `declare variable "a": unknown type "text" (write string, int, bool, double, duration, timestamp, list<…> or map<…>)`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := NewEnvironment(tt.vars)
			if err == nil || err.Error() != tt.want {
				t.Errorf("error %v, want %s", err, tt.want)
			}
		})
	}
}

// A program is compiled once and evaluated by many workflows at once; the race
// detector is this test's judge.
func TestConcurrentEval(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	text, err := e.CompileText(`${{ incident.key }}: ${{ policy.page.map(p, p + "!") }}, level ${{ level }}`)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for n := range 16 {
		group.Go(func() {
			for range 50 {
				got, err := text.Eval(Map{"incident.key": "INC-1", "policy.page": []string{"a", "b"}, "level": n})
				want := "INC-1: a!, b!, level " + string("0123456789abcdef"[n])
				if n < 10 && (err != nil || got.Value != want) {
					t.Errorf("got %v, %v; want %q", got, err, want)
				}
			}
		})
	}
	group.Wait()
}
