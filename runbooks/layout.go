package runbooks

import (
	"slices"
	"strings"

	"github.com/musterbook/musterbook/incident"
)

// spot is where a step stands in the tree, seen from inside.
type spot struct {
	step  *Step
	at    Place
	up    *spot  // the step around it; nil in a phase, a watch or finally itself
	block string // the block of up that holds it
	index int    // its position within the block
}

// layout knows the spot of every step of a runbook.
type layout struct {
	all  []*spot // in document order
	byID map[string]*spot
}

func newLayout(rb *Runbook) *layout {
	l := &layout{byID: map[string]*spot{}}
	for n := range rb.Phases {
		l.add(rb.Phases[n].Steps, Place{Phase: &rb.Phases[n]}, nil, "")
	}
	for n := range rb.Watch {
		l.add(rb.Watch[n].Steps, Place{Watch: &rb.Watch[n]}, nil, "")
	}
	l.add(rb.Finally, Place{Finally: true}, nil, "")
	return l
}

func (l *layout) add(steps []Step, at Place, up *spot, block string) {
	for i := range steps {
		here := &spot{step: &steps[i], at: at, up: up, block: block, index: i}
		l.all = append(l.all, here)
		if id := steps[i].ID; id != "" && l.byID[id] == nil {
			l.byID[id] = here
		}
		for _, b := range steps[i].Blocks() {
			l.add(b.Steps, at, here, b.Name)
		}
	}
}

// chain is the way from the outermost step around to the step itself.
func (s *spot) chain() []*spot {
	var way []*spot
	for ; s != nil; s = s.up {
		way = append(way, s)
	}
	slices.Reverse(way)
	return way
}

// under finds the nearest step around that satisfies test, the step itself excluded; nil when there is none.
func (s *spot) under(test func(around *spot, block string) bool) *spot {
	for ; s.up != nil; s = s.up {
		if test(s.up, s.block) {
			return s.up
		}
	}
	return nil
}

// isUndo says whether the step runs only when something is taken back.
func (s *spot) isUndo() bool {
	return s.under(func(_ *spot, block string) bool { return block == BlockUndo }) != nil
}

// rank is the position of a phase in the fixed order.
func rank(phase incident.Phase) int { return slices.Index(incident.Phases(), phase) }

// stepOutput splits the name of a step's output: its id and what is read of it. ok is false for every other name.
func stepOutput(name string) (id, field string, ok bool) {
	rest, ok := strings.CutPrefix(name, "steps.")
	if !ok {
		return "", "", false
	}
	id, field, _ = strings.Cut(rest, ".")
	return id, field, true
}
