package expression

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// undeclared explains a name that does not exist. The checker may point into the
// middle of a dotted name; the problem names and places the whole of it.
func (x *explainer) undeclared(p *Problem, err *cel.Error, reported string) {
	p.Code = CodeUndeclared
	node, ok := x.nodes[err.ExprID]
	if !ok {
		p.Message = fmt.Sprintf("undeclared reference to '%s'", reported)
		return
	}
	if node.Kind() == ast.CallKind {
		x.undeclaredFunction(p, node, reported)
		return
	}
	x.moveToStart(p, node.ID())
	top, name := x.wholeName(node)
	p.Message = fmt.Sprintf("undeclared reference to '%s'", name)
	if fields := x.env.below(name); len(fields) > 0 {
		p.Message = fmt.Sprintf("'%s' is not a value by itself", name)
		p.Hint = "write " + enumerate(fields)
		if x.isPresenceTest(top) {
			p.Message, p.Hint = fmt.Sprintf("has() and ?. do not work on '%s'", name), "test its state instead"
		}
		return
	}
	if near, ok := x.env.nearest(name); ok {
		p.Hint = fmt.Sprintf("did you mean '%s'?", near)
		return
	}
	if !strings.Contains(name, ".") {
		p.Hint = fmt.Sprintf("text stands in quotes: %q", name)
	}
	if parent, ok := x.parents[top.ID()]; ok && parent.Kind() == ast.CallKind && parent.AsCall().FunctionName() == operators.Subtract {
		p.Hint = "- is a minus here; names are written with _, text in quotes"
	}
}

func (x *explainer) undeclaredFunction(p *Problem, node ast.Expr, reported string) {
	function := node.AsCall().FunctionName()
	p.Message = fmt.Sprintf("there is no function %s", function)
	x.moveToName(p, node.ID(), function)
	if near, ok := Nearest(reported, x.env.functions()); ok {
		p.Hint = fmt.Sprintf("did you mean %s?", near)
	}
}

// wholeName climbs from a node to the end of the dotted name that it is part of.
// A name under has() ends before its last field, which the test consumes.
func (x *explainer) wholeName(node ast.Expr) (ast.Expr, string) {
	for {
		parent, ok := x.parents[node.ID()]
		if !ok || parent.Kind() != ast.SelectKind || parent.AsSelect().IsTestOnly() {
			return node, dotted(node)
		}
		node = parent
	}
}

// isPresenceTest tells whether a name is the operand of has() or of ?. .
func (x *explainer) isPresenceTest(node ast.Expr) bool {
	parent, ok := x.parents[node.ID()]
	if !ok {
		return false
	}
	return parent.Kind() == ast.SelectKind ||
		(parent.Kind() == ast.CallKind && parent.AsCall().FunctionName() == operators.OptSelect)
}

// dotted spells a chain of selections; what stands before the first name (a call,
// an index) is spelled as an ellipsis.
func dotted(node ast.Expr) string {
	switch node.Kind() {
	case ast.IdentKind:
		return node.AsIdent()
	case ast.SelectKind:
		return dotted(node.AsSelect().Operand()) + "." + node.AsSelect().FieldName()
	default:
		return "…"
	}
}

// below lists the declared variables that begin with name and a dot.
func (e *Environment) below(name string) []string {
	var found []string
	for _, declared := range e.names {
		if strings.HasPrefix(declared, name+".") {
			found = append(found, declared)
		}
	}
	return found
}

// nearest finds the declared variable that name was meant to be, comparing part
// by part. Of a name that goes on into a value's fields, the beginning is compared
// and the rest kept.
func (e *Environment) nearest(name string) (string, bool) {
	parts := strings.Split(name, ".")
	best, found := "", -1
	for _, declared := range e.names {
		d, near := misspelledParts(parts, strings.Split(declared, "."))
		if near && d > 0 && (found < 0 || d < found) {
			best, found = declared, d
		}
	}
	if found < 0 {
		return "", false
	}
	return strings.Join(append([]string{best}, parts[strings.Count(best, ".")+1:]...), "."), true
}

// misspelledParts compares a dotted name with one that is declared; every part
// must be near on its own.
func misspelledParts(parts, declared []string) (edits int, near bool) {
	if len(declared) > len(parts) {
		return 0, false
	}
	for i, part := range declared {
		d, ok := misspelling(parts[i], part)
		if !ok {
			return 0, false
		}
		edits += d
	}
	return edits, true
}

// functions lists the callable names, sorted.
func (e *Environment) functions() []string {
	var names []string
	for name := range e.cel.Functions() {
		if isName(name) {
			names = append(names, name)
		}
	}
	for _, macro := range e.cel.Macros() {
		names = append(names, macro.Function())
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// enumerate writes at most four alternatives: "a, b or c".
func enumerate(names []string) string {
	if len(names) > 4 {
		return strings.Join(names[:4], ", ") + " …"
	}
	if len(names) == 1 {
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}
