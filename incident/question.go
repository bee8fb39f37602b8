package incident

import (
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// QuestionKind is what is wanted from people.
type QuestionKind string

// The kinds of questions.
const (
	QuestionAsk      QuestionKind = "ask"
	QuestionApprove  QuestionKind = "approve"
	QuestionTask     QuestionKind = "task"
	QuestionAssign   QuestionKind = "assign"   // accept or decline a role
	QuestionSeverity QuestionKind = "severity" // await: severity
	QuestionHold     QuestionKind = "hold"     // a step failed or ran out of time: retry, skip or stop
	QuestionForm     QuestionKind = "form"     // fields to fill in
	QuestionSignal   QuestionKind = "signal"   // a signal that somebody or something sends
)

// FormField is one field of a form.
type FormField struct {
	Name        string   `json:"name"`
	Type        string   `json:"type"` // as a runbook's input has it
	Required    bool     `json:"required,omitempty"`
	Default     any      `json:"default,omitempty"`
	Enum        []string `json:"enum,omitempty"`
	Description string   `json:"description,omitempty"`
}

// ChoiceFilled is the choice of a form that was filled in.
const ChoiceFilled = "filled"

// The choices of the questions that the product itself asks.
const (
	ChoiceYes     = "yes"
	ChoiceNo      = "no"
	ChoiceDone    = "done"
	ChoiceAccept  = "accept"
	ChoiceDecline = "decline"
	ChoiceRetry   = "retry"
	ChoiceSkip    = "skip"
	ChoiceStop    = "stop"
)

// QuestionState is where a question stands; the zero value is open.
type QuestionState string

// The states of a question.
const (
	QuestionOpen      QuestionState = ""
	QuestionAnswered  QuestionState = "answered"
	QuestionTimedOut  QuestionState = "timed_out"
	QuestionWithdrawn QuestionState = "withdrawn"
)

// Choice is one possible answer.
type Choice struct {
	Key   string `json:"key"`
	Label string `json:"label"`
}

// Question is something that a person must do or decide. Its key, `<step path>/<pass>`, is its identity: an answer to
// an older pass or to a withdrawn question is refused.
type Question struct {
	Key       string            `json:"key"`
	Step      string            `json:"step"` // the address that people type
	Kind      QuestionKind      `json:"kind"`
	Text      string            `json:"text"`
	Who       []string          `json:"who"`                 // the names as the runbook wrote them
	Chain     []oncall.PersonID `json:"chain,omitempty"`     // who may answer, besides the commander; empty = anybody
	Also      []oncall.PersonID `json:"also,omitempty"`      // who may answer besides, because it has escalated to them
	Addressed []oncall.PersonID `json:"addressed,omitempty"` // who is asked at present
	Asked     []oncall.PersonID `json:"asked,omitempty"`     // who has been asked so far, so that escalation knows the next
	Choices   []Choice          `json:"choices,omitempty"`
	Checklist []string          `json:"checklist,omitempty"`
	Quorum    int               `json:"quorum,omitempty"`
	Not       []Role            `json:"not,omitempty"`
	Role      Role              `json:"role,omitempty"` // of an offer
	Turn      int               `json:"turn,omitempty"` // how often it has escalated
	OpenedAt  time.Time         `json:"opened_at"`
	NudgedAt  time.Time         `json:"nudged_at,omitzero"` // the last reminder
	Deadline  time.Time         `json:"deadline,omitzero"`
	Late      bool              `json:"late,omitempty"`       // its deadline has passed, and the timeline says so
	OnTimeout string            `json:"on_timeout,omitempty"` // in words: what silence leads to
	State     QuestionState     `json:"state,omitempty"`
	Votes     []Vote            `json:"votes,omitempty"`
	Choice    string            `json:"choice,omitempty"`
	Reason    string            `json:"reason,omitempty"`
	By        Actor             `json:"by,omitzero"`
	ClosedAt  time.Time         `json:"closed_at,omitzero"`
	Form      []FormField       `json:"form,omitempty"`   // of QuestionForm
	Fields    map[string]any    `json:"fields,omitempty"` // what was filled in
	Signal    string            `json:"signal,omitempty"` // of QuestionSignal: the signal's name
	Handed    int               `json:"handed,omitempty"` // how often it was given to another person
}

// Vote is one person's yes or no.
type Vote struct {
	By     Actor     `json:"by"`
	Choice string    `json:"choice"`
	At     time.Time `json:"at"`
}

// Question finds a question by its key, or nil.
func (i *Incident) Question(key string) *Question {
	for _, q := range i.Questions {
		if q.Key == key {
			return q
		}
	}
	return nil
}

// OpenQuestions lists the questions that wait, oldest first.
func (i *Incident) OpenQuestions() []*Question {
	var open []*Question
	for _, q := range i.Questions {
		if q.State == QuestionOpen {
			open = append(open, q)
		}
	}
	return open
}

// Ask opens a question; one whose key is known already is returned as it is.
func (i *Incident) Ask(at time.Time, q Question) *Question {
	if known := i.Question(q.Key); known != nil {
		return known
	}
	q.OpenedAt = at
	i.Questions = append(i.Questions, &q)
	i.Log(at, Entry{Kind: EntryQuestion, By: RunbookActor(), Step: q.Step, Text: q.sentence()})
	return &q
}

// sentence is a question's line on the timeline.
func (q *Question) sentence() string {
	text := q.Text
	for _, c := range q.Choices {
		text += " [" + c.Label + "]"
	}
	if len(q.Who) > 0 {
		text = strings.Join(q.Who, ", ") + ": " + text
	}
	return text
}

// Settlement is how a question ended.
type Settlement struct {
	State  QuestionState
	Choice string
	Reason string
	Fields map[string]any // of a form or a signal
}

// Settle closes an open question: by an answer, by time, or because it is withdrawn.
func (i *Incident) Settle(at time.Time, by Actor, key string, s Settlement) {
	q := i.Question(key)
	if q == nil || q.State != QuestionOpen {
		return
	}
	q.State, q.Choice, q.Reason, q.By, q.ClosedAt, q.Fields = s.State, s.Choice, s.Reason, by, at, s.Fields
	switch s.State {
	case QuestionAnswered:
		text := by.String() + ": " + q.Label(s.Choice)
		if s.Reason != "" {
			text += " – " + s.Reason
		}
		i.Log(at, Entry{Kind: EntryAnswer, By: by, Step: q.Step, Text: text})
	case QuestionTimedOut:
		text := "nobody answered in time: " + q.Text
		if s.Choice != "" {
			text += " → " + q.Label(s.Choice)
		}
		i.Log(at, Entry{Kind: EntryTimeout, By: by, Step: q.Step, Text: text})
	case QuestionWithdrawn, QuestionOpen:
	}
}

// Label is a choice in the words that people saw.
func (q *Question) Label(choice string) string {
	for _, c := range q.Choices {
		if c.Key == choice {
			return c.Label
		}
	}
	return choice
}

// Over refuses an answer that comes too late, with the reason: who decided what, or that nobody did. It is nil while the
// question is open.
func (q *Question) Over() error {
	switch q.State {
	case QuestionOpen:
		return nil
	case QuestionTimedOut:
		if q.Choice != "" {
			return refuse("", "nobody answered %s in time; it went on with %s", q.Step, q.Label(q.Choice))
		}
		return refuse("", "nobody answered %s in time", q.Step)
	case QuestionWithdrawn:
		return refuse("", "%s was withdrawn; nobody waits for an answer any more", q.Step)
	case QuestionAnswered:
	}
	return refuse("", "%s is answered already: %s by %s", q.Step, q.Label(q.Choice), q.By)
}

// sameActor says whether two acts are the same person's.
func sameActor(a, b Actor) bool {
	if a.Person != "" || b.Person != "" {
		return a.Person == b.Person
	}
	return a.Name == b.Name && a.Login == b.Login
}

// withdrawQuestions closes everything that waits, because the incident has ended.
func (i *Incident) withdrawQuestions(at time.Time) {
	for _, q := range i.OpenQuestions() {
		i.Settle(at, RunbookActor(), q.Key, Settlement{State: QuestionWithdrawn})
	}
}
