package workflows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// scope is one runbook's names: the incident's own runbook, or one that a step has imported.
type scope struct {
	rb   *runbooks.Runbook
	plan *runbooks.Plan
	step *node // the importing step; nil = the incident's own runbook
}

// lane is what the steps of a phase, a watch or a branch share: how they are withdrawn.
type lane struct {
	how            contract.StepState // what becomes of steps that are withdrawn; "" = cancelled
	task           *task
	background     workflow.Context // where background steps run
	stopBackground workflow.CancelFunc
}

// withdraw ends what runs in the lane, in the foreground or, if asked, in the background too.
func (l *lane) withdraw(how contract.StepState, background bool) {
	l.how = how
	if l.task != nil {
		l.task.stop()
	}
	if background && l.stopBackground != nil {
		l.stopBackground()
	}
}

// frame is where in the execution a block of steps stands: the pass of its phase, the turns of the loops around it, and
// what these bind. It is not part of the state; a new run makes the same frames again.
type frame struct {
	scope    *scope
	lane     *lane
	phase    incident.Phase // "" = a watch, finally, or a step by hand
	pass     int
	items    []contract.Item // outermost first
	names    map[string]any  // what the loops bind
	fixed    map[string]any  // of an undo: the values as they were when the step was done
	catching bool            // a branch that catches up passes the gate that holds the others
	ofItem   bool            // directly or not within a for_each item: a failure ends the item
}

// in is the frame of a turn of a loop.
func (f *frame) in(loop string, index int, names map[string]any) *frame {
	next := *f
	next.items = append(slices.Clip(f.items), contract.Item{Loop: loop, Index: index})
	next.names = map[string]any{}
	for _, name := range sortedKeys(f.names) {
		next.names[name] = f.names[name]
	}
	for _, name := range sortedKeys(names) {
		next.names[name] = names[name]
	}
	return &next
}

// key is the identity of a step of this frame in the state: `<path>/<pass>[/<item>]`, an item being the indexes of the
// loops around the step: "2.0".
func (f *frame) key(s *runbooks.Step) string {
	key := fmt.Sprintf("%s/%d", s.Path, f.pass)
	if len(f.items) > 0 {
		key += "/" + f.itemText()
	}
	return key
}

// itemText is the turns of the loops around the frame in one word.
func (f *frame) itemText() string {
	parts := make([]string, 0, len(f.items))
	for _, item := range f.items {
		parts = append(parts, strconv.Itoa(item.Index))
	}
	return strings.Join(parts, ".")
}

// node is one step where it stands in the execution.
type node struct {
	*frame
	s   *runbooks.Step
	sr  *contract.StepRun
	key string
}

// node finds a step's run, and makes it when the step is reached for the first time.
func (r *run) node(f *frame, s *runbooks.Step) *node {
	n := r.peek(f, s)
	r.st.Steps[n.key] = n.sr
	return n
}

// peek is node for whoever only looks: a step that was never reached leaves no trace in the state.
func (r *run) peek(f *frame, s *runbooks.Step) *node {
	n := &node{frame: f, s: s, key: f.key(s)}
	n.sr = r.st.Steps[n.key]
	if n.sr == nil {
		n.sr = &contract.StepRun{}
	}
	return n
}

// address is the name that people type: the step's, with the items of lists around it.
func (n *node) address() string {
	address := n.s.Address
	for _, item := range n.items {
		if at := n.scope.plan.At(item.Loop); at != nil && at.Kind == runbooks.KindForEach {
			address += "[" + strconv.Itoa(item.Index+1) + "]"
		}
	}
	return address
}

// timeout is how long the step has, as it is written or as a person has edited it; "" = what its kind has.
func (n *node) timeout() string {
	if edited, ok := n.sr.Edits["timeout"]; ok {
		return expression.Format(edited)
	}
	return n.s.Timeout
}

// effectKey is the idempotency key of an effect of the step: `<incident>/<step path>/<pass>/<item>`; a person who has a
// step tried again means a new effect.
func (r *run) effectKey(n *node, effect string) string {
	key := fmt.Sprintf("%s/%s/%s", r.inc.ID, n.key, effect)
	if n.sr.Tries > 0 {
		key += "/try/" + itoa(n.sr.Tries)
	}
	return key
}

// effect begins a request that changes the world.
func (r *run) effect(ctx workflow.Context, n *node, name string) contract.Effect {
	intended := n.sr.Started
	if intended.IsZero() {
		intended = now(ctx)
	}
	return contract.Effect{Key: r.effectKey(n, name), Intended: intended, Again: n.sr.Polled > 0}
}

