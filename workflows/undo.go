package workflows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// recordUndo keeps how a step that is done can be taken back, with the values that its undo reads as they are now.
func (r *run) recordUndo(ctx workflow.Context, n *node) {
	if len(n.s.Undo) == 0 || n.sr.State != contract.StepDone || r.undoRecord(n.key) != nil {
		return
	}
	u := contract.UndoRecord{
		Step: n.key, Path: n.s.Path, Address: n.address(), Phase: n.phase, Pass: n.pass, Items: n.items, At: now(ctx),
		Values: map[string]any{},
	}
	seen := r.values(ctx, n.frame)
	for _, name := range n.scope.plan.UndoReads(n.s) {
		if value, known := seen.Lookup(name); known && !strings.HasPrefix(name, "secrets.") {
			u.Values[name] = sendable(value)
		}
	}
	r.st.Undo = append(r.st.Undo, u)
	// What ends in one moment has no order among itself but that of the document.
	slices.SortStableFunc(r.st.Undo, func(a, b contract.UndoRecord) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Step, b.Step))
	})
}

// undoRecord finds what is kept of a step, or nil.
func (r *run) undoRecord(key string) *contract.UndoRecord {
	for i := range r.st.Undo {
		if r.st.Undo[i].Step == key {
			return &r.st.Undo[i]
		}
	}
	return nil
}

// undoable lists what can be taken back and was not, newest first, by address.
func (r *run) undoable() []string {
	var out []string
	for i := len(r.st.Undo) - 1; i >= 0; i-- {
		if !r.st.Undo[i].Reverted {
			out = append(out, r.st.Undo[i].Address)
		}
	}
	return out
}

// revertStep takes back what a phase has done, or steps by their ids.
func (r *run) revertStep(ctx workflow.Context, n *node) error {
	wanted := wantedBack(n.s.Revert.What)
	if n.sr.Output == nil {
		var list []any
		for i := len(r.st.Undo) - 1; i >= 0; i-- {
			if u := r.st.Undo[i]; !u.Reverted && wanted(u) {
				list = append(list, u.Address)
			}
		}
		n.sr.Output = map[string]any{"list": list}
	}
	return r.revert(ctx, n.frame, wanted)
}

// wantedBack says which records are meant by a phase or by ids of steps.
func wantedBack(what []string) func(contract.UndoRecord) bool {
	return func(u contract.UndoRecord) bool {
		return slices.ContainsFunc(what, func(name string) bool {
			base, _, _ := strings.Cut(u.Address, "[")
			return name == string(u.Phase) || name == u.Address || name == base || strings.HasSuffix(base, "/"+name)
		})
	}
}

// revert runs the recorded undo of steps, newest first, each at most once. One that fails holds, and the next ones go
// on meanwhile.
func (r *run) revert(ctx workflow.Context, from *frame, wanted func(contract.UndoRecord) bool) error {
	var records []contract.UndoRecord
	for i := len(r.st.Undo) - 1; i >= 0; i-- {
		if u := r.st.Undo[i]; !u.Reverted && wanted(u) {
			records = append(records, u)
		}
	}
	results := make([]error, len(records))
	running := 0
	for i, u := range records {
		n := r.nodeOf(from, u)
		if n == nil {
			r.problem(ctx, u.Address, u.Address+" cannot be taken back: the runbook does not have it any more")
			continue
		}
		running++
		workflow.Go(ctx, func(ctx workflow.Context) {
			results[i] = r.takeBack(ctx, n)
			running--
		})
		at := running
		if err := r.roomFor(ctx, func() bool { return running < at || r.holdsBelow(n) }); err != nil {
			return err
		}
	}
	if err := r.roomFor(ctx, func() bool { return running == 0 }); err != nil {
		return err
	}
	if r.over() {
		return temporal.NewCanceledError()
	}
	return worst(results, func(i int) string { return records[i].Address })
}

