package gateway

import (
	"cmp"
	"strings"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// SlackActor is who clicked or typed in Slack. Slack proves its users; a user is known to the roster by the Slack id,
// else by the e-mail. Name is what Slack calls somebody whom the roster does not know.
func SlackActor(people People, user, email, name string) incident.Actor {
	person, ok := people.PersonBySlack(user)
	if !ok && email != "" {
		person, ok = people.PersonByEmail(email)
	}
	return actor(person, ok, incident.Actor{Name: cmp.Or(name, user), Door: incident.DoorSlack, Verified: true})
}

// PhoneActor is who pressed a key or answered a message, by the telephone number that was called or that wrote. Door is
// DoorPhone or DoorSMS.
func PhoneActor(people People, number string, door incident.Door) incident.Actor {
	person, ok := people.PersonByPhone(number)
	return actor(person, ok, incident.Actor{Name: "somebody on the telephone", Door: door, Verified: ok})
}

// CLIActor is who uses the command line: whom they say they are, or the login name. Nothing proves either. People may
// be nil.
func CLIActor(people People, as, login string) incident.Actor {
	a := incident.Actor{Name: cmp.Or(as, login), Door: incident.DoorCLI, Login: login}
	if people == nil {
		a.Person = oncall.PersonID(as)
		return a
	}
	person, ok := personOf(people, a.Name)
	return actor(person, ok, a)
}

// apiActor is who uses the HTTP API. The token proves which program speaks; that it speaks for a person is its word.
func apiActor(people People, as, token string) (incident.Actor, error) {
	a := incident.Actor{Name: token, Door: incident.DoorAPI, Login: token, Verified: true}
	as = strings.TrimSpace(as)
	if as == "" {
		return a, nil
	}
	a.Name, a.Verified = as, false
	if people == nil {
		return a, nil
	}
	person, ok := personOf(people, as)
	if !ok {
		return a, &Refusal{
			Kind: RefusedInput, What: "unknown person \"" + as + "\" in as", Hint: "give the name or the e-mail that the roster has, or leave as out",
		}
	}
	return actor(person, ok, a), nil
}

// actor puts the roster's person into an actor, where there is one.
func actor(person oncall.Person, ok bool, a incident.Actor) incident.Actor {
	if ok {
		a.Person, a.Name = person.ID, person.Name
	}
	return a
}
