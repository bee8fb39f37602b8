package runbooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
)

// wanted is what a place does with the value of its text.
type wanted int

// What places want.
const (
	wantText      wanted = iota // anything that can be read aloud
	wantDuration                // how long
	wantNames                   // a name or a list of names
	wantName                    // one name
	wantCondition               // a bare expression, true or false
)

// use is one place of a runbook that holds an expression or text with ${{ }}.
type use struct {
	place  string
	source string
	want   wanted
	step   *Step // nil outside steps
	// onlyAreas limits what the place may read, by the first word of the name; empty = everything.
	onlyAreas []string
}

// uses lists every place with an expression, in document order. Parsing, compiling and the search for names all go by
// this list.
func (rb *Runbook) uses() []use {
	var all []use
	if rb.Match != "" {
		all = append(all, use{place: "match", source: rb.Match, want: wantCondition, onlyAreas: []string{"incident"}})
	}
	for _, role := range rb.Roles {
		all = append(all, use{
			place: "roles." + string(role.Name), source: role.Fill, want: wantName,
			onlyAreas: []string{"incident", "inputs", "vars", "severity", "level", "policy"},
		})
	}
	rb.Walk(func(_ Place, s *Step) { all = append(all, s.uses()...) })
	return all
}

// uses lists the places of one step, without the steps below it.
func (s *Step) uses() []use {
	var all []use
	add := func(name, source string, want wanted) {
		if source != "" {
			all = append(all, use{place: s.Path + "." + name, source: source, want: want, step: s})
		}
	}
	add("if", s.If, wantCondition)
	add("timeout", s.Timeout, wantDuration)
	if s.Retry != nil {
		add("retry.every", s.Retry.Every, wantDuration)
		add("retry.cap", s.Retry.Cap, wantDuration)
	}
	kind := kindOf(s.Kind)
	kind.main.uses(s, string(kind.kind), add)
	for i := range kind.fields {
		kind.fields[i].uses(s, kind.fields[i].name, add)
	}
	return all
}

// uses lists the places of one field.
func (f *fieldSpec) uses(s *Step, name string, add func(name, source string, want wanted)) {
	list := func(sources []string, want wanted) {
		for i, source := range sources {
			add(fmt.Sprintf("%s[%d]", name, i), source, want)
		}
	}
	switch target := f.at(s).(type) {
	case *string:
		switch f.shape {
		case shapeText:
			add(name, *target, wantText)
		case shapeName:
			add(name, *target, wantName)
		case shapeDuration:
			add(name, *target, wantDuration)
		default: // taken as it stands
		}
	case *[]string:
		list(*target, map[bool]wanted{true: wantNames, false: wantText}[f.shape == shapeNames])
	case *Page:
		list(target.Targets, wantNames)
	case *[]Choice:
		for _, choice := range *target {
			add("choices."+choice.Key, choice.Label, wantText)
		}
	}
}

// Names lists the names of people, schedules, teams and policies that the runbook spells out, sorted: what a check
// against the people who exist can look up. Roles of the runbook and the contents of ${{ }} are not among them.
func (rb *Runbook) Names() []string {
	var names []string
	role := func(name string) bool {
		return slices.ContainsFunc(rb.Roles, func(r Role) bool { return string(r.Name) == name })
	}
	for _, u := range rb.uses() {
		named := u.want == wantNames || u.want == wantName
		if named && !strings.Contains(u.source, "${{") && !role(u.source) {
			names = append(names, u.source)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// use compiles one place into the plan.
func (c *compiler) use(u use) {
	if u.want == wantCondition {
		program, err := c.env.Compile(u.source, expression.Bool)
		if err != nil {
			c.fault(u.place, err)
			return
		}
		c.plan.programs[u.source] = program
		c.allowed(u, program.References())
		return
	}
	text, err := c.env.CompileText(u.source)
	if err != nil {
		c.fault(u.place, err)
		return
	}
	c.plan.texts[u.source] = text
	if p := u.misfit(text); p != nil {
		c.report(u.place, p)
		return
	}
	c.allowed(u, text.References())
}

// fault reports what the expression compiler found.
func (c *compiler) fault(place string, err error) {
	var ps expression.Problems
	if !errors.As(err, &ps) {
		ps = expression.Problems{{Line: 1, Column: 1, Code: expression.CodeSyntax, Message: err.Error()}}
	}
	for _, p := range ps {
		c.report(place, p)
	}
}

// misfit explains why a text's type does not suit its place; nil when it does.
func (u use) misfit(text *expression.Text) *expression.Problem {
	p := &expression.Problem{Line: 1, Column: 1, Code: expression.CodeWrongResult}
	kind := text.Type()
	constant, isConstant := text.Constant()
	switch u.want {
	case wantDuration:
		if _, err := expression.ParseDuration(constant); isConstant && err != nil {
			p.Message = err.Error()
			return p
		}
		if isConstant || expression.Duration.Accepts(kind) {
			return nil
		}
		p.Message = fmt.Sprintf("a duration is needed here, this is %s", kind)
	case wantNames:
		if expression.String.Accepts(kind) || expression.ListOf(expression.String).Accepts(kind) {
			return nil
		}
		p.Message = fmt.Sprintf("a name or a list of names is needed here, this is %s", kind)
	case wantName:
		if expression.String.Accepts(kind) {
			return nil
		}
		p.Message = fmt.Sprintf("a name is needed here, this is %s", kind)
	default:
		if !kind.IsMap() {
			return nil
		}
		p.Code, p.Message, p.Hint = expression.CodeMismatch, "a map has no place inside text", "name one of its fields"
	}
	return p
}

// allowed reports variables that the place may not read.
func (c *compiler) allowed(u use, references []string) {
	for _, name := range references {
		area, _, _ := strings.Cut(name, ".")
		if len(u.onlyAreas) == 0 || slices.Contains(u.onlyAreas, area) {
			continue
		}
		c.report(u.place, &expression.Problem{
			Line: 1, Column: 1, Code: expression.CodeUndeclared,
			Message: fmt.Sprintf("'%s' cannot be read here", name), Hint: "only " + strings.Join(u.onlyAreas, ", "),
		})
	}
}
