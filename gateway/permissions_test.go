package gateway_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// inputOf is what an incident was begun with.
func inputOf(t *testing.T, workflowID string) contract.IncidentInput {
	t.Helper()
	events := shared.client.GetWorkflowHistory(t.Context(), workflowID, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	first, err := events.Next()
	if err != nil {
		t.Fatal(err)
	}
	var in contract.IncidentInput
	started := first.GetWorkflowExecutionStartedEventAttributes().GetInput()
	if err := converter.GetDefaultDataConverter().FromPayloads(started, &in); err != nil {
		t.Fatal(err)
	}
	return in
}

// TestDeclarePermissions: who may not declare is told who may, before anything is begun; an alert is never asked. Whatever
// begins takes the rules along that are in force then.
func TestDeclarePermissions(t *testing.T) {
	t.Parallel()
	rules := incident.DefaultPermissions()
	rules.Rules[incident.MayDeclare] = []incident.Grant{{Kind: incident.GrantPerson, Name: "Ana Lima", Person: "ana"}}
	d := newDoor(t, func(o *gateway.Options, _ *gateway.ServerConfig) {
		o.Permissions = func() *incident.Permissions { return &rules }
	})
	eve := incident.Actor{Name: "Eve", Door: incident.DoorSlack, Verified: true}
	_, err := d.Declare(t.Context(), gateway.NewIncident{Title: "it burns", Service: "basket", By: eve})
	var refusal *gateway.Refusal
	if !errors.As(err, &refusal) || *refusal != (gateway.Refusal{What: "only Ana Lima may declare incidents", Hint: "ask them"}) {
		t.Errorf("Eve is answered %#v", err)
	}
	begun := d.declared(t, func(n *gateway.NewIncident) {
		n.By = incident.Actor{Person: "ana", Name: "Ana Lima", Door: incident.DoorSlack}
	})
	taken, err := d.Alerts(t.Context(), gateway.Delivery{Source: "alertmanager", Key: own(t), Alerts: []incident.Alert{{Fingerprint: "f", Title: "Errors"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{begun.WorkflowID, taken[0].WorkflowID} {
		if diff := cmp.Diff(&rules, inputOf(t, id).Permissions); diff != "" {
			t.Errorf("the rules of %s (-want +got):\n%s", id, diff)
		}
	}
	free := newDoor(t).declared(t, func(n *gateway.NewIncident) { n.By = eve })
	if in := inputOf(t, free.WorkflowID); in.Permissions != nil {
		t.Errorf("without rules there are %+v", in.Permissions)
	}
}
