package contract

import (
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Line keeps how often one person is told, across all incidents: one short-lived workflow a person.
const Line Workflow[LineState, None] = "Line"

// LineID is the workflow id of a person's line.
func LineID(person oncall.PersonID) string { return "line/" + string(person) }

// LineState is a line's memory.
type LineState struct {
	Uses []LineUse `json:"uses,omitempty"` // of the last minutes, oldest first
}

// LineUse is one attempt to tell the person.
type LineUse struct {
	Key     string    `json:"key"` // of the effect
	Via     string    `json:"via"` // "sms", "call"
	At      time.Time `json:"at"`
	Allowed bool      `json:"allowed"`
}

// LineRequest asks whether the person may be told now. It is idempotent by Key.
type LineRequest struct {
	Person oncall.PersonID `json:"person"`
	Key    string          `json:"key"`
	Via    string          `json:"via"`
	First  bool            `json:"first,omitempty"` // the first attempt of its incident in this way: always allowed
}

// LineResult is the answer.
type LineResult struct {
	Allowed bool `json:"allowed"`
	// Uses is how often the person was told in this way within Within; of a refusal.
	Uses   int           `json:"uses,omitempty"`
	Within time.Duration `json:"within,omitempty"` // nanoseconds
}

// LineUpdate asks a line.
const LineUpdate Update[LineRequest, LineResult] = "use"
