package rehearsal

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/expression"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/runbooks"
)

// Failure is an expectation that a play has not met, with its place in the test.
type Failure struct {
	runbooks.Mark
	Text string
}

// Check compares a play with what its test expects, and with what its script says of its own acts.
func (r *Result) Check() []Failure {
	c := checker{result: r, summary: r.Summary()}
	for _, f := range r.Faults {
		c.fail(f.Mark, "%s", f.Text)
	}
	if e := r.Script.Expect; e != nil {
		c.steps(e)
		c.severity(e.Severity)
		c.paged(e)
		c.messages(e.Messages)
		c.never(e.Never)
		c.bound("the first page", e.FirstPage, c.summary.FirstPage, "")
		c.bound("the acknowledgement", e.Acknowledged, c.summary.Acknowledged, c.summary.By)
		c.waits(e.Waits)
		c.ends(e.Ends)
	}
	return c.failures
}

// checker collects what is not met.
type checker struct {
	result   *Result
	summary  Summary
	failures []Failure
}

func (c *checker) fail(m runbooks.Mark, format string, args ...any) {
	c.failures = append(c.failures, Failure{Mark: m, Text: fmt.Sprintf(format, args...)})
}

// steps compares the states in which steps are in the end. Of several turns of a loop all must be in it.
func (c *checker) steps(e *runbooks.Expect) {
	for _, want := range e.Steps {
		found := map[string]bool{}
		for _, line := range c.result.Final.Steps {
			if line.Address == want.Step || runbooks.WithoutItems(line.Address) == want.Step {
				found[cmp.Or(string(line.State), "pending")] = true
			}
		}
		if len(found) != 1 || !found[want.State] {
			states := slices.Sorted(maps.Keys(found))
			if len(states) == 0 { // a step inside of what was never begun has no state of its own
				if want.State == "pending" {
					continue
				}
				states = []string{"never reached"}
			}
			c.fail(want.Mark, "%s is %s, want %s", want.Step, strings.Join(states, " and "), want.State)
		}
	}
}

func (c *checker) severity(want *runbooks.Word) {
	if want != nil && string(c.summary.Severity) != want.Text {
		c.fail(want.Mark, "the severity is %s in the end, want %s", cmp.Or(string(c.summary.Severity), "not set"), want.Text)
	}
}

// contact is the first time that somebody was called or texted, and the first time in each way.
type contact struct {
	who  oncall.PersonID
	name string
	at   time.Duration
	via  []string // in the order of their first time
	ways map[string]time.Duration
}

// contacts lists everybody who was called or written to, in the order of their first time.
func (r *Result) contacts() []contact {
	var out []contact
	for _, a := range r.Acts {
		via := map[string]string{"call": "call", "text": "sms", "dm": "slack", "mail": "email"}[a.Kind]
		if via == "" {
			continue
		}
		at := a.At.Sub(r.Final.Incident.DeclaredAt)
		n := slices.IndexFunc(out, func(known contact) bool { return known.who == a.Who })
		if n < 0 {
			out = append(out, contact{who: a.Who, name: r.heard(a), at: at, ways: map[string]time.Duration{}})
			n = len(out) - 1
		}
		if _, known := out[n].ways[via]; !known {
			out[n].via = append(out[n].via, via)
			out[n].ways[via] = at
		}
	}
	return out
}

// is says whether a contact is meant by a word: a person's id or name, or a name under which the person was found.
func (r *Result) is(k contact, word string) bool { return k.name == word || r.goesBy(k.who, word) }

// goesBy says whether a word is a person's id, or a name under which the person was found.
func (r *Result) goesBy(who oncall.PersonID, word string) bool {
	return string(who) == word || slices.Contains(r.names[who], word)
}

// paged compares who was called, in order; nobody else may have been.
func (c *checker) paged(e *runbooks.Expect) {
	got := c.result.contacts()
	for _, word := range e.NotPaged {
		for _, k := range got {
			if c.result.is(k, word.Text) {
				c.fail(word.Mark, "%s was called after %s, and should not have been", word.Text, spoken(k.at))
			}
		}
	}
	if !e.PagedChecked {
		return
	}
	names := make([]string, 0, len(got))
	for _, k := range got {
		names = append(names, k.name)
	}
	left := slices.Clone(got)
	for n, want := range e.Paged {
		at := slices.IndexFunc(left, func(k contact) bool { return c.result.is(k, want.Who) })
		if at < 0 || left[at].at-left[0].at >= atOnce { // those who are called at once have no order
			c.fail(want.Mark, "called were, in this order: %s; want %s in place %d", orNobody(names), want.Who, n+1)
			return
		}
		c.called(want, left[at])
		left = slices.Delete(left, at, at+1)
	}
	if len(left) > 0 {
		c.fail(e.PagedAt, "called were, in this order: %s; nobody after place %d is expected", orNobody(names), len(e.Paged))
	}
}

