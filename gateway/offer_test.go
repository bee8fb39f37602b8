//go:build !noengine

package gateway_test

import (
	"testing"

	"github.com/musterbook/musterbook/gateway"
)

// TestOffer: what a service gives stands there already, and names that are not known are refused.
func TestOffer(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	o, err := d.Offer("basket", "")
	if err != nil || o.Runbook != "outage" || len(o.Severities) != 3 || o.Severities[0] != "SEV1" || o.Private {
		t.Fatalf("%+v, %v", o, err)
	}
	var names []string
	for _, f := range o.Inputs {
		if f.Name == "service" {
			t.Error("a service asks for itself")
		}
		names = append(names, f.Name)
	}
	if len(names) == 0 {
		t.Error("the runbook's inputs are not offered")
	}
	if without, err := d.Offer("", "outage"); err != nil || len(without.Inputs) != len(names)+1 {
		t.Errorf("without a service: %+v, %v", without, err)
	}
	if _, err := d.Offer("bascet", ""); err == nil {
		t.Error("an unknown service is offered")
	}
	_, err = d.Offer("basket", "lost")
	wantRefusal(t, err, gateway.Refusal{Kind: gateway.RefusedInput, What: `runbook "lost" cannot be used: there is no runbook "lost"`})
}
