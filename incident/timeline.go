package incident

import (
	"fmt"
	"slices"
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
	EntryLeftOut      EntryKind = "left_out"
)

// Entry is one line of the timeline. Text is a sentence for people; Step is the address of the step it belongs to.
type Entry struct {
	Seq  int       `json:"seq"`
	At   time.Time `json:"at"`
	Kind EntryKind `json:"kind"`
	By   Actor     `json:"by,omitzero"`
	Text string    `json:"text"`
	Step string    `json:"step,omitempty"`
	Left int       `json:"left,omitempty"` // of EntryLeftOut: how many lines stood here

	Quote     *Quote `json:"quote,omitempty"`     // the line is a message of the chat
	Written   bool   `json:"written,omitempty"`   // Text is a person's own words
	Withdrawn bool   `json:"withdrawn,omitempty"` // somebody has taken the words away, and Text says so
	Withdraws int    `json:"withdraws,omitempty"` // the Seq of the line that this one withdraws
}

// maxText bounds a timeline text in bytes, so that no alert and no note can outgrow a workflow's payload.
const maxText = 2000

// Log writes a line on the timeline and returns it.
func (i *Incident) Log(at time.Time, e Entry) Entry {
	i.Seq++
	e.Seq, e.At = i.Seq, at
	e.Text = shorten(e.Text, maxText)
	i.Timeline = append(i.Timeline, e)
	if e.By.Person != "" {
		i.WorkedAt = at
	}
	i.boundTimeline()
	return e
}

// Bounds of a timeline: it travels through a workflow's payloads, which end at 2 MB. Whatever rains on an incident, its
// state stays well below.
const (
	maxEntries   = 3000
	keptAtFront  = 200 // how it began stays whole
	droppedAtOne = 500
)

// boundTimeline leaves out old lines of a timeline that has grown too long, and says so in their place. How the
// incident began, and the newest lines, stay.
func (i *Incident) boundTimeline() {
	size := 0
	for n := range i.Timeline {
		size += len(i.Timeline[n].Text) + entryOverhead + i.Timeline[n].Quote.weight()
	}
	if len(i.Timeline) <= maxEntries && size <= maxTimeline {
		return
	}
	front := min(keptAtFront, len(i.Timeline)/4)
	end := min(front+droppedAtOne, len(i.Timeline)-front)
	left := 0
	for _, e := range i.Timeline[front:end] {
		left += max(1, e.Left) // a mark stands for the lines that it replaced
	}
	mark := Entry{
		Seq: i.Timeline[end-1].Seq, At: i.Timeline[end-1].At, Kind: EntryLeftOut, By: RunbookActor(), Left: left,
		Text: fmt.Sprintf("%d lines are left out here: the timeline had grown too long", left),
	}
	i.Timeline = slices.Concat(i.Timeline[:front], []Entry{mark}, i.Timeline[end:])
}

// The size of a timeline in bytes, and what an entry takes besides its text.
const (
	maxTimeline   = 800_000
	entryOverhead = 200
)

// Shorten cuts a text that is longer than a limit in bytes, and marks the cut.
func Shorten(text string, limit int) string { return shorten(text, limit) }

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
