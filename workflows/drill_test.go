package workflows_test

import (
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

// drill makes a scenario a drill. Whatever it does beyond the room and our own files fails the test at that moment; the
// kinds of acts that are allowed after all are named.
func (s *scenario) drill(allowed ...string) *scenario {
	s.t.Helper()
	s.in.Declaration.Drill, s.in.Declaration.DrillRoom = true, "#Game-Day"
	s.in.Declaration.By = person("ben", incident.DoorCLI)
	inside := append([]string{"number", "room", "post", "show", "record"}, allowed...)
	s.world.Fail = func(a memory.Act) error {
		if !slices.Contains(inside, a.Kind) {
			s.t.Errorf("the drill does it: %+v", a)
		}
		return nil
	}
	return s
}

// drilled asserts that a drill which was played has told the room, and has marked everything that it said there.
func (s *scenario) drilled() {
	s.t.Helper()
	rooms, posts := 0, 0
	for _, l := range s.world.Transcript() {
		act, said, _ := strings.Cut(l.What, " ")
		switch act {
		case "room":
			rooms++
			if !strings.HasPrefix(said, "#game-day, ") {
				s.t.Errorf("another room than the drill's: %s", l.What)
			}
		case "post", "topic", "card", "settle":
			posts++
			if !strings.HasPrefix(strings.TrimPrefix(said, "[red] "), "DRILL: ") {
				s.t.Errorf("said without the mark: %s", l.What)
			}
		case "record":
		default:
			s.t.Errorf("done in a drill: %s", l.What)
		}
	}
	if rooms != 1 || posts == 0 {
		s.t.Errorf("%d rooms were opened and %d things said\n%s", rooms, posts, s.transcript())
	}
}

func (s *scenario) ack(at time.Duration, who oncall.PersonID) *outcome {
	return s.act(at, contract.VerbAck, contract.Act{By: inSlack(who)})
}

func TestDrillOfAnOutage(t *testing.T) {
	t.Parallel()
	s := outage(t).drill()
	s.ack(20*time.Second, "ana")
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV2"})
	s.ack(70*time.Second, "ana")
	s.ack(11*time.Minute+30*time.Second, "cleo") // ben is silent: his level passes, and the next one is told
	s.answer(12*time.Minute, "ana", "stop", "failover")
	s.act(13*time.Minute, contract.VerbApprove, contract.Act{By: inSlack("ana"), Step: "approve"})
	s.done(30*time.Minute, "ana", "eradication/1")
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	s.drilled()
	s.wantStates(map[string]contract.StepState{"bridge": contract.StepDone, "slo": contract.StepDone})
	s.wantLines(
		`DRILL: would have run the action traffic.failover with {"service":"payments"}`,
		`DRILL: would have run the action traffic.failback with {"service":"payments"}`, // the undo
		"DRILL: would have told customers: payments is working normally again.",
		"DRILL: would call Ben (sre-oncall) by telephone and SMS",
	)
	s.wantNone("has not", "no answer to ana")
	if inc := s.snapshot().Incident; !inc.Drill || inc.Title != "DRILL: error rate above 5 %" || inc.Ticket.ID != "" || inc.Bridge.URL != "" {
		t.Errorf("the incident is %+v", inc)
	}
	for _, name := range []string{"INC-1.md", "INC-1.json"} {
		if text := string(s.world.File(name)); !strings.Contains(text, "DRILL: error rate above 5 %") {
			t.Errorf("%s does not say that it was a drill:\n%s", name, text)
		}
	}
	s.goldenInSeconds()
}

// TestDrillRings is the one way in which a drill reaches telephones.
func TestDrillRings(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager)).drill("call", "text", "hangup")
	s.in.Declaration.Telephones = true
	s.phones(everybody())
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV2"})
	s.done(5*time.Minute, "ana", "fix")
	s.run()
	s.wantLines(
		"~ call ana: This is a drill. INC-1. severity not set. payments DRILL: error rate above 5 %.",
		"~ text ana: This is a drill. INC-1.", "acknowledged: Ana acknowledged",
	)
	s.wantNone("would call")
	s.goldenInSeconds()
}

