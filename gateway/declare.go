package gateway

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// NewIncident is an incident that a person declares.
type NewIncident struct {
	Title       string
	Summary     string
	Type        string
	Service     string // empty = none; the roster's default way is taken
	Severity    incident.Severity
	Runbook     string // empty = the service's
	Environment string
	Labels      map[string]string
	Inputs      map[string]any // texts are read as the type that the runbook wants
	Private     bool           // by invitation only, although the runbook is not
	Drill       bool           // nothing is done but in a room of its own
	DrillRoom   string         // of a drill; empty = the usual one
	Telephones  bool           // of a drill: people are really called
	By          incident.Actor
	// RequestID makes the declaration repeatable: the same id never begins a second incident. Empty = always a new one.
	RequestID string
}

// Declared is an incident that was begun.
type Declared struct {
	Key        incident.Key `json:"key,omitempty"` // empty while no worker has given it
	WorkflowID string       `json:"workflow_id"`
	RunID      string       `json:"run_id"`
	URL        string       `json:"url,omitempty"`
	Again      bool         `json:"again,omitempty"` // the request was a repetition; nothing was begun
	DrillRoom  string       `json:"drill_room,omitempty"`
}

// Declare begins an incident. It is idempotent by RequestID, whatever else the request holds, for as long as Temporal
// keeps the incident.
func (d *Incidents) Declare(ctx context.Context, n NewIncident) (Declared, error) {
	input, err := d.declaration(n)
	if err != nil {
		return Declared{}, err
	}
	request := n.RequestID
	if request == "" {
		request = rand.Text()
	}
	out := Declared{WorkflowID: "incident/" + digestOf("person", request), DrillRoom: input.Declaration.DrillRoom}
	run, err := d.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: out.WorkflowID, TaskQueue: contract.QueueMain, WorkflowTaskTimeout: contract.TaskTimeout, StaticSummary: headline(input.Declaration),
		WorkflowIDReusePolicy:                    enumspb.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
		WorkflowIDConflictPolicy:                 enumspb.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
		WorkflowExecutionErrorWhenAlreadyStarted: true,
	}, string(contract.Incident), input)
	var known *serviceerror.WorkflowExecutionAlreadyStarted
	switch {
	case errors.As(err, &known):
		return d.declaredBefore(ctx, out, known.RunId)
	case err != nil:
		d.counts.away.Add(1)
		return Declared{}, failed("declare "+n.Title, err)
	}
	if !n.Drill {
		d.counts.declared.Add(1)
	}
	out.RunID, out.URL = run.GetRunID(), d.address(out.WorkflowID, run.GetRunID())
	// The incident asks for its number by the same run id, so whoever comes first, it is the same number.
	number, err := d.Take(ctx, contract.TakeNumberRequest{
		WorkflowID: out.WorkflowID, RunID: out.RunID, Title: input.Declaration.Title,
		Service: input.Declaration.Service, Drill: n.Drill, At: input.Declaration.At,
	})
	if err != nil {
		d.log.Warn("incident declared; its number is not known yet", "workflow", out.WorkflowID, "error", err)
		return out, nil
	}
	out.Key = number.Key
	return out, nil
}

// declaredBefore answers a repeated declaration with the incident that the first one began.
func (d *Incidents) declaredBefore(ctx context.Context, out Declared, runID string) (Declared, error) {
	out.RunID, out.URL, out.Again = runID, d.address(out.WorkflowID, runID), true
	snapshot, err := query(ctx, d, question[contract.None, contract.Snapshot]{workflowID: out.WorkflowID, runID: runID, name: contract.Show})
	if err != nil {
		d.log.Warn("declaration repeated; the incident's number is not known yet", "workflow", out.WorkflowID, "error", err)
		return out, nil
	}
	out.Key, out.RunID, out.DrillRoom = snapshot.Incident.Key, snapshot.Incident.ID, snapshot.Incident.DrillRoom
	out.URL = d.address(out.WorkflowID, out.RunID)
	return out, nil
}

