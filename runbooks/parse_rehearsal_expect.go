package runbooks

import (
	"fmt"
	"slices"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
)

// EndOpen is the state of an incident that must not have ended.
const EndOpen = "open"

// endStates lists how an incident may be expected to end.
func endStates() []string { return append(endings(), string(incident.Cancelled), EndOpen) }

// expectKeys lists what can be expected.
func expectKeys() []string {
	return []string{
		"steps", "severity", "paged", "not_paged", "messages", "never", "first_page", "acknowledged", "waits", "ends",
	}
}

// expect reads what must come of a rehearsal.
func (r rehearsalReader) expect(n *yaml.Node) *Expect {
	out := &Expect{Mark: r.mark(n)}
	entries, ok := r.entries(n, "expect")
	if ok && len(entries) == 0 {
		r.report(n, Problem{Code: CodeHollow, Message: "a check that cannot fail: nothing is expected", Hint: "write ends: resolved, or what must come of it"})
	}
	for _, e := range entries {
		r.expectKey(out, e)
	}
	r.contradictions(out)
	return out
}

// expectKey reads one thing that is expected.
func (r rehearsalReader) expectKey(out *Expect, e entry) {
	switch e.key {
	case "steps":
		out.Steps = r.stepsExpected(e.value)
	case "severity":
		out.Severity = &Word{r.mark(e.value), r.word(e.value, e.key)}
	case "paged":
		out.Paged, out.PagedChecked, out.PagedAt = r.paged(e.value), true, r.mark(e.keyNode)
	case "not_paged":
		out.NotPaged = r.marked(e.value, e.key)
	case "messages":
		for _, item := range r.many(e.value, e.key) {
			out.Messages = append(out.Messages, r.message(item))
		}
	case "never":
		out.Never = r.marked(e.value, e.key)
	case "first_page":
		out.FirstPage = r.bound(e.value, e.key, false)
	case "acknowledged":
		out.Acknowledged = r.bound(e.value, e.key, true)
	case "waits":
		out.Waits = r.marked(e.value, e.key)
	case "ends":
		out.Ends = r.ends(e.value)
	default:
		r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of expect", e.key), e.key, expectKeys())
	}
}

// contradictions reports people who must be called and must not.
func (r rehearsalReader) contradictions(out *Expect) {
	for _, not := range out.NotPaged {
		i := slices.IndexFunc(out.Paged, func(p PersonPaged) bool { return p.Who == not.Text })
		if i >= 0 && not.Text != "" {
			r.reportAt(not.Mark, Problem{Code: CodeHollow, Message: fmt.Sprintf("a check that cannot pass: %s is in paged as well", not.Text), Hint: "keep one of them"})
		}
	}
}

// reportAt is report for a place that was kept.
func (r rehearsalReader) reportAt(at Mark, p Problem) {
	p.Line, p.Column = at.Line, at.Column
	r.report(&yaml.Node{}, p)
}

// stepsExpected reads the states of steps.
func (r rehearsalReader) stepsExpected(n *yaml.Node) []StepExpected {
	entries, ok := r.entries(n, "steps")
	if ok && len(entries) == 0 {
		r.report(n, Problem{Code: CodeEmpty, Message: "steps is empty and says nothing", Hint: "leave it out, or name a step"})
	}
	var out []StepExpected
	for _, e := range entries {
		state := r.oneOf(e.value, "steps."+e.key, StepStates())
		out = append(out, StepExpected{Mark: r.mark(e.keyNode), Step: e.key, State: state})
	}
	return out
}

// marked reads a list of texts, or one, with their places.
func (r rehearsalReader) marked(n *yaml.Node, what string) []Word {
	var out []Word
	for _, item := range r.many(n, what) {
		out = append(out, Word{r.mark(item), r.word(item, what)})
	}
	return out
}

// paged reads who must be called; an empty list means nobody.
func (r rehearsalReader) paged(n *yaml.Node) []PersonPaged {
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items, _ = r.items(n, "paged")
	}
	var out []PersonPaged
	for _, item := range items {
		out = append(out, r.personPaged(item))
	}
	return out
}

