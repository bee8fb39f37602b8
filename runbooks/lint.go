package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// checkExpressions compiles every expression and reports its faults at their places in the file.
func (r *reader) checkExpressions(rb *Runbook) {
	c := r.compiler(rb)
	if err := c.compile(); err != nil {
		r.report(r.place("document"), Problem{Code: CodeMismatch, Message: err.Error()})
		return
	}
	r.checkOrder(rb, c.plan)
}

// compiler compiles the runbook's expressions; faults are reported at their places in the file.
func (r *reader) compiler(rb *Runbook) *compiler {
	return &compiler{rb: rb, plan: newPlan(), report: func(place string, p *expression.Problem) {
		if p.Code == expression.CodeUndeclared && slices.ContainsFunc(r.lost, func(lost string) bool { return strings.Contains(p.Message, lost) }) {
			return
		}
		node := r.place(place)
		found := Problem{Code: Code(p.Code), Message: p.Message, Hint: p.Hint}
		found.Line, found.Column = r.src.within(node, p.Line, p.Column)
		r.report(node, found)
	}}
}

// lint reports what is wrong with the runbook as a whole: names, flow and safety.
func (r *reader) lint(rb *Runbook) {
	r.checkIDs(rb)
	blocks := make([][]Step, 0, len(rb.Phases)+1)
	for _, p := range rb.Phases {
		blocks = append(blocks, p.Steps)
	}
	for _, block := range append(blocks, rb.Finally) {
		r.checkUnreachable(block)
	}
	rb.Walk(func(at Place, s *Step) {
		for _, block := range s.Blocks() {
			r.checkUnreachable(block.Steps)
		}
		r.checkTimeout(s)
		r.checkNames(rb, s)
		r.checkChoices(s)
		if at.Finally && kindOf(s.Kind).people {
			r.report(r.place(s.Path), Problem{Code: CodeFinallyWaits, Message: fmt.Sprintf("%s waits for people, and finally may not", s.Kind), Hint: "put it into lessons_learned"})
		}
		if s.Kind == KindEnd && s.End.Reason == incident.Duplicate && s.End.Of == "" {
			r.report(r.place(s.Path), Problem{Code: CodeEmpty, Message: "end: duplicate needs of", Hint: "name the other incident"})
		}
	})
}

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

// checkOrder reports expressions that read steps which cannot have run when the expression is computed: the step
// itself, and later ones. A step's state is known at any time.
func (r *reader) checkOrder(rb *Runbook, plan *Plan) {
	order := map[string]int{}
	count := 0
	rb.Walk(func(_ Place, s *Step) {
		count++
		if _, known := order[s.ID]; !known && s.ID != "" {
			order[s.ID] = count
		}
	})
	position := 0
	rb.Walk(func(_ Place, s *Step) {
		position++
		for _, u := range s.uses() {
			for _, name := range plan.reads(u) {
				parts := strings.Split(name, ".")
				if parts[0] != "steps" || u.live || (len(parts) > 2 && parts[2] == "state") || order[parts[1]] < position {
					continue
				}
				node := r.place(u.place)
				p := Problem{Code: CodeTooEarly, Message: fmt.Sprintf("'%s' cannot be known here: the step comes later", name), Hint: "read it below that step"}
				if order[parts[1]] == position {
					p.Message, p.Hint = fmt.Sprintf("'%s' cannot be known here: it is this step's own", name), ""
				}
				p.Line, p.Column = r.src.within(node, 1, 1)
				r.report(node, p)
			}
		}
	})
}

// reads lists what the compiled form of a place mentions.
func (p *Plan) reads(u use) []string {
	if u.bare() {
		if program := p.programs[u.source]; program != nil {
			return program.References()
		}
		return nil
	}
	if text := p.texts[u.source]; text != nil {
		return text.References()
	}
	return nil
}

