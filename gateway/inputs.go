package gateway

import (
	"fmt"
	"maps"
	"strings"

	"github.com/musterbook/musterbook/runbooks"
)

// fillInputs checks what a person gives for a runbook's inputs and adds it to what the route gives. All problems are
// reported at once. Defaults are left to the incident.
func fillInputs(rb runbooks.Runbook, r Routed, given map[string]any) (map[string]any, error) {
	all := maps.Clone(r.Inputs)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, given)
	bound, err := rb.Bind(all)
	if err != nil {
		return nil, &Refusal{Kind: RefusedInput, What: strings.ReplaceAll(err.Error(), "\n", "; ")}
	}
	missing := missingInputs(rb, r, bound)
	if len(missing) > 0 {
		return nil, &Refusal{
			Kind: RefusedInput, What: fmt.Sprintf("runbook %s needs more inputs: %s", rb.ID, strings.Join(missing, ", ")),
			Hint: "give them as name=value",
		}
	}
	return bound, nil
}

// inputService is the input that every incident of a service has a value for.
const inputService = "service"

// missingInputs names the required inputs that nobody gave. An input called service is filled by the incident's own.
func missingInputs(rb runbooks.Runbook, r Routed, have map[string]any) []string {
	var out []string
	for _, in := range rb.Inputs {
		if in.Name == inputService && r.Service != "" {
			continue
		}
		if _, ok := have[in.Name]; !ok && in.Required && in.Default == nil {
			out = append(out, fmt.Sprintf("%s (%s)", in.Name, in.Type))
		}
	}
	return out
}

// routedInputs are the inputs that a route gives, as the runbook wants them. What the runbook does not take is passed
// on as it is, loudly: a fault of the configuration holds a step later on, and never the call to people.
func (d *Incidents) routedInputs(rb runbooks.Runbook, r Routed) map[string]any {
	bound, err := rb.Bind(r.Inputs)
	if err != nil {
		d.log.Error("a route gives inputs that its runbook does not take", "service", r.Service, "runbook", rb.ID, "error", err)
		return r.Inputs
	}
	return bound
}
