package oncall

import (
	"slices"
	"time"
)

// Way is how somebody is told.
type Way string

// The ways.
const (
	WayCall  Way = "call"
	WaySMS   Way = "sms"
	WaySlack Way = "slack"
	WayEmail Way = "email"
)

// Ways lists every way.
func Ways() []Way { return []Way{WayCall, WaySMS, WaySlack, WayEmail} }

// ContactRule is one attempt to tell somebody: by all of its ways at once, some time after the page has reached the
// person. The attempts after the first are made only while nobody has acknowledged.
type ContactRule struct {
	Via   []Way         `json:"via"`
	After time.Duration `json:"after,omitempty"` // nanoseconds
}

// Contact is how somebody wants to be told, for each urgency, in order of time. Empty = as everybody is.
type Contact struct {
	High []ContactRule `json:"high,omitempty"`
	Low  []ContactRule `json:"low,omitempty"`
}

// Reached says whether there is an address for a way. Slack finds people by their e-mail address as well.
func (p Person) Reached(way Way) bool {
	switch way {
	case WayCall, WaySMS:
		return p.Phone != ""
	case WaySlack:
		return p.Slack != "" || p.Email != ""
	case WayEmail:
		return p.Email != ""
	}
	return false
}

// Rules are the attempts to tell somebody of a page: the person's own rules, else those of everybody. Ways for which
// there is no address are left out, and so are those that the installation does not have: open lists what it has, and
// none listed means all. Where the first attempts are left out altogether, the others are made as much earlier: nobody
// waits for what does not happen. Nothing comes out for somebody who cannot be told at all.
//
// Everybody's rules: of high urgency a call and an SMS at once, for somebody without
// a telephone Slack and e-mail at once, because a page that reaches nobody is worse than a quiet one. Of low urgency
// Slack, else e-mail, else an SMS.
func (p Person) Rules(urgency Urgency, open ...Way) []ContactRule {
	usable := func(way Way) bool { return p.Reached(way) && (len(open) == 0 || slices.Contains(open, way)) }
	own, otherwise := p.Contact.High, highRules
	if urgency == UrgencyLow {
		own, otherwise = p.Contact.Low, lowRules
	}
	if len(own) == 0 {
		own = otherwise(usable)
	}
	var rules []ContactRule
	for _, rule := range own {
		var via []Way
		for _, way := range rule.Via {
			if usable(way) && !slices.Contains(via, way) {
				via = append(via, way)
			}
		}
		if len(via) > 0 {
			rules = append(rules, ContactRule{Via: via, After: rule.After})
		}
	}
	if len(rules) == 0 {
		return nil
	}
	early := rules[0].After - own[0].After
	for n := range rules {
		rules[n].After -= early
	}
	return rules
}

// highRules are everybody's rules for a page of high urgency.
func highRules(usable func(Way) bool) []ContactRule {
	if !usable(WayCall) && !usable(WaySMS) {
		return []ContactRule{{Via: []Way{WaySlack, WayEmail}}}
	}
	return []ContactRule{{Via: []Way{WayCall, WaySMS}}}
}

// lowRules are everybody's rules for a page of low urgency.
func lowRules(usable func(Way) bool) []ContactRule {
	for _, way := range []Way{WaySlack, WayEmail, WaySMS} {
		if usable(way) {
			return []ContactRule{{Via: []Way{way}}}
		}
	}
	return nil
}

// paged are somebody's rules for a page of an urgency, in the ways that pages go; nothing for somebody who is told as
// everybody is by telephone, or cannot be told.
func (p Person) paged(urgency Urgency, open []Way) []ContactRule {
	rules := p.Rules(urgency, open...)
	own := p.Contact.High
	if urgency == UrgencyLow {
		own = p.Contact.Low
	}
	written := func(rule ContactRule) bool {
		return slices.Contains(rule.Via, WaySlack) || slices.Contains(rule.Via, WayEmail)
	}
	if len(own) == 0 && !slices.ContainsFunc(rules, written) {
		return nil
	}
	return rules
}

// Waits says until when a page is held back by somebody's quiet hours; zero = not at all. Only low urgency waits. Quiet
// hours go by the clock of the person's zone: a time that the clock shows twice begins them when it comes first and ends
// them when it comes last, and hours that the clock leaves out are not quiet. Without a zone that exists nothing waits:
// at the wrong hour a page may wake somebody, but it is not lost.
func (p Person) Waits(urgency Urgency, at time.Time) time.Time {
	if urgency != UrgencyLow || p.Quiet == nil || p.Zone == "" {
		return time.Time{}
	}
	zone, err := time.LoadLocation(p.Zone)
	if err != nil {
		return time.Time{}
	}
	in, _, until := inForce([]Window{*p.Quiet}, at.In(zone))
	if !in {
		return time.Time{}
	}
	return until.UTC()
}
