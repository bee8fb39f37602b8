package slack

import (
	"context"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Target says which incident a person means: a button knows it exactly, a
// command names its key. Where both are empty it is the room's incident.
type Target struct {
	WorkflowID string
	Key        incident.Key
	Room       string // id of the room where it was said
	RoomName   string // "privategroup" and "directmessage" where Slack hides it
}

// Door carries out what people do in Slack. Its methods answer before the
// context's deadline, which Slack sets; what takes longer is recorded, and the
// receipt says that it is pending.
//
// A refusal is an *incident.Refusal or a *contract.Refused: its sentence is
// shown to the person. Any other error means that nothing is known to have
// happened, and the person is asked to try again.
type Door interface {
	// Act carries out a verb. It is idempotent by the act's ID, which stays the
	// same when Slack, or somebody who recorded the request, sends it again.
	Act(ctx context.Context, to Target, verb contract.Verb, act contract.Act) (contract.Receipt, error)
	// Declare begins an incident and says which. It is idempotent by the
	// declaration's ID, in the same sense.
	Declare(ctx context.Context, d Declaration) (contract.Receipt, error)
	// Tell answers a question in plain text of several lines, the most important
	// first, because a long one is cut. It changes nothing.
	Tell(ctx context.Context, to Target, about Topic) (string, error)
	// Standing says where the incident stands that is meant; ours is false for a
	// room of no open incident. It has no effect.
	Standing(ctx context.Context, to Target) (card contract.Card, ours bool, err error)
}

// Declaration is an incident that a person declares.
type Declaration struct {
	ID       string // recognises a repetition
	Title    string
	Service  string            // empty when none was named
	Severity incident.Severity // empty when none was named
	Runbook  string            // empty when none was named
	Room     string            // id of the room where it was said
	By       incident.Actor
}
