package runbooks

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestAdvice is what a runbook for whole incidents is told of its pages, severity by severity.
func TestAdvice(t *testing.T) {
	t.Parallel()
	const table = "roles: { commander: sre }\nseverities: { SEV1: { page: [commander], loud: true, look: 20m }, SEV2: { page: [], loud: false, look: 1m } }\n"
	const ending = "  lessons_learned: []\n"
	identify := func(steps string) string {
		return "phases:\n  identification:\n    " + strings.ReplaceAll(steps, "\n", "\n    ") + "\n" + ending
	}
	const late, silent = "S13 at SEV1 the first page ", "S11 nobody is paged at "
	tests := []struct {
		name, text string
		want       []string
	}{
		{name: "paged at once", text: identify("- page: commander")},
		{name: "in a branch", text: identify("- parallel:\n    slow: [{ wait: 1h }]\n    fast: [{ page: commander }]")},
		{name: "after a wait in the background", text: identify("- group: Look\n  background: true\n  steps: [{ wait: 1h }]\n- page: commander")},
		{name: "after a wait", text: identify("- wait: 11m\n- page: commander"), want: []string{late + "may come 11m after the declaration"}},
		{name: "after a wait that the worst severity skips", text: identify("- wait: 11m\n  if: level > 1\n- page: commander")},
		{name: "after an answer in the table's time", text: identify("- approve: Real?\n  timeout: ${{ policy.look }}\n- page: commander"), want: []string{late + "may come 20m after the declaration"}},
		{name: "after the slowest branch", text: identify("- parallel:\n    a: [{ wait: 6m }]\n    b: [{ wait: 12m }]\n- page: commander"), want: []string{late + "may come 12m after the declaration"}},
		{name: "after a task without an end", text: identify("- task: Look\n- page: commander"), want: []string{late + "waits until task is done"}},
		{name: "in a watch that fires at the start", text: identify("- wait: 1h\n- page: commander") + "watch:\n  - when: severity == \"SEV1\"\n    steps: [{ page: commander }]\n"},
		{
			name: "in a phase that starts at once", want: nil,
			text: "phases:\n  identification: [{ wait: 1h }]\n  containment: { start: policy.loud, steps: [{ page: commander }] }\n" + ending,
		},
		{name: "by the table, where one row is empty", text: identify("- page: ${{ policy.page }}"), want: []string{silent + "SEV2"}},
		{name: "under a condition", text: identify("- group: Loud\n  if: policy.loud\n  steps: [{ page: commander }]"), want: []string{silent + "SEV2"}},
		{name: "only when something is taken back", text: identify("- note: x\n  undo: [{ page: commander }]"), want: []string{silent + "any severity"}},
		{name: "by another runbook, which is not at hand", text: identify("- channel: x\n- runbook: other")},
		{name: "nobody", text: identify("- channel: x"), want: []string{silent + "any severity"}},
		{name: "a part of other runbooks", text: "phases: { recovery: [{ task: x }] }\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse("x.yaml", []byte("runbook: x\n"+table+tt.text))
			var got []string
			for _, p := range problems {
				got = append(got, string(p.Code)+" "+p.Message)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, tt.text)
			}
		})
	}
}
