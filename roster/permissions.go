package roster

import (
	"fmt"
	"slices"

	"github.com/invopop/jsonschema"
	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// The words of rules that name nobody in particular.
var grantWords = []string{string(incident.GrantAnyone), string(incident.GrantResponders), string(incident.GrantAPI)}

// permissions are the rules of the file, in its order.
type permissions []rule

// rule says who may do one thing.
type rule struct {
	what text
	who  []text
}

// whoMay is who may do something: one name, or a list of them.
type whoMay []text

func (v *permissions) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind != yaml.MappingNode {
		d.fault(placeOf(n), "write resolve: [commander, deputy]", "%s must be a mapping from verbs", what)
		return
	}
	d.pairs(n, what, func(key, value *yaml.Node) {
		r := rule{what: text{value: key.Value, at: placeOf(key)}}
		var who whoMay
		d.value(value, reflectOf(&who), join(what, key.Value))
		r.who = who
		*v = append(*v, r)
	})
}

func (v *whoMay) fromNode(d *decoder, n *yaml.Node, what string) {
	if n.Kind == yaml.MappingNode {
		d.fault(placeOf(n), "write [commander, deputy]", "%s must be a list of names", what)
		return
	}
	if n.Kind == yaml.SequenceNode && len(n.Content) == 0 {
		d.fault(placeOf(n), "name who may, or remove the rule", "%s: nobody could do that", what)
		return
	}
	for i, word := range wordsOf(n) {
		own := what
		if n.Kind == yaml.SequenceNode {
			own = fmt.Sprintf("%s[%d]", what, i)
		}
		var t text
		d.value(word, reflectOf(&t), own)
		if t.given() {
			*v = append(*v, t)
		}
	}
}

// JSONSchema describes the rules.
func (permissions) JSONSchema() *jsonschema.Schema {
	s := &jsonschema.Schema{Type: "object", Properties: jsonschema.NewProperties(), AdditionalProperties: jsonschema.FalseSchema}
	for _, what := range contract.Permissions() {
		who := oneOrMore(pattern(namePattern))
		who.Description = "Who may " + what.Deed() + ": people, teams, roles, anyone, responders, api, fallback."
		s.Properties.Set(string(what), who)
	}
	return s
}

// mention is a role that a rule names, and where.
type mention struct {
	role, what string
	at         place
}

// permissions puts the rules of the file in place of the defaults of their verbs.
func (b *builder) permissions() {
	p := incident.DefaultPermissions()
	p.Always = b.config.Book.Fallback
	for _, r := range b.file.Permissions {
		what := "permissions." + clipped(r.what.value)
		if !b.verb(r.what) || len(r.who) == 0 {
			continue
		}
		p.Rules[incident.Permission(r.what.value)] = b.grants(r.who, what, &p)
	}
	b.config.Permissions = p
}

// verb reports what no rule can be about.
func (b *builder) verb(t text) bool {
	known := []string{}
	for _, what := range contract.Permissions() {
		known = append(known, string(what))
	}
	switch {
	case slices.Contains(known, t.value):
		return true
	case t.value == string(contract.VerbSeverity):
		b.fault(t.at, "write raise, lower or both: to lower it is another thing than to raise it", "permissions: there is no rule for severity as a whole")
	default:
		remedy := meant(t.value, known)
		if remedy == "" {
			remedy = "docs/permissions.md lists the verbs"
		}
		b.fault(t.at, remedy, "permissions: nobody can do %s: there is no such verb", quoted(t.value))
	}
	return false
}

// grants reads who may do something.
func (b *builder) grants(who []text, what string, p *incident.Permissions) []incident.Grant {
	var out []incident.Grant
	for _, t := range who {
		g, ok := b.grant(t, what, p)
		switch {
		case !ok:
		case slices.Contains(out, g):
			b.fault(t.at, "keep one", "%s: %s stands here twice", what, quoted(t.value))
		default:
			out = append(out, g)
		}
	}
	anyone := incident.Grant{Kind: incident.GrantAnyone}
	if len(who) > 1 && slices.Contains(out, anyone) {
		b.fault(who[0].at, "keep anyone alone, or remove it", "%s: where anyone may, nobody else needs to be named", what)
	}
	return out
}

