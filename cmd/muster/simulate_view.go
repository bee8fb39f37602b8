package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/rehearsal"
)

// tell reads a play aloud: what it is, what happens, and how it went.
func tell(sh shell, r *rehearsal.Result) error {
	v := newView(sh.stdout, r.Start).In(r.Start.Location())
	v.Title("Simulation of " + cmp.Or(r.Runbook.Title, r.Runbook.ID))
	v.Text("The workflow is the real one; people and systems (~) are simulated, and time is skipped.")
	if len(r.MadeUp) > 0 {
		v.Text("Made up, because nobody gave it: " + strings.Join(r.MadeUp, ", ") + ".")
	}
	v.Text("")
	v.Lines(r.Lines())
	v.Text("")
	for _, fault := range faultTexts(r) {
		v.Text("The script did not go as written: " + fault)
	}
	v.Table(summaryRows(r))
	return v.Err()
}

// Lines shows a transcript.
func (v *view) Lines(lines []rehearsal.Line) {
	for _, l := range lines {
		if l.Who != "" {
			v.Simulated(l.At, l.Who, l.Text)
		} else {
			v.Entry(incident.Entry{At: l.At, Kind: l.Kind, By: l.By, Text: l.Text, Step: l.Step})
		}
		for _, more := range l.More {
			v.Below(more)
		}
	}
}

// summaryRows are a play in figures.
func summaryRows(r *rehearsal.Result) [][2]string {
	s := r.Summary()
	rows := [][2]string{
		{"First page", after(s.FirstPage, "nobody was called")},
		{"Acknowledged", after(s.Acknowledged, "by nobody")},
	}
	if s.By != "" {
		rows[1][1] += " by " + s.By
	}
	people := fmt.Sprintf("%s: %s", counted(len(s.Paged), "person"), strings.Join(s.Paged, ", "))
	if len(s.Paged) != 1 {
		people = strings.Replace(people, "persons", "people", 1)
	}
	if len(s.Paged) == 0 {
		people = "nobody"
	}
	woken := "nobody"
	if len(s.Woken) > 0 {
		woken = strings.Join(s.Woken, ", ") + " (between 22:00 and 07:00 where they are)"
	}
	rows = append(rows, [2]string{"Called", people}, [2]string{"Woken", woken},
		[2]string{"Telephone", counted(s.Calls, "call") + ", " + counted(s.Texts, "message")})
	ended := after(s.Ended, "it is still open after "+passed(r.Until.Sub(r.Start)))
	if s.Ending != "" {
		ended = strings.ReplaceAll(string(s.Ending), "_", " ") + ", " + ended
	}
	rows = append(rows, [2]string{"Ended", ended}, [2]string{"Severity", cmp.Or(string(s.Severity), "never set")})
	for n, text := range s.Silent {
		rows = append(rows, [2]string{label(n, "Never answered"), text})
	}
	for n, text := range s.Open {
		rows = append(rows, [2]string{label(n, "Still waits"), text})
	}
	return rows
}

// label stands before the first row of several.
func label(n int, text string) string {
	if n > 0 {
		return ""
	}
	return text
}

// after is a span since the declaration, or what is said when there is none.
func after(d *time.Duration, otherwise string) string {
	if d == nil {
		return otherwise
	}
	return "after " + passed(*d)
}