// called compares when and how somebody was called: a message in time is no call in time.
func (c *checker) called(want runbooks.PersonPaged, got contact) {
	at, reached := got.ways[want.Via]
	if want.Via == "" {
		at, reached = got.at, true
	}
	if !reached {
		c.fail(want.Mark, "%s was reached by %s, want %s", want.Who, strings.Join(got.via, " and "), want.Via)
	} else if late := outside(at, want.Within, want.After); late != "" {
		c.fail(want.Mark, "%s was called %s", want.Who, late)
	}
}

// outside says in words how a span lies outside of its bounds; "" = it does not. A bound of 0 is none. It counts whole
// seconds, as the summary does.
func outside(got, within, after time.Duration) string {
	got = got.Round(time.Second)
	switch {
	case within > 0 && got > within:
		return fmt.Sprintf("after %s, want at most %s", spoken(got), spoken(within))
	case got < after:
		return fmt.Sprintf("after %s, want not before %s", spoken(got), spoken(after))
	}
	return ""
}

// orNobody lists names.
func orNobody(names []string) string {
	if len(names) == 0 {
		return "nobody"
	}
	return strings.Join(names, ", ")
}

// spoken is a span as runbooks write it; what is shorter than a second counts as none.
func spoken(d time.Duration) string { return expression.FormatDuration(d.Round(time.Second)) }

// messages finds each text, each after the one before.
func (c *checker) messages(wanted []runbooks.MessageExpected) {
	from := 0
	for _, want := range wanted {
		n := slices.IndexFunc(c.result.Acts[from:], func(a memory.Line) bool { return saidTo(a, want) })
		if n < 0 {
			c.fail(want.Mark, "nobody said %q%s%s", want.Text, prefixed(" to ", want.To), afterAnother(from))
			continue
		}
		from += n + 1
		if late := outside(c.result.Acts[from-1].At.Sub(c.result.Final.Incident.DeclaredAt), want.Within, 0); late != "" {
			c.fail(want.Mark, "%q was said %s", want.Text, late)
		}
	}
}

// afterAnother says that the order counts, where it does.
func afterAnother(from int) string {
	if from == 0 {
		return ""
	}
	return " after the message before it"
}

// prefixed is a text behind a mark, or nothing.
func prefixed(mark, text string) string {
	if text == "" {
		return ""
	}
	return mark + text
}

// saidTo says whether an act says a text, to whom it is meant.
func saidTo(a memory.Line, want runbooks.MessageExpected) bool {
	to := map[string]string{"post": "room", "call": "call", "text": "sms", "update": a.Name}[a.Kind]
	return to != "" && (want.To == "" || want.To == to) && strings.Contains(a.Text, want.Text)
}

// never finds texts that nobody and nothing may say.
func (c *checker) never(words []runbooks.Word) {
	for _, word := range words {
		for _, a := range c.result.Acts {
			if strings.Contains(a.What, word.Text) {
				c.fail(word.Mark, "%q must not happen, and after %s: %s", word.Text, spoken(a.At.Sub(c.result.Start)), a.What)
				break
			}
		}
		for _, e := range c.result.Entries {
			if strings.Contains(e.Text, word.Text) {
				c.fail(word.Mark, "%q must not happen, and after %s: %s", word.Text, spoken(e.At.Sub(c.result.Start)), e.Text)
				break
			}
		}
	}
}

// bound compares when something happened, and who did it.
func (c *checker) bound(what string, want *runbooks.Bound, got *time.Duration, by string) {
	switch {
	case want == nil:
	case got == nil:
		c.fail(want.Mark, "%s never came", what)
	case outside(*got, want.Within, want.After) != "":
		c.fail(want.Mark, "%s came %s", what, outside(*got, want.Within, want.After))
	case want.By != "" && want.By != by && !c.result.goesBy(c.result.Final.Incident.AcknowledgedBy.Person, want.By):
		c.fail(want.Mark, "%s came from %s, want %s", what, by, want.By)
	}
}

// waits finds steps that still wait for people.
func (c *checker) waits(words []runbooks.Word) {
	for _, word := range words {
		if !slices.ContainsFunc(c.result.Final.Incident.OpenQuestions(), func(q *incident.Question) bool {
			return q.Step == word.Text || runbooks.WithoutItems(q.Step) == word.Text
		}) {
			c.fail(word.Mark, "%s does not wait for anybody in the end", word.Text)
		}
	}
}

// ends compares how the incident ended, and when.
func (c *checker) ends(want *runbooks.EndExpected) {
	if want == nil {
		return
	}
	got := cmp.Or(string(c.summary.Ending), runbooks.EndOpen)
	if got != want.State {
		c.fail(want.Mark, "the incident is %s in the end, want %s", got, want.State)
		return
	}
	if c.summary.Ended == nil {
		return
	}
	if late := outside(*c.summary.Ended, want.Within, want.After); late != "" {
		c.fail(want.Mark, "the incident ended %s", late)
	}
}
