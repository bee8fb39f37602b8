package runbooks

import (
	"fmt"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/incident"
)

// watches reads the reactions that stand beside the phases.
func (r *reader) watches(n *yaml.Node) []Watch {
	items, _ := r.items(n, "watch")
	var out []Watch
	for i, item := range items {
		out = append(out, r.watch(item, fmt.Sprintf("watch/%d", i)))
	}
	return out
}

// watchFields lists what a watch may have.
func watchFields() []string {
	return []string{"name", "when", "every", "if", "during", "limit", "steps"}
}

func (r *reader) watch(n *yaml.Node, path string) Watch {
	w := Watch{Path: path}
	r.places[path] = n
	entries, ok := r.entries(n, "a watch")
	for _, e := range entries {
		r.places[path+"."+e.key] = e.value
		switch e.key {
		case "name":
			w.Name, _ = r.plain(e.value, "name")
		case "when":
			w.When, _ = r.text(e.value, "when")
		case "every":
			w.Every, _ = r.lapse(e.value, "every")
		case "if":
			w.If, _ = r.text(e.value, "if")
		case "during":
			w.During = r.during(e.value)
		case "limit":
			b := stepReader{reader: r}
			w.Limit = WatchLimit(b.oneOf(e.value, "limit", []string{string(LimitEach), string(LimitOnce)}))
		case "steps":
			w.Steps = r.steps(e.value, path, 0)
		default:
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of a watch", e.key), e.key, watchFields())
		}
	}
	given := func(key string) bool { return slices.ContainsFunc(entries, func(e entry) bool { return e.key == key }) }
	switch {
	case !ok:
	case given("when") == given("every"):
		r.report(n, Problem{Code: CodeEmpty, Message: "a watch needs when or every, one of the two", Hint: "when: a condition, or every: a duration"})
	case !given("steps"):
		r.report(n, Problem{Code: CodeEmpty, Message: "a watch needs steps"})
	}
	return w
}

// during reads the phases of a watch.
func (r *reader) during(n *yaml.Node) []incident.Phase {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items, _ = r.items(n, "during")
	}
	b := stepReader{reader: r}
	var out []incident.Phase
	for _, item := range items {
		if p := b.phaseName(item); p != "" {
			out = append(out, incident.Phase(p))
		}
	}
	return out
}

// assessRules reads which answers speak for which severity.
func (r *reader) assessRules(n *yaml.Node) []AssessRule {
	entries, _ := r.entries(n, "assess")
	var out []AssessRule
	for _, e := range entries {
		if e.key != "rules" {
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of assess", e.key), e.key, []string{"rules"})
			continue
		}
		rules, _ := r.entries(e.value, "rules")
		for _, rule := range rules {
			when, ok := r.text(rule.value, "assess.rules."+rule.key)
			if ok {
				r.places["assess."+rule.key] = rule.value
				r.places["assess.key."+rule.key] = rule.keyNode
				out = append(out, AssessRule{Severity: incident.Severity(rule.key), When: when})
			}
		}
	}
	return out
}