// renewUndo makes the undo of steps new that a revert tries again.
func (r *run) renewUndo(n *node) {
	wanted := wantedBack(n.s.Revert.What)
	for _, u := range r.st.Undo {
		if step := r.nodeOf(n.frame, u); step != nil && !u.Reverted && wanted(u) {
			r.renew(place{r.undoFrame(step), runbooks.BlockUndo, step.s.Undo})
		}
	}
}

// holdsBelow says whether a step of an undo has failed and waits for a person's decision.
func (r *run) holdsBelow(n *node) bool {
	holds := false
	r.each(r.undoFrame(n), n.s.Undo, func(below *node) {
		holds = holds || below.sr.State == contract.StepHolding
	})
	return holds
}

// takeBack runs the undo of one step.
func (r *run) takeBack(ctx workflow.Context, n *node) error {
	if err := r.walk(ctx, r.undoFrame(n), n.s.Undo); err != nil {
		return err
	}
	u := r.undoRecord(n.key)
	u.Reverted = true
	n.sr.State = contract.StepReverted
	r.log(ctx, incident.Entry{Kind: incident.EntryNote, Step: u.Address, Text: u.Address + " is taken back"})
	return nil
}

// nodeOf is the step of a record where it stood.
func (r *run) nodeOf(from *frame, u contract.UndoRecord) *node {
	s := r.scope.plan.At(u.Path)
	if s == nil {
		return nil
	}
	f := r.frameAt(u)
	f.lane, f.catching = from.lane, from.catching
	return r.peek(f, s)
}

// frameAt makes the frame of a record again: the imports and loops around the step, from the outside to the inside.
func (r *run) frameAt(u contract.UndoRecord) *frame {
	f := r.ownFrame()
	f.phase, f.pass = u.Phase, u.Pass
	items := u.Items
	if len(items) > 0 && strings.HasPrefix(items[0].Loop, "watch/") {
		f, items = f.in(items[0].Loop, items[0].Index, nil), items[1:]
	}
	for path := range r.around(u.Path) {
		s := r.scope.plan.At(path)
		switch {
		case s == nil:
			continue
		case s.Runbook != nil:
			f = r.importFrame(r.peek(f, s))
		case s.ForEach != nil && len(items) > 0 && items[0].Loop == path:
			f, items = r.itemFrame(r.peek(f, s), items[0].Index), items[1:]
			f.ofItem = false // whoever takes back asks for each
		case s.Repeat != nil && len(items) > 0 && items[0].Loop == path:
			f, items = r.roundFrame(r.peek(f, s), items[0].Index), items[1:]
		}
	}
	return f
}

// around gives the paths of the steps around a path, outermost first.
func (r *run) around(path string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for i := range path {
			if path[i] == '/' && !yield(path[:i]) {
				return
			}
		}
	}
}

// checkRevert says whether there is anything to take back.
func (r *run) checkRevert(what []string) error {
	if len(what) == 0 {
		return &incident.Refusal{What: "say what to take back: a phase or steps", Hint: "can be taken back: " + orElse(strings.Join(r.undoable(), ", "), "nothing")}
	}
	wanted := wantedBack(what)
	if !slices.ContainsFunc(r.st.Undo, func(u contract.UndoRecord) bool { return !u.Reverted && wanted(u) }) {
		return &incident.Refusal{
			What: fmt.Sprintf("there is nothing to take back of %s", strings.Join(what, ", ")),
			Hint: "can be taken back: " + orElse(strings.Join(r.undoable(), ", "), "nothing"),
		}
	}
	return nil
}

// revertByHand is the step that takes back what a person wants.
func revertByHand(what []string, number int) runbooks.Step {
	path := fmt.Sprintf("adhoc/%d", number)
	return runbooks.Step{
		Path: path, Address: fmt.Sprintf("adhoc/%d", number+1), Kind: runbooks.KindRevert, Name: "revert " + strings.Join(what, ", "),
		Revert: &runbooks.Revert{What: what, List: true},
	}
}
