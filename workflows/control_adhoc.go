package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// maxAdHoc bounds the steps that people add.
const maxAdHoc = 200

func (r *run) checkStep(act contract.Act) error {
	switch {
	case act.AdHoc == nil:
		return &incident.Refusal{What: "there is no step in this request", Hint: "muster step KEY 'say: text'"}
	case len(r.st.AdHoc) >= maxAdHoc:
		return &incident.Refusal{What: "too many steps were added to this incident"}
	case act.AdHoc.ID != "" && r.scope.plan.Step(act.AdHoc.ID) != nil:
		return &incident.Refusal{What: fmt.Sprintf("the id %q is taken", act.AdHoc.ID)}
	}
	if err := r.mustRun(); err != nil {
		return err
	}
	if want := fmt.Sprintf("adhoc/%d", len(r.st.AdHoc)); act.AdHoc.Path != want {
		return &incident.Refusal{What: "another step was added at the same moment", Hint: "send it again"}
	}
	if _, err := r.shop.Plans.Plan(r.in.Hash, &r.in.Runbook, append(slices.Clip(r.st.AdHoc), *act.AdHoc)); err != nil {
		return &incident.Refusal{What: err.Error()}
	}
	return nil
}

// addStep adds a step that the runbook does not have; it begins at once.
func (r *run) addStep(at time.Time, act contract.Act) (string, error) {
	return r.addAdHoc(at, act.By, *act.AdHoc)
}

// addAdHoc adds a step and lets it begin.
func (r *run) addAdHoc(at time.Time, by incident.Actor, s runbooks.Step) (string, error) {
	steps := append(slices.Clip(r.st.AdHoc), s)
	plan, err := r.shop.Plans.Plan(r.in.Hash, &r.in.Runbook, steps)
	if err != nil {
		return "", &incident.Refusal{What: err.Error()}
	}
	r.st.AdHoc = steps
	r.scope.plan = plan
	r.inc.Log(at, incident.Entry{Kind: incident.EntryNote, By: by, Step: s.Address, Text: fmt.Sprintf("%s adds a step: %s", by, s.Summary())})
	return s.Address + " begins", nil
}

// resumeByHand runs the steps that people have added, and those that they still will.
func (r *run) resumeByHand(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for begun := 0; ; begun++ {
			if err := workflow.Await(ctx, func() bool { return begun < len(r.st.AdHoc) }); err != nil {
				return
			}
			n := r.node(r.ownFrame(), &r.st.AdHoc[begun])
			workflow.Go(ctx, func(ctx workflow.Context) {
				// Its error is its own: it stands in its state, and nothing comes after it.
				_ = r.step(ctx, n)
			})
		}
	})
}
