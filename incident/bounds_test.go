package incident_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
)

// payload is what the state may weigh: a workflow's payloads end at 2 MB, and other things travel along.
const payload = 1_500_000

// TestTimelineIsBounded writes more lines than fit. The beginning and the newest lines stay, numbers only rise, and what
// is left out is counted, so that no line is lost without a word.
func TestTimelineIsBounded(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		lines int
		text  func(n int) string
	}{
		{"short lines", 8000, func(int) string { return "x" }},
		{"long lines", 3000, func(int) string { return strings.Repeat("x", 3000) }},
		{"first long, then short", 9000, func(n int) string { return strings.Repeat("x", max(1, 3000-n)) }},
		{"first short, then long", 4000, func(n int) string { return strings.Repeat("x", 1+n) }},
		{"waves", 9000, func(n int) string { return strings.Repeat("x", 1+n%3*999) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			for n := range test.lines {
				must(t, i.Note(at(time.Duration(n)*time.Second), person("ana"), test.text(n)))
			}
			if i.Seq != test.lines+1 {
				t.Errorf("the newest is number %d", i.Seq)
			}
			if size := len(frozen(t, i)); size > payload {
				t.Errorf("the state weighs %d bytes", size)
			}
			if i.Timeline[0].Kind != incident.EntryDeclared || i.Timeline[len(i.Timeline)-1].Seq != i.Seq {
				t.Errorf("the first or the newest line is lost: %+v, %+v", i.Timeline[0], i.Timeline[len(i.Timeline)-1])
			}
			told, marks := 0, 0
			for n, e := range i.Timeline {
				told += max(1, e.Left)
				if e.Kind == incident.EntryLeftOut {
					marks++
					if want := fmt.Sprintf("%d lines are left out here: the timeline had grown too long", e.Left); e.Text != want {
						t.Errorf("the mark says %q, want %q", e.Text, want)
					}
				}
				if n > 0 && (e.Seq <= i.Timeline[n-1].Seq || e.At.Before(i.Timeline[n-1].At)) {
					t.Fatalf("line %d comes after line %d", e.Seq, i.Timeline[n-1].Seq)
				}
			}
			if told != i.Seq || marks == 0 {
				t.Errorf("%d lines stand there or are counted by %d marks, and %d were written", told, marks, i.Seq)
			}
		})
	}
}

// storm are different alerts with many words.
func storm(count int) []incident.Alert {
	alerts := make([]incident.Alert, count)
	for n := range alerts {
		a := fires(fmt.Sprintf("host-%04d", n))
		a.Title, a.Summary, a.Labels = strings.Repeat("t", 5000), strings.Repeat("s", 5000), map[string]string{}
		for l := range 60 {
			a.Labels[fmt.Sprintf("label-%02d", l)] = strings.Repeat("v", 900)
		}
		alerts[n] = a
	}
	return alerts
}

// TestAlertsAreBounded: a storm that repeats again and again still fits into a payload.
func TestAlertsAreBounded(t *testing.T) {
	t.Parallel()
	i := declared()
	alerts := storm(700)
	for n := range 5 {
		i.TakeAlerts(at(time.Duration(n)*time.Minute), alerts)
		text, err := json.Marshal(i.Alerts)
		must(t, err)
		if len(text) > payload/2 {
			t.Fatalf("after delivery %d the alerts weigh %d bytes", n+1, len(text))
		}
	}
	if i.AlertCount != 3500 || len(i.Alerts) != 500 {
		t.Errorf("%d are counted and %d kept", i.AlertCount, len(i.Alerts))
	}
	floods := 0
	for _, e := range i.Timeline {
		if strings.HasPrefix(e.Text, "more than 500 different alerts") {
			floods++
		}
	}
	if floods != 1 {
		t.Errorf("the flood is told %d times", floods)
	}
	first, last := i.Alerts["host-0000"], i.Alerts["host-0499"]
	if len(first.Labels) != 30 || len(first.Labels["label-00"]) != 300 || len(first.Title) != 300 || len(first.Summary) != 1000 {
		t.Errorf("the first has %d labels, a title of %d and a summary of %d bytes", len(first.Labels), len(first.Title), len(first.Summary))
	}
	if len(last.Labels) != 0 || last.Summary != "" || last.Title == "" || !last.StartsAt.Equal(start) {
		t.Errorf("the last is kept as %+v", last)
	}
	if i.Alerts["host-0005"].Summary == "" {
		t.Error("an early one has lost its words to the repetition")
	}
}

// TestAFloodIsNeverAllClear: of what is not followed nobody knows whether it still fires.
func TestAFloodIsNeverAllClear(t *testing.T) {
	t.Parallel()
	i := declared()
	alerts := storm(501)
	i.TakeAlerts(start, alerts)
	for n := range alerts {
		alerts[n].Cleared = true
	}
	i.TakeAlerts(at(time.Minute), alerts[:500])
	if !i.ClearedAt.IsZero() {
		t.Error("it counts as clear while one alert was never heard of again")
	}

	i = declared()
	i.TakeAlerts(start, storm(500))
	i.TakeAlerts(at(time.Minute), alerts[:500])
	if !i.ClearedAt.Equal(at(time.Minute)) {
		t.Errorf("500 have fired and cleared, and it counts as clear at %s", i.ClearedAt)
	}
}
