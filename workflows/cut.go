package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// The history's length at which an incident continues as new, and after which a cut that found no quiet moment is
// tried again, in events.
const (
	cutAfter = 2000
	cutRetry = 200
)

// tooLong says whether the run should be cut. After a try that found no quiet moment it waits for more events.
func (r *run) tooLong(ctx workflow.Context, tried int) bool {
	info := workflow.GetInfo(ctx)
	length, limit, again := info.GetCurrentHistoryLength(), cutAfter, cutRetry
	if r.shop.CutAfter > 0 {
		limit, again = r.shop.CutAfter, max(1, r.shop.CutAfter/10)
	}
	if r.upgrade != nil && tried == 0 {
		return true
	}
	if tried > 0 {
		return length >= tried+again
	}
	return length >= limit || info.GetContinueAsNewSuggested()
}

// quieten stops new steps and new deliveries and waits until nothing is in flight; it answers whether that was reached.
// Pages are not held: they are quiet when each waits on its timer.
func (r *run) quieten(ctx workflow.Context, limit time.Duration) (bool, error) {
	r.draining = true
	if r.stopChat != nil {
		r.stopChat()
	}
	for _, key := range sortedKeys(r.polls) {
		r.polls[key]()
	}
	deadline := now(ctx).Add(limit)
	return wait(ctx, waiting{
		summary: "wait for a quiet moment",
		done:    func() bool { return r.effects == 0 && workflow.AllHandlersFinished(ctx) },
		until:   timeAt(deadline),
	})
}

// next continues as new with the state. Every signal that has arrived has been taken: without that they would be lost.
func (r *run) next(ctx workflow.Context, cut bool) error {
	if !cut {
		return nil
	}
	r.st.Runs++
	in := r.in
	in.State = r.st
	in.Declaration = contract.Declaration{}
	if r.upgrade != nil {
		r.st.Upgraded = append(r.st.Upgraded, in.Hash)
		in.Runbook, in.Hash = *r.upgrade.Runbook, r.upgrade.Hash
		r.inc.RunbookHash = r.upgrade.Hash
	}
	if r.inc.Reviewing {
		return workflow.NewContinueAsNewError(ctx, string(contract.Review), in)
	}
	return workflow.NewContinueAsNewError(ctx, string(contract.Incident), in)
}

// forwarded is an act that came when the review had the state already.
type forwarded struct {
	verb contract.Verb
	act  contract.Act
}

// returned takes what has come while the incident was closing, because nothing that was accepted may be lost: acts go
// to the review, and alerts that fired again mean that the trouble is back, which starts the next incident.
func (r *run) returned(ctx workflow.Context) error {
	for {
		if err := r.pump.drain(ctx); err != nil {
			return err
		}
		if len(r.forward) == 0 {
			break
		}
		acts := r.forward
		r.forward = nil
		for _, f := range acts {
			review := contract.ReviewID(string(r.inc.Key))
			if err := workflow.SignalExternalWorkflow(ctx, review, "", string(f.verb), f.act).Get(ctx, nil); err != nil {
				workflow.GetLogger(ctx).Error("an act came too late for the incident and did not reach its review",
					"key", r.inc.Key, "verb", f.verb, "by", f.act.By.String(), "error", err)
			}
		}
	}
	if len(r.late) == 0 {
		return nil
	}
	first := r.late[0]
	d := contract.Declaration{
		Title: first.Title, Summary: first.Summary, Type: r.inc.Type, Service: r.inc.Service, Team: r.inc.Team,
		Source: first.Source, Environment: r.inc.Environment, Labels: first.Labels, At: now(ctx),
		By:     incident.Actor{Name: first.Source, Door: incident.DoorAlert, Verified: true},
		Inputs: r.st.Inputs, Alerts: r.late, Drill: r.inc.Drill, DrillRoom: r.inc.DrillRoom, Telephones: r.inc.Telephones,
		Announce: r.st.Announce, ArchiveAfter: r.st.ArchiveAfter, Statuses: r.st.Statuses,
	}
	return workflow.NewContinueAsNewError(ctx, string(contract.Incident), contract.IncidentInput{
		Declaration: d, Runbook: r.in.Runbook, Hash: r.in.Hash, Permissions: r.in.Permissions,
	})
}
