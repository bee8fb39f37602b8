package runbooks

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// whole is a runbook whose phases are given by the test, with everything that expressions may read.
func whole(head, phases string) string {
	if head == "" {
		head = "roles: { commander: sre, owner: pay }\n"
	}
	return "runbook: small\n" + head + phases
}

// TestRules has for each rule a runbook that breaks it, and the nearest one that does not.
func TestRules(t *testing.T) {
	t.Parallel()
	recovery := "phases: { recovery: [] }\n"
	tests := []struct{ name, bad, problem, good string }{
		{
			name: "P01 tab", bad: "runbook: x\nphases:\n\trecovery: []\n",
			problem: `x.yaml:3:1: P01 found character that cannot start any token (indent with spaces, not tabs)`,
			good:    whole("", "phases:\n  recovery: []\n"),
		},
		{
			name: "P01 expression in a flow map", bad: block("- note: { a: ${{ x }} }"),
			problem: "x.yaml:6:18: P01 did not find expected ',' or '}' (quote ${{ }} inside { }: { service: \"${{ inputs.service }}\" })",
			good:    block(`- ask: "A: b?"` + "\n  choices: { a: \"${{ severity }}\" }\n  timeout: 1m\n  on_timeout: ask"),
		},
		{
			name: "P01 colon in text", bad: block("- say: Attention: it burns"),
			problem: "x.yaml:6:21: P01 mapping values are not allowed in this context (quote text that contains a colon and a space)",
			good:    block(`- say: "Attention: it burns"`),
		},
		{
			name: "P01 tag", bad: block("- say: !!binary aGVsbG8="),
			problem: "x.yaml:6:12: P01 the tag !!binary is not used in runbooks (remove it)", good: block("- say: hello"),
		},
		{
			name: "P01 two documents", bad: minimal() + "---\n" + minimal(),
			problem: "x.yaml:4:1: P01 a second document begins here (one file holds one runbook)", good: "---\n" + minimal(),
		},
		{
			name: "P01 not UTF-8", bad: "runbook: \xff\n", problem: "x.yaml:1:1: P01 the file is not UTF-8 text", good: "\ufeff" + minimal(),
		},
		{
			name: "P02 key", bad: block("- note: a\n  name: b\n  name: c"),
			problem: `x.yaml:8:7: P02 key "name" stands here twice (the first is in line 7)`, good: block("- note: a\n  name: b"),
		},
		{
			name: "P02 choice", bad: block("- ask: Well?\n  choices: [a, a]\n  timeout: 1m\n  on_timeout: ask"),
			problem: `x.yaml:7:20: P02 choice "a" stands here twice`, good: block("- ask: Well?\n  choices: [a, b]\n  timeout: 1m\n  on_timeout: ask"),
		},
		{
			name: "P03 document", bad: minimal() + "titel: x\n",
			problem: `x.yaml:4:1: P03 unknown key "titel" of a runbook (did you mean "title"?)`, good: minimal() + "title: x\n",
		},
		{
			name: "P03 field", bad: block("- page: owner\n  esclate: [commander]"),
			problem: `x.yaml:7:7: P03 unknown field "esclate" of page (did you mean "escalate"?)`, good: block("- page: owner\n  escalate: [commander]"),
		},
		{
			name: "P03 field of another kind", bad: block("- wait: 5m\n  timeout: 1m"),
			problem: `x.yaml:7:7: P03 unknown field "timeout" of wait (known: id, name, if, background, undo, catch_up)`, good: block("- task: x\n  timeout: 1m"),
		},
		{
			name: "P03 phase", bad: whole("", "phases: { recovery: { gaol: x, steps: [] } }\n"),
			problem: `x.yaml:3:23: P03 unknown key "gaol" of a phase (did you mean "goal"?)`, good: whole("", "phases: { recovery: { goal: x, steps: [] } }\n"),
		},
		{
			name: "P03 reaction", bad: block("- task: x\n  timeout: 1m\n  on_timeout: contineu"),
			problem: `x.yaml:8:19: P03 on_timeout of task cannot be "contineu" (did you mean "continue"?)`, good: block("- task: x\n  timeout: 1m\n  on_timeout: continue"),
		},
		{
			name: "P03 reaction of another kind", bad: block("- task: x\n  timeout: 1m\n  on_timeout: reject"),
			problem: `x.yaml:8:19: P03 on_timeout of task cannot be "reject" (known: ask, continue, escalate, [steps])`, good: block("- approve: x\n  timeout: 1m\n  on_timeout: reject"),
		},
		{
			name: "P03 choosing", bad: block("- task: x\n  timeout: 1m\n  on_timeout: { choose: x }"),
			problem: `x.yaml:8:19: P03 on_timeout of task cannot choose (known: ask, continue, escalate, [steps])`, good: block("- await: severity\n  timeout: 1m\n  on_timeout: { choose: SEV1 }"),
		},
		{
			name: "P03 word", bad: block("- page: owner\n  via: [cal]"),
			problem: `x.yaml:7:13: P03 via cannot be "cal" (did you mean "call"?)`, good: block("- page: owner\n  via: [call]"),
		},
		{
			name: "P03 need", bad: block("- page: owner\n  need: both"),
			problem: `x.yaml:7:13: P03 need is any, all or a number, found "both"`, good: block("- page: owner\n  need: all"),
		},
		{
			name: "P03 ending", bad: block("- end: fixed"),
			problem: `x.yaml:6:12: P03 end cannot be "fixed" (known: resolved, false_alarm, duplicate)`, good: block("- end: resolved"),
		},
		{
			name: "P03 shape", bad: block("- say: [a, b]"),
			problem: "x.yaml:6:12: P03 say takes text, found a list", good: block("- say: a"),
		},
		{
			name: "P03 shape of a block", bad: whole("", "phases: { recovery: now }\n"),
			problem: "x.yaml:3:21: P03 a block of steps takes a list, found one value", good: whole("", recovery),
		},
		{
			name: "P03 language", bad: minimal() + "language: 2\n",
			problem: "x.yaml:4:11: P03 language 2 is not known (this version reads language 1)", good: minimal() + "language: 1\n",
		},
		{
			name: "P04 hash", bad: block("- channel: #inc-${{ incident.key }}"),
			problem: `x.yaml:6:15: P04 empty value: an unquoted # starts a comment (write channel: "#inc-${{ incident.key }}")`, good: block(`- channel: "#inc-${{ incident.key }}"`),
		},
		{
			name: "P04 nothing", bad: block("- say:"),
			problem: "x.yaml:6:11: P04 empty value (say takes text)", good: block(`- say: ""`),
		},
		{
			name: "P04 null", bad: block("- say: null"),
			problem: `x.yaml:6:12: P04 say is null, which means nothing (quote it if you mean the word: "null")`, good: block(`- say: "null"`),
		},
		{
			name: "P04 kind without value", bad: block("- page"),
			problem: "x.yaml:6:7: P04 page has no value (write page: and what it takes)", good: block("- page: owner"),
		},
		{
			name: "P04 required field", bad: block("- ask: Well?\n  timeout: 1m\n  on_timeout: ask"),
			problem: "x.yaml:6:7: P04 ask needs choices (or a form)", good: block("- ask: Well?\n  choices: [a]\n  timeout: 1m\n  on_timeout: ask"),
		},
		{
			name: "P04 no id", bad: "roles: { commander: sre }\nphases: { recovery: [] }\n",
			problem: "x.yaml:1:1: P04 a runbook needs an id (write runbook: its-id)", good: minimal(),
		},
		{
			name: "P04 no phases", bad: "runbook: x\nroles: { commander: sre }\n",
			problem: "x.yaml:1:1: P04 a runbook needs phases (write phases: and at least one of identification, containment, eradication, recovery, lessons_learned)", good: minimal(),
		},
		{
			name: "P04 duplicate of nothing", bad: block("- end: duplicate"),
			problem: "x.yaml:6:7: P04 end: duplicate needs of (name the other incident)", good: block("- end: duplicate\n  of: INC-1"),
		},
		{
			name: "P04 empty file", bad: "# nothing\n", problem: "x.yaml:1:1: P04 the file is empty (a runbook begins with `runbook: its-id`)", good: minimal(),
		},
		{
			name: "P05 misspelt kind", bad: block("- pages: owner"),
			problem: `x.yaml:6:7: P05 "pages" is not a kind of step (did you mean "page"?; the kinds are channel, page, await, assign, say, ask, approve, task, wait, note, severity, end, bridge, ticket, assess, update, evidence, http, run, action, postmortem, runbook, parallel, for_each, repeat, switch, group, set, revert, return)`, good: block("- page: owner"),
		},
		{
			name: "P05 none", bad: block("- id: x\n  timeout: 1m"),
			problem: `x.yaml:6:7: P05 a step needs a kind (the kinds are channel, page, await, assign, say, ask, approve, task, wait, note, severity, end, bridge, ticket, assess, update, evidence, http, run, action, postmortem, runbook, parallel, for_each, repeat, switch, group, set, revert, return)`, good: block("- task: x\n  timeout: 1m"),
		},
		{
			name: "P05 two", bad: block("- page: owner\n  say: hello"),
			problem: "x.yaml:7:7: P05 two kinds in one step: page and say (make two steps)", good: block("- page: owner\n- say: hello"),
		},
		{
			name: "P06 alias", bad: block("- page: &who owner\n- page: *who"),
			problem: "x.yaml:7:13: P06 warning: an alias hides what this place says (write it out)", good: block("- page: owner\n- page: owner"),
		},
		{
			name: "P06 merge key", bad: whole("", "phases: { recovery: [&a { note: x, name: y }, { <<: *a, name: z }] }\n"),
			problem: "x.yaml:3:53: P06 warning: a merge key hides what this place says (write it out)", good: whole("", recovery),
		},
		{
			name: "P07 choice", bad: block("- ask: Well?\n  choices: { yes: Yes, maybe: Perhaps }\n  timeout: 1m\n  on_timeout: ask"),
			problem: "x.yaml:7:18: P07 a key may not be yes: many tools read it as a boolean (choose another word)", good: block("- ask: Well?\n  choices: { sure: Yes, maybe: Perhaps }\n  timeout: 1m\n  on_timeout: ask"),
		},
		{
			name: "P07 choice in a list", bad: block("- ask: Well?\n  choices: [go, off]\n  timeout: 1m\n  on_timeout: ask"),
			problem: "x.yaml:7:21: P07 a choice may not be off: many tools read it as a boolean (choose another word)", good: block("- ask: Well?\n  choices: [go, \"off\"]\n  timeout: 1m\n  on_timeout: ask"),
		},
		{
			name: "P07 flag", bad: block("- say: x\n  pin: yes"),
			problem: "x.yaml:7:12: P07 pin: yes is not true or false (write true or false)", good: block("- say: x\n  pin: true"),
		},
		{
			name: "P08", bad: block("- page: owner\n  ack: 5"),
			problem: "x.yaml:7:12: P08 ack: 5 has no unit (write 5s, 5m or 5h)", good: block("- page: owner\n  ack: 5m"),
		},
		{
			name: "P09 normalised", bad: block(strings.TrimSuffix(strings.Repeat("- say: "+strings.Repeat("x", 5000)+"\n", 60), "\n")),
			problem: "x.yaml:1:1: P09 the runbook is larger than 256 KiB (split it)", good: block(strings.TrimSuffix(strings.Repeat("- say: "+strings.Repeat("x", 5000)+"\n", 40), "\n")),
		},
		{
			name: "P09 file", bad: minimal() + "#" + strings.Repeat("x", maxSource), problem: "x.yaml:1:1: P09 the file is larger than 1024 KiB", good: minimal() + "#" + strings.Repeat("x", 1000),
		},
		{
			name: "P09 nesting", bad: block(nested(maxNesting + 1)), problem: "P09 blocks of steps nested deeper than 8 (flatten the runbook)", good: block(nested(maxNesting)),
		},
		{
			name: "N01 id", bad: block("- note: x\n  id: roll-back"),
			problem: `x.yaml:7:11: N01 "roll-back" cannot be the name of a step (expressions read - as minus: write roll_back)`, good: block("- note: x\n  id: roll_back"),
		},
		{
			name: "N01 word of the expressions", bad: block("- note: x\n  id: in"),
			problem: `x.yaml:7:11: N01 "in" cannot be the name of a step (use a-z, 0-9 and _, a letter first)`, good: block("- note: x\n  id: inside"),
		},
		{
			name: "N01 runbook", bad: "runbook: My Runbook\nroles: { commander: sre }\n" + recovery,
			problem: `x.yaml:1:10: N01 "My Runbook" cannot be a runbook's id (use a-z, 0-9 and -)`, good: minimal(),
		},
		{
			name: "N01 input", bad: minimal() + "inputs: { my-input: { type: string, required: true } }\n",
			problem: `x.yaml:4:11: N01 "my-input" cannot be the name of an input (expressions read - as minus: write my_input)`, good: minimal() + "inputs: { my_input: { type: string, required: true } }\n",
		},
		{
			name: "N01 choice", bad: block("- ask: Well?\n  choices: { a b: x }\n  timeout: 1m\n  on_timeout: ask"),
			problem: `x.yaml:7:18: N01 "a b" cannot be a choice (use letters, digits, - and _; the label may be any text)`, good: block("- ask: Well?\n  choices: { a-b: x }\n  timeout: 1m\n  on_timeout: ask"),
		},
		{
			name: "N02", bad: block("- note: x\n  id: a\n- note: y\n  id: a"),
			problem: `x.yaml:9:11: N02 id "a" is taken (by the step in line 6)`, good: block("- note: x\n  id: a\n- note: y\n  id: b"),
		},
		{
			name: "N03 role", bad: block("- assign: commadner"),
			problem: `x.yaml:6:15: N03 there is no role "commadner" (did you mean "commander"?)`, good: block("- assign: commander"),
		},
		{
			name: "N03 role in not", bad: block("- approve: Go?\n  timeout: 1m\n  not: [scribe]"),
			problem: `x.yaml:8:13: N03 there is no role "scribe" (known: commander, owner)`, good: block("- approve: Go?\n  timeout: 1m\n  not: [owner]"),
		},
		{
			name: "N03 severity", bad: block("- severity: SEV9"),
			problem: `x.yaml:6:17: N03 there is no severity "SEV9" (did you mean "SEV1"?)`, good: block("- severity: SEV3"),
		},
		{
			name: "N03 severity of a timeout", bad: block("- await: severity\n  timeout: 1m\n  on_timeout: { choose: worst }"),
			problem: `x.yaml:8:29: N03 there is no severity "worst" (known: SEV1, SEV2, SEV3)`, good: block("- await: severity\n  timeout: 1m\n  on_timeout: { choose: SEV1 }"),
		},
		{
			name: "N06 misspelt", bad: whole("", "phases: { containement: [] }\n"),
			problem: `x.yaml:3:11: N06 there is no phase "containement" (did you mean "containment"?)`, good: whole("", "phases: { containment: [] }\n"),
		},
		{
			name: "N06 order", bad: whole("", "phases: { recovery: [], containment: [] }\n"),
			problem: `x.yaml:3:25: N06 containment stands after recovery, and runs before it (phases run in the order identification, containment, eradication, recovery, lessons_learned)`, good: whole("", "phases: { containment: [], recovery: [] }\n"),
		},
		{
			name: "T01", bad: block("- note: x\n  if: level <"),
			problem: "x.yaml:7:18: T01 the expression ends too early", good: block("- note: x\n  if: level < 2"),
		},
		{
			name: "T02 variable", bad: block("- note: x\n  if: inputs.srvice == \"a\""),
			problem: `x.yaml:7:11: T02 undeclared reference to 'inputs.srvice' (did you mean 'inputs.service'?)`, good: block("- note: x\n  if: inputs.service == \"a\""),
		},
		{
			name: "T02 output of a kind", bad: block("- note: x\n  id: a\n- note: ${{ steps.a.choice }}"),
			problem: "x.yaml:8:17: T02 undeclared reference to 'steps.a.choice'", good: block("- note: x\n  id: a\n- note: ${{ steps.a.by }}"),
		},
		{
			name: "T02 match reads the incident only", bad: minimal() + "match: severity == \"SEV1\"\n",
			problem: "x.yaml:4:8: T02 'severity' cannot be read here (only incident)", good: minimal() + "match: incident.type == \"x\"\n",
		},
		{
			name: "T02 a constant reads those above it", bad: minimal() + "vars:\n  a: vars.b\n  b: 1 + 1\n",
			problem: "x.yaml:5:6: T02 undeclared reference to 'vars.b'", good: minimal() + "vars:\n  b: 1 + 1\n  a: vars.b\n",
		},
		{
			name: "T02 a role does not read steps", bad: whole("roles: { commander: \"${{ steps.a.by }}\" }\n", "phases: { recovery: [{ note: x, id: a }] }\n"),
			problem: "x.yaml:2:22: T02 'steps.a.by' cannot be read here (only incident, inputs, vars, severity, level, policy)", good: whole("roles: { commander: \"${{ incident.service }}\" }\n", recovery),
		},
		{
			name: "T03 comparison", bad: block("- note: x\n  if: level == \"1\""),
			problem: "x.yaml:7:17: T03 cannot compare int with string", good: block("- note: x\n  if: level == 1"),
		},
		{
			name: "T03 map in text", bad: block("- note: ${{ incident.labels }}"),
			problem: "x.yaml:6:13: T03 a map has no place inside text (name one of its fields)", good: block("- note: ${{ incident.labels.team }}"),
		},
		{
			name: "T03 number", bad: block("- page: owner\n  rounds: many"),
			problem: `x.yaml:7:15: T03 rounds is a whole number from 1 to 1000, found "many"`, good: block("- page: owner\n  rounds: 2"),
		},
		{
			name: "T03 flag", bad: block("- say: x\n  pin: here"),
			problem: `x.yaml:7:12: T03 pin is true or false, found "here"`, good: block("- say: x\n  pin: false"),
		},
		{
			name: "T04 condition", bad: block("- note: x\n  if: level"),
			problem: "x.yaml:7:11: T04 bool is needed here, this is int", good: block("- note: x\n  if: level == 1"),
		},
		{
			name: "T04 duration", bad: block("- page: owner\n  ack: ${{ severity }}"),
			problem: "x.yaml:7:12: T04 a duration is needed here, this is string", good: block("- page: owner\n  ack: ${{ elapsed }}"),
		},
		{
			name: "T04 word as duration", bad: block("- wait: soon"),
			problem: `x.yaml:6:13: T04 wait: "soon" is not a duration (write 30s, 5m, 4h, 5d or 2w)`, good: block("- wait: 2w"),
		},
		{
			name: "T04 no time", bad: block("- page: owner\n  ack: 0s"),
			problem: "x.yaml:7:12: T04 ack: 0s is no time at all (write how long, or leave it out)", good: block("- page: owner\n  ack: 1s"),
		},
		{
			name: "T04 no pause", bad: whole("roles: { commander: sre }\n", recovery+"watch:\n  - every: 0m\n    steps: [{ note: x }]\n"),
			problem: "x.yaml:5:12: T04 every: 0m is no time at all (write how long, or leave it out)",
			good:    whole("roles: { commander: sre }\n", recovery+"watch:\n  - every: 1m\n    steps: [{ note: x }]\n"),
		},
		{
			name: "T04 names", bad: block("- page: ${{ level }}"),
			problem: "x.yaml:6:13: T04 a name or a list of names is needed here, this is int", good: block("- page: ${{ incident.services }}"),
		},
		{
			name: "T04 role", bad: whole("roles: { commander: \"${{ level }}\" }\n", recovery),
			problem: "x.yaml:2:22: T04 a name is needed here, this is int", good: whole("roles: { commander: \"${{ incident.service }}\" }\n", recovery),
		},
		{
			name: "T04 one name", bad: block("- assign: owner\n  to: ${{ incident.services }}"),
			problem: "x.yaml:7:11: T04 a name is needed here, this is list<string>", good: block("- assign: owner\n  to: ${{ incident.service }}"),
		},
		{
			name: "T05 in a condition", bad: block("- note: x\n  if: ${{ level == 1 }}"),
			problem: "x.yaml:7:11: T05 ${{ }} inside an expression (this place is an expression already: write it without ${{ }})", good: block("- note: x\n  if: level == 1"),
		},
		{
			name: "T05 in a constant place", bad: block("- severity: ${{ severity }}"),
			problem: "x.yaml:6:17: T05 ${{ }} is not filled in here: severity is taken as it stands", good: block("- severity: SEV1"),
		},
		{
			name: "T05 in the table", bad: minimal() + "severities: { A: { x: \"${{ level }}\" } }\n",
			problem: "x.yaml:4:24: T05 ${{ }} is not filled in here: severities.A.x is taken as it stands", good: minimal() + "severities: { A: { x: \"level\" } }\n",
		},
		{
			name: "T06", bad: block("- note: x\n  if: incident.labels.exists(l, l == \"a\")"),
			problem: "x.yaml:7:11: T06 loop over a map (its order is not defined; name its keys one by one)", good: block("- note: x\n  if: incident.services.exists(s, s == \"a\")"),
		},
		{
			name: "T08 default", bad: minimal() + "inputs: { a: { type: int, default: many } }\n",
			problem: "x.yaml:4:36: T08 default: many is not of type int", good: minimal() + "inputs: { a: { type: int, default: 3 } }\n",
		},
		{
			name: "T08 default and alternatives", bad: minimal() + "inputs: { a: { type: string, enum: [b, c], default: d } }\n",
			problem: "x.yaml:4:53: T08 default: d is not one of b, c", good: minimal() + "inputs: { a: { type: string, enum: [b, c], default: c } }\n",
		},
		{
			name: "T08 alternative", bad: minimal() + "inputs: { a: { type: duration, enum: [5m, soon], required: true } }\n",
			problem: `x.yaml:4:38: T08 alternative "soon": "soon" is not a duration (write 30s, 5m, 4h, 5d or 2w)`, good: minimal() + "inputs: { a: { type: duration, enum: [5m, 1h], required: true } }\n",
		},
		{
			name: "T08 required with a default", bad: minimal() + "inputs: { a: { type: bool, required: true, default: true } }\n",
			problem: "x.yaml:4:38: T08 a required input has no use for its default (remove one of the two)", good: minimal() + "inputs: { a: { type: bool, default: true } }\n",
		},
		{
			name: "T08 pattern", bad: minimal() + "inputs: { a: { type: string, pattern: \"(\", required: true } }\n",
			problem: `x.yaml:4:39: T08 "(" is not a regular expression`, good: minimal() + "inputs: { a: { type: string, pattern: \"^a\", required: true } }\n",
		},
		{
			name: "T08 type", bad: minimal() + "inputs: { a: { type: strng } }\n",
			problem: `x.yaml:4:22: T08 "strng" is not a type of inputs (did you mean "string"?)`, good: minimal() + "inputs: { a: { type: list<duration>, required: true } }\n",
		},
		{
			name: "T08 neither required nor default", bad: minimal() + "inputs: { a: { type: string } }\n",
			problem: "x.yaml:4:11: T08 warning: input a is neither required nor has it a default (steps that read it hold where nobody gave it)", good: minimal() + "inputs: { service: { type: string } }\n",
		},
		{
			name: "T09 missing column", bad: minimal() + "severities:\n  A: { ack: 5m, bridge: true }\n  B: { ack: 5m }\n",
			problem: `x.yaml:6:3: T09 B has no column "bridge" (A has it; every row has the same columns)`, good: minimal() + "severities:\n  A: { ack: 5m, bridge: true }\n  B: { ack: 5m, bridge: false }\n",
		},
		{
			name: "T09 extra column", bad: minimal() + "severities:\n  A: { ack: 5m }\n  B: { ack: 5m, bridge: true }\n",
			problem: `x.yaml:6:25: T09 only B has a column "bridge" (every row has the same columns)`, good: minimal() + "severities:\n  A: { ack: 5m }\n  B:\n    ack: 5m\n",
		},
		{
			name: "T09 types", bad: minimal() + "severities:\n  A: { ack: 5m }\n  B: { ack: 30 }\n",
			problem: "x.yaml:6:13: T09 ack is duration in A and int in B (a column has one type)", good: minimal() + "severities:\n  A: { ack: 5m, share: 1 }\n  B: { ack: 30m, share: 0.5 }\n",
		},
		{
			name: "F01 later step", bad: block("- note: ${{ steps.a.by }}\n- note: x\n  id: a"),
			problem: "x.yaml:6:17: F01 'steps.a.by' cannot be known here: the step comes later (read it below that step)", good: block("- note: ${{ steps.a.state }}\n- note: x\n  id: a"),
		},
		{
			name: "F01 itself", bad: block("- note: ${{ steps.a.by }}\n  id: a"),
			problem: "x.yaml:6:17: F01 'steps.a.by' cannot be known here: it is this step's own (read it in a step below)", good: block("- note: x\n  id: a\n- note: ${{ steps.a.by }}"),
		},
		{
			name: "F02 after the end", bad: block("- end: resolved\n- note: x"),
			problem: "x.yaml:7:7: F02 note is never reached: the incident has ended above (give the end an if, or remove the step)", good: block("- end: resolved\n  if: level == 3\n- note: x"),
		},
		{
			name: "F02 never", bad: block("- note: x\n  if: false"),
			problem: "x.yaml:7:11: F02 note never runs: its condition is false (remove the step)", good: block("- note: x\n  if: true"),
		},
		{
			name: "F03 case", bad: block("- ask: Well?\n  choices: [left, right]\n  timeout: 1m\n  on_timeout: ask\n  case: { left: [], rihgt: [], right: [] }"),
			problem: `x.yaml:10:25: F03 case "rihgt" is not one of the choices (left, right) (did you mean "right"?)`, good: block("- ask: Well?\n  choices: [left, right]\n  timeout: 1m\n  on_timeout: ask\n  case: { left: [], right: [] }"),
		},
		{
			name: "F03 choice without case", bad: block("- ask: Well?\n  choices: [left, right]\n  timeout: 1m\n  on_timeout: ask\n  case: { left: [] }"),
			problem: `x.yaml:10:13: F03 warning: choice "right" has no case (write right: [] if nothing follows)`, good: block("- ask: Well?\n  choices: [left, right]\n  timeout: 1m\n  on_timeout: ask"),
		},
		{
			name: "F03 timeout", bad: block("- ask: Well?\n  choices: [left, right]\n  timeout: 1m\n  on_timeout: { choose: up }"),
			problem: `x.yaml:9:29: F03 choose "up" is not one of the choices (left, right)`, good: block("- ask: Well?\n  choices: [left, right]\n  timeout: 1m\n  on_timeout: { choose: left }"),
		},
		{
			name: "S01 ask", bad: block("- ask: Well?\n  choices: [a]"),
			problem: "x.yaml:6:7: S01 ask needs timeout and on_timeout (say how long to wait, and what silence leads to)", good: block("- ask: Well?\n  choices: [a]\n  timeout: 1m\n  on_timeout: escalate"),
		},
		{
			name: "S01 await", bad: block("- await: severity\n  timeout: 5m"),
			problem: "x.yaml:6:7: S01 await needs on_timeout (say how long to wait, and what silence leads to)", good: block("- await: severity\n  timeout: 5m\n  on_timeout: ask"),
		},
		{
			name: "S01 approve", bad: block("- approve: Go?"),
			problem: "x.yaml:6:7: S01 approve needs timeout (say how long to wait, and what silence leads to)", good: block("- approve: Go?\n  timeout: 1m"),
		},
		{
			name: "S01 task", bad: block("- task: x\n  on_timeout: continue"),
			problem: "x.yaml:7:19: S01 on_timeout of task without timeout (add timeout)", good: block("- task: x"),
		},
		{
			name: "S02 continue", bad: block("- approve: Go?\n  timeout: 1m\n  on_timeout: continue"),
			problem: "x.yaml:8:19: S02 on_timeout: continue would let silence decide an approval (write reject, escalate, ask or steps)", good: block("- approve: Go?\n  timeout: 1m\n  on_timeout: reject"),
		},
		{
			name: "S02 choose", bad: block("- approve: Go?\n  timeout: 1m\n  on_timeout: { choose: \"yes\" }"),
			problem: "x.yaml:8:19: S02 on_timeout: { choose: yes } would let silence decide an approval (write reject, escalate, ask or steps)", good: block("- approve: Go?\n  timeout: 1m\n  on_timeout: escalate"),
		},
		{
			name: "S10", bad: "runbook: x\nroles: { owner: pay }\n" + recovery,
			problem: "x.yaml:2:8: S10 nobody is commander (write roles: { commander: a person, schedule or team })", good: minimal(),
		},
		{
			name: "S10 without roles", bad: "runbook: x\n" + recovery,
			problem: "x.yaml:1:1: S10 nobody is commander (write roles: { commander: a person, schedule or team })", good: minimal(),
		},
		{
			name: "S14", bad: minimal() + "finally: [{ task: x }]\n",
			problem: "x.yaml:4:13: S14 task waits for people, and finally may not (put it into lessons_learned)", good: minimal() + "finally: [{ say: x }]\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			code, _, _ := strings.Cut(tt.name, " ")
			_, problems := Parse("x.yaml", []byte(tt.bad))
			problems = withoutAdvice(problems, Code(code))
			if len(problems) != 1 || !strings.HasSuffix(problems[0].String(), tt.problem) {
				t.Errorf("(-want +got)\n%s", cmp.Diff(tt.problem, problems.Error()))
			}
			rb, problems := Parse("x.yaml", []byte(tt.good))
			if problems = withoutAdvice(problems, Code(code)); len(problems) > 0 || rb == nil {
				t.Fatalf("the good one: %s\n%s", problems, tt.good)
			}
			roundTrip(t, rb)
		})
	}
}

