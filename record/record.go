// Package record is the finished record of an incident: as Markdown for people, with the postmortem's headings filled
// as far as the incident knows, and as JSON for programs. It is pure; whoever calls it decides where the record goes.
package record

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// Format is the version of the JSON shape. Within a format fields are added, never renamed or removed.
const Format = 1

// Record is the JSON shape. Every instant is UTC; an instant or a span that is not known is null, never zero. Lists are
// in the order in which things happened.
type Record struct {
	Format      int               `json:"format"`
	Key         incident.Key      `json:"key"`
	ID          string            `json:"id"`
	Title       string            `json:"title"`
	Summary     string            `json:"summary,omitempty"`
	Type        string            `json:"type,omitempty"`
	Service     string            `json:"service,omitempty"`
	Team        string            `json:"team,omitempty"`
	Environment string            `json:"environment,omitempty"`
	Source      string            `json:"source,omitempty"` // alert source, or "person"
	Labels      map[string]string `json:"labels,omitempty"`
	Drill       bool              `json:"drill"`
	Runbook     string            `json:"runbook"`
	RunbookHash string            `json:"runbook_hash"`
	URL         string            `json:"url,omitempty"` // the Temporal Web UI's page
	Room        *incident.Room    `json:"room"`          // null: no room was opened

	Severity       incident.Severity `json:"severity"` // the last one; empty: never set
	Ending         incident.Ending   `json:"ending"`   // empty: the incident is open
	EndReason      string            `json:"end_reason,omitempty"`
	DeclaredBy     *incident.Actor   `json:"declared_by"`
	AcknowledgedBy *incident.Actor   `json:"acknowledged_by"`
	EndedBy        *incident.Actor   `json:"ended_by"`

	Stamps Stamps `json:"stamps"`
	Times  Spans  `json:"times"`

	People          []Person         `json:"people"`
	Roles           []Role           `json:"roles"` // as held at the end
	Pages           []Page           `json:"pages"`
	SeverityChanges []incident.Entry `json:"severity_changes"`
	Questions       []Question       `json:"questions"`
	Alerts          []Alert          `json:"alerts"`
	AlertCount      int              `json:"alert_count"` // messages of the sources, repeats included
	Timeline        []incident.Entry `json:"timeline"`
}

// Stamps are the instants that times are computed from.
type Stamps struct {
	Started      *time.Time `json:"started"` // the trouble itself, where an alert or a person said
	Detected     *time.Time `json:"detected"`
	Declared     *time.Time `json:"declared"`
	Acknowledged *time.Time `json:"acknowledged"`
	Mitigated    *time.Time `json:"mitigated"`
	Cleared      *time.Time `json:"cleared"`  // every alert had cleared
	Resolved     *time.Time `json:"resolved"` // null for every other ending
}

// Person is somebody who held a role, was called, or acted.
type Person struct {
	ID           string          `json:"id,omitempty"` // empty: nobody of the roster
	Name         string          `json:"name"`
	Roles        []incident.Role `json:"roles,omitempty"`
	Attempts     int             `json:"attempts"`     // calls and messages to this person
	Acknowledged bool            `json:"acknowledged"` // ended at least one page
}

// Role is who held a role.
type Role struct {
	Role     incident.Role `json:"role"`
	Person   string        `json:"person"`
	Name     string        `json:"name"`
	Since    *time.Time    `json:"since"`
	Accepted bool          `json:"accepted"`
}

// Page is one page with everybody who was tried.
type Page struct {
	Step           string             `json:"step,omitempty"` // empty: by hand
	Message        string             `json:"message,omitempty"`
	Targets        []string           `json:"targets"` // level by level, as names
	Started        *time.Time         `json:"started"`
	State          incident.PageState `json:"state"`     // empty: still open
	Exhausted      bool               `json:"exhausted"` // nobody answered in all levels and rounds
	AcknowledgedBy *incident.Actor    `json:"acknowledged_by"`
	Acknowledged   *time.Time         `json:"acknowledged"`
	AckLevel       int                `json:"ack_level,omitempty"` // from 1
	Attempts       []Attempt          `json:"attempts"`
}

// Attempt is one call or message.
type Attempt struct {
	Person     string              `json:"person"`
	Name       string              `json:"name"`
	Via        string              `json:"via"`
	Level      int                 `json:"level"` // from 1
	Round      int                 `json:"round"` // from 1
	At         *time.Time          `json:"at"`
	ProviderID string              `json:"provider_id,omitempty"`
	Status     incident.CallStatus `json:"status"` // empty: the provider said nothing
	StatusAt   *time.Time          `json:"status_at"`
	Detail     string              `json:"detail,omitempty"`
}

// Question is what was asked of people, and their answer.
type Question struct {
	Step   string                 `json:"step"`
	Kind   incident.QuestionKind  `json:"kind"`
	Text   string                 `json:"text"`
	Who    []string               `json:"who"`
	Opened *time.Time             `json:"opened"`
	State  incident.QuestionState `json:"state"` // empty: still open
	Choice string                 `json:"choice,omitempty"`
	Label  string                 `json:"label,omitempty"` // the choice in the words that people saw
	Reason string                 `json:"reason,omitempty"`
	By     *incident.Actor        `json:"by"`
	Closed *time.Time             `json:"closed"`
	Votes  []incident.Vote        `json:"votes,omitempty"`
}

// Alert is the newest word of one alert.
type Alert struct {
	Source      string            `json:"source"`
	Fingerprint string            `json:"fingerprint"`
	Title       string            `json:"title"`
	Summary     string            `json:"summary,omitempty"`
	Labels      map[string]string `json:"labels,omitempty"`
	URL         string            `json:"url,omitempty"`
	Started     *time.Time        `json:"started"`
	Ended       *time.Time        `json:"ended"`
	Cleared     bool              `json:"cleared"`
}

// JSON writes the record of an incident. The same incident gives the same bytes.
func JSON(inc incident.Incident) ([]byte, error) {
	r := New(inc)
	out, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write the record of %s: %w", inc.Key, err)
	}
	return append(out, '\n'), nil
}

// Parse reads what JSON wrote. Fields that it does not know are left out, because a later version of the same format
// may have added them; another format is an error.
func Parse(data []byte) (Record, error) {
	var head struct {
		Format int `json:"format"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Record{}, fmt.Errorf("read the record: %w", err)
	}
	if head.Format != Format {
		return Record{}, fmt.Errorf("read the record: its format is %d and this program reads %d", head.Format, Format)
	}
	var r Record
	if err := json.Unmarshal(data, &r); err != nil {
		return Record{}, fmt.Errorf("read the record: %w", err)
	}
	return r, nil
}
