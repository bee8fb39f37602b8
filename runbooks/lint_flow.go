package runbooks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// checkFlow reports what is wrong with a step's part in the order of things.
func (c *checker) checkFlow(s *spot) {
	step := s.step
	switch {
	case step.Repeat != nil && !c.written(step, "max"):
		c.fail(step.Path, CodeEndless, "repeat needs max", "say after how many rounds the commander is asked")
	case step.Return != nil:
		c.checkReturn(s)
	case step.Revert != nil:
		c.checkRevert(step)
	case step.Set != nil:
		beside := s.under(func(around *spot, block string) bool {
			return around.step.Parallel != nil && strings.HasPrefix(block, "branch/") || around.step.ForEach != nil && block == "steps"
		})
		if beside != nil {
			c.fail(step.Path, CodeSetBeside, fmt.Sprintf("set inside %s: which value stays would depend on chance", beside.step.Kind), fmt.Sprintf("set it after the %s", beside.step.Kind))
		}
	case step.Switch != nil:
		c.checkSwitch(step)
	case step.End != nil && step.End.Reason == incident.Duplicate && step.End.Of == "":
		c.fail(step.Path, CodeEmpty, "end: duplicate needs of", "name the other incident")
	}
}

// checkReturn reports a return that does not go back.
func (c *checker) checkReturn(s *spot) {
	phase := s.step.Return.Phase
	place := s.step.Path + ".return"
	has := slices.ContainsFunc(c.rb.Phases, func(p Phase) bool { return p.Name == phase })
	switch {
	case phase == "": // reported where it was read
	case s.at.Finally:
		c.fail(place, CodeForward, "return in finally: the incident has ended", "remove it")
	case !has:
		c.knownName(place, "phase", string(phase), c.rb.PhaseNames())
	case s.at.Phase != nil && rank(phase) > rank(s.at.Phase.Name):
		c.fail(place, CodeForward, fmt.Sprintf("return goes back, and %s comes after %s", phase, s.at.Phase.Name), fmt.Sprintf("name %s or an earlier phase; going on needs no step", s.at.Phase.Name))
	}
}

// checkSwitch compares the cases of a switch with what its value can be, where that is known.
func (c *checker) checkSwitch(s *Step) {
	code, what, known := c.values(strings.TrimSpace(s.Switch.Value))
	if len(known) == 0 {
		return
	}
	for _, one := range s.Switch.Cases {
		if slices.Contains(known, one.Choice) {
			continue
		}
		p := Problem{Code: code, Message: fmt.Sprintf("case: there is no %s %q", what, one.Choice), Hint: "known: " + strings.Join(known, ", ")}
		if near, ok := expression.Nearest(one.Choice, known); ok {
			p.Hint = fmt.Sprintf("did you mean %q?", near)
		}
		c.report(c.place(s.Path+".case."+one.Choice), p)
	}
}

// checkClock reports conditions that only the passing of time would make true. The until of a repeat is evaluated after
// each round and may look at the clock.
func (c *checker) checkClock(u use) {
	waits := u.want == wantCondition && u.live && (u.name == "" || u.name == "until")
	if !waits || u.watch != nil && strings.HasSuffix(u.place, ".if") || u.step != nil && u.step.Repeat != nil {
		return
	}
	for _, name := range c.plan.reads(u) {
		if name == "elapsed" || name == "phase_elapsed" {
			c.reportName(u, name, Problem{Code: CodeClock, Message: fmt.Sprintf("nothing wakes this condition when %s grows", name), Hint: "use timebox or timeout, or a watch with every"})
		}
	}
}

// checkChoices compares the cases of a question, and what its timeout chooses, with its choices.
func (r *reader) checkChoices(s *Step) {
	switch {
	case s.Ask == nil:
		return
	case len(s.Ask.Form) > 0 && len(s.Ask.Cases) > 0:
		r.fail(s.Path+".case", CodeChoice, "a form has no choices", "write a switch below it")
		return
	case len(s.Ask.Form) > 0 && s.OnTimeout != nil && s.OnTimeout.Do == DoChoose:
		r.fail(s.Path+".on_timeout.choose", CodeChoice, "a form has no choices", "write escalate, ask or steps")
		return
	case len(s.Ask.Choices) == 0:
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
		p := Problem{Code: CodeChoice, Message: fmt.Sprintf("%s %q is not one of the choices", what, key), Hint: strings.Join(keys, ", ")}
		if near, ok := expression.Nearest(key, keys); ok {
			p.Message, p.Hint = fmt.Sprintf("%s (%s)", p.Message, p.Hint), fmt.Sprintf("did you mean %q?", near)
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
