package runbooks

import (
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
)

// checkExpressions compiles every expression and reports its faults at their places in the file. The plan lacks
// what is faulty.
func (r *reader) checkExpressions(rb *Runbook) *Plan {
	c := r.compiler(rb)
	if err := c.compile(); err != nil {
		r.report(r.place("document"), Problem{Code: CodeMismatch, Message: err.Error()})
	}
	return c.plan
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
func (r *reader) lint(rb *Runbook, plan *Plan, known Known) {
	c := &checker{reader: r, rb: rb, plan: plan, layout: newLayout(rb), known: known}
	c.checkIDs(rb)
	c.checkAssess()
	c.checkLiterals()
	c.checkReads()
	c.checkUnreachable()
	c.checkWatches()
	for _, u := range rb.uses() {
		c.checkClock(u)
	}
	for _, s := range c.layout.all {
		c.checkTimeout(s.step)
		c.checkNames(rb, s.step)
		c.checkChoices(s.step)
		c.checkFlow(s)
		c.checkSafety(s)
	}
	if r.problems.Err() == nil { // what is missing may stand in what could not be read
		c.advise()
	}
}

// checker looks at a runbook that was read.
type checker struct {
	*reader
	rb     *Runbook
	plan   *Plan
	layout *layout
	known  Known
}

// warn reports at a named place what does not keep the runbook from running.
func (r *reader) warn(place string, code Code, message, hint string) {
	r.report(r.place(place), Problem{Code: code, Warning: true, Message: message, Hint: hint})
}

// fail reports at a named place what does.
func (r *reader) fail(place string, code Code, message, hint string) {
	r.report(r.place(place), Problem{Code: code, Message: message, Hint: hint})
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
