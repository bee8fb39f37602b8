package runbooks

import (
	"fmt"
	"slices"
	"strings"
)

// checkWatches reports watches that change what they watch. A severity under which the condition holds on is no news to
// the watch: it fires when the condition becomes true.
func (c *checker) checkWatches() {
	for _, s := range c.layout.all {
		w := s.at.Watch
		if w == nil || w.When == "" || w.Limit == LimitOnce {
			continue
		}
		reads := c.plan.programs[w.When].References()
		switch {
		case s.step.Severity != nil:
			c.checkSeverityOfWatch(s.step, w, reads)
		case s.step.Set != nil:
			for _, v := range s.step.Set.Values {
				if slices.Contains(reads, "vars."+v.Name) {
					c.selfTrigger(s.step, fmt.Sprintf("sets vars.%s, which its own watch reads", v.Name))
				}
			}
		}
	}
}

func (c *checker) checkSeverityOfWatch(s *Step, w *Watch, reads []string) {
	bySeverity := func(name string) bool {
		return name == "severity" || name == "level" || strings.HasPrefix(name, "policy.")
	}
	i := slices.IndexFunc(c.rb.Severities, func(row SeverityRow) bool { return row.Severity == s.Severity.Level })
	if i < 0 || !slices.ContainsFunc(reads, bySeverity) {
		return
	}
	if value, known := c.truth(w.When, grade{c.rb, i}); known && value {
		return
	}
	c.selfTrigger(s, "sets the severity, which its own watch reads")
}

func (c *checker) selfTrigger(s *Step, why string) {
	c.fail(s.Path, CodeSelfTrigger, fmt.Sprintf("%s %s", s.Kind, why), "write limit: once, or make the change elsewhere")
}
