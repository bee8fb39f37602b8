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
	shop   *Workflows
	engine workflow.Version // of the interpreter, as this run has begun with it
	in     contract.IncidentInput
	st     *contract.State
	inc    *incident.Incident

	scope *scope                   // the incident's own runbook
	own   *lane                    // of what stands outside the phases
	lanes map[incident.Phase]*lane // of the phases that have begun in this run
	// watchLanes are those of the watches' present runs, by path.
	watchLanes map[string]*lane
	// active are the steps that this run executes, by key: how each is withdrawn.
	active map[string]workflow.CancelFunc
	// polls are requests that a cut takes back and the next run makes again, by the step's key.
	polls map[string]workflow.CancelFunc
	// pageNodes are the steps whose pages are under way, by the page's key, for durations that are read again.
	pageNodes map[string]*node
	raised    bool                   // the severity has changed, and what follows from it has not been done
	catching  map[incident.Phase]int // branches that catch up, by phase; the phase starts no further step
	upgrade   *contract.Act          // a newer runbook, for the next run

	effects   int  // effects in flight; a cut waits until there are none
	draining  bool // a cut or the end is near: no new step, no new delivery
	retimes   int  // how often durations may have changed, so that waits read theirs again
	lookups   int  // how many questions to the roster are under way; what is shown waits for them
	driving   map[string]bool
	following map[string]bool     // attempts that are followed, by the provider's id
	hungUp    map[string]bool     // calls that this run has hung up, or has tried to, by the provider's id
	stopChat  workflow.CancelFunc // ends the outbox's present delivery
	unmarked  time.Time           // until when the bookmarks rest after they could not be set
	pump      *pump
	late      []incident.Alert // alerts that fired again after the end: a new incident
	handed    bool             // the review has the state: what comes now goes there
	forward   []forwarded
	halted    bool // the review was cancelled
	recorded  int  // the newest timeline entry that the record holds
}

// newRun takes up the state, or makes the first one.
func (w *Workflows) newRun(ctx workflow.Context, in contract.IncidentInput) (*run, error) {
	var extra []runbooks.Step
	if in.State != nil {
		extra = in.State.AdHoc
	}
	plan, err := w.Plans.Plan(in.Hash, &in.Runbook, extra)
	if err != nil {
		return nil, fmt.Errorf("compile runbook %s: %w", in.Runbook.ID, err)
	}
	r := &run{
		shop: w, in: in, st: in.State, driving: map[string]bool{}, hungUp: map[string]bool{}, following: map[string]bool{},
		own: &lane{}, lanes: map[incident.Phase]*lane{},
		active: map[string]workflow.CancelFunc{}, polls: map[string]workflow.CancelFunc{}, pageNodes: map[string]*node{},
		catching: map[incident.Phase]int{}, watchLanes: map[string]*lane{},
	}
	r.scope = &scope{rb: &r.in.Runbook, plan: plan}
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
	if r.st.Phases == nil {
		r.st.Phases = map[incident.Phase]*contract.PhaseRun{}
	}
	if r.st.Watches == nil {
		r.st.Watches = map[string]*contract.WatchRun{}
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
		DeclaredBy: d.By, Runbook: in.Runbook.ID, RunbookHash: in.Hash, Severities: severities,
		Private: in.Runbook.Private || d.Private,
	}
	if d.Drill {
		becomeDrill(&inc, d)
	}
	inc.Codename = codename(inc.ID)
	if slices.Contains(severities, d.Severity) {
		inc.Severity = d.Severity
	}
	return &contract.State{Incident: inc, Inputs: d.Inputs, Pass: 1, Announce: d.Announce, ArchiveAfter: d.ArchiveAfter, Statuses: d.Statuses}
}

// Bounds of what a declaration says, in bytes: it is repeated in messages, calls and search attributes.
const (
	maxTitle   = 300
	maxSummary = 2000
)

// now is the workflow's clock in UTC.
func now(ctx workflow.Context) time.Time { return workflow.Now(ctx).UTC() }

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
