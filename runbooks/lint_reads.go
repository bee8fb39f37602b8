package runbooks

import (
	"fmt"
	"slices"
	"strings"
)

// verdict is what is wrong with one reading.
type verdict struct {
	why, hint string
	warning   bool
}

func never(why, hint string) *verdict { return &verdict{why: why, hint: hint} }

func perhaps(why, hint string) *verdict { return &verdict{why: why, hint: hint, warning: true} }

// checkReads finds expressions that read the output of a step which cannot have run when they are evaluated (an
// error), or which may not have (a warning). A step's state may be read at any time.
func (c *checker) checkReads() {
	spots := map[*Step]*spot{}
	for _, s := range c.layout.all {
		spots[s.step] = s
	}
	for _, u := range c.rb.uses() {
		references := c.plan.reads(u)
		told := map[string]bool{} // one word about a step is enough for one place
		for _, name := range references {
			id, field, ok := stepOutput(name)
			target := c.layout.byID[id]
			if !ok || target == nil || told[id] {
				continue
			}
			v := c.judge(u, spots[u.step], target, field, references)
			if v == nil {
				continue
			}
			told[id] = true
			p := Problem{Code: CodeTooEarly, Warning: v.warning, Message: fmt.Sprintf("'%s' cannot be known here: %s", name, v.why), Hint: v.hint}
			if v.warning {
				p.Message = fmt.Sprintf("'%s' may have no value here: %s", name, v.why)
			}
			c.reportName(u, name, p)
		}
	}
}

// judge says what is wrong with reading a step's output in one place; nil when nothing is. reader is nil outside steps.
func (c *checker) judge(u use, reader, target *spot, field string, references []string) *verdict {
	if v := c.fromOutsideLoop(reader, target); v != nil {
		return v
	}
	if reader == nil || u.live || field == "state" || slices.Contains(references, "steps."+target.step.ID+".state") {
		return nil
	}
	if reader == target {
		return never("it is this step's own", "read it in a step below")
	}
	way, there := reader.chain(), target.chain()
	shared := 0
	for shared < min(len(way), len(there)) && way[shared] == there[shared] {
		shared++
	}
	var v *verdict
	switch {
	case shared == len(there):
		return insideOwnBlock(target, way[shared].block, field)
	case shared == len(way):
		return never("the step comes later", "read it below that step")
	case reader.at != target.at:
		v = c.acrossSections(reader, target)
	case way[shared].block != there[shared].block:
		v = acrossBlocks(way[shared], there[shared])
	case there[shared].index > way[shared].index:
		return never("the step comes later", "read it below that step")
	}
	if v != nil && !v.warning {
		return v
	}
	known := c.around(u, reader, references)
	if known.ids[target.step.ID] {
		return nil
	}
	if v == nil {
		v = known.mayBeSkipped(there[shared:])
	}
	return v
}

// fromOutsideLoop refuses to read one item's step from outside of its for_each: which item would it be?
func (c *checker) fromOutsideLoop(reader, target *spot) *verdict {
	inside := func(loop *spot) bool {
		return reader != nil && reader.under(func(around *spot, block string) bool { return around == loop && block == "steps" }) != nil
	}
	loop := target.under(func(around *spot, block string) bool {
		return around.step.ForEach != nil && block == "steps" && !inside(around)
	})
	if loop == nil {
		return nil
	}
	id := loop.step.ID
	if id == "" {
		return never("the step runs once for each item", "give the for_each an id and read its list: steps.<id>.results")
	}
	return never("the step runs once for each item", fmt.Sprintf("read the list of the for_each: steps.%s.results", id))
}

// insideOwnBlock judges a block of a step that reads the step itself.
func insideOwnBlock(target *spot, block, field string) *verdict {
	s := target.step
	switch {
	case block == BlockUndo, field == "started":
		return nil
	case block == BlockOnTimeout && kindOf(s.Kind).people && field != "ended":
		return never("these steps run when nobody answered", "")
	case block == BlockOnTimeout, block == BlockOnFailure:
		return nil // a poll or an effect may have come far enough
	case s.Ask != nil, s.Approve != nil:
		return nil // the answer is there before its case runs
	}
	return never(fmt.Sprintf("the %s has not ended", s.Kind), "read it below that step")
}

