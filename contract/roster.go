package contract

import (
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Roster keeps the overrides that people make while things burn. One workflow does it, for ever.
const Roster Workflow[RosterState, None] = "Roster"

// RosterID is the workflow id of the one roster workflow.
const RosterID = "roster"

// RosterMemo is the memo field of the roster workflow that holds the overrides, as []oncall.Override: it can be read
// while no worker runs.
const RosterMemo = "overrides"

// RosterState is the roster workflow's memory.
type RosterState struct {
	Overrides []oncall.Override `json:"overrides,omitempty"` // in the order in which they were made; those that are over are forgotten
}

// OverrideRequest changes who is on call for a while. It is idempotent by the override's ID.
type OverrideRequest struct {
	Override oncall.Override `json:"override"`
}

// OverrideResult is the override that stands, or that stood until it was taken back.
type OverrideResult struct {
	Override oncall.Override `json:"override"`
}

// CancelOverrideRequest takes an override back. It is idempotent by ID.
type CancelOverrideRequest struct {
	ID string    `json:"id"`
	By string    `json:"by,omitempty"`
	At time.Time `json:"at"`
}

// The messages of the roster workflow.
const (
	OverrideUpdate       Update[OverrideRequest, OverrideResult]       = "override"
	CancelOverrideUpdate Update[CancelOverrideRequest, OverrideResult] = "cancel_override"
	OverridesQuery       Query[None, RosterState]                      = "overrides"
)
