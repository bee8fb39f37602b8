package gateway

import (
	"slices"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Offer is what a declaration of a service by a runbook can say.
type Offer struct {
	Runbook    string               // the id of the one that would be followed
	Severity   incident.Severity    // the service's; empty = none
	Severities []incident.Severity  // of the runbook, worst first
	Roles      []string             // of the runbook
	Private    bool                 // the runbook is
	Inputs     []incident.FormField // what the service gives is their default
}

// Offer says what can be declared of a service by a runbook; without a runbook it is the service's, and without a
// service the default one. It answers from memory and has no effect. Errors: *Refusal for a name that is not known.
func (d *Incidents) Offer(service, runbook string) (Offer, error) {
	r, err := d.routeOf(NewIncident{Service: service})
	if err != nil {
		return Offer{}, err
	}
	rb, _, err := d.runbookOf(NewIncident{Runbook: runbook}, r)
	if err != nil {
		return Offer{}, err
	}
	out := Offer{Runbook: rb.ID, Private: rb.Private, Roles: rb.RoleNames()}
	for _, name := range rb.SeverityNames() {
		out.Severities = append(out.Severities, incident.Severity(name))
	}
	if slices.Contains(out.Severities, r.Severity) {
		out.Severity = r.Severity
	}
	for _, f := range contract.FormOf(rb.Inputs) {
		if f.Name == inputService && r.Service != "" {
			continue
		}
		if given, ok := r.Inputs[f.Name]; ok {
			f.Default = given
		}
		out.Inputs = append(out.Inputs, f)
	}
	return out, nil
}
