package incident

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// PageState is where a page stands. The zero value is a page that still calls.
type PageState string

// The states of a page.
const (
	PageOpen         PageState = ""
	PageAcknowledged PageState = "acknowledged"
	PageWithdrawn    PageState = "withdrawn"
	PageExhausted    PageState = "exhausted" // nobody acknowledged, and the runbook says not to repeat
)

// Page is one telling of one target, level by level and round by round, until somebody acknowledges. Its key is the
// idempotency stem of every attempt: `<incident>/<step path>/<pass>/<target>`.
type Page struct {
	Key       string        `json:"key"`
	Step      string        `json:"step,omitempty"` // the address of the step; empty for a page by hand
	Message   string        `json:"message,omitempty"`
	Levels    []PageLevel   `json:"levels"`
	Rounds    int           `json:"rounds"`
	Ack       time.Duration `json:"ack"`                // nanoseconds; how long each level has
	AckText   string        `json:"ack_text,omitempty"` // the runbook's words for Ack, read again when the severity changes
	Repeat    bool          `json:"repeat,omitempty"`   // after the last round: last level and fallback, until somebody answers
	Via       []string      `json:"via"`                // "sms", "call"
	Level     int           `json:"level"`
	Round     int           `json:"round"`
	Exhausted bool          `json:"exhausted,omitempty"` // every level and round is through; fallback, repeatedly
	State     PageState     `json:"state,omitempty"`
	StartedAt time.Time     `json:"started_at"`
	LevelAt   time.Time     `json:"level_at,omitzero"` // when the present level was called
	ClockAt   time.Time     `json:"clock_at,omitzero"` // when its clock began: first ring, answer or final status
	Next      bool          `json:"next,omitempty"`    // somebody pressed "escalate now"
	Attempts  []Attempt     `json:"attempts,omitempty"`
	AckedBy   Actor         `json:"acked_by,omitzero"`
	AckedAt   time.Time     `json:"acked_at,omitzero"`
	AckLevel  int           `json:"ack_level,omitempty"` // 1 = first
}

// PageLevel is one level: the name that is resolved anew each time it is called.
type PageLevel struct {
	Target string `json:"target"`
}

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
	case CallRinging, CallSent:
		return 3
	case CallAnswered:
		return 4
	case CallDelivered, CallCompleted, CallBusy, CallNoAnswer, CallFailed, CallCanceled, CallRefused:
		return 5
	}
	return -1
}

// Final says whether the attempt is over.
func (s CallStatus) Final() bool { return s.rank() == 5 }

// Attempt is one call or message to one person. Its number is unique within the page.
type Attempt struct {
	Number   int             `json:"number"` // from 1
	Person   oncall.PersonID `json:"person"`
	Name     string          `json:"name"`
	Via      string          `json:"via"` // "call", "sms"
	Level    int             `json:"level"`
	Round    int             `json:"round"`
	At       time.Time       `json:"at"`
	Provider string          `json:"provider,omitempty"` // the provider's id
	Status   CallStatus      `json:"status,omitempty"`
	StatusAt time.Time       `json:"status_at,omitzero"`
	Detail   string          `json:"detail,omitempty"`
}

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
	if a.Via == "sms" {
		return a.Status == CallFailed || a.Status == CallRefused
	}
	return a.Status.Final()
}

// Page finds a page by its key, or nil.
func (i *Incident) Page(key string) *Page {
	for _, p := range i.Pages {
		if p.Key == key {
			return p
		}
	}
	return nil
}

// StartPage adds a page; a page whose key is known already is returned as it is, so a repeated decision does nothing.
func (i *Incident) StartPage(at time.Time, p Page) *Page {
	if known := i.Page(p.Key); known != nil {
		return known
	}
	p.StartedAt = at
	i.Pages = append(i.Pages, &p)
	names := make([]string, 0, len(p.Levels))
	for _, l := range p.Levels {
		names = append(names, l.Target)
	}
	i.Log(at, Entry{Kind: EntryPage, By: RunbookActor(), Step: p.Step, Text: "page " + strings.Join(names, ", then ")})
	return &p
}

// Defaults of a page.
const (
	DefaultAck    = 5 * time.Minute
	DefaultRounds = 3
)

// PageByHand calls somebody because a person wants it, not the runbook. It is repeated until somebody answers.
func (i *Incident) PageByHand(at time.Time, by Actor, target, message string) error {
	if err := i.mustBeOpen(); err != nil {
		return err
	}
	if strings.TrimSpace(target) == "" {
		return refuse("name a person, a schedule, a team or a role", "nobody to page")
	}
	i.Log(at, Entry{Kind: EntryPage, By: by, Text: by.String() + " pages " + target})
	i.StartPage(at, Page{
		Key: fmt.Sprintf("%s/page/%d", i.ID, i.Seq), Message: message, Levels: []PageLevel{{Target: target}},
		Rounds: DefaultRounds, Ack: DefaultAck, Via: []string{"sms", "call"}, Repeat: true,
	})
	return nil
}

// OpenPages lists the pages that still call, oldest first.
func (i *Incident) OpenPages() []*Page {
	var open []*Page
	for _, p := range i.Pages {
		if p.State == PageOpen {
			open = append(open, p)
		}
	}
	return open
}

// Attempt finds an attempt by its number, or nil.
func (p *Page) Attempt(number int) *Attempt {
	if number < 1 || number > len(p.Attempts) {
		return nil
	}
	return &p.Attempts[number-1]
}

