package rehearsal_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/rehearsal"
)

// world is people in three zones, one of whom has none.
func world() *oncall.Book {
	return &oncall.Book{
		People: []oncall.Person{
			{ID: "ana", Name: "Ana Ruiz", Phone: "+15550100001", Zone: "Europe/Madrid"},
			{ID: "ben", Name: "Ben Ito", Phone: "+15550100002", Zone: "Asia/Tokyo"},
			{ID: "cem", Name: "Cem Kaya", Phone: "+15550100003"},
		},
		Schedules: []oncall.Schedule{{Name: "sre-oncall", Person: "ana"}, {Name: "payments-oncall", Person: "ben"}, {Name: "cto", Person: "cem"}},
	}
}

// A play in figures.
func TestSummary(t *testing.T) {
	t.Parallel()
	seconds := func(n int) *time.Duration { d := time.Duration(n) * time.Second; return &d }
	const everybody = `
  identification:
    - channel: room
    - wait: 90s
    - page: [commander, owner, cto]
      ack: 5m
      background: true
    - task: Look
      id: look
      who: commander
      timeout: 10m
      on_timeout: continue
`
	for name, test := range map[string]struct {
		phases string
		script string
		start  time.Time // 0 = a morning in London
		want   rehearsal.Summary
	}{
		"those are woken for whom it is night": {
			phases: everybody,
			script: "severity: SEV2\nscript:\n  - { at: 2m, ack: all, by: ana }\n  - { at: 3m, done: look, by: ana }\n",
			start:  time.Date(2026, time.January, 13, 14, 0, 0, 0, time.UTC), // 15:00 in Madrid, 23:00 in Tokyo
			want: rehearsal.Summary{
				FirstPage: seconds(90), Acknowledged: seconds(120), By: "Ana Ruiz", Ended: seconds(180), Ending: incident.Resolved,
				Severity: "SEV2", Paged: []string{"Ana Ruiz", "Ben Ito", "Cem Kaya"}, Woken: []string{"Ben Ito"}, Calls: 3, Texts: 3,
			},
		},
		"whoever has no zone lives where the play is told": {
			phases: everybody,
			script: "severity: SEV2\nscript:\n  - { at: 2m, ack: all, by: ana }\n  - { at: 3m, done: look, by: ana }\n",
			start:  time.Date(2026, time.January, 13, 23, 0, 0, 0, time.FixedZone("there", -11*3600)), // 11:00 in Madrid, 19:00 in Tokyo
			want: rehearsal.Summary{
				FirstPage: seconds(90), Acknowledged: seconds(120), By: "Ana Ruiz", Ended: seconds(180), Ending: incident.Resolved,
				Severity: "SEV2", Paged: []string{"Ana Ruiz", "Ben Ito", "Cem Kaya"}, Woken: []string{"Cem Kaya"}, Calls: 3, Texts: 3,
			},
		},
		"what nobody answered in time, and what waits": {
			phases: `
  identification:
    - task: Look
      id: look
      who: commander
      timeout: 1m
      on_timeout: continue
    - task: |-
        Look again,
        and closely
      id: again
      who: commander
      timeout: 20h
      on_timeout: escalate
    - page: commander
`,
			script: "for: 1h\n",
			want:   rehearsal.Summary{Paged: []string{}, Silent: []string{"look: Look"}, Open: []string{"again: Look again,"}},
		},
		"what was answered only after an escalation": {
			phases: "  identification:\n    - task: Look\n      id: look\n      who: commander\n      timeout: 1m\n      on_timeout: escalate\n    - page: owner\n      if: severity == 'SEV1'\n",
			script: "severity: SEV2\nscript:\n  - { at: 2m, done: look, by: ana }\n",
			want:   rehearsal.Summary{Paged: []string{}, Ended: seconds(120), Ending: incident.Resolved, Severity: "SEV2", Silent: []string{"look: Look"}, Problems: 2},
		},
		"a page that rings waits, too": {
			phases: "  identification:\n    - page: owner\n      ack: 30m\n", script: "for: 1s\n",
			want: rehearsal.Summary{FirstPage: seconds(0), Paged: []string{"Ben Ito"}, Calls: 1, Texts: 1, Open: []string{"a page of owner"}},
		},
		"nothing but a note": {
			phases: "  identification:\n    - note: nothing\n    - page: owner\n      if: severity == 'SEV1'\n", script: "severity: SEV2\n",
			want: rehearsal.Summary{Paged: []string{}, Ended: seconds(0), Ending: incident.Resolved, Severity: "SEV2"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rb := parse(t, head+test.phases)
			o := rehearsal.Options{Runbook: rb, Book: world(), Script: script(t, rb, "runbook: bad\n"+test.script)}
			o.Script.Start = test.start
			r := run(t, o)
			if diff := cmp.Diff(test.want, r.Summary()); diff != "" {
				t.Errorf("%s\n%s", diff, strings.Join(text(r), "\n"))
			}
		})
	}
}

