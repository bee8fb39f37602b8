package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// ids makes a chain of people.
func ids(names ...string) []oncall.PersonID {
	var out []oncall.PersonID
	for _, n := range names {
		out = append(out, oncall.PersonID(n))
	}
	return out
}

// TestAssign gives the role of comms from every state of it.
func TestAssign(t *testing.T) {
	t.Parallel()
	ana, offeredAna, ben, offeredBen := holder("ana", true), holder("ana", false), holder("ben", true), holder("ben", false)
	tests := []struct {
		name   string
		before *incident.Holder
		give   incident.Holder
		line   string // empty = nothing happens
	}{
		{name: "given", give: ana, line: "role: comms: Ana"},
		{name: "offered", give: offeredAna, line: "role: comms: Ana (offered)"},
		{name: "accepted", before: &offeredAna, give: ana, line: "role: comms: Ana (accepted)"},
		{name: "given twice", before: &ana, give: ana},
		{name: "offered twice", before: &offeredAna, give: offeredAna},
		{name: "offered after it was accepted", before: &ana, give: offeredAna},
		{name: "taken over", before: &ana, give: ben, line: "role: comms: Ben, taken over from Ana"},
		{name: "an offer taken over", before: &offeredAna, give: ben, line: "role: comms: Ben, taken over from Ana"},
		{name: "offered to another", before: &ana, give: offeredBen, line: "role: comms: Ben, taken over from Ana"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			if test.before != nil {
				must(t, i.Assign(start, person("dan"), "comms", *test.before))
			}
			before, lines := frozen(t, i), len(i.Timeline)
			must(t, i.Assign(at(time.Minute), person("dan"), "comms", test.give))
			if test.line == "" {
				if frozen(t, i) != before {
					t.Errorf("something has changed: %q", news(i, lines))
				}
				return
			}
			differs(t, "lines", []string{test.line}, news(i, lines))
			want := test.give
			want.Since = at(time.Minute)
			differs(t, "holder", want, i.Holders["comms"])
		})
	}
}

func TestAssignRefuses(t *testing.T) {
	t.Parallel()
	const nobody = "nobody to assign (name a role and a person of the roster)"
	i := declared()
	before := frozen(t, i)
	refused(t, i.Assign(start, person("ana"), "", holder("ana", true)), nobody)
	refused(t, i.Assign(start, person("ana"), "comms", incident.Holder{Name: "Ana"}), nobody)
	if frozen(t, i) != before {
		t.Error("a refused assignment has changed something")
	}
	ended := finished(t)
	refused(t, ended.Assign(start, person("ana"), "comms", holder("ana", true)), "INC-1 is closed (resolved) (declare a new one if the trouble is back)")
	ended.Reviewing = true
	must(t, ended.Assign(at(2*time.Hour), person("ana"), "scribe", holder("ana", true)))
}

// TestAssignAnswersItsOffer: whoever is given a role answers the offer of it, and no other.
func TestAssignAnswersItsOffer(t *testing.T) {
	t.Parallel()
	i := declared()
	i.Ask(start, incident.Question{Key: "assign/1", Step: "assign", Kind: incident.QuestionAssign, Role: "comms"})
	i.Ask(start, incident.Question{Key: "assign/2", Step: "lead", Kind: incident.QuestionAssign, Role: "lead"})
	must(t, i.Assign(at(time.Minute), incident.RunbookActor(), "comms", holder("ana", false)))
	if i.Question("assign/1").State != incident.QuestionOpen {
		t.Error("an offer answers itself")
	}
	must(t, i.Assign(at(time.Hour), person("ben"), "comms", holder("ben", true)))
	q := i.Question("assign/1")
	if q.State != incident.QuestionAnswered || q.Choice != incident.ChoiceAccept || q.By != person("ben") || !q.ClosedAt.Equal(at(time.Hour)) {
		t.Errorf("the offer is %+v", q)
	}
	if i.Question("assign/2").State != incident.QuestionOpen {
		t.Error("another role's offer was answered")
	}
}

// TestDecline takes an offer back, and nothing that was accepted.
func TestDecline(t *testing.T) {
	t.Parallel()
	i := declared()
	must(t, i.Assign(start, incident.RunbookActor(), "comms", holder("ana", false)))
	must(t, i.Assign(start, incident.RunbookActor(), "lead", holder("ben", true)))
	for _, role := range []incident.Role{"comms", "lead", "scribe"} {
		i.Decline(role)
	}
	if _, held := i.Holders["comms"]; held || i.Holders["lead"].Person != "ben" || len(i.Holders) != 1 {
		t.Errorf("holders are %+v", i.Holders)
	}
}

// TestCommandersSecondRole is said on the timeline and not forbidden, whichever role came first.
func TestCommandersSecondRole(t *testing.T) {
	t.Parallel()
	type give struct {
		role incident.Role
		to   string
	}
	tests := []struct {
		name  string
		gives []give
		want  []string
	}{
		{"command alone", []give{{incident.Commander, "ana"}}, nil},
		{"two people", []give{{"comms", "ben"}, {incident.Commander, "ana"}, {"lead", "ben"}}, nil},
		{"command second", []give{{"comms", "ana"}, {incident.Commander, "ana"}}, []string{"note: Ana has command and also holds comms"}},
		{"command first", []give{{incident.Commander, "ana"}, {"comms", "ana"}}, []string{"note: Ana has command and also holds comms"}},
		{
			"several, in order",
			[]give{{"scribe", "ana"}, {"comms", "ana"}, {incident.Commander, "ana"}},
			[]string{"note: Ana has command and also holds comms, scribe"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			for _, g := range test.gives {
				must(t, i.Assign(start, person("dan"), g.role, holder(g.to, true)))
			}
			var warnings []string
			for n, e := range i.Timeline {
				if e.Kind == incident.EntryNote {
					warnings = append(warnings, news(i, n)[0])
				}
			}
			differs(t, "warnings", test.want, warnings)
		})
	}
}
