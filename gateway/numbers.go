package gateway

import (
	"context"
	"net/url"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Take gives an incident its key and its page in the Temporal Web UI. The one numbering workflow counts; it is started
// by the first who asks. It is idempotent by RunID: as the update's id here, and in the numbering's own memory.
func (d *Incidents) Take(ctx context.Context, req contract.TakeNumberRequest) (contract.TakeNumberResult, error) {
	numbers := keeper{workflowID: contract.NumbersID, workflow: string(contract.Numbers), about: "incident numbers", state: contract.NumbersState{}}
	entry, err := ask(ctx, d, numbers, errand[contract.TakeNumberRequest, contract.NumberEntry]{name: contract.NumberUpdate, id: req.RunID, in: req})
	if err != nil {
		return contract.TakeNumberResult{}, failed("take an incident number", err)
	}
	d.places.learn([]contract.NumberEntry{entry})
	return contract.TakeNumberResult{Key: entry.Key, URL: d.address(req.WorkflowID, req.RunID)}, nil
}

// Address is the incident's page in the Temporal Web UI; it is empty where no Web UI is known.
func (d *Incidents) Address(ctx context.Context, key incident.Key) (string, error) {
	place, err := d.place(ctx, NormalKey(string(key)), 0)
	if err != nil {
		return "", err
	}
	return d.address(place.WorkflowID, place.RunID), nil
}

// address is a workflow's page in the Temporal Web UI.
func (d *Incidents) address(workflowID, runID string) string {
	if d.ui == "" {
		return ""
	}
	page := d.ui + "/namespaces/" + url.PathEscape(d.namespace) + "/workflows/" + url.PathEscape(workflowID)
	if runID != "" {
		page += "/" + url.PathEscape(runID) + "/history"
	}
	return page
}