// personPaged reads a name, or a name with how and when.
func (r rehearsalReader) personPaged(n *yaml.Node) PersonPaged {
	out := PersonPaged{Mark: r.mark(n)}
	if n.Kind != yaml.MappingNode {
		out.Who = r.word(n, "paged")
		return out
	}
	entries := r.record(n, "paged", "paged",
		part{"who", func(e entry) { out.Who = r.word(e.value, e.key) }},
		part{"via", func(e entry) { out.Via = r.oneOf(e.value, e.key, reachedVia()) }},
		r.limit("within", &out.Within), r.limit("after", &out.After))
	r.needs(n, entries, "who", "paged needs who", "write who: a person, schedule or team")
	r.possible(n, out.Within, out.After)
	return out
}

// message reads a text, or a text with where and when.
func (r rehearsalReader) message(n *yaml.Node) MessageExpected {
	out := MessageExpected{Mark: r.mark(n)}
	if n.Kind != yaml.MappingNode {
		out.Text = r.word(n, "messages")
		return out
	}
	entries := r.record(n, "messages", "a message",
		part{"text", func(e entry) { out.Text = r.word(e.value, e.key) }},
		part{"to", func(e entry) { out.To = r.word(e.value, e.key) }},
		r.limit("within", &out.Within))
	r.needs(n, entries, "text", "a message needs text", "write text: a piece of what is said")
	return out
}

// bound reads when something must have happened, and by whom where that is asked; true: at all.
func (r rehearsalReader) bound(n *yaml.Node, what string, byWhom bool) *Bound {
	out := &Bound{Mark: r.mark(n)}
	if isTrue(n) {
		return out
	}
	parts := []part{r.limit("within", &out.Within), r.limit("after", &out.After)}
	if byWhom {
		parts = append([]part{{"by", func(e entry) { out.By = r.word(e.value, e.key) }}}, parts...)
	}
	if entries := r.record(n, what, what, parts...); entries != nil && len(entries) == 0 {
		r.report(n, Problem{Code: CodeEmpty, Message: what + " says nothing", Hint: "write true, or { within: 5m }"})
	}
	r.possible(n, out.Within, out.After)
	return out
}

// ends reads how the incident must end: a state, or a state with when.
func (r rehearsalReader) ends(n *yaml.Node) *EndExpected {
	out := &EndExpected{Mark: r.mark(n)}
	if n.Kind != yaml.MappingNode {
		out.State = r.oneOf(n, "ends", endStates())
		return out
	}
	entries := r.record(n, "ends", "ends",
		part{"state", func(e entry) { out.State = r.oneOf(e.value, e.key, endStates()) }},
		r.limit("within", &out.Within), r.limit("after", &out.After))
	r.needs(n, entries, "state", "ends needs state", "write state: resolved")
	r.possible(n, out.Within, out.After)
	if out.State == EndOpen && (out.Within != 0 || out.After != 0) {
		r.report(n, Problem{Code: CodeHollow, Message: "an incident that stays open has no time of its end", Hint: "remove within and after"})
	}
	return out
}

// part is one key of a record, and how its value is read.
type part struct {
	key  string
	read func(entry)
}

// limit is a part that is a span of time.
func (r rehearsalReader) limit(key string, into *time.Duration) part {
	return part{key, func(e entry) { *into = r.lasting(e.value, e.key) }}
}

// record reads key: value pairs that have these parts and no others; what names the place, and of the thing that has
// the keys. It gives the entries; nil where there are no pairs.
func (r rehearsalReader) record(n *yaml.Node, what, of string, parts ...part) []entry {
	entries, ok := r.entries(n, what)
	if !ok {
		return nil
	}
	keys := make([]string, 0, len(parts))
	for _, p := range parts {
		keys = append(keys, p.key)
	}
	for _, e := range entries {
		if i := slices.Index(keys, e.key); i >= 0 {
			parts[i].read(e)
		} else {
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of %s", e.key, of), e.key, keys)
		}
	}
	return append([]entry{}, entries...)
}

// needs reports a key that is not there.
func (r rehearsalReader) needs(n *yaml.Node, entries []entry, key, message, hint string) {
	if !slices.ContainsFunc(entries, func(e entry) bool { return e.key == key }) {
		r.report(n, Problem{Code: CodeEmpty, Message: message, Hint: hint})
	}
}

// possible reports bounds between which nothing can happen.
func (r rehearsalReader) possible(n *yaml.Node, within, after time.Duration) {
	if within != 0 && after > within {
		r.report(n, Problem{Code: CodeHollow, Message: fmt.Sprintf("a check that cannot pass: not before %s and within %s", expression.FormatDuration(after), expression.FormatDuration(within)), Hint: "after is the earlier of the two"})
	}
}
