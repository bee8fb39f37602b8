package roster

import (
	"fmt"
	"slices"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// Bounds of policies.
const (
	defaultAck = 5 * time.Minute
	mostAck    = 24 * time.Hour

	leastAckTimeout = 5 * time.Minute
	mostLevels      = 20
	mostTargets     = 20
)

// filePolicy is whom a page calls, level after level.
type filePolicy struct {
	At      place       `json:"-"`
	Levels  []fileLevel `json:"levels" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"Who is called first, who is called when nobody of them acknowledges, and so on."`
	Repeat  number      `json:"repeat,omitempty" jsonschema:"minimum=0,maximum=9" jsonschema_description:"How often the levels are gone through again. Default: 0. After that the fallback is called until somebody acknowledges."`
	Timeout duration    `json:"ack_timeout,omitempty" jsonschema_description:"After how long an acknowledged page is called again when nobody has done anything on the incident since, from 5m to 24h; 0s = never. Default: 30m."`
	Urgency text        `json:"urgency,omitempty" jsonschema:"enum=high,enum=low" jsonschema_description:"high (default) or low: by which of their contact rules people are told."`
}

// fileLevel is one level.
type fileLevel struct {
	At       place    `json:"-"`
	Targets  []name   `json:"targets" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"People, schedules and teams."`
	Strategy text     `json:"strategy,omitempty" jsonschema:"enum=all,enum=round_robin" jsonschema_description:"all (default): every target is called. round_robin: one of them; the next incident takes the next one."`
	Ack      duration `json:"ack,omitempty" jsonschema_description:"How long the level has to acknowledge before the next one is called, from 30s to 24h. Default: 5m."`
}

// policies puts the policies into the book.
func (b *builder) policies() {
	for _, e := range b.file.Policies {
		what, p := "policies."+clipped(e.key.value), e.what
		policy := oncall.Policy{Name: e.key.value, Repeat: p.Repeat.value, AckTimeout: b.ackTimeout(p.Timeout, what)}
		if n := p.Repeat; n.given() && (n.value < 0 || n.value > oncall.MostRepeat) {
			b.fault(n.at, fmt.Sprintf("between 0 and %d; after that the fallback is called until somebody acknowledges", oncall.MostRepeat),
				"%s.repeat: the levels cannot be gone through %d times more", what, n.value)
		}
		if b.choice(p.Urgency, what+".urgency", "high", "low") == "low" {
			policy.Urgency = oncall.UrgencyLow
		}
		b.atMost(p.At, what+".levels", len(p.Levels), mostLevels)
		for i, l := range p.Levels {
			policy.Levels = append(policy.Levels, b.level(l, fmt.Sprintf("%s.levels[%d]", what, i)))
		}
		b.config.Book.Policies = append(b.config.Book.Policies, policy)
	}
}

// ackTimeout checks how long an acknowledgement holds.
func (b *builder) ackTimeout(d duration, what string) time.Duration {
	if !d.given() {
		return oncall.AckTimeout
	}
	if d.length != 0 && (d.length < leastAckTimeout || d.length > mostAck) {
		b.fault(d.at, "between 5m, because people look before they write, and 24h; or 0s, which is never", "%s.ack_timeout: nobody is called again after %s", what, d.value)
	}
	return d.length
}

// level checks one level.
func (b *builder) level(l fileLevel, what string) oncall.Level {
	level := oncall.Level{Ack: defaultAck}
	if l.Ack.given() {
		level.Ack = l.Ack.length
		if level.Ack < oncall.LeastDelay || level.Ack > mostAck {
			b.fault(l.Ack.at, "between 30s, because a telephone rings that long, and 24h", "%s.ack: nobody is given %s to acknowledge", what, l.Ack.value)
		}
	}
	if b.choice(l.Strategy, what+".strategy", "all", "round_robin") == "round_robin" {
		level.Strategy = oncall.StrategyRoundRobin
		if len(l.Targets) == 1 {
			b.fault(l.Strategy.at, "list the people themselves: targets take turns, not the members of a team", "%s.strategy: there are no turns to take with one target", what)
		}
	}
	b.atMost(l.At, what+".targets", len(l.Targets), mostTargets)
	for i, n := range l.Targets {
		own := fmt.Sprintf("%s.targets[%d]", what, i)
		if n.given() && slices.Contains(level.Targets, n.value) {
			b.fault(n.at, "keep one", "%s: %s is called by this level already", own, quoted(n.value))
			continue
		}
		b.target(n, own)
		level.Targets = append(level.Targets, n.value)
	}
	return level
}

// target reports a name that a level cannot call.
func (b *builder) target(n name, what string) {
	switch kind := b.kinds[n.value]; {
	case !n.given(), kind == "a person", kind == "a schedule", kind == "a team":
	case kind == "":
		b.fault(n.at, b.meantName(n.value, "a person", "a schedule", "a team"), "%s: no person, schedule or team is called %s", what, quoted(n.value))
	case kind == "a policy":
		b.fault(n.at, "name its people, schedules and teams here: levels within levels would not say who is called when", "%s: %s is a policy", what, quoted(n.value))
	case n.value == oncall.Fallback:
		b.fault(n.at, "leave it out: when the rounds of a policy are through, the fallback is called anyway", "%s: %s is no target", what, quoted(n.value))
	default:
		b.fault(n.at, "name a schedule: only a running incident knows who has a role, and a policy is there before it", "%s: %s is a role", what, quoted(n.value))
	}
}

// choice checks a word of a few; the first is the default.
func (b *builder) choice(t text, what string, words ...string) string {
	if !t.given() {
		return words[0]
	}
	if !slices.Contains(words, t.value) {
		b.fault(t.at, meant(t.value, words), "%s cannot be %s", what, quoted(t.value))
		return words[0]
	}
	return t.value
}
