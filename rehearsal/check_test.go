package rehearsal_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/rehearsal"
	"github.com/musterbook/musterbook/runbooks"
)

// reads a test that a test writes, and compares it with its runbook as `muster test` does.
func reads(t testing.TB, rb *runbooks.Runbook, text string) runbooks.Rehearsal {
	t.Helper()
	all, problems := runbooks.ParseRehearsals("x.test.yaml", []byte(text))
	if err := problems.Err(); err != nil || len(all) != 1 {
		t.Fatalf("%v in\n%s", err, text)
	}
	if err := all[0].Check(rb).Err(); err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	return all[0]
}

// failures are what a test finds, with its places.
func failures(found []rehearsal.Failure) []string {
	var out []string
	for _, f := range found {
		out = append(out, fmt.Sprintf("%d:%d %s", f.Line, f.Column, f.Text))
	}
	return out
}

// nightly is the runbook whose plays are checked: pages, questions, loops, and systems.
const nightly = `
runbook: nightly
roles: { commander: sre-oncall, owner: payments-oncall }
severities: { SEV1: {}, SEV2: {} }
phases:
  identification:
    - channel: room
    - page: owner
      id: first
      ack: 5m
      escalate: [commander]
      background: true
    - wait: 10m
      id: pause
    - await: severity
      timeout: 10m
      on_timeout: { choose: SEV2 }
  containment:
    - for_each: "['a', 'b']"
      as: host
      steps:
        - action: hosts.restart
          id: restart
          with: { host: "${{ host }}" }
          on_failure: continue
    - for_each: "['c']"
      as: host
      if: severity == 'SEV1'
      steps:
        - action: hosts.isolate
          id: isolate
    - ask: Does it work?
      id: works
      who: owner
      choices: { "yes": It works, "no": It does not }
      timeout: 30m
      on_timeout: continue
    - update: customers
      status: resolved
      message: It works again.
    - say: Thank you all
`

// played is the story that most checks are about: Ana takes the first page after seven minutes, when Ben is called as
// well, and says at half past that it works.
const played = `test: it
runbook: nightly
severity: SEV2
people: { payments-oncall: ana, sre-oncall: ben }
script:
  - { at: 7m, ack: first, by: ana }
  - { at: 30m, answer: works, choice: "yes", by: ana }
`

