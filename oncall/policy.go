package oncall

import "time"

// Urgency is how much a page hurries; it decides which of a person's contact rules is used. The zero value is high.
type Urgency string

// The urgencies.
const (
	UrgencyHigh Urgency = ""
	UrgencyLow  Urgency = "low"
)

// Strategy is whom of a level's targets a page calls. The zero value is all of them.
type Strategy string

// The strategies.
const (
	StrategyAll        Strategy = ""
	StrategyRoundRobin Strategy = "round_robin" // one of them; the next page takes the next one
)

// Bounds of a policy.
const (
	LeastDelay = 30 * time.Second // between two levels
	MostRepeat = 9
	AckTimeout = 30 * time.Minute // of a policy that says nothing of it
)

// Policy is whom a page calls, level after level. When its rounds are through, the fallback contacts are called until
// somebody answers.
type Policy struct {
	Name    string  `json:"name"`
	Levels  []Level `json:"levels"`
	Repeat  int     `json:"repeat,omitempty"` // how often the levels are gone through again
	Urgency Urgency `json:"urgency,omitempty"`
	// AckTimeout is after how long an acknowledged page is called again on whose incident nobody has done anything;
	// nanoseconds, 0 = never.
	AckTimeout time.Duration `json:"ack_timeout,omitempty"`
}

// Level is one level of a policy.
type Level struct {
	Targets  []string      `json:"targets"` // people, schedules, teams
	Strategy Strategy      `json:"strategy,omitempty"`
	Ack      time.Duration `json:"ack"` // nanoseconds; how long it has before the next level is called
}

// Pick is whom a level calls for the page with a number: all of its targets, or one after the other of them. The number
// is the incident's, so nothing is counted anywhere and a restart takes nobody's turn.
func (l Level) Pick(number int) []string {
	if l.Strategy != StrategyRoundRobin || len(l.Targets) == 0 {
		return l.Targets
	}
	return []string{l.Targets[mod(number, len(l.Targets))]}
}
