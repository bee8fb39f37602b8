package contract

import "time"

// Pulse is asked once a minute whether the whole machinery lives: the answer has passed through the engine's store and a
// worker.
const Pulse Workflow[PulseState, None] = "Pulse"

// PulseID is the workflow id of the one pulse.
const PulseID = "pulse"

// PulseState is the pulse's memory.
type PulseState struct {
	Beats int `json:"beats,omitempty"`
}

// PulseRequest asks for a beat.
type PulseRequest struct {
	At time.Time `json:"at"`
}

// PulseResult is a beat.
type PulseResult struct {
	Beat int       `json:"beat"`
	At   time.Time `json:"at"` // by the workflow's clock
}

// PulseUpdate asks the pulse.
const PulseUpdate Update[PulseRequest, PulseResult] = "beat"
