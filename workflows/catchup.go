package workflows

import (
	"slices"
	"strings"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// severityChanged does at once what a change of the severity means for everything that waits, and leaves the rest to
// follow: no further step begins before that has seen it.
func (r *run) severityChanged(before incident.Severity) {
	if r.inc.Severity == before {
		return
	}
	r.retime()
	r.raised = true
}

// follow does what follows a change of the severity: pages of a longer list, pages that nobody needs any more, and the
// steps that the lower severity had skipped.
func (r *run) follow(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			if err := workflow.Await(ctx, func() bool { return r.raised }); err != nil {
				return
			}
			r.pagesFollow(ctx)
			r.catchUp(ctx)
			r.raised = false
		}
	})
}

// pagesFollow pages whoever the list of a step names now and did not before, and stops calling those whom it does not
// name any more and who have not acknowledged.
func (r *run) pagesFollow(ctx workflow.Context) {
	var steps []*node
	r.eachNode(func(n *node) {
		begun := n.sr.State == contract.StepWaiting || n.sr.State == contract.StepDone
		if n.s.Kind == runbooks.KindPage && begun && r.readsSeverity(n.scope.plan.References(n.s)) {
			steps = append(steps, n)
		}
	})
	for _, n := range steps {
		// A list that cannot be computed now stays as it is; an error here is a withdrawal of everything.
		if targets, err := r.names(ctx, n, "page", n.s.Page.Targets); err == nil {
			r.pageFollows(ctx, n, targets)
		}
	}
}

// pageFollows brings the pages of one step to a list of targets.
func (r *run) pageFollows(ctx workflow.Context, n *node, targets []string) {
	stem := r.effectKey(n, "page")
	var have []string
	keys := r.pagesUnder(stem)
	for _, key := range keys {
		p := r.inc.Page(key)
		target := p.Levels[0].Target
		if p.State == incident.PageOpen && !slices.Contains(targets, target) {
			r.log(ctx, incident.Entry{Kind: incident.EntryPage, Step: n.address(), Text: "the severity was lowered; " + target + " is not called any more"})
			r.inc.WithdrawPages(key)
		}
		if p.State != incident.PageWithdrawn {
			have = append(have, target)
		}
	}
	blank, err := r.newPage(ctx, n)
	if err != nil {
		return
	}
	for _, target := range targets {
		if !slices.Contains(have, target) {
			r.startPage(ctx, n, blank, stem+"/"+itoa(len(r.pagesUnder(stem))), target)
		}
	}
}

// readsSeverity says whether one of the names depends on the severity.
func (r *run) readsSeverity(names []string) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		return name == "severity" || name == "level" || strings.HasPrefix(name, "policy.")
	})
}

// catchUp runs the steps that were skipped because of a lower severity and would not be now.
func (r *run) catchUp(ctx workflow.Context) {
	byPhase := map[incident.Phase][]*node{}
	r.eachNode(func(n *node) {
		if n.sr.State == contract.StepSkipped && n.sr.Reaction == skippedByIf && runbooks.CatchesUp(n.s) &&
			r.readsSeverity(n.scope.plan.Reads(n.s)) && r.holds(ctx, n.frame, n.s.If) && !r.toldLater(n) {
			byPhase[n.phase] = append(byPhase[n.phase], n)
		}
	})
	for _, phase := range sortedKeys(byPhase) {
		for _, n := range byPhase[phase] {
			*n.sr = contract.StepRun{State: contract.StepRunning, Started: now(ctx), Caught: true}
		}
		r.catchBranch(ctx, byPhase[phase])
	}
}

// toldLater says whether an audience has heard something newer than the update that was skipped.
func (r *run) toldLater(n *node) bool {
	return n.s.Update != nil && slices.ContainsFunc(r.inc.Updates, func(u incident.Update) bool {
		return u.Audience == n.s.Update.Audience && u.At.After(n.sr.Ended)
	})
}

// catchBranch runs steps in a branch of their own, in the order of the document. Their phase starts no further step
// until they have ended; pages count when they are placed.
func (r *run) catchBranch(ctx workflow.Context, steps []*node) {
	phase := steps[0].phase
	r.catching[phase]++
	around := ctx
	if background := steps[0].lane.background; background != nil {
		around = background
	}
	workflow.Go(around, func(ctx workflow.Context) {
		defer func() { r.catching[phase]-- }()
		for _, n := range steps {
			f := *n.frame
			f.catching = true
			caught := &node{frame: &f, s: n.s, sr: n.sr, key: n.key}
			if n.s.Background || n.s.Kind == runbooks.KindPage {
				r.inBackground(ctx, caught)
				placed := func() bool { return n.sr.State != contract.StepRunning }
				if err := workflow.Await(ctx, placed); err != nil {
					return
				}
				continue
			}
			if err := r.execute(ctx, caught); err != nil {
				if !temporal.IsCanceledError(err) {
					r.problem(ctx, n.address(), "a step that was caught up has ended badly: "+err.Error())
				}
				return
			}
		}
	})
}