// Programs read the figures by these names, and what did not happen is not there.
func TestSummaryJSON(t *testing.T) {
	t.Parallel()
	minute := time.Minute
	for want, s := range map[string]rehearsal.Summary{
		`{"paged":[],"calls":0,"texts":0,"problems":0}`: {Paged: []string{}},
		`{"first_page":60000000000,"acknowledged":60000000000,"by":"Ana","ended":60000000000,"ending":"resolved","severity":"SEV1",` +
			`"paged":["Ana"],"woken":["Ana"],"calls":1,"texts":2,"silent":["a"],"open":["b"],"problems":3}`: {
			FirstPage: &minute, Acknowledged: &minute, By: "Ana", Ended: &minute, Ending: "resolved", Severity: "SEV1",
			Paged: []string{"Ana"}, Woken: []string{"Ana"}, Calls: 1, Texts: 2, Silent: []string{"a"}, Open: []string{"b"}, Problems: 3,
		},
	} {
		got, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Error(diff)
		}
	}
}

// What happens several times at once is told once, and what repeats itself twice; nothing else is left out.
func TestLinesCountRepetition(t *testing.T) {
	t.Parallel()
	type told struct {
		at   int // seconds
		text string
	}
	cycle := func(times int, texts ...string) (out []told) {
		for n := range times {
			for m, text := range texts {
				out = append(out, told{at: (n*len(texts) + m) * 10, text: text})
			}
		}
		return out
	}
	for name, test := range map[string]struct {
		entries []told
		want    []string
	}{
		"nothing":                          {nil, nil},
		"twice is no pattern":              {cycle(2, "a", "b"), []string{"0 a", "10 b", "20 a", "30 b"}},
		"three times":                      {cycle(3, "a", "b"), []string{"0 a", "10 b", "20 a", "30 b", "50 … and so on, 1 more times until Tue 10:00:50"}},
		"many times":                       {cycle(50, "a"), []string{"0 a", "10 a", "490 … and so on, 48 more times until Tue 10:08:10"}},
		"what comes before":                {append([]told{{0, "x"}}, cycle(3, "a")...), []string{"0 x", "0 a", "10 a", "20 … and so on, 1 more times until Tue 10:00:20"}},
		"what comes after":                 {append(cycle(3, "a"), told{60, "x"}), []string{"0 a", "10 a", "20 … and so on, 1 more times until Tue 10:00:20", "60 x"}},
		"the last one is torn":             {append(cycle(3, "a", "b"), told{60, "a"}), []string{"0 a", "10 b", "20 a", "30 b", "50 … and so on, 1 more times until Tue 10:00:50", "60 a"}},
		"at once":                          {[]told{{0, "a"}, {0, "b"}, {1, "a"}, {1, "a"}}, []string{"0 a (3 times)", "0 b"}},
		"two seconds later is not at once": {[]told{{0, "a"}, {2, "a"}}, []string{"0 a", "2 a"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := rehearsal.DefaultStart()
			r := &rehearsal.Result{Start: start}
			for _, e := range test.entries {
				r.Entries = append(r.Entries, incident.Entry{At: start.Add(time.Duration(e.at) * time.Second), Kind: incident.EntryNote, Text: e.text})
			}
			var got []string
			for _, l := range r.Lines() {
				got = append(got, fmt.Sprint(int(l.At.Sub(start)/time.Second), " ", l.Text))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// What a telephone says is told the first time that somebody hears it, and in the order of time among the incident's own
// lines; what the timeline says itself is not told twice.
func TestLinesOfTheWorld(t *testing.T) {
	t.Parallel()
	start := rehearsal.DefaultStart()
	act := func(second int, kind, who, text, what string) memory.Line {
		return memory.Line{Act: memory.Act{Kind: kind, Who: oncall.PersonID(who), Text: text, At: start.Add(time.Duration(second) * time.Second)}, What: what}
	}
	entry := func(second int, kind incident.EntryKind, text string) incident.Entry {
		return incident.Entry{At: start.Add(time.Duration(second) * time.Second), Kind: kind, Text: text}
	}
	r := &rehearsal.Result{
		Start: start,
		Entries: []incident.Entry{
			entry(0, incident.EntryCall, "calling ana"), entry(1, incident.EntryCall, "ana rings"), entry(20, incident.EntryNote, "a note"),
		},
		Acts: []memory.Line{
			act(0, "call", "ana", "INC-1 burns", ""), act(5, "post", "", "hello", "post hello"), act(10, "call", "ana", "INC-1 burns", ""),
			act(15, "call", "ana", "INC-1 burns badly", ""), act(25, "action", "", "", "action deploy.rollback"),
		},
	}
	want := []string{
		"0s call  calling ana", "0s  telephone ana hears: “INC-1 burns”", "15s  telephone ana hears: “INC-1 burns badly”", "20s note  a note",
		"25s  system action deploy.rollback",
	}
	if diff := cmp.Diff(want, text(r)); diff != "" {
		t.Error(diff)
	}
}
