package workflows_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/runbooks"
)

// around is a runbook whose containment holds the given steps.
func around(head, steps string) string {
	return "runbook: around\nroles: { commander: sre-oncall, owner: payments-oncall, comms: support-oncall }\n" +
		"severities:\n  SEV1: { ack: 5m, page: [owner, comms], loud: true }\n  SEV2: { ack: 10m, page: [owner], loud: false }\n" + head +
		"phases:\n  containment:\n    " + strings.ReplaceAll(strings.TrimSpace(steps), "\n", "\n    ") + "\n  recovery:\n    - note: recovered\n"
}

// lines plays a scenario and gives its transcript in words.
func lines(s *scenario) string {
	s.run()
	s.settled()
	return s.transcript()
}

// settled fails the test when a step of an ended incident is still under way: nothing may be left running with nothing
// to wait for.
func (s *scenario) settled() {
	s.t.Helper()
	for _, step := range s.snapshot().Steps {
		switch step.State {
		case contract.StepRunning, contract.StepWaiting, contract.StepHolding:
			s.t.Errorf("%s is left %s", step.Key, step.State)
		default:
		}
	}
}

// languageCase is a small runbook and one rule: what must be told, in this order, and what must not.
type languageCase struct {
	name, head, steps string
	script            func(s *scenario)
	want, never       []string
}

