package runbooks

import (
	"fmt"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
)

// people reads who is behind a name.
func (r rehearsalReader) people(n *yaml.Node) []Standin {
	entries, _ := r.entries(n, "people")
	var out []Standin
	for _, e := range entries {
		out = append(out, Standin{Mark: r.mark(e.keyNode), Name: e.key, Person: r.word(e.value, "people."+e.key)})
	}
	return out
}

// phones reads what people do when their telephone rings.
func (r rehearsalReader) phones(n *yaml.Node) []Habit {
	entries, _ := r.entries(n, "phones")
	var out []Habit
	for _, e := range entries {
		out = append(out, r.habit(e))
	}
	return out
}

// habit reads a duration, or a word.
func (r rehearsalReader) habit(e entry) Habit {
	h := Habit{Mark: r.mark(e.keyNode), Person: e.key}
	what := "phones." + e.key
	text := r.word(e.value, what)
	allowed := []string{PhoneSilent, PhoneBusy, PhoneOff}
	for _, word := range allowed {
		if text == word {
			h.Does = word
			return h
		}
	}
	if after, err := expression.ParseDuration(text); err == nil {
		h.Does, h.After = PhoneAnswers, after
		return h
	}
	if text == "" {
		return h
	}
	p := Problem{Code: CodeUnknownKey, Message: fmt.Sprintf("%s cannot be %q", what, text), Hint: "write 20s (answers after so long), silent, busy or off"}
	if near, ok := expression.Nearest(text, allowed); ok {
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	r.report(e.value, p)
	return h
}

// mocks reads what systems answer.
func (r rehearsalReader) mocks(n *yaml.Node) []Mock {
	entries, _ := r.entries(n, "mock")
	var out []Mock
	for _, e := range entries {
		what := "mock." + e.key
		mock := Mock{Mark: r.mark(e.keyNode), Of: e.key}
		for _, item := range r.many(e.value, what) {
			mock.Outcomes = append(mock.Outcomes, r.outcome(item, what))
		}
		out = append(out, mock)
	}
	return out
}

// outcome reads one answer of a system.
func (r rehearsalReader) outcome(n *yaml.Node, what string) MockOutcome {
	out := MockOutcome{Mark: r.mark(n)}
	entries, ok := r.entries(n, what)
	verdicts := 0
	for _, e := range entries {
		switch e.key {
		case "ok":
			verdicts++
			out.OK = r.answer(e.value, what+".ok")
		case "fail":
			verdicts++
			if out.Fail = r.word(e.value, what+".fail"); out.Fail == "timeout" {
				out.Fail, out.Timeout = "", true
			}
		case "refuse":
			verdicts++
			out.Refuse = r.word(e.value, what+".refuse")
		case "after":
			out.After, _ = r.span(e.value, what+".after")
		default:
			verdicts++ // a misspelt one; one problem is enough
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of an outcome", e.key), e.key, []string{"ok", "fail", "refuse", "after"})
		}
	}
	if ok && verdicts != 1 {
		r.report(n, Problem{Code: CodeAct, Message: what + ": an outcome is exactly one of ok, fail and refuse", Hint: "write { ok: {} }, { fail: timeout } or { refuse: why }"})
	}
	return out
}

// answer reads the values of an answer; unlike elsewhere null is one, for systems answer with it.
func (r rehearsalReader) answer(n *yaml.Node, what string) map[string]any {
	entries, _ := r.entries(n, what)
	values := map[string]any{}
	for _, e := range entries {
		if value, ok := r.answered(e.value, what+"."+e.key, 0); ok {
			values[e.key] = value
		}
	}
	return values
}

func (r rehearsalReader) answered(n *yaml.Node, what string, depth int) (any, bool) {
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null" && n.Value != "":
		return nil, true
	case depth > maxNesting:
		r.report(n, Problem{Code: CodeSize, Message: fmt.Sprintf("%s: more than %d levels within one another", what, maxNesting)})
		return nil, false
	case n.Kind == yaml.SequenceNode:
		list := []any{}
		items, ok := r.items(n, what)
		for _, item := range items {
			value, good := r.answered(item, what, depth+1)
			list, ok = append(list, value), ok && good
		}
		return list, ok
	case n.Kind == yaml.MappingNode:
		object := map[string]any{}
		entries, ok := r.entries(n, what)
		for _, e := range entries {
			value, good := r.answered(e.value, what, depth+1)
			object[e.key], ok = value, ok && good
		}
		return object, ok
	default:
		return r.value(n, what, depth)
	}
}
