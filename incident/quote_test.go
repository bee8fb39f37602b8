package incident_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
)

// message is what Ann has said in the room.
func message(id string) incident.Quote {
	return incident.Quote{Message: id, Author: "Ann", At: at(-5 * time.Minute), Link: "https://chat.example.com/p1"}
}

// quoted is the line of a message; 0 = there is none.
func quoted(i *incident.Incident, id string) int {
	for _, e := range i.Timeline {
		if e.Quote != nil && e.Quote.Message == id {
			return e.Seq
		}
	}
	return 0
}

// lineOf is a line of the timeline by its number.
func lineOf(t *testing.T, i *incident.Incident, seq int) incident.Entry {
	t.Helper()
	for _, e := range i.Timeline {
		if e.Seq == seq {
			return e
		}
	}
	t.Fatalf("there is no line %d", seq)
	return incident.Entry{}
}

// TestPin: a message stands on the timeline once, however many pin it, and as long as one of them wants it there.
func TestPin(t *testing.T) {
	t.Parallel()
	ana, ben := person("ana"), person("ben")
	pin := func(by incident.Actor) func(*testing.T, *incident.Incident) string {
		return func(t *testing.T, i *incident.Incident) string {
			line, fresh, err := i.Pin(at(time.Minute), by, "the pool is exhausted", message("m1"))
			must(t, err)
			return fmt.Sprintf("%d %t", line, fresh)
		}
	}
	unpin := func(by incident.Actor) func(*testing.T, *incident.Incident) string {
		return func(_ *testing.T, i *incident.Incident) string { return i.Unpin(at(2*time.Minute), by, "m1") }
	}
	withdraw := func(by incident.Actor) func(*testing.T, *incident.Incident) string {
		return func(t *testing.T, i *incident.Incident) string {
			must(t, i.Withdraw(at(3*time.Minute), by, 2))
			return ""
		}
	}
	tests := []struct {
		name  string
		do    []func(*testing.T, *incident.Incident) string
		says  string // of the last one
		lines []string
	}{
		{name: "once", do: []func(*testing.T, *incident.Incident) string{pin(ana)}, says: "2 true", lines: []string{"«the pool is exhausted» – Ann, 02:02:00 UTC"}},
		{name: "twice", do: []func(*testing.T, *incident.Incident) string{pin(ana), pin(ana)}, says: "2 false", lines: []string{"«the pool is exhausted» – Ann, 02:02:00 UTC"}},
		{name: "by two", do: []func(*testing.T, *incident.Incident) string{pin(ana), pin(ben)}, says: "2 false", lines: []string{"«the pool is exhausted» – Ann, 02:02:00 UTC"}},
		{
			name: "one of two takes it back", do: []func(*testing.T, *incident.Incident) string{pin(ana), pin(ben), unpin(ana)},
			says: "line 2 stays: Ben has pinned it too", lines: []string{"«the pool is exhausted» – Ann, 02:02:00 UTC"},
		},
		{
			name: "both take it back", do: []func(*testing.T, *incident.Incident) string{pin(ana), pin(ben), unpin(ana), unpin(ben)},
			says:  "line 2 is withdrawn",
			lines: []string{"a message of Ann that Ana had pinned was withdrawn by Ben", "Ben withdraws line 2, a message of Ann that Ana had pinned"},
		},
		{
			name: "twice and one takes it back", do: []func(*testing.T, *incident.Incident) string{pin(ana), pin(ana), unpin(ana)},
			says: "line 2 is withdrawn", lines: []string{"a message of Ann was withdrawn by Ana", "Ana withdraws line 2, a message of Ann"},
		},
		{
			name: "taken back twice", do: []func(*testing.T, *incident.Incident) string{pin(ana), unpin(ana), unpin(ana)},
			says: "that message is not on the timeline", lines: []string{"a message of Ann was withdrawn by Ana", "Ana withdraws line 2, a message of Ann"},
		},
		{
			name: "taken back by somebody else", do: []func(*testing.T, *incident.Incident) string{pin(ana), unpin(ben)},
			says: "line 2 stays: others have pinned it, and you have not", lines: []string{"«the pool is exhausted» – Ann, 02:02:00 UTC"},
		},
		{name: "taken back before", do: []func(*testing.T, *incident.Incident) string{unpin(ana)}, says: "that message is not on the timeline"},
		{
			name: "withdrawn by its number", do: []func(*testing.T, *incident.Incident) string{pin(ana), pin(ben), withdraw(ben)},
			lines: []string{"a message of Ann that Ana had pinned was withdrawn by Ben", "Ben withdraws line 2, a message of Ann that Ana had pinned"},
		},
		{
			name: "pinned again", do: []func(*testing.T, *incident.Incident) string{pin(ana), withdraw(ana), pin(ana)}, says: "4 true",
			lines: []string{
				"a message of Ann was withdrawn by Ana", "Ana withdraws line 2, a message of Ann", "«the pool is exhausted» – Ann, 02:02:00 UTC",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i, says := declared(), ""
			for _, do := range tt.do {
				says = do(t, i)
			}
			var lines []string
			for _, e := range i.Timeline[1:] {
				lines = append(lines, e.Sentence())
			}
			if says != tt.says {
				t.Errorf("says %q, want %q", says, tt.says)
			}
			if diff := cmp.Diff(tt.lines, lines); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if strings.Contains(frozen(t, i), "pool") != strings.Contains(strings.Join(tt.lines, ""), "pool") {
				t.Errorf("words that were withdrawn are still there: %s", frozen(t, i))
			}
		})
	}
}

