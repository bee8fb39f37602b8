package runbooks

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
)

// minimal is the smallest runbook.
func minimal() string {
	return "runbook: small\nroles: { commander: sre }\nphases: { recovery: [] }\n"
}

// block puts steps into a runbook with one input and two roles; they begin at line 6, four columns in.
func block(steps string) string {
	return `runbook: small
inputs: { service: { type: string } }
roles: { commander: sre, owner: pay }
phases:
  containment:
    ` + strings.ReplaceAll(steps, "\n", "\n    ") + "\n"
}

// everything has each field of each kind.
func everything() string {
	return `runbook: everything
title: Everything
description: Each field of each kind
owner: sre
tags: [a, b]
links: { Dashboard: "https://example.com/d", Wiki: "https://example.com/w" }
language: 1
match: incident.type == "outage" && "pay" in incident.services
inputs:
  service: { type: string, required: true, pattern: "^[a-z]+$", description: the service }
  tier:    { type: int, default: 2, enum: [1, 2] }
  window:  { type: duration, default: 1h }
  hosts:   { type: list<string>, default: [a, b] }
  extra:   { type: map, default: { a: 1 } }
  share:   { type: number, default: 0.5 }
  lead:    { type: user, default: ana }
vars:
  long: 'inputs.window > duration("1d") ? "long" : "short"'
  twice: vars.long + vars.long
roles:
  commander: sre
  owner: ${{ inputs.service }}-oncall
severities:
  SEV1: { page: [owner, commander], ack: 5m, share: 0.5, loud: true, note: "" }
  SEV2: { page: [], ack: 10m, share: 1, loud: false, note: quiet }
phases:
  identification:
    goal: know what it is
    steps:
      - channel: inc-${{ incident.key }}
        id: room
        name: The room
        invite: [owner, "${{ roles.commander }}"]
        topic: ${{ incident.title }}
        pin: Read the wiki
        timeout: 1m
        on_timeout: continue
        on_failure: [{ note: no room }]
        retry: { max: 4, every: 5s, backoff: 2, cap: 1m }
      - page: [owner, "${{ policy.page }}"]
        id: first
        ack: ${{ policy.ack }}
        escalate: commander
        rounds: 2
        via: [call]
        need: 1
        message: ${{ incident.title }} at ${{ severity }}
        background: true
        on_timeout: repeat
      - await: severity
        timeout: 10m
        on_timeout: { choose: SEV1 }
      - assign: commander
        to: ${{ steps.first.acked_by }}
        ack: 5m
        on_timeout: escalate
        on_failure: ask
  containment:
    - ask: Which way?
      id: way
      who: [commander, owner]
      choices: { left: "Left of ${{ inputs.service }}", right: Right }
      remind: 2m
      timeout: ${{ inputs.window }}
      on_timeout: { choose: left }
      case:
        left:
          - approve: Really?
            id: really
            who: commander
            quorum: 2
            not: [owner]
            remind: 1m
            timeout: 5m
            on_timeout: escalate
            then:
              - severity: SEV2
                reason: it is less than we thought
            else: []
        right: []
    - say: Hello
      pin: true
      if: steps.really.approved || level == 1
    - task: Write it down
      who: owner
      checklist: [One, Two]
      due: 5d
      remind: 1d
      timeout: 1w
      on_timeout: [{ note: nobody did }]
    - wait: 1h 30m
    - note: ${{ vars.twice }}
      on_failure: stop
  recovery:
    - end: duplicate
      of: INC-1
      if: incident.labels.team == "x"
finally:
  - say: Bye
`
}

