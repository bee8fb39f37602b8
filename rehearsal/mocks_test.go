package rehearsal_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/rehearsal"
)

// mocked is a runbook with every kind of system, and two steps of the same action.
const mocked = `
runbook: mocked
roles: { commander: sre-oncall }
severities: { SEV1: {} }
phases:
  identification:
    - channel: room
      on_failure: continue
    - page: commander
      id: first
      background: true
    - wait: 1m
  containment:
    - action: deploy.rollback
      id: one
      retry: 2
      on_failure: continue
    - action: deploy.rollback
      id: two
      on_failure: continue
    - http: POST https://edge.example/shield
      id: shield
      retry: 0
      on_failure: continue
    - run: restart it
      id: restart
      on_failure: continue
    - say: It is done
      on_failure: continue
    - end: resolved
`

// What a script says of systems is what the runbook hears, from the nearest word.
func TestMocks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		mock  string
		steps string        // states of one, two, shield, restart
		ends  time.Duration // after the minute
	}{
		"everything works by itself":               {`{}`, "done done done done", 0},
		"a step before its action":                 {`{ deploy.rollback: { refuse: no }, one: { ok: {} } }`, "done failed done done", 0},
		"whatever stands first":                    {`{ two: { ok: {} }, deploy.rollback: { refuse: no } }`, "failed done done done", 0},
		"a step before its kind":                   {`{ http: { refuse: no }, shield: { ok: {} } }`, "done done done done", 0},
		"a kind":                                   {`{ http: { refuse: no }, run: { refuse: no } }`, "done done failed failed", 0},
		"a failure is tried again":                 {`{ one: [{ fail: busy }, { fail: busy }, { ok: {} }] }`, "done done done done", 3 * time.Second},
		"a failure too many":                       {`{ one: { fail: busy } }`, "failed done done done", 3 * time.Second},
		"a refusal is not tried again":             {`{ one: [{ refuse: no }, { ok: {} }] }`, "failed done done done", 0},
		"in order, across the steps of an action":  {`{ deploy.rollback: [{ refuse: no }, { ok: {} }] }`, "failed done done done", 0},
		"the last again and again":                 {`{ deploy.rollback: [{ ok: {} }, { refuse: no }] }`, "done failed done done", 0},
		"tries count":                              {`{ deploy.rollback: [{ fail: busy }, { ok: {} }, { refuse: no }] }`, "done failed done done", time.Second},
		"no answer takes half a minute":            {`{ two: { fail: timeout } }`, "done failed done done", 30 * time.Second},
		"no answer, and how long that takes":       {`{ two: { fail: timeout, after: 2m } }`, "done failed done done", 2 * time.Minute},
		"an answer that takes its time":            {`{ two: { ok: {}, after: 45s } }`, "done done done done", 45 * time.Second},
		"a failure that takes its time":            {`{ two: { fail: no, after: 45s } }`, "done failed done done", 45 * time.Second},
		"a status":                                 {`{ shield: { ok: { status: 404 } } }`, "done done failed done", 0},
		"a command that fails":                     {`{ restart: { ok: { exit_code: 3 } } }`, "done done done failed", 0},
		"a step's mock touches no post about it":   {`{ one: { refuse: no }, shield: { refuse: no } }`, "failed done failed done", 0},
		"a page's mock touches calls and messages": {`{ first: { refuse: no } }`, "done done done done", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rb := parse(t, mocked)
			r := run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, "runbook: mocked\nmock: "+test.mock+"\n")})
			if diff := cmp.Diff(test.steps, states(r, "one", "two", "shield", "restart")); diff != "" {
				t.Errorf("%s\n%s", diff, strings.Join(text(r), "\n"))
			}
			if ended := r.Summary().Ended; ended == nil || (*ended-time.Minute-test.ends).Abs() > moments {
				t.Errorf("it ended after %v, want a minute and %s", ended, test.ends)
			}
			said, called := 0, 0
			for _, a := range r.Acts {
				switch {
				case a.Kind == "call" || a.Kind == "text":
					called++
				case a.Kind == "post" && strings.Contains(a.Text, "It is done"):
					said++
				}
			}
			if said != 1 {
				t.Errorf("the last word was said %d times", said)
			}
			if (called == 0) != strings.Contains(name, "page's mock") {
				t.Errorf("%d calls and messages", called)
			}
		})
	}
}

