package runbooks

import (
	"fmt"
	"slices"

	"github.com/musterbook/musterbook/expression"
)

// Plan is a runbook with every expression compiled. It is a pure function of the runbook, does not change and is safe
// for concurrent use; keep one for each hash.
type Plan struct {
	programs map[string]*expression.Program
	texts    map[string]*expression.Text
	steps    map[string]*Step    // by id
	paths    map[string]*Step    // by path, those of imported runbooks included
	imports  map[string]*Plan    // by the path of the importing step
	loops    map[string][]string // by path: the loops around the step, outermost first
}

// Compile compiles a runbook. One that Parse returned always compiles; the error speaks of runbooks from elsewhere,
// such as an incident that was started by another version.
func Compile(rb *Runbook) (*Plan, error) { return CompileWith(rb, nil) }

// CompileWith is Compile with steps that people have added to one incident.
func CompileWith(rb *Runbook, extra []Step) (*Plan, error) {
	plan := newPlan()
	var first error
	c := compiler{rb: rb, extra: extra, plan: plan, report: func(place string, p *expression.Problem) {
		if first == nil {
			first = fmt.Errorf("runbook %s, %s: %w", rb.ID, place, p)
		}
	}}
	if s := rb.stranger(extra); s != nil {
		return nil, fmt.Errorf("runbook %s, %s: a step of kind %q, which this version does not know", rb.ID, s.Path, s.Kind)
	}
	if err := c.compile(); err != nil {
		return nil, err
	}
	if first != nil {
		return nil, first
	}
	c.walk(func(s *Step) {
		plan.paths[s.Path] = s
		if s.ID != "" {
			plan.steps[s.ID] = s
		}
		if err := plan.compileImport(s); err != nil && first == nil {
			first = err
		}
	})
	return plan, first
}

// compileImport compiles the runbook that a step imports; its steps can be found by their paths.
func (p *Plan) compileImport(s *Step) error {
	if s.Runbook == nil || s.Runbook.Body == nil {
		return nil
	}
	body, err := Compile(s.Runbook.Body)
	if err != nil {
		return fmt.Errorf("%s: %w", s.Path, err)
	}
	p.imports[s.Path] = body
	for path, step := range body.paths {
		p.paths[path] = step
	}
	return nil
}

func newPlan() *Plan {
	return &Plan{
		programs: map[string]*expression.Program{}, texts: map[string]*expression.Text{}, steps: map[string]*Step{},
		paths: map[string]*Step{}, imports: map[string]*Plan{}, loops: map[string][]string{},
	}
}

// stranger finds a step whose kind is unknown or whose struct is missing; nothing below may touch it.
func (rb *Runbook) stranger(extra []Step) *Step {
	var found *Step
	look := func(s *Step) {
		if kind := kindOf(s.Kind); found == nil && (kind == nil || !kind.filled(s)) {
			found = s
		}
	}
	rb.Walk(func(_ Place, s *Step) { look(s) })
	walkSteps(extra, look)
	return found
}

// Expression is the compiled form of a bare expression of the runbook: an `if`, `match`, or a constant's value. For a
// source that the runbook does not have it is nil, whose Eval answers with an error.
func (p *Plan) Expression(source string) *expression.Program { return p.programs[source] }

// Text is the compiled form of a text of the runbook: a message, a duration, a name. For a text that the runbook does
// not have it is nil, whose Eval answers with an error.
func (p *Plan) Text(source string) *expression.Text { return p.texts[source] }

// Step finds a step by its id, the name that expressions use; nil when there is none.
func (p *Plan) Step(id string) *Step { return p.steps[id] }

// At finds a step by its path, in imported runbooks too; nil when there is none.
func (p *Plan) At(path string) *Step { return p.paths[path] }

// Import is the plan of the runbook that the step of a path imports; nil when there is none.
func (p *Plan) Import(path string) *Plan { return p.imports[path] }

// Loops lists the paths of the loops around a step, outermost first: for_each, repeat, watch.
func (p *Plan) Loops(path string) []string { return p.loops[path] }

// Reads lists the variables that a step's condition mentions, sorted: what decides whether a change of severity can
// change the answer.
func (p *Plan) Reads(s *Step) []string {
	if s.If == "" {
		return nil
	}
	return p.programs[s.If].References()
}

// References lists the variables that a step mentions anywhere but in the steps below it, sorted.
func (p *Plan) References(s *Step) []string {
	var names []string
	for _, u := range s.uses() {
		names = append(names, p.reads(u)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// UndoReads lists the variables that the undo of a step mentions, sorted.
func (p *Plan) UndoReads(s *Step) []string {
	var names []string
	walkSteps(s.Undo, func(below *Step) { names = append(names, p.References(below)...) })
	slices.Sort(names)
	return slices.Compact(names)
}

// CatchesUp says whether a step that was skipped by its condition is evaluated again when the severity rises.
func CatchesUp(s *Step) bool {
	if s.CatchUp != nil {
		return *s.CatchUp
	}
	return kindOf(s.Kind).catchesUp
}
