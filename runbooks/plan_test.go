package runbooks

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/expression"
)

func parsed(t testing.TB, text string) *Runbook {
	t.Helper()
	rb, problems := Parse("x.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return rb
}

func compiled(t testing.TB, text string) (*Runbook, *Plan) {
	t.Helper()
	rb := parsed(t, text)
	plan, err := Compile(rb)
	if err != nil {
		t.Fatal(err)
	}
	return rb, plan
}

// TestVariables is the list of what the expressions of a runbook may read.
func TestVariables(t *testing.T) {
	t.Parallel()
	rb := parsed(t, everything())
	got := rb.variables(map[string]expression.Type{"long": expression.String})
	want := map[string]expression.Type{
		"incident.id": "string", "incident.key": "string", "incident.codename": "string", "incident.title": "string",
		"incident.type": "string", "incident.url": "string", "incident.declared_by": "string", "incident.service": "string",
		"incident.services": "list<string>", "incident.labels": "map<string>",
		"severity": "string", "level": "int", "phase": "string", "pass": "int", "elapsed": "duration", "phase_elapsed": "duration",
		"policy.page": "list<string>", "policy.ack": "duration", "policy.share": "double", "policy.loud": "bool", "policy.note": "string",
		"inputs.service": "string", "inputs.tier": "int", "inputs.window": "duration", "inputs.hosts": "list<string>",
		"inputs.extra": "map<dyn>", "inputs.share": "double", "inputs.lead": "string",
		"vars.long":       "string",
		"roles.commander": "string", "roles.owner": "string",
	}
	for id, outputs := range map[string]map[string]expression.Type{
		"room":   {"id": "string", "name": "string", "url": "string"},
		"first":  {"acked_by": "string", "acked_at": "timestamp", "level": "int"},
		"way":    {"choice": "string"},
		"really": {"approved": "bool", "reason": "string"},
	} {
		for _, common := range stepVariables() {
			outputs[common.name] = common.kind
		}
		for name, kind := range outputs {
			want["steps."+id+"."+name] = kind
		}
	}
	for name, t := range answerVariables() {
		want[name] = t
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestPlanEvaluates(t *testing.T) {
	t.Parallel()
	rb, plan := compiled(t, everything())
	values := expression.Map{
		"incident.type": "outage", "incident.services": []any{"pay"}, "incident.title": "Card payments fail", "severity": "SEV1",
		"level": 1, "inputs.window": "2d", "vars.long": "long", "policy.ack": rb.Severities[0].Columns["ack"],
		"policy.page": rb.Severities[0].Columns["page"], "inputs.service": "pay",
	}
	eval := func(name string, result expression.Result, err error, want any) {
		t.Helper()
		if err != nil || !result.Known() {
			t.Errorf("%s: %+v, %v", name, result, err)
			return
		}
		if diff := cmp.Diff(want, result.Value); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
	page := plan.Step("first").Page
	result, err := plan.Expression(rb.Match).Eval(values)
	eval("match", result, err, true)
	result, err = plan.Expression(rb.Vars[0].Value).Eval(values)
	eval("vars.long", result, err, "long")
	result, err = plan.Text(page.Ack).Eval(values)
	eval("ack", result, err, 5*time.Minute)
	result, err = plan.Text(page.Targets[1]).Eval(values)
	eval("targets", result, err, []any{"owner", "commander"})
	result, err = plan.Text(page.Targets[0]).Eval(values)
	eval("plain target", result, err, "owner")
	result, err = plan.Text(page.Message).Eval(values)
	eval("message", result, err, "Card payments fail at SEV1")
	result, err = plan.Text(rb.Roles[1].Fill).Eval(values)
	eval("role", result, err, "pay-oncall")
	result, err = plan.Text(plan.Step("way").Timeout).Eval(values)
	eval("timeout", result, err, 48*time.Hour)

	say := &rb.Phases[1].Steps[1]
	result, err = plan.Expression(say.If).Eval(values)
	eval("true although a step is unknown", result, err, true)
	values["level"] = 2
	result, err = plan.Expression(say.If).Eval(values)
	if diff := cmp.Diff([]string{"steps.really.approved"}, result.Unknown); err != nil || diff != "" {
		t.Errorf("awaited: %v\n%s", err, diff)
	}
	if diff := cmp.Diff([]string{"level", "steps.really.approved"}, plan.Reads(say)); diff != "" {
		t.Errorf("reads (-want +got)\n%s", diff)
	}
	if reads := plan.Reads(plan.Step("room")); reads != nil {
		t.Errorf("a step without condition reads %v", reads)
	}
	if plan.Step("nobody") != nil {
		t.Error("a step that does not exist was found")
	}
	if _, err := plan.Text("never written").Eval(values); err == nil {
		t.Error("a text that does not exist has a value")
	}
}

// Every text of every step is in the plan: an executor never meets one that was not compiled.
func TestPlanIsComplete(t *testing.T) {
	t.Parallel()
	for _, id := range shippedIDs(t) {
		rb, err := Load(Shipped(), id)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := Compile(rb)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := json.Marshal(rb)
		if err != nil {
			t.Fatal(err)
		}
		var tree any
		if err := json.Unmarshal(encoded, &tree); err != nil {
			t.Fatal(err)
		}
		for _, text := range wrapped(tree) {
			if plan.Text(text) == nil && !importsText(plan, text) {
				t.Errorf("%s: %q is not compiled", id, text)
			}
		}
	}
}

// importsText says whether a text is compiled in one of the imported runbooks.
func importsText(plan *Plan, text string) bool {
	for _, body := range plan.imports {
		if body.Text(text) != nil || importsText(body, text) {
			return true
		}
	}
	return false
}

// wrapped finds every text with ${{ }} in decoded JSON.
func wrapped(node any) []string {
	var found []string
	switch v := node.(type) {
	case string:
		if strings.Contains(v, "${{") {
			found = append(found, v)
		}
	case []any:
		for _, item := range v {
			found = append(found, wrapped(item)...)
		}
	case map[string]any:
		for _, item := range v {
			found = append(found, wrapped(item)...)
		}
	}
	return found
}

func TestCompileRefusesStrangers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		step  Step
		fails string
	}{
		{name: "unknown kind", step: Step{Path: "recovery/0", Kind: "teleport"}, fails: `runbook x, recovery/0: a step of kind "teleport", which this version does not know`},
		{name: "kind without its fields", step: Step{Path: "recovery/0", Kind: KindSay}, fails: `runbook x, recovery/0: a step of kind "say", which this version does not know`},
		{name: "faulty expression", step: Step{Path: "recovery/0", Kind: KindSay, If: "levl", Say: &Say{Text: "x"}}, fails: `runbook x, recovery/0.if: 1:1: T02 undeclared reference to 'levl' (did you mean 'level'?)`},
		{name: "faulty duration", step: Step{Path: "recovery/0", Kind: KindWait, Wait: &Wait{Duration: "soon"}}, fails: `runbook x, recovery/0.wait: 1:1: T04 "soon" is not a duration (write 30s, 5m, 4h, 5d or 2w)`},
		{name: "faulty id", step: Step{Path: "recovery/0", ID: "a-b", Kind: KindSay, Say: &Say{Text: "x"}}, fails: `runbook x: declare variable "steps.a-b.`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Compile(&Runbook{ID: "x", Phases: []Phase{{Name: "recovery", Steps: []Step{tt.step}}}})
			if err == nil || !strings.HasPrefix(err.Error(), tt.fails) {
				t.Errorf("error %v, want %s", err, tt.fails)
			}
		})
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	rb := parsed(t, everything())
	tests := []struct {
		name  string
		given map[string]any
		want  map[string]any
		fails string
	}{
		{name: "nothing", want: map[string]any{}},
		{
			name:  "text from the command line",
			given: map[string]any{"service": "pay", "tier": "1", "window": "30m", "hosts": "a, b,", "share": "0.25", "lead": "ana"},
			want:  map[string]any{"service": "pay", "tier": 1.0, "window": "30m", "hosts": []any{"a", "b"}, "share": 0.25, "lead": "ana"},
		},
		{
			name:  "values from JSON",
			given: map[string]any{"tier": 2.0, "hosts": []any{"c"}, "extra": map[string]any{"x": true}},
			want:  map[string]any{"tier": 2.0, "hosts": []any{"c"}, "extra": map[string]any{"x": true}},
		},
		{
			name:  "everything wrong at once",
			given: map[string]any{"service": "Pay 2", "tier": "3", "window": "5", "hosts": []any{1.0}, "share": "much", "servce": "x"},
			fails: "input hosts: 1 is not of type string\n" +
				`runbook everything has no input "servce" (did you mean "service"?)` + "\n" +
				"input service: \"Pay 2\" does not match ^[a-z]+$\n" +
				"input share: much is not of type number\n" +
				"input tier: 3 is not one of 1, 2\n" +
				`input window: "5": a duration needs a unit (write 5s, 5m or 5h)`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := rb.Bind(tt.given)
			if tt.fails != "" {
				if err == nil || err.Error() != tt.fails {
					t.Errorf("error (-want +got)\n%s", cmp.Diff(tt.fails, err.Error()))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// TestHugeAliases reads a few lines that stand for billions.
func TestHugeAliases(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	text.WriteString("runbook: x\nroles: { commander: a }\nseverities:\n  S: { a: &a0 [x, x] }\nphases: { recovery: [] }\nvars: &v\n")
	for i := range 40 {
		text.WriteString("  ")
		text.WriteString(strings.Repeat("v", i+1))
		text.WriteString(": &a")
		text.WriteString(strings.Repeat("1", i+1))
		text.WriteString(" [*a0, *a0]\n")
	}
	if _, problems := Parse("x.yaml", []byte(text.String())); problems.Err() == nil {
		t.Error("accepted")
	}
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c <= 'j'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.TrimSuffix(strings.Repeat("*"+string(c-1)+",", 9), ",") + "]\n"
	}
	text.Reset()
	text.WriteString("runbook: x\nroles: { commander: a }\nphases: { recovery: [] }\nseverities:\n  S:\n    " + strings.ReplaceAll(strings.TrimSpace(bomb), "\n", "\n    ") + "\n")
	start := time.Now()
	_, problems := Parse("x.yaml", []byte(text.String()))
	if problems.Err() == nil || !strings.Contains(problems.Error(), "P09 the file has more than 50000 values") {
		t.Errorf("problems: %.300s", problems.Error())
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %s", took)
	}
}
