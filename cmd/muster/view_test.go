package main

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
)

// began is the beginning of every timeline in these tests.
func began() time.Time { return time.Date(2026, 3, 2, 23, 59, 50, 0, time.UTC) }

// nightOf is a timeline with one entry of most kinds, over a minute and midnight.
func nightOf() []incident.Entry {
	runbook := incident.RunbookActor()
	alerts := incident.Actor{Name: "alertmanager", Door: incident.DoorAlert, Verified: true}
	ben := incident.Actor{Person: "ben", Name: "Ben Ito", Door: incident.DoorPhone, Verified: true}
	cem := incident.Actor{Person: "cem", Name: "Cem Kaya", Door: incident.DoorCLI, Login: "root"}
	entries := []incident.Entry{
		{Kind: incident.EntryDeclared, By: alerts, Text: "declared · payments · error rate above 5 percent · severity not set"},
		{Kind: incident.EntryAlert, By: alerts, Text: "HighErrorRate: error rate above 5 percent · firing"},
		{Kind: incident.EntryPhase, By: runbook, Text: "identification"},
		{Kind: incident.EntryRoom, By: runbook, Text: "#inc-1-payments opened"},
		{Kind: incident.EntryCall, By: runbook, Step: "first", Text: "calling Ana Ruiz (payments-oncall since Mon 09:00)"},
		{Kind: incident.EntryEscalate, By: runbook, Step: "first", Text: "no answer; calling commander (level 2, round 1)"},
		{Kind: incident.EntryAcknowledged, By: ben, Text: "Ben Ito acknowledged after 5.1s"},
		{Kind: incident.EntrySeverity, By: cem, Text: "Cem Kaya sets SEV1"},
		{Kind: incident.EntryQuestion, By: runbook, Step: "stop", Text: "commander: What stops the bleeding? [Roll back] [Fail over]"},
		{Kind: incident.EntryNote, By: cem, Text: "The deploy of 23:40 removed an index.\nRolling back."},
		{Kind: incident.EntryNote, By: runbook, Text: "Rollback of payments approved"},
		{Kind: incident.EntryNote, By: ben, Text: "Ben Ito pauses the runbook"},
		{Kind: incident.EntryProblem, By: runbook, Text: "chat cannot be reached; it is told later, the incident goes on: post the message: connection refused by the proxy in front of it"},
		{Kind: incident.EntryPhase, By: runbook, Text: "lessons_learned"},
		{Kind: incident.EntryEnded, By: runbook, Text: "resolved"},
	}
	at := []float64{0.04, 0.04, 0.1, 0.31, 0.4, 3.49, 5.1, 9.96, 12, 61.5, 99.94, 99.95, 99.96, 3723, 190000}
	for n := range entries {
		entries[n].Seq, entries[n].At = n+1, began().Add(time.Duration(at[n]*1000)*time.Millisecond)
	}
	return entries
}

