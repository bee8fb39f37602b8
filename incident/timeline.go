package incident

import (
	"fmt"
	"time"
)

// EntryKind is what a line of the timeline is about.
type EntryKind string

// The kinds of timeline entries.
const (
	EntryAlert        EntryKind = "alert"
	EntryCleared      EntryKind = "cleared"
	EntryDeclared     EntryKind = "declared"
	EntryPhase        EntryKind = "phase"
	EntryRoom         EntryKind = "room"
	EntryPage         EntryKind = "page"
	EntryCall         EntryKind = "call" // one attempt: placed, rings, answered, ended
	EntryEscalate     EntryKind = "escalate"
	EntryAcknowledged EntryKind = "acknowledged"
	EntrySeverity     EntryKind = "severity"
	EntryRole         EntryKind = "role"
	EntryQuestion     EntryKind = "question"
	EntryAnswer       EntryKind = "answer"
	EntryTimeout      EntryKind = "timeout"
	EntrySay          EntryKind = "say"
	EntryNote         EntryKind = "note"
	EntryWait         EntryKind = "wait"
	EntrySkipped      EntryKind = "skipped"
	EntryProblem      EntryKind = "problem" // red: something could not be done
	EntryRefused      EntryKind = "refused" // a request that came as a signal and was refused
	EntryEnded        EntryKind = "ended"
	EntryRecord       EntryKind = "record"
)

// Entry is one line of the timeline. Text is a sentence for people; Step is the address of the step it belongs to.
type Entry struct {
	Seq  int       `json:"seq"`
	At   time.Time `json:"at"`
	Kind EntryKind `json:"kind"`
	By   Actor     `json:"by,omitzero"`
	Text string    `json:"text"`
	Step string    `json:"step,omitempty"`
}

// maxText bounds a timeline text in bytes, so that no alert and no note can outgrow a workflow's payload.
const maxText = 2000

// Log writes a line on the timeline and returns it.
func (i *Incident) Log(at time.Time, e Entry) Entry {
	i.Seq++
	e.Seq, e.At = i.Seq, at
	if len(e.Text) > maxText {
		e.Text = clip(e.Text, maxText)
	}
	i.Timeline = append(i.Timeline, e)
	return e
}

// clip cuts a text at a rune's border, so that it stays valid UTF-8, and marks the cut.
func clip(text string, limit int) string {
	cut := 0
	for n := range text {
		if n > limit-len("…") {
			break
		}
		cut = n
	}
	return text[:cut] + "…"
}

// Refusal is a person's request that is not carried out: a sentence and, where there is one, what to do instead.
type Refusal struct {
	What string
	Hint string
}

// Error gives the sentence and the hint.
func (r *Refusal) Error() string {
	if r.Hint == "" {
		return r.What
	}
	return r.What + " (" + r.Hint + ")"
}

// refuse makes a refusal.
func refuse(hint, format string, args ...any) error {
	return &Refusal{What: fmt.Sprintf(format, args...), Hint: hint}
}

// String is how a person appears on the timeline: the name, and what is not proven about it.
func (a Actor) String() string {
	if a.Name == "" {
		return string(a.Person)
	}
	return a.Name
}
