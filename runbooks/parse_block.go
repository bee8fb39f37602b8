package runbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// blockValue reads the shapes that only the kinds for systems and blocks have.
func (b *stepReader) blockValue(f *fieldSpec, n *yaml.Node, name string) {
	switch target := f.at(&b.step); f.shape {
	case shapePlain:
		setText(target, b.plainWord(n, name))
	case shapeTitle:
		if n.Kind != yaml.ScalarNode || n.Tag != "!!null" {
			setText(target, b.word(n, name))
		}
	case shapeCondition, shapeExpression, shapeList:
		text, _ := b.text(n, name)
		setText(target, text)
	case shapeFields:
		*target.(*[]Field) = b.fields(n, name)
	case shapeBody:
		*target.(*any), _ = b.tree(n, name, 0)
	case shapeForm:
		*target.(*[]Input) = b.form(n, name)
	case shapePayload:
		*target.(*[]Input) = b.payload(n, name)
	case shapeBranches:
		*target.(*[]Branch) = b.branches(n)
	case shapeSettings:
		*target.(*[]Var) = b.settings(n, name)
	case shapePhase:
		setText(target, b.phaseName(n))
	case shapeReverts:
		b.reverts(n, target.(*Revert))
	case shapeMaybe:
		wanted := b.flag(n, name)
		*target.(**bool) = &wanted
	default: // the shapes of value
	}
}

// plainWord reads text that is taken as it stands. A command is the place where that matters most: whatever stood in
// ${{ }} could break out of it.
func (b *stepReader) plainWord(n *yaml.Node, name string) string {
	text, ok := b.text(n, name)
	switch {
	case !ok:
		return ""
	case b.kind.kind == KindRun && name == string(KindRun) && strings.Contains(text, "${{"):
		p := Problem{Code: CodeShellInjection, Message: "${{ }} inside a command could run anything", Hint: "pass the value through env and read it there: env: { SERVICE: \"${{ inputs.service }}\" }"}
		p.Line, p.Column = b.src.within(n, 1, strings.Index(text, "${{")+1)
		b.report(n, p)
		return ""
	}
	word := b.word(n, name)
	switch name {
	case "as":
		if word != "" {
			word, _ = b.name(n, "an item")
		}
		if slices.Contains(areas(), word) {
			b.report(n, Problem{Code: CodeTaken, Message: fmt.Sprintf("%q means something else in expressions", word), Hint: "call the item host, account, region …"})
			return ""
		}
	case string(KindAction):
		if word != "" && !actionForm.MatchString(word) {
			b.report(n, Problem{Code: CodeBadName, Message: fmt.Sprintf("%q cannot be the name of an action", word), Hint: "write namespace.name, as in deploy.rollback"})
		}
	}
	return word
}

// actionForm is how actions are named.
var actionForm = regexp.MustCompile(`^[a-z][a-z0-9_-]*(\.[a-zA-Z][a-zA-Z0-9_-]*)+$`)

// areas are the first words of names that every expression has.
func areas() []string {
	return []string{
		"incident", "severity", "level", "policy", "phase", "pass", "elapsed", "phase_elapsed", "inputs", "vars", "roles", "steps",
		"round", "event", "secrets", "answers",
	}
}

// fields reads named values.
func (b *stepReader) fields(n *yaml.Node, name string) []Field {
	entries, _ := b.entries(n, name)
	var fields []Field
	for _, e := range entries {
		b.places[b.at(name+"."+e.key)] = e.value
		if value, ok := b.tree(e.value, name+"."+e.key, 0); ok {
			fields = append(fields, Field{Name: e.key, Value: value})
		}
	}
	return fields
}