// Plan adds an attempt before it is made, so that it has a number for its idempotency key.
func (p *Page) Plan(at time.Time, duty oncall.Duty, via string) *Attempt {
	p.Attempts = append(p.Attempts, Attempt{
		Number: len(p.Attempts) + 1, Person: duty.Person, Name: duty.Name, Via: via,
		Level: p.Level, Round: p.Round, At: at,
	})
	return &p.Attempts[len(p.Attempts)-1]
}

// Waiting says whether an acknowledgement can still come from the present level without calling anybody else.
func (p *Page) Waiting() bool {
	for n := range p.Attempts {
		a := &p.Attempts[n]
		if a.Level == p.Level && a.Round == p.Round && !a.hopeless() {
			return true
		}
	}
	return false
}

// Told lists the people whom the page has reached, or tried to, in order of the first attempt.
func (p *Page) Told() []oncall.PersonID {
	var told []oncall.PersonID
	for _, a := range p.Attempts {
		if !slices.Contains(told, a.Person) {
			told = append(told, a.Person)
		}
	}
	return told
}

// CallProgress is what a provider says about an attempt.
type CallProgress struct {
	Page     string
	Attempt  int
	Provider string
	Status   CallStatus
	Detail   string
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
	fails := a.Via == "sms" && c.Status == CallFailed && !a.hopeless() // a message may fail after it was sent
	if c.Status.rank() <= a.Status.rank() && !fails {
		return false
	}
	a.Status, a.StatusAt = c.Status, at
	if c.Detail != "" {
		a.Detail = c.Detail
	}
	if a.Level == page.Level && a.Round == page.Round && page.ClockAt.IsZero() && a.Status.rank() >= CallRinging.rank() {
		page.ClockAt = at
	}
	i.logProgress(at, page, a)
	return true
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
	if a.Status == CallRefused && a.Via == "sms" {
		text = a.Name + " cannot be sent a message"
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

// Acknowledged is the answer to an acknowledgement: what it ended and what still rings.
type Acknowledged struct {
	Ended  []string // page keys
	Rings  []string // targets of pages that still call
	Before Actor    // who had acknowledged already, when nothing was left to end
}

// Acknowledge ends pages. Of the open pages it takes the one named, or those that have rung for the actor; if there
// are none, the oldest; all of them on request. Repeating it is harmless: the answer names who was first.
func (i *Incident) Acknowledge(at time.Time, by Actor, scope AckScope) (Acknowledged, error) {
	if err := i.mustBeOpen(); err != nil {
		return Acknowledged{}, err
	}
	var done Acknowledged
	for _, p := range i.ackable(by, scope) {
		p.State, p.AckedBy, p.AckedAt, p.AckLevel = PageAcknowledged, by, at, p.Level+1
		done.Ended = append(done.Ended, p.Key)
		if i.AcknowledgedAt.IsZero() {
			i.AcknowledgedAt, i.AcknowledgedBy = at, by
		}
		i.Log(at, Entry{
			Kind: EntryAcknowledged, By: by, Step: p.Step,
			Text: fmt.Sprintf("%s acknowledged after %s", by, at.Sub(p.StartedAt).Round(100*time.Millisecond)),
		})
	}
	for _, p := range i.OpenPages() {
		done.Rings = append(done.Rings, p.Levels[min(p.Level, len(p.Levels)-1)].Target)
	}
	if len(done.Ended) == 0 {
		done.Before = i.AcknowledgedBy
		if named := i.Page(scope.Page); named != nil && named.State == PageAcknowledged {
			done.Before = named.AckedBy
		}
	}
	return done, nil
}

// AckScope says which pages an acknowledgement means; the zero value means the actor's own.
type AckScope struct {
	Page string // a page's key, when the telephone says which
	All  bool
}

// ackable picks the open pages that an acknowledgement ends.
func (i *Incident) ackable(by Actor, scope AckScope) []*Page {
	open := i.OpenPages()
	if scope.All || len(open) == 0 {
		return open
	}
	var mine []*Page
	for _, p := range open {
		if p.Key == scope.Page || p.rangFor(by.Person) {
			mine = append(mine, p)
		}
	}
	if len(mine) > 0 {
		return mine
	}
	if scope.Page != "" {
		return nil
	}
	return open[:1]
}

// rangFor says whether the person can have noticed the page.
func (p *Page) rangFor(person oncall.PersonID) bool {
	if person == "" {
		return false
	}
	return slices.ContainsFunc(p.Attempts, func(a Attempt) bool { return a.Person == person && a.rang() })
}

// EscalateNow sends a page to its next level at once; without a key, every open one.
func (i *Incident) EscalateNow(at time.Time, by Actor, key string) error {
	if err := i.mustBeOpen(); err != nil {
		return err
	}
	sent := false
	for _, p := range i.OpenPages() {
		if key == "" || p.Key == key {
			p.Next, sent = true, true
			i.Log(at, Entry{Kind: EntryEscalate, By: by, Step: p.Step, Text: by.String() + " escalates"})
		}
	}
	if !sent {
		return refuse("", "no page is open")
	}
	return nil
}

// StopCalling takes a person off the telephone for this incident; pages go on to the others.
func (i *Incident) StopCalling(at time.Time, by Actor) error {
	if err := i.mustBeOpen(); err != nil {
		return err
	}
	if by.Person == "" {
		return refuse("", "only a person of the roster can be taken off the calls")
	}
	if i.Quiet == nil {
		i.Quiet = map[oncall.PersonID]bool{}
	}
	i.Quiet[by.Person] = true
	i.Log(at, Entry{Kind: EntryNote, By: by, Text: by.String() + " asked not to be called again for this incident"})
	return nil
}

// withdrawPages ends every page that still calls, because the incident has ended.
func (i *Incident) withdrawPages() {
	for _, p := range i.OpenPages() {
		p.State = PageWithdrawn
	}
}
