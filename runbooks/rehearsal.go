package runbooks

import (
	"fmt"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// Rehearsal is one document of a `*.test.yaml`: an incident that is played in skipped time, and what must come of it. The
// file lies beside its runbook. A script for `muster simulate` is the same document without `test` and `expect`.
type Rehearsal struct {
	Mark
	Name     string            // test: what it shows, in words; empty = a script
	Runbook  string            // id; a script may leave it out
	Config   string            // configuration whose people, schedules and services are used, relative to the file; empty = made up
	With     map[string]any    // inputs
	Service  string            // the service that burns; empty = the input `service`, where there is one
	Severity incident.Severity // of the declaration; empty = not set
	Start    time.Time         // at: when it begins, in its zone; zero = DefaultStart
	People   []Standin         // people: who is behind a name, where no configuration says it
	Phones   []Habit           // phones: what people do when their telephone rings; whoever is not named lets it ring
	Everyone time.Duration     // everybody_answers_in: whoever is told something acts on it after this; 0 = only the script acts
	For      time.Duration     // for: how much is played at most; 0 = DefaultHorizon
	Mocks    []Mock
	Script   []ScriptAct
	Expect   *Expect // nil = nothing is expected
	// Places is where the parts stand that carry no mark of their own: "runbook", "severity", "with.service",
	// "script/2.answer", "script/2.choice" (acts count from 0).
	Places map[string]Mark
}

// DefaultHorizon is how much of an incident is played when nothing ends it.
const DefaultHorizon = 72 * time.Hour

// Mark is where something stands, so that a failure can point at it. Lines and columns count from 1.
type Mark struct {
	File   string
	Line   int
	Column int
}

// String is the mark as compilers write it.
func (m Mark) String() string { return fmt.Sprintf("%s:%d:%d", m.File, m.Line, m.Column) }

// Standin is the person behind a schedule, a team or a policy.
type Standin struct {
	Mark
	Name   string // payments-oncall
	Person string // ana
}

// What people do with a telephone that rings.
const (
	PhoneAnswers = "answers" // and presses 1
	PhoneSilent  = "silent"  // lets it ring
	PhoneBusy    = "busy"
	PhoneOff     = "off" // the call fails
)

// Habit is what one person does when the telephone rings: "20s" (answers after so long and acknowledges), silent, busy
// or off.
type Habit struct {
	Mark
	Person string
	Does   string
	After  time.Duration // of PhoneAnswers
}

// Mock is what a system answers, in the order of the requests; the last outcome is given again and again. Of is the
// address of a step, the name of an action, or a kind: http, run, update, bridge, ticket, channel, say, call, text.
type Mock struct {
	Mark
	Of       string
	Outcomes []MockOutcome
}

// MockOutcome is one answer: values, a failure that may be tried again, a refusal that may not, or none in time.
type MockOutcome struct {
	Mark
	OK      map[string]any // of http: status, body, headers; of run: stdout, exit_code; of an action: its outputs
	Fail    string         // `fail: text`; the request may be tried again
	Refuse  string         // `refuse: text`; it may not
	Timeout bool           // `fail: timeout`; no answer for 30 s, or After; the request may be tried again
	After   time.Duration  // how long the answer takes; 0 = a moment
}

// ScriptAct is something that happens from outside at an instant.
type ScriptAct struct {
	Mark
	At     time.Duration  // since the declaration
	Does   string         // one of ScriptVerbs
	What   string         // the value of that key: a step, a severity, a person, a text, `all` of ack; empty = `true`, or a list of revert
	By     string         // who does it
	To     string         // of assign, reassign: who gets it
	Choice string         // of answer
	Fields map[string]any // of answer, edit and send; of `revert: [a, b]` the list, as "what"
	Reason string
	Note   string // of done
	Undo   string // of resolve and cancel: revert or leave
	// Refused is set when the act must be refused: a piece of the reason, or empty for any. Nil = it must be accepted.
	Refused *string
}

// The acts of a script that are no verbs of the product.
const (
	ScriptAlert = "alert" // fires, clears
	ScriptChat  = "chat"  // down, up
	ScriptPhone = "phone" // down, up: the telephone's provider
)

// ScriptVerbs lists what a script can do: the product's verbs that make sense in one, and what the world does.
func ScriptVerbs() []string {
	return []string{
		"ack", "severity", "assign", "answer", "approve", "reject", "done", "note", "page", "escalate", "quiet", "resolve",
		"cancel", "pause", "resume", "retry", "skip", "stop", "reassign", "advance", "return", "edit", "revert", "send",
		ScriptAlert, ScriptChat, ScriptPhone,
	}
}

// Expect is what must come of a rehearsal. What is not mentioned is not checked.
type Expect struct {
	Mark
	Steps        []StepExpected // by the address that `muster show` prints
	Severity     *Word          // in the end
	Paged        []PersonPaged  // exactly these, in the order of their first call; nil = not checked
	PagedChecked bool           // Paged was given, even if it is empty
	PagedAt      Mark           // where it was
	NotPaged     []Word
	Messages     []MessageExpected // each must be said, in this order
	Never        []Word            // texts that no line of the transcript holds
	FirstPage    *Bound
	Acknowledged *Bound
	Waits        []Word // steps that still wait for people when the play is over
	Ends         *EndExpected
}

// Word is a word and its place.
type Word struct {
	Mark
	Text string
}

// StepExpected is the state in which a step must be in the end.
type StepExpected struct {
	Mark
	Step  string
	State string // one of StepStates
}

// reachedVia lists the ways in which a rehearsal tells people: those of pages, and the messages of contact rules.
func reachedVia() []string { return []string{string(ViaCall), string(ViaSMS), "slack", "email"} }

// PersonPaged is somebody who must be called: by the name that was paged, or as a person.
type PersonPaged struct {
	Mark
	Who    string
	Via    string        // call, sms or slack; empty = any
	Within time.Duration // since the declaration; 0 = whenever
	After  time.Duration // not earlier
}

// MessageExpected is a text that must be a piece of something said.
type MessageExpected struct {
	Mark
	Text   string
	To     string        // room, call, sms, or an audience of `update`; empty = anywhere
	Within time.Duration // since the declaration; 0 = whenever
}

// Bound is when something must have happened, and who must have done it. Without any of them it must have happened.
type Bound struct {
	Mark
	By     string
	Within time.Duration // 0 = whenever
	After  time.Duration // not earlier
}

// EndExpected is how the incident must end.
type EndExpected struct {
	Mark
	State  string // resolved, false_alarm, duplicate, cancelled; open = it must not have ended
	Within time.Duration
	After  time.Duration
}
