package workflows

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// outputWinner is where a parallel that needs one branch alone keeps which it was.
const outputWinner = "winner"

// parallel runs branches side by side. It waits for every branch and then has the worst state; or, when one is enough,
// it withdraws the others as soon as one has succeeded, and takes back what they had done.
func (r *run) parallel(ctx workflow.Context, n *node) error {
	branches := n.s.Parallel.Branches
	anyWins := n.s.Parallel.Join == runbooks.JoinAny
	if winner, ok := n.sr.Output[outputWinner].(string); ok {
		return r.undoLosers(ctx, n, winner)
	}
	lanes := make([]*lane, len(branches))
	results := make([]error, len(branches))
	running, winner := 0, -1
	work := func(ctx workflow.Context, i int) {
		results[i] = r.walk(ctx, r.branchFrame(n, lanes[i]), branches[i].Steps)
		running--
		if results[i] == nil && winner < 0 {
			winner = i
		}
	}
	for i := range branches {
		if err := r.roomFor(ctx, func() bool { return running < limitOf(n.s.Parallel.Limit, len(branches)) || (anyWins && winner >= 0) }); err != nil {
			return err
		}
		if anyWins && winner >= 0 {
			break
		}
		running++
		lanes[i] = r.subLane(ctx, n)
		lanes[i].task = r.begin(ctx, func(ctx workflow.Context) { work(ctx, i) })
	}
	err := r.roomFor(ctx, func() bool { return running == 0 || (anyWins && winner >= 0) })
	if anyWins && winner >= 0 && err == nil {
		n.sr.Output = map[string]any{outputWinner: branches[winner].Name}
		r.withdrawLosers(lanes, winner)
		if err := r.roomFor(ctx, func() bool { return running == 0 }); err != nil {
			return err
		}
		return r.undoLosers(ctx, n, branches[winner].Name)
	}
	if err != nil {
		return err
	}
	return worst(results, func(i int) string { return branches[i].Name })
}

// branchFrame is the frame of a branch.
func (r *run) branchFrame(n *node, l *lane) *frame {
	f := *n.frame
	f.lane = l
	return &f
}

// subLane is a lane within another, so that it can be withdrawn alone.
func (r *run) subLane(ctx workflow.Context, n *node) *lane {
	l := &lane{how: n.lane.how}
	around := n.lane.background
	if around == nil {
		around = ctx
	}
	l.background, l.stopBackground = workflow.WithCancel(around)
	return l
}

// withdrawLosers ends the branches that came second.
func (r *run) withdrawLosers(lanes []*lane, winner int) {
	for i, l := range lanes {
		if i != winner && l != nil {
			l.withdraw(contract.StepCancelled, true)
		}
	}
}

// undoLosers takes back what the branches have done that came second.
func (r *run) undoLosers(ctx workflow.Context, n *node, winner string) error {
	return r.revert(ctx, n.frame, func(u contract.UndoRecord) bool {
		below := strings.HasPrefix(u.Path, n.s.Path+"/branch/") && !strings.HasPrefix(u.Path, n.s.Path+"/branch/"+winner+"/")
		return below && u.Pass == n.pass && slices.Equal(u.Items[:min(len(n.items), len(u.Items))], n.items)
	})
}

// roomFor waits until a block may go on.
func (r *run) roomFor(ctx workflow.Context, free func() bool) error {
	return workflow.Await(ctx, func() bool { return free() || r.over() })
}

// limitOf is how many parts of a block run at once.
func limitOf(limit, otherwise int) int {
	if limit <= 0 {
		return otherwise
	}
	return limit
}

// defaultItems is how many items of a list are worked on at once.
const defaultItems = 5

