// Package expression evaluates the expressions of runbooks. They are CEL over
// dotted variables such as steps.stop.choice, bare or wrapped as ${{ }} in text.
//
// It knows types, names and values that are not known yet; it knows nothing of
// runbooks, incidents or workflows. Evaluation is deterministic: there is no
// clock, no I/O and no dependence on the order of maps, so a workflow may
// evaluate wherever it likes and replay gives the same answer. Compiled programs
// and texts are safe for concurrent use.
package expression

import (
	"fmt"
	"slices"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/env"
	"cel.dev/cel-go/common/overloads"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/ext"
)

// Bounds of one expression. They are far above what a runbook needs and low
// enough that no expression holds up a workflow task.
const (
	maxSourceLength  = 8 << 10 // characters
	maxNesting       = 64
	maxLoopNesting   = 2
	maxCost          = 250_000 // CEL cost units; some tens of milliseconds
	maxVariableCount = 10_000
)

// Environment holds the variables that expressions may read, with their types.
// It does not change after NewEnvironment and is safe for concurrent use.
type Environment struct {
	cel   *cel.Env
	types map[string]Type
	names []string // sorted, so that suggestions do not depend on map order
}

// NewEnvironment declares variables by their dotted names. It refuses names that
// an expression could not spell (see ValidName) and types that do not exist.
func NewEnvironment(vars map[string]Type) (*Environment, error) {
	if len(vars) > maxVariableCount {
		return nil, fmt.Errorf("declare variables: %d are more than %d", len(vars), maxVariableCount)
	}
	e := &Environment{types: make(map[string]Type, len(vars)), names: make([]string, 0, len(vars))}
	for name, t := range vars {
		e.names = append(e.names, name)
		e.types[name] = t.orDyn()
	}
	slices.Sort(e.names)

	options := baseOptions()
	for _, name := range e.names {
		for part := range strings.SplitSeq(name, ".") {
			if !ValidName(part) {
				return nil, fmt.Errorf("declare variable %q: %q is not a name that an expression can spell", name, part)
			}
		}
		if _, err := ParseType(string(e.types[name])); err != nil {
			return nil, fmt.Errorf("declare variable %q: %w", name, err)
		}
		options = append(options, cel.Variable(name, e.types[name].cel()))
	}
	celEnv, err := cel.NewCustomEnv(options...)
	if err != nil {
		return nil, fmt.Errorf("declare variables: %w", err)
	}
	e.cel = celEnv
	return e, nil
}

// baseOptions is the language: CEL with optional values and text functions, and
// with duration("5d") reading the runbook's own durations.
func baseOptions() []cel.EnvOption {
	fromText := env.NewFunction(overloads.TypeConvertDuration, env.NewOverload(overloads.StringToDuration, nil, nil))
	return []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(env.NewLibrarySubset().AddExcludedFunctions(fromText))),
		cel.OptionalTypes(),
		ext.Strings(),
		cel.Function(overloads.TypeConvertDuration,
			cel.Overload("runbook_text_to_duration", []*cel.Type{cel.StringType}, cel.DurationType,
				cel.UnaryBinding(durationFromText))),
		cel.ExtendedValidations(),
		cel.ASTValidators(cel.ValidateComprehensionNestingLimit(maxLoopNesting)),
		cel.ParserExpressionSizeLimit(maxSourceLength),
		cel.ParserRecursionLimit(maxNesting),
		cel.EnableMacroCallTracking(),
	}
}

func durationFromText(arg ref.Val) ref.Val {
	text, ok := arg.Value().(string)
	if !ok {
		return types.MaybeNoSuchOverloadErr(arg)
	}
	d, err := parseValueDuration(text)
	if err != nil {
		return types.NewErr("%s", err)
	}
	return types.Duration{Duration: d}
}

// ValidName tells whether a word can be one part of a dotted variable: a letter
// or underscore, then letters, digits and underscores, and no word that CEL keeps
// for itself.
func ValidName(word string) bool {
	for i, c := range []byte(word) {
		letter := c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
		if !letter && (i == 0 || c < '0' || c > '9') {
			return false
		}
	}
	switch word {
	case "", "true", "false", "null", "in":
		return false
	default:
		return true
	}
}

// Compile checks one bare expression. Its result must be of the type want (Dyn
// accepts any); parts that are dynamic are checked again by Eval. The error is
// Problems, with places within source.
func (e *Environment) Compile(source string, want Type) (*Program, error) {
	if at := strings.Index(source, "${{"); at >= 0 {
		p := &Problem{Code: CodeWrapped, Message: "${{ }} inside an expression", Hint: "this place is an expression already: write it without ${{ }}"}
		p.Line, p.Column = placeOf(source, at)
		return nil, Problems{p}
	}
	parsed, issues := e.cel.Parse(source)
	if issues.Err() != nil {
		return nil, syntaxProblems(source, issues)
	}
	x := newExplainer(e, parsed)
	checked, issues := e.cel.Check(parsed)
	if issues.Err() != nil {
		return nil, x.problems(issues)
	}
	if ps := x.comprehensions(checked); len(ps) > 0 {
		return nil, ps
	}
	if ps := x.result(checked.OutputType(), want.orDyn()); len(ps) > 0 {
		return nil, ps
	}
	program, err := e.cel.Program(checked,
		cel.EvalOptions(cel.OptPartialEval), cel.CostLimit(maxCost))
	if err != nil {
		return nil, Problems{{Line: 1, Column: 1, Code: CodeMismatch, Message: err.Error()}}
	}
	return newProgram(e, source, checked, program, want.orDyn()), nil
}

// placeOf turns a byte offset into a line and a column, both counted from 1 and
// the column in characters.
func placeOf(source string, offset int) (line, column int) {
	before := source[:offset]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, len([]rune(before[start:])) + 1
}