// grant reads one name.
func (b *builder) grant(t text, what string, p *incident.Permissions) (incident.Grant, bool) {
	kind := b.kinds[t.value]
	switch {
	case slices.Contains(grantWords, t.value) && kind != "":
		b.fault(t.at, "rename that one: here the word means what docs/permissions.md says", "%s: %s is %s, too", what, quoted(t.value), kind)
	case slices.Contains(grantWords, t.value):
		return incident.Grant{Kind: incident.GrantKind(t.value)}, true
	case t.value == oncall.Fallback:
		b.addTeam(p, oncall.Fallback, b.config.Book.Fallback)
		return incident.Grant{Kind: incident.GrantTeam, Name: oncall.Fallback}, true
	case kind == "a person":
		person, _ := b.config.Book.Person(oncall.PersonID(t.value))
		return incident.Grant{Kind: incident.GrantPerson, Name: person.Name, Person: person.ID}, true
	case kind == "a team":
		n := slices.IndexFunc(b.config.Book.Teams, func(team oncall.Team) bool { return team.Name == t.value })
		b.addTeam(p, t.value, b.config.Book.Teams[n].Members)
		return incident.Grant{Kind: incident.GrantTeam, Name: t.value}, true
	case kind == "a schedule", kind == "a policy":
		b.fault(t.at, "name a team, or responders: who is on call changes, and who may do what stands fast for an incident", "%s: %s is %s", what, quoted(t.value), kind)
	case kind == "" && t.value != string(incident.Deputy) && b.from.Runbooks != nil:
		b.fault(t.at, b.meantGrant(t.value), "%s: no person, team or role of a runbook is called %s", what, quoted(t.value))
	default:
		b.config.mentions = append(b.config.mentions, mention{role: t.value, what: what, at: t.at})
		return incident.Grant{Kind: incident.GrantRole, Name: t.value}, true
	}
	return incident.Grant{}, false
}

// addTeam keeps the members of a team that a rule names.
func (b *builder) addTeam(p *incident.Permissions, name string, members []oncall.PersonID) {
	if p.Teams == nil {
		p.Teams = map[string][]oncall.PersonID{}
	}
	p.Teams[name] = members
}

// meantGrant is the remedy for a name that means nobody.
func (b *builder) meantGrant(word string) string {
	known := slices.Concat(grantWords, []string{string(incident.Commander), string(incident.Deputy), oncall.Fallback}, keys(b.file.People), keys(b.file.Teams))
	for _, r := range b.known() {
		known = append(known, r.Roles...)
	}
	slices.Sort(known)
	if remedy := meant(word, slices.Compact(known)); remedy != "" {
		return remedy
	}
	return "add the team, or name people, roles, anyone or responders"
}

// unheldRoles tells which roles of rules no runbook has that services and routes lead to: unless somebody gives one away by
// hand, nobody holds it.
func (r *readiness) unheldRoles() {
	used := map[string]bool{string(incident.Commander): true, string(incident.Deputy): true}
	for _, id := range r.config.runbooksInUse() {
		book, known := r.config.runbooks[id]
		if !known {
			return // what its roles are is not known here
		}
		for _, role := range book.Roles {
			used[role] = true
		}
	}
	for _, m := range r.config.mentions {
		if used[m.role] {
			continue
		}
		r.problems = append(r.problems, Problem{
			File: r.config.Path, Line: m.at.line, Column: m.at.column,
			Message: fmt.Sprintf("%s: no runbook that services and routes lead to has the role %s", m.what, m.role),
			Remedy:  "it counts only where somebody is given it by hand: muster assign KEY " + m.role + " PERSON",
		})
	}
}

// runbooksInUse lists the runbooks that services, routes and the default lead to.
func (c *Config) runbooksInUse() []string {
	ids := []string{c.Route(nil).Runbook}
	for _, name := range c.Services() {
		to, _ := c.Service(name)
		ids = append(ids, to.Runbook)
	}
	for _, r := range c.routes {
		if r.Runbook.given() {
			ids = append(ids, r.Runbook.value)
		}
	}
	return ids
}