// languageCases lists the rules; t is for what their scripts need.
func languageCases(t *testing.T) []languageCase {
	ben := func(s *scenario, at time.Duration, verb contract.Verb, act contract.Act) *outcome {
		act.By = inSlack("ben")
		return s.act(at, verb, act)
	}
	return []languageCase{
		{
			name: "parallel waits for every branch", steps: "- parallel:\n    a: [{ wait: 1m }, { note: a }]\n    b: [{ note: b }]\n- note: after",
			want: []string{"note: b", "note: a", "note: after"},
		},
		{
			name:  "any branch is enough, the others are withdrawn and undone",
			steps: "- parallel:\n    slow:\n      - action: x.open\n        undo: [{ action: x.close }]\n      - wait: 1h\n      - note: slow\n    fast: [{ wait: 1m }, { note: fast }]\n  join: any\n- note: after",
			want:  []string{"action x.open", "note: fast", "note: after", "action x.close"}, never: []string{"note: slow"},
		},
		{
			name:  "a list goes on when an item fails, and asks once",
			steps: "- for_each: '[\"a\", \"b\", \"c\"]'\n  as: host\n  id: all\n  steps:\n    - action: x.work\n      with: { host: \"${{ host }}\" }\n- note: ${{ size(steps.all.results) }} hosts",
			script: func(s *scenario) {
				failed := false
				s.world.Action = func(_ string, with map[string]any) (map[string]any, error) {
					if with["host"] == "b" && !failed {
						failed = true
						return nil, &contract.Refused{What: "b is away"}
					}
					return nil, nil
				}
				ben(s, time.Minute, contract.VerbRetry, contract.Act{Step: "all"})
			},
			want: []string{"all holds: 1 of 3 items failed: b", "answer: Ben: Retry", "note: 3 hosts"}, never: []string{"[2] holds"},
		},
		{
			name: "repeat until", steps: "- repeat:\n  id: again\n  max: 5\n  every: 1m\n  until: round == 3\n  steps: [{ note: \"round ${{ round }}\" }]\n- note: after ${{ steps.again.rounds }}",
			want: []string{"0s  note: round 1", "1m0s  note: round 2", "2m0s  note: round 3", "note: after 3"}, never: []string{"round 4"},
		},
		{
			name: "repeat in vain asks", steps: "- repeat:\n  id: again\n  max: 2\n  until: false\n  steps: [{ note: once }]",
			script: func(s *scenario) { ben(s, time.Minute, contract.VerbSkip, contract.Act{Step: "again"}) },
			want:   []string{"after 2 rounds `false` does not hold", "answer: Ben: Skip", "recovered"},
		},
		{
			name: "switch", steps: "- switch: incident.service\n  case:\n    payments: [{ note: paid }]\n    other: [{ note: other }]\n  else: [{ note: else }]",
			want: []string{"note: paid"}, never: []string{"note: other", "note: else"},
		},
		{
			name: "a group is rescued", steps: "- group: Together\n  on_failure: [{ note: rescued }]\n  steps:\n    - action: x.fail\n      on_failure: stop\n    - note: never\n- note: after",
			script: func(s *scenario) {
				s.world.Action = func(string, map[string]any) (map[string]any, error) { return nil, errors.New("no") }
			},
			want: []string{"note: rescued", "note: after"}, never: []string{"note: never"},
		},
		{
			name: "a poll ends by its condition", steps: "- http: GET https://slo/x\n  id: slo\n  every: 30s\n  until: steps.slo.status == 200 && steps.slo.body.rate < 1.0\n  timeout: 20m\n- note: rate ${{ steps.slo.body.rate }}",
			script: func(s *scenario) {
				asked := 0
				s.world.HTTP = func(contract.HTTPRequest) contract.HTTPResult {
					asked++
					return contract.HTTPResult{Status: 200, Body: map[string]any{"rate": 3.5 - float64(asked)}}
				}
			},
			want: []string{"note: rate 0.5"},
		},
		{
			name: "a failed request holds and can be edited", steps: "- http: GET https://slo/wrong\n  id: slo",
			script: func(s *scenario) {
				s.world.HTTP = func(req contract.HTTPRequest) contract.HTTPResult {
					return contract.HTTPResult{Status: map[bool]int{true: 404, false: 200}[strings.HasSuffix(req.URL, "wrong")]}
				}
				ben(s, time.Minute, contract.VerbEdit, contract.Act{Step: "slo", Fields: map[string]any{"http": "GET https://slo/right"}})
				ben(s, 2*time.Minute, contract.VerbRetry, contract.Act{Step: "slo"})
			},
			want: []string{"slo holds: GET https://slo/wrong answers 404", "Ben edits slo: http = GET https://slo/right", "answer: Ben: Retry"},
		},
		{
			name: "set", head: "vars: { count: '1' }\n", steps: "- set: { count: vars.count + 1 }\n- note: count is ${{ vars.count }}", want: []string{"note: count is 2"},
		},
		{
			name: "a command's exit code", steps: "- run: ./fix --now\n  id: fix\n  on_failure: continue\n- note: code ${{ steps.fix.exit_code }}",
			script: func(s *scenario) {
				s.world.Command = func(contract.CommandRequest) contract.CommandResult {
					return contract.CommandResult{Stdout: "cannot\n", ExitCode: 3}
				}
			},
			want: []string{"fix: exit code 3: cannot; going on", "note: code 3", "run ./fix --now"},
		},
		{
			name: "the six questions", steps: "- assess: commander\n  id: six\n  timeout: 10m\n  on_timeout: ask\n- note: it is ${{ severity }}, ${{ steps.six.scope }}",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbAnswer, contract.Act{Step: "six", Fields: map[string]any{"impact": "checkout is down", "scope": "some", "support_cases": "4"}})
				ben(s, 2*time.Minute, contract.VerbAnswer, contract.Act{Step: "six", Value: "SEV2"})
			},
			want: []string{"Ben assesses: affected: some", "SEV2 is proposed", "Ben sets SEV2", "note: it is SEV2, some"},
		},
		{
			name: "a signal with a payload", steps: "- await: vendor_back\n  id: back\n  payload: { region: string }\n  timeout: 1h\n  on_timeout: ask\n- note: back in ${{ steps.back.payload.region }}",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbSend, contract.Act{Value: "vendor_back", Fields: map[string]any{"region": "eu"}})
			},
			want: []string{"Ben sends vendor_back", "note: back in eu"},
		},
		{
			name: "await until", head: "vars: { ok: 'false' }\n", steps: "- await: never_sent\n  until: vars.ok == true\n  timeout: 1h\n  on_timeout: ask\n- note: on",
			script: func(s *scenario) {}, want: []string{"its condition holds", "note: on"},
		},
		{
			name: "a ticket follows", steps: "- ticket: jira\n  summary: Payments\n- wait: 1m\n- note: seen",
			want: []string{"ticket in jira: Payments", "ticket comment: seen"},
		},
		{
			name: "an update waits for its review", steps: "- update: customers\n  message: We look into it\n  review: comms\n- note: sent",
			script: func(s *scenario) {
				s.act(time.Minute, contract.VerbApprove, contract.Act{By: inSlack("cleo"), Step: "update"})
			},
			want: []string{"May it leave?", "answer: Cleo: Send it", "note: sent", "update customers []: We look into it"},
		},
		{
			name: "an update leaves in other words", steps: "- update: customers\n  message: We look into it\n  review: comms\n- note: sent",
			script: func(s *scenario) {
				other := map[string]any{"message": "We know what it is"}
				s.act(time.Minute, contract.VerbApprove, contract.Act{By: inSlack("cleo"), Step: "update", Fields: map[string]any{"text": "x"}})
				s.act(2*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("cleo"), Step: "update", Fields: other})
			},
			want:  []string{"2m0s  answer: Cleo: Send it", "update customers []: We know what it is"},
			never: []string{"update customers []: We look into it", "1m0s  answer"},
		},
		{
			name: "undo by hand, newest first", steps: "- action: x.one\n  id: one\n  undo: [{ action: x.one_back }]\n- action: x.two\n  id: two\n  undo: [{ wait: 1m }, { action: x.two_back }, { wait: 1m }]\n- task: work\n  id: work",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbRevert, contract.Act{Value: "containment"})
				ben(s, 5*time.Minute, contract.VerbDone, contract.Act{Step: "work"})
			},
			want: []string{"2m0s    ~ action x.two_back", "one is taken back", "recovered"},
		},
		{
			name: "resolving asks what becomes of the undo", steps: "- action: x.one\n  id: one\n  undo: [{ action: x.back }]\n- task: work\n  id: work",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbResolve, contract.Act{})
				ben(s, 2*time.Minute, contract.VerbResolve, contract.Act{Undo: contract.UndoRevert})
			},
			want: []string{"ended: resolved by Ben", "2m0s    ~ action x.back"}, never: []string{"1m0s  ended"},
		},
		{
			name: "pause and resume", steps: "- task: first\n  id: first\n- note: second",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbPause, contract.Act{Reason: "thinking"})
				ben(s, 2*time.Minute, contract.VerbDone, contract.Act{Step: "first"})
				ben(s, 9*time.Minute, contract.VerbResume, contract.Act{})
			},
			want: []string{"Ben pauses the runbook – thinking", "2m0s  answer", "9m0s  note: Ben resumes", "9m0s  note: second"},
		},
		{
			name: "skip what waits, and what has not begun", steps: "- task: first\n  id: first\n- task: second\n  id: second",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbSkip, contract.Act{Step: "second", Reason: "no need"})
				ben(s, 2*time.Minute, contract.VerbSkip, contract.Act{Step: "first"})
			},
			want: []string{"second is skipped", "first is skipped", "recovered"}, never: []string{"question: commander: second"},
		},
		{
			name: "advance", steps: "- task: first\n  id: first\n- task: second\n  id: second",
			script: func(s *scenario) { ben(s, time.Minute, contract.VerbAdvance, contract.Act{Reason: "over"}) },
			want:   []string{"Ben ends containment", "phase: recovery", "recovered"}, never: []string{"question: commander: second"},
		},
		{
			name: "return opens a new pass", steps: "- ask: Again?\n  id: again\n  choices: [yes_please, no_thanks]\n  timeout: 1h\n  on_timeout: ask\n  case:\n    yes_please: [{ return: containment }]\n    no_thanks: []\n- note: pass ${{ pass }}",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbAnswer, contract.Act{Step: "again", Value: "yes_please"})
				ben(s, 2*time.Minute, contract.VerbAnswer, contract.Act{Step: "again", Value: "no_thanks"})
			},
			want: []string{"goes back to containment", "2m0s  answer", "note: pass 2"}, never: []string{"note: pass 1"},
		},
		{
			name: "reassign", steps: "- task: work\n  id: work\n  who: owner",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbReassign, contract.Act{Step: "work", Person: "dan", PersonName: "Dan"})
				s.act(2*time.Minute, contract.VerbDone, contract.Act{By: inSlack("dan"), Step: "work"})
			},
			want: []string{"Ben gives “work” to Dan", "answer: Dan: Done"},
		},
		{
			name: "a watch fires on the edge", head: "watch:\n  - when: severity == \"SEV1\"\n    steps: [{ say: loud }]\n", steps: "- task: work\n  id: work",
			script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbSeverity, contract.Act{Value: "SEV1"})
				ben(s, 2*time.Minute, contract.VerbSeverity, contract.Act{Value: "SEV2", Reason: "less"})
				ben(s, 3*time.Minute, contract.VerbSeverity, contract.Act{Value: "SEV1"})
				ben(s, 4*time.Minute, contract.VerbDone, contract.Act{Step: "work"})
			},
			want: []string{"1m0s  say: loud", "3m0s  say: loud"}, never: []string{"2m0s  say"},
		},
		{
			name: "a raise catches up and pages the longer list", steps: "- page: ${{ policy.page }}\n  background: true\n- say: loud\n  id: loud\n  if: policy.loud\n- task: work\n  id: work",
			script: func(s *scenario) {
				s.in.Declaration.Severity = "SEV2"
				ben(s, 2*time.Minute, contract.VerbSeverity, contract.Act{Value: "SEV1"})
				ben(s, 5*time.Minute, contract.VerbDone, contract.Act{Step: "work"})
			},
			want: []string{"page: page owner", "2m0s  severity", "2m0s  page: page comms", "2m0s  say: loud"},
		},
		{
			name: "a step by hand", steps: "- task: work\n  id: work", script: func(s *scenario) {
				ben(s, time.Minute, contract.VerbStep, contract.Act{AdHoc: adHoc(t, "say: by hand")})
				ben(s, 2*time.Minute, contract.VerbDone, contract.Act{Step: "work"})
			},
			want: []string{"Ben adds a step: say: by hand", "say: by hand", "recovered"},
		},
		{
			name: "a postmortem is drafted", steps: "- postmortem: draft\n  id: draft\n- note: at ${{ steps.draft.url }}",
			want: []string{"The postmortem's draft: INC-1-postmortem.md", "note: at INC-1-postmortem.md"},
		},
	}
}

