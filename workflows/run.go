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

// run is one run of an incident: the durable state, and what only this run needs. The interpreter's stack is never
// saved; a new run walks the runbook again from the state.
type run struct {
	shop *Workflows
	in   contract.IncidentInput
	st   *contract.State
	inc  *incident.Incident
	plan *runbooks.Plan

	effects  int  // effects in flight; a cut waits until there are none
	draining bool // a cut or the end is near: no new step, no new delivery
	retimes  int  // how often durations may have changed, so that waits read theirs again
	lookups  int  // how many questions to the roster are under way; what is shown waits for them
	driving  map[string]bool
	hungUp   map[string]bool     // calls that this run has hung up, or has tried to, by the provider's id
	stopChat workflow.CancelFunc // ends the outbox's present delivery
	pump     *pump
	late     []incident.Alert // alerts that fired again after the end: a new incident
	handed   bool             // the review has the state: what comes now goes there
	forward  []forwarded
	halted   bool // the review was cancelled
	recorded int  // the newest timeline entry that the record holds
}

// newRun takes up the state, or makes the first one.
func (w *Workflows) newRun(ctx workflow.Context, in contract.IncidentInput) (*run, error) {
	plan, err := w.Plans.Plan(in.Hash, &in.Runbook)
	if err != nil {
		return nil, fmt.Errorf("compile runbook %s: %w", in.Runbook.ID, err)
	}
	r := &run{shop: w, in: in, st: in.State, plan: plan, driving: map[string]bool{}, hungUp: map[string]bool{}}
	if r.st == nil {
		r.st = firstState(ctx, in)
	}
	r.inc = &r.st.Incident
	r.repairMaps()
	return r, nil
}

// repairMaps makes the maps that JSON leaves out when they are empty.
func (r *run) repairMaps() {
	if r.st.Steps == nil {
		r.st.Steps = map[string]*contract.StepRun{}
	}
	if r.st.Shown.Questions == nil {
		r.st.Shown.Questions = map[string]string{}
	}
}

// firstState is a new incident. Its opaque id is the id of its first run: one workflow id may carry several incidents
// in turn, and idempotency keys must tell them apart.
func firstState(ctx workflow.Context, in contract.IncidentInput) *contract.State {
	d := in.Declaration
	severities := make([]incident.Severity, 0, len(in.Runbook.Severities))
	for _, row := range in.Runbook.Severities {
		severities = append(severities, row.Severity)
	}
	inc := incident.Incident{
		ID:    workflow.GetInfo(ctx).WorkflowExecution.RunID,
		Title: incident.Shorten(d.Title, maxTitle), Summary: incident.Shorten(d.Summary, maxSummary), Type: d.Type,
		Service: d.Service, Team: d.Team, Source: d.Source, Environment: d.Environment, Labels: d.Labels,
		DeclaredBy: d.By, Drill: d.Drill, Runbook: in.Runbook.ID, RunbookHash: in.Hash, Severities: severities,
	}
	if slices.Contains(severities, d.Severity) {
		inc.Severity = d.Severity
	}
	return &contract.State{Incident: inc, Inputs: d.Inputs, Pass: 1}
}

// Bounds of what a declaration says, in bytes: it is repeated in messages, calls and search attributes.
const (
	maxTitle   = 300
	maxSummary = 2000
)

// now is the workflow's clock in UTC.
func now(ctx workflow.Context) time.Time { return workflow.Now(ctx).UTC() }

// stepRun is a step's run in the present pass; it is made when it is first asked for.
func (r *run) stepRun(s *runbooks.Step) *contract.StepRun {
	key := r.stepKey(s)
	sr, ok := r.st.Steps[key]
	if !ok {
		sr = &contract.StepRun{}
		r.st.Steps[key] = sr
	}
	return sr
}

// stepKey is a step's identity in the state: `<path>/<pass>`.
func (r *run) stepKey(s *runbooks.Step) string { return fmt.Sprintf("%s/%d", s.Path, r.st.Pass) }

// effectKey is the idempotency key of an effect of a step: `<incident>/<step path>/<pass>/<item>`; a person who has a
// step tried again means a new effect.
func (r *run) effectKey(s *runbooks.Step, item string) string {
	key := fmt.Sprintf("%s/%s/%s", r.inc.ID, r.stepKey(s), item)
	if sr := r.stepRun(s); sr.Tries > 0 {
		key += "/try/" + itoa(sr.Tries)
	}
	return key
}

// log writes a line on the timeline.
func (r *run) log(ctx workflow.Context, e incident.Entry) {
	if e.By == (incident.Actor{}) {
		e.By = incident.RunbookActor()
	}
	r.inc.Log(now(ctx), e)
}

// problem writes a red line on the timeline and into the room; the room hears the same words once in ten minutes.
func (r *run) problem(ctx workflow.Context, step, text string) {
	since := now(ctx).Add(-sameProblem)
	told := slices.ContainsFunc(r.inc.Timeline, func(e incident.Entry) bool {
		return e.Kind == incident.EntryProblem && e.Text == text && e.At.After(since)
	})
	r.log(ctx, incident.Entry{Kind: incident.EntryProblem, Step: step, Text: text})
	if !told {
		r.post(ctx, posting{message: contract.Message{Text: text, Tone: contract.ToneRed}})
	}
}

// sameProblem is how long the room is not told the same problem again.
const sameProblem = 10 * time.Minute

// known says whether the id of an act or of a delivery has been seen.
func (r *run) known(id string) bool { return id != "" && slices.Contains(r.st.Recent, id) }

// seen remembers the id of an act or of a delivery and says whether it was known already.
func (r *run) seen(id string) bool {
	if r.known(id) {
		return true
	}
	if id == "" {
		return false
	}
	r.st.Recent = append(r.st.Recent, id)
	if len(r.st.Recent) > maxRecent {
		r.st.Recent = r.st.Recent[len(r.st.Recent)-maxRecent:]
	}
	return false
}

// maxRecent bounds the memory of ids; a repetition comes within minutes, not after hundreds of acts.
const maxRecent = 300
