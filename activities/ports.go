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
	// ShowRoom sets topic, card, bookmarks and settled messages to what is given; setting the same again changes nothing.
	ShowRoom(ctx context.Context, req contract.ShowRoomRequest) (contract.ShowRoomResult, error)
	// Announce is idempotent by Key on Again, as Post is; what was posted is changed, and stays away when somebody has
	// deleted it.
	Announce(ctx context.Context, req contract.AnnounceRequest) (contract.AnnounceResult, error)
	// CloseRoom posts the goodbye, idempotent by Key on Again, and archives the room; one that is archived is success.
	CloseRoom(ctx context.Context, req contract.CloseRoomRequest) error
}

// Direct writes to one person in private, with buttons.
type Direct interface {
	// Tell is idempotent by Key on Again: a message that carries the key is adopted. Somebody whom the chat does not know,
	// or no longer, is refused.
	Tell(ctx context.Context, req contract.TellPersonRequest) (contract.TellPersonResult, error)
	// Retell makes a message say something else; one that was deleted meanwhile is success.
	Retell(ctx context.Context, req contract.RetellPersonRequest) error
}

// Presence is what stands beside people's names in the chat. Each person decides whether theirs may be set.
type Presence interface {
	// ReadStatus has no effect. Somebody who has connected nothing is an answer and no error.
	ReadStatus(ctx context.Context, req contract.ReadStatusRequest) (contract.ReadStatusResult, error)
	// ShowStatus is idempotent by nature. Whatever is wrong with what one person has connected is refused and never concerns
	// the installation.
	ShowStatus(ctx context.Context, req contract.ShowStatusRequest) (contract.ShowStatusResult, error)
}

// Mail writes to one person by e-mail.
type Mail interface {
	// Mail is idempotent by Key, which makes the mail's Message-ID: a repetition sends the same mail again, and who reads
	// it sees it once. An address that will never take mail is refused.
	Mail(ctx context.Context, req contract.MailRequest) (contract.MailResult, error)
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
	// Duties resolves people, schedules, teams and "fallback" at an instant, with the overrides that stand. An unknown
	// name gives an error that says so; the caller goes on with the other names.
	Duties(name string, at time.Time, changed ...oncall.Override) ([]oncall.Duty, error)
}

// Policies knows policies by name. People that know policies as well are asked for them.
type Policies interface {
	Policy(name string) (oncall.Policy, bool)
}

// Calendars knows how old the calendars of schedules are. People that know it as well are asked.
type Calendars interface {
	// OldCalendar says whether a name is a schedule by a calendar that was last read long before an instant.
	OldCalendar(name string, at time.Time) (oncall.OldCalendar, bool)
}

// Overrides knows what people have changed about who is on call.
type Overrides interface {
	// Overrides lists those that stand. With an error it still gives the last ones that are known.
	Overrides(ctx context.Context) ([]oncall.Override, error)
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

// Bridges opens conferences.
type Bridges interface {
	// OpenBridge is idempotent by Owner: a bridge that was made for the incident is adopted. A provider that is not
	// configured is refused; the activities' layer then gives the standing bridge, where there is one.
	OpenBridge(ctx context.Context, req contract.OpenBridgeRequest) (contract.OpenBridgeResult, error)
}

// Tracker keeps tickets.
type Tracker interface {
	// OpenTicket is idempotent by Owner on Again: a ticket that carries it is adopted.
	OpenTicket(ctx context.Context, req contract.OpenTicketRequest) (contract.OpenTicketResult, error)
	// SyncTicket sets status and severity, and adds each comment once, by its entry's number.
	SyncTicket(ctx context.Context, req contract.SyncTicketRequest) error
}

// Audiences tells people outside.
type Audiences interface {
	// Publish tells every outlet of the audience. It is idempotent by Key. Where it cannot be known whether an outlet
	// has told it already, it is refused, so that a person decides: customers are never told twice by a machine.
	Publish(ctx context.Context, req contract.UpdateRequest) (contract.UpdateResult, error)
}

// Web asks web services.
type Web interface {
	// Do makes one request. Marks of secrets are filled in before it leaves and masked in what comes back. Every answer
	// is a result, whatever its status; a plain error means that there was none.
	Do(ctx context.Context, req contract.HTTPRequest) (contract.HTTPResult, error)
}

// Commands runs commands of the installation's allow-list.
type Commands interface {
	// Run runs one command to its end, its time or its output's bound. A command that is not allowed is refused. Every
	// exit code is a result.
	Run(ctx context.Context, req contract.CommandRequest) (contract.CommandResult, error)
}

// Ports are all the capabilities. Chat, Phone, People, Archive and Numbers are required; what else is nil refuses.
type Ports struct {
	Chat      Chat
	Phone     Phone
	People    People
	Archive   Archive
	Numbers   Numbers
	Bridges   Bridges
	Tracker   Tracker
	Audiences Audiences
	Web       Web
	Commands  Commands
	Direct    Direct
	Mail      Mail
	Presence  Presence
	// Overrides are merged whenever somebody is looked up; nil = there are none.
	Overrides Overrides
	// Lines bound how often a person is told; nil = nothing does.
	Lines Lines
	// StandingBridge is the address that serves where no bridge can be opened; empty = none.
	StandingBridge string
	// Sleep lets time pass between two polls; nil = it really passes.
	Sleep func(ctx context.Context, d time.Duration) error
}
