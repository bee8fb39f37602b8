package gateway_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
)

// Whoever asks where an incident stands reads the same everywhere, with the last five lines of its timeline.
func TestStandingAsText(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)
	s := contract.Snapshot{Incident: incident.Incident{Key: "INC-1", Title: "it burns", Severity: "SEV1", Phase: incident.Containment, DeclaredAt: at}}
	for n := range 7 {
		s.Incident.Timeline = append(s.Incident.Timeline, incident.Entry{Seq: n + 1, At: at, Text: fmt.Sprint("line ", n+1)})
	}
	text := gateway.Standing(s)
	for _, want := range []string{"INC-1 · it burns", "Severity: SEV1", "Incident manager: nobody yet", "• line 3 at 2026-03-01 01:30 UTC", "• line 7 at"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "line 2") {
		t.Errorf("too many lines:\n%s", text)
	}
}
