package runbooks

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/incident"
)

// fields are what a part of a runbook says by itself, by the names of its JSON: without its place, and without the steps
// below it.
type fields map[string]any

// fieldsOf takes a part apart. Every part was read from a file and can be written, so an error cannot be; were there
// one, it would make the parts different, and an upgrade would be refused.
func fieldsOf(part any) fields {
	text, err := json.Marshal(part)
	if err != nil {
		return fields{"error": err.Error()}
	}
	var tree map[string]any
	if err := json.Unmarshal(text, &tree); err != nil {
		return fields{"error": err.Error()}
	}
	out := fields{}
	for name, value := range tree {
		if value != nil && name != "path" && name != "address" {
			out[name] = value
		}
	}
	return out
}

// head is what a runbook says outside its steps and watches.
func (rb *Runbook) head() fields {
	bare := *rb
	bare.Watch, bare.Finally = nil, nil
	bare.Phases = slices.Clone(rb.Phases)
	for i := range bare.Phases {
		bare.Phases[i].Steps = nil
	}
	return fieldsOf(&bare)
}

// own is what a watch says itself.
func (w *Watch) own() fields {
	bare := *w
	bare.Steps = nil
	return fieldsOf(&bare)
}

// own is what a step says itself. The fields of its kind stand beside the common ones, as in the file.
func (s *Step) own() fields {
	out := fieldsOf(s.alone())
	k := kindOf(s.Kind)
	body, ok := out[string(s.Kind)].(map[string]any)
	if k == nil || !ok {
		return out
	}
	delete(out, string(s.Kind))
	main := k.mainName()
	for name, value := range body {
		switch {
		case value == nil:
			continue
		case name == main:
			name = string(s.Kind)
		}
		out[name] = value
	}
	return out
}

// mainName is the JSON name of the field behind the kind's own key; empty where there is no single one.
func (k *kindSpec) mainName() string {
	s := &Step{}
	k.fill(s)
	main := reflect.ValueOf(k.main.at(s))
	body := reflect.ValueOf(k.slot(s)).Elem().Elem()
	for i := range body.NumField() {
		field := body.Field(i).Addr()
		if field.Pointer() == main.Pointer() {
			name, _, _ := strings.Cut(body.Type().Field(i).Tag.Get("json"), ",")
			return name
		}
	}
	return ""
}

// alone is a copy of a step without the steps below it. Whether there are any in an `else` stands in HasElse.
func (s *Step) alone() *Step {
	bare := *s
	bare.Undo = nil
	bare.OnTimeout, bare.OnFailure = s.OnTimeout.alone(), s.OnFailure.alone()
	switch {
	case s.Ask != nil:
		bare.Ask = with(s.Ask, func(k *Ask) { k.Cases = bareCases(k.Cases) })
	case s.Approve != nil:
		bare.Approve = with(s.Approve, func(k *Approve) { k.Then, k.Else = nil, nil })
	case s.Switch != nil:
		bare.Switch = with(s.Switch, func(k *Switch) { k.Cases, k.Else = bareCases(k.Cases), nil })
	case s.Parallel != nil:
		bare.Parallel = with(s.Parallel, func(k *Parallel) {
			k.Branches = slices.Clone(k.Branches)
			for i := range k.Branches {
				k.Branches[i].Steps = nil
			}
		})
	case s.ForEach != nil:
		bare.ForEach = with(s.ForEach, func(k *ForEach) { k.Steps = nil })
	case s.Repeat != nil:
		bare.Repeat = with(s.Repeat, func(k *Repeat) { k.Steps = nil })
	case s.Group != nil:
		bare.Group = with(s.Group, func(k *Group) { k.Steps = nil })
	case s.Runbook != nil:
		bare.Runbook = with(s.Runbook, func(k *Import) { k.Body = nil })
	}
	return &bare
}

// with is a changed copy.
func with[T any](of *T, change func(*T)) *T {
	out := *of
	change(&out)
	return &out
}

