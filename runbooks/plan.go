package runbooks

import (
	"fmt"

	"github.com/musterbook/musterbook/expression"
)

// Plan is a runbook with every expression compiled. It is a pure function of the runbook, does not change and is safe
// for concurrent use; keep one for each hash.
type Plan struct {
	programs map[string]*expression.Program
	texts    map[string]*expression.Text
	steps    map[string]*Step
	paths    map[string]*Step
	imports  map[string]*Plan
	loops    map[string][]string
}

// Compile compiles a runbook. One that Parse returned always compiles; the error speaks of runbooks from elsewhere,
// such as an incident that was started by another version.
func Compile(rb *Runbook) (*Plan, error) {
	plan := newPlan()
	var first error
	c := compiler{rb: rb, plan: plan, report: func(place string, p *expression.Problem) {
		if first == nil {
			first = fmt.Errorf("runbook %s, %s: %w", rb.ID, place, p)
		}
	}}
	if s := rb.stranger(); s != nil {
		return nil, fmt.Errorf("runbook %s, %s: a step of kind %q, which this version does not know", rb.ID, s.Path, s.Kind)
	}
	if err := c.compile(); err != nil {
		return nil, err
	}
	if first != nil {
		return nil, first
	}
	plan.paths = map[string]*Step{}
	rb.Walk(func(_ Place, s *Step) {
		plan.paths[s.Path] = s
		if s.ID != "" {
			plan.steps[s.ID] = s
		}
	})
	return plan, nil
}

func newPlan() *Plan {
	return &Plan{programs: map[string]*expression.Program{}, texts: map[string]*expression.Text{}, steps: map[string]*Step{}}
}

// stranger finds a step whose kind is unknown or whose struct is missing; nothing below may touch it.
func (rb *Runbook) stranger() *Step {
	var found *Step
	rb.Walk(func(_ Place, s *Step) {
		if kind := kindOf(s.Kind); found == nil && (kind == nil || !kind.filled(s)) {
			found = s
		}
	})
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

// Reads lists the variables that a step's condition mentions, sorted: what decides whether a change of severity can
// change the answer.
func (p *Plan) Reads(s *Step) []string {
	if s.If == "" {
		return nil
	}
	program := p.programs[s.If]
	if program == nil {
		return nil
	}
	return program.References()
}
