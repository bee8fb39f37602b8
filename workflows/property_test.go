package workflows_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/runbooks"
)

// randomCases is how many random runbooks are played.
const randomCases = 1000

// TestRandomRunbooks plays random runbooks of all kinds with random answers, failures, changes of the severity and cuts.
// Each must come to its end, or wait for a person whose name is known; every fourth is also played without its cuts, and
// nobody may see a difference.
// A case that fails is made smaller, and its seed and text are printed.
func TestRandomRunbooks(t *testing.T) {
	t.Parallel()
	const groups = 8
	for group := range groups {
		t.Run(fmt.Sprint("seeds from ", group*randomCases/groups), func(t *testing.T) {
			t.Parallel()
			for n := range randomCases / groups {
				seed := uint64(group*randomCases/groups + n)
				if fault := playRandom(t, seed, len(randomSteps)); fault != "" {
					steps := len(randomSteps)
					for steps > 1 && playRandom(t, seed, steps-1) != "" {
						steps--
					}
					t.Fatalf("seed %d: %s\nalso with the first %d kinds of steps alone:\n%s", seed, fault, steps, randomRunbook(seed, steps))
				}
			}
		})
	}
}

// randomSteps are the steps that random runbooks are made of; BLOCK is a block of further ones.
var randomSteps = []string{
	"- note: a note",
	"- say: a word at ${{ severity }}",
	"- wait: 3m",
	"- ask: Which?\n  choices: [a, b]\n  timeout: 7m\n  on_timeout: { choose: a }\n  case:\n    a:\n      BLOCK\n    b: []",
	"- approve: May we?\n  timeout: 5m\n  else:\n    BLOCK",
	"- task: Work\n  timeout: 20m\n  on_timeout: continue",
	"- page: owner\n  ack: 1m\n  rounds: 1\n  on_timeout: continue",
	"- page: ${{ policy.page }}\n  background: true",
	"- action: x.do\n  undo: [{ action: x.undo }]",
	"- http: GET https://x/y\n  timeout: 1m\n  on_failure: continue",
	"- run: ./x\n  on_failure: continue",
	"- parallel:\n    left:\n      BLOCK\n    right:\n      BLOCK",
	"- parallel:\n    left:\n      BLOCK\n    right: [{ wait: 2m }]\n  join: any",
	"- for_each: '[\"a\", \"b\", \"c\"]'\n  as: item\n  limit: 2\n  steps:\n    BLOCK",
	"- repeat:\n  max: 2\n  every: 1m\n  steps:\n    BLOCK",
	"- switch: severity\n  case:\n    SEV1:\n      BLOCK\n  else:\n    BLOCK",
	"- group: Together\n  on_failure: continue\n  steps:\n    BLOCK",
	"- set: { count: vars.count + 1 }",
	"- severity: SEV1\n  if: level == 2",
	"- assign: commander\n  ack: 2m",
	"- update: customers\n  message: hello\n  if: policy.loud",
	"- evidence: a piece",
	"- bridge: jitsi\n  if: policy.loud",
	"- ticket: jira",
	"- await: news\n  timeout: 4m\n  on_timeout: continue",
	"- assess: commander\n  timeout: 6m\n  on_timeout: continue",
	"- revert: containment",
	"- postmortem: draft",
	"- return: identification\n  if: pass == 1",
}

// randomRunbook is the runbook of a seed, made of the first kinds of steps.
func randomRunbook(seed uint64, kinds int) string {
	r := rand.New(rand.NewPCG(seed, 1))
	var block func(indent string, depth, size int, inLoop bool) string
	block = func(indent string, depth, size int, inLoop bool) string {
		var b strings.Builder
		for range 1 + r.IntN(size) {
			step := randomSteps[r.IntN(kinds)]
			for (inLoop || depth > 0) && (strings.HasPrefix(step, "- set") || strings.HasPrefix(step, "- return") || strings.HasPrefix(step, "- revert")) ||
				depth >= 2 && strings.Contains(step, "BLOCK") {
				step = randomSteps[r.IntN(min(kinds, 3))]
			}
			loop := inLoop || strings.Contains(step, "parallel") || strings.Contains(step, "for_each")
			for line := range strings.SplitSeq(step, "\n") {
				if before, _, ok := strings.Cut(line, "BLOCK"); ok {
					b.WriteString(block(indent+before, depth+1, 2, loop))
					continue
				}
				b.WriteString(indent + line + "\n")
			}
		}
		return b.String()
	}
	return "runbook: random\nroles: { commander: sre-oncall, owner: payments-oncall, comms: support-oncall }\nvars: { count: '1' }\n" +
		"severities:\n  SEV1: { page: [owner, comms], loud: true }\n  SEV2: { page: [owner], loud: false }\n" +
		"watch:\n  - every: 11m\n    steps:\n      - note: tick\n  - when: severity == \"SEV1\"\n    steps:\n      - say: it is bad\n" +
		"phases:\n  identification:\n" + block("    ", 0, 4, false) + "  containment:\n    - action: x.first\n      undo: [{ action: x.back }]\n" + block("    ", 0, 5, false) +
		"  recovery:\n    - note: recovered\n"
}

