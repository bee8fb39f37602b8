package contract

import (
	"time"

	"github.com/musterbook/musterbook/incident"
)

// What concerns one person, for a page of their own in the chat. It is told within a process and recorded nowhere.

// HomeIncident is an open incident. One that is private goes by its codename.
type HomeIncident struct {
	Severity     incident.Severity // empty = not set
	Key          incident.Key
	Title        string
	Phase        incident.Phase
	Since        time.Time // when it was declared
	Manager      string    // empty = nobody yet
	Acknowledged bool
	Drill        bool
	Private      bool
	Room         Link // the zero link while there is none
}

// HomeTask is something that waits for the person.
type HomeTask struct {
	Incident string // which one: "INC-1 · SEV1 · title"
	Drill    bool
	Rings    bool     // a page that calls them; else a question or a task
	What     CardLine // with until when
	Room     Link
	Buttons  []Button // what can be done about it
}
