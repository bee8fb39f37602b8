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
	Key     string      `json:"key"`
	Step    string      `json:"step,omitempty"` // the address of the step; empty for a page by hand
	Message string      `json:"message,omitempty"`
	Levels  []PageLevel `json:"levels"`
	Rounds  int         `json:"rounds"`
	// OpenRounds says that nobody has said how many rounds there are: a policy may.
	OpenRounds bool `json:"open_rounds,omitempty"`
	// OpenVia says that nobody has said in which ways people are told: their own rules may.
	OpenVia   bool           `json:"open_via,omitempty"`
	Urgency   oncall.Urgency `json:"urgency,omitempty"`
	Later     []Contact      `json:"later,omitempty"`    // attempts of the present level whose time has not come, in order
	Ack       time.Duration  `json:"ack"`                // nanoseconds; how long each level has
	AckText   string         `json:"ack_text,omitempty"` // the runbook's words for Ack, read again when the severity changes
	Repeat    bool           `json:"repeat,omitempty"`   // after the last round: last level and fallback, until somebody answers
	Via       []string       `json:"via"`                // "sms", "call"
	Level     int            `json:"level"`
	Round     int            `json:"round"`
	Exhausted bool           `json:"exhausted,omitempty"` // every level and round is through; fallback, repeatedly
	State     PageState      `json:"state,omitempty"`
	StartedAt time.Time      `json:"started_at"`
	LevelAt   time.Time      `json:"level_at,omitzero"` // when the present level was called
	ClockAt   time.Time      `json:"clock_at,omitzero"` // when its clock began: first ring, answer or final status
	Next      bool           `json:"next,omitempty"`    // somebody pressed "escalate now"
	Attempts  []Attempt      `json:"attempts,omitempty"`
	// CallsFirst says that a message starts no clock while a call may still ring.
	CallsFirst bool `json:"calls_first,omitempty"`
	// Forgets is after how long without a deed an acknowledged page is called again; nanoseconds, 0 = never.
	Forgets  time.Duration `json:"forgets,omitempty"`
	AckedBy  Actor         `json:"acked_by,omitzero"`
	AckedAt  time.Time     `json:"acked_at,omitzero"`
	AckLevel int           `json:"ack_level,omitempty"` // 1 = first
	AckCall  bool          `json:"ack_call,omitempty"`  // it was a key on a call of this very page, which ends by itself
}

// PageLevel is one level: the names that are resolved anew each time it is called.
type PageLevel struct {
	Target  string          `json:"target"`            // a name, or several as people read them
	Targets []string        `json:"targets,omitempty"` // of a policy's level
	Policy  string          `json:"policy,omitempty"`  // the policy that it comes from
	Pick    oncall.Strategy `json:"pick,omitempty"`    // which of the targets are called
	Ack     time.Duration   `json:"ack,omitempty"`     // nanoseconds; how long the level has; 0 = as long as the page says
}

// Names are whom a level calls in a turn: one of its targets after the other, where its policy says so.
func (l PageLevel) Names(turn int) []string {
	if len(l.Targets) == 0 {
		return []string{l.Target}
	}
	return oncall.Level{Targets: l.Targets, Strategy: l.Pick}.Pick(turn)
}

// Patience is how long the present level has.
func (p *Page) Patience() time.Duration {
	if own := p.Levels[p.Level].Ack; own > 0 {
		return own
	}
	return p.Ack
}

// Follow puts a policy's levels in place of the present level, which named the policy. From then on the page goes by
// them, whatever becomes of the policy; who is on call is looked up at each level all the same. Where the page begins
// with the policy and says no number of rounds, the policy's counts.
func (p *Page) Follow(policy oncall.Policy) {
	levels := make([]PageLevel, 0, len(policy.Levels))
	for _, l := range policy.Levels {
		target := strings.Join(l.Targets, " and ")
		if l.Strategy == oncall.StrategyRoundRobin {
			target = "one of " + strings.Join(l.Targets, ", ")
		}
		levels = append(levels, PageLevel{
			Target: target, Targets: l.Targets, Policy: policy.Name, Pick: l.Strategy, Ack: max(l.Ack, oncall.LeastDelay),
		})
	}
	if p.Level == 0 {
		p.Urgency, p.Forgets = policy.Urgency, policy.AckTimeout
		if p.OpenRounds {
			p.Rounds = policy.Repeat + 1
		}
	}
	p.Levels = slices.Concat(p.Levels[:p.Level], levels, p.Levels[p.Level+1:])
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
		Rounds: DefaultRounds, Ack: DefaultAck, Via: []string{"sms", "call"}, OpenVia: true, Repeat: true,
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
		p.AckCall = by.Door == DoorPhone && p.Key == scope.Page
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

// DeclinePages lets the open pages go on without somebody who has asked not to be called: what was to be done to reach them is
// dropped, what rings for them is to be ended, and a level that waits for nobody else is over.
func (i *Incident) DeclinePages(person oncall.PersonID) {
	for _, p := range i.OpenPages() {
		for n := range p.Attempts {
			if a := &p.Attempts[n]; a.Person == person {
				a.Declined = true
			}
		}
		p.Later = slices.DeleteFunc(p.Later, func(c Contact) bool { return c.Duty.Person == person })
	}
}

// DeclinedBy names who has declined at the present level, where nobody else was tried; empty = somebody else was.
func (p *Page) DeclinedBy() string {
	var names []string
	for n := range p.Attempts {
		switch a := &p.Attempts[n]; {
		case !p.present(a):
		case !a.Declined:
			return ""
		case !slices.Contains(names, a.Name):
			names = append(names, a.Name)
		}
	}
	return strings.Join(names, " and ")
}

// WithdrawPages ends the open pages whose keys begin with a stem, because what they called for has been done.
func (i *Incident) WithdrawPages(stem string) {
	for _, p := range i.OpenPages() {
		if strings.HasPrefix(p.Key, stem) {
			p.State = PageWithdrawn
		}
	}
}

// withdrawPages ends every page that still calls, because the incident has ended.
func (i *Incident) withdrawPages() {
	for _, p := range i.OpenPages() {
		p.State = PageWithdrawn
	}
}
