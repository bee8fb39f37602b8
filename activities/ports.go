// Package activities is the one list of what an incident can do to the world: a small interface for each capability,
// and Register, which binds them to the names of the contract. It knows no vendor.
package activities

import (
	"context"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// Errors of all ports: plain (it is tried again), *contract.Refused (never), *contract.Later (after a while). A port
// never sleeps and never retries by itself.

// Chat is the room of an incident.
type Chat interface {
	// OpenRoom is idempotent by Owner: a room that our own bot made for it is adopted.
	OpenRoom(ctx context.Context, req contract.OpenRoomRequest) (contract.OpenRoomResult, error)
	// Post is idempotent by Key on Again: a message that carries the key is adopted, otherwise it is posted.
	Post(ctx context.Context, req contract.PostRequest) (contract.PostResult, error)
	// ShowRoom sets topic, card and settled messages to what is given; setting the same again changes nothing.
	ShowRoom(ctx context.Context, req contract.ShowRoomRequest) (contract.ShowRoomResult, error)
}

// Phone is the telephone.
type Phone interface {
	// Call is idempotent by Key on Again: a call that carries the same attempt is adopted. When it cannot be known
	// whether the call was placed, it is placed again: a duplicate is preferred to silence.
	Call(ctx context.Context, req contract.CallRequest) (contract.CallResult, error)
	// HangUp ends a call; one that is over already is success.
	HangUp(ctx context.Context, req contract.HangUpRequest) error
	// Text is idempotent by Reference on Again.
	Text(ctx context.Context, req contract.TextRequest) (contract.TextResult, error)
}

// People knows who is meant. It answers from memory and has no effect.
type People interface {
	// Duties resolves people, schedules, teams and "fallback" at an instant. An unknown name gives an error that says
	// so; the caller goes on with the other names.
	Duties(name string, at time.Time) ([]oncall.Duty, error)
}

// Archive keeps finished records.
type Archive interface {
	// Put writes a file of the given name and answers where it lies. Writing it again replaces it.
	Put(ctx context.Context, name string, content []byte) (place string, err error)
}

// Numbers gives incident keys.
type Numbers interface {
	// Take is idempotent by the request's RunID: the same incident always gets the same key.
	Take(ctx context.Context, req contract.TakeNumberRequest) (contract.TakeNumberResult, error)
}

// Ports are all the capabilities. Every field is required.
type Ports struct {
	Chat    Chat
	Phone   Phone
	People  People
	Archive Archive
	Numbers Numbers
}
