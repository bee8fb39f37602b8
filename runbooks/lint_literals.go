package runbooks

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// quoted is a text within an expression.
var quoted = regexp.MustCompile(`"([^"\\\n]*)"|'([^'\\\n]*)'`)

// compared is a name that an expression compares with text, and listed one that it looks for in a list of texts.
var (
	compared = regexp.MustCompile(`([A-Za-z_][\w.]*)\s*[!=]=\s*("[^"\\\n]*"|'[^'\\\n]*')`)
	listed   = regexp.MustCompile(`([A-Za-z_][\w.]*)\s+in\s*\[([^\]]*)\]`)
)

// checkLiterals warns of comparisons with words that a name never has: a severity, phase, state, answer or alternative that
// does not exist. Such a condition is false for ever, in silence.
func (c *checker) checkLiterals() {
	for _, u := range c.rb.uses() {
		if !u.bare() && !strings.Contains(u.source, "${{") {
			continue
		}
		for _, at := range compared.FindAllStringSubmatchIndex(u.source, -1) {
			c.checkLiteral(u, u.source[at[2]:at[3]], at[4], at[5])
		}
		for _, at := range listed.FindAllStringSubmatchIndex(u.source, -1) {
			for _, word := range quoted.FindAllStringIndex(u.source[at[4]:at[5]], -1) {
				c.checkLiteral(u, u.source[at[2]:at[3]], at[4]+word[0], at[4]+word[1])
			}
		}
	}
}

// checkLiteral checks one word, which stands in quotes from one offset to the other.
func (c *checker) checkLiteral(u use, name string, from, to int) {
	word := u.source[from+1 : to-1]
	code, what, known := c.values(name)
	if word == "" || len(known) == 0 || slices.Contains(known, word) {
		return
	}
	p := Problem{Code: code, Warning: true, Message: fmt.Sprintf("there is no %s %q: this is never so", what, word), Hint: "known: " + strings.Join(known, ", ")}
	if near, ok := expression.Nearest(word, known); ok {
		p.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	before := u.source[:from]
	node := c.place(u.place)
	p.Line, p.Column = c.src.within(node, strings.Count(before, "\n")+1, len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))+1)
	c.report(node, p)
}

// values lists what a name can be equal to; nothing when that is not known.
func (c *checker) values(name string) (code Code, what string, known []string) {
	switch name {
	case "severity":
		return CodeUnknownName, "severity", c.rb.SeverityNames()
	case "phase":
		for _, p := range incident.Phases() {
			known = append(known, string(p))
		}
		return CodeUnknownName, "phase", known
	}
	if id, field, ok := stepOutput(name); ok && c.layout.byID[id] != nil {
		return outputValues(c.layout.byID[id].step, field)
	}
	input, ok := strings.CutPrefix(name, "inputs.")
	if i := slices.IndexFunc(c.rb.Inputs, func(in Input) bool { return in.Name == input }); ok && i >= 0 {
		return CodeInput, "alternative", c.rb.Inputs[i].Enum
	}
	return "", "", nil
}

// outputValues lists what an output of a step can be.
func outputValues(s *Step, field string) (code Code, what string, known []string) {
	switch {
	case field == "state":
		return CodeUnknownName, "state", StepStates()
	case s.Ask != nil && field == "choice":
		for _, choice := range s.Ask.Choices {
			known = append(known, choice.Key)
		}
		return CodeChoice, "choice", known
	}
	return "", "", nil
}

// StepStates lists what expressions may find in steps.<id>.state.
func StepStates() []string {
	return []string{
		"pending", "running", "waiting", "holding", "done", "skipped", "failed", "timed_out", "rejected", "cancelled", "reverted",
		"returned",
	}
}
