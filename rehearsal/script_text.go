package rehearsal

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/runbooks"
)

// ScriptOf writes the decisions of a play as a script: `muster simulate RUNBOOK --script FILE` plays them again.
func ScriptOf(r *Result) string {
	var b strings.Builder
	fmt.Fprintf(&b, "runbook: %s\n", r.Runbook.ID)
	if r.Script.Severity != "" {
		fmt.Fprintf(&b, "severity: %s\n", r.Script.Severity)
	}
	if len(r.Script.With) > 0 {
		b.WriteString("with:\n")
		for _, name := range slices.Sorted(maps.Keys(r.Script.With)) {
			fmt.Fprintf(&b, "  %s: %s\n", name, yamlText(fmt.Sprint(r.Script.With[name])))
		}
	}
	if !r.Over && r.Script.For > runbooks.DefaultHorizon {
		fmt.Fprintf(&b, "for: %s\n", expression.FormatDuration(r.Script.For))
	}
	writeMocks(&b, r.taken)
	if len(r.deeds) > 0 {
		b.WriteString("script:\n")
	}
	for _, deed := range r.deeds {
		b.WriteString("  - " + scriptAct(deed) + "\n")
	}
	return b.String()
}

// writeMocks writes what systems answer: of each step its answers in order.
func writeMocks(b *strings.Builder, taken []Taken) {
	answers := map[string][]string{}
	var steps []string
	fails := false
	for _, t := range taken {
		if t.Point.Kind != PointSystem {
			continue
		}
		if !slices.Contains(steps, t.Point.Step) {
			steps = append(steps, t.Point.Step)
		}
		answer := "{ ok: {} }"
		if t.Option == OptionFails {
			answer, fails = "{ refuse: the rehearsal lets it fail }", true
		}
		answers[t.Point.Step] = append(answers[t.Point.Step], answer)
	}
	if !fails {
		return
	}
	b.WriteString("mock:\n")
	for _, step := range steps {
		if slices.ContainsFunc(answers[step], func(a string) bool { return strings.Contains(a, "refuse") }) {
			fmt.Fprintf(b, "  %s: [%s]\n", yamlText(step), strings.Join(answers[step], ", "))
		}
	}
}

// scriptAct is a deed in one line of a script.
func scriptAct(a runbooks.ScriptAct) string {
	parts := []string{"at: " + scriptTime(a.At), a.Does + ": " + yamlText(a.What), "by: " + yamlText(a.By)}
	for _, field := range []struct{ name, value string }{{"choice", a.Choice}, {"reason", a.Reason}, {"undo", a.Undo}} {
		if field.value != "" {
			parts = append(parts, field.name+": "+yamlText(field.value))
		}
	}
	if len(a.Fields) > 0 || a.Does == "answer" && a.Choice == "" {
		fields := make([]string, 0, len(a.Fields))
		for _, name := range slices.Sorted(maps.Keys(a.Fields)) {
			value := fmt.Sprint(a.Fields[name])
			if text, ok := a.Fields[name].(string); ok {
				value = yamlText(text)
			}
			fields = append(fields, name+": "+value)
		}
		parts = append(parts, "fields: { "+strings.Join(fields, ", ")+" }")
	}
	return "{ " + strings.Join(parts, ", ") + " }"
}

// scriptTime is an instant as scripts write it: whole seconds, rounded up, so that what it answers is there.
func scriptTime(d time.Duration) string {
	seconds := int64((d + time.Second - 1) / time.Second)
	return strconv.FormatInt(seconds, 10) + "s"
}

// yamlText is a text as YAML takes it in a flow map.
func yamlText(text string) string {
	if text == "" || strings.ContainsAny(text, `{}[],:&*#?|<>=!%@"'\`+"`\n") || strings.TrimSpace(text) != text {
		return strconv.Quote(text)
	}
	return text
}
