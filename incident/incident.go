// Package incident is the domain: what an incident is, and what may happen to it. Its methods take the instant and the
// actor, check, change the state and write the timeline. They have no clock, no I/O and know nothing of Temporal.
package incident

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Key is the name that people use ("INC-12"); it is given once and never again.
type Key string

// Number is the number in a key ("INC-12" = 12); 0 = it has none.
func (k Key) Number() int {
	_, digits, _ := strings.Cut(string(k), "-")
	n, err := strconv.Atoi(digits)
	if err != nil {
		return 0
	}
	return n
}

// Severity is a row's name of the runbook's severity table ("SEV1"); empty means not set.
type Severity string

// Role is a role's name ("commander", "comms").
type Role string

// Commander is the role that every incident has. Deputy is whoever stands in for the commander, where somebody has given
// the role away.
const (
	Commander Role = "commander"
	Deputy    Role = "deputy"
)

// Phase is a stage of the incident. The empty phase is the time before the first.
type Phase string

// The phases in their fixed order.
const (
	Identification Phase = "identification"
	Containment    Phase = "containment"
	Eradication    Phase = "eradication"
	Recovery       Phase = "recovery"
	LessonsLearned Phase = "lessons_learned"
)

// Phases lists all phases in order.
func Phases() []Phase {
	return []Phase{Identification, Containment, Eradication, Recovery, LessonsLearned}
}

// Ending is why an incident ended; empty means that it is open.
type Ending string

// The endings.
const (
	Resolved   Ending = "resolved"
	FalseAlarm Ending = "false_alarm"
	Duplicate  Ending = "duplicate"
	Cancelled  Ending = "cancelled"
)

// Door is the way by which somebody acted.
type Door string

// The doors.
const (
	DoorRunbook Door = "runbook"
	DoorAlert   Door = "alert"
	DoorSlack   Door = "slack"
	DoorPhone   Door = "phone"
	DoorSMS     Door = "sms"
	DoorMail    Door = "mail" // the link in a mail that a page sent
	DoorCLI     Door = "cli"
	DoorAPI     Door = "api"
	DoorEngine  Door = "temporal" // the Temporal UI or its command line
)

// Actor is who did something. An actor is verified when the door proves who it is (Slack, a telephone number, a
// mailbox, a token); the command line only says so.
type Actor struct {
	Person   oncall.PersonID `json:"person,omitempty"` // empty: nobody of the roster
	Name     string          `json:"name"`
	Door     Door            `json:"door"`
	Verified bool            `json:"verified,omitempty"`
	Login    string          `json:"login,omitempty"` // the operating system's user, for the command line
}

// RunbookActor is the actor of everything that the runbook itself does.
func RunbookActor() Actor { return Actor{Name: "runbook", Door: DoorRunbook, Verified: true} }

// Room is the chat room of an incident.
type Room struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	URL  string `json:"url,omitempty"`
}

// Alert is one alert as its source told it, in neutral words. A source may send several of one group.
type Alert struct {
	Source      string            `json:"source"`      // "alertmanager"
	Fingerprint string            `json:"fingerprint"` // one alert within the group
	Title       string            `json:"title"`
	Summary     string            `json:"summary,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	URL         string            `json:"url,omitempty"`
	Runbook     string            `json:"runbook_url,omitempty"`
	StartsAt    time.Time         `json:"starts_at,omitzero"`
	EndsAt      time.Time         `json:"ends_at,omitzero"`
	Cleared     bool              `json:"cleared,omitempty"`
}

// Incident is the whole state of one incident. It travels through workflow histories: fields are added, never renamed.
type Incident struct {
	ID          string            `json:"id"`  // opaque and unique; the stem of idempotency keys
	Key         Key               `json:"key"` // INC-1
	Title       string            `json:"title"`
	Summary     string            `json:"summary,omitempty"`
	Type        string            `json:"type,omitempty"`
	Service     string            `json:"service,omitempty"`
	Team        string            `json:"team,omitempty"`
	Source      string            `json:"source,omitempty"` // alert source, or "person"
	Environment string            `json:"environment,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	DeclaredBy  Actor             `json:"declared_by"`
	Drill       bool              `json:"drill,omitempty"`
	DrillRoom   string            `json:"drill_room,omitempty"`       // where a drill plays; a name without #
	Telephones  bool              `json:"drill_telephones,omitempty"` // a drill that really calls people
	Runbook     string            `json:"runbook"`
	RunbookHash string            `json:"runbook_hash"`
	URL         string            `json:"url,omitempty"` // the Temporal Web UI's page

	Severities []Severity               `json:"severities"` // worst first
	Severity   Severity                 `json:"severity,omitempty"`
	Phase      Phase                    `json:"phase,omitempty"`
	PhaseAt    time.Time                `json:"phase_at,omitzero"` // when the phase began
	Holders    map[Role]Holder          `json:"holders,omitempty"`
	Room       Room                     `json:"room,omitzero"`
	Alerts     map[string]Alert         `json:"alerts,omitempty"` // by fingerprint, the newest of each
	AlertCount int                      `json:"alert_count,omitempty"`
	Flooded    bool                     `json:"flooded,omitempty"` // more different alerts came than are kept
	Pages      []*Page                  `json:"pages,omitempty"`
	Questions  []*Question              `json:"questions,omitempty"`
	Quiet      map[oncall.PersonID]bool `json:"quiet,omitempty"` // who asked not to be called for this incident

	StartedAt      time.Time `json:"started_at,omitzero"` // the trouble itself, where an alert or a person said
	DetectedAt     time.Time `json:"detected_at,omitzero"`
	DeclaredAt     time.Time `json:"declared_at"`
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	AcknowledgedBy Actor     `json:"acknowledged_by,omitzero"`
	MitigatedAt    time.Time `json:"mitigated_at,omitzero"`
	ClearedAt      time.Time `json:"cleared_at,omitzero"` // every alert has cleared; news, not an end
	ResolvedAt     time.Time `json:"resolved_at,omitzero"`
	Ending         Ending    `json:"ending,omitempty"`
	// WorkedAt is when a person has last done something on the incident.
	WorkedAt  time.Time `json:"worked_at,omitzero"`
	Reviewing bool      `json:"reviewing,omitempty"` // ended, and its lessons are being learned
	EndedBy   Actor     `json:"ended_by,omitzero"`
	EndReason string    `json:"end_reason,omitempty"`

	Private    bool          `json:"private,omitempty"`
	Codename   string        `json:"codename,omitempty"`
	Bridge     Link          `json:"bridge,omitzero"`
	Ticket     Link          `json:"ticket,omitzero"`
	Tracker    string        `json:"tracker,omitempty"` // of the ticket
	Updates    []Update      `json:"updates,omitempty"` // what audiences outside were told, oldest first
	Evidence   []Evidence    `json:"evidence,omitempty"`
	Assessment *Assessment   `json:"assessment,omitempty"`
	Postmortem string        `json:"postmortem,omitempty"` // where the draft lies
	NotUndone  []string      `json:"not_undone,omitempty"` // what could have been taken back and was left, by address
	Passes     map[Phase]int `json:"passes,omitempty"`     // of phases that were entered more than once

	Timeline []Entry `json:"timeline,omitempty"`
	Seq      int     `json:"seq"` // of the newest entry; the first is 1
}

