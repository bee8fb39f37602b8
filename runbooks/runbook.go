// Package runbooks is the runbook language: the syntax tree, the strict parser with positions, the lint rules,
// the JSON Schema, and the runbooks that ship with the product. It knows nothing of Temporal and of vendors.
package runbooks

import "github.com/musterbook/musterbook/incident"

// Runbook is one parsed runbook in its normalised form. Its JSON is what an incident carries for life, so fields are
// added here and never renamed. Positions are not part of it.
type Runbook struct {
	ID          string        `json:"runbook"`
	Title       string        `json:"title,omitempty"`
	Description string        `json:"description,omitempty"`
	Owner       string        `json:"owner,omitempty"`
	Tags        []string      `json:"tags,omitempty"`
	Links       []Link        `json:"links,omitempty"`
	Language    int           `json:"language"`
	Match       string        `json:"match,omitempty"` // CEL, bool
	Private     bool          `json:"private,omitempty"`
	Inputs      []Input       `json:"inputs,omitempty"`
	Vars        []Var         `json:"vars,omitempty"`
	Roles       []Role        `json:"roles"`
	Severities  []SeverityRow `json:"severities"`       // worst first
	Assess      []AssessRule  `json:"assess,omitempty"` // worst first
	Phases      []Phase       `json:"phases"`           // in the fixed order
	Watch       []Watch       `json:"watch,omitempty"`
	Finally     []Step        `json:"finally,omitempty"`
	Outputs     []Var         `json:"outputs,omitempty"` // what a `runbook:` step of another runbook reads of this one
}

// Link is a named address for people.
type Link struct {
	Name string `json:"name"`
	URL  string `json:"url"`
}