// TestPinRefuses what is no message.
func TestPinRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		quote      incident.Quote
		want       string // empty: it is taken
	}{
		{name: "a message", text: "x", quote: message("m")},
		{name: "of nobody", text: "x", quote: incident.Quote{Message: "m"}},
		{name: "no words", text: " \n", quote: message("m"), want: "says nothing"},
		{name: "no id", text: "x", quote: incident.Quote{Author: "Ann"}, want: "which message"},
		{name: "a long id", text: "x", quote: message(strings.Repeat("m", 201)), want: "which message"},
		{name: "no web address", text: "x", quote: incident.Quote{Message: "m", Link: "javascript:alert(1)"}, want: "no web address"},
		{name: "a long address", text: "x", quote: incident.Quote{Message: "m", Link: "https://" + strings.Repeat("a", 1000)}, want: "more than 1000 bytes"},
		{name: "after all years", text: "x", quote: incident.Quote{Message: "m", At: time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", -3600))}, want: "no time that can be written"},
		{name: "before all years", text: "x", quote: incident.Quote{Message: "m", At: time.Date(0, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))}, want: "no time that can be written"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			before := frozen(t, i)
			_, _, err := i.Pin(start, person("ana"), tt.text, tt.quote)
			switch {
			case tt.want == "" && err != nil:
				t.Error(err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("got %v, want %s", err, tt.want)
			case tt.want != "" && frozen(t, i) != before:
				t.Error("a refusal has changed something")
			}
		})
	}
}

// TestPinIsBounded: neither long words nor many people make a line too large.
func TestPinIsBounded(t *testing.T) {
	t.Parallel()
	i := declared()
	q := message("m")
	q.Author = strings.Repeat("A", 5000)
	for n := range 200 {
		_, _, err := i.Pin(start, visitor(fmt.Sprintf("visitor %d", n), ""), strings.Repeat("語", 5000), q)
		must(t, err)
	}
	e := lineOf(t, i, 2)
	if len(i.Timeline) != 2 || len(e.Text) > longest || len(e.Quote.Author) > 100 || len(e.Quote.Pins) != 50 {
		t.Errorf("%d lines, %d bytes, an author of %d, %d pins", len(i.Timeline), len(e.Text), len(e.Quote.Author), len(e.Quote.Pins))
	}
}

