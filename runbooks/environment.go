package runbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

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
	rb.setVariables(vars)
	for name := range rb.secretNames() {
		vars["secrets."+name] = expression.String
	}
	for name, t := range answerVariables() {
		vars[name] = t
	}
	return vars
}

// stepNames declares what expressions may read of steps.
func stepNames(vars map[string]expression.Type, s *Step) {
	if s.ID == "" {
		return
	}
	for _, out := range append(stepVariables(), kindOf(s.Kind).outputsOf(s)...) {
		vars[strings.TrimSuffix("steps."+s.ID+"."+out.name, ".")] = out.kind
	}
}

// setVariables declares the constants that only `set` steps give a value.
func (rb *Runbook) setVariables(vars map[string]expression.Type) {
	rb.Walk(func(_ Place, s *Step) {
		stepNames(vars, s)
		if s.Set == nil {
			return
		}
		for _, v := range s.Set.Values {
			if _, declared := vars["vars."+v.Name]; !declared {
				vars["vars."+v.Name] = expression.Dyn
			}
		}
	})
}

// secretForm is how a secret is read.
var secretForm = regexp.MustCompile(`\bsecrets\.([A-Za-z_][A-Za-z0-9_]*)`)

// secretNames lists the secrets that the runbook mentions; whether they exist is the installation's.
func (rb *Runbook) secretNames() map[string]bool {
	names := map[string]bool{}
	for _, u := range rb.uses() {
		for _, found := range secretForm.FindAllStringSubmatch(u.source, -1) {
			if expression.ValidName(found[1]) {
				names[found[1]] = true
			}
		}
	}
	return names
}

// answerVariables lists what the rules of `assess` may read of the answers to the six questions.
func answerVariables() map[string]expression.Type {
	return map[string]expression.Type{
		"answers.impact": expression.String, "answers.symptoms": expression.String, "answers.scope": expression.String,
		"answers.started_at": expression.Timestamp, "answers.support_cases": expression.Int,
		"answers.factors": expression.ListOf(expression.String),
	}
}

// The names that loops bind, and what binds them.
const (
	bindsItem  = "for_each"
	bindsRound = "repeat"
	bindsEvent = "watch"
)

// loops finds the loops around every step: their paths, outermost first, and the names that they bind.
func (c *compiler) loops() {
	c.loopNames = map[string]string{}
	var walk func(steps []Step, paths, names []string)
	walk = func(steps []Step, paths, names []string) {
		for i := range steps {
			s := &steps[i]
			c.plan.loops[s.Path], c.names[s.Path] = paths, names
			for _, b := range s.Blocks() {
				innerPaths, innerNames := paths, names
				switch {
				case b.Name == "steps" && s.ForEach != nil:
					innerPaths, innerNames = append(slices.Clip(paths), s.Path), append(slices.Clip(names), s.ForEach.As)
					c.loopNames[s.ForEach.As] = bindsItem
				case b.Name == "steps" && s.Repeat != nil:
					innerPaths, innerNames = append(slices.Clip(paths), s.Path), append(slices.Clip(names), "round")
				}
				walk(b.Steps, innerPaths, innerNames)
			}
		}
	}
	for _, p := range c.rb.Phases {
		walk(p.Steps, nil, nil)
	}
	for _, w := range c.rb.Watch {
		walk(w.Steps, []string{w.Path}, []string{"event.at", "event.count"})
	}
	walk(c.rb.Finally, nil, nil)
	walk(c.extra, nil, nil)
	delete(c.loopNames, "")
	c.loopNames["round"], c.loopNames["event.at"], c.loopNames["event.count"] = bindsRound, bindsEvent, bindsEvent
}

// bindLoops declares the names that loops bind. An item's type is its list's; lists are compiled beforehand, with every
// item dynamic, for one list may be read from another's item.
func (c *compiler) bindLoops(vars map[string]expression.Type) error {
	vars["round"], vars["event.at"], vars["event.count"] = expression.Int, expression.Timestamp, expression.Int
	var lists []*ForEach
	c.walk(func(s *Step) {
		if s.ForEach != nil && s.ForEach.As != "" {
			lists = append(lists, s.ForEach)
			vars[s.ForEach.As] = expression.Dyn
		}
	})
	if len(lists) == 0 {
		return nil
	}
	env, err := expression.NewEnvironment(vars)
	if err != nil {
		return fmt.Errorf("runbook %s: %w", c.rb.ID, err)
	}
	types := map[string]expression.Type{}
	for _, l := range lists {
		item := expression.Dyn
		if program, err := env.Compile(l.List, expression.ListOf(expression.Dyn)); err == nil && program.Type().IsList() {
			item = program.Type().Elem()
		}
		if known, twice := types[l.As]; twice && known != item {
			item = expression.Dyn
		}
		types[l.As] = item
	}
	for name, t := range types {
		vars[name] = t
	}
	return nil
}

// walk visits every step of the runbook and those that people have added.
func (c *compiler) walk(visit func(*Step)) {
	c.rb.Walk(func(_ Place, s *Step) { visit(s) })
	walkSteps(c.extra, visit)
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
	extra  []Step // that people have added
	report func(place string, p *expression.Problem)
	env    *expression.Environment
	plan   *Plan

	loopNames map[string]string   // what binds a name
	names     map[string][]string // the names that are bound around each step, by path
}

// compile compiles everything into the plan. The error is a fault of the environment itself, which a runbook that was
// parsed cannot have.
func (c *compiler) compile() error {
	constants, err := c.constants()
	if err != nil {
		return err
	}
	c.names = map[string][]string{}
	c.loops()
	vars := c.rb.variables(constants)
	walkSteps(c.extra, func(s *Step) { stepNames(vars, s) })
	if err := c.bindLoops(vars); err != nil {
		return err
	}
	if c.env, err = expression.NewEnvironment(vars); err != nil {
		return fmt.Errorf("runbook %s: %w", c.rb.ID, err)
	}
	for _, u := range c.rb.uses() {
		c.use(u)
	}
	walkSteps(c.extra, func(s *Step) {
		for _, u := range s.uses() {
			c.use(u)
		}
	})
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
