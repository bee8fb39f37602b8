package runbooks

import (
	"fmt"

	"github.com/musterbook/musterbook/expression"
)

// IncidentVariables lists what expressions may read of every incident, by dotted name.
func IncidentVariables() map[string]expression.Type {
	vars := map[string]expression.Type{
		"incident.services": expression.ListOf(expression.String),
		"incident.labels":   expression.MapOf(expression.String),
	}
	for _, field := range []string{"id", "key", "codename", "title", "type", "url", "declared_by", "service"} {
		vars["incident."+field] = expression.String
	}
	return vars
}

// stepVariables lists what expressions may read of every step, besides its outputs.
func stepVariables() []outputSpec {
	return []outputSpec{
		{"state", expression.String},
		{"by", expression.String},
		{"started", expression.Timestamp},
		{"ended", expression.Timestamp},
	}
}

// constantVariables lists what the constants of `vars` may read: the incident and the inputs.
func (rb *Runbook) constantVariables() map[string]expression.Type {
	vars := IncidentVariables()
	for _, in := range rb.Inputs {
		vars["inputs."+in.Name] = in.kind()
	}
	return vars
}

// Variables lists every variable that expressions of the runbook's steps may read, with its type; constants are the
// types of `vars`.
func (rb *Runbook) variables(constants map[string]expression.Type) map[string]expression.Type {
	vars := rb.constantVariables()
	for name, t := range constants {
		vars["vars."+name] = t
	}
	vars["severity"], vars["level"] = expression.String, expression.Int
	vars["phase"], vars["pass"] = expression.String, expression.Int
	vars["elapsed"], vars["phase_elapsed"] = expression.Duration, expression.Duration
	for name, t := range rb.columnTypes() {
		vars["policy."+name] = t
	}
	for _, role := range rb.Roles {
		vars["roles."+string(role.Name)] = expression.String
	}
	rb.Walk(func(_ Place, s *Step) {
		if s.ID == "" {
			return
		}
		for _, out := range append(stepVariables(), kindOf(s.Kind).outputs...) {
			vars["steps."+s.ID+"."+out.name] = out.kind
		}
	})
	return vars
}

// columnTypes are the types of the severity table's columns, over all rows.
func (rb *Runbook) columnTypes() map[string]expression.Type {
	types := map[string]expression.Type{}
	for _, row := range rb.Severities {
		for name, value := range row.Columns {
			known, seen := types[name]
			if !seen {
				types[name] = valueType(value)
				continue
			}
			shared, same := unify(known, valueType(value))
			if !same {
				shared = expression.Dyn
			}
			types[name] = shared
		}
	}
	return types
}

// compiler compiles a runbook's expressions and hands each fault to report, with the name of its place and the line
// and column within the expression.
type compiler struct {
	rb     *Runbook
	report func(place string, p *expression.Problem)
	env    *expression.Environment
	plan   *Plan
}

// compile compiles everything into the plan. The error is a fault of the environment itself, which a runbook that was
// parsed cannot have.
func (c *compiler) compile() error {
	constants, err := c.constants()
	if err != nil {
		return err
	}
	if c.env, err = expression.NewEnvironment(c.rb.variables(constants)); err != nil {
		return fmt.Errorf("runbook %s: %w", c.rb.ID, err)
	}
	for _, u := range c.rb.uses() {
		c.use(u)
	}
	return nil
}

// constants compiles `vars` one after the other: each may read those above it. One that is faulty counts as dynamic,
// so that what reads it is not reported as well.
func (c *compiler) constants() (map[string]expression.Type, error) {
	types := map[string]expression.Type{}
	vars := c.rb.constantVariables()
	for _, v := range c.rb.Vars {
		env, err := expression.NewEnvironment(vars)
		if err != nil {
			return nil, fmt.Errorf("runbook %s: %w", c.rb.ID, err)
		}
		types[v.Name] = expression.Dyn
		program, err := env.Compile(v.Value, expression.Dyn)
		if err != nil {
			c.fault("vars."+v.Name, err)
		} else {
			types[v.Name] = program.Type()
			c.plan.programs[v.Value] = program
		}
		vars["vars."+v.Name] = types[v.Name]
	}
	return types, nil
}