// Input is a value that the declarer gives.
type Input struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"` // a type's name as expression.ParseType reads it, or "user"
	Required    bool     `json:"required,omitempty"`
	Default     any      `json:"default,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	Pattern     string   `json:"pattern,omitempty"` // RE2
	Description string   `json:"description,omitempty"`
}

// Var is a constant that is computed once at the start.
type Var struct {
	Name  string `json:"name"`
	Value string `json:"value"` // CEL
}

// Role says who fills a role until somebody is assigned.
type Role struct {
	Name incident.Role `json:"name"`
	Fill string        `json:"fill"` // text with ${{ }}: a person, schedule, team or another role
}

// SeverityRow is one row of the severity table; the row in force is `policy` in expressions.
type SeverityRow struct {
	Severity incident.Severity `json:"severity"`
	Columns  map[string]any    `json:"columns,omitempty"` // plain values; a duration stays text ("5m")
}

// AssessRule proposes a severity from the answers to the six questions; of several that match the worst wins.
type AssessRule struct {
	Severity incident.Severity `json:"severity"`
	When     string            `json:"when"` // CEL, bool, over answers.*
}

// Phase is one phase with its steps.
type Phase struct {
	Name    incident.Phase `json:"name"`
	Goal    string         `json:"goal,omitempty"`
	Start   string         `json:"start,omitempty"`   // CEL, bool: begins as soon as it is true, or when all earlier phases have ended
	Exit    string         `json:"exit,omitempty"`    // CEL, bool: must hold before the phase ends by itself
	Timebox string         `json:"timebox,omitempty"` // text: duration; then the commander is nudged, never forced
	Steps   []Step         `json:"steps"`
}

// Watch is a reaction that stands beside the phases: to a condition that becomes true, or to the clock.
type Watch struct {
	Path   string           `json:"path"` // "watch/0"
	Name   string           `json:"name,omitempty"`
	When   string           `json:"when,omitempty"`  // CEL, bool; fires when it becomes true
	Every  string           `json:"every,omitempty"` // text: duration, from the start of the run before
	If     string           `json:"if,omitempty"`    // CEL, bool, evaluated at each firing
	During []incident.Phase `json:"during,omitempty"`
	Limit  WatchLimit       `json:"limit,omitempty"` // "" = each
	Steps  []Step           `json:"steps"`
}

// WatchLimit says how often a watch fires.
type WatchLimit string

// The limits of a watch.
const (
	LimitEach WatchLimit = "each"
	LimitOnce WatchLimit = "once"
)

// Step is one step: the common fields and exactly one kind.
type Step struct {
	// Path is the step's place in the tree and the stem of every idempotency key: "containment/0",
	// "containment/0/case/rollback/1", "containment/2/then/0", "finally/0", "watch/1/0", "…/on_timeout/0",
	// "…/on_failure/0", "…/undo/0", "…/branch/scope/0", "…/steps/0", "…/else/0", "…/runbook/containment/0".
	Path string `json:"path"`
	// Address is what people type: the id, else the kind where that is unique in the file, else "phase/n" (n from 1).
	Address    string    `json:"address"`
	ID         string    `json:"id,omitempty"`
	Name       string    `json:"name,omitempty"`
	Kind       Kind      `json:"kind"`
	If         string    `json:"if,omitempty"`      // CEL, bool
	Timeout    string    `json:"timeout,omitempty"` // text: a duration or ${{ }}
	OnTimeout  *Reaction `json:"on_timeout,omitempty"`
	OnFailure  *Reaction `json:"on_failure,omitempty"`
	Retry      *Retry    `json:"retry,omitempty"`
	Background bool      `json:"background,omitempty"`
	Undo       []Step    `json:"undo,omitempty"`
	// CatchUp says whether the step is evaluated again when it was skipped and the severity rises; nil = as its kind does.
	CatchUp *bool `json:"catch_up,omitempty"`

	Channel  *Channel  `json:"channel,omitempty"`
	Page     *Page     `json:"page,omitempty"`
	Await    *Await    `json:"await,omitempty"`
	Assign   *Assign   `json:"assign,omitempty"`
	Say      *Say      `json:"say,omitempty"`
	Ask      *Ask      `json:"ask,omitempty"`
	Approve  *Approve  `json:"approve,omitempty"`
	Task     *Task     `json:"task,omitempty"`
	Wait     *Wait     `json:"wait,omitempty"`
	Note     *Note     `json:"note,omitempty"`
	Severity *Severity `json:"severity,omitempty"`
	End      *End      `json:"end,omitempty"`

	Bridge     *Bridge     `json:"bridge,omitempty"`
	Ticket     *Ticket     `json:"ticket,omitempty"`
	Assess     *Assess     `json:"assess,omitempty"`
	Update     *Update     `json:"update,omitempty"`
	Evidence   *Evidence   `json:"evidence,omitempty"`
	HTTP       *HTTP       `json:"http,omitempty"`
	Run        *Run        `json:"run,omitempty"`
	Action     *Action     `json:"action,omitempty"`
	Runbook    *Import     `json:"runbook,omitempty"`
	Parallel   *Parallel   `json:"parallel,omitempty"`
	ForEach    *ForEach    `json:"for_each,omitempty"`
	Repeat     *Repeat     `json:"repeat,omitempty"`
	Switch     *Switch     `json:"switch,omitempty"`
	Group      *Group      `json:"group,omitempty"`
	Postmortem *Postmortem `json:"postmortem,omitempty"`
	Set        *Set        `json:"set,omitempty"`
	Revert     *Revert     `json:"revert,omitempty"`
	Return     *Return     `json:"return,omitempty"`
}

// Kind is a step kind's key in the file.
type Kind string

// The kinds of steps.
const (
	KindChannel  Kind = "channel"
	KindPage     Kind = "page"
	KindAwait    Kind = "await"
	KindAssign   Kind = "assign"
	KindSay      Kind = "say"
	KindAsk      Kind = "ask"
	KindApprove  Kind = "approve"
	KindTask     Kind = "task"
	KindWait     Kind = "wait"
	KindNote     Kind = "note"
	KindSeverity Kind = "severity"
	KindEnd      Kind = "end"

	KindBridge     Kind = "bridge"
	KindTicket     Kind = "ticket"
	KindAssess     Kind = "assess"
	KindUpdate     Kind = "update"
	KindEvidence   Kind = "evidence"
	KindHTTP       Kind = "http"
	KindRun        Kind = "run"
	KindAction     Kind = "action"
	KindRunbook    Kind = "runbook"
	KindParallel   Kind = "parallel"
	KindForEach    Kind = "for_each"
	KindRepeat     Kind = "repeat"
	KindSwitch     Kind = "switch"
	KindGroup      Kind = "group"
	KindPostmortem Kind = "postmortem"
	KindSet        Kind = "set"
	KindRevert     Kind = "revert"
	KindReturn     Kind = "return"
)

// Do is what a reaction does.
type Do string

// The reactions of on_timeout and on_failure.
const (
	DoAsk      Do = "ask"      // hold; the commander gets Retry, Skip, Stop
	DoContinue Do = "continue" // go on
	DoEscalate Do = "escalate" // the next person of the chain, the clock starts again
	DoReject   Do = "reject"   // an approval's no
	DoRepeat   Do = "repeat"   // a page's last level and the fallback, again and again
	DoChoose   Do = "choose"   // the named choice
	DoStop     Do = "stop"     // end the enclosing block as failed
	DoSteps    Do = "steps"    // run these steps
)

// Reaction is what a timeout or a failure leads to.
type Reaction struct {
	Do     Do     `json:"do"`
	Choice string `json:"choice,omitempty"` // of DoChoose; a severity for `await: severity`
	Steps  []Step `json:"steps,omitempty"`  // of DoSteps
}

// Retry bounds the repetitions of an effect that fails.
type Retry struct {
	Max     int     `json:"max"`
	Every   string  `json:"every,omitempty"` // duration
	Backoff float64 `json:"backoff,omitempty"`
	Cap     string  `json:"cap,omitempty"` // duration
}

// Channel opens the chat room.
type Channel struct {
	Name   string   `json:"name"` // text
	Invite []string `json:"invite,omitempty"`
	Topic  string   `json:"topic,omitempty"`
	Pin    []string `json:"pin,omitempty"`
	// Private makes the room invite-only; nil = as the runbook is.
	Private *bool `json:"private,omitempty"`
}

// Page calls people until somebody acknowledges. Each of Targets is a text that names a role, person, schedule or
// team; a text that is exactly one ${{ }} may also yield a list of names.
type Page struct {
	Targets  []string `json:"targets"`
	List     bool     `json:"list,omitempty"`     // the file wrote a list (need defaults to all)
	Ack      string   `json:"ack,omitempty"`      // text: duration; "" = 5m
	Escalate []string `json:"escalate,omitempty"` // further levels, each a text like those of Targets
	Rounds   int      `json:"rounds,omitempty"`   // 0 = 3
	Via      []Via    `json:"via,omitempty"`      // empty = sms and call, side by side
	Need     string   `json:"need,omitempty"`     // "any", "all" or a number; "" = any for one target, all for a list
	Message  string   `json:"message,omitempty"`
}

// Via is a way to reach a person.
type Via string

// The ways to reach a person.
const (
	ViaCall Via = "call"
	ViaSMS  Via = "sms"
)

// Await waits for the severity, or for a signal that people or systems send by its name.
type Await struct {
	Signal  string  `json:"signal"`            // "severity", or a signal's name
	Until   string  `json:"until,omitempty"`   // CEL, bool: also ends the wait
	Payload []Input `json:"payload,omitempty"` // what the signal brings, read as steps.<id>.payload.<name>
}

// AwaitSeverity is what `await` names to wait for the severity.
const AwaitSeverity = "severity"

// Assign hands out a role.
type Assign struct {
	Role incident.Role `json:"role"`
	To   string        `json:"to,omitempty"`  // text; "" = whoever fills the role now
	Ack  string        `json:"ack,omitempty"` // text: duration; "" = 10m
}

// Say posts a text to the room.
type Say struct {
	Text   string `json:"text"`
	In     string `json:"in,omitempty"`     // text: a room; "" = the incident's
	Thread string `json:"thread,omitempty"` // text: the ts of the message to answer
	Pin    bool   `json:"pin,omitempty"`
}

// Ask puts a question with choices to people.
type Ask struct {
	Question string   `json:"question"`
	Who      []string `json:"who,omitempty"` // empty = commander
	Choices  []Choice `json:"choices,omitempty"`
	Form     []Input  `json:"form,omitempty"` // fields instead of choices; each is an output
	Cases    []Case   `json:"cases,omitempty"`
	Remind   string   `json:"remind,omitempty"` // text: duration
}

// Choice is one answer to a question.
type Choice struct {
	Key   string `json:"key"`
	Label string `json:"label"` // text
}

// Case is what follows one choice.
type Case struct {
	Choice string `json:"choice"`
	Steps  []Step `json:"steps"`
}

// Approve asks for a yes, by a quorum of distinct people; one no rejects.
type Approve struct {
	Question string          `json:"question"`
	Who      []string        `json:"who,omitempty"` // empty = commander
	Quorum   int             `json:"quorum,omitempty"`
	Not      []incident.Role `json:"not,omitempty"` // holders of these roles may not approve
	Then     []Step          `json:"then,omitempty"`
	Else     []Step          `json:"else,omitempty"`
	HasElse  bool            `json:"has_else,omitempty"` // an empty else is a decision too
	Remind   string          `json:"remind,omitempty"`
}

// Task is work for a person.
type Task struct {
	Text      string   `json:"text"`
	Who       []string `json:"who,omitempty"` // empty = commander
	Checklist []string `json:"checklist,omitempty"`
	Due       string   `json:"due,omitempty"` // text: duration; only nudges
	Remind    string   `json:"remind,omitempty"`
}

// Wait lets time pass.
type Wait struct {
	Duration string `json:"duration"` // text
}

// Note writes a line on the timeline.
type Note struct {
	Text string `json:"text"`
}

// Severity sets the severity.
type Severity struct {
	Level  incident.Severity `json:"level"`
	Reason string            `json:"reason,omitempty"`
}

// End ends the incident.
type End struct {
	Reason incident.Ending `json:"reason"`
	Of     string          `json:"of,omitempty"` // text: the incident this one duplicates
}