// moments are what effects take beside what a mock says, of all effects of a short play together.
const moments = 3 * time.Second

// states are the states of steps in the end.
func states(r *rehearsal.Result, addresses ...string) string {
	var out []string
	for _, address := range addresses {
		for _, line := range r.Final.Steps {
			if line.Address == address {
				out = append(out, string(line.State))
			}
		}
	}
	return strings.Join(out, " ")
}

// A poll waits for what only its system could say. Where the script says nothing of it, it is met as soon as the system
// answers; where it says what the system answers, the condition decides.
func TestPolls(t *testing.T) {
	t.Parallel()
	const web, command, action = "http: GET https://slo.example", "run: slo", "action: slo.read"
	for name, test := range map[string]struct {
		does, until, mock string
		state             string
		ends              time.Duration
	}{
		"http, unmocked":                  {web, "steps.slo.body.rate < 1.0", `{}`, "done", 0},
		"run, unmocked":                   {command, "steps.slo.stdout == 'ok'", `{}`, "done", 0},
		"action, unmocked":                {action, "steps.slo.rate < 1.0", `{}`, "done", 0},
		"another step is mocked":          {web, "steps.slo.body.rate < 1.0", `{ run: { refuse: no } }`, "done", 0},
		"after its failures":              {web, "steps.slo.body.rate < 1.0", `{ slo: [{ fail: busy }, { fail: busy }, { ok: {} }] }`, "done", 20 * time.Second},
		"after its failures, by run":      {command, "steps.slo.stdout == 'ok'", `{ run: [{ fail: busy }, { ok: {} }] }`, "done", 10 * time.Second},
		"an action that fails has failed": {action, "steps.slo.rate < 1.0", `{ slo.read: [{ fail: busy }, { ok: {} }] }`, "failed", 0},
		"values that do":                  {web, "steps.slo.body.rate < 1.0", `{ slo: { ok: { body: { rate: 0.5 } } } }`, "done", 0},
		"values that do in the end": {
			web, "steps.slo.body.rate < 1.0", `{ slo: [{ ok: { body: { rate: 3 } } }, { ok: { body: { rate: 3 } } }, { ok: { body: { rate: 0.5 } } }] }`,
			"done", 20 * time.Second,
		},
		"values that never do":            {web, "steps.slo.body.rate < 1.0", `{ http: { ok: { body: { rate: 3 } } } }`, "timed_out", 5 * time.Minute},
		"values that never do, by run":    {command, "steps.slo.stdout == 'ok'", `{ slo: { ok: { stdout: bad } } }`, "timed_out", 5 * time.Minute},
		"values that never do, by action": {action, "steps.slo.rate < 1.0", `{ slo: { ok: { rate: 3.0 } } }`, "timed_out", 5 * time.Minute},
		"values that never do, by name":   {action, "steps.slo.rate < 1.0", `{ slo.read: { ok: { rate: 3.0 } } }`, "timed_out", 5 * time.Minute},
		"failures without end":            {web, "steps.slo.body.rate < 1.0", `{ slo: { fail: busy } }`, "timed_out", 5 * time.Minute},
		"a refusal":                       {web, "steps.slo.body.rate < 1.0", `{ slo: { refuse: no } }`, "failed", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rb := parse(t, fmt.Sprintf(`
runbook: polls
roles: { commander: sre-oncall }
phases:
  identification:
    - %s
      id: slo
      every: 10s
      until: %s
      timeout: 5m
      on_timeout: continue
      on_failure: continue
    - end: resolved
`, test.does, test.until))
			r := run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, "runbook: polls\nmock: "+test.mock+"\n")})
			if got := states(r, "slo"); got != test.state {
				t.Errorf("it is %s, want %s\n%s", got, test.state, strings.Join(text(r), "\n"))
			}
			if ended := r.Summary().Ended; ended == nil || (*ended-test.ends).Abs() > moments {
				t.Errorf("it ended after %v, want %s", ended, test.ends)
			}
		})
	}
}

