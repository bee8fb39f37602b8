package incident

import (
	"slices"

	"github.com/musterbook/musterbook/oncall"
)

// Permission is what a rule is about: a verb by its name, with two exceptions. Declaring is no verb of an incident, because
// there is none yet, and setting the severity is two permissions: to lower it ends help that somebody may still need.
type Permission string

// The permissions that the domain itself tells apart. Every other one is called like its verb.
const (
	MayDeclare Permission = "declare"
	MayAck     Permission = "ack"
	MayDecline Permission = "quiet"
	MayRaise   Permission = "raise" // also to set a severity where there is none
	MayLower   Permission = "lower"
	MayAssign  Permission = "assign"
	MayResolve Permission = "resolve"
	MayCancel  Permission = "cancel"
)

// GrantKind is what an entry of a rule names.
type GrantKind string

// The kinds of grants.
const (
	GrantAnyone     GrantKind = "anyone"
	GrantResponders GrantKind = "responders" // whoever was paged, has acknowledged or answered, holds a role, or has declared it
	GrantAPI        GrantKind = "api"        // a program with the API's token that speaks for nobody
	GrantRole       GrantKind = "role"
	GrantTeam       GrantKind = "team"
	GrantPerson     GrantKind = "person"
)

// Grant is one entry of a rule.
type Grant struct {
	Kind GrantKind `json:"kind"`
	// Name is the role, or the team, or how the person is called; empty for the others.
	Name   string          `json:"name,omitempty"`
	Person oncall.PersonID `json:"person,omitempty"`
}

// Permissions say who may do what. They travel with an incident from its start, so that every door meets the same rules
// and a replay decides as it decided before: they are whole, and hold no default that a later version could change. Nil
// allows everything, as incidents do that are older than permissions.
type Permissions struct {
	// Rules are the grants of each permission; one that is not there is everybody's.
	Rules map[Permission][]Grant `json:"rules,omitempty"`
	// Teams are the members of the teams that rules name.
	Teams map[string][]oncall.PersonID `json:"teams,omitempty"`
	// Always are people whom no rule keeps out, so that none can lock an incident up.
	Always []oncall.PersonID `json:"always,omitempty"`
	// Answerers says that whoever has answered what the runbook asked of them responds to the incident, too.
	Answerers bool `json:"answerers,omitempty"`
}

// DefaultPermissions are the rules where nobody has written any: who has command, or the deputy, lowers the severity and
// ends the incident, and so does a program that was given the API's token.
func DefaultPermissions() Permissions {
	rules := map[Permission][]Grant{}
	for _, what := range []Permission{MayLower, MayResolve, MayCancel} {
		rules[what] = []Grant{{Kind: GrantRole, Name: string(Commander)}, {Kind: GrantRole, Name: string(Deputy)}, {Kind: GrantAPI}}
	}
	return Permissions{Rules: rules, Answerers: true}
}

// May says whether somebody may do something: nil, or a *Refusal that names who may and what to do instead. The incident is
// nil for a declaration. The runbook and alerts may do everything; whoever takes acts from outside must not let them say
// that they are one of these.
//
// An incident decides by it while it is replayed: what it answers for the same arguments must not change.
func (p *Permissions) May(what Permission, by Actor, in *Incident) error {
	if p == nil || p.allows(what, by, in) {
		return nil
	}
	return p.refusal(what, by, in)
}

// allows is May without the words.
func (p *Permissions) allows(what Permission, by Actor, in *Incident) bool {
	grants, ruled := p.Rules[what]
	switch {
	case !ruled, by.Door == DoorRunbook, by.Door == DoorAlert:
		return true
	case by.Person != "" && slices.Contains(p.Always, by.Person):
		return true
	case in != nil && in.Drill && in.declaredByHand() && sameActor(in.DeclaredBy, by): // a game day must be one that can be ended
		return true
	case (what == MayAck || what == MayDecline) && in.paged(by): // or a telephone would ring that nobody may stop
		return true
	case slices.ContainsFunc(grants, func(g Grant) bool { return p.covers(g, by, in) }):
		return true
	}
	return in.vacant(grants) && p.standsIn(what, by, in)
}