// playRandom plays the runbook of a seed and says what is wrong with how it went; "" = nothing.
func playRandom(t *testing.T, seed uint64, kinds int) string {
	// What happens in one instant has the order of the test's own threads, so a difference counts only when it is there
	// every time.
	const tries = 3
	var fault string
	for range tries {
		cut, wrong := playSeed(t, seed, kinds, true)
		if wrong != "" || seed%4 != 0 || cut.stage.Runs() == 1 {
			return wrong
		}
		uncut, wrong := playSeed(t, seed, kinds, false)
		if wrong != "" {
			return wrong
		}
		diff := gocmp.Diff(rounded(uncut), rounded(cut))
		if diff == "" {
			return ""
		}
		fault = "the cut shows (-uncut +cut):\n" + diff
	}
	return fault
}

// playSeed plays the runbook of a seed, with or without its cuts.
func playSeed(t *testing.T, seed uint64, kinds int, cuts bool) (*scenario, string) {
	text := randomRunbook(seed, kinds)
	rb, problems := runbooks.Parse("random.yaml", []byte(text))
	if problems.Err() != nil {
		return nil, "it cannot be read: " + problems.Error() + "\n" + text
	}
	r := rand.New(rand.NewPCG(seed, 2))
	s := newScenario(t, rb)
	phones := map[oncall.PersonID]time.Duration{}
	for _, who := range []oncall.PersonID{"ana", "ben", "cleo", "dan"} {
		if r.IntN(2) == 0 {
			phones[who] = time.Duration(3+r.IntN(20)) * time.Second
		}
	}
	s.phones(phones)
	failing := seed%3 == 0
	s.world.Fail = func(a memory.Act) error {
		if failing && (a.Kind == "action" || a.Kind == "update") && a.At.Before(start.Add(30*time.Minute)) {
			return &contract.Refused{What: "out of order"}
		}
		return nil
	}
	for n := range r.IntN(6) {
		at := time.Duration(1+r.IntN(60))*time.Minute + time.Duration(23+n)*time.Second // no two things in one instant
		switch n % 3 {
		case 0:
			s.act(at, contract.VerbSeverity, contract.Act{By: inSlack("ben"), Value: []string{"SEV1", "SEV2"}[r.IntN(2)], Reason: "it changes"})
		case 1:
			s.act(at, contract.VerbSend, contract.Act{By: inSlack("ben"), Value: "news"})
		default:
			if cuts {
				s.cut(at + 313*time.Millisecond)
			}
		}
	}
	for n := range 40 { // somebody sees to whatever is open, now and then
		s.at(time.Duration(10+n*20)*time.Minute+41*time.Second, func() { s.seeTo(r.IntN(3)) })
	}
	s.at(47*time.Hour, func() {
		if named := s.awaited(); !named {
			t.Errorf("seed %d: after two days it waits for nobody\n%s", seed, s.transcript())
		}
	})
	s.stopAt(48 * time.Hour)
	if _, err := s.stage.Play(s.in); err != nil {
		return s, "it failed: " + err.Error()
	}
	if cuts && testing.Verbose() && seed < 3 {
		t.Logf("seed %d, %d runs\n%s", seed, s.stage.Runs(), s.transcript())
	}
	for _, step := range s.snapshot().Steps {
		if step.State == contract.StepRunning || step.State == contract.StepWaiting || step.State == contract.StepHolding {
			return s, step.Key + " is left " + string(step.State)
		}
	}
	return s, ""
}

// seeTo lets the person who is asked answer the oldest open question.
func (s *scenario) seeTo(choice int) {
	inc := s.snapshot().Incident
	open := inc.OpenQuestions()
	if len(open) == 0 {
		return
	}
	q := open[0]
	by := inSlack("ben")
	if len(q.Addressed) > 0 {
		by = person(q.Addressed[len(q.Addressed)-1], incident.DoorSlack)
	}
	act, verb := contract.Act{By: by, Question: q.Key}, contract.VerbAnswer
	switch q.Kind {
	case incident.QuestionTask:
		verb = contract.VerbDone
	case incident.QuestionApprove:
		verb = []contract.Verb{contract.VerbApprove, contract.VerbReject, contract.VerbApprove}[choice]
	case incident.QuestionSignal:
		verb, act = contract.VerbSend, contract.Act{By: by, Value: q.Signal}
	case incident.QuestionForm:
		act.Fields = map[string]any{"impact": "some", "scope": "some"}
	default:
		act.Value = q.Choices[choice%len(q.Choices)].Key
	}
	s.actNow(verb, act, &outcome{})
}

// awaited says whether a person with a name is waited for, by a question or by a page, or a system that is asked again and
// again, whose time will be over.
func (s *scenario) awaited() bool {
	snap := s.snapshot()
	inc := snap.Incident
	for _, step := range snap.Steps {
		if step.State == contract.StepRunning && step.Kind == string(runbooks.KindHTTP) {
			return true
		}
	}
	for _, q := range inc.OpenQuestions() {
		if len(q.Addressed) > 0 || len(q.Who) > 0 {
			return true
		}
	}
	left := false // the runbook was left: the commander is reminded every hour
	for _, q := range inc.Questions {
		left = left || q.Kind == incident.QuestionHold && q.Choice == incident.ChoiceStop
	}
	return left || len(inc.OpenPages()) > 0
}