// TestWithdraw: a person's own words can be taken away, what happened cannot.
func TestWithdraw(t *testing.T) {
	t.Parallel()
	ana := person("ana")
	log := func(e incident.Entry) func(*testing.T, *incident.Incident) {
		return func(_ *testing.T, i *incident.Incident) { i.Log(start, e) }
	}
	tests := []struct {
		name   string
		before func(*testing.T, *incident.Incident)
		line   int
		want   string // the line, or the refusal
	}{
		{
			name: "a note", line: 2, want: "a note of Ana was withdrawn by Ben",
			before: func(t *testing.T, i *incident.Incident) {
				must(t, i.Note(start, ana, "Ana knows the password: hunter2"))
			},
		},
		{
			name: "a message", line: 2, want: "a message of Ann that Ana had pinned was withdrawn by Ben",
			before: func(t *testing.T, i *incident.Incident) {
				_, _, err := i.Pin(start, ana, "the password is hunter2", message("m"))
				must(t, err)
			},
		},
		{name: "a note from before", line: 2, want: "a note of Ana was withdrawn by Ben", before: log(incident.Entry{Kind: incident.EntryNote, By: ana, Text: "hunter2"})},
		{name: "an act", line: 2, want: "line 2 cannot be withdrawn: it says what happened (note)", before: log(incident.Entry{Kind: incident.EntryNote, By: ana, Text: "Ana pauses the runbook"})},
		{name: "evidence", line: 2, want: "line 2 cannot be withdrawn", before: log(incident.Entry{Kind: incident.EntryNote, Step: "evidence/1", Text: "evidence: x"})},
		{name: "the runbook's", line: 2, want: "line 2 cannot be withdrawn", before: log(incident.Entry{Kind: incident.EntryNote, By: incident.RunbookActor(), Text: "x"})},
		{name: "what happened", line: 1, want: "line 1 cannot be withdrawn: it says what happened (declared)"},
		{name: "zero", line: 0, want: "there is no line 0; the newest is 1"},
		{name: "negative", line: -3, want: "there is no line -3"},
		{name: "the future", line: 9, want: "there is no line 9; the newest is 1"},
		{
			name: "twice", line: 2, want: "line 2 is withdrawn already",
			before: func(t *testing.T, i *incident.Incident) {
				must(t, i.Note(start, ana, "x"))
				must(t, i.Withdraw(start, ana, 2))
			},
		},
		{
			name: "a withdrawal", line: 3, want: "line 3 cannot be withdrawn",
			before: func(t *testing.T, i *incident.Incident) {
				must(t, i.Note(start, ana, "x"))
				must(t, i.Withdraw(start, ana, 2))
			},
		},
		{
			name: "left out", line: 1000, want: "line 1000 is left out: the timeline had grown too long",
			before: func(t *testing.T, i *incident.Incident) {
				for range 4000 {
					must(t, i.Note(start, ana, "x"))
				}
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			if tt.before != nil {
				tt.before(t, i)
			}
			before := frozen(t, i)
			err := i.Withdraw(at(time.Hour), person("ben"), tt.line)
			var refusal *incident.Refusal
			if errors.As(err, &refusal) {
				if !strings.Contains(refusal.What, tt.want) {
					t.Errorf("refused with %q, want %q", refusal.What, tt.want)
				}
				if frozen(t, i) != before {
					t.Error("a refusal has changed something")
				}
				return
			}
			must(t, err)
			e, last := lineOf(t, i, tt.line), i.Timeline[len(i.Timeline)-1]
			if e.Text != tt.want || !e.Withdrawn || e.Quote != nil || strings.Contains(frozen(t, i), "hunter2") {
				t.Errorf("the line is %+v", e)
			}
			if last.Withdraws != tt.line || last.By != person("ben") || !last.At.Equal(at(time.Hour)) {
				t.Errorf("the newest line is %+v", last)
			}
		})
	}
}

// TestSentenceSaysWhen: with the day, where it was said on another one.
func TestSentenceSaysWhen(t *testing.T) {
	t.Parallel()
	tests := []struct {
		said time.Time
		want string
	}{
		{said: time.Time{}, want: "«x» – Ann"},
		{said: start.Add(-time.Hour), want: "«x» – Ann, 01:07:00 UTC"},
		{said: start.Add(-time.Hour).In(time.FixedZone("CET", 3600)), want: "«x» – Ann, 01:07:00 UTC"},
		{said: start.Add(-3 * time.Hour), want: "«x» – Ann, 2026-07-13 23:07:00 UTC"},
	}
	for _, tt := range tests {
		e := incident.Entry{At: start, Text: "x", Quote: &incident.Quote{Author: "Ann", At: tt.said}}
		if got := e.Sentence(); got != tt.want {
			t.Errorf("%s is told as %q, want %q", tt.said, got, tt.want)
		}
	}
}