// covers says whether a grant means somebody.
func (p *Permissions) covers(g Grant, by Actor, in *Incident) bool {
	switch g.Kind {
	case GrantAnyone:
		return true
	case GrantResponders:
		return p.responds(by, in)
	case GrantAPI:
		return by.Door == DoorAPI && by.Verified && by.Person == ""
	case GrantRole:
		return by.Person != "" && in.inRole(Role(g.Name)) == by.Person
	case GrantTeam:
		return by.Person != "" && slices.Contains(p.Teams[g.Name], by.Person)
	case GrantPerson:
		return by.Person != "" && g.Person == by.Person
	}
	return false
}

// responds says whether somebody responds to the incident by these rules.
func (p *Permissions) responds(by Actor, in *Incident) bool {
	return in.Responds(by) || p.Answerers && in.answered(by)
}

// standsIn says whether somebody may act while nobody holds the roles that a rule names: responders may, and where nobody
// responds at all, whoever could take the role.
func (p *Permissions) standsIn(what Permission, by Actor, in *Incident) bool {
	if in.attended() {
		return p.responds(by, in)
	}
	return what == MayAssign || p.allows(MayAssign, by, in)
}

// vacant says whether a rule names roles alone and nobody holds any of them. Programs do not count: they fill no role.
func (i *Incident) vacant(grants []Grant) bool {
	roles := 0
	for _, g := range grants {
		switch {
		case g.Kind == GrantAPI:
		case g.Kind != GrantRole || i.inRole(Role(g.Name)) != "":
			return false
		default:
			roles++
		}
	}
	return i != nil && roles > 0
}

// inRole is who has accepted a role; empty = nobody. An offer is none.
func (i *Incident) inRole(role Role) oncall.PersonID {
	if i == nil {
		return ""
	}
	if h, held := i.Holders[role]; held && h.Accepted {
		return h.Person
	}
	return ""
}

// Responds says whether somebody responds to the incident: a page has called them or they have acknowledged one, they hold
// a role or are offered one, or they have declared it.
func (i *Incident) Responds(by Actor) bool {
	if i == nil {
		return false
	}
	if i.declaredByHand() && sameActor(i.DeclaredBy, by) || i.paged(by) {
		return true
	}
	for _, h := range i.Holders {
		if by.Person != "" && h.Person == by.Person {
			return true
		}
	}
	return !i.AcknowledgedAt.IsZero() && sameActor(i.AcknowledgedBy, by)
}

// answered says whether somebody has answered a question, or done a task, that the runbook has put to them. One that a
// person has handed on does not count: whoever may do that would make responders.
func (i *Incident) answered(by Actor) bool {
	if i == nil || by.Person == "" {
		return false
	}
	return slices.ContainsFunc(i.Questions, func(q *Question) bool {
		asked := slices.Contains(q.Chain, by.Person) || slices.Contains(q.Also, by.Person)
		return asked && q.Handed == 0 && slices.ContainsFunc(q.Votes, func(v Vote) bool { return v.By.Person == by.Person })
	})
}

// attended says whether anybody responds.
func (i *Incident) attended() bool {
	return i.declaredByHand() || len(i.Holders) > 0 || !i.AcknowledgedAt.IsZero() ||
		slices.ContainsFunc(i.Pages, func(p *Page) bool { return len(p.Attempts) > 0 })
}

// paged says whether a page has called somebody, or was acknowledged by them.
func (i *Incident) paged(by Actor) bool {
	if i == nil {
		return false
	}
	return slices.ContainsFunc(i.Pages, func(p *Page) bool {
		return by.Person != "" && slices.Contains(p.Told(), by.Person) || !p.AckedAt.IsZero() && sameActor(p.AckedBy, by)
	})
}

// declaredByHand says whether a person or a program has declared the incident, and no alert.
func (i *Incident) declaredByHand() bool {
	return i.DeclaredBy != (Actor{}) && i.DeclaredBy.Door != DoorAlert && i.DeclaredBy.Door != DoorRunbook
}
