package expression

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestText(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	values := Map{
		"severity": "SEV2", "level": 2, "elapsed": 62 * time.Minute, "inputs.service": "payments",
		"policy.page": []string{"owner", "commander"}, "policy.ack": "90s", "policy.bridge": true,
		"incident.declared": time.Date(2026, 3, 1, 10, 0, 0, 0, time.FixedZone("CET", 3600)),
		"steps.slo.body":    map[string]any{"b": json.Number("1"), "a": []any{1.5, "x"}},
	}
	tests := []struct {
		name, text string
		kind       Type
		value      any
		unknown    []string
	}{
		{name: "constant", text: "Roll back", kind: String, value: "Roll back"},
		{name: "empty", text: "", kind: String, value: ""},
		{name: "around", text: "${{ inputs.service }}-oncall", kind: String, value: "payments-oncall"},
		{name: "exact keeps duration", text: "${{ policy.ack }}", kind: Duration, value: 90 * time.Second},
		{name: "exact keeps list", text: "${{policy.page}}", kind: ListOf(String), value: []any{"owner", "commander"}},
		{name: "exact keeps bool", text: "${{ policy.bridge }}", kind: Bool, value: true},
		{name: "two are text", text: "${{ severity }}${{ level }}", kind: String, value: "SEV22"},
		{name: "duration, list, time", text: "after ${{ elapsed }}: ${{ policy.page }} at ${{ incident.declared }}", kind: String, value: "after 1h 2m: owner, commander at 2026-03-01T09:00:00Z"},
		{name: "numbers", text: "${{ level }} ${{ 0.5 }} ${{ level == 2 }} ${{ null }}.", kind: String, value: "2 0.5 true ."},
		{name: "dynamic", text: "got ${{ steps.slo.body }}", kind: String, value: `got {"a":[1.5,"x"],"b":1}`},
		{name: "braces inside", text: `${{ {"a": {"b": "}}"}}["a"].b }}!`, kind: String, value: "}}!"},
		{name: "quote inside", text: `it's ${{ "it's" }}, isn't it`, kind: String, value: "it's it's, isn't it"},
		{name: "raw quote", text: `x${{ r'\' }}y`, kind: String, value: `x\y`},
		{name: "braces in text", text: "a }} b {{ c }} $ {", kind: String, value: "a }} b {{ c }} $ {"},
		{name: "several lines", text: "one\n${{\n  severity\n}}\nthree", kind: String, value: "one\nSEV2\nthree"},
		{name: "unknown", text: "${{ steps.stop.choice }} ${{ phase }} ${{ phase }} ${{ level }}", kind: String, unknown: []string{"phase", "steps.stop.choice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, err := e.CompileText(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if text.Type() != tt.kind {
				t.Errorf("type %s, want %s", text.Type(), tt.kind)
			}
			if text.Source() != tt.text {
				t.Errorf("source %q, want %q", text.Source(), tt.text)
			}
			got, err := text.Eval(values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(Result{Value: tt.value, Unknown: tt.unknown}, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTextRefuses(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	tests := []struct{ name, text, problem string }{
		{name: "place within text", text: "a ${{ policy.brigde }} b", problem: "1:7: T02 undeclared reference to 'policy.brigde' (did you mean 'policy.bridge'?)"},
		{name: "place on a later line", text: "a\nbé ${{ level <=\n 'x' }}", problem: "2:14: T03 cannot compare int with string"},
		{name: "place on the expression's second line", text: "a\nb ${{ level\n <= 'x' }}", problem: "3:2: T03 cannot compare int with string"},
		{name: "all parts", text: "${{ x1 }} ${{ x2 }}", problem: "1:5: T02 undeclared reference to 'x1' (text stands in quotes: \"x1\")\n1:15: T02 undeclared reference to 'x2' (text stands in quotes: \"x2\")"},
		{name: "never closed", text: "a ${{ level", problem: "1:3: T01 ${{ is never closed (close it with }})"},
		{name: "closed by one brace", text: "${{ level }", problem: "1:1: T01 ${{ is never closed (close it with }})"},
		{name: "open quote", text: "${{ 'abc }} and it's ${{ level }}", problem: "1:5: T01 text without a closing quote (close it with ')"},
		{name: "empty", text: "a ${{ }}", problem: "1:7: T01 empty expression"},
		{name: "map in text", text: "labels ${{ incident.labels }}", problem: "1:8: T03 a map has no place inside text (name one of its fields)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := e.CompileText(tt.text)
			if err == nil {
				t.Fatal("compiled")
			}
			if diff := cmp.Diff(tt.problem, err.Error()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

func TestTextConstantAndReferences(t *testing.T) {
	t.Parallel()
	e := testEnvironment(t)
	plain, err := e.CompileText("SEV1")
	if err != nil {
		t.Fatal(err)
	}
	if got, constant := plain.Constant(); !constant || got != "SEV1" {
		t.Errorf("Constant() = %q, %v", got, constant)
	}
	filled, err := e.CompileText("${{ severity }} ${{ level }} ${{ severity }}")
	if err != nil {
		t.Fatal(err)
	}
	if _, constant := filled.Constant(); constant {
		t.Error("a text with expressions is not constant")
	}
	if diff := cmp.Diff([]string{"level", "severity"}, filled.References()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// A program that was never compiled must hold a step, not crash its workflow.
func TestEvalOfNothing(t *testing.T) {
	t.Parallel()
	var text *Text
	if _, err := text.Eval(Map{}); err == nil {
		t.Error("a nil Text evaluates")
	}
	var program *Program
	if _, err := program.Eval(Map{}); err == nil {
		t.Error("a nil Program evaluates")
	}
}