// forEach runs its steps for each item of a list, some at once. An item that fails does not stop the others; in the end
// people are asked once, with the failed ones listed.
func (r *run) forEach(ctx workflow.Context, n *node) error {
	if n.sr.List == nil {
		value, err := r.evaluate(ctx, n.frame, n.scope.plan.Expression(n.s.ForEach.List).Eval)
		if err != nil {
			return err
		}
		n.sr.List, _ = value.([]any)
		if len(n.sr.List) == 0 {
			n.sr.List = []any{}
			r.log(ctx, incident.Entry{
				Kind: incident.EntrySkipped, Step: n.address(), Text: fmt.Sprintf("%s: `%s` is an empty list; nothing to do", n.address(), n.s.ForEach.List),
			})
		}
		for i := range n.sr.List {
			n.sr.List[i] = sendable(n.sr.List[i])
		}
	}
	n.sr.Failed = nil
	results := make([]error, len(n.sr.List))
	running := 0
	for i := range n.sr.List {
		if err := r.roomFor(ctx, func() bool { return running < limitOf(n.s.ForEach.Limit, defaultItems) }); err != nil {
			return err
		}
		running++
		workflow.Go(ctx, func(ctx workflow.Context) {
			results[i] = r.walk(ctx, r.itemFrame(n, i), n.s.ForEach.Steps)
			running--
		})
	}
	if err := r.roomFor(ctx, func() bool { return running == 0 }); err != nil {
		return err
	}
	return r.endForEach(n, results)
}

// endForEach gathers what the items gave, and fails when one has failed.
func (r *run) endForEach(n *node, results []error) error {
	var failed reasons
	list := make([]any, 0, len(results))
	for i, result := range results {
		switch {
		case result != nil && temporal.IsCanceledError(result):
			return result
		case result != nil:
			n.sr.Failed = append(n.sr.Failed, i)
			failed.add(incident.Shorten(expression.Format(n.sr.List[i]), longestItem), result)
		}
		list = append(list, r.itemResult(n, i, result))
	}
	n.sr.Output = map[string]any{"results": list}
	if len(n.sr.Failed) > 0 {
		return &missing{what: fmt.Sprintf("%d of %d items failed: %s", len(n.sr.Failed), len(results), failed)}
	}
	return nil
}

// itemResult is what an item gave: the item, how it ended, and the outputs of its steps by their ids.
func (r *run) itemResult(n *node, index int, result error) any {
	out := map[string]any{"item": n.sr.List[index], "state": string(contract.StepDone)}
	if result != nil {
		out["state"] = string(contract.StepFailed)
	}
	r.each(r.itemFrame(n, index), n.s.ForEach.Steps, func(below *node) {
		if below.s.ID != "" && below.sr.Output != nil {
			out[below.s.ID] = below.sr.Output
		}
	})
	return out
}

// repeat runs its steps round after round until its condition holds. When all rounds are through and it does not,
// people are asked.
func (r *run) repeat(ctx workflow.Context, n *node) error {
	if n.sr.Rounds == 0 {
		n.sr.Rounds, n.sr.Waiting = 1, now(ctx)
	}
	for {
		f := r.roundFrame(n, n.sr.Rounds)
		if err := r.walk(ctx, f, n.s.Repeat.Steps); err != nil {
			return err
		}
		n.sr.Output = map[string]any{"rounds": n.sr.Rounds}
		switch {
		case n.s.Repeat.Until != "" && r.holds(ctx, f, n.s.Repeat.Until):
			return nil
		case n.sr.Rounds >= max(1, n.s.Repeat.Max) && n.s.Repeat.Until == "":
			return nil
		case n.sr.Rounds >= max(1, n.s.Repeat.Max):
			return &missing{what: fmt.Sprintf("after %d rounds `%s` does not hold", n.sr.Rounds, n.s.Repeat.Until)}
		}
		if err := r.nextRound(ctx, n, f); err != nil {
			return err
		}
		n.sr.Rounds++
		n.sr.Waiting = now(ctx)
	}
}

// nextRound waits until the next round is due.
func (r *run) nextRound(ctx workflow.Context, n *node, f *frame) error {
	if n.s.Repeat.Every == "" {
		return nil
	}
	_, err := wait(ctx, waiting{
		summary: "next round of " + n.address(), done: func() bool { return false },
		until: func() time.Time {
			return n.sr.Waiting.Add(r.paced(n.s.Repeat.Every, repeatPace, r.seenAt(f, n.sr.Waiting)))
		},
		change: func() int { return r.retimes },
	})
	return err
}