// checkUnreachable reports steps behind an unconditional end, and steps whose condition is never true.
func (r *reader) checkUnreachable(steps []Step) {
	ended := false
	for i := range steps {
		s := &steps[i]
		if ended {
			r.report(r.place(s.Path), Problem{Code: CodeUnreachable, Message: fmt.Sprintf("%s is never reached: the incident has ended above", s.Kind), Hint: "give the end an if, or remove the step"})
		}
		if strings.TrimSpace(s.If) == "false" {
			r.report(r.place(s.Path+".if"), Problem{Code: CodeUnreachable, Message: fmt.Sprintf("%s never runs: its condition is false", s.Kind), Hint: "remove the step"})
		}
		ended = ended || (s.Kind == KindEnd && s.If == "")
	}
}

// checkTimeout reports waits for people that do not say how long they last and what silence means.
func (r *reader) checkTimeout(s *Step) {
	kind := kindOf(s.Kind)
	var missing []string
	if kind.timeout == timeoutRequired && !r.written(s, "timeout") {
		missing = append(missing, "timeout")
	}
	if kind.timeout == timeoutRequired && s.Kind != KindApprove && !r.written(s, "on_timeout") {
		missing = append(missing, "on_timeout")
	}
	if len(missing) > 0 {
		r.report(r.place(s.Path), Problem{Code: CodeNoTimeout, Message: fmt.Sprintf("%s needs %s", s.Kind, strings.Join(missing, " and ")), Hint: "say how long to wait, and what silence leads to"})
	}
	if kind.timeout == timeoutOptional && s.OnTimeout != nil && s.Timeout == "" && kind.defTimeout == "" && !r.written(s, "timeout") {
		r.report(r.place(s.Path+".on_timeout"), Problem{Code: CodeNoTimeout, Message: fmt.Sprintf("on_timeout of %s without timeout", s.Kind), Hint: "add timeout"})
	}
}

// written tells whether the file has a field at all; a faulty one is reported elsewhere.
func (r *reader) written(s *Step, field string) bool {
	_, ok := r.places[s.Path+"."+field]
	return ok
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
	var known []string
	for _, role := range rb.Roles {
		known = append(known, string(role.Name))
	}
	r.knownName(place, "role", name, known)
}

func (r *reader) knownSeverity(rb *Runbook, place, name string) {
	var known []string
	for _, row := range rb.Severities {
		known = append(known, string(row.Severity))
	}
	r.knownName(place, "severity", name, known)
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

// checkChoices compares the cases of a question, and what its timeout chooses, with its choices.
func (r *reader) checkChoices(s *Step) {
	if s.Ask == nil || len(s.Ask.Choices) == 0 {
		return
	}
	var keys []string
	for _, c := range s.Ask.Choices {
		keys = append(keys, c.Key)
	}
	unknown := func(place, what, key string) {
		if slices.Contains(keys, key) {
			return
		}
		p := Problem{Code: CodeChoice, Message: fmt.Sprintf("%s %q is not one of the choices (%s)", what, key, strings.Join(keys, ", "))}
		if near, ok := expression.Nearest(key, keys); ok {
			p.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		r.report(r.place(place), p)
	}
	for _, c := range s.Ask.Cases {
		unknown(s.Path+".case."+c.Choice, "case", c.Choice)
	}
	if s.OnTimeout != nil && s.OnTimeout.Do == DoChoose {
		unknown(s.Path+".on_timeout.choose", "choose", s.OnTimeout.Choice)
	}
	for _, key := range keys {
		has := slices.ContainsFunc(s.Ask.Cases, func(c Case) bool { return c.Choice == key })
		if len(s.Ask.Cases) > 0 && !has {
			r.report(r.place(s.Path+".case"), Problem{Code: CodeChoice, Warning: true, Message: fmt.Sprintf("choice %q has no case", key), Hint: fmt.Sprintf("write %s: [] if nothing follows", key)})
		}
	}
}
