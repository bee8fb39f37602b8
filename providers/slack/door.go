package slack

import (
	"context"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
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
	Sights
	Homes

	// Act carries out a verb. It is idempotent by the act's ID, which stays the
	// same when Slack, or somebody who recorded the request, sends it again.
	Act(ctx context.Context, to Target, verb contract.Verb, act contract.Act) (contract.Receipt, error)
	// Declare begins an incident and says which. It is idempotent by the
	// declaration's ID, in the same sense.
	Declare(ctx context.Context, d Declaration) (Declared, error)
}

// Sights tell how things stand. They have no effect.
type Sights interface {
	// Tell answers a question in plain text of several lines, the most important
	// first, because a long one is cut.
	Tell(ctx context.Context, to Target, about Topic) (string, error)
	// Standing says where the incident stands that is meant; ours is false for a
	// room of no open incident.
	Standing(ctx context.Context, to Target) (card contract.Card, ours bool, err error)
	// Show shows an incident.
	Show(ctx context.Context, to Target) (contract.Snapshot, error)
	// Offer says what can be declared, and what it asks for. It answers from
	// memory.
	Offer(ctx context.Context, of Draft) (Offer, error)
}

// Homes tell people what concerns them.
type Homes interface {
	// Home is what concerns somebody, as it stood at since or later. It has no
	// effect. An error means that nothing is known.
	Home(ctx context.Context, who incident.Actor, since time.Time) (Home, error)
}

// Draft is what somebody has chosen so far who declares an incident. The zero
// value has chosen nothing.
type Draft struct {
	Service string
	Runbook string // empty = the service's
}

// Offer is what can be chosen from.
type Offer struct {
	Services   []string
	Runbooks   []string
	Runbook    string              // the draft's, else the service's
	Severity   incident.Severity   // what the service begins with; empty = nothing
	Severities []incident.Severity // of the runbook, worst first
	Private    bool                // the runbook is
	Inputs     []incident.FormField
	Roles      []string // of the runbook
	Targets    []string // whom one can page: people, schedules, teams, policies
	People     []oncall.Person
}

// Declared is an incident that was begun.
type Declared struct {
	Text       string       // says so, in a sentence
	Key        incident.Key // empty while no worker has given it
	WorkflowID string
	Again      bool // it had been begun before, by the same declaration
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
	Summary  string
	Private  bool           // although the runbook is not
	Inputs   map[string]any // of the runbook, by name
}