// declaration checks what a person declares and completes it from the roster.
func (d *Incidents) declaration(n NewIncident) (contract.IncidentInput, error) {
	if d.routes == nil || d.runbooks == nil {
		return contract.IncidentInput{}, errors.New("no routes and runbooks are loaded: nothing can be declared here")
	}
	n.Title = strings.TrimSpace(n.Title)
	if n.Title == "" {
		return contract.IncidentInput{}, &Refusal{Kind: RefusedInput, What: "an incident needs a title", Hint: "say in a few words what is broken"}
	}
	if err := n.becomeDrill(); err != nil {
		return contract.IncidentInput{}, err
	}
	permissions := d.permissions()
	if err := permissions.May(incident.MayDeclare, n.By, nil); err != nil {
		return contract.IncidentInput{}, ruled(err)
	}
	r, err := d.routeOf(n)
	if err != nil {
		return contract.IncidentInput{}, err
	}
	rb, hash, err := d.runbookOf(n, r)
	if err != nil {
		return contract.IncidentInput{}, err
	}
	inputs, err := fillInputs(rb, r, n.Inputs)
	if err != nil {
		return contract.IncidentInput{}, err
	}
	severity := n.Severity
	if severity == "" && hasSeverity(rb, r.Severity) {
		severity = r.Severity
	}
	if severity != "" && !hasSeverity(rb, severity) {
		return contract.IncidentInput{}, &Refusal{
			Kind: RefusedInput, What: fmt.Sprintf("unknown severity %q", severity), Hint: "one of: " + severities(rb),
		}
	}
	return contract.IncidentInput{
		Declaration: contract.Declaration{
			Title: n.Title, Summary: n.Summary, Type: cmp.Or(n.Type, r.Type), Service: r.Service, Team: r.Team,
			Source: "person", Environment: cmp.Or(n.Environment, r.Environment), Labels: n.Labels, Severity: severity,
			By: n.By, At: d.now().UTC(), Inputs: inputs, Private: n.Private, Drill: n.Drill,
			DrillRoom: n.DrillRoom, Telephones: n.Telephones, Announce: r.Announce, ArchiveAfter: r.ArchiveAfter,
			Statuses: r.Statuses,
		},
		Runbook: rb, Hash: hash, Permissions: permissions,
	}, nil
}

// becomeDrill completes what is said of a drill, and marks its title wherever that goes. Who speaks of a drill's room and
// does not ask for a drill is stopped: the incident would be real.
func (n *NewIncident) becomeDrill() error {
	switch {
	case n.Drill:
		n.Title, n.DrillRoom = incident.AsDrill(n.Title), incident.DrillRoom(n.DrillRoom)
	case n.DrillRoom != "" || n.Telephones:
		return &Refusal{Kind: RefusedInput, What: "drill_room and drill_telephones are of drills, and this is none", Hint: "say drill: true"}
	}
	return nil
}

// routeOf asks the roster about the service; without one the labels decide.
func (d *Incidents) routeOf(n NewIncident) (Routed, error) {
	if n.Service == "" {
		return d.routes.Route(n.Labels), nil
	}
	r, ok := d.routes.Service(n.Service)
	if !ok {
		return Routed{}, &Refusal{
			Kind: RefusedInput, What: fmt.Sprintf("unknown service %q", n.Service),
			Hint: "one of: " + strings.Join(d.routes.Services(), ", "),
		}
	}
	return r, nil
}

// runbookOf is the runbook that a person named, who hears about a wrong name, else the route's.
func (d *Incidents) runbookOf(n NewIncident, r Routed) (runbooks.Runbook, string, error) {
	if n.Runbook == "" {
		return d.runbookFor(r)
	}
	rb, hash, err := d.runbooks.Runbook(n.Runbook)
	if err != nil {
		return runbooks.Runbook{}, "", &Refusal{Kind: RefusedInput, What: fmt.Sprintf("runbook %q cannot be used: %v", n.Runbook, err)}
	}
	return rb, hash, nil
}

// runbookFor is the route's runbook. One that cannot be had gives way to the default: the fault is in the
// configuration, and people must be called all the same.
func (d *Incidents) runbookFor(r Routed) (runbooks.Runbook, string, error) {
	name := cmp.Or(r.Runbook, d.defaultRunbook)
	rb, hash, err := d.runbooks.Runbook(name)
	if err == nil {
		return rb, hash, nil
	}
	if d.defaultRunbook == "" || name == d.defaultRunbook {
		return runbooks.Runbook{}, "", fmt.Errorf("load runbook %q: %w", name, err)
	}
	d.log.Error("runbook cannot be had; the default is used instead",
		"service", r.Service, "runbook", name, "default", d.defaultRunbook, "error", err)
	rb, hash, err = d.runbooks.Runbook(d.defaultRunbook)
	if err != nil {
		return runbooks.Runbook{}, "", fmt.Errorf("load default runbook %q: %w", d.defaultRunbook, err)
	}
	return rb, hash, nil
}

// hasSeverity says whether the runbook's table has the severity.
func hasSeverity(rb runbooks.Runbook, s incident.Severity) bool {
	return slices.ContainsFunc(rb.Severities, func(row runbooks.SeverityRow) bool { return row.Severity == s })
}

// severities lists the severities of a runbook, worst first.
func severities(rb runbooks.Runbook) string {
	return strings.Join(rb.SeverityNames(), ", ")
}