// bareCases are cases without their steps.
func bareCases(cases []Case) []Case {
	cases = slices.Clone(cases)
	for i := range cases {
		cases[i].Steps = nil
	}
	return cases
}

// alone is a copy of a reaction without its steps.
func (r *Reaction) alone() *Reaction {
	if r == nil {
		return nil
	}
	return &Reaction{Do: r.Do, Choice: r.Choice}
}

// text is all fields in one comparable text.
func (f fields) text() string {
	text, err := json.Marshal(f) // of maps the keys are sorted
	if err != nil {
		return fmt.Sprint(err)
	}
	return string(text)
}

// equal says whether two parts say the same.
func (f fields) equal(other fields) bool { return f.text() == other.text() }

// changes lists what differs between a part and what it is now, by name.
func (f fields) changes(now fields) []FieldChange {
	before, after := map[string]string{}, map[string]string{}
	flatten("", map[string]any(f), before)
	flatten("", map[string]any(now), after)
	var out []FieldChange
	for _, name := range bothKeys(before, after) {
		if before[name] != after[name] {
			out = append(out, FieldChange{Name: name, Before: before[name], After: after[name]})
		}
	}
	return out
}

// flatten gives every value of a tree a dotted name. A list of plain values is one value; the items of other lists are
// called by what names them, else by their places from 1.
func flatten(name string, value any, out map[string]string) {
	under := func(inner string) string { return strings.TrimPrefix(name+"."+inner, ".") }
	switch v := value.(type) {
	case map[string]any:
		for _, key := range sortedKeys(v) {
			flatten(under(key), v[key], out)
		}
	case []any:
		if words, plain := plainItems(v); plain {
			out[name] = strings.Join(words, ", ")
			return
		}
		for i, item := range v {
			label, rest := labelled(item)
			if label == "" {
				label = fmt.Sprint(i + 1)
			}
			flatten(under(label), rest, out)
		}
	case nil:
		out[name] = "…" // steps, which are compared one by one
	default:
		out[name] = fmt.Sprint(v)
	}
}

// plainItems are the items of a list that holds no lists and no objects.
func plainItems(list []any) (words []string, plain bool) {
	for _, item := range list {
		switch item.(type) {
		case []any, map[string]any:
			return nil, false
		}
		words = append(words, fmt.Sprint(item))
	}
	return words, true
}

// labelled parts an object into the field that names it and the rest; a rest of a single field is that field's value.
func labelled(item any) (label string, rest any) {
	object, ok := item.(map[string]any)
	if !ok {
		return "", item
	}
	others := map[string]any{}
	for _, key := range sortedKeys(object) {
		text, isText := object[key].(string)
		if label == "" && isText && slices.Contains([]string{"name", "key", "severity", "choice"}, key) {
			label = text
			continue
		}
		others[key] = object[key]
	}
	if label != "" && len(others) == 1 {
		for _, only := range others {
			return label, only
		}
	}
	return label, others
}

// bothKeys lists the keys of two maps, each once, sorted.
func bothKeys[V any](a, b map[string]V) []string {
	keys := append(sortedKeys(a), sortedKeys(b)...)
	slices.Sort(keys)
	return slices.Compact(keys)
}

// bothPhases lists the phases that either text has, in their fixed order.
func bothPhases(a, b *Runbook) []incident.Phase {
	var out []incident.Phase
	for _, name := range incident.Phases() {
		has := func(p Phase) bool { return p.Name == name }
		if slices.ContainsFunc(a.Phases, has) || slices.ContainsFunc(b.Phases, has) {
			out = append(out, name)
		}
	}
	return out
}

// phaseSteps is the steps of a phase; none where the runbook does not have it.
func (rb *Runbook) phaseSteps(name incident.Phase) []Step {
	for i := range rb.Phases {
		if rb.Phases[i].Name == name {
			return rb.Phases[i].Steps
		}
	}
	return nil
}
