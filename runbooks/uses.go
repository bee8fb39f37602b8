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
	wantText       wanted = iota // anything that can be read aloud
	wantDuration                 // how long
	wantNames                    // a name or a list of names
	wantName                     // one name
	wantCondition                // a bare expression, true or false
	wantExpression               // a bare expression
	wantList                     // a bare expression that gives a list
	wantValue                    // anything at all
)

// use is one place of a runbook that holds an expression or text with ${{ }}.
type use struct {
	place  string
	name   string // within the step: "message", "with.service"
	source string
	want   wanted
	step   *Step  // nil outside steps
	watch  *Watch // of a watch's own expressions
	// onlyAreas limits what the place may read, by the first word of the name; empty = everything.
	onlyAreas []string
	secrets   bool // it may read secrets
	live      bool // it is evaluated again and again, so that what it reads may come later
}

// bare says whether the place holds an expression without ${{ }}.
func (u *use) bare() bool {
	return u.want == wantCondition || u.want == wantExpression || u.want == wantList
}

// uses lists every place with an expression, in document order. Parsing, compiling and the search for names all go by
// this list.
func (rb *Runbook) uses() []use {
	var all []use
	add := func(u use) {
		if u.source != "" {
			all = append(all, u)
		}
	}
	add(use{place: "match", source: rb.Match, want: wantCondition, onlyAreas: []string{"incident"}})
	for _, role := range rb.Roles {
		add(use{
			place: "roles." + string(role.Name), source: role.Fill, want: wantName,
			onlyAreas: []string{"incident", "inputs", "vars", "severity", "level", "policy"},
		})
	}
	for _, rule := range rb.Assess {
		add(use{
			place: "assess." + string(rule.Severity), source: rule.When, want: wantCondition,
			onlyAreas: []string{"answers", "incident", "inputs", "vars"},
		})
	}
	for _, p := range rb.Phases {
		at := "phases." + string(p.Name) + "."
		add(use{place: at + "start", source: p.Start, want: wantCondition, live: true})
		add(use{place: at + "exit", source: p.Exit, want: wantCondition, live: true})
		add(use{place: at + "timebox", source: p.Timebox, want: wantDuration, live: true})
	}
	for n := range rb.Watch {
		w := &rb.Watch[n]
		add(use{place: w.Path + ".when", source: w.When, want: wantCondition, live: true, watch: w})
		add(use{place: w.Path + ".every", source: w.Every, want: wantDuration, live: true, watch: w})
		add(use{place: w.Path + ".if", source: w.If, want: wantCondition, live: true, watch: w})
	}
	for _, out := range rb.Outputs {
		add(use{place: "outputs." + out.Name, source: out.Value, want: wantExpression, live: true})
	}
	rb.Walk(func(_ Place, s *Step) { all = append(all, s.uses()...) })
	return all
}

// Use is one parameter of a step that holds an expression or a text with ${{ }}, by the name that the file gives it.
type Use struct {
	Name      string // "message", "with.service", "env.TOKEN", "choices.rollback"
	Source    string
	Condition bool // a bare expression
}

// Uses lists the parameters of one step, without the steps below it.
func (s *Step) Uses() []Use {
	var out []Use
	for _, u := range s.uses() {
		out = append(out, Use{Name: u.name, Source: u.source, Condition: u.bare()})
	}
	return out
}

// uses lists the places of one step, without the steps below it.
func (s *Step) uses() []use {
	var all []use
	add := func(u use) {
		if u.source != "" {
			u.place, u.step = s.Path+"."+u.name, s
			all = append(all, u)
		}
	}
	add(use{name: "if", source: s.If, want: wantCondition})
	add(use{name: "timeout", source: s.Timeout, want: wantDuration})
	if s.Retry != nil {
		add(use{name: "retry.every", source: s.Retry.Every, want: wantDuration})
		add(use{name: "retry.cap", source: s.Retry.Cap, want: wantDuration})
	}
	kind := kindOf(s.Kind)
	kind.main.uses(s, string(kind.kind), add)
	for i := range kind.fields {
		kind.fields[i].uses(s, kind.fields[i].name, add)
	}
	return all
}