// TestDrillRaised: what a rise of the severity brings is written down too, and the longer list is told in the room.
func TestDrillRaised(t *testing.T) {
	t.Parallel()
	s := outage(t).drill()
	s.ack(20*time.Second, "ana")
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV3"})
	s.ack(90*time.Second, "ana")
	s.act(8*time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ana"), Value: "SEV1"})
	s.ack(8*time.Minute+20*time.Second, "ben")
	s.ack(8*time.Minute+25*time.Second, "cleo")
	s.ack(8*time.Minute+30*time.Second, "dan")
	s.answer(10*time.Minute, "ana", "stop", "rollback")
	s.done(25*time.Minute, "ana", "eradication/1")
	s.run()
	s.drilled()
	s.wantLines(
		"8m0s  note: DRILL: would have opened the bridge zoom", "8m0s  note: DRILL: would have told customers: We are investigating",
		"8m0s  call: DRILL: would call Cleo (support-oncall)", "8m0s  call: DRILL: would call Dan (vp-engineering)",
		"~ post DRILL: SEV1. Ana has command.",
	)
	s.goldenInSeconds()
}

// everyKind is a runbook of all kinds of steps; those that reach outside stand wherever a step can stand.
const everyKind = `
runbook: everything
roles: { commander: sre-oncall, owner: payments-oncall, comms: support-oncall }
severities:
  SEV1: {}
  SEV2: {}
vars: { count: '1' }
phases:
  identification:
    - channel: inc-${{ incident.key }}
      id: room
      invite: [owner]
      pin: [Read this first]
    - say: It begins in ${{ steps.room.name }}
      in: "#status"
    - page: owner
      id: first
    - assign: commander
      ack: 1m
    - assess: commander
      id: six
      timeout: 10m
      on_timeout: continue
    - await: news
      timeout: 4m
      on_timeout: continue
    - return: identification
      if: pass == 1
  containment:
    - ticket: jira
      id: ticket
      summary: ${{ incident.title }}
      fields: { team: payments }
    - bridge: zoom
      id: bridge
      invite: [owner]
    - update: customers
      status: investigating
      message: We look at it.
      components: [checkout]
      review: comms
    - action: deploy.rollback
      id: rollback
      with: { service: payments, token: "${{ secrets.DEPLOY_TOKEN }}" }
      queue: theirs
      undo:
        - action: deploy.forward
        - http: DELETE https://x/flag
        - run: ./undo
    - action: deploy.watch
      id: watched
      every: 30s
      until: steps.watched.ready
      timeout: 10m
      on_timeout: ask
    - http: POST https://x/y
      headers: { Authorization: "Bearer ${{ secrets.WEB_TOKEN }}" }
      auth: { user: muster, password: "${{ secrets.WEB_PASSWORD }}" }
      body: { text: hello, key: "${{ secrets.WEB_KEY }}" }
    - http: GET https://x/state
      id: state
      every: 30s
      until: steps.state.body.ready == true
      timeout: 10m
      on_timeout: ask
    - run: ./fix --now
      id: fix
      env: { TOKEN: "${{ secrets.RUN_TOKEN }}" }
      every: 30s
      until: steps.fix.stdout == "done"
      timeout: 10m
      on_timeout: ask
    - note: ticket ${{ steps.ticket.key }}, bridge ${{ steps.bridge.url }}, count ${{ steps.rollback.count }}, ok ${{ steps.rollback.ok }}, status ${{ steps.state.status }}, code ${{ steps.fix.exit_code }}
    - evidence: a dump
    - postmortem: draft
      publish: [wiki]
    - task: Work
      timeout: 20m
      on_timeout: continue
    - ask: Which?
      choices: [a, b]
      timeout: 7m
      on_timeout: { choose: a }
      case:
        a: [{ action: in.case }]
    - approve: May we?
      timeout: 5m
      then: [{ action: in.then }]
      else: [{ action: in.else }]
    - wait: 1m
    - parallel:
        left: [{ action: in.parallel }]
        right: [{ run: ./right }]
    - for_each: '["web-1", "web-2"]'
      as: host
      steps:
        - action: in.list
          with: { host: "${{ host }}" }
    - repeat:
      max: 2
      every: 1m
      steps: [{ http: GET https://x/round }]
      until: false
      on_failure: continue
    - switch: incident.service
      case: { payments: [{ action: in.switch }] }
    - group: Together
      steps: [{ update: stakeholders, message: hello }]
    - set: { count: vars.count + 1 }
    - runbook: below
    - severity: SEV1
    - await: severity
      timeout: 5m
      on_timeout: { choose: SEV1 }
    - revert: containment
  recovery:
    - end: resolved
watch:
  - when: severity == "SEV1"
    steps: [{ action: in.watch }]
finally:
  - http: POST https://x/finally
`

// everything reads everyKind with what it imports.
func everything(t *testing.T) *runbooks.Runbook {
	t.Helper()
	below := parse(t, "runbook: below\nroles: { commander: sre-oncall }\nphases:\n  containment:\n    - action: in.below\n")
	actions := map[string]runbooks.Manifest{}
	for _, name := range []string{"forward", "watch"} {
		actions["deploy."+name] = runbooks.Manifest{Action: "deploy." + name, Out: []runbooks.Input{{Name: "ready", Type: "bool"}}}
	}
	actions["deploy.rollback"] = runbooks.Manifest{
		Action: "deploy.rollback", In: []runbooks.Input{{Name: "service", Type: "string"}, {Name: "token", Type: "string"}},
		Out: []runbooks.Input{
			{Name: "count", Type: "int"},
			{Name: "share", Type: "number"},
			{Name: "ok", Type: "bool"},
			{Name: "took", Type: "duration"},
			{Name: "hosts", Type: "list<string>"},
			{Name: "more", Type: "map"},
			{Name: "by", Type: "user"},
		},
	}
	for _, place := range []string{"case", "then", "else", "parallel", "switch", "watch", "below"} {
		actions["in."+place] = runbooks.Manifest{Action: "in." + place}
	}
	actions["in.list"] = runbooks.Manifest{Action: "in.list", In: []runbooks.Input{{Name: "host", Type: "string"}}}
	rb, problems := runbooks.ParseWith("everything.yaml", []byte(everyKind), runbooks.Known{
		Runbooks: func(string) (*runbooks.Runbook, error) { return below, nil }, Actions: actions,
	})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return rb
}

// TestDrillOfEveryKind plays steps of every kind, and a few by hand: nothing leaves. A kind that is new must be added to
// the runbook, and one of which the drill has decided nothing holds.
func TestDrillOfEveryKind(t *testing.T) {
	t.Parallel()
	rb := everything(t)
	kinds := map[runbooks.Kind]bool{}
	rb.WalkAll(func(_ runbooks.Place, s *runbooks.Step) { kinds[s.Kind] = true })
	for _, kind := range runbooks.Kinds() {
		if !kinds[kind] {
			t.Errorf("no step of the kind %s is drilled: add one to everyKind", kind)
		}
	}
	s := newScenario(t, rb).drill()
	s.act(2*time.Second, contract.VerbPage, contract.Act{By: inSlack("ben"), Value: "dan", Reason: "come and see"})
	for n := range 200 {
		s.at(time.Duration(5+30*n)*time.Second, func() {
			s.seeTo(0)
			if inc := s.snapshot().Incident; len(inc.OpenPages()) > 0 {
				s.actNow(contract.VerbAck, contract.Act{By: inSlack("ana"), All: true}, &outcome{})
			}
		})
	}
	for n, text := range []string{"http: POST https://x/by-hand", "run: ./by-hand", "ticket: jira", "update: customers\nmessage: by hand"} {
		step, problems := runbooks.ParseStep(rb, "hand.yaml", []byte(text), "adhoc/"+string(rune('0'+n)))
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		o := s.act(time.Duration(n+3)*time.Second, contract.VerbStep, contract.Act{By: inSlack("ben"), AdHoc: step})
		defer func() {
			if o.refused != "" {
				t.Error(o.refused)
			}
		}()
	}
	if result := s.run(); result.Ending != incident.Resolved {
		t.Errorf("ended as %q, want resolved", result.Ending)
	}
	s.drilled()
	s.settled()
	inc := s.snapshot().Incident
	for _, q := range inc.Questions {
		if q.Kind == incident.QuestionHold {
			t.Errorf("a step holds: %s", q.Text)
		}
	}
	for place := range strings.FieldsSeq("case then parallel list switch below watch") {
		s.wantLines("DRILL: would have run the action in." + place)
	}
	s.wantLines(
		"~ post DRILL: (for #status) It begins in game-day", "note: ticket , bridge , count 0, ok false, status 200, code 0",
		"DRILL: would have opened a ticket in jira", "DRILL: would have published the postmortem: wiki",
		"DRILL: would have sent DELETE https://x/flag", "DRILL: would have run the command ./undo",
		"DRILL: would have sent POST https://x/by-hand", "DRILL: would have told customers: by hand",
		"DRILL: would call Dan (named) by telephone and SMS",
	)
	if !strings.Contains(s.reviewed(), "DRILL: would have sent POST https://x/finally") {
		t.Errorf("the review of a drill is a drill too:\n%s", s.reviewed())
	}
	s.namesSecrets("DEPLOY_TOKEN", "WEB_TOKEN", "WEB_KEY", "RUN_TOKEN")
}

// namesSecrets asserts that the secrets stand in the transcript by their names, and none of the marks by which a worker
// would find their values.
func (s *scenario) namesSecrets(names ...string) {
	s.t.Helper()
	for _, name := range names {
		s.wantLines("[secret " + name + "]")
	}
	s.wantNone("⟦", s.snapshot().Incident.ID+"⟧")
}

// TestShippedRunbooksDrilled: nobody outside notices any of the runbooks that ship, whoever answers what.
func TestShippedRunbooksDrilled(t *testing.T) {
	t.Parallel()
	ids, err := runbooks.IDs(runbooks.Shipped())
	if err != nil || len(ids) < 8 {
		t.Fatal(ids, err)
	}
	for _, id := range ids {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, shipped(t, id)).drill()
			s.giveInputs()
			s.act(time.Minute, contract.VerbSeverity, contract.Act{By: inSlack("ben"), Value: "SEV1"})
			for n := range 100 {
				s.at(time.Duration(2+7*n)*time.Minute+41*time.Second, func() { s.seeTo(n % 3) })
			}
			s.cut(25*time.Minute + 313*time.Millisecond)
			s.stopAt(24 * time.Hour)
			s.at(25*time.Hour, s.stage.Close)
			s.run()
			s.settled()
			s.drilled()
		})
	}
}

