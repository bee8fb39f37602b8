package rehearsal_test

import (
	"cmp"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// parse reads a runbook that a test writes.
func parse(t testing.TB, text string) *runbooks.Runbook {
	t.Helper()
	rb, problems := runbooks.Parse("runbook.yaml", []byte(text))
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return rb
}

// head is a runbook up to its phases.
const head = `
runbook: bad
roles: { commander: sre-oncall, owner: payments-oncall }
severities: { SEV1: {}, SEV2: {} }
phases:
`

// Each kind of fault is found, with the way that leads to it, and with a script that shows it again.
func TestExploreFinds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		phases string
		code   rehearsal.FindingCode
		text   string
		path   []string // of the first finding with the code
		script string   // a piece of it
		again  func(*rehearsal.Result) bool
		paths  int // 0 = 8
	}{
		"a wait that is longer than anybody's patience": {
			phases: `
  identification:
    - page: commander
    - wait: 30d
`,
			code: rehearsal.WaitsForNone, text: "wait is waiting", path: []string{}, script: "for: 7d",
			again: func(r *rehearsal.Result) bool { return !r.Over && len(r.Summary().Open) == 0 },
		},
		"a signal that need not come": {
			phases: `
  identification:
    - page: commander
    - await: calm
      timeout: 30d
      on_timeout: continue
`,
			code: rehearsal.NeverEnds, text: "after a week it still waits: await: waits for calm",
			path: []string{"await: waits for calm: silence"}, script: "for: 7d",
			again: func(r *rehearsal.Result) bool { return !r.Over && len(r.Summary().Open) == 1 },
		},
		"questions without end": {
			phases: `
  identification:
    - page: commander
    - repeat: the same again
      steps:
        - ask: And now?
          choices: { go: Go on, further: Further }
          timeout: 1h
          on_timeout: escalate
      until: severity == 'SEV1' && severity == 'SEV2'
      max: 1000
`,
			code: rehearsal.NeverEnds, text: "it goes round and round: after 300 decisions", path: []string{}, script: "choice: further", paths: 2,
			again: func(r *rehearsal.Result) bool { return !r.Over },
		},
		"nobody called at SEV2": {
			phases: `
  identification:
    - channel: room
    - await: severity
      timeout: 10m
      on_timeout: { choose: SEV2 }
    - page: commander
      if: severity == 'SEV1'
`,
			code: rehearsal.NobodyPaged, text: "nobody is called at SEV2", path: []string{}, script: "severity: SEV2",
			again: func(r *rehearsal.Result) bool { return r.Summary().FirstPage == nil },
		},
		"called late": {
			phases: `
  identification:
    - channel: room
    - task: Look whether it is real
      who: owner
      timeout: 20m
      on_timeout: continue
    - page: commander
`,
			code: rehearsal.LateFirstPage, text: "the first page comes after 20m",
			path: []string{"task: Look whether it is real: silence"}, script: "runbook: bad",
			again: func(r *rehearsal.Result) bool {
				s := r.Summary()
				return s.FirstPage != nil && *s.FirstPage > 10*time.Minute
			},
		},
		"nothing learned after a failure": {
			phases: `
  identification:
    - page: commander
  containment:
    - http: POST https://edge.internal/shield
      id: shield
      on_failure: continue
  lessons_learned:
    - task: Write down what happened
      if: steps.shield.state == 'done'
      who: commander
`,
			code: rehearsal.SkipsLessons, text: "no step of the lessons learned", script: "shield: [{ refuse: the rehearsal lets it fail }]",
			path:  []string{"shield: http https://edge.internal/shield: fails"},
			again: func(r *rehearsal.Result) bool { return r.Over && r.Summary().Ending == "resolved" },
		},
		"only those are asked who may not answer": {
			phases: `
  identification:
    - page: commander
    - assign: commander
      to: sre-oncall
  containment:
    - approve: Cut the traffic?
      id: cut
      who: commander
      not: [commander]
      timeout: 1h
      on_timeout: reject
      else: []
`,
			code: rehearsal.CannotAnswer, text: "cannot approve cut", path: nil, script: "approve: cut",
			again: func(r *rehearsal.Result) bool { return len(r.Faults) == 1 },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rb := parse(t, head+test.phases)
			e := rehearsal.Explore(rehearsal.Options{Runbook: rb}, rehearsal.Limits{Paths: cmp.Or(test.paths, 8)})
			found := find(e, test.code)
			if found == nil {
				t.Fatalf("no %s among %+v", test.code, e.Findings)
			}
			if !strings.Contains(found.Text, test.text) {
				t.Errorf("it says %q, want %q", found.Text, test.text)
			}
			if diff := gocmp.Diff(test.path, found.Path); test.path != nil && diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(found.Script, test.script) {
				t.Errorf("the script lacks %q:\n%s", test.script, found.Script)
			}
			if again := run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, found.Script)}); !test.again(again) {
				t.Errorf("the script does not show it again:\n%s\n%s", found.Script, strings.Join(text(again), "\n"))
			}
		})
	}
}