// What is posted about a step takes none of its outcomes, and a step inside of another one is the one that is meant.
func TestMockIsOfTheDeed(t *testing.T) {
	t.Parallel()
	rb := parse(t, `
runbook: deed
roles: { commander: sre-oncall }
phases:
  identification:
    - channel: room
    - group: Together
      id: each
      steps:
        - action: hosts.restart
          id: restart
    - end: resolved
`)
	const mock = "runbook: deed\nfor: 10m\nmock: { restart: [{ refuse: first }, { refuse: second }, { ok: {} }], each: { refuse: never } }\nscript:\n"
	for retries, want := range []string{"holding", "holding", "done"} {
		acts := "  - { at: 1s, note: begin, by: sre-oncall }\n"
		for n := range retries {
			acts += fmt.Sprintf("  - { at: %dm, retry: restart, by: sre-oncall }\n", n+1)
		}
		r := run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, mock+acts)})
		got := ""
		for _, line := range r.Final.Steps {
			if strings.HasPrefix(line.Address, "restart") {
				got = string(line.State)
			}
		}
		if got != want || len(r.Faults) > 0 {
			t.Errorf("after %d retries it is %s, want %s; faults %v\n%s", retries, got, want, r.Faults, strings.Join(text(r), "\n"))
		}
	}
}

// While chat or telephone are down nothing comes through, and what has to be said is said when they are back.
func TestOutages(t *testing.T) {
	t.Parallel()
	rb := parse(t, `
runbook: outages
roles: { commander: sre-oncall }
phases:
  identification:
    - channel: room
    - page: commander
      ack: 5m
      background: true
    - wait: 30m
    - say: Still here
`)
	for name, test := range map[string]struct {
		script      string
		called      time.Duration // the first call or message
		roomAfter   time.Duration // when the room opens
		saidInRoom  bool
		timelineHas string
	}{
		"all is well": {script: `[]`, saidInRoom: true},
		"the telephone is down for a while": {
			script: `[{ at: 0s, phone: down }, { at: 8m, phone: up }]`, called: 8 * time.Minute, saidInRoom: true, timelineHas: "the phone is down",
		},
		"chat is down for a while": {
			script: `[{ at: 0s, chat: down }, { at: 8m, chat: up }]`, roomAfter: 8 * time.Minute, saidInRoom: true,
		},
		"chat is down for good": {script: `[{ at: 0s, chat: down }]`, roomAfter: -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := run(t, rehearsal.Options{Runbook: rb, Script: script(t, rb, "runbook: outages\nfor: 40m\nscript: "+test.script+"\n")})
			called, opened, said := time.Duration(-1), time.Duration(-1), false
			for _, a := range r.Acts {
				switch at := a.At.Sub(r.Start); {
				case (a.Kind == "call" || a.Kind == "text") && called < 0:
					called = at
				case a.Kind == "room" && opened < 0:
					opened = at
				case a.Kind == "post" && strings.Contains(a.Text, "Still here"):
					said = true
				}
			}
			const late = time.Minute // providers are asked again at growing intervals
			if called < test.called || called > test.called+late {
				t.Errorf("called after %s, want %s", called, test.called)
			}
			if opened < test.roomAfter || opened > test.roomAfter+late {
				t.Errorf("the room opens after %s, want %s", opened, test.roomAfter)
			}
			if said != test.saidInRoom {
				t.Errorf("said in the room: %v", said)
			}
			if all := strings.Join(text(r), "\n"); !strings.Contains(all, test.timelineHas) {
				t.Errorf("the timeline lacks %q:\n%s", test.timelineHas, all)
			}
		})
	}
}
