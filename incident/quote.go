package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Quote says of a line that it is a message of the chat: the line's text is what was said, and the line's actor is who
// has pinned it first. A quote is never changed in place, because copies of an incident share it.
type Quote struct {
	// Message is the chat's own id of the message ("C0123/1700000000.000100"): the same id is the same message.
	Message string    `json:"message"`
	Author  string    `json:"author"`
	At      time.Time `json:"at,omitzero"` // when it was said; zero = not known
	Link    string    `json:"link,omitempty"`
	// Pins are those who want it on the timeline. It goes when the last of them takes it back.
	Pins []Actor `json:"pins,omitempty"`
}

// Bounds of a quote, in bytes and people. A timeline travels through payloads that end at 2 MB.
const (
	maxMessageID = 200
	maxAuthor    = 100
	maxLink      = 1000
	maxPinners   = 50 // those who come later count as not having pinned it
)

// weight is the size of a quote in bytes, as far as it counts for a timeline's bounds.
func (q *Quote) weight() int {
	if q == nil {
		return 0
	}
	size := len(q.Message) + len(q.Author) + len(q.Link)
	for _, a := range q.Pins {
		size += len(a.Name) + entryOverhead
	}
	return size
}

// pinned says whether somebody has pinned the message.
func (q *Quote) pinned(by Actor) bool {
	return slices.ContainsFunc(q.Pins, func(a Actor) bool { return sameActor(a, by) })
}

// Pin puts a message of the chat on the timeline and says as which line. It is idempotent by the message: fresh is false
// when it stood there, and then whoever else pins it is remembered without a further line. A message that was withdrawn
// can be pinned again, as a new line.
func (i *Incident) Pin(at time.Time, by Actor, text string, q Quote) (line int, fresh bool, err error) {
	if err := q.check(text); err != nil {
		return 0, false, err
	}
	if n := i.quoted(q.Message); n >= 0 {
		e := i.Timeline[n]
		if !e.Quote.pinned(by) && len(e.Quote.Pins) < maxPinners {
			i.repin(n, append(slices.Clone(e.Quote.Pins), by))
		}
		return e.Seq, false, nil
	}
	q.Author, q.Pins = shorten(strings.TrimSpace(q.Author), maxAuthor), []Actor{by}
	if q.Author == "" {
		q.Author = "somebody"
	}
	return i.Log(at, Entry{Kind: EntryNote, By: by, Text: text, Quote: &q, Written: true}).Seq, true, nil
}

// check finds what cannot be a message on the timeline.
func (q *Quote) check(text string) error {
	switch {
	case strings.TrimSpace(text) == "":
		return refuse("", "a message without words says nothing on the timeline")
	case q.Message == "" || len(q.Message) > maxMessageID:
		return refuse(fmt.Sprintf("message is the chat's own id of it, of at most %d bytes", maxMessageID), "it is not said which message is meant")
	case q.Link != "" && !strings.HasPrefix(q.Link, "https://") && !strings.HasPrefix(q.Link, "http://"):
		return refuse("leave it out, or give https://…", "the link of a message is no web address")
	case len(q.Link) > maxLink:
		return refuse("leave it out", "the link of a message has more than %d bytes", maxLink)
	case q.At.UTC().Year() < 1 || q.At.UTC().Year() > 9999: // JSON has no such years, and the record is written in UTC
		return refuse("leave it out, or give 2026-11-26T02:07:31Z", "the time of a message is no time that can be written")
	}
	return nil
}

// quoted is where a message stands on the timeline; -1 = nowhere, or it was withdrawn.
func (i *Incident) quoted(message string) int {
	return slices.IndexFunc(i.Timeline, func(e Entry) bool { return e.Quote != nil && e.Quote.Message == message })
}

// repin changes who wants a message on the timeline, which a copy of the incident may share.
func (i *Incident) repin(n int, pins []Actor) {
	i.Timeline = slices.Clone(i.Timeline)
	q := *i.Timeline[n].Quote
	q.Pins = pins
	i.Timeline[n].Quote = &q
}