// TestParseReads compares the whole tree of the runbook with every field.
func TestParseReads(t *testing.T) {
	t.Parallel()
	rb, problems := Parse("everything.yaml", []byte(everything()))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	step := func(s Step, path, address string, kind Kind) Step {
		s.Path, s.Address, s.Kind = path, address, kind
		return s
	}
	want := &Runbook{
		ID: "everything", Title: "Everything", Description: "Each field of each kind", Owner: "sre", Tags: []string{"a", "b"},
		Links:    []Link{{"Dashboard", "https://example.com/d"}, {"Wiki", "https://example.com/w"}},
		Language: 1, Match: `incident.type == "outage" && "pay" in incident.services`,
		Inputs: []Input{
			{Name: "service", Type: "string", Required: true, Pattern: "^[a-z]+$", Description: "the service"},
			{Name: "tier", Type: "int", Default: 2.0, Enum: []string{"1", "2"}},
			{Name: "window", Type: "duration", Default: "1h"},
			{Name: "hosts", Type: "list<string>", Default: []any{"a", "b"}},
			{Name: "extra", Type: "map", Default: map[string]any{"a": 1.0}},
			{Name: "share", Type: "number", Default: 0.5},
			{Name: "lead", Type: "user", Default: "ana"},
		},
		Vars:  []Var{{"long", `inputs.window > duration("1d") ? "long" : "short"`}, {"twice", "vars.long + vars.long"}},
		Roles: []Role{{"commander", "sre"}, {"owner", "${{ inputs.service }}-oncall"}},
		Severities: []SeverityRow{
			{"SEV1", map[string]any{"page": []any{"owner", "commander"}, "ack": "5m", "share": 0.5, "loud": true, "note": ""}},
			{"SEV2", map[string]any{"page": []any{}, "ack": "10m", "share": 1.0, "loud": false, "note": "quiet"}},
		},
		Phases: []Phase{
			{Name: incident.Identification, Goal: "know what it is", Steps: []Step{
				step(Step{
					ID: "room", Name: "The room", Timeout: "1m", OnTimeout: &Reaction{Do: DoContinue},
					OnFailure: &Reaction{Do: DoSteps, Steps: []Step{step(Step{Note: &Note{"no room"}}, "identification/0/on_failure/0", "identification/1/on_failure/1", KindNote)}},
					Retry:     &Retry{Max: 4, Every: "5s", Backoff: 2, Cap: "1m"},
					Channel:   &Channel{Name: "inc-${{ incident.key }}", Invite: []string{"owner", "${{ roles.commander }}"}, Topic: "${{ incident.title }}", Pin: []string{"Read the wiki"}},
				}, "identification/0", "room", KindChannel),
				step(Step{
					ID: "first", Background: true, OnTimeout: &Reaction{Do: DoRepeat},
					Page: &Page{
						Targets: []string{"owner", "${{ policy.page }}"}, List: true, Ack: "${{ policy.ack }}", Escalate: []string{"commander"},
						Rounds: 2, Via: []Via{ViaCall}, Need: "1", Message: "${{ incident.title }} at ${{ severity }}",
					},
				}, "identification/1", "first", KindPage),
				step(Step{Timeout: "10m", OnTimeout: &Reaction{Do: DoChoose, Choice: "SEV1"}, Await: &Await{Signal: "severity"}}, "identification/2", "await", KindAwait),
				step(Step{
					OnTimeout: &Reaction{Do: DoEscalate}, OnFailure: &Reaction{Do: DoAsk},
					Assign: &Assign{Role: "commander", To: "${{ steps.first.acked_by }}", Ack: "5m"},
				}, "identification/3", "assign", KindAssign),
			}},
			{Name: incident.Containment, Steps: []Step{
				step(Step{
					ID: "way", Timeout: "${{ inputs.window }}", OnTimeout: &Reaction{Do: DoChoose, Choice: "left"},
					Ask: &Ask{
						Question: "Which way?", Who: []string{"commander", "owner"}, Remind: "2m",
						Choices: []Choice{{"left", "Left of ${{ inputs.service }}"}, {"right", "Right"}},
						Cases: []Case{{"left", []Step{step(Step{
							ID: "really", Timeout: "5m", OnTimeout: &Reaction{Do: DoEscalate},
							Approve: &Approve{
								Question: "Really?", Who: []string{"commander"}, Quorum: 2, Not: []incident.Role{"owner"}, Remind: "1m", HasElse: true,
								Then: []Step{step(Step{Severity: &Severity{"SEV2", "it is less than we thought"}}, "containment/0/case/left/0/then/0", "severity", KindSeverity)},
							},
						}, "containment/0/case/left/0", "really", KindApprove)}}, {"right", []Step{}}},
					},
				}, "containment/0", "way", KindAsk),
				step(Step{If: "steps.really.approved || level == 1", Say: &Say{Text: "Hello", Pin: true}}, "containment/1", "containment/2", KindSay),
				step(Step{
					Timeout: "1w", OnTimeout: &Reaction{Do: DoSteps, Steps: []Step{step(Step{Note: &Note{"nobody did"}}, "containment/2/on_timeout/0", "containment/3/on_timeout/1", KindNote)}},
					Task: &Task{Text: "Write it down", Who: []string{"owner"}, Checklist: []string{"One", "Two"}, Due: "5d", Remind: "1d"},
				}, "containment/2", "task", KindTask),
				step(Step{Wait: &Wait{"1h 30m"}}, "containment/3", "wait", KindWait),
				step(Step{OnFailure: &Reaction{Do: DoStop}, Note: &Note{"${{ vars.twice }}"}}, "containment/4", "containment/5", KindNote),
			}},
			{Name: incident.Recovery, Steps: []Step{
				step(Step{If: `incident.labels.team == "x"`, End: &End{incident.Duplicate, "INC-1"}}, "recovery/0", "end", KindEnd),
			}},
		},
		Finally: []Step{step(Step{Say: &Say{Text: "Bye"}}, "finally/0", "finally/1", KindSay)},
	}
	if diff := cmp.Diff(want, rb); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if diff := cmp.Diff([]string{"sre"}, rb.Names()); diff != "" {
		t.Errorf("names (-want +got)\n%s", diff)
	}
}

