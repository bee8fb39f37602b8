package rehearsal

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterbook/musterbook/incident"
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
		for _, name := range sortedKeys(r.Script.With) {
			fmt.Fprintf(&b, "  %s: %s\n", name, yamlText(fmt.Sprint(r.Script.With[name])))
		}
	}
	writeMocks(&b, r.taken)
	var acts []string
	for _, t := range r.taken {
		if act := scriptAct(t); act != "" {
			acts = append(acts, act)
		}
	}
	if len(acts) > 0 {
		b.WriteString("script:\n")
		for _, act := range acts {
			b.WriteString("  - " + act + "\n")
		}
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

// scriptAct is a decision of a person as an act; "" = nothing is done.
func scriptAct(t Taken) string {
	if t.Option == OptionSilence || t.Point.Kind == PointSystem {
		return ""
	}
	verb, what, more := t.Point.Verb, t.Point.Step, ""
	switch {
	case verb == "severity":
		what = t.Option
		more = ", reason: as decided"
	case verb == "approve" && t.Option == incident.ChoiceNo:
		verb, more = "reject", ", reason: the rehearsal says no"
	case verb == "answer" && t.Option == incident.ChoiceFilled:
		more = ", fields: {}"
	case verb == "answer":
		more = ", choice: " + yamlText(t.Option)
	}
	at := t.Point.At + decisionTime
	return fmt.Sprintf("{ at: %s, %s: %s, by: %s%s }", scriptTime(at), verb, yamlText(what), yamlText(t.Point.Who), more)
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

// sortedKeys lists a map's keys in order.
func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for key := range m {
		out = append(out, key)
	}
	slices.Sort(out)
	return out
}