// TestDrillLacksAnAnswer: a step that needs what a system would have said holds, as it does when a system says something
// else than was expected, and a person decides.
func TestDrillLacksAnAnswer(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing("    - http: GET https://x/version\n      id: version\n    - note: it is ${{ steps.version.body.number }}\n      id: told\n"))).drill()
	s.answer(time.Minute, "ben", "told", "skip")
	s.ends(incident.Resolved)
	s.drilled()
	s.wantLines("~ post DRILL: told holds: ", "a drill gets no answer from systems", "answer: Ben: Skip")
}

// TestDrillComesBack: an alert that fires again while a drill ends begins another drill, never an incident.
func TestDrillComesBack(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.slow("Post", 5*time.Second)
	s.drill()
	s.at(30*time.Second, func() { s.alert(true) })
	s.stopAt(time.Minute)
	s.at(time.Minute+time.Second, func() { s.alert(false) }) // while the end is being told
	seen := false
	s.at(10*time.Minute, func() {
		seen = true
		if inc := s.snapshot().Incident; s.stage.Runs() != 2 || !inc.Drill || inc.DrillRoom != "game-day" || inc.Telephones || inc.Title != "DRILL: HighErrorRate" {
			t.Errorf("run %d is of %q, a drill: %t", s.stage.Runs(), inc.Title, inc.Drill)
		}
	})
	s.stopAt(20 * time.Minute)
	s.run()
	if !seen {
		t.Error("the alert has begun nothing")
	}
}
