package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/roster"
)

// signalMargin is what is left of a caller's time for leaving an act as a signal when no worker has answered it.
const signalMargin = 700 * time.Millisecond

// within is how long an incident may take to answer an act, so that the caller is still there to hear that it was left
// for later.
func within(ctx context.Context) time.Duration {
	end, ok := ctx.Deadline()
	if !ok {
		return gateway.ActTime
	}
	return min(max(time.Until(end)-signalMargin, signalMargin), gateway.ActTime)
}

// ruled turns the gateway's refusals into the domain's, which vendors' handlers show to people. Other errors are passed
// on: the handlers say that the outcome is not known.
func ruled(err error) error {
	var refusal *gateway.Refusal
	if errors.As(err, &refusal) {
		return &incident.Refusal{What: refusal.What, Hint: refusal.Hint}
	}
	return err
}

// slackDoor is the door for people in Slack. Its acts are idempotent by their ids, like those of the gateway itself.
type slackDoor struct {
	incidents *gateway.Incidents
	live      *roster.Live
	books     *library
	log       *slog.Logger
}

// Act carries out a verb on the incident of a button, of a key, or of the room where it was said.
func (d slackDoor) Act(ctx context.Context, to slack.Target, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	deed := gateway.Deed{Verb: verb, Act: act}
	if to.WorkflowID != "" {
		deed.Act.Key, deed.Within = to.Key, within(ctx)
		receipt, err := d.incidents.ActOn(ctx, to.WorkflowID, deed)
		return receipt, ruled(err)
	}
	key, err := d.keyOf(ctx, to)
	if err != nil {
		return contract.Receipt{}, ruled(err)
	}
	deed.Within = within(ctx)
	receipt, err := d.incidents.Act(ctx, key, deed)
	return receipt, ruled(err)
}

// Declare begins an incident.
func (d slackDoor) Declare(ctx context.Context, n slack.Declaration) (slack.Declared, error) {
	begun, err := d.incidents.Declare(ctx, gateway.NewIncident{
		Title: n.Title, Summary: n.Summary, Service: n.Service, Severity: n.Severity, Runbook: n.Runbook, Private: n.Private,
		Inputs: n.Inputs, By: n.By, RequestID: n.ID,
	})
	if err != nil {
		return slack.Declared{}, ruled(err)
	}
	return slack.Declared{Text: declaredText(begun), Key: begun.Key, WorkflowID: begun.WorkflowID, Again: begun.Again}, nil
}

// Offer says what can be declared, from the configuration and the runbooks in force.
func (d slackDoor) Offer(_ context.Context, of slack.Draft) (slack.Offer, error) {
	offer, err := d.incidents.Offer(of.Service, of.Runbook)
	if err != nil {
		return slack.Offer{}, ruled(err)
	}
	config := d.live.Config()
	out := slack.Offer{
		Services: config.Services(), Runbook: offer.Runbook, Severity: offer.Severity, Severities: offer.Severities,
		Private: offer.Private, Inputs: offer.Inputs, Roles: offer.Roles, People: config.Book.People,
		Targets: slices.Compact(slices.Sorted(slices.Values(slices.Concat(config.Book.Names(), config.Services())))),
	}
	for _, rb := range d.books.Known() {
		out.Runbooks = append(out.Runbooks, rb.ID)
	}
	return out, nil
}

// Show shows the incident of a button, of a key, or of the room where it was said.
func (d slackDoor) Show(ctx context.Context, to slack.Target) (contract.Snapshot, error) {
	to.Key = cmp.Or(to.Key, incident.Key(to.WorkflowID))
	key, err := d.keyOf(ctx, to)
	if err != nil {
		return contract.Snapshot{}, ruled(err)
	}
	shown, err := d.incidents.Show(ctx, key)
	return shown, ruled(err)
}

// Standing says where the incident of a key, or of a room, stands.
func (d slackDoor) Standing(ctx context.Context, to slack.Target) (contract.Card, bool, error) {
	key, err := d.keyOf(ctx, to)
	var none *incident.Refusal
	if errors.As(err, &none) {
		return contract.Card{}, false, nil
	}
	if err != nil {
		return contract.Card{}, false, err
	}
	card, err := d.incidents.Standing(ctx, key)
	return card, err == nil, ruled(err)
}

// declaredText says which incident was begun.
func declaredText(begun gateway.Declared) string {
	name := string(begun.Key)
	if name == "" {
		name = "the incident"
	}
	if begun.Again {
		return name + " was declared already"
	}
	return name + " is declared"
}

// keyOf is the incident that is named, else that of the room. Rooms are mostly named after their incident, so that one is asked first; the room's
// id decides, for names can be changed. Of several drills in one room the newest is meant. A room of no open incident is a
// refusal. An incident that does not answer may be the one that is meant: then it is not known whose room it is, which is
// no refusal, so that nothing that people do there is turned away for good.
func (d slackDoor) keyOf(ctx context.Context, to slack.Target) (incident.Key, error) {
	if to.Key != "" {
		return to.Key, nil
	}
	if key := keyIn(to.RoomName); key != "" {
		shown, err := d.incidents.Show(ctx, key)
		if err == nil && shown.Incident.Room.ID == to.Room {
			return key, nil
		}
	}
	key, err := d.incidents.InRoom(ctx, to.Room)
	if err == nil && key == "" {
		err = &incident.Refusal{What: "this is not the room of an open incident", Hint: "do it in its room, or say which one: /muster ack INC-1"}
	}
	return key, err
}

// keyIn is the incident's key that a room's name begins with ("inc-12-checkout-is-slow"), or empty.
func keyIn(room string) incident.Key {
	prefix, rest, ok := strings.Cut(room, "-")
	if !ok || !strings.EqualFold(prefix, "inc") {
		return ""
	}
	number, _, _ := strings.Cut(rest, "-")
	if number == "" || strings.Trim(number, "0123456789") != "" {
		return ""
	}
	return gateway.NormalKey(fmt.Sprintf("INC-%s", number))
}

// phoneDoor is the door for people on the telephone, and for those who open the link of a mail.
type phoneDoor struct {
	incidents *gateway.Incidents
}

// Brief answers what is said in a call.
func (d phoneDoor) Brief(ctx context.Context, at contract.Callback) (contract.Briefing, error) {
	return d.incidents.Brief(ctx, at, 0)
}

// Act does what a person pressed or wrote. It is idempotent by the act's id.
func (d phoneDoor) Act(ctx context.Context, workflowID string, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	deed := gateway.Deed{Verb: verb, Act: act, Within: within(ctx)}
	if workflowID == "" {
		receipt, err := d.incidents.Act(ctx, act.Key, deed)
		return receipt, ruled(err)
	}
	receipt, err := d.incidents.ActOn(ctx, workflowID, deed)
	return receipt, ruled(err)
}

// Companions lists the attempts that a call to somebody is made for.
func (d phoneDoor) Companions(ctx context.Context, person oncall.PersonID, provider string) ([]contract.Callback, error) {
	return d.incidents.Companions(ctx, person, provider)
}

// Ending says that a call is about to end, and lists the attempts that it was made for.
func (d phoneDoor) Ending(ctx context.Context, person oncall.PersonID, provider string) ([]contract.Callback, error) {
	return d.incidents.Ending(ctx, person, provider)
}

// CallStatus passes on how far an attempt got. It is idempotent by what it says.
func (d phoneDoor) CallStatus(ctx context.Context, status contract.CallStatus) error {
	return d.incidents.CallStatus(ctx, status)
}
