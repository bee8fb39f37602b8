package workflows

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

func (r *run) checkUpgrade(act contract.Act) error {
	switch {
	case act.Runbook == nil || act.Hash == "":
		return &incident.Refusal{What: "there is no runbook in this request"}
	case act.Hash == r.in.Hash:
		return &incident.Refusal{What: "the incident has this very text already"}
	case act.Runbook.ID != r.in.Runbook.ID:
		return &incident.Refusal{What: fmt.Sprintf("the incident follows %s, not %s", r.in.Runbook.ID, act.Runbook.ID)}
	case r.upgrade != nil:
		return &incident.Refusal{What: "an upgrade is under way already"}
	}
	if err := r.mustRun(); err != nil {
		return err
	}
	var started []string
	r.eachNode(func(n *node) {
		if n.sr.State != contract.StepPending && !strings.HasPrefix(n.s.Path, "adhoc/") {
			started = append(started, n.s.Path)
		}
	})
	for _, u := range r.st.Undo {
		started = append(started, u.Path)
	}
	slices.Sort(started)
	if blockers := runbooks.UpgradeBlockers(&r.in.Runbook, act.Runbook, slices.Compact(started)); len(blockers) > 0 {
		var words []string
		for _, b := range blockers {
			words = append(words, b.Address)
		}
		return &incident.Refusal{What: "steps that have begun are not the same in the new text: " + strings.Join(words, ", ")}
	}
	if _, err := r.shop.Plans.Plan(act.Hash, act.Runbook, r.st.AdHoc); err != nil {
		return &incident.Refusal{What: err.Error()}
	}
	return nil
}

// upgradeAct goes on with a newer text of the runbook; the next run takes it up, at once.
func (r *run) upgradeAct(at time.Time, act contract.Act) (string, error) {
	r.upgrade = &act
	r.inc.Log(at, incident.Entry{Kind: incident.EntryNote, By: act.By, Text: fmt.Sprintf("%s upgrades the runbook to %.12s", act.By, act.Hash)})
	return "the incident goes on with the new text", nil
}

// checkEnding says whether an incident can end now: where something can be taken back, whoever resolves it chooses
// whether that happens. Cancelling never needs the choice.
func (r *run) checkEnding(verb contract.Verb, act contract.Act) error {
	if act.Undo != "" && act.Undo != contract.UndoRevert && act.Undo != contract.UndoLeave {
		return &incident.Refusal{What: fmt.Sprintf("%q is no choice", act.Undo), Hint: "revert or leave"}
	}
	left := r.undoable()
	if verb == contract.VerbResolve && act.Undo == "" && len(left) > 0 && r.inc.Open() {
		return &incident.Refusal{
			What: "some steps can still be taken back: " + strings.Join(left, ", "), Hint: "say revert to do that now, or leave (--revert, --leave)",
		}
	}
	if r.st.Ending != nil {
		return &incident.Refusal{What: fmt.Sprintf("%s is ending already; what it did is being taken back", r.inc.Key)}
	}
	return nil
}

// endAfterUndo takes back what can be taken back, then ends the incident; it answers false when there is nothing to do.
func (r *run) endAfterUndo(at time.Time, verb contract.Verb, act contract.Act) (bool, error) {
	what := r.undoable()
	if act.Undo != contract.UndoRevert || len(what) == 0 || !r.inc.Open() {
		return false, nil
	}
	if err := r.inc.CheckEnd(incident.End{Ending: incident.Resolved}); err != nil {
		return false, err
	}
	if _, err := r.addAdHoc(at, act.By, revertByHand(what, len(r.st.AdHoc))); err != nil {
		return false, err
	}
	r.st.Ending = &contract.PendingEnd{Ending: incident.Resolved, By: act.By, Reason: act.Reason}
	if verb == contract.VerbCancel {
		r.st.Ending.Ending = incident.Cancelled
		r.st.Ending.Reason = orElse(act.Reason, act.Value)
	}
	return true, nil
}

// awaitUndo ends the incident when what its person wanted to be taken back has been.
func (r *run) awaitUndo(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		reverted := func() bool {
			last := len(r.st.AdHoc) - 1
			return r.st.Ending != nil && last >= 0 && r.peek(r.ownFrame(), &r.st.AdHoc[last]).sr.State.Terminal()
		}
		if err := workflow.Await(ctx, reverted); err != nil {
			return
		}
		e := *r.st.Ending
		r.st.Ending = nil
		r.finish(ctx, e.By, incident.End{Ending: e.Ending, Reason: e.Reason})
	})
}
