package incident_test

import (
	"testing"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// TestAnswerersRespond: whoever has answered what the runbook asked of them responds, by rules that say so. Rules of an
// incident that began before do not, and decide as they did.
func TestAnswerersRespond(t *testing.T) {
	t.Parallel()
	asked := func(q incident.Question, votes ...incident.Actor) *incident.Incident {
		i := uncommanded()
		for _, by := range votes {
			q.Votes = append(q.Votes, incident.Vote{By: by, Choice: "yes"})
		}
		i.Questions = append(i.Questions, &q)
		return i
	}
	cem := []oncall.PersonID{"cem"}
	tests := []struct {
		name string
		in   *incident.Incident
		by   incident.Actor
		old  bool // the rules are older
		may  bool
	}{
		{name: "who was asked and has answered", in: asked(incident.Question{Chain: cem}, person("cem")), by: person("cem"), may: true},
		{name: "who was asked in the end and has answered", in: asked(incident.Question{Chain: []oncall.PersonID{"zoe"}, Also: cem}, person("cem")), by: person("cem"), may: true},
		{name: "one of several votes", in: asked(incident.Question{Chain: cem, Quorum: 3}, person("ana"), person("cem")), by: person("cem"), may: true},
		{name: "by older rules", in: asked(incident.Question{Chain: cem}, person("cem")), by: person("cem"), old: true},
		{name: "who was asked and is silent", in: asked(incident.Question{Chain: cem}), by: person("cem")},
		{name: "who was asked, and another has answered", in: asked(incident.Question{Chain: cem}, person("ana")), by: person("cem")},
		{name: "who has answered what anybody may", in: asked(incident.Question{}, person("cem")), by: person("cem")},
		{name: "to whom a person has handed it", in: asked(incident.Question{Also: cem, Handed: 1}, person("cem")), by: person("cem")},
		{name: "a stranger who has answered", in: asked(incident.Question{Chain: []oncall.PersonID{""}}, visitor("eve", "eve")), by: visitor("eve", "eve")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			for _, p := range []*incident.Permissions{rules(), ruled(incident.MayResolve, incident.Grant{Kind: incident.GrantResponders})} {
				p.Answerers = !test.old
				if err := p.May(incident.MayResolve, test.by, test.in); (err == nil) != test.may {
					t.Errorf("%+v: %v", p.Rules[incident.MayResolve], err)
				}
			}
			if err := (&incident.Permissions{}).May(incident.MayResolve, test.by, nil); err != nil {
				t.Error(err)
			}
		})
	}
}
