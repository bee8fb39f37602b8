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
		out.Paged, out.PagedChecked = r.paged(e.value), true
	case "not_paged":
		out.NotPaged = r.marked(e.value, e.key)
	case "messages":
		for _, item := range r.many(e.value, e.key) {
			out.Messages = append(out.Messages, r.message(item))
		}
	case "never":
		out.Never = r.marked(e.value, e.key)
	case "first_page":
		out.FirstPage = r.bound(e.value, e.key, []string{"within", "after"})
	case "acknowledged":
		out.Acknowledged = r.bound(e.value, e.key, []string{"by", "within", "after"})
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
	entries, _ := r.entries(n, "paged")
	for _, e := range entries {
		switch e.key {
		case "who":
			out.Who = r.word(e.value, e.key)
		case "via":
			out.Via = r.oneOf(e.value, e.key, []string{string(ViaCall), string(ViaSMS)})
		case "within":
			out.Within = r.lasting(e.value, e.key)
		case "after":
			out.After = r.lasting(e.value, e.key)
		default:
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of paged", e.key), e.key, []string{"who", "via", "within", "after"})
		}
	}
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
	entries, _ := r.entries(n, "messages")
	for _, e := range entries {
		switch e.key {
		case "text":
			out.Text = r.word(e.value, e.key)
		case "to":
			out.To = r.word(e.value, e.key)
		case "within":
			out.Within = r.lasting(e.value, e.key)
		default:
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of a message", e.key), e.key, []string{"text", "to", "within"})
		}
	}
	r.needs(n, entries, "text", "a message needs text", "write text: a piece of what is said")
	return out
}

// bound reads when something must have happened, and by whom; true: at all.
func (r rehearsalReader) bound(n *yaml.Node, what string, keys []string) *Bound {
	out := &Bound{Mark: r.mark(n)}
	if isTrue(n) {
		return out
	}
	entries, ok := r.entries(n, what)
	if ok && len(entries) == 0 {
		r.report(n, Problem{Code: CodeEmpty, Message: what + " says nothing", Hint: "write true, or { within: 5m }"})
	}
	for _, e := range entries {
		switch {
		case !slices.Contains(keys, e.key):
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of %s", e.key, what), e.key, keys)
		case e.key == "by":
			out.By = r.word(e.value, e.key)
		case e.key == "within":
			out.Within = r.lasting(e.value, e.key)
		default:
			out.After = r.lasting(e.value, e.key)
		}
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
	entries, _ := r.entries(n, "ends")
	for _, e := range entries {
		switch e.key {
		case "state":
			out.State = r.oneOf(e.value, e.key, endStates())
		case "within":
			out.Within = r.lasting(e.value, e.key)
		case "after":
			out.After = r.lasting(e.value, e.key)
		default:
			r.unknown(e.keyNode, fmt.Sprintf("unknown key %q of ends", e.key), e.key, []string{"state", "within", "after"})
		}
	}
	r.needs(n, entries, "state", "ends needs state", "write state: resolved")
	r.possible(n, out.Within, out.After)
	if out.State == EndOpen && (out.Within != 0 || out.After != 0) {
		r.report(n, Problem{Code: CodeHollow, Message: "an incident that stays open has no time of its end", Hint: "remove within and after"})
	}
	return out
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
