package incident_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// rules are the defaults with Olga as the fallback.
func rules() *incident.Permissions {
	p := incident.DefaultPermissions()
	p.Always = []oncall.PersonID{"olga"}
	return &p
}

// ruled are rules with one of its own.
func ruled(what incident.Permission, grants ...incident.Grant) *incident.Permissions {
	p := rules()
	p.Teams = map[string][]oncall.PersonID{"sre": {"ana", "dora"}}
	p.Rules[what] = grants
	return p
}

func role(name incident.Role) incident.Grant {
	return incident.Grant{Kind: incident.GrantRole, Name: string(name)}
}

// commanded is an incident in which Ben has command, Ana was called, and Dora is offered a role.
func commanded() *incident.Incident {
	i := declared()
	i.Severity = "SEV1"
	page := i.StartPage(start, incident.Page{Key: "p", Levels: []incident.PageLevel{{Target: "ana"}}})
	page.Attempts = append(page.Attempts, incident.Attempt{Person: "ana", Name: "Ana"})
	i.Holders = map[incident.Role]incident.Holder{
		incident.Commander: {Person: "ben", Name: "Ben", Accepted: true}, "comms": {Person: "dora", Name: "Dora"},
	}
	return i
}

// uncommanded is the same before anybody has accepted command: it is offered to Ben.
func uncommanded() *incident.Incident {
	i := commanded()
	i.Holders = map[incident.Role]incident.Holder{incident.Commander: {Person: "ben", Name: "Ben"}}
	return i
}

// deputised is an incident with a commander and a deputy.
func deputised() *incident.Incident {
	i := commanded()
	i.Holders[incident.Deputy] = incident.Holder{Person: "dora", Name: "Dora", Accepted: true}
	return i
}

// program is a program with the API's token.
func program() incident.Actor {
	return incident.Actor{Name: "api", Door: incident.DoorAPI, Login: "api", Verified: true}
}

// TestDefaultPermissions is who may do what where nobody has written any rules.
func TestDefaultPermissions(t *testing.T) {
	t.Parallel()
	guarded := []incident.Permission{incident.MayLower, incident.MayResolve, incident.MayCancel}
	open := []incident.Permission{incident.MayDeclare, incident.MayAck, incident.MayRaise, incident.MayAssign, "note", "upgrade", "a verb of a later version"}
	byHand := uncommanded()
	byHand.DeclaredBy = visitor("root", "root")
	drill := commanded()
	drill.Drill, drill.DeclaredBy = true, visitor("root", "root")
	alone := declared()
	alone.Holders, alone.Pages = nil, nil
	acked := uncommanded()
	_, err := acked.Acknowledge(start, visitor("zoe", "zoe"), incident.AckScope{All: true})
	must(t, err)
	tests := []struct {
		name string
		in   *incident.Incident
		by   incident.Actor
		may  bool // lower, resolve and cancel; everybody may do the rest
	}{
		{name: "the commander", in: commanded(), by: person("ben"), may: true},
		{name: "the commander at the command line", in: commanded(), by: incident.Actor{Person: "ben", Door: incident.DoorCLI}, may: true},
		{name: "the deputy", in: deputised(), by: person("dora"), may: true},
		{name: "the commander beside a deputy", in: deputised(), by: person("ben"), may: true},
		{name: "somebody of the fallback", in: commanded(), by: person("olga"), may: true},
		{name: "a program", in: commanded(), by: program(), may: true},
		{name: "a program for somebody", in: commanded(), by: incident.Actor{Person: "cem", Door: incident.DoorAPI}},
		{name: "a program that has lost its token", in: commanded(), by: incident.Actor{Name: "api", Door: incident.DoorAPI}},
		{name: "the runbook", in: commanded(), by: incident.RunbookActor(), may: true},
		{name: "an alert", in: commanded(), by: incident.Actor{Name: "alertmanager", Door: incident.DoorAlert}, may: true},
		{name: "somebody else", in: commanded(), by: person("cem")},
		{name: "who was called", in: commanded(), by: person("ana")},
		{name: "who is offered a role", in: commanded(), by: person("dora")},
		{name: "a stranger", in: commanded(), by: visitor("ben", "ben")},
		{name: "nobody at all", in: commanded(), by: incident.Actor{}},
		{name: "Temporal", in: commanded(), by: incident.Actor{Name: "Temporal", Door: incident.DoorEngine}},

		{name: "nobody commands: who was called", in: uncommanded(), by: person("ana"), may: true},
		{name: "nobody commands: who is offered command", in: uncommanded(), by: person("ben"), may: true},
		{name: "nobody commands: who has acknowledged", in: acked, by: visitor("zoe", "zoe"), may: true},
		{name: "nobody commands: another of that name", in: acked, by: visitor("zoe", "eve")},
		{name: "nobody commands: who has declared", in: byHand, by: visitor("root", "root"), may: true},
		{name: "nobody commands: somebody else", in: uncommanded(), by: person("cem")},
		{name: "nobody commands: Temporal", in: uncommanded(), by: incident.Actor{Name: "Temporal", Door: incident.DoorEngine}},
		{name: "who has declared a drill", in: drill, by: visitor("root", "root"), may: true},
		{name: "somebody else in a drill", in: drill, by: person("cem")},
		{name: "nobody is there: somebody", in: alone, by: person("cem"), may: true},
		{name: "nobody is there: a stranger", in: alone, by: visitor("eve", "eve"), may: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			before := frozen(t, test.in)
			for _, what := range guarded {
				if err := rules().May(what, test.by, test.in); (err == nil) != test.may {
					t.Errorf("%s: %v", what, err)
				}
			}
			for _, what := range open {
				must(t, rules().May(what, test.by, test.in))
			}
			if frozen(t, test.in) != before {
				t.Error("the question has changed the incident")
			}
		})
	}
}