// acrossSections judges a reading from one phase, watch or finally in another.
func (c *checker) acrossSections(reader, target *spot) *verdict {
	from, to := reader.at, target.at
	title := target.step.Title()
	switch {
	case to.Finally:
		return never("the step runs when the incident closes", "read it in finally")
	case from.Finally:
		return perhaps(fmt.Sprintf("the incident may close before %s", title), c.stateFirst(target, `== "done"`))
	case to.Watch != nil:
		return perhaps(fmt.Sprintf("%s runs only when its watch fires", title), c.stateFirst(target, `== "done"`))
	case from.Watch != nil:
		return perhaps(fmt.Sprintf("the watch may fire before %s", title), "read it in the watch's when, or "+c.stateFirst(target, `== "done"`))
	case rank(to.Phase.Name) > rank(from.Phase.Name):
		return never("the step comes later", "read it below that step")
	case from.Phase.Start != "" && !c.startedBy(from.Phase, target):
		return perhaps(fmt.Sprintf("%s may start before %s", from.Phase.Name, title), "read it in start, or "+c.stateFirst(target, `== "done"`))
	}
	return nil
}

// startedBy says whether a phase's start waits for a step, or for one that comes after it.
func (c *checker) startedBy(p *Phase, target *spot) bool {
	for _, name := range c.plan.programs[p.Start].References() {
		id, _, ok := stepOutput(name)
		waited := c.layout.byID[id]
		if ok && waited != nil && waited.at == target.at && slices.Index(c.layout.all, waited) >= slices.Index(c.layout.all, target) {
			return true
		}
	}
	return false
}

// acrossBlocks judges a reading from one block of a step in another block of the same step.
func acrossBlocks(reader, target *spot) *verdict {
	around := reader.up
	repeats := around.under(func(up *spot, _ string) bool { return up.step.Repeat != nil }) != nil
	switch {
	case around.step.Parallel != nil && strings.HasPrefix(reader.block, "branch/") && strings.HasPrefix(target.block, "branch/"):
		return perhaps("the step stands in a branch beside this one", "read it below the parallel")
	case reader.block == BlockUndo, target.block == BlockUndo:
		return perhaps("not everything of a step has run when it is taken back", "")
	case reader.block == BlockOnFailure:
		return perhaps(fmt.Sprintf("the %s failed, perhaps before it", around.step.Kind), "test its state first")
	case target.block == BlockOnFailure, repeats:
		return perhaps("the step runs in another case", "read it below that step")
	}
	return never("the step runs in another case than this one", "move one of the two")
}

// stateFirst is the advice to look whether a step has run.
func (c *checker) stateFirst(target *spot, want string) string {
	return fmt.Sprintf("test it first: if: steps.%s.state %s", target.step.ID, want)
}

// reportName reports a problem at the place of a name within the expression of a use.
func (r *reader) reportName(u use, name string, p Problem) {
	node := r.place(u.place)
	line, column := placeOfName(u.source, name)
	p.Line, p.Column = r.src.within(node, line, column)
	r.report(node, p)
}

// placeOfName finds a whole dotted name in an expression or a text; the beginning where it is spelt otherwise.
func placeOfName(source, name string) (line, column int) {
	part := func(c byte) bool {
		return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
	}
	for from := 0; ; {
		at := strings.Index(source[from:], name)
		if at < 0 {
			return 1, 1
		}
		at += from
		end := at + len(name)
		alone := (at == 0 || !part(source[at-1])) && (end == len(source) || source[end] == '.' || !part(source[end]))
		if alone {
			before := source[:at]
			start := strings.LastIndexByte(before, '\n') + 1
			return strings.Count(before, "\n") + 1, len([]rune(before[start:])) + 1
		}
		from = end
	}
}
