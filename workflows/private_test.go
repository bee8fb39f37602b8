package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// TestDeclaredPrivate: an incident that was declared private is, although its runbook is not: its room is by invitation,
// and nothing reaches customers before whoever has command has read it.
func TestDeclaredPrivate(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, around("", "- update: customers\n  message: We look into it\n- note: sent")))
	s.phones(everybody())
	s.stopAt(10 * time.Hour)
	s.in.Declaration.Private = true
	s.act(time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ben"), Step: "update"})
	text := lines(s)
	rest := text
	for _, want := range []string{"May it leave?", "answer: Ben: Send it", "update customers []: We look into it"} {
		_, after, ok := strings.Cut(rest, want)
		if !ok {
			t.Fatalf("no %q in\n%s", want, text)
		}
		rest = after
	}
}
