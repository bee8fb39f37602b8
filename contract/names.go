// Package contract is the wire: the names and the payloads of every message that Temporal histories record, and the
// classes of errors that cross it. It is for ever: fields are added, never renamed; a name is never used for something
// else. It knows the domain and nothing of Temporal's SDK or of vendors.
package contract

import "time"

// Activity names an activity and the types it takes and gives, so that a wrong pairing does not compile.
type Activity[In, Out any] string

// Workflow names a workflow and the types it takes and gives.
type Workflow[In, Out any] string

// Update names a request with an answer.
type Update[In, Out any] string

// Signal names a message without an answer.
type Signal[In any] string

// Query names a question that changes nothing.
type Query[In, Out any] string

// None is the payload of a message that needs none.
type None struct{}

// The task queues. Chat and telephone have their own, so that a chat outage never delays a call; and so has following what
// was placed, because each look lasts for minutes and must take no place from a call.
const (
	QueueMain   = "muster"
	QueueChat   = "muster-chat"
	QueuePhone  = "muster-phone"
	QueueFollow = "muster-follow"
)

// The workflows.
const (
	Incident Workflow[IncidentInput, IncidentResult] = "Incident"
	Review   Workflow[IncidentInput, IncidentResult] = "Review"
	Numbers  Workflow[NumbersState, None]            = "Numbers"
	Farewell Workflow[FarewellInput, None]           = "Farewell"
)

// TaskTimeout bounds one workflow task. After a crash the engine gives a task that was running to another worker only
// when its time is over, so a page waits that long; a task itself takes milliseconds.
const TaskTimeout = 5 * time.Second

// NumbersID is the workflow id of the one numbering workflow.
const NumbersID = "numbers"

// FarewellID is the workflow id of what archives an incident's room.
func FarewellID(key string) string { return "room/" + key }

// ReviewID is the workflow id of an incident's lessons learned.
func ReviewID(key string) string { return "review/" + key }
