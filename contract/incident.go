package contract

import (
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// Declaration is what is known when an incident begins.
type Declaration struct {
	Title       string            `json:"title"`
	Summary     string            `json:"summary,omitempty"`
	Type        string            `json:"type,omitempty"`
	Service     string            `json:"service,omitempty"`
	Team        string            `json:"team,omitempty"`
	Source      string            `json:"source"`
	Environment string            `json:"environment,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	Severity    incident.Severity `json:"severity,omitempty"`
	By          incident.Actor    `json:"by"`
	At          time.Time         `json:"at"`
	Inputs      map[string]any    `json:"inputs,omitempty"`
	Drill       bool              `json:"drill,omitempty"`
	// DrillRoom is the private room of a drill, empty = the usual one.
	DrillRoom string `json:"drill_room,omitempty"`
	// Private makes the incident private although its runbook is not.
	Private bool `json:"private,omitempty"`
	// Telephones says that a drill really calls people.
	Telephones bool `json:"drill_telephones,omitempty"`
	// Alerts are those that came with the declaration itself and not as a signal.
	Alerts []incident.Alert `json:"alerts,omitempty"`
	// Announce is the chat channel that hears of the incident, empty = none.
	Announce string `json:"announce,omitempty"`
	// ArchiveAfter is how long after the incident's review its room is archived; nanoseconds, 0 = never.
	ArchiveAfter time.Duration `json:"archive_after,omitempty"`
	// Statuses says that people have connected their chat statuses.
	Statuses bool `json:"statuses,omitempty"`
}

// IncidentInput starts an incident, goes on with it after continue-as-new, and hands it over to its review.
type IncidentInput struct {
	Declaration Declaration      `json:"declaration"`
	Runbook     runbooks.Runbook `json:"runbook"`
	Hash        string           `json:"hash"` // SHA-256 of the normalised runbook
	State       *State           `json:"state,omitempty"`
	// Permissions say who may do what, as the configuration had it at the start; nil = anyone may do everything.
	Permissions *incident.Permissions `json:"permissions,omitempty"`
}

// IncidentResult is what a finished incident returns.
type IncidentResult struct {
	Key    incident.Key    `json:"key"`
	Ending incident.Ending `json:"ending"`
	Record []string        `json:"record,omitempty"`
}

// StepState is where a step stands.
type StepState string

// The states of a step; the zero value is pending.
const (
	StepPending   StepState = ""
	StepRunning   StepState = "running"
	StepWaiting   StepState = "waiting"
	StepHolding   StepState = "holding"
	StepDone      StepState = "done"
	StepSkipped   StepState = "skipped"
	StepFailed    StepState = "failed"
	StepTimedOut  StepState = "timed_out"
	StepRejected  StepState = "rejected"
	StepCancelled StepState = "cancelled"
	StepReverted  StepState = "reverted" // done, and taken back by its undo
	StepReturned  StepState = "returned" // withdrawn, because the incident went back to an earlier phase
)

// Terminal says whether the step is over.
func (s StepState) Terminal() bool {
	switch s {
	case StepDone, StepSkipped, StepFailed, StepTimedOut, StepRejected, StepCancelled, StepReverted, StepReturned:
		return true
	case StepPending, StepRunning, StepWaiting, StepHolding:
	}
	return false
}

// State is everything that a run of an incident hands to the next: walking the runbook again from it leads to the same
// place. Deadlines are instants, never durations.
type State struct {
	Incident  incident.Incident   `json:"incident"`
	Inputs    map[string]any      `json:"inputs,omitempty"`
	Vars      map[string]any      `json:"vars,omitempty"`
	Steps     map[string]*StepRun `json:"steps,omitempty"` // by `<path>/<pass>[/<item>]`
	Pass      int                 `json:"pass"`
	Outbox    []Outgoing          `json:"outbox,omitempty"`
	Sent      int                 `json:"sent"` // how many the outbox has ever taken, for keys
	Shown     Shown               `json:"shown"`
	Recent    []string            `json:"recent,omitempty"` // ids of acts and alerts, newest last, against repetition
	Runs      int                 `json:"runs"`             // how often it has continued as new
	Reviewing bool                `json:"reviewing,omitempty"`
	Record    []string            `json:"record,omitempty"`

	Phases  map[incident.Phase]*PhaseRun `json:"phases,omitempty"`
	Watches map[string]*WatchRun         `json:"watches,omitempty"` // by the watch's path
	Undo    []UndoRecord                 `json:"undo,omitempty"`    // oldest first
	Paused  *Pause                       `json:"paused,omitempty"`
	AdHoc   []runbooks.Step              `json:"ad_hoc,omitempty"` // steps that people added
	Signals []SignalIn                   `json:"signals,omitempty"`
	// Ending is an end that waits for the undo that its person has chosen.
	Ending *PendingEnd `json:"ending,omitempty"`
	// Upgraded lists the hashes of the runbooks that the incident had before.
	Upgraded []string `json:"upgraded,omitempty"`
	// OldCalendars lists the schedules of which it was told that their calendars were not read for long.
	OldCalendars []string `json:"old_calendars,omitempty"`
	// Announce, ArchiveAfter and Statuses are those of the declaration.
	Announce     string        `json:"announce,omitempty"`
	ArchiveAfter time.Duration `json:"archive_after,omitempty"`
	Statuses     bool          `json:"statuses,omitempty"`
}

// PhaseRun is where a phase stands.
type PhaseRun struct {
	Pass    int       `json:"pass"` // 1 = the first
	Started time.Time `json:"started,omitzero"`
	Ended   time.Time `json:"ended,omitzero"`
	Nudged  time.Time `json:"nudged,omitzero"` // when the timebox was last brought up
	// Advanced says that a person has ended it: its steps that had not begun are skipped.
	Advanced string `json:"advanced,omitempty"`
}

// WatchRun is where a watch stands.
type WatchRun struct {
	Fired   int       `json:"fired,omitempty"`   // how often; the item of its present run
	Running bool      `json:"running,omitempty"` // the present run has not ended
	Queued  bool      `json:"queued,omitempty"`  // an edge came during the present run
	Value   bool      `json:"value,omitempty"`   // the last known value of `when`
	From    time.Time `json:"from,omitzero"`     // the start of the run before: `every` counts from here
}

// UndoRecord is a step that can be taken back, with the values as they were when it was done.
type UndoRecord struct {
	Step     string         `json:"step"` // key in Steps
	Path     string         `json:"path"`
	Address  string         `json:"address"`
	Phase    incident.Phase `json:"phase,omitempty"`
	Pass     int            `json:"pass"`
	Items    []Item         `json:"items,omitempty"`
	Values   map[string]any `json:"values,omitempty"` // by dotted name
	Reverted bool           `json:"reverted,omitempty"`
	At       time.Time      `json:"at"`
}

// Item is one turn of a loop around a step.
type Item struct {
	Loop  string `json:"loop"` // the loop's path
	Index int    `json:"index"`
}

// Pause says who has paused the runbook.
type Pause struct {
	By     incident.Actor `json:"by"`
	At     time.Time      `json:"at"`
	Reason string         `json:"reason,omitempty"`
}

// SignalIn is a signal that `await` waits for, as it came.
type SignalIn struct {
	Name    string         `json:"name"`
	By      incident.Actor `json:"by"`
	At      time.Time      `json:"at"`
	Payload map[string]any `json:"payload,omitempty"`
}

// PendingEnd is an end whose undo still runs.
type PendingEnd struct {
	Ending incident.Ending `json:"ending"`
	By     incident.Actor  `json:"by"`
	Reason string          `json:"reason,omitempty"`
}

// StepRun is one step's run in one pass.
type StepRun struct {
	State    StepState      `json:"state,omitempty"`
	By       string         `json:"by,omitempty"`
	Started  time.Time      `json:"started,omitzero"`
	Ended    time.Time      `json:"ended,omitzero"`
	Waiting  time.Time      `json:"waiting,omitzero"` // since when it waits; deadlines count from here
	Tries    int            `json:"tries,omitempty"`  // how often a person has had it tried again
	Output   map[string]any `json:"output,omitempty"`
	Problem  string         `json:"problem,omitempty"`
	Elapsed  time.Duration  `json:"elapsed,omitempty"`  // of the incident, when the wait began
	Reaction string         `json:"reaction,omitempty"` // "on_timeout" or "on_failure" while its steps run

	List    []any          `json:"list,omitempty"`    // of for_each: its items
	Rounds  int            `json:"rounds,omitempty"`  // of repeat: the present round, from 1
	Failed  []int          `json:"failed,omitempty"`  // of for_each: the indexes of the items that have failed
	Edits   map[string]any `json:"edits,omitempty"`   // parameters that a person has set, by field
	Inputs  map[string]any `json:"inputs,omitempty"`  // of an imported runbook
	Vars    map[string]any `json:"vars,omitempty"`    // likewise
	Caught  bool           `json:"caught,omitempty"`  // it runs because the severity has risen
	Polled  int            `json:"polled,omitempty"`  // of a poll of an action: how often it was asked
	Verdict string         `json:"verdict,omitempty"` // what a person has decided about it while it ran
}

// OutgoingKind is what the outbox delivers.
type OutgoingKind string

// The kinds of outgoing things.
const (
	OutgoingRoom OutgoingKind = "room"
	OutgoingPost OutgoingKind = "post"

	OutgoingBridge OutgoingKind = "bridge"
	OutgoingTicket OutgoingKind = "ticket"
)

// Outgoing is one thing that the outbox delivers, in order.
type Outgoing struct {
	Kind     OutgoingKind     `json:"kind"`
	Key      string           `json:"key"` // idempotency key
	At       time.Time        `json:"at"`
	Step     string           `json:"step,omitempty"` // `<path>/<pass>` of the step whose output it fills
	Tried    bool             `json:"tried,omitempty"`
	Room     *OpenRoomRequest `json:"room,omitempty"`
	Message  *Message         `json:"message,omitempty"`
	Question string           `json:"question,omitempty"` // the question that the message shows

	Bridge  *OpenBridgeRequest `json:"bridge,omitempty"`
	Ticket  *OpenTicketRequest `json:"ticket,omitempty"`
	In      string             `json:"in,omitempty"`      // of a post: another room than the incident's
	Retries int                `json:"retries,omitempty"` // how often it is tried; 0 = until it is taken
	Address string             `json:"address,omitempty"` // of the step, for problems
	Mention []oncall.PersonID  `json:"mention,omitempty"` // who is told when it is there
}

// Shown is what the room and the Temporal UI show at present; the mirrors compare it with what is so.
type Shown struct {
	Topic     string            `json:"topic,omitempty"`
	Card      string            `json:"card,omitempty"` // the card's text and buttons, as one comparable text
	CardID    string            `json:"card_id,omitempty"`
	Questions map[string]string `json:"questions,omitempty"` // message id → question key, while its buttons stand
	// CardTried says that a card may have been posted whose id is not known.
	CardTried  bool     `json:"card_tried,omitempty"`
	Invited    []string `json:"invited,omitempty"`
	Attributes string   `json:"attributes,omitempty"`
	Ticket     string   `json:"ticket,omitempty"`    // what the ticket shows, as one comparable text
	Commented  int      `json:"commented,omitempty"` // the newest timeline entry that the ticket has

	Bookmarks string    `json:"bookmarks,omitempty"` // on top of the room, as one comparable text
	Announced Announced `json:"announced,omitzero"`
	// Statuses are the chat statuses that name the incident, or may.
	Statuses []StatusShown `json:"statuses,omitempty"`
}

// Announced is what the channel of announcements shows.
type Announced struct {
	Text   string `json:"text,omitempty"`
	Posted string `json:"posted,omitempty"` // names the message
	// Tried says that it may have been posted although its name is not known.
	Tried bool `json:"tried,omitempty"`
}

// NumbersState is the numbering workflow's memory.
type NumbersState struct {
	Last    int           `json:"last"`
	Entries []NumberEntry `json:"entries,omitempty"` // oldest first; the oldest are dropped when there are too many
}

// NumberEntry says which workflow an incident key means.
type NumberEntry struct {
	Key        incident.Key    `json:"key"`
	WorkflowID string          `json:"workflow_id"`
	RunID      string          `json:"run_id"` // the first run; one workflow id may carry several incidents in turn
	Title      string          `json:"title"`
	Service    string          `json:"service,omitempty"`
	Drill      bool            `json:"drill,omitempty"`
	At         time.Time       `json:"at"`
	Ending     incident.Ending `json:"ending,omitempty"`
	EndedAt    time.Time       `json:"ended_at,omitzero"`
}

// The messages of the numbering workflow.
const (
	NumberUpdate Update[TakeNumberRequest, NumberEntry] = "number"
	EndedSignal  Signal[NumberEntry]                    = "ended"
	NumbersQuery Query[None, NumbersState]              = "numbers"
)
