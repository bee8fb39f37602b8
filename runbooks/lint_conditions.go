package runbooks

import (
	"fmt"
	"strings"
)

// conditions is what holds where an expression is evaluated: the parts of the conditions around it, and the steps that
// they, or the expression itself, have looked at.
type conditions struct {
	parts map[string]bool
	ids   map[string]bool
}

// around collects the conditions around a use. A step's own `if` does not vouch for itself.
func (c *checker) around(u use, reader *spot, references []string) conditions {
	known := conditions{parts: map[string]bool{}, ids: map[string]bool{}}
	for s := reader; s != nil; s = s.up {
		if s != reader || u.name != "if" {
			known.add(s.step.If, c.plan)
		}
		if s.step.Switch != nil && s != reader {
			known.add(s.step.Switch.Value, c.plan)
		}
	}
	if w := reader.at.Watch; w != nil {
		known.add(w.When, c.plan)
		known.add(w.If, c.plan)
	}
	if u.want == wantCondition {
		for _, part := range conjuncts(u.source) {
			known.parts[part] = true
		}
	}
	for _, name := range references {
		if id, field, ok := stepOutput(name); ok && field == "state" {
			known.ids[id] = true
		}
	}
	return known
}

func (k conditions) add(source string, plan *Plan) {
	if source == "" {
		return
	}
	for _, part := range conjuncts(source) {
		k.parts[part] = true
	}
	for _, name := range plan.programs[source].References() {
		if id, _, ok := stepOutput(name); ok {
			k.ids[id] = true
		}
	}
}

// conjuncts splits a condition at its && and squeezes the white space; what stands in brackets is left whole by luck
// only, which at worst costs a warning.
func conjuncts(source string) []string {
	var parts []string
	for part := range strings.SplitSeq(source, "&&") {
		parts = append(parts, strings.Join(strings.Fields(part), " "))
	}
	return parts
}

// holds says whether a condition is among those around.
func (k conditions) holds(source string) bool {
	for _, part := range conjuncts(source) {
		if !k.parts[part] && part != "true" {
			return false
		}
	}
	return true
}

// mayBeSkipped explains why the last of a way's steps may not have run; nil when it has in any case. The way begins
// below what reader and step have in common.
func (k conditions) mayBeSkipped(way []*spot) *verdict {
	for i, s := range way {
		id := way[len(way)-1].step.ID
		first := fmt.Sprintf("read it under the same condition, or test it first: if: steps.%s.state == \"done\"", id)
		if i > 0 && !k.ids[s.up.step.ID] {
			if why := blockMayNotRun(s.up.step, s.block); why != "" {
				return perhaps(why, first)
			}
		}
		if s.step.If != "" && !k.holds(s.step.If) {
			return perhaps(fmt.Sprintf("%s is skipped unless %s", s.step.Title(), strings.Join(strings.Fields(s.step.If), " ")), first)
		}
	}
	last := way[len(way)-1].step
	if last.OnTimeout != nil && last.OnTimeout.Do == DoContinue && (last.Ask != nil || last.Assess != nil || last.Await != nil) {
		return perhaps(fmt.Sprintf("%s goes on without an answer", last.Title()), fmt.Sprintf("test it first: if: steps.%s.state == \"done\"", last.ID))
	}
	return nil
}

// blockMayNotRun says when a block of a step runs; "" when it always does.
func blockMayNotRun(s *Step, block string) string {
	title := s.Title()
	choice, isCase := strings.CutPrefix(block, "case/")
	switch {
	case block == BlockUndo:
		return fmt.Sprintf("it runs only when %s is taken back", title)
	case block == BlockOnTimeout:
		return fmt.Sprintf("it runs only when %s times out", title)
	case block == BlockOnFailure:
		return fmt.Sprintf("it runs only when %s fails", title)
	case isCase:
		return fmt.Sprintf("it runs only in the case %s of %s", choice, title)
	case block == "then":
		return fmt.Sprintf("it runs only when %s is approved", title)
	case block == "else" && s.Approve != nil:
		return fmt.Sprintf("it runs only when %s is rejected", title)
	case block == "else":
		return fmt.Sprintf("it runs only in the other cases of %s", title)
	case s.Parallel != nil && s.Parallel.Join == JoinAny:
		return fmt.Sprintf("%s withdraws every branch but the first", title)
	}
	return ""
}
