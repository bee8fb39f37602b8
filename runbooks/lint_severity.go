package runbooks

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// maxFirstPage is how long nobody at all may be called at the worst severity.
const maxFirstPage = 10 * time.Minute

// grade is what is known of an incident when nothing but its severity is: a row of the table, counted from 0.
type grade struct {
	rb  *Runbook
	row int
}

// Lookup implements expression.Values.
func (g grade) Lookup(name string) (any, bool) {
	row := g.rb.Severities[g.row]
	switch name {
	case "severity":
		return string(row.Severity), true
	case "level":
		return g.row + 1, true
	}
	column, ok := strings.CutPrefix(name, "policy.")
	value, has := row.Columns[column]
	return value, ok && has
}

// truth is what a condition is at a severity, where that alone decides it.
func (c *checker) truth(source string, at expression.Values) (value, known bool) {
	program := c.plan.programs[source]
	if program == nil {
		return false, false
	}
	result, err := program.Eval(at)
	if err != nil || !result.Known() {
		return false, false
	}
	value, known = result.Value.(bool)
	return value, known
}

// excluded says whether a condition is false at a severity. No condition excludes nothing.
func (c *checker) excluded(source string, at expression.Values) bool {
	value, known := c.truth(source, at)
	return known && !value
}

// advise reports what is missing from a runbook for whole incidents. One that others import has none of it.
func (c *checker) advise() {
	c.checkUnused()
	if c.rb.IsPart() {
		return
	}
	c.checkReview()
	c.checkPaged()
	c.checkFirstPage()
}

// checkReview reports a runbook none of whose paths ends in lessons_learned.
func (c *checker) checkReview() {
	for _, p := range c.rb.Phases {
		if p.Name == incident.LessonsLearned {
			return
		}
		last := endOf(p.Steps)
		if last == nil || isResolved(last) {
			continue
		}
		c.warn(last.Path, CodeNoReview, fmt.Sprintf("every path ends here, and none reaches %s", incident.LessonsLearned), "give it an if")
		return
	}
	c.warn("phases", CodeNoReview, fmt.Sprintf("no path reaches %s", incident.LessonsLearned), fmt.Sprintf("write the phase %s", incident.LessonsLearned))
}

// checkPaged reports severities at which no page is placed.
func (c *checker) checkPaged() {
	var silent []incident.Severity
	for i, row := range c.rb.Severities {
		at := grade{c.rb, i}
		if !slices.ContainsFunc(c.layout.all, func(s *spot) bool { return c.pages(s, at) }) {
			silent = append(silent, row.Severity)
		}
	}
	if len(silent) == len(c.rb.Severities) {
		c.warn("phases", CodeNobody, "nobody is paged at any severity", "page somebody")
		return
	}
	for _, severity := range silent {
		c.warn("severities."+string(severity), CodeNobody, fmt.Sprintf("nobody is paged at %s", severity), "page somebody, or remove the severity")
	}
}

// pages says whether a step may call somebody at a severity. An imported runbook may.
func (c *checker) pages(s *spot, at grade) bool {
	if s.step.Runbook != nil && s.step.Runbook.Body == nil {
		return true
	}
	if !c.placesPage(s.step, at) || s.isUndo() {
		return false
	}
	for _, around := range s.chain() {
		if c.excluded(around.step.If, at) {
			return false
		}
	}
	w := s.at.Watch
	return w == nil || !c.excluded(w.When, at) && !c.excluded(w.If, at)
}

// placesPage says whether a step is a page with somebody to call, or imports one.
func (c *checker) placesPage(s *Step, at grade) bool {
	if s.Runbook != nil && s.Runbook.Body != nil {
		found := false
		s.Runbook.Body.WalkAll(func(_ Place, below *Step) { found = found || below.Page != nil })
		return found
	}
	if s.Page == nil {
		return false
	}
	for _, target := range s.Page.Targets {
		result, err := c.plan.texts[target].Eval(at)
		list, isList := result.Value.([]any)
		if err != nil || !result.Known() || !isList || len(list) > 0 {
			return true
		}
	}
	return false
}
