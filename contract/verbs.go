package contract

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/runbooks"
)

// Verb is what a person does; it is the name of the update and of the signal that carry it.
type Verb string

// The verbs.
const (
	VerbAck      Verb = "ack"
	VerbSeverity Verb = "severity"
	VerbAssign   Verb = "assign"
	VerbAnswer   Verb = "answer"
	VerbApprove  Verb = "approve"
	VerbReject   Verb = "reject"
	VerbDone     Verb = "done"
	VerbNote     Verb = "note"     // also of a message of the chat: Quote
	VerbWithdraw Verb = "withdraw" // take the words of a note away, or one's own pin of a message
	VerbPage     Verb = "page"
	VerbEscalate Verb = "escalate"
	VerbQuiet    Verb = "quiet" // stop calling me for this incident
	VerbResolve  Verb = "resolve"
	VerbCancel   Verb = "cancel"

	VerbPause    Verb = "pause"
	VerbResume   Verb = "resume"
	VerbRetry    Verb = "retry"
	VerbSkip     Verb = "skip"
	VerbStop     Verb = "stop"
	VerbReassign Verb = "reassign" // another person for a question or a task
	VerbAdvance  Verb = "advance"  // end the phase
	VerbReturn   Verb = "return"   // back to an earlier phase
	VerbStep     Verb = "step"     // run a step that is not in the runbook
	VerbEdit     Verb = "edit"     // other parameters for a step that holds
	VerbRevert   Verb = "revert"   // take recorded steps back
	VerbSend     Verb = "send"     // a signal that `await` waits for
	VerbUpgrade  Verb = "upgrade"  // go on with a newer text of the runbook
)

// Verbs lists all verbs in a fixed order.
func Verbs() []Verb {
	return []Verb{
		VerbAck, VerbSeverity, VerbAssign, VerbAnswer, VerbApprove, VerbReject, VerbDone, VerbNote, VerbPage,
		VerbEscalate, VerbQuiet, VerbResolve, VerbCancel, VerbPause, VerbResume, VerbRetry, VerbSkip, VerbStop, VerbReassign,
		VerbAdvance, VerbReturn, VerbStep, VerbEdit, VerbRevert, VerbSend, VerbUpgrade, VerbWithdraw,
	}
}

// Permissions lists what rules can be about, in a fixed order: declaring, and every verb; of the severity, raising and
// lowering it.
func Permissions() []incident.Permission {
	out := []incident.Permission{incident.MayDeclare}
	for _, v := range Verbs() {
		if v == VerbSeverity {
			out = append(out, incident.MayRaise, incident.MayLower)
			continue
		}
		out = append(out, incident.Permission(v))
	}
	return out
}

// Act is one person's act on one incident: the payload of every verb, as update and as signal. Each verb reads the
// fields it needs. In JSON a bare text is taken as Value, so that `temporal workflow signal --name severity --input
// '"SEV1"'` works.
type Act struct {
	// ID makes the act recognisable when it is sent twice (Slack's trigger, a call with its digit, a UUID of the
	// command line). Empty = never seen before.
	ID string         `json:"id,omitempty"`
	By incident.Actor `json:"by,omitzero"`
	// Key is the incident that the person means; an act that reaches another incident is refused. Empty = whichever.
	Key      incident.Key  `json:"key,omitempty"`
	Value    string        `json:"value,omitempty"`    // severity, choice, note, page target, number of a line
	Reason   string        `json:"reason,omitempty"`   // why; also the message of a page
	Step     string        `json:"step,omitempty"`     // the address of a step
	Question string        `json:"question,omitempty"` // the question's key, when a button knows it
	Role     incident.Role `json:"role,omitempty"`
	Person   string        `json:"person,omitempty"` // whom a role is given to (a person's id); its name is PersonName
	// PersonName is how Person is shown.
	PersonName string `json:"person_name,omitempty"`
	Page       string `json:"page,omitempty"` // the page's key, when a telephone knows it
	All        bool   `json:"all,omitempty"`

	// Fields are the fields of a form, the parameters of an edit by the names that the runbook gives them
	// ("with.service", "timeout"), the payload of a signal, or of VerbRevert the steps: {"what": ["rollback", …]}. A
	// phase to take back, to advance or to return to is Value, and so is the name of a signal.
	Fields map[string]any `json:"fields,omitempty"`
	// Undo says what becomes of steps that can be taken back, when the incident ends: UndoRevert or UndoLeave.
	Undo string `json:"undo,omitempty"`
	// AdHoc is the step of VerbStep, parsed and checked by the gateway.
	AdHoc *runbooks.Step `json:"ad_hoc,omitempty"`
	// Runbook and Hash are the newer text of VerbUpgrade.
	Runbook *runbooks.Runbook `json:"runbook,omitempty"`
	Hash    string            `json:"hash,omitempty"`
	// Quote says of VerbNote that Value is a message of the chat, and of VerbWithdraw, by its Message alone, that the
	// person takes their pin of that message back. Its Pins are the incident's and are not read.
	Quote *incident.Quote `json:"quote,omitempty"`
}

