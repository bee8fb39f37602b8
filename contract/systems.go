package contract

import (
	"time"

	"github.com/musterbook/musterbook/incident"
)

// The activities that touch systems besides chat and telephone.
const (
	OpenBridge      Activity[OpenBridgeRequest, OpenBridgeResult] = "OpenBridge"
	OpenTicket      Activity[OpenTicketRequest, OpenTicketResult] = "OpenTicket"
	SyncTicket      Activity[SyncTicketRequest, None]             = "SyncTicket"
	PublishUpdate   Activity[UpdateRequest, UpdateResult]         = "PublishUpdate"
	KeepEvidence    Activity[EvidenceRequest, EvidenceResult]     = "KeepEvidence"
	DraftPostmortem Activity[PostmortemRequest, PostmortemResult] = "DraftPostmortem"
	CallHTTP        Activity[HTTPRequest, HTTPResult]             = "CallHTTP"
	RunCommand      Activity[CommandRequest, CommandResult]       = "RunCommand"
)

// The task queues of systems: commands have one of their own, and so have the actions that other workers serve.
const (
	QueueRun     = "muster-run"
	QueueActions = "muster-actions"
)

// OpenBridgeRequest opens the incident's conference. It is idempotent by Owner: a bridge that was made for the incident
// is adopted.
type OpenBridgeRequest struct {
	Effect
	Provider string        `json:"provider"` // as the runbook names it
	Owner    string        `json:"owner"`    // the incident's opaque id
	Incident incident.Key  `json:"incident"` // INC-1
	Topic    string        `json:"topic,omitempty"`
	Room     incident.Room `json:"room,omitzero"`
}

// OpenBridgeResult names the bridge.
type OpenBridgeResult struct {
	ID  string `json:"id"`
	URL string `json:"url"`
	// Standing says that the provider could not open one and the installation's standing bridge is given instead.
	Standing bool `json:"standing,omitempty"`
}

// Ticket is the incident as a tracker shows it.
type Ticket struct {
	Key      incident.Key      `json:"key"` // INC-1
	Title    string            `json:"title"`
	Severity incident.Severity `json:"severity,omitempty"`
	Status   string            `json:"status"` // "identification" … , or the ending
	Service  string            `json:"service,omitempty"`
	URL      string            `json:"url,omitempty"` // the incident's page
}

// OpenTicketRequest opens the incident's ticket. It is idempotent by Owner, which the ticket carries.
type OpenTicketRequest struct {
	Effect
	Tracker string         `json:"tracker"`
	Owner   string         `json:"owner"`
	Type    string         `json:"type,omitempty"`
	Summary string         `json:"summary,omitempty"`
	Fields  map[string]any `json:"fields,omitempty"`
	Ticket  Ticket         `json:"ticket"`
}

// OpenTicketResult names the ticket.
type OpenTicketResult struct {
	Key string `json:"key"`
	URL string `json:"url,omitempty"`
}

// SyncTicketRequest makes the ticket show what is so. Setting is naturally idempotent; each comment carries the number
// of its timeline entry and is added once.
type SyncTicketRequest struct {
	Effect
	Tracker  string           `json:"tracker"`
	Owner    string           `json:"owner"`
	ID       string           `json:"id"` // the tracker's key
	Ticket   Ticket           `json:"ticket"`
	Comments []incident.Entry `json:"comments,omitempty"`
}

// UpdateRequest tells an audience. It is idempotent by Key: every outlet keeps the key and does not tell twice.
type UpdateRequest struct {
	Effect
	Audience   string            `json:"audience"`
	Owner      string            `json:"owner"`
	Incident   incident.Key      `json:"incident"`
	Title      string            `json:"title"`
	Severity   incident.Severity `json:"severity,omitempty"`
	Status     string            `json:"status,omitempty"`
	Message    string            `json:"message"`
	Components []string          `json:"components,omitempty"`
	Room       string            `json:"room,omitempty"` // the incident's room, for outlets that post there
}

// UpdateResult says where the update can be read, and which outlets could not take it.
type UpdateResult struct {
	URL      string   `json:"url,omitempty"`
	Told     []string `json:"told,omitempty"`
	Problems []string `json:"problems,omitempty"`
}

// EvidenceRequest keeps a note of evidence. It is idempotent by Key, which names the file.
type EvidenceRequest struct {
	Effect
	Incident incident.Key `json:"incident"`
	Text     string       `json:"text"`
	File     string       `json:"file,omitempty"`
	SHA256   string       `json:"sha256,omitempty"`
	Link     string       `json:"link,omitempty"`
	By       string       `json:"by,omitempty"`
}

// EvidenceResult names what was kept.
type EvidenceResult struct {
	ID    string `json:"id"` // SHA-256 of the note
	Place string `json:"place"`
}

// PostmortemRequest drafts the postmortem from the record. The same files are overwritten.
type PostmortemRequest struct {
	Effect
	Incident incident.Incident `json:"incident"`
	Template string            `json:"template,omitempty"`
	Publish  []string          `json:"publish,omitempty"`
}

// PostmortemResult says where the draft lies.
type PostmortemResult struct {
	URL      string   `json:"url"`
	Problems []string `json:"problems,omitempty"`
}

// Poll repeats a request inside one activity until a condition holds. A poll that is cut short is started again with
// what is left of its time. The zero Poll asks once.
type Poll struct {
	Every time.Duration `json:"every,omitempty"`
	Until Condition     `json:"until,omitzero"`
}

// Condition is an expression that an activity evaluates over the answer of its own step and a snapshot of the rest.
type Condition struct {
	Source string            `json:"source,omitempty"` // CEL, bool; "" = always true
	Own    string            `json:"own,omitempty"`    // the beginning of the names that the answer gives: "steps.slo"
	Types  map[string]string `json:"types,omitempty"`  // of every variable that it reads
	Known  map[string]any    `json:"known,omitempty"`  // the values that were known when the poll began
}

// HTTPRequest asks a web service. A request that is not GET, HEAD or OPTIONS carries Key as Idempotency-Key.
type HTTPRequest struct {
	Effect
	Poll
	Secrets
	Method  string            `json:"method"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers,omitempty"`
	Body    any               `json:"body,omitempty"` // a text, or a tree that is sent as JSON
	User    string            `json:"user,omitempty"`
	Pass    string            `json:"pass,omitempty"`
	Bearer  string            `json:"bearer,omitempty"`
	Expect  Condition         `json:"expect,omitzero"` // "" = a status below 400, unless it polls
	Timeout time.Duration     `json:"timeout"`         // of one request
}

// HTTPResult is the answer.
type HTTPResult struct {
	Status  int            `json:"status"`
	Headers map[string]any `json:"headers,omitempty"` // in small letters
	Body    any            `json:"body,omitempty"`    // decoded JSON, else text
	// Stored is where a body that is too large for a history lies; Body then holds its beginning.
	Stored string `json:"stored,omitempty"`
}

// CommandRequest runs a command that the installation allows, without a shell. Values come by the environment alone.
type CommandRequest struct {
	Effect
	Poll
	Secrets
	Command string            `json:"command"`
	Env     map[string]string `json:"env,omitempty"`
	Image   string            `json:"image,omitempty"`
	Timeout time.Duration     `json:"timeout"` // of one run
}

// CommandResult is what came of it.
type CommandResult struct {
	Stdout   string `json:"stdout"`
	ExitCode int    `json:"exit_code"`
	// Cut says that the output was longer than is kept.
	Cut bool `json:"cut,omitempty"`
}