// Link is something outside with a name and an address.
type Link struct {
	ID  string `json:"id"`
	URL string `json:"url,omitempty"`
}

// Update is what an audience was told.
type Update struct {
	Audience string    `json:"audience"`
	Status   string    `json:"status,omitempty"`
	Message  string    `json:"message"`
	At       time.Time `json:"at"`
	URL      string    `json:"url,omitempty"`
}

// Evidence is a piece of evidence that was kept.
type Evidence struct {
	ID     string    `json:"id"`
	Text   string    `json:"text"`
	File   string    `json:"file,omitempty"`
	SHA256 string    `json:"sha256,omitempty"`
	Link   string    `json:"link,omitempty"`
	At     time.Time `json:"at"`
}

// Assessment is the answers to the six questions.
type Assessment struct {
	Impact       string    `json:"impact,omitempty"`
	Symptoms     string    `json:"symptoms,omitempty"`
	Scope        Scope     `json:"scope,omitempty"`
	StartedAt    time.Time `json:"started_at,omitzero"`
	SupportCases *int      `json:"support_cases,omitempty"` // nil = unknown, which is not zero
	Factors      []string  `json:"factors,omitempty"`
	By           Actor     `json:"by"`
	At           time.Time `json:"at"`
}

// Scope is how many customers are affected; unknown counts as the worst.
type Scope string

// The scopes.
const (
	ScopeNone    Scope = "none"
	ScopeSome    Scope = "some"
	ScopeAll     Scope = "all"
	ScopeUnknown Scope = "unknown"
)

// Holder is who holds a role.
type Holder struct {
	Person   oncall.PersonID `json:"person"`
	Name     string          `json:"name"`
	Since    time.Time       `json:"since"`
	Accepted bool            `json:"accepted,omitempty"`
}

// Open says whether the incident has not ended.
func (i *Incident) Open() bool { return i.Ending == "" }

// Level is the severity's rank, 1 = worst; a severity that is not set counts as the worst.
func (i *Incident) Level() int {
	for n, s := range i.Severities {
		if s == i.Severity {
			return n + 1
		}
	}
	return 1
}

// Clone copies the incident so deeply that acts on the copy do not touch the original.
func (i *Incident) Clone() *Incident {
	c := *i
	c.Holders, c.Alerts, c.Quiet = maps.Clone(i.Holders), maps.Clone(i.Alerts), maps.Clone(i.Quiet)
	c.Timeline = slices.Clip(i.Timeline)
	c.Pages = make([]*Page, 0, len(i.Pages))
	for _, p := range i.Pages {
		page := *p
		page.Attempts = slices.Clone(p.Attempts)
		c.Pages = append(c.Pages, &page)
	}
	c.Questions = make([]*Question, 0, len(i.Questions))
	for _, q := range i.Questions {
		question := *q
		question.Votes = slices.Clip(q.Votes)
		c.Questions = append(c.Questions, &question)
	}
	return &c
}
