package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// byPolicy is a runbook that pages a policy, and waits.
const byPolicy = `
runbook: by-policy
roles: { commander: sre-oncall }
severities: { SEV1: {}, SEV2: {} }
phases:
  identification:
    - page: payments
      id: first
      escalate: [sre-oncall]
`

// withPolicy gives the scenario's roster a policy.
func (s *scenario) withPolicy(p oncall.Policy) { s.world.Book.Policies = []oncall.Policy{p} }

// with changes somebody of the roster.
func (s *scenario) with(id oncall.PersonID, change func(*oncall.Person)) {
	for n := range s.world.Book.People {
		if s.world.Book.People[n].ID == id {
			change(&s.world.Book.People[n])
		}
	}
}

// withContact gives somebody rules of their own.
func (s *scenario) withContact(id oncall.PersonID, c oncall.Contact) {
	s.with(id, func(p *oncall.Person) { p.Contact = c })
}

// A policy's levels have their own targets and times, and its rounds count; after them comes the page's next level, and
// in the end the fallback.
func TestScenarioPolicy(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withPolicy(oncall.Policy{Name: "payments", Repeat: 1, Levels: []oncall.Level{
		{Targets: []string{"ana"}, Ack: 2 * time.Minute},
		{Targets: []string{"ben", "cleo"}, Ack: 10 * time.Minute},
	}})
	s.stopAt(45 * time.Minute)
	s.run()
	s.golden()
}

// One target after the other: the incident's number says who begins, and the next round takes the next one.
func TestScenarioRoundRobin(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withPolicy(oncall.Policy{Name: "payments", Repeat: 2, Levels: []oncall.Level{
		{Targets: []string{"ana", "ben", "cleo"}, Strategy: oncall.StrategyRoundRobin, Ack: time.Minute},
	}})
	s.act(9*time.Minute, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	s.stopAt(10 * time.Minute)
	s.run()
	s.golden()
}

// Whoever wants to be called again after two minutes is, until somebody acknowledges; a telephone that does not ring any
// more waits for the next time, and the level is not left before its own time.
func TestScenarioContactRules(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.withContact("ana", oncall.Contact{High: []oncall.ContactRule{
		{Via: []oncall.Way{"sms"}}, {Via: []oncall.Way{"call"}, After: time.Minute}, {Via: []oncall.Way{"call", "slack"}, After: 3 * time.Minute},
	}})
	s.act(4*time.Minute, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	s.stopAt(12 * time.Minute)
	s.run()
	s.golden()
}

// What does not hurry rings no telephone, and waits for the end of quiet hours; nobody else is called meanwhile.
func TestScenarioQuietHours(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withPolicy(oncall.Policy{Name: "payments", Urgency: oncall.UrgencyLow, Levels: []oncall.Level{{Targets: []string{"ana"}, Ack: 30 * time.Minute}}})
	s.with("ana", func(p *oncall.Person) {
		p.Zone, p.Quiet = "Europe/Berlin", &oncall.Window{From: oncall.ClockTime{Hour: 22}, To: oncall.ClockTime{Hour: 7}}
	})
	s.act(5*time.Hour, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	s.stopAt(6 * time.Hour)
	s.run()
	s.golden()
}

// A calendar that nobody could read is told with the reason, and the next level is called at once.
func TestScenarioUnreadCalendar(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.world.Book.Schedules = append(s.world.Book.Schedules, oncall.Schedule{Name: "imported", Calendar: true, Unread: "it answers 500 Internal Server Error"})
	s.withPolicy(oncall.Policy{Name: "payments", Levels: []oncall.Level{{Targets: []string{"imported"}, Ack: 5 * time.Minute}, {Targets: []string{"ben"}, Ack: 5 * time.Minute}}})
	s.stopAt(2 * time.Minute)
	s.run()
	s.golden()
}

// A gap of a schedule is told, and the next level is called at once.
func TestScenarioGap(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.world.Book.Schedules = append(s.world.Book.Schedules, oncall.Schedule{Name: "imported", Calendar: true})
	s.withPolicy(oncall.Policy{Name: "payments", Levels: []oncall.Level{{Targets: []string{"imported"}, Ack: 5 * time.Minute}, {Targets: []string{"ben"}, Ack: 5 * time.Minute}}})
	s.stopAt(2 * time.Minute)
	s.run()
	s.golden()
}

// An acknowledgement is no work: when nobody does anything for half an hour, the page calls again; a deed puts that off.
func TestScenarioForgotten(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy+`
    - task: Mend it
      who: sre-oncall
      timeout: 10h
      on_timeout: continue
`))
	s.withPolicy(oncall.Policy{Name: "payments", AckTimeout: 30 * time.Minute, Levels: []oncall.Level{
		{Targets: []string{"ana"}, Ack: 5 * time.Minute}, {Targets: []string{"cleo"}, Ack: 5 * time.Minute},
	}})
	s.act(2*time.Minute, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	s.act(20*time.Minute, contract.VerbNote, contract.Act{By: person("ben", incident.DoorSlack), Value: "I see it"})
	s.act(60*time.Minute, contract.VerbAck, contract.Act{By: person("cleo", incident.DoorSlack)})
	s.act(80*time.Minute, contract.VerbDone, contract.Act{By: person("ben", incident.DoorSlack), Step: "task"})
	s.stopAt(3 * time.Hour)
	s.run()
	s.golden()
}

// Of two acknowledged pages each is called again at its own time, also when the second was acknowledged later and is due
// earlier.
func TestForgottenPagesHaveTheirOwnTime(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, strings.Replace(byPolicy, "- page: payments", "- page: [payments, search]", 1)+`
    - task: Mend it
      who: sre-oncall
      timeout: 10h
      on_timeout: continue
`))
	level := func(who string) []oncall.Level {
		return []oncall.Level{{Targets: []string{who}, Ack: 20 * time.Minute}}
	}
	s.world.Book.Policies = []oncall.Policy{
		{Name: "payments", AckTimeout: 5 * time.Hour, Levels: level("ana")}, {Name: "search", AckTimeout: 10 * time.Minute, Levels: level("cleo")},
	}
	s.act(time.Minute, contract.VerbAck, contract.Act{By: person("ana", incident.DoorSlack)})
	s.act(2*time.Minute, contract.VerbAck, contract.Act{By: person("cleo", incident.DoorSlack)})
	s.stopAt(30 * time.Minute)
	s.run()
	s.wantLines("12m0s  escalate: Cleo acknowledged 10m ago, and nothing has happened for 10m; calling again", "12m0s  call: calling Cleo")
}

// Whoever wants to be told of what does not hurry after a while is, and nobody speaks of quiet hours.
func TestLowRulesMayBeginLater(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, byPolicy))
	s.withPolicy(oncall.Policy{Name: "payments", Urgency: oncall.UrgencyLow, Levels: []oncall.Level{{Targets: []string{"ana"}, Ack: 30 * time.Minute}}})
	s.withContact("ana", oncall.Contact{Low: []oncall.ContactRule{{Via: []oncall.Way{"sms"}, After: 10 * time.Minute}}})
	s.stopAt(15 * time.Minute)
	s.run()
	s.wantLines("call: Ana is told at 01:40 UTC: as their own rules say", "10m0s  call: calling Ana", "10m0s    ~ text ana")
}
