package incident

import (
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// CallStatus is how far an attempt got, as the provider tells. Its order is the order of a call's life, so that late
// and repeated callbacks are recognised.
type CallStatus string

// The statuses of an attempt.
const (
	CallPlanned   CallStatus = "" // decided; the provider may or may not know
	CallQueued    CallStatus = "queued"
	CallInitiated CallStatus = "initiated"
	CallRinging   CallStatus = "ringing"
	CallAnswered  CallStatus = "answered"
	CallSent      CallStatus = "sent"      // SMS left
	CallDelivered CallStatus = "delivered" // SMS arrived
	CallCompleted CallStatus = "completed"
	CallBusy      CallStatus = "busy"
	CallNoAnswer  CallStatus = "no-answer"
	CallFailed    CallStatus = "failed"
	CallCanceled  CallStatus = "canceled"
	CallRefused   CallStatus = "refused" // never placed
	CallDrilled   CallStatus = "drilled" // a drill: never placed, the room was told instead
)

// rank orders the statuses; equal ranks exclude one another. A status that is not known ranks below all others, so that
// it never counts as progress.
func (s CallStatus) rank() int {
	switch s {
	case CallPlanned:
		return 0
	case CallQueued:
		return 1
	case CallInitiated:
		return 2
	case CallRinging, CallSent, CallDrilled:
		return 3
	case CallAnswered:
		return 4
	case CallDelivered, CallCompleted, CallBusy, CallNoAnswer, CallFailed, CallCanceled, CallRefused:
		return 5
	}
	return -1
}

// Beyond says whether the status is news to somebody who knows another one: a telephone rings, a message has left, or
// what comes after that.
func (s CallStatus) Beyond(known CallStatus) bool {
	return s.rank() >= CallRinging.rank() && s.rank() > known.rank()
}

// Final says whether the attempt is over.
func (s CallStatus) Final() bool { return s.rank() == 5 }

// Attempt is one call or message to one person. Its number is unique within the page.
type Attempt struct {
	Number   int             `json:"number"` // from 1
	Person   oncall.PersonID `json:"person"`
	Name     string          `json:"name"`
	Via      string          `json:"via"` // "call", "sms", "slack", "email"
	Level    int             `json:"level"`
	Round    int             `json:"round"`
	At       time.Time       `json:"at"`
	Provider string          `json:"provider,omitempty"` // the provider's id
	Status   CallStatus      `json:"status,omitempty"`
	StatusAt time.Time       `json:"status_at,omitzero"`
	Detail   string          `json:"detail,omitempty"`
	// Follow says that no word about it comes by itself: somebody has to ask for it.
	Follow bool `json:"follow,omitempty"`
	// Declined says that the person does not want to be called for the incident: nothing can come of the attempt any more.
	Declined bool `json:"declined,omitempty"`
}

// inChat says whether the attempt is a message in chat.
func (a *Attempt) inChat() bool { return a.Via == string(oncall.WaySlack) }

// written says whether the attempt is a message that never holds the telephones up: in chat, or by e-mail.
func (a *Attempt) written() bool { return a.inChat() || a.Via == string(oncall.WayEmail) }

// rang says whether the person can have noticed the attempt.
func (a *Attempt) rang() bool {
	switch a.Status {
	case CallPlanned, CallQueued, CallInitiated, CallRefused, CallFailed:
		return a.Via == "sms" && a.Status == CallQueued
	}
	return true
}

// hopeless says whether no acknowledgement can come from the attempt any more. A call that was answered and ended
// without a key is over; a message stays on the telephone.
func (a *Attempt) hopeless() bool {
	if a.Declined {
		return true
	}
	if a.Via == "sms" || a.written() {
		return a.Status == CallFailed || a.Status == CallRefused
	}
	return a.Status.Final()
}

// Attempt finds an attempt by its number, or nil.
func (p *Page) Attempt(number int) *Attempt {
	for n := range p.Attempts {
		if p.Attempts[n].Number == number {
			return &p.Attempts[n]
		}
	}
	return nil
}

// Bounds of the attempts that a page keeps: one that nobody acknowledges calls for days, and its state travels through
// payloads that end at 2 MB. The first ones and the newest stay.
const (
	maxAttempts   = 500
	firstAttempts = 100
)

// Plan adds an attempt before it is made, so that it has a number for its idempotency key.
func (p *Page) Plan(at time.Time, duty oncall.Duty, via string) *Attempt {
	number := 1
	if len(p.Attempts) > 0 {
		number = p.Attempts[len(p.Attempts)-1].Number + 1
	}
	if len(p.Attempts) >= maxAttempts {
		p.Attempts = slices.Delete(p.Attempts, firstAttempts, firstAttempts+firstAttempts)
	}
	p.Attempts = append(p.Attempts, Attempt{
		Number: number, Person: duty.Person, Name: duty.Name, Via: via,
		Level: p.Level, Round: p.Round, At: at,
	})
	return &p.Attempts[len(p.Attempts)-1]
}

// FirstFor says whether an attempt is the incident's first one for its person in its way.
func (i *Incident) FirstFor(page *Page, a Attempt) bool {
	for _, p := range i.Pages {
		for _, other := range p.Attempts {
			if other.Person == a.Person && other.Via == a.Via {
				return p.Key == page.Key && other.Number == a.Number
			}
		}
	}
	return true
}

// CallProgress is what a provider says about an attempt.
type CallProgress struct {
	Page     string
	Attempt  int
	Provider string
	Status   CallStatus
	Detail   string
	Follow   bool // no word about the attempt comes by itself
}

// Progress takes a provider's word about an attempt. Late, repeated and unknown words change nothing; it answers
// whether something changed.
func (i *Incident) Progress(at time.Time, c CallProgress) bool {
	page := i.Page(c.Page)
	if page == nil {
		return false
	}
	a := page.Attempt(c.Attempt)
	if a == nil {
		return false
	}
	if a.Provider == "" {
		a.Provider = c.Provider
	}
	a.Follow = a.Follow || c.Follow
	fails := a.Via == "sms" && c.Status == CallFailed && !a.hopeless() // a message may fail after it was sent
	if c.Status.rank() <= a.Status.rank() && !fails {
		return false
	}
	a.Status, a.StatusAt = c.Status, at
	if c.Detail != "" {
		a.Detail = c.Detail
	}
	if page.startsClock(a) {
		page.ClockAt = at
	}
	i.logProgress(at, page, a)
	return true
}

// startsClock says whether the level's clock begins with an attempt's status. A message starts it only where nobody is
// being called besides: calls may wait in a queue long after a message has left.
func (p *Page) startsClock(a *Attempt) bool {
	if !p.present(a) || a.written() || !p.ClockAt.IsZero() || a.Status.rank() < CallRinging.rank() {
		return false
	}
	waits := func(other *Attempt) bool { return other.Via == string(oncall.WayCall) && !other.hopeless() }
	return !p.CallsFirst || a.Via != string(oncall.WaySMS) || !p.any(waits)
}

// logProgress writes the beats of a call that people care about.
func (i *Incident) logProgress(at time.Time, p *Page, a *Attempt) {
	words := map[CallStatus]string{
		CallRinging: "rings", CallAnswered: "answers", CallBusy: "is busy", CallNoAnswer: "does not answer",
		CallFailed: "cannot be reached", CallRefused: "cannot be called", CallDelivered: "has the message",
		CallSent: "was sent a message",
	}
	word, ok := words[a.Status]
	if !ok {
		return
	}
	text := a.Name + " " + word
	if a.Status == CallRefused && a.Via != "call" {
		text = a.Name + " cannot be sent a message"
	}
	switch oncall.Way(a.Via) {
	case oncall.WaySlack:
		text += " in Slack"
	case oncall.WayEmail:
		text += " by e-mail"
	case oncall.WayCall, oncall.WaySMS:
	}
	if a.Detail != "" {
		text += ": " + a.Detail
	}
	kind := EntryCall
	if a.Status == CallRefused {
		kind = EntryProblem
	}
	i.Log(at, Entry{Kind: kind, Step: p.Step, Text: text})
}

// rangFor says whether the person can have noticed the page.
func (p *Page) rangFor(person oncall.PersonID) bool {
	if person == "" {
		return false
	}
	return slices.ContainsFunc(p.Attempts, func(a Attempt) bool { return a.Person == person && a.rang() })
}

// Unsettled says whether a message in chat still asks for an acknowledgement, although the page is over, or its person has
// declined.
func (p *Page) Unsettled(a *Attempt) bool {
	return (p.State != PageOpen || a.Declined) && a.inChat() && a.Provider != "" && !a.Status.Final()
}

// Unended says whether a call still has to be hung up, because its page is over or its person has declined. The call on
// which the key for that was pressed hears its answer and ends by itself.
func (p *Page) Unended(a *Attempt) bool {
	if a.Via != "call" || a.Provider == "" || a.Status.Final() {
		return false
	}
	if p.State == PageOpen {
		return a.Declined && a.Status != CallAnswered
	}
	own := p.State == PageAcknowledged && a.Person == p.AckedBy.Person && a.Person != ""
	return !own || !p.AckCall && a.Status != CallAnswered
}

// FollowTime is how long after it was decided an attempt is followed: what has not happened by then changes nothing.
const FollowTime = 10 * time.Minute

// Followed says whether the attempt is still to be asked about: a call until it is over, because it may have to be hung
// up; a message while the page calls and its person has not declined.
func (p *Page) Followed(at time.Time, a *Attempt) bool {
	return a.Follow && a.Provider != "" && !a.Status.Final() && at.Before(a.At.Add(FollowTime)) &&
		(a.Via == "call" || p.State == PageOpen && !a.Declined)
}
