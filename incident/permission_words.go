package incident

import (
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/oncall"
)

// deeds are the permissions in words that stand behind "may".
var deeds = map[Permission]string{
	MayDeclare: "declare incidents", MayAck: "acknowledge", MayDecline: "decline pages", MayRaise: "set or raise the severity",
	MayLower: "lower the severity", MayAssign: "give roles", MayResolve: "resolve incidents", MayCancel: "cancel incidents",
	"answer": "answer questions", "approve": "approve", "reject": "reject", "done": "finish tasks", "note": "write notes",
	"page": "page people", "escalate": "escalate", "pause": "pause the runbook", "resume": "resume the runbook",
	"retry": "retry steps", "skip": "skip steps", "stop": "stop steps", "reassign": "reassign questions", "advance": "end phases",
	"return": "go back to a phase", "step": "add steps", "edit": "edit steps", "revert": "take steps back", "send": "send signals",
	"upgrade": "upgrade the runbook", "withdraw": "withdraw notes",
}

// Deed is what the permission allows, in words that stand behind "may": "lower the severity".
func (p Permission) Deed() string {
	if words, known := deeds[p]; known {
		return words
	}
	return string(p)
}

// refusal says who may do what somebody else wanted to do, and what can be done now.
func (p *Permissions) refusal(what Permission, by Actor, in *Incident) error {
	grants := p.Rules[what]
	if in.vacant(grants) && in.attended() {
		return refuse(p.way(grants, by, in), "while nobody is %s, only those who respond to %s may %s", joined(roleNames(grants), "or"), in.Key, what.Deed())
	}
	var who []string
	for _, g := range grants {
		if words := in.called(g); words != "" && !slices.Contains(who, words) {
			who = append(who, words)
		}
	}
	if len(who) == 0 {
		who = []string{"a program with the API's token"}
	}
	return refuse(p.way(grants, by, in), "only %s may %s", joined(who, "or"), what.Deed())
}

// called is a grant as people are told of it. Programs are left out: nobody can ask them.
func (i *Incident) called(g Grant) string {
	switch g.Kind {
	case GrantRole:
		words := "the role " + g.Name
		if g.Name == string(Commander) || g.Name == string(Deputy) {
			words = "the " + g.Name
		}
		if i.inRole(Role(g.Name)) != "" {
			words += " (" + i.Holders[Role(g.Name)].Name + ")"
		}
		return words
	case GrantTeam:
		if g.Name == oncall.Fallback {
			return "the fallback"
		}
		return "the team " + g.Name
	case GrantPerson:
		return g.Name
	case GrantResponders:
		return "those who respond"
	case GrantAnyone, GrantAPI:
	}
	return ""
}

// way is what somebody who was refused can do: ask, or take a role that may, where they may do that.
func (p *Permissions) way(grants []Grant, by Actor, in *Incident) string {
	hint := "ask them"
	if len(p.Always) > 0 {
		hint = "ask them, or somebody of the fallback"
	}
	if by.Person == "" && by.Door == DoorCLI {
		return "say who you are with --as NAME; or " + hint
	}
	roles := roleNames(grants)
	if in == nil || len(roles) == 0 || !p.allows(MayAssign, by, in) {
		return hint
	}
	taking := "take the role " + roles[0]
	if roles[0] == string(Commander) {
		taking = "take command"
	}
	command := "muster assign"
	switch by.Door {
	case DoorSlack:
		command = "/muster assign"
	case DoorPhone, DoorSMS, DoorMail: // nothing can be typed there that gives a role
		return hint + ", or " + taking
	case DoorRunbook, DoorAlert, DoorCLI, DoorAPI, DoorEngine:
	}
	you := string(by.Person)
	if you == "" {
		you = "YOU"
	}
	return fmt.Sprintf("%s, or %s: %s %s %s %s", hint, taking, command, in.Key, roles[0], you)
}

// roleNames lists the roles that a rule names.
func roleNames(grants []Grant) []string {
	var names []string
	for _, g := range grants {
		if g.Kind == GrantRole {
			names = append(names, g.Name)
		}
	}
	return names
}

// joined lists words as people do: a, b or c.
func joined(words []string, last string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + last + " " + words[len(words)-1]
}