// wants is what the shapes do with one text.
var wants = map[shape]wanted{
	shapeText: wantText, shapeName: wantName, shapeDuration: wantDuration, shapeCondition: wantCondition,
	shapeExpression: wantExpression, shapeList: wantList,
}

// uses lists the places of one field.
func (f *fieldSpec) uses(s *Step, name string, add func(use)) {
	list := func(sources []string, want wanted) {
		for i, source := range sources {
			add(use{name: fmt.Sprintf("%s[%d]", name, i), source: source, want: want})
		}
	}
	switch target := f.at(s).(type) {
	case *string:
		if want, ok := wants[f.shape]; ok {
			add(use{name: name, source: *target, want: want, live: f.own})
		}
	case *[]string:
		if f.shape == shapeTexts {
			list(*target, wantText)
		}
		if f.shape == shapeNames {
			list(*target, wantNames)
		}
	case *Page:
		list(target.Targets, wantNames)
	case *[]Choice:
		for _, choice := range *target {
			add(use{name: "choices." + choice.Key, source: choice.Label, want: wantText})
		}
	case *[]Field:
		for _, field := range *target {
			f.treeUses(name+"."+field.Name, field.Value, add)
		}
	case *any:
		f.treeUses(name, *target, add)
	case *[]Var:
		for _, v := range *target {
			add(use{name: name + "." + v.Name, source: v.Value, want: wantExpression})
		}
	}
}

// treeUses lists the texts in a value of any build.
func (f *fieldSpec) treeUses(name string, value any, add func(use)) {
	switch v := value.(type) {
	case string:
		add(use{name: name, source: v, want: wantValue, secrets: f.secrets})
	case []any:
		for i, item := range v {
			f.treeUses(fmt.Sprintf("%s[%d]", name, i), item, add)
		}
	case map[string]any:
		for _, key := range sortedKeys(v) {
			f.treeUses(name+"."+key, v[key], add)
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
	if u.bare() {
		c.bare(u)
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

// bare compiles an expression without ${{ }}. A program that insists on true or false is never replaced by one that
// does not.
func (c *compiler) bare(u use) {
	want := expression.Dyn
	switch u.want {
	case wantCondition:
		want = expression.Bool
	case wantList:
		want = expression.ListOf(expression.Dyn)
	default: // anything
	}
	program, err := c.env.Compile(u.source, want)
	if err != nil {
		c.fault(u.place, err)
		return
	}
	if known, ok := c.plan.programs[u.source]; !ok || known.Type() != expression.Bool {
		c.plan.programs[u.source] = program
	}
	c.allowed(u, program.References())
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
	case wantValue:
		return nil
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
		p := &expression.Problem{Line: 1, Column: 1, Code: expression.CodeUndeclared}
		switch {
		case len(u.onlyAreas) > 0 && !slices.Contains(u.onlyAreas, area):
			p.Message, p.Hint = fmt.Sprintf("'%s' cannot be read here", name), "only "+strings.Join(u.onlyAreas, ", ")
		case area == "secrets" && !u.secrets:
			p.Code = expression.Code(CodeSecret)
			p.Message, p.Hint = fmt.Sprintf("'%s' may not stand here: everybody would read it", name), "secrets are for headers, body and auth of http, env of run, with of action"
		case area == "answers" && len(u.onlyAreas) == 0:
			p.Message, p.Hint = fmt.Sprintf("'%s' is known only in the rules of assess", name), "read the outputs of the assess step"
		case c.loopNames[name] != "" && !slices.Contains(c.bound(u), name):
			p.Message, p.Hint = fmt.Sprintf("'%s' is known only inside its %s", name, c.loopNames[name]), ""
		default:
			continue
		}
		c.report(u.place, p)
	}
}

// bound lists the names that the loops around a place bind.
func (c *compiler) bound(u use) []string {
	if u.watch != nil {
		return []string{"event.at", "event.count"}
	}
	if u.step == nil {
		return nil
	}
	names := slices.Clone(c.names[u.step.Path])
	if u.step.Repeat != nil && u.live {
		names = append(names, "round")
	}
	return names
}