// Every kind of expectation is met by what is so, and fails, where it stands and in words, for what is not so: a check
// that could not fail would be worth nothing.
func TestExpectations(t *testing.T) {
	t.Parallel()
	rb := parse(t, nightly)
	for name, test := range map[string]struct {
		expect string   // one line below expect
		want   []string // nothing: it is met
	}{
		"state of a step":               {`steps: { pause: done, works: done, first: done }`, nil},
		"another state":                 {`steps: { pause: skipped }`, []string{`9:12 pause is done, want skipped`}},
		"every turn of a loop":          {`steps: { restart: done }`, nil},
		"not every turn":                {`steps: { restart: failed }`, []string{`9:12 restart is done, want failed`}},
		"inside of what is never begun": {`steps: { isolate: pending }`, nil},
		"not inside of it":              {`steps: { isolate: done }`, []string{`9:12 isolate is never reached, want done`}},
		"begun, so not pending":         {`steps: { works: pending }`, []string{`9:12 works is done, want pending`}},
		"several at once":               {`steps: { pause: failed, works: done, restart: skipped }`, []string{`9:12 pause is done, want failed`, `9:40 restart is done, want skipped`}},

		"severity":         {`severity: SEV2`, nil},
		"another severity": {`severity: SEV1`, []string{`9:13 the severity is SEV2 in the end, want SEV1`}},

		"who was called, in order":           {`paged: [ana, ben]`, nil},
		"by schedule":                        {`paged: [payments-oncall, sre-oncall]`, nil},
		"by name":                            {`paged: [Ana, Ben]`, nil},
		"another order":                      {`paged: [ben, ana]`, []string{`9:11 called were, in this order: Ana, Ben; want ben in place 1`}},
		"one too few":                        {`paged: [ana]`, []string{`9:3 called were, in this order: Ana, Ben; nobody after place 1 is expected`}},
		"one too many":                       {`paged: [ana, ben, carl]`, []string{`9:21 called were, in this order: Ana, Ben; want carl in place 3`}},
		"twice the same":                     {`paged: [ana, ana]`, []string{`9:16 called were, in this order: Ana, Ben; want ana in place 2`}},
		"nobody":                             {`paged: []`, []string{`9:3 called were, in this order: Ana, Ben; nobody after place 0 is expected`}},
		"via":                                {`paged: [{ who: ana, via: call }, { who: ben, via: sms }]`, nil},
		"within, at the bound":               {`paged: [ana, { who: ben, within: 5m }]`, nil},
		"within, a second too early":         {`paged: [ana, { who: ben, within: 4m59s }]`, []string{`9:16 ben was called after 5m, want at most 4m 59s`}},
		"after, at the bound":                {`paged: [ana, { who: ben, after: 5m }]`, nil},
		"after, a second too late":           {`paged: [ana, { who: ben, after: 5m1s }]`, []string{`9:16 ben was called after 5m, want not before 5m 1s`}},
		"nobody else, by id":                 {`not_paged: [carl]`, nil},
		"not paged, by id":                   {`not_paged: [ben]`, []string{`9:15 ben was called after 5m, and should not have been`}},
		"not paged, by name":                 {`not_paged: [Ana]`, []string{`9:15 Ana was called after 0s, and should not have been`}},
		"not paged, by schedule":             {`not_paged: [sre-oncall]`, []string{`9:15 sre-oncall was called after 5m, and should not have been`}},
		"not paged, each":                    {`not_paged: [ana, carl, ben]`, []string{`9:15 ana was called after 0s, and should not have been`, `9:26 ben was called after 5m, and should not have been`}},
		"said":                               {`messages: [works again, Thank you]`, nil},
		"said in another order":              {`messages: [Thank you, works again]`, []string{`9:25 nobody said "works again" after the message before it`}},
		"never said":                         {`messages: [Sorry]`, []string{`9:14 nobody said "Sorry"`}},
		"said to whom":                       {`messages: [{ text: works again, to: customers }, { text: Thank you, to: room }]`, nil},
		"said to others":                     {`messages: [{ text: works again, to: room }]`, []string{`9:14 nobody said "works again" to room`}},
		"said on the telephone":              {`messages: [{ text: nightly, to: call }, { text: Thank you, to: room }]`, nil},
		"said by text message":               {`messages: [{ text: Thank you, to: sms }]`, []string{`9:14 nobody said "Thank you" to sms`}},
		"said in time":                       {`messages: [{ text: Thank you, within: 30m }]`, nil},
		"said too late":                      {`messages: [{ text: Thank you, within: 29m }]`, []string{`9:14 "Thank you" was said after 30m, want at most 29m`}},
		"never":                              {`never: [panic, shut down]`, nil},
		"never, and yet on the timeline":     {`never: [It works]`, []string{`9:11 "It works" must not happen, and after 10m: post Does it work? [It works] [It does not] @ana`, `9:11 "It works" must not happen, and after 10m: owner: Does it work? [It works] [It does not]`}},
		"never, and yet done":                {`never: [hosts.restart]`, []string{`9:11 "hosts.restart" must not happen, and after 10m: action hosts.restart {host: a}`}},
		"first page":                         {`first_page: true`, nil},
		"first page, in time":                {`first_page: { within: 1s }`, nil},
		"first page, not before":             {`first_page: { after: 1m }`, []string{`9:15 the first page came after 0s, want not before 1m`}},
		"acknowledged":                       {`acknowledged: true`, nil},
		"acknowledged by id":                 {`acknowledged: { by: ana, within: 7m, after: 7m }`, nil},
		"acknowledged by name":               {`acknowledged: { by: Ana }`, nil},
		"acknowledged by schedule":           {`acknowledged: { by: payments-oncall }`, nil},
		"acknowledged by another":            {`acknowledged: { by: ben }`, []string{`9:17 the acknowledgement came from Ana, want ben`}},
		"acknowledged by another's schedule": {`acknowledged: { by: sre-oncall }`, []string{`9:17 the acknowledgement came from Ana, want sre-oncall`}},
		"acknowledged too late":              {`acknowledged: { within: 6m59s }`, []string{`9:17 the acknowledgement came after 7m, want at most 6m 59s`}},
		"acknowledged too early":             {`acknowledged: { after: 7m1s }`, []string{`9:17 the acknowledgement came after 7m, want not before 7m 1s`}},
		"waits":                              {`waits: [works]`, []string{`9:11 works does not wait for anybody in the end`}},
		"ends":                               {`ends: resolved`, nil},
		"ends in time":                       {`ends: { state: resolved, within: 30m, after: 30m }`, nil},
		"ends otherwise":                     {`ends: cancelled`, []string{`9:9 the incident is resolved in the end, want cancelled`}},
		"ends, though it should be open":     {`ends: open`, []string{`9:9 the incident is resolved in the end, want open`}},
		"ends too late":                      {`ends: { state: resolved, within: 29m }`, []string{`9:9 the incident ended after 30m, want at most 29m`}},
		"ends too early":                     {`ends: { state: resolved, after: 31m }`, []string{`9:9 the incident ended after 30m, want not before 31m`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			script := reads(t, rb, played+"expect:\n  "+test.expect+"\n")
			r := run(t, rehearsal.Options{Runbook: rb, Script: script})
			found := r.Check()
			if diff := cmp.Diff(test.want, failures(found)); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, strings.Join(text(r), "\n"))
			}
			unmet := 0
			for _, e := range r.Expected(found) {
				if !e.Met {
					unmet++
				}
			}
			if (unmet > 0) != (len(test.want) > 0) {
				t.Errorf("%d lines are marked as not met", unmet)
			}
		})
	}
}

