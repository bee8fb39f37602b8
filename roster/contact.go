package roster

import (
	"fmt"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/oncall"
)

// Bounds of contact rules.
const (
	mostRules = 20
	mostAfter = 24 * time.Hour
)

// fileContact is how somebody wants to be told.
type fileContact struct {
	At   place      `json:"-"`
	High []fileRule `json:"high,omitempty" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"Of a page of high urgency: one attempt after another until somebody acknowledges."`
	Low  []fileRule `json:"low,omitempty" jsonschema:"minItems=1,maxItems=20" jsonschema_description:"Of a page of low urgency."`
}

// fileRule is one attempt.
type fileRule struct {
	At    place    `json:"-"`
	Via   ways     `json:"via" jsonschema_description:"call, sms, slack, email; a list is all of them at once."`
	After duration `json:"after,omitempty" jsonschema_description:"How long after the beginning of the page, for example 2m. Default: at once."`
}

// fileQuiet is a time of day.
type fileQuiet struct {
	At   place     `json:"-"`
	From clockTime `json:"from" jsonschema_description:"Begin, 24 hours, in the person's zone."`
	To   clockTime `json:"to" jsonschema_description:"End; on the day after where it is not later than from."`
}

// ways are one way to tell somebody or several, in the order of the file.
type ways []way

// way is one of them.
type way struct {
	oncall.Way
	at place
}

func (v *ways) fromNode(d *decoder, n *yaml.Node, what string) {
	words := wordsOf(n)
	if len(words) == 0 {
		d.fault(placeOf(n), "name at least one of call, sms, slack and email, or remove the rule", "%s is empty", what)
		return
	}
	for _, word := range words {
		var t text
		d.value(word, reflectOf(&t), what)
		w := way{Way: oncall.Way(t.value), at: t.at}
		switch {
		case !t.given():
		case !slices.Contains(oncall.Ways(), w.Way):
			d.fault(t.at, meant(t.value, []string{"call", "sms", "slack", "email"}), "%s cannot be %s", what, quoted(t.value))
		case slices.ContainsFunc(*v, func(known way) bool { return known.Way == w.Way }):
			d.fault(t.at, "keep one", "%s: %s stands here twice", what, w.Way)
		default:
			*v = append(*v, w)
		}
	}
}

// contact checks somebody's rules.
func (b *builder) contact(f *fileContact, p oncall.Person, who string) oncall.Contact {
	if f == nil {
		return oncall.Contact{}
	}
	what := who + ".contact"
	if f.High == nil && f.Low == nil {
		b.fault(f.At, "give high, low or both, or remove the key", "%s says nothing", what)
	}
	if len(f.High) > 0 && f.High[0].After.length > 0 {
		b.fault(f.High[0].After.at, "remove after from the first rule: while nobody is told, the next level may be called",
			"%s.high begins only after %s", what, f.High[0].After.value)
	}
	return oncall.Contact{High: b.rules(f.High, p, what+".high"), Low: b.rules(f.Low, p, what+".low")}
}

// rules checks the rules for one urgency.
func (b *builder) rules(list []fileRule, p oncall.Person, what string) []oncall.ContactRule {
	if len(list) > 0 {
		b.atMost(list[0].At, what, len(list), mostRules)
	}
	var rules []oncall.ContactRule
	for i, r := range list {
		own, rule := fmt.Sprintf("%s[%d]", what, i), oncall.ContactRule{After: r.After.length}
		if r.After.length > mostAfter {
			b.fault(r.After.at, "at most 24h", "%s.after: a page does not wait for %s", own, r.After.value)
		}
		if i > 0 && r.After.length >= 0 && r.After.length < list[i-1].After.length {
			b.fault(r.At, "put the rules in the order of their times; each is counted from the beginning of the page",
				"%s comes before the rule that stands before it", own)
		}
		for _, w := range r.Via {
			if !p.Reached(w.Way) {
				missing, remedy := addressOf(w.Way)
				b.fault(w.at, remedy, "%s: there is no %s for %s", own, missing, w.Way)
			}
			rule.Via = append(rule.Via, w.Way)
		}
		rules = append(rules, rule)
	}
	return rules
}

// addressOf names what a way needs, and what to do where it is missing.
func addressOf(w oncall.Way) (missing, remedy string) {
	switch w {
	case oncall.WaySlack:
		return "Slack id and no e-mail address", "add email, or slack: U…"
	case oncall.WayEmail:
		return "e-mail address", "add email"
	case oncall.WayCall, oncall.WaySMS:
	}
	return "telephone number", "add phone: \"+…\""
}

// quiet checks somebody's quiet hours. Their zone must be written down: by another one they would be at another time.
func (b *builder) quiet(p filePerson, who string) *oncall.Window {
	if p.Quiet == nil {
		return nil
	}
	q, what := p.Quiet, who+".quiet"
	if !p.Zone.given() {
		b.fault(q.At, "add the person's zone, for example zone: Europe/Berlin", "%s needs a zone", what)
	}
	if q.From.given() && q.To.given() && q.From.time == q.To.time {
		b.fault(q.From.at, "leave some of the day; whoever wants no pages of low urgency is not put on their policies",
			"%s is the whole day: pages of low urgency would wait for ever", what)
	}
	return &oncall.Window{From: q.From.time, To: q.To.time}
}
