package runbooks

import (
	"fmt"
	"strings"

	"github.com/musterbook/musterbook/incident"
)

// checkUnreachable reports steps behind an unconditional end or return, phases behind one, and steps whose condition is
// never true.
func (c *checker) checkUnreachable() {
	var last *Step
	for i := range c.rb.Phases {
		p := &c.rb.Phases[i]
		reached := last == nil || p.Start != "" || p.Name == incident.LessonsLearned && isResolved(last)
		if !reached && len(p.Steps) > 0 {
			c.fail(string(p.Name), CodeUnreachable, fmt.Sprintf("%s is never reached: %s", p.Name, overAbove(last)), fmt.Sprintf("give the %s an if, or remove the phase", last.Kind))
		}
		if ended := c.checkBlock(p.Steps); last == nil {
			last = ended
		}
	}
	for i := range c.rb.Watch {
		w := &c.rb.Watch[i]
		for field, source := range map[string]string{"when": w.When, "if": w.If} {
			if c.isNever(source) {
				c.fail(w.Path+"."+field, CodeUnreachable, "the watch never runs: its condition is false", "remove the watch")
			}
		}
		c.checkBlock(w.Steps)
	}
	c.checkBlock(c.rb.Finally)
	for _, s := range c.layout.all {
		for _, block := range s.step.Blocks() {
			c.checkBlock(block.Steps)
		}
	}
}

// checkBlock reports the steps of one block, and answers with the step that certainly ends it.
func (c *checker) checkBlock(steps []Step) *Step {
	var last *Step
	for i := range steps {
		s := &steps[i]
		if last != nil {
			c.fail(s.Path, CodeUnreachable, fmt.Sprintf("%s is never reached: %s", s.Kind, overAbove(last)), fmt.Sprintf("give the %s an if, or remove the step", last.Kind))
		}
		if c.isNever(s.If) {
			c.fail(s.Path+".if", CodeUnreachable, fmt.Sprintf("%s never runs: its condition is false", s.Kind), "remove the step")
		}
		if last == nil {
			last = ends(s)
		}
	}
	return last
}

// overAbove says what has happened above a step that is never reached.
func overAbove(last *Step) string {
	if last.Kind == KindReturn {
		return "the incident has gone back above"
	}
	return "the incident has ended above"
}

func isResolved(s *Step) bool { return s.End != nil && s.End.Reason == incident.Resolved }

// isNever says whether a condition is false whatever happens.
func (c *checker) isNever(source string) bool {
	if strings.TrimSpace(source) == "false" {
		return true
	}
	program := c.plan.programs[source]
	if program == nil || len(program.References()) > 0 {
		return false
	}
	result, err := program.Eval(nothing{})
	return err == nil && result.Known() && result.Value == false
}

// nothing knows no values.
type nothing struct{}

// Lookup implements expression.Values.
func (nothing) Lookup(string) (any, bool) { return nil, false }

// ends finds the step by which a step certainly ends the incident or goes back: an unconditional end or return, or one
// on every way through it; nil when there is a way on.
func ends(s *Step) *Step {
	switch {
	case s.If != "" || s.Background || mayPassBy(s):
		return nil
	case s.End != nil, s.Return != nil:
		return s
	case s.Group != nil:
		return endOf(s.Group.Steps)
	case s.Approve != nil && s.Approve.HasElse:
		return onEveryWay(s.Approve.Then, s.Approve.Else)
	case s.Switch != nil && s.Switch.HasElse:
		return onEveryWay(append(blocksOf(s.Switch.Cases), s.Switch.Else)...)
	case s.Ask != nil && len(s.Ask.Cases) == len(s.Ask.Choices):
		return onEveryWay(blocksOf(s.Ask.Cases)...)
	}
	return nil
}

// mayPassBy says whether a timeout or a failure leads past what the step would end with.
func mayPassBy(s *Step) bool {
	passes := func(r *Reaction) bool { return r != nil && (r.Do == DoContinue || r.Do == DoSteps) }
	return passes(s.OnTimeout) || passes(s.OnFailure)
}

func blocksOf(cases []Case) [][]Step {
	blocks := make([][]Step, 0, len(cases))
	for _, c := range cases {
		blocks = append(blocks, c.Steps)
	}
	return blocks
}

// endOf finds the step by which a block certainly ends.
func endOf(steps []Step) *Step {
	for i := range steps {
		if last := ends(&steps[i]); last != nil {
			return last
		}
	}
	return nil
}

// onEveryWay finds an ending if all blocks have one. Of several it is one that leads to the review, if any does.
func onEveryWay(blocks ...[]Step) *Step {
	var found *Step
	for _, steps := range blocks {
		last := endOf(steps)
		if last == nil {
			return nil
		}
		if found == nil || isResolved(last) {
			found = last
		}
	}
	return found
}