// What an expectation says of plays that go another way: nobody answers, somebody is reached in several ways, something
// is said once, or people act as they may not.
func TestExpectationsOfOtherPlays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		phases string
		script string // below runbook
		expect string // one line below expect
		want   []string
	}{
		"it waits": {
			phases: asks, script: "for: 2h", expect: `{ waits: [which], ends: open, steps: { which: waiting } }`,
		},
		"it waits, and should have ended": {
			phases: asks, script: "for: 2h", expect: `{ ends: resolved, steps: { which: done } }`,
			want: []string{`4:36 which is waiting, want done`, `4:17 the incident is open in the end, want resolved`},
		},
		"nobody came": {
			phases: asks, script: "for: 2h", expect: `{ first_page: true, acknowledged: { by: ana } }`,
			want: []string{`4:23 the first page never came`, `4:43 the acknowledgement never came`},
		},
		"nobody was called": {phases: asks, script: "for: 2h", expect: `{ paged: [] }`},
		"somebody should have been called": {
			phases: asks, script: "for: 2h", expect: `{ paged: [sre-oncall] }`,
			want: []string{`4:19 called were, in this order: nobody; want sre-oncall in place 1`},
		},
		"severity was never set": {
			phases: asks, script: "for: 2h", expect: `{ severity: SEV1 }`,
			want: []string{`4:21 the severity is not set in the end, want SEV1`},
		},
		"those who are called at once have no order": {
			phases: "    - page: [commander, owner]\n", script: "for: 1m", expect: `{ paged: [payments-oncall, sre-oncall] }`,
		},
		"nor the other way round": {
			phases: "    - page: [commander, owner]\n", script: "for: 1m", expect: `{ paged: [sre-oncall, payments-oncall] }`,
		},
		"at once is within two seconds": {
			phases: apart("1s"), script: "for: 1m", expect: `{ paged: [payments-oncall, sre-oncall] }`,
		},
		"three seconds apart is an order": {
			phases: apart("3s"), script: "for: 1m", expect: `{ paged: [payments-oncall, sre-oncall] }`,
			want: []string{`4:19 called were, in this order: sre-oncall, payments-oncall; want payments-oncall in place 1`},
		},
		"turns of a loop that ended differently": {
			phases: "    - for_each: \"['a', 'b']\"\n      as: host\n      steps:\n        - action: hosts.restart\n          id: restart\n          on_failure: continue\n",
			script: "mock: { restart: [{ ok: {} }, { refuse: no }] }", expect: `{ steps: { restart: done } }`,
			want: []string{`4:20 restart is done and failed, want done`},
		},
		"the way and the time belong together": {
			phases: textsThenCalls, script: "for: 14m", expect: `{ paged: [{ who: sre-oncall, via: sms, within: 1s }, Fallback] }`,
		},
		"a call does not come in time because a message has": {
			phases: textsThenCalls, script: "for: 14m", expect: `{ paged: [{ who: sre-oncall, via: call, within: 1m }, Fallback] }`,
			want: []string{`4:19 sre-oncall was called after 10m, want at most 1m`},
		},
		"not before": {
			phases: textsThenCalls, script: "for: 14m", expect: `{ paged: [{ who: sre-oncall, via: call, after: 10m }, Fallback] }`,
		},
		"reached in another way": {
			phases: "    - page: commander\n      via: [sms]\n", script: "for: 1m", expect: `{ paged: [{ who: sre-oncall, via: call }] }`,
			want: []string{`4:19 sre-oncall was reached by sms, want call`},
		},
		"said once, expected twice": {
			phases: "    - channel: room\n    - say: Hold on\n", script: "for: 1m", expect: `{ messages: [Hold on, Hold on] }`,
			want: []string{`4:31 nobody said "Hold on" after the message before it`},
		},
		"said twice, expected twice": {
			phases: "    - channel: room\n    - say: Hold on\n    - say: Hold on\n", script: "for: 1m", expect: `{ messages: [Hold on, Hold on] }`,
		},
		"the place of the list is told, whatever stands before it": {
			phases: "    - page: commander\n", script: "for: 1m", expect: `{ never: [panic], paged: [] }`,
			want: []string{`4:27 called were, in this order: sre-oncall; nobody after place 0 is expected`},
		},
		"an act is refused": {
			phases: asks, script: "script: [{ at: 1m, approve: which, by: ana }]\nfor: 2m", expect: `{ ends: open }`,
			want: []string{`3:10 ana approve which: refused: which is not answered this way`},
		},
		"an act is refused, as it must be": {
			phases: asks, script: "script: [{ at: 1m, done: nothing, by: ana, refused: no question }]\nfor: 2m", expect: `{ ends: open }`,
		},
		"for another reason": {
			phases: asks, script: "script: [{ at: 1m, done: nothing, by: ana, refused: too late }]\nfor: 2m", expect: `{ ends: open }`,
			want: []string{`3:10 ana done nothing: refused with "no question \"nothing\"", want "too late"`},
		},
		"an act is accepted, and must not be": {
			phases: asks, script: "script: [{ at: 1m, answer: which, choice: left, by: sre-oncall, refused: true }]\nfor: 2m", expect: `{ ends: resolved }`,
			want: []string{`3:10 sre-oncall answer which: it was accepted, and should have been refused`},
		},
		"no page to take": {
			phases: asks, script: "script: [{ at: 1m, ack: which, by: ana }]\nfor: 2m", expect: `{ ends: open }`,
			want: []string{`3:10 ana ack which: refused: no page of which is open`},
		},
		"a telephone is answered too late": {
			phases: "    - page: commander\n", script: "phones: { sre-oncall: 40s }\nfor: 1m", expect: `{ acknowledged: true }`,
			want: []string{
				`3:11 sre-oncall would answer after 40s, and the telephone rings for 25s: write less, or silent`,
				`5:25 the acknowledgement never came`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rb := parse(t, "runbook: other\nroles: { commander: sre-oncall, owner: payments-oncall }\nseverities: { SEV1: {} }\nphases:\n  identification:\n"+test.phases)
			script := reads(t, rb, "test: it\nrunbook: other\n"+test.script+"\nexpect: "+test.expect+"\n")
			r := run(t, rehearsal.Options{Runbook: rb, Script: script})
			if diff := cmp.Diff(test.want, failures(r.Check())); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, strings.Join(text(r), "\n"))
			}
		})
	}
}

// apart is a phase that calls two people, the second a while after the first.
func apart(while string) string {
	return "    - page: commander\n      background: true\n    - wait: " + while + "\n    - page: owner\n"
}

// asks is a phase that asks somebody who need not answer.
const asks = `
    - ask: Which?
      id: which
      who: commander
      choices: [left, right]
      timeout: 24h
      on_timeout: continue
`

// textsThenCalls is a phase that sends somebody a message, and calls them ten minutes later.
const textsThenCalls = `
    - page: commander
      id: texts
      via: [sms]
      ack: 30m
      background: true
    - wait: 10m
    - page: commander
      id: calls
      via: [call]
      ack: 30m
`
