package contract

import (
	"time"

	"github.com/musterbook/musterbook/incident"
)

// FarewellInput is what is left of an incident when its review is over: a room that is archived at an instant.
type FarewellInput struct {
	Key    incident.Key  `json:"key"`
	ID     string        `json:"id"` // the incident's opaque id, the stem of the idempotency key
	Room   incident.Room `json:"room"`
	Record []string      `json:"record,omitempty"`
	At     time.Time     `json:"at"`
}