// Unpin takes somebody's pin of a message back. When it was the last one, the line is withdrawn. What was not pinned by
// them, or not at all, stays as it is and is no refusal: it is what they want, so the act is idempotent by nature. The
// answer says what is so now.
func (i *Incident) Unpin(at time.Time, by Actor, message string) string {
	n := i.quoted(message)
	if n < 0 {
		return "that message is not on the timeline"
	}
	e := i.Timeline[n]
	if !e.Quote.pinned(by) {
		return fmt.Sprintf("line %d stays: others have pinned it, and you have not", e.Seq)
	}
	left := slices.DeleteFunc(slices.Clone(e.Quote.Pins), func(a Actor) bool { return sameActor(a, by) })
	if len(left) > 0 {
		i.repin(n, left)
		return fmt.Sprintf("line %d stays: %s has pinned it too", e.Seq, left[0])
	}
	i.redact(at, by, n)
	return fmt.Sprintf("line %d is withdrawn", e.Seq)
}

// Withdraw takes the words of a line away that a person has written, or pinned: a mistake, or what must not stand in the
// record. The line stays, and says whose it was and who has withdrawn it; a further line says when.
func (i *Incident) Withdraw(at time.Time, by Actor, line int) error {
	const hint = "muster timeline shows which lines can be withdrawn, and their numbers"
	n := slices.IndexFunc(i.Timeline, func(e Entry) bool { return e.Seq >= line })
	switch {
	case line <= 0 || n < 0:
		return refuse(hint, "there is no line %d; the newest is %d", line, i.Seq)
	case i.Timeline[n].Seq > line || i.Timeline[n].Kind == EntryLeftOut:
		return refuse("", "line %d is left out: the timeline had grown too long, and the record does not have it", line)
	case i.Timeline[n].Withdrawn:
		return refuse("", "line %d is withdrawn already", line)
	case !i.Timeline[n].Withdrawable():
		return refuse(hint, "line %d cannot be withdrawn: it says what happened (%s), and is nobody's note", line, i.Timeline[n].Kind)
	}
	i.redact(at, by, n)
	return nil
}

// Withdrawable says whether a line holds a person's own words, which can be taken away. What happened cannot. Lines that
// are older than the mark Written are known by their form: what tells of a person's act begins with their name.
func (e Entry) Withdrawable() bool {
	if e.Withdrawn || e.Withdraws != 0 || e.Kind != EntryNote {
		return false
	}
	person := e.By.String() != "" && e.By.Door != DoorRunbook && e.By.Door != DoorAlert
	return e.Written || person && e.Step == "" && !strings.HasPrefix(e.Text, e.By.String()+" ")
}

// redact takes the words of a line away. Copies of the incident share the timeline, so it is not changed in place.
func (i *Incident) redact(at time.Time, by Actor, n int) {
	i.Timeline = slices.Clone(i.Timeline)
	e := &i.Timeline[n]
	what := "a note of " + e.By.String()
	if e.Quote != nil {
		what = "a message of " + e.Quote.Author
		if e.By.String() != by.String() {
			what += " that " + e.By.String() + " had pinned"
		}
	}
	e.Text, e.Quote, e.Withdrawn = shorten(what+" was withdrawn by "+by.String(), maxText), nil, true
	i.Log(at, Entry{Kind: EntryNote, By: by, Withdraws: e.Seq, Text: fmt.Sprintf("%s withdraws line %d, %s", by, e.Seq, what)})
}

// Sentence is what a line says; of a message of the chat with who said it and when, in UTC, because it may have been
// said long before it was pinned: «the pool is exhausted» – Ann, 10:02:05 UTC.
func (e Entry) Sentence() string {
	if e.Quote == nil {
		return e.Text
	}
	said := "«" + e.Text + "» – " + e.Quote.Author
	if e.Quote.At.IsZero() {
		return said
	}
	layout := time.TimeOnly
	if e.Quote.At.UTC().Format(time.DateOnly) != e.At.UTC().Format(time.DateOnly) {
		layout = time.DateTime
	}
	return said + ", " + e.Quote.At.UTC().Format(layout) + " UTC"
}
