package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
)

// checkExpressions compiles every expression and reports its faults at their places in the file. The plan lacks
// what is faulty.
func (r *reader) checkExpressions(rb *Runbook) *Plan {
	c := r.compiler(rb)
	if !r.withinBounds(rb) {
		return c.plan
	}
	if err := c.compile(); err != nil {
		r.report(r.place("document"), Problem{Code: CodeMismatch, Message: err.Error()})
	}
	return c.plan
}

// Bounds of what is compiled. A runbook that people can read is far below them; above them reading it would take long.
const (
	maxVars        = 100
	maxExpressions = 3000
	maxSourceBytes = 96 << 10 // of all expressions and texts with expressions
)

// withinBounds reports a runbook whose expressions are too many or too long to be compiled.
func (r *reader) withinBounds(rb *Runbook) bool {
	count, size := 0, 0
	for _, u := range rb.uses() {
		if u.bare() || strings.Contains(u.source, "${{") {
			count, size = count+1, size+len(u.source)
		}
	}
	for _, v := range rb.Vars {
		size += len(v.Value)
	}
	p := Problem{Code: CodeSize, Hint: "split the runbook"}
	switch {
	case len(rb.Vars) > maxVars:
		p.Message = fmt.Sprintf("there are more than %d constants", maxVars)
	case count > maxExpressions:
		p.Message = fmt.Sprintf("there are more than %d expressions", maxExpressions)
	case size > maxSourceBytes:
		p.Message = fmt.Sprintf("the expressions are longer than %d KiB together", maxSourceBytes>>10)
	default:
		return true
	}
	r.report(r.place("document"), p)
	return false
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
