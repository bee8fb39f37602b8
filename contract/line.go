package contract

import (
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Line keeps how often one person is told, across all incidents, and which call to them is under way: one short-lived
// workflow a person.
const Line Workflow[LineState, None] = "Line"

// LineID is the workflow id of a person's line.
func LineID(person oncall.PersonID) string { return "line/" + string(person) }

// LineState is a line's memory.
type LineState struct {
	Uses []LineUse `json:"uses,omitempty"` // of the last minutes, oldest first
	// Call is the newest call to the person. It may be over: only its provider knows.
	Call *LineCall `json:"call,omitempty"`
}

// LineCall is one call that speaks of one or several incidents.
type LineCall struct {
	Key      string      `json:"key"`                // of the effect that places it
	Provider string      `json:"provider,omitempty"` // the provider's id; empty = it is being placed
	At       time.Time   `json:"at"`
	For      []LineShare `json:"for"`              // the attempts that it is made for, in the order in which they came
	Ending   bool        `json:"ending,omitempty"` // it says goodbye: nobody joins it any more
}

// Is says whether it is the call that a provider knows by an id. Calls of a second account carry a mark before it.
func (c *LineCall) Is(provider string) bool {
	return c != nil && provider != "" && (c.Provider == provider || strings.HasSuffix(c.Provider, "/"+provider))
}

// Standing lists the attempts that somebody still needs to be told of.
func (c *LineCall) Standing() []Callback {
	var all []Callback
	for _, share := range c.For {
		if !share.Left {
			all = append(all, share.Callback)
		}
	}
	return all
}

// LineShare is an attempt for which a call is made.
type LineShare struct {
	Key      string   `json:"key"` // of the effect
	Callback Callback `json:"callback"`
	Left     bool     `json:"left,omitempty"` // nobody needs to be told of it any more
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
	// Callback is the attempt, so that a call which is under way can speak of it; of calls.
	Callback Callback `json:"callback,omitzero"`
	// Alone says that the attempt wants a call of its own: the one that was under way is over.
	Alone bool `json:"alone,omitempty"`
}

// LineResult is the answer.
type LineResult struct {
	Allowed bool `json:"allowed"`
	// Uses is how often the person was told in this way within Within; of a refusal.
	Uses   int           `json:"uses,omitempty"`
	Within time.Duration `json:"within,omitempty"` // nanoseconds
	// Joined is the provider's id of a call that is under way and now speaks of this attempt too. Whether it is under way
	// still only the provider knows.
	Joined string `json:"joined,omitempty"`
}

// LinePlaced tells a line what became of a call that it has allowed. It is idempotent by Key.
type LinePlaced struct {
	Person   oncall.PersonID `json:"person"`
	Key      string          `json:"key"`
	Provider string          `json:"provider,omitempty"` // empty = there is no call that could speak of anything else
}

// LineLeave takes an attempt off a call, because nobody needs to be told of it any more. It is idempotent by Key.
type LineLeave struct {
	Person oncall.PersonID `json:"person"`
	Key    string          `json:"key"`
}

// LineLeft says whether the call goes on for others.
type LineLeft struct {
	Others bool `json:"others,omitempty"`
}

// LineEnding says that a call is about to end. It is idempotent by Provider.
type LineEnding struct {
	Person   oncall.PersonID `json:"person"`
	Provider string          `json:"provider"` // as the provider knows it
}

// LineEnded lists for what the call was made in the end, without those that nobody needs to be told of any more.
type LineEnded struct {
	For []Callback `json:"for,omitempty"`
}

// What a line is asked.
const (
	LineUpdate       Update[LineRequest, LineResult] = "use"
	LinePlacedUpdate Update[LinePlaced, None]        = "placed"
	LineLeaveUpdate  Update[LineLeave, LineLeft]     = "leave"
	LineEndingUpdate Update[LineEnding, LineEnded]   = "ending"
	LineQuery        Query[None, LineState]          = "line"
)