// TestGrants is every kind of grant, alone and beside a role.
func TestGrants(t *testing.T) {
	t.Parallel()
	team := incident.Grant{Kind: incident.GrantTeam, Name: "sre"}
	cem := incident.Grant{Kind: incident.GrantPerson, Name: "Cem Kaya", Person: "cem"}
	tests := []struct {
		name   string
		grants []incident.Grant
		in     *incident.Incident
		may    []string // of ana (called, of the team), ben (commander), cem, dora (offered a role, of the team)
	}{
		{name: "anyone", grants: []incident.Grant{{Kind: incident.GrantAnyone}}, in: commanded(), may: []string{"ana", "ben", "cem", "dora"}},
		{name: "responders", grants: []incident.Grant{{Kind: incident.GrantResponders}}, in: commanded(), may: []string{"ana", "ben", "dora"}},
		{name: "a team", grants: []incident.Grant{team}, in: commanded(), may: []string{"ana", "dora"}},
		{name: "a person", grants: []incident.Grant{cem}, in: commanded(), may: []string{"cem"}},
		{name: "programs alone", grants: []incident.Grant{{Kind: incident.GrantAPI}}, in: uncommanded()},
		{name: "a role", grants: []incident.Grant{role(incident.Commander)}, in: commanded(), may: []string{"ben"}},
		{name: "a role that is only offered", grants: []incident.Grant{role("comms")}, in: commanded(), may: []string{"ana", "ben", "dora"}},
		{name: "a role and a person", grants: []incident.Grant{role(incident.Commander), cem}, in: commanded(), may: []string{"ben", "cem"}},
		{name: "a vacant role and a person", grants: []incident.Grant{role(incident.Commander), cem}, in: uncommanded(), may: []string{"cem"}},
		{name: "one of two roles", grants: []incident.Grant{role(incident.Deputy), role(incident.Commander)}, in: commanded(), may: []string{"ben"}},
		{name: "nobody is left", grants: nil, in: commanded()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := ruled("note", test.grants...)
			for _, who := range []string{"ana", "ben", "cem", "dora"} {
				err := p.May("note", person(who), test.in)
				if want := slices.Contains(test.may, who); (err == nil) != want {
					t.Errorf("%s: %v", who, err)
				}
			}
			must(t, p.May("note", person("olga"), test.in))
		})
	}
}