func TestViewShowsTimePassed(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := newView(&out, began())
	for _, e := range nightOf() {
		v.Entry(e)
	}
	want := `
    0.0 s  declared      payments · error rate above 5 percent · severity not set
    0.0 s  alert         alertmanager · HighErrorRate: error rate above 5 percent · firing

    0.1 s  phase         ── identification
    0.3 s  room          #inc-1-payments opened
    0.4 s  call          calling Ana Ruiz (payments-oncall since Mon 09:00)
    3.5 s  escalate      no answer; calling commander (level 2, round 1)
    5.1 s  acknowledged  Ben Ito acknowledged after 5.1s
   10.0 s  severity      Cem Kaya sets SEV1 (unverified, login root)
   12.0 s  question      commander: What stops the bleeding? [Roll back] [Fail over] (step stop)
   61.5 s  note          Cem Kaya: The deploy of 23:40 removed an index.
                         Rolling back. (unverified, login root)
   99.9 s  note          Rollback of payments approved
   1m 39s  note          Ben Ito pauses the runbook
   1m 39s  problem       chat cannot be reached; it is told later, the incident goes on: post the
                         message: connection refused by the proxy in front of it

   1h 02m  phase         ── lessons learned
   2d 04h  ended         resolved
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestViewShowsTheClock(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := newView(&out, began()).UTC()
	for _, e := range nightOf()[5:9] {
		v.Entry(e)
	}
	want := `
                         Monday 2 March 2026, UTC
 23:59:53  escalate      no answer; calling commander (level 2, round 1)
 23:59:55  acknowledged  Ben Ito acknowledged after 5.1s
 23:59:59  severity      Cem Kaya sets SEV1 (unverified, login root)
                         Tuesday 3 March 2026, UTC
 00:00:02  question      commander: What stops the bleeding? [Roll back] [Fail over] (step stop)
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestViewMarksWhatIsSimulated(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := newView(&out, began())
	v.Simulated(began().Add(3300*time.Millisecond), "Ben", "hears “INC-1. Severity not set. Payments error rate above 5 percent. Press 1 to acknowledge.”")
	v.Simulated(began().Add(4*time.Second), "somebody with a long name", "presses 1")
	want := `
    3.3 s  ~ Ben         hears “INC-1. Severity not set. Payments error rate above 5 percent. Press
                         1 to acknowledge.”
    4.0 s  ~ somebody …  presses 1
`
	if diff := cmp.Diff(strings.TrimPrefix(want, "\n"), out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// ansi is a colour in a terminal's language.
var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

func TestColourSaysNothingMore(t *testing.T) {
	t.Parallel()
	v := newView(&bytes.Buffer{}, began())
	for _, e := range nightOf() {
		r := row{at: e.At, label: string(e.Kind), text: sentenceOf(e), style: styleOf(e.Kind)}
		v.colour = false
		plain := v.line(r)
		v.colour = true
		coloured := v.line(r)
		if diff := cmp.Diff(plain, ansi.ReplaceAllString(coloured, "")); diff != "" {
			t.Errorf("the coloured line has other words (-plain +coloured):\n%s", diff)
		}
		if !ansi.MatchString(coloured) {
			t.Errorf("%s: no colour in %q", e.Kind, coloured)
		}
	}
}

func TestViewNamesTheIncident(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := newView(&out, began())
	v.key = "INC-7"
	v.Entry(nightOf()[0])
	want := "    0.0 s  declared      INC-7 · payments · error rate above 5 percent · severity not set\n"
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestViewPipedHasNoColour(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	v := newView(&out, began())
	v.Title("A title")
	v.Table([][2]string{{"Gateway", "http://127.0.0.1:8080"}, {"UI", "http://127.0.0.1:8233"}})
	v.Entry(nightOf()[0])
	if strings.Contains(out.String(), "\x1b") {
		t.Errorf("escape sequences in what is piped: %q", out.String())
	}
	if !strings.Contains(out.String(), "\n  Gateway   http://127.0.0.1:8080\n  UI        http://127.0.0.1:8233\n") {
		t.Errorf("the table is not aligned:\n%s", out.String())
	}
}

// deaf is a writer that takes nothing.
type deaf struct{ times int }

func (d *deaf) Write([]byte) (int, error) {
	d.times++
	return 0, errors.New("the pipe is closed")
}

func TestViewKeepsTheFirstFault(t *testing.T) {
	t.Parallel()
	w := &deaf{}
	v := newView(w, began())
	for _, e := range nightOf() {
		v.Entry(e)
	}
	if v.Err() == nil || w.times != 1 {
		t.Errorf("error %v after %d writes, want one write and its error", v.Err(), w.times)
	}
}

func TestPlainText(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, text, want string }{
		{name: "escape sequence", text: "red\x1b[31m alert\x07", want: "red[31m alert"},
		{name: "cursor", text: "gone\r\x08forged", want: "goneforged"},
		{name: "C1", text: "a\u009b2Jb", want: "a2Jb"},
		{name: "direction", text: "a\u202eb\u2066c", want: "abc"},
		{name: "invisible", text: "pay\u200bments\ufeff", want: "payments"},
		{name: "broken UTF-8", text: "a\xffb", want: "a\ufffdb"},
		{name: "tab and line", text: "a\tb\nc", want: "a b\nc"},
		{name: "letters", text: "Übergang · 5 % → Größe 東京", want: "Übergang · 5 % → Größe 東京"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := plainText(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestPassed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		span time.Duration
		want string
	}{
		{0, "0.0 s"},
		{-1500 * time.Millisecond, "-1.5 s"},
		{99940 * time.Millisecond, "99.9 s"},
		{100 * time.Second, "1m 40s"},
		{time.Hour - time.Second, "59m 59s"},
		{time.Hour, "1h 00m"},
		{23*time.Hour + 59*time.Minute, "23h 59m"},
		{49 * time.Hour, "2d 01h"},
	}
	for _, tt := range tests {
		if got := passed(tt.span); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.span, got, tt.want)
		}
	}
}

func FuzzViewLine(f *testing.F) {
	for _, seed := range []string{
		"", "plain words", strings.Repeat("x", 300), "a\x1b[2Jb", "東京" + strings.Repeat("都", 90), "\n\n", " \t ", "a\u0301" + strings.Repeat("\u0301", 50),
	} {
		f.Add(seed, seed)
	}
	f.Fuzz(func(t *testing.T, label, text string) {
		v := newView(&bytes.Buffer{}, began())
		shown := v.line(row{at: began(), label: label, text: text})
		if !strings.HasSuffix(shown, "\n") {
			t.Fatalf("no line: %q", shown)
		}
		for n, line := range strings.Split(strings.TrimSuffix(shown, "\n"), "\n") {
			if lipgloss.Width(line) > widest {
				t.Errorf("line %d is %d cells wide: %q", n, lipgloss.Width(line), line)
			}
			if n > 0 && line != "" && !strings.HasPrefix(line, strings.Repeat(" ", textColumn)) {
				t.Errorf("line %d is not indented: %q", n, line)
			}
			if plainText(line) != line {
				t.Errorf("line %d holds what cannot be seen: %q", n, line)
			}
		}
	})
}
