package expression

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
)

// Values gives an evaluation what it reads.
type Values interface {
	// Lookup returns the value of a declared variable by its dotted name, and
	// false when it is not known yet. It is asked once for each variable that the
	// expression mentions and must not have effects.
	Lookup(name string) (value any, known bool)
}

// Map is Values over a plain map; a name that is missing is not known yet.
type Map map[string]any

// Lookup implements Values.
func (m Map) Lookup(name string) (any, bool) {
	value, known := m[name]
	return value, known
}

// Result is what an evaluation gave: a value, or the names it still waits for.
type Result struct {
	// Value is nil, bool, int64, float64, string, time.Duration, time.Time (UTC),
	// []any or map[string]any. It means nothing while Unknown is not empty.
	Value any
	// Unknown lists the variables whose values are needed and not known yet,
	// sorted. An unknown that the result does not depend on is not listed:
	// true || unknown is true.
	Unknown []string
}

// Known tells whether Value is the result.
func (r Result) Known() bool { return len(r.Unknown) == 0 }

// errNotCompiled answers for an expression that nobody compiled: a fault of the
// program, which must not take a workflow down with a panic.
var errNotCompiled = errors.New("this expression was not compiled")

// Program is one compiled expression. It is safe for concurrent use.
type Program struct {
	source     string
	program    cel.Program
	kind       Type
	want       Type
	types      map[string]Type // of the variables in references
	references []string
}

func newProgram(e *Environment, source string, checked *cel.Ast, program cel.Program, want Type) *Program {
	p := &Program{source: source, program: program, kind: typeOf(checked.OutputType()), want: want, types: map[string]Type{}}
	for _, reference := range checked.NativeRep().ReferenceMap() {
		if t, declared := e.types[reference.Name]; declared && len(reference.OverloadIDs) == 0 {
			p.types[reference.Name] = t
		}
	}
	for name := range p.types {
		p.references = append(p.references, name)
	}
	slices.Sort(p.references)
	return p
}

// Source is the text that was compiled.
func (p *Program) Source() string { return p.source }

// Type is the static type of the result; where that is Dyn and a type was wanted,
// it is the wanted one, which Eval then insists on.
func (p *Program) Type() Type {
	if p.kind == Dyn {
		return p.want
	}
	return p.kind
}

// References lists the variables that the expression mentions, sorted.
func (p *Program) References() []string {
	if p == nil {
		return nil
	}
	return slices.Clone(p.references)
}

// TypeOf is the declared type of a variable that the expression mentions, and Dyn of every other.
func (p *Program) TypeOf(name string) Type { return p.types[name].orDyn() }

// Eval computes the expression. Values are converted to the types of their
// declarations, so they may come straight from decoded JSON. An error means that
// the expression has no result with these values (a missing key, a division by
// zero, a value of the wrong type), and names the expression. A nil Program gives an
// error too.
func (p *Program) Eval(values Values) (Result, error) {
	if p == nil {
		return Result{}, errNotCompiled
	}
	known := make(map[string]any, len(p.references))
	var unknown []*cel.AttributePatternType
	for _, name := range p.references {
		value, ok := values.Lookup(name)
		if !ok {
			unknown = append(unknown, cel.AttributePattern(name))
			continue
		}
		converted, err := convert(p.types[name], value)
		if err != nil {
			return Result{}, fmt.Errorf("%s: %w", name, err)
		}
		known[name] = converted
	}
	partial, err := cel.PartialVars(known, unknown...)
	if err != nil {
		return Result{}, fmt.Errorf("evaluate %s: %w", p.source, err)
	}
	out, _, err := p.program.Eval(partial)
	if err != nil {
		return Result{}, fmt.Errorf("evaluate %s: %w", p.source, plainFailure(err))
	}
	if waiting, ok := out.(*types.Unknown); ok {
		return Result{Unknown: awaited(waiting)}, nil
	}
	value, err := native(out)
	if err == nil {
		value, err = convert(p.want, value)
	}
	if err != nil {
		return Result{}, fmt.Errorf("evaluate %s: %w", p.source, err)
	}
	return Result{Value: value}, nil
}

// awaited names the variables behind an unknown result, each once, sorted.
func awaited(u *types.Unknown) []string {
	var names []string
	for _, id := range u.IDs() {
		trails, _ := u.GetAttributeTrails(id)
		for _, trail := range trails {
			names = append(names, trail.Variable())
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// plainFailure rewrites the evaluator's run-time errors for people.
func plainFailure(err error) error {
	text := err.Error()
	if found := regexp.MustCompile(`no such key: (.*)$`).FindStringSubmatch(text); found != nil {
		return fmt.Errorf("there is no field %q", found[1])
	}
	if found := regexp.MustCompile(`index out of bounds: (\S+)$`).FindStringSubmatch(text); found != nil {
		return fmt.Errorf("the list has no element %s", found[1])
	}
	if found := regexp.MustCompile(`type conversion error from '?([^']*)'? to '?([^']*)'?$`).FindStringSubmatch(text); found != nil {
		return fmt.Errorf("cannot make %s of this %s", plainType(found[2]), plainType(found[1]))
	}
	switch {
	case strings.Contains(text, "no such overload"):
		return errors.New("the values' types do not go together")
	case strings.Contains(text, "cost limit exceeded"):
		return errors.New("the expression takes too long")
	case strings.Contains(text, "internal error"):
		return errors.New("the expression cannot be evaluated")
	default:
		return err
	}
}