// TestWhoIsCalledMayAnswer: no rule lets a telephone ring that its owner may not silence.
func TestWhoIsCalledMayAnswer(t *testing.T) {
	t.Parallel()
	for _, what := range []incident.Permission{incident.MayAck, incident.MayDecline} {
		p := ruled(what, role(incident.Commander))
		must(t, p.May(what, person("ana"), commanded()))
		if p.May(what, person("cem"), commanded()) == nil {
			t.Errorf("%s is everybody's", what)
		}
	}
}

// TestTakingCommand: while nobody responds, whoever may take command may do what the commander may, and nobody else.
func TestTakingCommand(t *testing.T) {
	t.Parallel()
	in := declared()
	p := ruled(incident.MayAssign, incident.Grant{Kind: incident.GrantTeam, Name: "sre"})
	must(t, p.May(incident.MayResolve, person("dora"), in))
	refused(t, p.May(incident.MayResolve, person("cem"), in), "only the commander or the deputy may resolve incidents (ask them, or somebody of the fallback)")
	vacant := ruled(incident.MayAssign, role(incident.Commander))
	must(t, vacant.May(incident.MayAssign, person("cem"), in))
	must(t, vacant.May(incident.MayResolve, person("cem"), in))
}

// TestPermissionsWords is what people are told who may not.
func TestPermissionsWords(t *testing.T) {
	t.Parallel()
	cem := person("cem")
	door := func(d incident.Door) incident.Actor { return incident.Actor{Person: "cem", Name: "Cem", Door: d} }
	tests := []struct {
		name  string
		rules *incident.Permissions
		what  incident.Permission
		by    incident.Actor
		in    *incident.Incident
		want  string
	}{
		{name: "in Slack", rules: rules(), what: incident.MayLower, by: cem, in: commanded(), want: "only the commander (Ben) or the deputy may lower the severity (ask them, or somebody of the fallback, or take command: /muster assign INC-1 commander cem)"},
		{name: "at the command line", rules: rules(), what: incident.MayResolve, by: door(incident.DoorCLI), in: deputised(), want: "only the commander (Ben) or the deputy (Dora) may resolve incidents (ask them, or somebody of the fallback, or take command: muster assign INC-1 commander cem)"},
		{name: "somebody unknown", rules: rules(), what: incident.MayCancel, by: visitor("eve", "eve"), in: commanded(), want: "only the commander (Ben) or the deputy may cancel incidents (say who you are with --as NAME; or ask them, or somebody of the fallback)"},
		{name: "a program for nobody", rules: ruled(incident.MayResolve, role(incident.Commander)), what: incident.MayResolve, by: program(), in: commanded(), want: "only the commander (Ben) may resolve incidents (ask them, or somebody of the fallback, or take command: muster assign INC-1 commander YOU)"},
		{name: "by message", rules: rules(), what: incident.MayResolve, by: door(incident.DoorSMS), in: commanded(), want: "only the commander (Ben) or the deputy may resolve incidents (ask them, or somebody of the fallback, or take command)"},
		{name: "nobody commands", rules: rules(), what: incident.MayResolve, by: cem, in: uncommanded(), want: "while nobody is commander or deputy, only those who respond to INC-1 may resolve incidents (ask them, or somebody of the fallback, or take command: /muster assign INC-1 commander cem)"},
		{name: "another role", rules: ruled("upgrade", role("comms"), incident.Grant{Kind: incident.GrantTeam, Name: "sre"}), what: "upgrade", by: cem, in: commanded(), want: "only the role comms or the team sre may upgrade the runbook (ask them, or somebody of the fallback, or take the role comms: /muster assign INC-1 comms cem)"},
		{name: "a declaration", rules: ruled(incident.MayDeclare, incident.Grant{Kind: incident.GrantTeam, Name: "sre"}, incident.Grant{Kind: incident.GrantPerson, Name: "Ben Ito", Person: "ben"}, incident.Grant{Kind: incident.GrantTeam, Name: oncall.Fallback}), what: incident.MayDeclare, by: cem, want: "only the team sre, Ben Ito or the fallback may declare incidents (ask them, or somebody of the fallback)"},
		{name: "programs", rules: ruled("note", incident.Grant{Kind: incident.GrantAPI}), what: "note", by: cem, in: commanded(), want: "only a program with the API's token may write notes (ask them, or somebody of the fallback)"},
		{name: "responders", rules: ruled("page", incident.Grant{Kind: incident.GrantResponders}), what: "page", by: cem, in: commanded(), want: "only those who respond may page people (ask them, or somebody of the fallback)"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			refused(t, test.rules.May(test.what, test.by, test.in), test.want)
		})
	}
}

