package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// checkIDs reports ids that two steps share. Their outputs could not be told apart.
func (r *reader) checkIDs(rb *Runbook) {
	first := map[string]*Step{}
	rb.Walk(func(_ Place, s *Step) {
		known, taken := first[s.ID]
		if s.ID == "" || !taken {
			first[s.ID] = s
			return
		}
		r.report(r.place(s.Path+".id"), Problem{Code: CodeTaken, Message: fmt.Sprintf("id %q is taken", s.ID), Hint: fmt.Sprintf("by the step in line %d", r.place(known.Path).Line)})
	})
}

// checkNames reports roles and severities that the runbook does not have. Other names are the roster's.
func (r *reader) checkNames(rb *Runbook, s *Step) {
	switch {
	case s.Assign != nil:
		r.knownRole(rb, s.Path+".assign", string(s.Assign.Role))
	case s.Approve != nil:
		for i, role := range s.Approve.Not {
			r.knownRole(rb, fmt.Sprintf("%s.not[%d]", s.Path, i), string(role))
		}
	case s.Severity != nil:
		r.knownSeverity(rb, s.Path+".severity", string(s.Severity.Level))
	case s.Assess != nil:
		r.knownRole(rb, s.Path+".assess", s.Assess.Who)
	case s.Update != nil:
		r.knownRole(rb, s.Path+".review", string(s.Update.Review))
	case s.Await != nil && s.OnTimeout != nil && s.OnTimeout.Do == DoChoose:
		r.knownSeverity(rb, s.Path+".on_timeout.choose", s.OnTimeout.Choice)
	}
}

func (r *reader) knownRole(rb *Runbook, place, name string) {
	r.knownName(place, "role", name, rb.RoleNames())
}

func (r *reader) knownSeverity(rb *Runbook, place, name string) {
	r.knownName(place, "severity", name, rb.SeverityNames())
}

func (r *reader) knownName(place, what, name string, known []string) {
	if name == "" || slices.Contains(known, name) {
		return
	}
	p := Problem{Code: CodeUnknownName, Message: fmt.Sprintf("there is no %s %q", what, name), Hint: "known: " + strings.Join(known, ", ")}
	if near, ok := expression.Nearest(name, known); ok {
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	r.report(r.place(place), p)
}

// checkAssess reports rules for severities that the table does not have.
func (c *checker) checkAssess() {
	for _, rule := range c.rb.Assess {
		c.knownSeverity(c.rb, "assess.key."+string(rule.Severity), string(rule.Severity))
	}
}

// checkRevert reports what cannot be taken back: names that do not exist, and steps that have no undo.
func (c *checker) checkRevert(s *Step) {
	for i, what := range s.Revert.What {
		place := s.Path + ".revert"
		if s.Revert.List {
			place = fmt.Sprintf("%s.revert[%d]", s.Path, i)
		}
		if phase := incident.Phase(what); slices.Contains(incident.Phases(), phase) && !s.Revert.List {
			c.checkRevertedPhase(place, phase)
			continue
		}
		target := c.layout.byID[what]
		switch {
		case target != nil && !s.Revert.List:
			c.fail(place, CodeUnknownName, fmt.Sprintf("there is no phase %q", what), fmt.Sprintf("a step stands in a list: revert: [%s]", what))
		case target != nil && !canUndo(target.step):
			c.fail(place, CodeNoUndo, fmt.Sprintf("%s has no undo", target.step.Title()), "give that step an undo")
		case target == nil && s.Revert.List:
			c.knownName(place, "step", what, sortedKeys(c.layout.byID))
		case target == nil:
			c.knownName(place, "phase", what, c.rb.PhaseNames())
		}
	}
}

func (c *checker) checkRevertedPhase(place string, phase incident.Phase) {
	i := slices.IndexFunc(c.rb.Phases, func(p Phase) bool { return p.Name == phase })
	switch {
	case i < 0:
		c.knownName(place, "phase", string(phase), c.rb.PhaseNames())
	case !slices.ContainsFunc(c.rb.Phases[i].Steps, func(s Step) bool { return canUndo(&s) }):
		c.fail(place, CodeNoUndo, fmt.Sprintf("no step of %s has an undo", phase), "give the steps that change something an undo")
	}
}

// canUndo says whether a step, or one below it, records an undo. A runbook that is not at hand may.
func canUndo(s *Step) bool {
	if len(s.Undo) > 0 || s.Runbook != nil && s.Runbook.Body == nil {
		return true
	}
	found := false
	below := func(inner *Step) { found = found || canUndo(inner) }
	if s.Runbook != nil {
		s.Runbook.Body.Walk(func(_ Place, inner *Step) { below(inner) })
	}
	for _, b := range s.Blocks() {
		for i := range b.Steps {
			below(&b.Steps[i])
		}
	}
	return found
}

// checkUnused reports roles, inputs and ids that nothing refers to. An id of a step that people answer, retry or take
// back is how they call it; the id of a plain one is there for expressions only.
func (c *checker) checkUnused() {
	read, words := c.mentioned()
	for _, role := range c.rb.Roles {
		name := string(role.Name)
		if role.Name != incident.Commander && !read["roles."+name] && !words[name] {
			c.report(c.key("roles", name), unused("role %s is never used", name, "use it, or remove it"))
		}
	}
	for _, in := range c.rb.Inputs {
		if in.Name != inputService && !read["inputs."+in.Name] {
			c.report(c.key("inputs", in.Name), unused("input %s is never read", in.Name, "read it, or remove it"))
		}
	}
	plain := []Kind{KindNote, KindSay, KindWait, KindSeverity, KindSet, KindEnd, KindReturn}
	for _, s := range c.layout.all {
		if id := s.step.ID; id != "" && slices.Contains(plain, s.step.Kind) && !read["steps."+id] && !words[id] {
			c.report(c.place(s.step.Path+".id"), unused("id %s is never used", id, "remove it"))
		}
	}
}

func unused(format, name, hint string) Problem {
	return Problem{Code: CodeUnused, Warning: true, Message: fmt.Sprintf(format, name), Hint: hint}
}

// key is the place of a key within a named mapping.
func (r *reader) key(mapping, key string) *yaml.Node {
	n := r.place(mapping)
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i]
		}
	}
	return n
}

