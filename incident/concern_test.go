package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// TestShownTo: outside its room a private incident exists for those alone who are in it.
func TestShownTo(t *testing.T) {
	t.Parallel()
	asked := func(q incident.Question) func(*incident.Incident) {
		return func(i *incident.Incident) { i.Ask(at(0), q) }
	}
	tests := []struct {
		name  string
		how   func(*incident.Incident)
		by    incident.Actor
		shown bool
	}{
		{name: "nobody of it", by: person("zoe")},
		{name: "a role", how: func(i *incident.Incident) {
			i.Holders = map[incident.Role]incident.Holder{"comms": holder("cem", false)}
		}, by: person("cem"), shown: true},
		{name: "called", how: func(i *incident.Incident) {
			p := i.StartPage(at(0), incident.Page{Key: "p", Levels: []incident.PageLevel{{Target: "dan"}}})
			p.Plan(at(0), duty("dan"), "call")
		}, by: person("dan"), shown: true},
		{name: "named by a page that has not called yet", how: func(i *incident.Incident) {
			i.StartPage(at(0), incident.Page{Key: "p", Levels: []incident.PageLevel{{Target: "dan"}}})
		}, by: person("dan")},
		{name: "asked", how: asked(incident.Question{Key: "q", Addressed: []oncall.PersonID{"eve"}}), by: person("eve"), shown: true},
		{name: "asked before", how: asked(incident.Question{Key: "q", Asked: []oncall.PersonID{"eve"}, State: incident.QuestionAnswered}), by: person("eve"), shown: true},
		{name: "may be asked one day", how: asked(incident.Question{Key: "q", Chain: []oncall.PersonID{"eve"}}), by: person("eve")},
		{name: "declared it", how: func(i *incident.Incident) { i.DeclaredBy = person("fay") }, by: person("fay"), shown: true},
		{name: "called as a stranger who declared it is", how: func(i *incident.Incident) { i.DeclaredBy = visitor("gus", "") }, by: visitor("gus", "")},
		{name: "of no roster", by: incident.Actor{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			if tt.how != nil {
				tt.how(i)
			}
			if !i.ShownTo(tt.by) {
				t.Error("an incident that is not private is hidden")
			}
			if i.Private = true; i.ShownTo(tt.by) != tt.shown {
				t.Errorf("shown: %t, want %t", !tt.shown, tt.shown)
			}
		})
	}
}

// TestAwaits: what waits for a person is what they are asked, or a role of theirs, and what they can still answer.
func TestAwaits(t *testing.T) {
	t.Parallel()
	i := declared()
	i.Holders = map[incident.Role]incident.Holder{incident.Commander: holder("ana", true), "comms": holder("ben", true)}
	for _, q := range []incident.Question{
		{Key: "ben's", Addressed: []oncall.PersonID{"ben"}, Chain: []oncall.PersonID{"ben"}},
		{Key: "the role's", Who: []string{"comms"}, Addressed: []oncall.PersonID{"zoe"}, Chain: []oncall.PersonID{"zoe"}},
		{Key: "ana's", Addressed: []oncall.PersonID{"ana"}, Chain: []oncall.PersonID{"ana"}},
		{Key: "answered", Addressed: []oncall.PersonID{"ben"}, State: incident.QuestionAnswered},
		{
			Key: "voted", Kind: incident.QuestionApprove, Quorum: 2, Addressed: []oncall.PersonID{"ben"}, Chain: []oncall.PersonID{"ben"},
			Votes: []incident.Vote{{By: person("ben"), Choice: incident.ChoiceYes}},
		},
		{Key: "not his", Kind: incident.QuestionApprove, Addressed: []oncall.PersonID{"ben"}, Chain: []oncall.PersonID{"ben"}, Not: []incident.Role{"comms"}},
		{Key: "anybody's"},
	} {
		i.Ask(at(0), q)
	}
	keys := func(person oncall.PersonID) (keys []string) {
		for _, q := range i.Awaits(person) {
			keys = append(keys, q.Key)
		}
		return keys
	}
	differs(t, "Ben's", []string{"ben's", "the role's"}, keys("ben"))
	differs(t, "Ana's", []string{"ana's"}, keys("ana"))
	differs(t, "a stranger's", []string(nil), keys(""))
	before := frozen(t, i)
	i.Awaits("ben")
	differs(t, "the incident", before, frozen(t, i))
	i.Ending = incident.Resolved
	differs(t, "what is over", []string(nil), keys("ben"))
}

// TestCallsFor: a page is somebody's as long as it is open and they have not declined, also when it has gone on to others.
func TestCallsFor(t *testing.T) {
	t.Parallel()
	i := declared()
	for key, how := range map[string]func(*incident.Page){
		"present":      func(*incident.Page) {},
		"gone on":      func(p *incident.Page) { p.Level = 1 },
		"declined":     func(p *incident.Page) { p.Attempts[0].Declined = true },
		"acknowledged": func(p *incident.Page) { p.State = incident.PageAcknowledged },
	} {
		p := i.StartPage(at(0), incident.Page{Key: key, Levels: []incident.PageLevel{{Target: "ana"}, {Target: "ben"}}})
		p.Plan(at(0), duty("ana"), "call")
		how(p)
	}
	got := map[string]bool{}
	for _, p := range i.CallsFor("ana") {
		got[p.Key] = true
	}
	differs(t, "what calls Ana", map[string]bool{"present": true, "gone on": true}, got)
	if n := len(i.CallsFor("ben")) + len(i.CallsFor("")); n != 0 {
		t.Errorf("%d pages call somebody whom none has tried", n)
	}
}

// TestDeadline: a level ends so long after its clock began, or after the longest time without a ring.
func TestDeadline(t *testing.T) {
	t.Parallel()
	page := incident.Page{Levels: []incident.PageLevel{{Target: "ana"}}, Ack: 5 * time.Minute, LevelAt: at(0)}
	tests := []struct {
		name string
		how  func(*incident.Page)
		want time.Duration
	}{
		{name: "no word of a ring", how: func(*incident.Page) {}, want: 5*time.Minute + 30*time.Second},
		{name: "it rings", how: func(p *incident.Page) { p.ClockAt = at(4 * time.Second) }, want: 5*time.Minute + 4*time.Second},
		{name: "held back", how: func(p *incident.Page) { p.Later = []incident.Contact{{At: at(time.Hour)}} }, want: time.Hour + 5*time.Minute + 30*time.Second},
		{name: "again and again", how: func(p *incident.Page) { p.ClockAt, p.Exhausted, p.Rounds, p.Round = at(0), true, 3, 9 }, want: 15 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := page
			tt.how(&p)
			if got := p.Deadline().Sub(start); got != tt.want {
				t.Errorf("the level ends after %s, want %s", got, tt.want)
			}
		})
	}
}