// TestOlderIncidents have no rules.
func TestOlderIncidents(t *testing.T) {
	t.Parallel()
	var none *incident.Permissions
	must(t, none.May(incident.MayResolve, visitor("eve", "eve"), commanded()))
	must(t, none.May(incident.MayDeclare, incident.Actor{}, nil))
}

// TestPermissionsProperties holds for any rules, anybody and any state of the roles: the same question has the same answer
// on the wire's other side, the runbook and the fallback are never kept out, and whoever takes the first role that a
// refusal speaks of is not refused any more.
func TestPermissionsProperties(t *testing.T) {
	t.Parallel()
	people := []string{"ana", "ben", "cem", "dora", "olga"}
	kinds := []incident.GrantKind{incident.GrantAnyone, incident.GrantResponders, incident.GrantAPI, incident.GrantRole, incident.GrantTeam, incident.GrantPerson, "of a later version"}
	whats := []incident.Permission{incident.MayDeclare, incident.MayAck, incident.MayLower, incident.MayAssign, incident.MayResolve, "note"}
	rapid.Check(t, func(t *rapid.T) {
		p := incident.Permissions{Rules: map[incident.Permission][]incident.Grant{}, Teams: map[string][]oncall.PersonID{"sre": {"ana"}}, Always: []oncall.PersonID{"olga"}}
		for _, what := range whats {
			n := rapid.IntRange(-1, 3).Draw(t, "grants")
			if n < 0 {
				continue
			}
			p.Rules[what] = nil
			for range n {
				g := incident.Grant{Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Name: rapid.SampledFrom([]string{"commander", "deputy", "sre"}).Draw(t, "name")}
				g.Person = oncall.PersonID(rapid.SampledFrom(people).Draw(t, "person"))
				p.Rules[what] = append(p.Rules[what], g)
			}
		}
		in := declared()
		for _, role := range []incident.Role{incident.Commander, incident.Deputy} {
			if rapid.Bool().Draw(t, "held") {
				h := holder(rapid.SampledFrom(people).Draw(t, "holder"), rapid.Bool().Draw(t, "accepted"))
				if err := in.Assign(at(time.Minute), person("ben"), role, h); err != nil {
					t.Fatal(err)
				}
			}
		}
		what, by := rapid.SampledFrom(whats).Draw(t, "what"), person(rapid.SampledFrom(people).Draw(t, "by"))
		first := p.May(what, by, in)
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var again incident.Permissions
		if err := json.Unmarshal(text, &again); err != nil {
			t.Fatal(err)
		}
		if second := again.May(what, by, in); (first == nil) != (second == nil) || first != nil && first.Error() != second.Error() {
			t.Errorf("the answer was %v and is %v on the other side of the wire", first, second)
		}
		if p.May(what, incident.RunbookActor(), in) != nil || p.May(what, person("olga"), in) != nil {
			t.Error("the runbook or the fallback is kept out")
		}
		for _, g := range p.Rules[what] {
			if first == nil || g.Kind != incident.GrantRole {
				continue
			}
			taken := in.Clone()
			taken.Holders = map[incident.Role]incident.Holder{incident.Role(g.Name): holder(string(by.Person), true)}
			if err := p.May(what, by, taken); err != nil {
				t.Errorf("has taken %s and is refused all the same: %v", g.Name, err)
			}
		}
	})
}
