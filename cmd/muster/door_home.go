package main

import (
	"context"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
)

// Home is what concerns somebody in Slack: incidents and tasks from the incidents themselves, duties from the
// configuration in force and the overrides. While the incidents are away the duties still are told.
func (d slackDoor) Home(ctx context.Context, who incident.Actor, since time.Time) (slack.Home, error) {
	found, err := d.incidents.Home(ctx, who, since)
	home := slack.Home{At: found.At, Silent: found.Silent, Away: err != nil, Incidents: found.Incidents, Tasks: found.Tasks}
	if err != nil {
		d.log.Error("somebody's home is shown without incidents", "error", err)
	}
	if who.Person != "" {
		d.addDuties(&home, who.Person, found)
	}
	return home, nil
}

// addDuties adds when somebody is on call, and what of it is not certain.
func (d slackDoor) addDuties(home *slack.Home, person oncall.PersonID, found gateway.Home) {
	if found.Stale {
		home.Notes = append(home.Notes, "Who has taken over from whom cannot be read just now: when you are on call is told by what was read last.")
	}
	duties, problems := gateway.Duties(&d.live.Config().Book, person, found.At, found.Overrides)
	for _, duty := range duties {
		home.Duties = append(home.Duties, slack.HomeDuty(duty))
	}
	for _, problem := range problems {
		home.Notes = append(home.Notes, "Whether you are on call is not known: "+problem.Error()+".")
	}
}
