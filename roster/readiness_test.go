package roster_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

func TestReadiness(t *testing.T) {
	t.Parallel()
	monday := utc(t, "2026-01-05 12:00")
	officeOf := func(name string) oncall.Schedule {
		s := office()
		s.Name, s.Layers[0].Rotation.Members = name, oncall.Members("ana", "ben")
		return s
	}
	tests := []struct {
		name   string
		now    time.Time // zero: a Monday at noon
		change func(*roster.Config)
		want   []string
	}{
		{name: "in order", change: func(*roster.Config) {}},
		{
			name: "gaps to come", change: func(c *roster.Config) { c.Book.Schedules[0] = officeOf("checkout-oncall") },
			want: []string{
				"m.yaml: schedules.checkout-oncall: nobody is on call in 40 gaps of the next 8 weeks, the first from Mon 5 Jan 17:00 UTC " +
					"(muster oncall checkout-oncall shows them; add a layer without `only`, or an override)",
			},
		},
		{
			name: "a gap now", now: utc(t, "2026-01-10 00:00"), change: func(c *roster.Config) { c.Book.Schedules[0] = officeOf("checkout-oncall") },
			want: []string{
				"m.yaml: schedules.checkout-oncall: nobody is on call in 41 gaps of the next 8 weeks, the first is now, until Mon 12 Jan 09:00 UTC " +
					"(muster oncall checkout-oncall shows them; add a layer without `only`, or an override)",
				"m.yaml: services.checkout: its owner checkout-oncall has nobody on call now (muster who checkout tells whom a page calls then)",
			},
		},
		{
			name: "a policy whose first level has nobody", now: utc(t, "2026-01-10 00:00"),
			change: func(c *roster.Config) {
				c.Book.Policies = []oncall.Policy{{Name: "checkout-oncall", Levels: []oncall.Level{{Targets: []string{"desk"}}, {Targets: []string{"ana"}}}}}
				c.Book.Schedules = []oncall.Schedule{officeOf("desk")}
			},
			want: []string{
				"m.yaml: schedules.desk: nobody is on call in 41 gaps of the next 8 weeks, the first is now, until Mon 12 Jan 09:00 UTC " +
					"(muster oncall desk shows them; add a layer without `only`, or an override)",
				"m.yaml: services.checkout: its owner checkout-oncall has nobody on call now (muster who checkout tells whom a page calls then)",
			},
		},
		{
			name:   "a calendar from elsewhere is not known",
			change: func(c *roster.Config) { c.Book.Schedules[0] = oncall.Schedule{Name: "checkout-oncall", Calendar: true} },
		},
		{
			name: "somebody who cannot be called", change: func(c *roster.Config) {
				c.Book.People = append(c.Book.People, oncall.Person{ID: "cem", Name: "Cem"}, oncall.Person{ID: "dora", Email: "dora@example.com"})
				c.Book.Schedules[0].Rotation.Members = append(c.Book.Schedules[0].Rotation.Members,
					oncall.Member{Person: "cem"}, oncall.Member{Person: "dora"}, oncall.Member{Person: "gone", Until: oncall.Date{Year: 2025, Month: 12, Day: 1}})
			},
			want: []string{
				"m.yaml: people.cem is on checkout-oncall and cannot be told (add a phone, an email or a slack id that what is configured reaches)",
				"m.yaml: people.dora is on checkout-oncall and has no telephone number to be called on (add phone: \"+…\")",
			},
		},
		{
			name: "a crowd", change: func(c *roster.Config) {
				team := oncall.Team{Name: "everybody"}
				for n := range 11 {
					id := oncall.PersonID(fmt.Sprintf("p%d", n))
					c.Book.People = append(c.Book.People, oncall.Person{ID: id, Phone: "+3460000001"})
					team.Members = append(team.Members, id)
				}
				c.Book.Teams = append(c.Book.Teams, team)
				c.Book.Policies = []oncall.Policy{{Name: "all", Levels: []oncall.Level{
					{Targets: []string{"ana", "p1", "cto"}},
					{Targets: []string{"everybody", "cto", "p1"}},
					{Targets: []string{"checkout-oncall", "cto", "p1"}, Strategy: oncall.StrategyRoundRobin},
				}}}
			},
			want: []string{
				"m.yaml: teams.everybody: paging it calls 11 people at once (page a schedule first, and the many on a later level)",
				"m.yaml: policies.all: level 2 calls 12 people at once (page a schedule first, and the many on a later level)",
			},
		},
		{
			name: "rules that a level leaves no time for", change: func(c *roster.Config) {
				after := func(times ...time.Duration) (rules []oncall.ContactRule) {
					for _, d := range times {
						rules = append(rules, oncall.ContactRule{Via: []oncall.Way{oncall.WayCall}, After: d})
					}
					return rules
				}
				for n := range c.Book.People {
					c.Book.People[n].Phone = "+34600000001"
				}
				c.Book.People[0].Contact = oncall.Contact{High: after(0, 5*time.Minute, 10*time.Minute, 20*time.Minute), Low: after(0, time.Hour)}
				c.Book.Policies = []oncall.Policy{
					{Name: "quick", Levels: []oncall.Level{{Targets: []string{"checkout-oncall", "ana"}, Ack: 5 * time.Minute}, {Targets: []string{"ana"}, Ack: 30 * time.Minute}}},
					{Name: "calm", Urgency: oncall.UrgencyLow, Levels: []oncall.Level{{Targets: []string{"ana"}, Ack: 30 * time.Minute}}},
				}
			},
			want: []string{
				"m.yaml: policies.quick: level 1 lasts 5m, so people.ana is not told after 10m and 20m by it (give the level more time with ack, or the rules earlier times)",
				"m.yaml: policies.calm: level 1 lasts 30m, so people.ana is not told after 1h by it (give the level more time with ack, or the rules earlier times)",
			},
		},
		{
			name:   "a schedule that cannot be asked",
			change: func(c *roster.Config) { c.Book.Schedules = append(c.Book.Schedules, oncall.Schedule{Name: "empty"}) },
			want:   []string{"m.yaml: schedules.empty cannot be asked: schedule empty has nobody on it"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, problems := roster.Parse("m.yaml", []byte(small), outside())
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			now := test.now
			if now.IsZero() {
				now = monday
			}
			test.change(c)
			var got []string
			for _, p := range roster.Readiness(c, now) {
				got = append(got, p.String())
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("readiness (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTheExampleIsReady: whoever begins with the file that ships begins without a warning, whenever that is.
func TestTheExampleIsReady(t *testing.T) {
	t.Parallel()
	c, problems := roster.Load("../musterbook.example.yaml", roster.Outside{ReadFile: os.ReadFile})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for now := utc(t, "2026-01-01 00:00"); now.Year() < 2028; now = now.AddDate(0, 1, 3) {
		if warnings := roster.Readiness(c, now); len(warnings) > 0 {
			t.Errorf("at %s: %v", now, warnings)
		}
	}
}
