package expression

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
)

// explainer turns the type checker's complaints about one expression into
// problems in plain words, placed where the reader would point.
type explainer struct {
	env     *Environment
	info    *ast.SourceInfo
	parents map[int64]ast.Expr
	nodes   map[int64]ast.Expr
	starts  map[int64]int32 // offset of each node's leftmost character
}

// newExplainer remembers the parsed tree. The checker rewrites that tree in place,
// so the places of its nodes are taken before.
func newExplainer(env *Environment, parsed *cel.Ast) *explainer {
	x := &explainer{
		env: env, info: parsed.NativeRep().SourceInfo(),
		parents: map[int64]ast.Expr{}, nodes: map[int64]ast.Expr{}, starts: map[int64]int32{},
	}
	root := ast.NavigateAST(parsed.NativeRep())
	for _, node := range ast.MatchDescendants(root, ast.AllMatcher()) { // children come first
		x.nodes[node.ID()] = node
		if parent, ok := node.Parent(); ok {
			x.parents[node.ID()] = parent
		}
		if at, ok := x.start(node); ok {
			x.starts[node.ID()] = at
		}
	}
	return x
}

// problems explains all issues in the order of their places. A mismatch that
// only follows from another fault is left out.
func (x *explainer) problems(issues *cel.Issues) Problems {
	var ps Problems
	for _, err := range issues.Errors() {
		if strings.Contains(err.Message, "!error!") {
			continue
		}
		p := x.explain(err)
		if !slices.ContainsFunc(ps, func(q *Problem) bool { return *q == *p }) {
			ps = append(ps, p)
		}
	}
	if len(ps) == 0 {
		ps = Problems{{Line: 1, Column: 1, Code: CodeMismatch, Message: issues.Err().Error()}}
	}
	slices.SortStableFunc(ps, func(a, b *Problem) int {
		if a.Line != b.Line {
			return a.Line - b.Line
		}
		return a.Column - b.Column
	})
	return ps
}

func (x *explainer) explain(err *cel.Error) *Problem {
	p := &Problem{Line: err.Location.Line(), Column: err.Location.Column() + 1, Code: CodeMismatch}
	raw := err.Message
	if found := regexp.MustCompile(`^undeclared reference to '([^']*)'`).FindStringSubmatch(raw); found != nil {
		x.undeclared(p, err, found[1])
		return p
	}
	if found := regexp.MustCompile(`^found no matching overload for '([^']*)' applied to '(.*)'$`).FindStringSubmatch(raw); found != nil {
		p.Message, p.Hint = plainOverload(found[1], found[2])
		x.moveToName(p, err.ExprID, found[1])
		return p
	}
	if found := regexp.MustCompile(`^type '(.*)' does not support field selection$`).FindStringSubmatch(raw); found != nil {
		p.Message = fmt.Sprintf("%s has no fields", plainType(found[1]))
		if node, ok := x.nodes[err.ExprID]; ok && node.Kind() == ast.SelectKind {
			p.Message = fmt.Sprintf("%s has no field %q", plainType(found[1]), node.AsSelect().FieldName())
		}
		x.moveToStart(p, err.ExprID)
		return p
	}
	if found := regexp.MustCompile(`^expected type '(.*)' but found '(.*)'$`).FindStringSubmatch(raw); found != nil {
		p.Message = fmt.Sprintf("expected %s, found %s", plainType(found[1]), plainType(found[2]))
		x.moveToStart(p, err.ExprID)
		return p
	}
	p.Message, p.Hint = x.plainOther(err)
	return p
}

// plainOther covers invalid literals, ranges of loops and what is plain already.
func (x *explainer) plainOther(err *cel.Error) (message, hint string) {
	literal := "this"
	if node, ok := x.nodes[err.ExprID]; ok && node.Kind() == ast.LiteralKind {
		literal = fmt.Sprintf("%q", fmt.Sprint(node.AsLiteral().Value()))
	}
	switch {
	case err.Message == "invalid duration argument":
		return literal + " is not a duration", "write 30s, 5m, 4h, 5d or 2w"
	case err.Message == "invalid timestamp argument":
		return literal + " is not a time", "write 2026-01-31T09:00:00Z"
	case err.Message == "invalid matches argument":
		return literal + " is not a regular expression", ""
	case strings.Contains(err.Message, "cannot be range of a comprehension"):
		return "only a list can be searched or mapped", ""
	case strings.Contains(err.Message, "comprehension exceeds nesting limit"):
		return fmt.Sprintf("loops nested deeper than %d", maxLoopNesting), ""
	default:
		return err.Message, ""
	}
}