// choose runs the case of a value.
func (r *run) choose(ctx workflow.Context, n *node) error {
	chosen, known := n.sr.Output["case"].(string)
	if !known {
		value, err := r.evaluate(ctx, n.frame, n.scope.plan.Expression(n.s.Switch.Value).Eval)
		if err != nil {
			return err
		}
		chosen = expression.Format(value)
		n.sr.Output = map[string]any{"case": chosen}
		if len(n.s.Switch.Else) == 0 && !slices.ContainsFunc(n.s.Switch.Cases, func(c runbooks.Case) bool { return c.Choice == chosen }) {
			r.log(ctx, incident.Entry{
				Kind: incident.EntrySkipped, Step: n.address(), Text: fmt.Sprintf("%s: no case is “%s”; going on", n.address(), chosen),
			})
		}
	}
	for _, c := range n.s.Switch.Cases {
		if c.Choice == chosen {
			return r.walk(ctx, n.frame, c.Steps)
		}
	}
	return r.walk(ctx, n.frame, n.s.Switch.Else)
}

// group runs its steps.
func (r *run) group(ctx workflow.Context, n *node) error {
	return r.walk(ctx, n.frame, n.s.Group.Steps)
}

// imported runs another runbook inline, phase after phase, with its own inputs, constants and names.
func (r *run) imported(ctx workflow.Context, n *node) error {
	body := n.s.Runbook.Body
	if body == nil {
		return &missing{what: fmt.Sprintf("the runbook %q was not there when the incident began", n.s.Runbook.ID)}
	}
	f := r.importFrame(n)
	if n.sr.Inputs == nil {
		if err := r.fillImport(ctx, n, f); err != nil {
			return err
		}
	}
	for i := range body.Phases {
		if err := r.walk(ctx, f, body.Phases[i].Steps); err != nil {
			return err
		}
	}
	n.sr.Output = map[string]any{}
	for _, out := range body.Outputs {
		value, err := r.evaluate(ctx, f, f.scope.plan.Expression(out.Value).Eval)
		var lack *missing
		if errors.As(err, &lack) {
			continue // whoever reads it hears that it has no value
		}
		if err != nil {
			return err
		}
		n.sr.Output[out.Name] = sendable(value)
	}
	return nil
}

// fillImport gives an imported runbook its inputs and constants.
func (r *run) fillImport(ctx workflow.Context, n *node, f *frame) error {
	inputs, err := r.fields(ctx, n, "with", n.s.Runbook.With)
	if err != nil {
		return err
	}
	if lacks := complete(n.s.Runbook.Body, inputs, r.inc.Service); len(lacks) > 0 {
		return &missing{what: fmt.Sprintf("%s needs %s", n.s.Runbook.ID, strings.Join(lacks, ", "))}
	}
	n.sr.Inputs = inputs
	vars, lacks := r.constants(f, now(ctx), func(vars map[string]any) { n.sr.Vars = vars })
	n.sr.Vars = vars
	if len(lacks) > 0 {
		n.sr.Inputs = nil
		return &missing{what: fmt.Sprintf("%s cannot compute %s", n.s.Runbook.ID, strings.Join(lacks, ", "))}
	}
	return nil
}

// set gives constants new values.
func (r *run) set(ctx workflow.Context, n *node) error {
	values := map[string]any{}
	for _, v := range n.s.Set.Values {
		value, err := r.evaluate(ctx, n.frame, n.scope.plan.Expression(v.Value).Eval)
		if err != nil {
			return err
		}
		values[v.Name] = sendable(value)
	}
	vars := r.st.Vars
	if n.scope.step != nil {
		vars = n.scope.step.sr.Vars
	}
	for _, name := range sortedKeys(values) {
		vars[name] = values[name]
	}
	r.retime()
	return nil
}
