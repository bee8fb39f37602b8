package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/musterbook/musterbook/runbooks"
)

// Expectation is one thing that a test expects, in words, and whether the play has met it.
type Expectation struct {
	Text string `json:"text"`
	Met  bool   `json:"met"`
}

// Expected lists what a test expects, in the order in which people read it.
func (r *Result) Expected(failures []Failure) []Expectation {
	e := r.Script.Expect
	if e == nil {
		return nil
	}
	l := expectedList{failures: failures}
	for n, p := range e.Paged {
		l.add(p.Mark, "called %d.: %s%s%s%s", n+1, p.Who, prefixed(" by ", p.Via), span(" within ", p.Within), span(" not before ", p.After))
	}
	if e.PagedChecked {
		l.add(e.PagedAt, "nobody else is called")
	}
	for _, w := range e.NotPaged {
		l.add(w.Mark, "not called: %s", w.Text)
	}
	l.bound("first page", e.FirstPage)
	l.bound("acknowledged", e.Acknowledged)
	for _, m := range e.Messages {
		l.add(m.Mark, "said%s: “%s”%s", prefixed(" to ", m.To), m.Text, span(" within ", m.Within))
	}
	for _, w := range e.Never {
		l.add(w.Mark, "never: “%s”", w.Text)
	}
	for _, s := range e.Steps {
		l.add(s.Mark, "%s is %s", s.Step, s.State)
	}
	for _, w := range e.Waits {
		l.add(w.Mark, "%s waits", w.Text)
	}
	if e.Severity != nil {
		l.add(e.Severity.Mark, "severity %s", e.Severity.Text)
	}
	if e.Ends != nil {
		l.add(e.Ends.Mark, "ends %s%s%s", e.Ends.State, span(" within ", e.Ends.Within), span(" not before ", e.Ends.After))
	}
	return l.out
}

// expectedList collects expectations.
type expectedList struct {
	failures []Failure
	out      []Expectation
}

func (l *expectedList) add(m runbooks.Mark, format string, args ...any) {
	failed := slices.ContainsFunc(l.failures, func(f Failure) bool { return f.Mark == m })
	l.out = append(l.out, Expectation{Text: fmt.Sprintf(format, args...), Met: !failed})
}

func (l *expectedList) bound(what string, b *runbooks.Bound) {
	if b != nil {
		l.add(b.Mark, "%s", strings.TrimSpace(what+prefixed(" by ", b.By)+span(" within ", b.Within)+span(" not before ", b.After)))
	}
}

// span is a bound in words, or nothing.
func span(words string, d time.Duration) string {
	if d == 0 {
		return ""
	}
	return words + spoken(d)
}