// result checks an expression's static type against the wanted one, and refuses
// results that a runbook has no use for.
func (x *explainer) result(got *cel.Type, want Type) Problems {
	p := &Problem{Line: 1, Column: 1, Code: CodeWrongResult}
	switch got.Kind() {
	case cel.OpaqueKind:
		p.Message, p.Hint = "the value may be missing", "add .orValue(…) with what to use then"
	case cel.TypeKind, cel.BytesKind, cel.AnyKind, cel.StructKind:
		p.Message = fmt.Sprintf("a value of type %s has no place in a runbook", plainType(cel.FormatCELType(got)))
	default:
		if want.Accepts(typeOf(got)) && (got.Kind() != cel.NullTypeKind || want == Dyn) {
			return nil
		}
		p.Message = fmt.Sprintf("%s is needed here, this is %s", want, plainType(cel.FormatCELType(got)))
		if want == Duration && got.Kind() == cel.StringKind {
			p.Hint = `write duration("5m")`
		}
	}
	return Problems{p}
}

// comprehensions refuses loops over maps and over dynamic values (which may turn
// out to be maps): their order is not defined, and a replayed workflow would see
// another one.
func (x *explainer) comprehensions(checked *cel.Ast) Problems {
	var ps Problems
	root := ast.NavigateAST(checked.NativeRep())
	for _, loop := range ast.MatchDescendants(root, ast.KindMatcher(ast.ComprehensionKind)) {
		over := loop.AsComprehension().IterRange()
		t := checked.NativeRep().GetType(over.ID())
		if t.Kind() == cel.ListKind {
			continue
		}
		p := &Problem{Line: 1, Column: 1, Code: CodeComprehension, Message: "loop over a map", Hint: "its order is not defined; name its keys one by one"}
		if t.Kind() != cel.MapKind {
			p.Message, p.Hint = "loop over a value of unknown type", "it may be a map; only lists can be searched or mapped"
		}
		x.moveToStart(p, over.ID())
		ps = append(ps, p)
	}
	return ps
}

// moveToStart places a problem at the first character of a node's source.
func (x *explainer) moveToStart(p *Problem, id int64) {
	if start, found := x.starts[id]; found {
		location := x.info.GetLocationByOffset(start)
		p.Line, p.Column = location.Line(), location.Column()+1
	}
}

// start is the offset of the leftmost character of a node, once its children are
// known. A node's own offset is that of its operator: the dot of a selection, the
// bracket of a call.
func (x *explainer) start(node ast.Expr) (int32, bool) {
	place, ok := x.info.GetOffsetRange(node.ID())
	leftmost := place.Start
	if ok && node.Kind() == ast.CallKind && isName(node.AsCall().FunctionName()) && !node.AsCall().IsMemberFunction() {
		leftmost -= int32(len(node.AsCall().FunctionName()))
	}
	for _, child := range children(node) {
		if at, found := x.starts[child.ID()]; found && (!ok || at < leftmost) {
			leftmost, ok = at, true
		}
	}
	return max(leftmost, 0), ok
}

func children(node ast.Expr) []ast.Expr {
	switch node.Kind() {
	case ast.SelectKind:
		return []ast.Expr{node.AsSelect().Operand()}
	case ast.CallKind:
		if call := node.AsCall(); call.IsMemberFunction() {
			return append([]ast.Expr{call.Target()}, call.Args()...)
		}
		return node.AsCall().Args()
	default:
		return nil
	}
}

// moveToName places a mismatch at the function's name; operators stay where the
// operator is.
func (x *explainer) moveToName(p *Problem, id int64, function string) {
	node, ok := x.nodes[id]
	if !ok || !isName(function) || node.Kind() != ast.CallKind {
		return
	}
	place, found := x.info.GetOffsetRange(id)
	if !found || int(place.Start) < len(function) {
		return
	}
	location := x.info.GetLocationByOffset(place.Start - int32(len(function)))
	p.Line, p.Column = location.Line(), location.Column()+1
}

func isName(function string) bool {
	return function != operators.In && ValidName(function)
}