// find is the first finding of a kind.
func find(e *rehearsal.Exploration, code rehearsal.FindingCode) *rehearsal.Finding {
	for n := range e.Findings {
		if e.Findings[n].Code == code {
			return &e.Findings[n]
		}
	}
	return nil
}

// script reads a script that the rehearsal has written.
func script(t testing.TB, rb *runbooks.Runbook, text string) runbooks.Rehearsal {
	t.Helper()
	all, problems := runbooks.ParseRehearsals("script.yaml", []byte(text))
	if err := problems.Err(); err != nil || len(all) != 1 {
		t.Fatalf("%v in\n%s", err, text)
	}
	if err := all[0].Check(rb).Err(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return all[0]
}

// A runbook that is only imported calls nobody and learns nothing by itself, and that is no fault of it.
func TestExplorePart(t *testing.T) {
	t.Parallel()
	e := rehearsal.Explore(rehearsal.Options{Runbook: shipped(t, "rotate-credentials")}, rehearsal.Limits{})
	if len(e.Findings) > 0 || e.Left > 0 || e.Paths < 20 {
		t.Errorf("%d paths, %d left: %+v", e.Paths, e.Left, e.Findings)
	}
}

// Whatever the limit, each option is tried before combinations of options; and the same walk is told in the same words.
func TestExploreTriesEverythingFirst(t *testing.T) {
	t.Parallel()
	o := rehearsal.Options{Runbook: shipped(t, "service-outage")}
	few, again := rehearsal.Explore(o, rehearsal.Limits{Paths: 64}), rehearsal.Explore(o, rehearsal.Limits{Paths: 64})
	if few.Paths != 64 || few.Untried != 0 || few.Left == 0 {
		t.Errorf("%d paths, %d untried, %d left; want 64, 0, some", few.Paths, few.Untried, few.Left)
	}
	if diff := gocmp.Diff(few, again); diff != "" {
		t.Error(diff)
	}
	tiny := rehearsal.Explore(o, rehearsal.Limits{Paths: 5})
	if tiny.Paths != 5 || tiny.Untried == 0 {
		t.Errorf("%d paths, %d untried; want 5, some", tiny.Paths, tiny.Untried)
	}
}

// The longest silence and the latest first page are seen again with their scripts.
func TestExploreExtremes(t *testing.T) {
	t.Parallel()
	rb := shipped(t, "third-party-outage")
	e := rehearsal.Explore(rehearsal.Options{Runbook: rb}, rehearsal.Limits{Paths: 60})
	if e.Silence.For < time.Hour || e.Silence.Until == "" {
		t.Fatalf("the longest silence is %+v", e.Silence)
	}
	var longest time.Duration
	last := time.Time{}
	for _, a := range run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, e.Silence.Script)}).Acts {
		if !last.IsZero() && (a.Kind == "call" || a.Kind == "text" || a.Kind == "post" || a.Kind == "update") {
			longest = max(longest, a.At.Sub(last))
		}
		last = a.At
	}
	if difference := (longest - e.Silence.For).Abs(); difference > 2*time.Second {
		t.Errorf("its script is silent for %s, want %s:\n%s", longest, e.Silence.For, e.Silence.Script)
	}
}
