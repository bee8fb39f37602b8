package contract_test

import (
	"slices"
	"testing"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// TestPermissions: there is a rule for everything that people do, with words for who is refused, and none that means
// nothing.
func TestPermissions(t *testing.T) {
	t.Parallel()
	all := contract.Permissions()
	for _, verb := range contract.Verbs() {
		if known := slices.Contains(all, incident.Permission(verb)); known == (verb == contract.VerbSeverity) {
			t.Errorf("a rule about %s: %v", verb, known)
		}
	}
	for _, what := range []incident.Permission{
		incident.MayDeclare, incident.MayAck, incident.MayDecline, incident.MayRaise, incident.MayLower, incident.MayAssign, incident.MayResolve, incident.MayCancel,
	} {
		if !slices.Contains(all, what) {
			t.Errorf("the domain knows %s, which is no verb", what)
		}
	}
	for _, what := range all {
		if what.Deed() == string(what) && !slices.Contains([]string{"approve", "reject", "escalate"}, string(what)) {
			t.Errorf("nobody has said in words what %s is", what)
		}
	}
	if len(all) != len(contract.Verbs())+2 {
		t.Errorf("there are %d rules for %d verbs", len(all), len(contract.Verbs()))
	}
}