// What becomes of steps that can be taken back, when an incident ends.
const (
	UndoRevert = "revert"
	UndoLeave  = "leave"
)

// UnmarshalJSON takes an object, or a bare text as Value.
func (a *Act) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		*a = Act{Value: text}
		return nil
	}
	type plain Act
	if err := json.Unmarshal(data, (*plain)(a)); err != nil {
		return fmt.Errorf("read the act: %w", err)
	}
	return nil
}

// Receipt answers an act in a sentence that can be spoken, and the names of what still rings.
type Receipt struct {
	Text  string   `json:"text"`
	Rings []string `json:"rings,omitempty"`
	// Pending says that the act is recorded and applies when a worker is back.
	Pending bool `json:"pending,omitempty"`
}

// UpdateOf is the update that carries a verb.
func UpdateOf(v Verb) Update[Act, Receipt] { return Update[Act, Receipt](v) }

// SignalOf is the signal that carries a verb.
func SignalOf(v Verb) Signal[Act] { return Signal[Act](v) }

// The signals that are no verbs.
const (
	AlertsSignal Signal[Alerts]     = "alerts"
	CallSignal   Signal[CallStatus] = "call"
)

// Alerts is what a source sent for one incident.
type Alerts struct {
	ID     string           `json:"id,omitempty"` // for recognising a repetition
	At     time.Time        `json:"at"`           // when the gateway took it
	Alerts []incident.Alert `json:"alerts"`
}

// CallStatus is a provider's word about one attempt.
type CallStatus struct {
	Callback
	Provider string              `json:"provider"`
	Status   incident.CallStatus `json:"status"`
	Detail   string              `json:"detail,omitempty"`
	// Person is who is called, so that other incidents for which the call is made hear of it too; empty = it is made for one.
	Person oncall.PersonID `json:"person,omitempty"`
}

// The queries.
const (
	Show     Query[None, Snapshot]                = "show"
	Timeline Query[TimelineRequest, TimelinePart] = "timeline"
	Brief    Query[Callback, Briefing]            = "brief"

	RunbookOf Query[None, RunbookState] = "runbook"
)

// RunbookState is the runbook that an incident follows.
type RunbookState struct {
	Runbook runbooks.Runbook `json:"runbook"`
	Hash    string           `json:"hash"`
	AdHoc   int              `json:"ad_hoc"` // how many steps were added by hand
}

// Snapshot is an incident as people want to see it. The incident's timeline is left out; ask for it with Timeline.
type Snapshot struct {
	Incident incident.Incident `json:"incident"`
	Steps    []StepLine        `json:"steps"`
	Closed   bool              `json:"closed"` // the workflow has nothing left to do
	Record   []string          `json:"record,omitempty"`

	Hash     string       `json:"hash,omitempty"`     // of the runbook in force
	Upgraded []string     `json:"upgraded,omitempty"` // of the runbooks before it
	Paused   *Pause       `json:"paused,omitempty"`
	Phases   []PhaseLine  `json:"phases,omitempty"`
	Undo     []UndoRecord `json:"undo,omitempty"` // what can be taken back, without its values

	Links      []Link    `json:"links,omitempty"`      // of the runbook
	NextUpdate time.Time `json:"next_update,omitzero"` // when customers are to hear again
}

// PhaseLine is one phase and where it stands.
type PhaseLine struct {
	Phase   incident.Phase `json:"phase"`
	Goal    string         `json:"goal,omitempty"`
	Pass    int            `json:"pass"`
	Started time.Time      `json:"started,omitzero"`
	Ended   time.Time      `json:"ended,omitzero"`
}

// StepLine is one step and where it stands.
type StepLine struct {
	Address string         `json:"address"`
	Path    string         `json:"path"`
	Phase   incident.Phase `json:"phase,omitempty"`
	Text    string         `json:"text"`
	State   StepState      `json:"state"`

	Key      string    `json:"key,omitempty"`  // `<path>/<pass>[/<item>]`
	Kind     string    `json:"kind,omitempty"` // of the step
	By       string    `json:"by,omitempty"`
	Problem  string    `json:"problem,omitempty"`
	Until    time.Time `json:"until,omitzero"` // the deadline of what it waits for
	Item     string    `json:"item,omitempty"` // which turn of the loops around it
	Pass     int       `json:"pass,omitempty"`
	Awaits   []string  `json:"awaits,omitempty"` // the values that it waits for
	Parallel bool      `json:"parallel,omitempty"`
}

// TimelineRequest asks for the entries after a sequence number.
type TimelineRequest struct {
	After int `json:"after"`
}

// TimelinePart is a piece of the timeline.
type TimelinePart struct {
	Key     incident.Key     `json:"key"`
	Entries []incident.Entry `json:"entries"`
	Closed  bool             `json:"closed"`
}

// Briefing is what a telephone says.
type Briefing struct {
	Say      string `json:"say"` // key, severity, one line; and whether the alert has cleared
	AckedBy  string `json:"acked_by,omitempty"`
	Closed   bool   `json:"closed,omitempty"`
	Attempt  bool   `json:"attempt"` // the attempt is known
	Commands bool   `json:"commands,omitempty"`
}
