package contract

import (
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// The activities: everything that an incident does to the world or asks of it.
const (
	TakeNumber  Activity[TakeNumberRequest, TakeNumberResult]   = "TakeNumber"
	WhoIsOnCall Activity[WhoIsOnCallRequest, WhoIsOnCallResult] = "WhoIsOnCall"
	OpenRoom    Activity[OpenRoomRequest, OpenRoomResult]       = "OpenRoom"
	Post        Activity[PostRequest, PostResult]               = "Post"
	ShowRoom    Activity[ShowRoomRequest, ShowRoomResult]       = "ShowRoom"
	PlaceCall   Activity[CallRequest, CallResult]               = "PlaceCall"
	HangUp      Activity[HangUpRequest, None]                   = "HangUp"
	SendText    Activity[TextRequest, TextResult]               = "SendText"
	WriteRecord Activity[WriteRecordRequest, WriteRecordResult] = "WriteRecord"

	TellPerson   Activity[TellPersonRequest, TellPersonResult] = "TellPerson"
	RetellPerson Activity[RetellPersonRequest, None]           = "RetellPerson"

	SendMail      Activity[MailRequest, MailResult]     = "SendMail"
	FollowAttempt Activity[FollowRequest, FollowResult] = "FollowAttempt"

	Announce  Activity[AnnounceRequest, AnnounceResult] = "Announce"
	CloseRoom Activity[CloseRoomRequest, None]          = "CloseRoom"

	ReadStatus Activity[ReadStatusRequest, ReadStatusResult] = "ReadStatus"
	ShowStatus Activity[ShowStatusRequest, ShowStatusResult] = "ShowStatus"
)

// Effect is what every request that changes the world carries.
type Effect struct {
	// Key is the idempotency key, `<incident>/<step path>/<pass>/<item>`.
	Key string `json:"key"`
	// Intended is when the workflow decided; a provider that looks for a lost effect looks from here on.
	Intended time.Time `json:"intended"`
	// Again says that the effect may have been done already (a retry, a resumption): look first. The activities' layer
	// also sets it on every attempt after the first.
	Again bool `json:"again,omitempty"`
}

// TakeNumberRequest asks for an incident's key. It is idempotent by RunID, the first run of the incident.
type TakeNumberRequest struct {
	WorkflowID string    `json:"workflow_id"`
	RunID      string    `json:"run_id"`
	Title      string    `json:"title"`
	Service    string    `json:"service,omitempty"`
	Drill      bool      `json:"drill,omitempty"`
	At         time.Time `json:"at"`
}

// TakeNumberResult gives the key, and the page of the incident in the Temporal Web UI where one is known.
type TakeNumberResult struct {
	Key incident.Key `json:"key"`
	URL string       `json:"url,omitempty"`
}

// WhoIsOnCallRequest asks who is meant by names at an instant. Names are people, schedules, teams, policies or "fallback".
type WhoIsOnCallRequest struct {
	Names []string  `json:"names"`
	At    time.Time `json:"at"`
	Turn  int       `json:"turn,omitempty"` // of policies that call one target after the other
}

// WhoIsOnCallResult gives the people for each name. An unknown name is a problem, and the others still count.
type WhoIsOnCallResult struct {
	Found    []Found  `json:"found"` // in the order of the names
	Problems []string `json:"problems,omitempty"`
	// Old are the calendars among the names that were not read for long, each once. Their last good copies count.
	Old []oncall.OldCalendar `json:"old,omitempty"`
}

// Found is who a name means at present.
type Found struct {
	Name   string        `json:"name"`
	Duties []oncall.Duty `json:"duties,omitempty"`
	// Policy is set where the name is a policy's; the duties are those of its first level.
	Policy *oncall.Policy `json:"policy,omitempty"`
}

// OpenRoomRequest opens the incident's chat room. It is idempotent by Owner: a room of the name is adopted only when
// our own bot made it and its purpose holds Owner; a stranger's room gets a suffix.
type OpenRoomRequest struct {
	Effect
	Owner   string            `json:"owner"` // the incident's opaque id
	Name    string            `json:"name"`  // wished; the provider makes it valid
	Purpose string            `json:"purpose,omitempty"`
	Topic   string            `json:"topic,omitempty"`
	Invite  []oncall.PersonID `json:"invite,omitempty"`
	Private bool              `json:"private,omitempty"` // by invitation only
}

// OpenRoomResult gives the room and who could not be invited, with the reason.
type OpenRoomResult struct {
	Room       incident.Room `json:"room"`
	NotInvited []string      `json:"not_invited,omitempty"`
}

// PostRequest posts one message, or updates the one that was posted for Replaces. It is idempotent by Key, which is
// kept in the message's metadata.
type PostRequest struct {
	Effect
	Room    string  `json:"room"` // id
	Message Message `json:"message"`
}

// PostResult names the message.
type PostResult struct {
	Message string `json:"message"` // id within the room (Slack: ts)
}

// Message is a chat message in neutral words; the provider renders it.
type Message struct {
	Text    string            `json:"text"` // plain text; the provider escapes it
	Tone    Tone              `json:"tone,omitempty"`
	Mention []oncall.PersonID `json:"mention,omitempty"` // people to be notified
	Buttons []Button          `json:"buttons,omitempty"`
	Pin     bool              `json:"pin,omitempty"`
	Late    time.Time         `json:"late,omitzero"`    // when it was meant, if it is posted much later
	Thread  string            `json:"thread,omitempty"` // the message that it answers
	// Card lays the message out; Text is then what notifications and plain chats show.
	Card *Card `json:"card,omitempty"`
}

// Tone colours a message; the words say it too.
type Tone string

// The tones.
const (
	ToneNormal Tone = ""
	ToneRed    Tone = "red"
	ToneGreen  Tone = "green"
)

// Button is a click that becomes a verb. The provider sends all but the looks of it back as they are.
type Button struct {
	Label    string `json:"label"`
	Verb     Verb   `json:"verb"`
	Incident string `json:"incident"`           // workflow id
	Key      string `json:"key"`                // INC-1
	Question string `json:"question,omitempty"` // the question's key
	Value    string `json:"value,omitempty"`    // choice or severity
	Danger   bool   `json:"danger,omitempty"`
	// Form says that the act lacks something, for which the chat asks before it sends it: a reason, fields, whom.
	Form bool `json:"form,omitempty"`

	Page    string `json:"page,omitempty"`    // the page's key, on a message that tells somebody of a page
	Attempt int    `json:"attempt,omitempty"` // the attempt's number within the page
}

// ShowRoomRequest makes the room show what is so: the topic and the pinned card. Setting them is naturally idempotent;
// the card is found by Key when its id is not known.
type ShowRoomRequest struct {
	Effect
	Room   string            `json:"room"`
	Topic  string            `json:"topic,omitempty"` // empty = leave
	Card   *Message          `json:"card,omitempty"`  // nil = leave
	CardID string            `json:"card_id,omitempty"`
	Invite []oncall.PersonID `json:"invite,omitempty"`
	// Settled lists posted questions that are no longer open: their buttons give way to the answer.
	Settled []SettledPost `json:"settled,omitempty"`
	// Bookmarks are the links on top of the room, by their names; nil = leave. Others that stand there are left alone.
	Bookmarks []Link `json:"bookmarks,omitempty"`
}

// SettledPost is a posted message that is to be replaced.
type SettledPost struct {
	Message string  `json:"message"` // id
	Now     Message `json:"now"`
}

// ShowRoomResult gives the card's id and what could not be done, in words.
type ShowRoomResult struct {
	CardID   string   `json:"card_id,omitempty"`
	Problems []string `json:"problems,omitempty"`
	// Bookmarked says that nothing is left to do about the bookmarks: they stand, or are refused for good.
	Bookmarked bool `json:"bookmarked,omitempty"`
}

// AnnounceRequest tells a channel of an incident, in one message that follows it. The first time it is a post, idempotent
// by Key, which is kept in the message's metadata; afterwards that message is changed, which is idempotent by nature.
type AnnounceRequest struct {
	Effect
	Channel string  `json:"channel"` // "#incidents", or the chat's own id
	Message Message `json:"message"`
	Posted  string  `json:"posted,omitempty"` // what Announce has answered before; empty = nothing stands there yet
}

// AnnounceResult names the message.
type AnnounceResult struct {
	Posted string `json:"posted"`
}

// CloseRoomRequest says goodbye in an incident's room and archives it. The goodbye is idempotent by Key, archiving by
// nature: a room that is archived already is success.
type CloseRoomRequest struct {
	Effect
	Room    string  `json:"room"` // id
	Goodbye Message `json:"goodbye"`
}

// Callback is what a telephone provider carries through the vendor and back, protected by a MAC.
type Callback struct {
	WorkflowID string `json:"workflow_id"`
	Key        string `json:"key"` // INC-1
	Page       string `json:"page"`
	Attempt    int    `json:"attempt"`
}

// CallRequest telephones one person. It is idempotent by Key: on Again the provider first looks for a call to this
// person since Intended whose callback names the same attempt. A duplicate is preferred to silence.
type CallRequest struct {
	Effect
	Callback Callback        `json:"callback"`
	Person   oncall.PersonID `json:"person"`
	Say      string          `json:"say"`             // the first words, for telephones that cannot ask back
	Ring     time.Duration   `json:"ring"`            // how long it rings
	First    bool            `json:"first,omitempty"` // the first call of the incident for the person
}

// CallResult names the call.
type CallResult struct {
	Provider string `json:"provider"`
	// Silent says that no status callbacks will come, because there is no public address.
	Silent bool `json:"silent,omitempty"`
	// Note says that something has failed before it was placed after all.
	Note string `json:"note,omitempty"`
	// Follow says that nothing comes by itself, and that FollowAttempt can ask for it.
	Follow bool `json:"follow,omitempty"`
	// Joined says that no call was placed: one that is under way to the person speaks of this incident too. Status is how
	// far it had got.
	Joined bool                `json:"joined,omitempty"`
	Status incident.CallStatus `json:"status,omitempty"`
}

// HangUpRequest ends a call that rings or speaks. A call that is over already is success, and so is one that goes on
// because it speaks of other incidents too.
type HangUpRequest struct {
	Provider string `json:"provider"`
	// Person and Key are whom the call is to, and the effect that it was placed for; empty = it is ended whatever it is for.
	Person oncall.PersonID `json:"person,omitempty"`
	Key    string          `json:"key,omitempty"`
}

// TextRequest sends one short message. It is idempotent by Key: on Again the provider looks for a message to this
// person since Intended that holds Reference.
type TextRequest struct {
	Effect
	Callback  Callback        `json:"callback"`
	Person    oncall.PersonID `json:"person"`
	Text      string          `json:"text"`
	Reference string          `json:"reference"`       // a piece of Text that no other message of this person has
	Validity  time.Duration   `json:"validity"`        // worthless after this
	Say       string          `json:"say,omitempty"`   // what it is about, for a telephone to which no reply comes back
	First     bool            `json:"first,omitempty"` // the first message of the incident for the person
}

// TextResult names the message.
type TextResult struct {
	Provider string `json:"provider"`
	// Note says that something has failed before it was sent after all.
	Note string `json:"note,omitempty"`
	// Follow says that nothing comes by itself, and that FollowAttempt can ask for it.
	Follow bool `json:"follow,omitempty"`
}

// FollowRequest asks how far a call or a message got, again and again, until something happens to it that people care
// about. It has no effect.
type FollowRequest struct {
	Provider string              `json:"provider"`
	Known    incident.CallStatus `json:"known,omitempty"` // what is known already
	Every    time.Duration       `json:"every"`           // nanoseconds between two looks
	For      time.Duration       `json:"for"`             // nanoseconds; when nothing has happened by then, that is the answer
}

// FollowResult is how far it got; what was known already when nothing has happened.
type FollowResult struct {
	Status incident.CallStatus `json:"status,omitempty"`
	Detail string              `json:"detail,omitempty"` // why it failed, where the provider says so
}

// TellPersonRequest writes to one person in private. It is idempotent by Key, which is kept in the message's metadata.
type TellPersonRequest struct {
	Effect
	Callback Callback        `json:"callback"`
	Person   oncall.PersonID `json:"person"`
	Message  Message         `json:"message"`
}

// TellPersonResult names the message and where it stands, in the provider's own words.
type TellPersonResult struct {
	Provider string `json:"provider"`
}

// RetellPersonRequest makes a message to one person say something else: its buttons give way to who has it. It is
// idempotent by nature.
type RetellPersonRequest struct {
	Provider string  `json:"provider"`
	Message  Message `json:"message"`
}

// MailRequest writes a mail to one person. It is idempotent by Key, of which the mail's Message-ID is made. A mail server
// cannot be asked what it has taken: after an unknown outcome the mail is sent again with the same Message-ID, which mail
// programs show once.
type MailRequest struct {
	Effect
	Callback Callback        `json:"callback"`
	Person   oncall.PersonID `json:"person"`
	Thread   string          `json:"thread"` // the incident's opaque id: its mails to a person are one conversation
	Subject  string          `json:"subject"`
	Text     string          `json:"text"`           // what it is about; the provider adds how to acknowledge
	Room     string          `json:"room,omitempty"` // the address of the incident's chat room
}

// MailResult names the mail by its Message-ID.
type MailResult struct {
	Provider string `json:"provider"`
}

// WriteRecordRequest writes the record of an incident; the same files are overwritten, so it is idempotent by the key
// of the incident.
type WriteRecordRequest struct {
	Incident incident.Incident `json:"incident"`
}

// WriteRecordResult says where the record lies.
type WriteRecordResult struct {
	Places []string `json:"places"`
}