// What an incident carries is the JSON: it must give the same runbook back, with the same hash.
func TestNormalisedRoundTrip(t *testing.T) {
	t.Parallel()
	for _, text := range []string{minimal(), everything()} {
		rb, problems := Parse("x.yaml", []byte(text))
		if problems.Err() != nil {
			t.Fatal(problems)
		}
		roundTrip(t, rb)
	}
}

func roundTrip(t *testing.T, rb *Runbook) {
	t.Helper()
	encoded, err := rb.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var again Runbook
	if err := json.Unmarshal(encoded, &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rb, &again); diff != "" {
		t.Fatalf("(-parsed +decoded)\n%s", diff)
	}
	first, err := rb.Hash()
	if err != nil {
		t.Fatal(err)
	}
	second, err := again.Hash()
	if err != nil || first != second || len(first) != 64 {
		t.Fatalf("hashes %q and %q, %v", first, second, err)
	}
	if _, err := Compile(&again); err != nil {
		t.Fatalf("compile what was decoded: %v", err)
	}
}

// The hash names an incident's runbook for life, so it may not change with the version of the program.
func TestHashIsStable(t *testing.T) {
	t.Parallel()
	rb, problems := Parse("x.yaml", []byte(minimal()))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	encoded, err := rb.JSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `{"runbook":"small","language":1,"roles":[{"name":"commander","fill":"sre"}],` +
		`"severities":[{"severity":"SEV1"},{"severity":"SEV2"},{"severity":"SEV3"}],"phases":[{"name":"recovery","steps":[]}]}`
	if diff := cmp.Diff(want, string(encoded)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	steps := `- note: one
- page: owner
  id: say
- say: a step has the id say, so this one goes by its place
- ask: Well?
  choices: [a, b]
  timeout: 1m
  on_timeout: ask
  case:
    a: [{ note: two }]
    b: [{ wait: 1s }]`
	rb, problems := Parse("x.yaml", []byte(block(steps)))
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	var got []string
	rb.Walk(func(_ Place, s *Step) { got = append(got, s.Address) })
	want := []string{"containment/1", "say", "containment/3", "ask", "containment/4/case/a/1", "wait"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// Whoever reads the list must be able to repair the file in one go.
func TestAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	text := `runbook: outage
roles: { commander: sre }
severities:
  SEV1: { bridge: true }
  SEV2: { bridge: false }
phases:
  identification:
    - channel: #inc
    - say: The bridge is open
      if: policy.brigde
  containment:
    - ask: What stops the bleeding?
      choices: { rollback: Roll back, other: Neither }
      case:
        failover: []
    - task: Roll back
      whoo: commander
    - wait: 10
`
	_, problems := Parse("outage.yaml", []byte(text))
	want := strings.TrimSpace(`
outage.yaml:8:15: P04 empty value: an unquoted # starts a comment (write channel: "#inc")
outage.yaml:10:11: T02 undeclared reference to 'policy.brigde' (did you mean 'policy.bridge'?)
outage.yaml:12:7: S01 ask needs timeout and on_timeout (say how long to wait, and what silence leads to)
outage.yaml:15:9: F03 case "failover" is not one of the choices (rollback, other)
outage.yaml:17:7: P03 unknown field "whoo" of task (did you mean "who"?)
outage.yaml:18:13: P08 wait: 10 has no unit (write 10s, 10m or 10h)`)
	var errors Problems
	for _, p := range problems {
		if !p.Warning {
			errors = append(errors, p)
		}
	}
	if diff := cmp.Diff(want, errors.Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
