package runbooks

import (
	"cmp"
	"slices"
)

// Change is one difference between two texts of a runbook.
type Change struct {
	Path string `json:"path,omitempty"` // of the step, in the new text where it has it; empty = outside the steps
	// Address is what people call it: the address of a step, or a part of the runbook's head ("severities").
	Address string        `json:"address"`
	What    What          `json:"what"`
	Step    string        `json:"step,omitempty"` // the step in one line
	Fields  []FieldChange `json:"fields,omitempty"`
}

// FieldChange is one field that two texts have differently, by the name that the file gives it where it has one.
type FieldChange struct {
	Name   string `json:"name"`
	Before string `json:"before,omitempty"` // empty = it was not there
	After  string `json:"after,omitempty"`  // empty = it is not there any more
}

// What became of a part of a runbook.
type What string

// The differences between two texts.
const (
	Added   What = "added"
	Removed What = "removed"
	Changed What = "changed"
	Moved   What = "moved" // the same step at another place; it counts only for steps that have begun
)

// Diff lists what is different in a newer text of a runbook, in its order: the head, then step by step. A step is
// recognised by its id, or by what it says; steps that others push aside have not changed. Equal texts give nothing.
func Diff(old, now *Runbook) []Change {
	d := &differ{}
	d.head(old.head(), now.head())
	for _, p := range bothPhases(old, now) {
		d.steps(old.phaseSteps(p), now.phaseSteps(p))
	}
	d.watches(old.Watch, now.Watch)
	d.steps(old.Finally, now.Finally)
	return d.changes
}

// UpgradeBlockers lists the steps that have begun, by their paths, and that a newer text does not have unchanged at the
// same place: the state of an incident is kept by the steps' paths. What stands below a step that has begun may differ
// as long as it has not begun itself.
func UpgradeBlockers(old, now *Runbook, started []string) []Change {
	before, after := old.byPath(), now.byPath()
	var blockers []Change
	for _, path := range slices.Compact(slices.Sorted(slices.Values(started))) {
		was, known := before[path]
		if !known {
			continue
		}
		c := Change{Path: path, Address: was.Address, What: Removed, Step: was.Summary()}
		is, there := after[path]
		switch {
		case there && was.own().equal(is.own()):
			continue
		case now.elsewhere(was) != "":
			c.What, c.Path = Moved, now.elsewhere(was)
		case there && was.Kind == is.Kind:
			c.What, c.Fields = Changed, was.own().changes(is.own())
		}
		blockers = append(blockers, c)
	}
	return blockers
}

// byPath finds the steps of a runbook, and of those that it imports, by their paths.
func (rb *Runbook) byPath() map[string]*Step {
	steps := map[string]*Step{}
	rb.WalkAll(func(_ Place, s *Step) { steps[s.Path] = s })
	return steps
}

// elsewhere is the path at which a step stands now that is the same in everything else; empty = it is nowhere.
func (rb *Runbook) elsewhere(was *Step) string {
	path := ""
	rb.WalkAll(func(_ Place, s *Step) {
		if path == "" && s.Path != was.Path && s.Kind == was.Kind && s.own().equal(was.own()) {
			path = s.Path
		}
	})
	return path
}

// differ collects changes.
type differ struct{ changes []Change }

// head compares what stands outside the steps, key by key.
func (d *differ) head(old, now fields) {
	for _, key := range bothKeys(old, now) {
		was, is := fields{}, fields{}
		if value, ok := old[key]; ok {
			was[key] = value
		}
		if value, ok := now[key]; ok {
			is[key] = value
		}
		if !was.equal(is) {
			d.changes = append(d.changes, Change{Address: key, What: Changed, Fields: was.changes(is)})
		}
	}
}

// steps compares two blocks of steps.
func (d *differ) steps(old, now []Step) {
	alike := func(i, j int) bool { return old[i].Kind == now[j].Kind && (old[i].ID == "" || now[j].ID == "") }
	for _, pair := range aligned(recognised(old), recognised(now), alike) {
		switch {
		case pair.now < 0:
			s := &old[pair.old]
			d.changes = append(d.changes, Change{Path: s.Path, Address: s.Address, What: Removed, Step: s.Summary()})
		case pair.old < 0:
			s := &now[pair.now]
			d.changes = append(d.changes, Change{Path: s.Path, Address: s.Address, What: Added, Step: s.Summary()})
		default:
			d.step(&old[pair.old], &now[pair.now])
		}
	}
}

// step compares a step with what it was, and everything below it.
func (d *differ) step(was, is *Step) {
	if before, after := was.own(), is.own(); !before.equal(after) {
		d.changes = append(d.changes, Change{
			Path: is.Path, Address: is.Address, What: Changed, Step: is.Summary(), Fields: before.changes(after),
		})
	}
	before, after := was.Blocks(), is.Blocks()
	var names []string
	for _, b := range slices.Concat(after, before) {
		if !slices.Contains(names, b.Name) {
			names = append(names, b.Name)
		}
	}
	for _, name := range names {
		d.steps(blockNamed(before, name), blockNamed(after, name))
	}
	if was.Runbook != nil && is.Runbook != nil && was.Runbook.Body != nil && is.Runbook.Body != nil {
		d.imported(is, was.Runbook.Body, is.Runbook.Body)
	}
}

// imported compares a runbook that a step imports with what it was.
func (d *differ) imported(s *Step, old, now *Runbook) {
	for _, c := range Diff(old, now) {
		if c.Path == "" {
			c.Address = s.Address + "/" + c.Address
		}
		d.changes = append(d.changes, c)
	}
}

// watches compares the reactions, and the steps below them.
func (d *differ) watches(old, now []Watch) {
	names := func(all []Watch) []string {
		var out []string
		for i := range all {
			out = append(out, cmp.Or(all[i].Name, all[i].own().text()))
		}
		return out
	}
	alike := func(i, j int) bool { return old[i].Name == "" && now[j].Name == "" }
	for _, pair := range aligned(names(old), names(now), alike) {
		var was, is Watch
		c := Change{What: Changed}
		switch {
		case pair.now < 0:
			was = old[pair.old]
			c.What = Removed
		case pair.old < 0:
			is = now[pair.now]
			c.What = Added
		default:
			was, is = old[pair.old], now[pair.now]
			c.Fields = was.own().changes(is.own())
		}
		if c.What != Changed || !was.own().equal(is.own()) {
			c.Path = cmp.Or(is.Path, was.Path)
			c.Address = cmp.Or(is.Name, was.Name, countFromOne(c.Path))
			c.Step = cmp.Or(is.condition(), was.condition())
			d.changes = append(d.changes, c)
		}
		d.steps(was.Steps, is.Steps)
	}
}

// condition is a watch in one line.
func (w *Watch) condition() string {
	if w.When != "" {
		return "when: " + w.When
	}
	if w.Every != "" {
		return "every: " + w.Every
	}
	return ""
}

// recognised are the marks by which steps of two texts are the same: the id, else all that the step says.
func recognised(steps []Step) []string {
	marks := make([]string, len(steps))
	for i := range steps {
		marks[i] = cmp.Or(steps[i].ID, steps[i].own().text())
	}
	return marks
}

// blockNamed is the steps of a block.
func blockNamed(blocks []Block, name string) []Step {
	for _, b := range blocks {
		if b.Name == name {
			return b.Steps
		}
	}
	return nil
}