// mentioned lists what expressions read (steps by their id alone), and the words that stand where names do: names,
// cells of the severity table, defaults of inputs and text within expressions.
func (c *checker) mentioned() (read, words map[string]bool) {
	read, words = map[string]bool{}, map[string]bool{}
	for _, u := range c.rb.uses() {
		if !u.bare() && !strings.Contains(u.source, "${{") {
			words[u.source] = true
			continue
		}
		for _, name := range c.plan.reads(u) {
			if id, _, ok := stepOutput(name); ok {
				name = "steps." + id
			}
			read[name] = true
		}
		for _, found := range quoted.FindAllStringSubmatch(u.source, -1) {
			words[found[1]+found[2]] = true
		}
	}
	for _, v := range c.rb.Vars {
		for _, name := range c.plan.programs[v.Value].References() {
			read[name] = true
		}
	}
	for _, row := range c.rb.Severities {
		addWords(words, row.Columns)
	}
	for _, in := range c.rb.Inputs {
		addWords(words, in.Default)
	}
	for _, s := range c.layout.all {
		for _, name := range roleFields(s.step) {
			words[name] = true
		}
	}
	return read, words
}

// roleFields are the fields of a step that hold a role or an id as it stands.
func roleFields(s *Step) []string {
	switch {
	case s.Assign != nil:
		return []string{string(s.Assign.Role)}
	case s.Assess != nil:
		return []string{s.Assess.Who}
	case s.Update != nil:
		return []string{string(s.Update.Review)}
	case s.Revert != nil:
		return s.Revert.What
	case s.Approve != nil:
		var names []string
		for _, role := range s.Approve.Not {
			names = append(names, string(role))
		}
		return names
	}
	return nil
}

// addWords collects the texts of a plain value.
func addWords(words map[string]bool, value any) {
	switch v := value.(type) {
	case string:
		words[v] = true
	case []any:
		for _, item := range v {
			addWords(words, item)
		}
	case map[string]any:
		for _, item := range v {
			addWords(words, item)
		}
	}
}