// withoutAdvice leaves warnings of other rules out: the runbooks of these tests are far too small to be good ones.
func withoutAdvice(problems Problems, code Code) Problems {
	return slices.DeleteFunc(problems, func(p Problem) bool { return p.Warning && p.Code != code })
}

// nested is a question within a question, some levels deep.
func nested(depth int) string {
	text := "- note: here"
	for range depth {
		text = fmt.Sprintf("- ask: Well?\n  choices: [a]\n  timeout: 1m\n  on_timeout: ask\n  case:\n    a:\n      %s", strings.ReplaceAll(text, "\n", "\n      "))
	}
	return text
}

// TestPlacesWithinScalars finds the same fault through every way of writing text in YAML.
func TestPlacesWithinScalars(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, say, place string }{
		{name: "plain", say: "a ${{ bad.x }}", place: "6:18"},
		{name: "plain, after wide characters", say: "é中 ${{ bad.x }}", place: "6:19"},
		{name: "plain, on two lines", say: "a\n    b ${{ bad.x }}", place: "7:15"},
		{name: "single quotes", say: "'it''s ${{ bad.x }}'", place: "6:23"},
		{name: "double quotes", say: `"a\t\u00e9\"${{ bad.x }}"`, place: "6:28"},
		{name: "double quotes with a folded line", say: "\"a\n    \\\n    b ${{ bad.x }}\"", place: "8:15"},
		{name: "literal block", say: "|\n    first\n\n    é ${{ bad.x }}\n    last", place: "9:15"},
		{name: "literal block with a header comment", say: "|- # why\n    ${{ bad.x }}", place: "7:13"},
		{name: "literal block with indentation", say: "|2\n      x\n     ${{ bad.x }}", place: "8:14"},
		{name: "folded block", say: ">\n    first\n    second ${{ bad.x }}\n\n    last", place: "8:20"},
		{name: "expression on its own lines", say: "|\n    ${{\n      bad.x\n    }}", place: "8:11"},
		{name: "anchor", say: "&here \"${{ bad.x }}\"", place: "6:23"},
		{name: "second of two", say: "${{ level }} ${{ bad.x }}", place: "6:29"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := block("- say: " + tt.say)
			for _, breaks := range []string{"\n", "\r\n"} {
				_, problems := Parse("x.yaml", []byte(strings.ReplaceAll(text, "\n", breaks)))
				want := "x.yaml:" + tt.place + ": T02 undeclared reference to 'bad.x'"
				if diff := cmp.Diff(want, problems.Error()); diff != "" {
					t.Errorf("%q (-want +got)\n%s", breaks, diff)
				}
			}
		})
	}
}

// A step that cannot be read must not make others look wrong.
func TestNoFollowUpProblems(t *testing.T) {
	t.Parallel()
	text := block(`- htpp: GET https://example.com
  id: slo
- paralel:
    one: [{ ask: Which, id: which }]
- note: ${{ steps.slo.status }} ${{ steps.which.choice }}
- page: owner
  ack: soon
  id: first
- note: ${{ steps.first.acked_by }}`)
	_, problems := Parse("x.yaml", []byte(text))
	var codes []string
	for _, p := range problems {
		codes = append(codes, fmt.Sprintf("%d %s", p.Line, p.Code))
	}
	if diff := cmp.Diff([]string{"6 P05", "8 P05", "12 T04"}, codes); diff != "" {
		t.Errorf("(-want +got)\n%s\n%s", diff, problems)
	}
}