// TestLanguage plays them.
func TestLanguage(t *testing.T) {
	t.Parallel()
	for _, tt := range languageCases(t) {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, around(tt.head, tt.steps)))
			s.phones(everybody())
			s.stopAt(10 * time.Hour)
			if tt.name == "await until" { // its condition comes true by a constant
				s = newScenario(t, parse(t, strings.Replace(around(tt.head, tt.steps), "'false'", "'true'", 1)))
				s.stopAt(10 * time.Hour)
			}
			if tt.script != nil {
				tt.script(s)
			}
			text := lines(s)
			rest := text
			for _, want := range tt.want {
				_, after, ok := strings.Cut(rest, want)
				if !ok {
					t.Fatalf("no %q, in this order, in\n%s", want, text)
				}
				rest = after
			}
			for _, never := range tt.never {
				if strings.Contains(text, never) {
					t.Errorf("%q in\n%s", never, text)
				}
			}
			if strings.Contains(text, "the test ends here") {
				t.Errorf("it did not come to its end\n%s", text)
			}
		})
	}
}

// TestYardsticksCut cuts both yardsticks everywhere, singly and all at once: whoever walks again comes to the same place.
func TestYardsticksCut(t *testing.T) {
	t.Parallel()
	paths := map[string]func(*testing.T) *scenario{"outage": raisedOutage, "breach": secondPass}
	for name, play := range paths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			uncut := play(t)
			uncut.run()
			var moments []time.Duration
			ended := uncut.snapshot().Incident.ResolvedAt
			for _, e := range uncut.timeline() {
				if ended.Sub(e.At) < 3*time.Second {
					continue
				}
				at := e.At.Sub(start).Truncate(time.Second) + 613*time.Millisecond
				if !slices.Contains(moments, at) && at > 0 && e.At.Sub(start) < 20*time.Hour {
					moments = append(moments, at)
				}
			}
			cutEverywhere(t, uncut, play, moments)
		})
	}
}

