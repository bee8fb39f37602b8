package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// TestSetSeverity is the table of every change between three severities.
func TestSetSeverity(t *testing.T) {
	t.Parallel()
	const known = " (one of: SEV1, SEV2, SEV3)"
	tests := []struct {
		name    string
		from    incident.Severity
		change  incident.SeverityChange
		refusal string
		line    string
	}{
		{name: "first, worst", change: incident.SeverityChange{To: "SEV1"}, line: "severity: Ana sets SEV1"},
		{name: "first, least, without a reason", change: incident.SeverityChange{To: "SEV3"}, line: "severity: Ana sets SEV3"},
		{name: "first, with a reason", change: incident.SeverityChange{To: "SEV2", Reason: "half of them"}, line: "severity: Ana sets SEV2 – half of them"},
		{name: "raise", from: "SEV3", change: incident.SeverityChange{To: "SEV1"}, line: "severity: Ana changes SEV3 to SEV1"},
		{name: "lower with a reason", from: "SEV1", change: incident.SeverityChange{To: "SEV2", Reason: "one region"}, line: "severity: Ana changes SEV1 to SEV2 – one region"},
		{name: "lower without", from: "SEV1", change: incident.SeverityChange{To: "SEV2"}, refusal: "lowering SEV1 to SEV2 needs a reason (say why with a reason)"},
		{name: "lower with blanks", from: "SEV2", change: incident.SeverityChange{To: "SEV3", Reason: " \t\n"}, refusal: "lowering SEV2 to SEV3 needs a reason (say why with a reason)"},
		{name: "the same", from: "SEV2", change: incident.SeverityChange{To: "SEV2", Reason: "again"}, refusal: "INC-1 is SEV2 already"},
		{name: "unknown", change: incident.SeverityChange{To: "SEV9"}, refusal: `unknown severity "SEV9"` + known},
		{name: "lower case", change: incident.SeverityChange{To: "sev1"}, refusal: `unknown severity "sev1"` + known},
		{name: "empty", from: "SEV1", change: incident.SeverityChange{Reason: "why"}, refusal: `unknown severity ""` + known},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			i.Severity = test.from
			before := frozen(t, i)
			checked := i.CheckSeverity(test.change)
			if frozen(t, i) != before {
				t.Error("the check has changed something")
			}
			err := i.SetSeverity(at(time.Minute), person("ana"), test.change)
			if test.refusal != "" {
				refused(t, checked, test.refusal)
				refused(t, err, test.refusal)
				if frozen(t, i) != before {
					t.Error("a refused change has changed something")
				}
				return
			}
			must(t, checked)
			must(t, err)
			differs(t, "lines", []string{test.line}, news(i, 1))
			if i.Severity != test.change.To || i.Timeline[1].By != person("ana") {
				t.Errorf("severity %s by %+v", i.Severity, i.Timeline[1].By)
			}
		})
	}
	refused(t, finished(t).SetSeverity(start, person("ana"), incident.SeverityChange{To: "SEV1"}),
		"INC-1 is closed (resolved) (declare a new one if the trouble is back)")
}

// TestSeverityAnswersItsQuestion: whoever sets it answers the question that waits for it, and no other.
func TestSeverityAnswersItsQuestion(t *testing.T) {
	t.Parallel()
	i := declared()
	i.Ask(start, incident.Question{Key: "severity/1", Step: "severity", Kind: incident.QuestionSeverity, Chain: ids("ben")})
	i.Ask(start, incident.Question{Key: "ask/1", Step: "ask", Kind: incident.QuestionAsk})
	must(t, i.SetSeverity(at(time.Minute), person("ana"), incident.SeverityChange{To: "SEV2"}))
	q := i.Question("severity/1")
	if q.State != incident.QuestionAnswered || q.Choice != "SEV2" || q.By != person("ana") || !q.ClosedAt.Equal(at(time.Minute)) {
		t.Errorf("the question is %+v", q)
	}
	if i.Question("ask/1").State != incident.QuestionOpen {
		t.Error("another question was answered too")
	}
	must(t, i.SetSeverity(at(time.Hour), person("ben"), incident.SeverityChange{To: "SEV1"}))
	if q := i.Question("severity/1"); q.By != person("ana") {
		t.Errorf("a later change answers again: %+v", q)
	}
}

// TestLevel ranks the severities; what is not set counts as the worst.
func TestLevel(t *testing.T) {
	t.Parallel()
	for severity, want := range map[incident.Severity]int{"SEV1": 1, "SEV2": 2, "SEV3": 3, "": 1, "gone": 1} {
		i := declared()
		i.Severity = severity
		if got := i.Level(); got != want {
			t.Errorf("%q has rank %d, want %d", severity, got, want)
		}
	}
}
