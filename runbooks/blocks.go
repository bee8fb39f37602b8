package runbooks

import "github.com/musterbook/musterbook/incident"

// This file holds the kinds that act on systems and the kinds that hold other steps; those for people are in runbook.go.

// Bridge opens the conference.
type Bridge struct {
	Provider string   `json:"provider"` // "jitsi", "zoom", or another that is configured
	Topic    string   `json:"topic,omitempty"`
	Invite   []string `json:"invite,omitempty"`
}

// Ticket opens the incident's ticket.
type Ticket struct {
	Tracker string  `json:"tracker"`
	Type    string  `json:"type,omitempty"`    // text
	Summary string  `json:"summary,omitempty"` // text; "" = the incident's title
	Fields  []Field `json:"fields,omitempty"`
}

// Assess asks the six questions, proposes a severity and sets it when the person confirms.
type Assess struct {
	Who    string `json:"who"`              // a role
	Remind string `json:"remind,omitempty"` // text: duration
}

// Update tells an audience outside.
type Update struct {
	Audience   string        `json:"audience"`
	Status     string        `json:"status,omitempty"` // investigating, identified, monitoring, resolved
	Message    string        `json:"message,omitempty"`
	Components []string      `json:"components,omitempty"`
	Review     incident.Role `json:"review,omitempty"` // whoever must confirm the text first
}

// Evidence keeps a piece of evidence.
type Evidence struct {
	Text   string `json:"text"`
	File   string `json:"file,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Link   string `json:"link,omitempty"`
}

// HTTP asks a web service.
type HTTP struct {
	Request string  `json:"request"` // text: "GET https://…"
	Headers []Field `json:"headers,omitempty"`
	Body    any     `json:"body,omitempty"`   // a text, or a tree of texts that is sent as JSON
	Auth    []Field `json:"auth,omitempty"`   // bearer, or user and password
	Expect  string  `json:"expect,omitempty"` // CEL, bool; "" = a status below 400
	Every   string  `json:"every,omitempty"`  // text: duration between two polls
	Until   string  `json:"until,omitempty"`  // CEL, bool: polls until it is true
}

// Run runs a command of the allow-list.
type Run struct {
	Command string  `json:"command"` // as it stands; values come by Env
	Env     []Field `json:"env,omitempty"`
	Image   string  `json:"image,omitempty"`
	Queue   string  `json:"queue,omitempty"`
	Every   string  `json:"every,omitempty"`
	Until   string  `json:"until,omitempty"`
}

// Action runs a Temporal activity of the name, of any SDK.
type Action struct {
	Name  string  `json:"name"` // "deploy.rollback"
	With  []Field `json:"with,omitempty"`
	Queue string  `json:"queue,omitempty"` // "" = the manifest's, else the default queue of actions
	Every string  `json:"every,omitempty"`
	Until string  `json:"until,omitempty"`
	// Manifest is what the action promises; it is pinned when the runbook is linked, nil = unknown.
	Manifest *Manifest `json:"manifest,omitempty"`
}

// Import runs another runbook inline, with an id scope of its own.
type Import struct {
	ID   string  `json:"id"`
	With []Field `json:"with,omitempty"`
	// Body is the other runbook, its paths below this step's; it is pinned when the runbook is linked.
	Body *Runbook `json:"body,omitempty"`
}

// Field is a named value: a text, or a tree of lists and maps with texts in it. A text that is exactly one ${{ }} keeps
// its type.
type Field struct {
	Name  string `json:"name"`
	Value any    `json:"value"` // string, float64, bool, []any, map[string]any
}

// Parallel runs branches side by side.
type Parallel struct {
	Branches []Branch `json:"branches"`
	Join     Join     `json:"join,omitempty"`  // "" = all
	Limit    int      `json:"limit,omitempty"` // how many at once; 0 = all
}

// Branch is a named list of steps.
type Branch struct {
	Name  string `json:"name"`
	Steps []Step `json:"steps"`
}

// Join says when a parallel is over.
type Join string

// The joins.
const (
	JoinAll Join = "all"
	JoinAny Join = "any" // the first branch that succeeds; the others are withdrawn and undone
)

// ForEach runs its steps for each item of a list.
type ForEach struct {
	List  string `json:"list"` // CEL, a list
	As    string `json:"as"`
	Limit int    `json:"limit,omitempty"` // how many at once; 0 = 5
	Steps []Step `json:"steps"`
}

// Repeat runs its steps again until a condition holds.
type Repeat struct {
	Title string `json:"title,omitempty"`
	Every string `json:"every,omitempty"` // text: duration from one round's start to the next
	Until string `json:"until,omitempty"` // CEL, bool, evaluated after each round
	Max   int    `json:"max"`
	Steps []Step `json:"steps"`
}

// Switch runs the case of a value.
type Switch struct {
	Value   string `json:"value"` // CEL
	Cases   []Case `json:"cases,omitempty"`
	Else    []Step `json:"else,omitempty"`
	HasElse bool   `json:"has_else,omitempty"`
}

// Group holds steps under one title, for one on_failure or one undo.
type Group struct {
	Title string `json:"title"`
	Steps []Step `json:"steps"`
}

// Postmortem drafts the postmortem from the record.
type Postmortem struct {
	Action       string   `json:"action"`             // "draft"
	Template     string   `json:"template,omitempty"` // text: a file's name
	Publish      []string `json:"publish,omitempty"`
	ReviewWithin string   `json:"review_within,omitempty"` // text: duration
}

// Set gives constants of `vars` new values.
type Set struct {
	Values []Var `json:"values"`
}

// Revert runs recorded undo steps, newest first.
type Revert struct {
	What []string `json:"what"` // one phase, or ids of steps
	List bool     `json:"list,omitempty"`
}

// Return goes back to a phase: a new pass of it and of every later one.
type Return struct {
	Phase  incident.Phase `json:"phase"`
	Reason string         `json:"reason,omitempty"`
}

// Manifest says what an action takes, gives and promises. It is a YAML file beside the worker that runs the action.
type Manifest struct {
	Action      string   `json:"action"`
	Description string   `json:"description,omitempty"`
	Queue       string   `json:"queue,omitempty"`
	In          []Input  `json:"in,omitempty"`
	Out         []Input  `json:"out,omitempty"`
	Idempotent  bool     `json:"idempotent,omitempty"`
	Changes     bool     `json:"changes,omitempty"` // it changes a system's state (true unless the manifest says reads: true)
	Timeout     string   `json:"timeout,omitempty"`
	Retry       *Retry   `json:"retry,omitempty"`
	Undo        string   `json:"undo,omitempty"` // the action that takes it back
	Secrets     []string `json:"secrets,omitempty"`
}