// tree reads a value of any build whose texts may hold ${{ }}.
func (b *stepReader) tree(n *yaml.Node, name string, depth int) (any, bool) {
	if n = b.visit(n); n == nil || depth > maxNesting {
		return nil, false
	}
	b.places[b.at(name)] = n
	switch n.Kind {
	case yaml.SequenceNode:
		list := []any{}
		for i, item := range n.Content {
			value, ok := b.tree(item, fmt.Sprintf("%s[%d]", name, i), depth+1)
			if !ok {
				return nil, false
			}
			list = append(list, value)
		}
		return list, true
	case yaml.MappingNode:
		entries, ok := b.entries(n, name)
		object := map[string]any{}
		for _, e := range entries {
			value, good := b.tree(e.value, name+"."+e.key, depth+1)
			object[e.key], ok = value, ok && good
		}
		return object, ok
	}
	if n.Tag == "!!str" {
		return n.Value, true
	}
	return b.scalarValue(n, name)
}

// form reads the fields of a form, which are written like inputs.
func (b *stepReader) form(n *yaml.Node, name string) []Input {
	entries, _ := b.entries(n, name)
	var form []Input
	for _, e := range entries {
		label, good := b.name(e.keyNode, "a field")
		in := b.formField(e)
		if good {
			in.Name = label
			form = append(form, in)
		}
	}
	if len(entries) == 0 {
		b.report(n, Problem{Code: CodeEmpty, Message: "a form needs at least one field"})
	}
	return form
}

// formField reads one field; a field without a default that is not required may stay empty.
func (b *stepReader) formField(e entry) Input {
	if e.value.Kind == yaml.ScalarNode {
		return Input{Type: b.inputType(e.value, e.key)}
	}
	before := len(b.problems)
	in := b.input(e)
	b.problems = slices.DeleteFunc(b.problems, func(p Problem) bool {
		return p.Warning && p.Code == CodeInput && before >= 0 && p.Line == e.keyNode.Line
	})
	return in
}

// payload reads what a signal brings: name → type.
func (b *stepReader) payload(n *yaml.Node, name string) []Input {
	entries, _ := b.entries(n, name)
	var payload []Input
	for _, e := range entries {
		label, good := b.name(e.keyNode, "a field")
		kind := b.inputType(e.value, e.key)
		if good {
			payload = append(payload, Input{Name: label, Type: kind})
		}
	}
	return payload
}

// branches reads what runs side by side.
func (b *stepReader) branches(n *yaml.Node) []Branch {
	entries, _ := b.entries(n, "parallel")
	var branches []Branch
	for _, e := range entries {
		if key, good := b.choiceKey(e.keyNode, "a branch"); good {
			b.places[b.at("branch."+key)] = e.keyNode
			branches = append(branches, Branch{Name: key, Steps: b.steps(e.value, b.step.Path+"/branch/"+key, b.depth+1)})
		}
	}
	if len(entries) == 0 {
		b.report(n, Problem{Code: CodeEmpty, Message: "parallel needs branches", Hint: "write a name and its steps for each"})
	}
	return branches
}

// settings reads new values of constants.
func (b *stepReader) settings(n *yaml.Node, name string) []Var {
	entries, _ := b.entries(n, name)
	if len(entries) == 0 {
		b.report(n, Problem{Code: CodeEmpty, Message: "set needs at least one name and its value"})
	}
	return b.named(entries, "a constant", name, b.at(name))
}

// phaseName reads the name of a phase.
func (b *stepReader) phaseName(n *yaml.Node) string {
	word := b.word(n, "a phase")
	if word == "" || slices.Contains(incident.Phases(), incident.Phase(word)) {
		return word
	}
	p := Problem{Code: CodePhase, Message: fmt.Sprintf("there is no phase %q", word), Hint: "the phases are " + phaseNames()}
	var known []string
	for _, phase := range incident.Phases() {
		known = append(known, string(phase))
	}
	if near, ok := expression.Nearest(word, known); ok {
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	b.report(n, p)
	return ""
}

// reverts reads a phase, or a list of ids.
func (b *stepReader) reverts(n *yaml.Node, target *Revert) {
	target.List = n.Kind == yaml.SequenceNode
	items := []*yaml.Node{n}
	if target.List {
		items, _ = b.items(n, "revert")
	}
	for _, item := range items {
		if word := b.word(item, "revert"); word != "" {
			b.places[fmt.Sprintf("%s[%d]", b.at("revert"), len(target.What))] = item
			target.What = append(target.What, word)
		}
	}
}
