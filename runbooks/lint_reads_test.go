package runbooks

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReads is what expressions may read from where. Each runbook reads steps.a once; want is what F01 says of it.
func TestReads(t *testing.T) {
	t.Parallel()
	ask := "- ask: Well?\n  id: a\n  choices: [x, z]\n  timeout: 5m\n"
	phases := func(text string) string { return whole("", "phases:\n"+text) }
	const later = "cannot be known here: the step comes later"
	tests := []struct{ name, text, want string }{
		{name: "step above", text: block("- task: A\n  id: a\n- note: ${{ steps.a.note }}")},
		{name: "the state of any step", text: block("- note: ${{ steps.a.state }}\n- task: A\n  id: a")},
		{name: "above, in a group", text: block("- group: G\n  steps: [{ task: A, id: a }]\n- note: ${{ steps.a.note }}")},
		{name: "above, in a repeat", text: block("- repeat:\n  max: 2\n  steps: [{ task: A, id: a }]\n- note: ${{ steps.a.note }}")},
		{name: "above, in a branch of which all are waited for", text: block("- parallel:\n    x: [{ task: A, id: a }]\n- note: ${{ steps.a.note }}")},
		{
			name: "above, in a branch of which one is waited for", want: "may have no value here: parallel withdraws every branch but the first",
			text: block("- parallel:\n    x: [{ task: A, id: a }]\n    z: [{ task: B }]\n  join: any\n- note: ${{ steps.a.note }}"),
		},
		{name: "later in a repeat", text: block("- repeat:\n  max: 2\n  steps: [{ note: \"${{ steps.a.note }}\" }, { task: A, id: a }]"), want: later},
		{name: "below itself", text: block("- ask: ${{ steps.a.note }}?\n  choices: [x]\n  timeout: 5m\n  on_timeout: ask\n  case: { x: [{ task: A, id: a }] }"), want: later},
		{name: "the answer, in its case", text: block(ask + "  on_timeout: ask\n  case: { x: [{ note: \"${{ steps.a.choice }}\" }], z: [] }")},
		{
			name: "the answer, when there was none", want: "cannot be known here: these steps run when nobody answered",
			text: block(ask + "  on_timeout: [{ note: \"${{ steps.a.choice }}\" }]"),
		},
		{
			name: "an answer that may be missing", want: "may have no value here: a goes on without an answer",
			text: block(ask + "  on_timeout: continue\n- note: ${{ steps.a.choice }}"),
		},
		{name: "rounds, inside", text: block("- repeat:\n  id: a\n  max: 2\n  steps: [{ note: \"${{ steps.a.rounds }}\" }]"), want: "cannot be known here: the repeat has not ended"},
		{name: "one's own, in the undo", text: block("- task: A\n  id: a\n  undo: [{ note: \"${{ steps.a.note }}\" }]")},
		{name: "an undo", text: block("- note: A\n  undo: [{ task: B, id: a }]\n- note: ${{ steps.a.note }}"), want: "may have no value here: it runs only when"},
		{name: "a rescue", text: block("- http: GET https://x.example\n  on_failure: [{ task: B, id: a }]\n- note: ${{ steps.a.note }}"), want: "may have no value here: it runs only when"},
		{name: "a rescue, from what it rescues", text: block("- group: G\n  on_failure: [{ note: \"${{ steps.a.note }}\" }]\n  steps: [{ task: A, id: a }]"), want: "may have no value here: the group failed, perhaps before it"},
		{name: "a step after no", text: block("- approve: Go?\n  timeout: 5m\n  then: [{ note: \"${{ steps.a.note }}\" }]\n  else: [{ task: A, id: a }]"), want: "cannot be known here: the step runs in another case than this one"},
		{name: "a step after yes", text: block("- approve: Go?\n  timeout: 5m\n  then: [{ task: A, id: a }]\n  else: []\n- note: ${{ steps.a.note }}"), want: "may have no value here: it runs only when"},
		{name: "a step after yes, knowing of it", text: block("- approve: Go?\n  id: go\n  timeout: 5m\n  then: [{ task: A, id: a }]\n  else: []\n- note: ${{ steps.a.note }}\n  if: steps.go.approved")},
		{name: "a step of a case, in the same case of another step", text: block("- switch: severity\n  case: { SEV1: [{ task: A, id: a }, { group: G, steps: [{ note: \"${{ steps.a.note }}\" }] }] }")},
		{name: "the condition itself", text: block("- task: A\n  id: a\n  if: level == 1\n- note: B\n  if: steps.a.note == \"x\""), want: "may have no value here: a is skipped unless level == 1"},
		{name: "the condition itself, knowing", text: block("- task: A\n  id: a\n  if: level == 1\n- note: B\n  if: level == 1 && steps.a.note == \"x\"")},
		{name: "a condition that is always true", text: block("- task: A\n  id: a\n  if: true\n- note: ${{ steps.a.note }}")},
		{name: "a wait for a later step", text: block("- await: go\n  until: steps.a.note == \"x\"\n  timeout: 5m\n  on_timeout: ask\n- task: A\n  id: a")},
		{name: "an item's step, in the item", text: block("- for_each: incident.services\n  as: s\n  steps: [{ task: A, id: a }, { note: \"${{ steps.a.note }}\" }]")},
		{
			name: "an item's step, waited for from outside", want: "cannot be known here: the step runs once for each item",
			text: block("- for_each: incident.services\n  as: s\n  steps: [{ task: A, id: a }]\n- await: go\n  until: steps.a.note == \"x\"\n  timeout: 5m\n  on_timeout: ask"),
		},
		{name: "an earlier phase", text: phases("  containment: [{ task: A, id: a }]\n  recovery: [{ note: \"${{ steps.a.note }}\" }]\n")},
		{name: "a later phase", text: phases("  containment: [{ note: \"${{ steps.a.note }}\" }]\n  recovery: [{ task: A, id: a }]\n"), want: later},
		{
			name: "an earlier phase that may not have come so far", want: "may have no value here: recovery may start before a",
			text: phases("  containment: [{ task: A, id: a }]\n  recovery: { start: level == 1, steps: [{ note: \"${{ steps.a.note }}\" }] }\n"),
		},
		{name: "what the phase waited for", text: phases("  containment: [{ task: A, id: a }, { task: B, id: b }]\n  recovery: { start: steps.b.note != \"\", steps: [{ note: \"${{ steps.a.note }}\" }] }\n")},
		{name: "a watch", text: phases("  containment: [{ note: \"${{ steps.a.note }}\" }]\nwatch: [{ every: 5m, steps: [{ task: A, id: a }] }]\n"), want: "may have no value here: a runs only when its watch fires"},
		{name: "from a watch", text: phases("  containment: [{ task: A, id: a }]\nwatch: [{ every: 5m, if: steps.a.state == \"done\", steps: [{ note: \"${{ steps.a.note }}\" }] }]\n")},
		{name: "finally", text: phases("  containment: [{ note: \"${{ steps.a.id }}\" }]\nfinally: [{ note: A, id: a }]\n"), want: "cannot be known here: the step runs when the incident closes"},
		{name: "within finally", text: phases("  containment: []\nfinally: [{ note: A, id: a }, { note: \"${{ steps.a.id }}\" }]\n")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, problems := Parse("x.yaml", []byte(tt.text))
			var got []string
			for _, p := range problems {
				if p.Code == CodeTooEarly {
					got = append(got, p.Message)
				} else if !p.Warning {
					t.Errorf("the test itself is wrong: %s\n%s", p, tt.text)
				}
			}
			switch {
			case tt.want == "" && len(got) > 0, tt.want != "" && len(got) != 1:
				t.Errorf("found %q\n%s", got, tt.text)
			case tt.want != "" && !strings.Contains(got[0], tt.want):
				t.Errorf("(-want +got)\n%s", cmp.Diff(tt.want, got[0]))
			}
		})
	}
}
