package runbooks

import (
	"fmt"
	"time"

	"github.com/musterbook/musterbook/expression"
)

// timing of the first page: how long steps last at the worst severity when nobody answers.
type clock struct {
	*checker
	at     grade
	page   *Step         // the first one
	passed time.Duration // before it
	open   *Step         // a step before it that lasts until somebody does something
}

// checkFirstPage reports a runbook in which, at the worst severity, nobody is called for a long time. Only what lasts by
// itself is counted: waits, polls and the timeouts of people's answers.
func (c *checker) checkFirstPage() {
	if len(c.rb.Severities) == 0 {
		return
	}
	k := &clock{checker: c, at: grade{c.rb, 0}}
	for _, w := range c.rb.Watch {
		value, known := c.truth(w.When, k.at)
		inner := &clock{checker: c, at: k.at}
		if known && value && !c.excluded(w.If, k.at) && inner.steps(w.Steps) && inner.inTime() {
			return // it fires at the start
		}
	}
	found := false
	for i := 0; i < len(c.rb.Phases) && !found; i++ {
		p := c.rb.Phases[i]
		if value, known := c.truth(p.Start, k.at); known && value {
			k.passed, k.open = 0, nil
		}
		found = k.steps(p.Steps)
	}
	if !found || k.inTime() {
		return // without any page the severity itself is reported
	}
	worst := c.rb.Severities[0].Severity
	if k.open != nil {
		c.warn(k.page.Path, CodeLatePage, fmt.Sprintf("at %s the first page waits until %s is done", worst, k.open.Title()), "page first")
		return
	}
	c.warn(k.page.Path, CodeLatePage, fmt.Sprintf("at %s the first page may come %s after the declaration", worst, expression.FormatDuration(k.passed)), "page first, or wait in the background")
}

func (k *clock) inTime() bool { return k.open == nil && k.passed <= maxFirstPage }

// steps lets the time of a block pass, up to its first page; it answers whether there is one.
func (k *clock) steps(steps []Step) bool {
	for i := range steps {
		s := &steps[i]
		if k.excluded(s.If, k.at) {
			continue
		}
		if k.placesPage(s, k.at) {
			k.page = s
			return true
		}
		if k.within(s) {
			return true
		}
	}
	return false
}

// within lets the time of one step pass. Of branches the one that pages first counts, or the slowest if none does.
func (k *clock) within(s *Step) bool {
	before := *k
	var best, slowest *clock
	for _, b := range alwaysRun(s) {
		branch := before
		paged := branch.steps(b.Steps)
		switch {
		case paged && (best == nil || branch.passed < best.passed):
			best = &branch
		case !paged && (slowest == nil || branch.passed > slowest.passed):
			slowest = &branch
		}
	}
	switch {
	case best != nil:
		k.page, k.passed, k.open = best.page, best.passed, best.open
		return true
	case s.Background:
		return false
	case slowest != nil:
		k.passed, k.open = slowest.passed, slowest.open
		return false
	}
	lasts, ends := k.lasts(s)
	k.passed += lasts
	if !ends && k.open == nil {
		k.open = s
	}
	return false
}

// alwaysRun are the blocks of a step that run in any case.
func alwaysRun(s *Step) []Block {
	if s.Parallel == nil && s.Group == nil && s.Repeat == nil {
		return nil
	}
	var blocks []Block
	for _, b := range s.Blocks() {
		if b.Name != BlockUndo && b.Name != BlockOnTimeout && b.Name != BlockOnFailure {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// lasts is how long a step lasts when nobody answers; ends is false when it does not end by itself.
func (k *clock) lasts(s *Step) (d time.Duration, ends bool) {
	switch {
	case s.Wait != nil:
		return k.duration(s.Wait.Duration), true
	case s.Await != nil && s.Await.Signal == AwaitSeverity, s.Assign != nil:
		return 0, true // the severity is set; an assignment is offered and answered on the way
	case s.Task != nil && s.Timeout == "":
		return 0, false
	case kindOf(s.Kind).people, polls(s):
		return k.duration(s.Timeout), true
	}
	return 0, true
}

// duration is a duration at the worst severity, and nothing where more than the severity decides it.
func (k *clock) duration(source string) time.Duration {
	if d, err := expression.ParseDuration(source); err == nil {
		return d
	}
	result, err := k.plan.texts[source].Eval(k.at)
	if err != nil || !result.Known() {
		return 0
	}
	d, _ := result.Value.(time.Duration)
	return d
}