// raisedOutage is service-outage whose severity rises in the middle.
func raisedOutage(t *testing.T) *scenario {
	s := outage(t)
	s.phones(everybody())
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV3"})
	s.act(8*time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV1"})
	s.answer(10*time.Minute, "ana", "stop", "failover")
	s.act(12*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ana"), Step: "approve"})
	s.done(90*time.Minute, "ana", "eradication/1")
	return s
}

// secondPass is security-breach that goes back to containment once.
func secondPass(t *testing.T) *scenario {
	s := breach(t)
	s.phones(everybody())
	s.act(10*time.Second, contract.VerbSeverity, contract.Act{By: inSlack("ben"), Value: "SEV1"})
	s.answer(5*time.Minute, "ben", "real", "confirmed")
	s.act(10*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ben"), Step: "containment/2"})
	s.act(20*time.Minute, contract.VerbAnswer, contract.Act{By: inSlack("ana"), Step: "scope", Fields: map[string]any{"personal_data": true, "records": 12}})
	s.act(30*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("cleo"), Step: "watch/1/2"})
	for pass := range 2 {
		from := 40*time.Minute + time.Duration(pass)*time.Hour
		s.done(from, "ben", "runbook/eradication/1/steps/1[1]")
		s.done(from+time.Minute, "ben", "runbook/eradication/1/steps/1[2]")
		s.answer(from+5*time.Minute, "ben", "runbook/refused", "refused")
		s.done(from+10*time.Minute, "ana", "eradication/2")
		if pass == 0 {
			s.act(from+15*time.Minute, contract.VerbReject, contract.Act{By: inSlack("ben"), Step: "clean", Reason: "no"})
			s.act(from+20*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ben"), Step: "containment/2"})
			continue
		}
		s.act(from+15*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ben"), Step: "clean"})
		s.act(from+16*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ana"), Step: "clean"})
	}
	s.answer(27*time.Hour, "ana", "quiet", "quiet")
	return s
}

func TestBreachSecondPass(t *testing.T) {
	t.Parallel()
	s := secondPass(t)
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q", result.Ending)
	}
	s.settled()
	s.goldenInSeconds()
}

// peopleSteps are the kinds that wait for people, with how each is answered.
var peopleSteps = map[string]struct {
	step   string
	answer func(s *scenario, at time.Duration, address string) *outcome
}{
	"ask": {"- ask: Which?\n  id: it\n  choices: [a, b]\n  timeout: 10m\n  on_timeout: continue", func(s *scenario, at time.Duration, address string) *outcome {
		return s.answer(at, "ben", address, "a")
	}},
	"approve": {"- approve: May we?\n  id: it\n  timeout: 10m\n  else: []", func(s *scenario, at time.Duration, address string) *outcome {
		return s.act(at, contract.VerbApprove, contract.Act{By: inSlack("ben"), Step: address})
	}},
	"assess": {"- assess: commander\n  id: it\n  timeout: 10m\n  on_timeout: continue", func(s *scenario, at time.Duration, address string) *outcome {
		s.answer(at+time.Second, "ben", address, "SEV2")
		return s.act(at, contract.VerbAnswer, contract.Act{By: inSlack("ben"), Step: address, Fields: map[string]any{"impact": "much", "scope": "some"}})
	}},
	"task": {"- task: Work\n  id: it\n  timeout: 10m\n  on_timeout: continue", func(s *scenario, at time.Duration, address string) *outcome {
		return s.done(at, "ben", address)
	}},
	"page": {"- page: owner\n  id: it\n  ack: 1m\n  rounds: 1\n  on_timeout: continue", func(s *scenario, at time.Duration, _ string) *outcome {
		return s.act(at/10, contract.VerbAck, contract.Act{By: inSlack("ana"), All: true})
	}},
	"await": {"- await: news\n  id: it\n  timeout: 10m\n  on_timeout: continue", func(s *scenario, at time.Duration, _ string) *outcome {
		return s.act(at, contract.VerbSend, contract.Act{By: inSlack("ben"), Value: "news"})
	}},
}

// containers are the places in which such a step may stand, and the address that it has there.
var containers = map[string]struct{ steps, address, head string }{
	"top level": {"STEP", "it", ""},
	"parallel":  {"- parallel:\n    one:\n      STEP\n    two: [{ note: beside }]", "it", ""},
	"case":      {"- switch: incident.service\n  case:\n    payments:\n      STEP", "it", ""},
	"for_each":  {"- for_each: '[\"x\"]'\n  as: host\n  steps:\n    STEP", "it[1]", ""},
	"repeat":    {"- repeat:\n  max: 1\n  steps:\n    STEP", "it", ""},
	"undo":      {"- action: x.one\n  undo:\n    STEP\n- revert: containment", "it", ""},
	"group":     {"- group: Together\n  steps:\n    STEP", "it", ""},
	"watch":     {"- wait: 30m", "it", "watch:\n  - when: incident.service == \"payments\"\n    steps:\n      STEP\n"},
}

// TestMatrix puts every kind that waits for people into every container: it is answered, it times out, it is withdrawn.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for kind, people := range peopleSteps {
		for place, container := range containers {
			t.Run(kind+" in "+place, func(t *testing.T) {
				t.Parallel()
				steps := placed(container.steps, people.step)
				head := placed(container.head, people.step)
				play := func(script func(*scenario)) map[string]contract.StepState {
					s := newScenario(t, parse(t, around(head, steps)))
					s.world.Fail = func(a memory.Act) error { return nil }
					s.phones(map[oncall.PersonID]time.Duration{})
					s.stopAt(10 * time.Hour)
					script(s)
					s.run()
					s.settled()
					states := map[string]contract.StepState{}
					for _, step := range s.snapshot().Steps {
						states[step.Address] = step.State
					}
					return states
				}
				answered := play(func(s *scenario) { people.answer(s, 5*time.Minute, container.address) })
				if got := answered[container.address]; got != contract.StepDone {
					t.Errorf("answered, it is %q: %v", got, answered)
				}
				silent := play(func(*scenario) {})
				if got := silent[container.address]; got != contract.StepTimedOut && got != contract.StepRejected {
					t.Errorf("after silence it is %q: %v", got, silent)
				}
				ended := play(func(s *scenario) {
					s.act(30*time.Second, contract.VerbCancel, contract.Act{By: inSlack("ben"), Reason: "withdrawn"})
				})
				if got := ended[container.address]; got != contract.StepCancelled {
					t.Errorf("withdrawn, it is %q: %v", got, ended)
				}
			})
		}
	}
}

// placed puts a step into a container, with its indentation.
func placed(container, step string) string {
	for line := range strings.SplitSeq(container, "\n") {
		if before, _, ok := strings.Cut(line, "STEP"); ok {
			return strings.Replace(container, "STEP", strings.ReplaceAll(step, "\n", "\n"+before), 1)
		}
	}
	return container
}

// adHoc is a step by hand as the gateway sends it.
func adHoc(t *testing.T, text string) *runbooks.Step {
	t.Helper()
	step, problems := runbooks.ParseStep(parse(t, around("", "- task: work\n  id: work")), "step", []byte(text), "adhoc/0")
	if problems.Err() != nil {
		t.Fatal(problems)
	}
	return step
}