// place is a block of steps and the frame that they run in.
type place struct {
	frame *frame
	block string
	steps []runbooks.Step
}

// below lists the blocks of a step that run, or have run, as part of it: each turn of a loop, each phase of an imported
// runbook. Undo and reactions are among them; those that have not begun hold nothing but pending steps.
func (r *run) below(n *node) []place {
	var out []place
	switch {
	case n.s.ForEach != nil:
		for i := range n.sr.List {
			out = append(out, place{r.itemFrame(n, i), "steps", n.s.ForEach.Steps})
		}
	case n.s.Repeat != nil:
		for round := 1; round <= n.sr.Rounds; round++ {
			out = append(out, place{r.roundFrame(n, round), "steps", n.s.Repeat.Steps})
		}
	case n.s.Runbook != nil && n.s.Runbook.Body != nil:
		f := r.importFrame(n)
		for i := range n.s.Runbook.Body.Phases {
			out = append(out, place{f, "runbook", n.s.Runbook.Body.Phases[i].Steps})
		}
	}
	for _, b := range n.s.Blocks() {
		if b.Name == "steps" && (n.s.ForEach != nil || n.s.Repeat != nil) {
			continue
		}
		f := n.frame
		if b.Name == runbooks.BlockUndo {
			f = r.undoFrame(n)
		}
		out = append(out, place{f, b.Name, b.Steps})
	}
	return out
}

// itemFrame is the frame of an item of a for_each.
func (r *run) itemFrame(n *node, index int) *frame {
	var names map[string]any
	if index < len(n.sr.List) {
		names = map[string]any{n.s.ForEach.As: n.sr.List[index]}
	}
	f := n.in(n.s.Path, index, names)
	f.ofItem = true
	return f
}

// roundFrame is the frame of a round of a repeat.
func (r *run) roundFrame(n *node, round int) *frame {
	return n.in(n.s.Path, round, map[string]any{"round": round})
}

// importFrame is the frame of an imported runbook.
func (r *run) importFrame(n *node) *frame {
	f := *n.frame
	f.scope = &scope{rb: n.s.Runbook.Body, plan: n.scope.plan.Import(n.s.Path), step: n}
	return &f
}

// undoFrame is the frame in which a step is taken back: it sees the values as they were when the step was done.
func (r *run) undoFrame(n *node) *frame {
	f := *n.frame
	if u := r.undoRecord(n.key); u != nil {
		f.fixed = u.Values
	}
	return &f
}

// each visits the steps of a block and everything that runs below them, in document order.
func (r *run) each(f *frame, steps []runbooks.Step, visit func(*node)) {
	for i := range steps {
		n := r.peek(f, &steps[i])
		visit(n)
		for _, p := range r.below(n) {
			r.each(p.frame, p.steps, visit)
		}
	}
}

// eachNode visits every step of the incident in document order: the phases in their present pass, the present run of
// each watch, the steps by hand, finally.
func (r *run) eachNode(visit func(*node)) {
	for i := range r.in.Runbook.Phases {
		p := &r.in.Runbook.Phases[i]
		r.each(r.phaseFrame(p.Name), p.Steps, visit)
	}
	for i := range r.in.Runbook.Watch {
		w := &r.in.Runbook.Watch[i]
		r.each(r.watchFrame(w), w.Steps, visit)
	}
	r.each(r.ownFrame(), r.st.AdHoc, visit)
	r.each(r.ownFrame(), r.in.Runbook.Finally, visit)
}

// find finds the step that people mean by an address: of several turns of a loop the newest that was reached.
func (r *run) find(address string) *node {
	var found *node
	r.eachNode(func(n *node) {
		if n.address() == address || n.s.Address == address || n.key == address {
			if found == nil || n.sr.State != contract.StepPending {
				found = n
			}
		}
	})
	return found
}

// ownFrame is the frame of steps outside the phases.
func (r *run) ownFrame() *frame {
	return &frame{scope: r.scope, lane: r.own, pass: 1}
}

// phaseFrame is the frame of a phase in its present pass.
func (r *run) phaseFrame(p incident.Phase) *frame {
	l := r.lanes[p]
	if l == nil {
		l = r.own
	}
	return &frame{scope: r.scope, lane: l, phase: p, pass: r.phaseSeen(p).Pass}
}
