package runbooks

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/musterbook/musterbook/incident"
)

// rehearsalFixtures holds tests and scripts. A faulty one says at its end which problems it has:
// `# want: LINE:COLUMN CODE message (hint)`.
const rehearsalFixtures = "testdata/rehearsals"

var updateRehearsals = flag.Bool("rehearsals", false, "rewrite what the faulty tests want; read the difference")

// rehearsalFiles lists the fixtures whose name begins with a word.
func rehearsalFiles(t testing.TB, begin string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(rehearsalFixtures, begin+"*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files, error %v", len(files), err)
	}
	return files
}

// Every faulty file has the problems that stand at its end, and no others.
func TestFaultyRehearsals(t *testing.T) {
	t.Parallel()
	for _, file := range rehearsalFiles(t, "bad") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			body, wants, _ := strings.Cut(string(text), "# want: ")
			all, problems := ParseRehearsals(filepath.Base(file), []byte(body))
			for i := range all {
				problems = append(problems, all[i].Check(runbookForTests(t))...)
			}
			if len(problems) == 0 {
				t.Fatal("nothing is wrong with it")
			}
			var got []string
			for _, p := range problems {
				got = append(got, "# want: "+strings.TrimPrefix(p.String(), p.File+":"))
			}
			if *updateRehearsals {
				if err := os.WriteFile(file, []byte(body+strings.Join(got, "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(strings.TrimSpace("# want: "+wants), "\n"), got); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}

// Every rule of rehearsals is broken by one of the faulty files.
func TestRehearsalRulesAreBroken(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, file := range rehearsalFiles(t, "bad") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	for _, rule := range rehearsalRules {
		if !strings.Contains(all.String(), ": "+string(rule.Code)+" ") {
			t.Errorf("%s: no file breaks it", rule.Code)
		}
	}
}

func TestGoodRehearsals(t *testing.T) {
	t.Parallel()
	for _, file := range rehearsalFiles(t, "good") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		all, problems := ParseRehearsals(filepath.Base(file), text)
		if len(problems) > 0 || len(all) == 0 {
			t.Errorf("%s: %d rehearsals\n%s", file, len(all), problems)
		}
		for i := range all {
			if rb := runbookForTests(t); all[i].Runbook == rb.ID {
				if problems := all[i].Check(rb); len(problems) > 0 {
					t.Errorf("%s: %s", file, problems)
				}
			}
		}
	}
}

// The example of the guide says exactly this.
func TestRehearsalOfTheGuide(t *testing.T) {
	t.Parallel()
	all, problems := ParseRehearsals("service-outage.test.yaml", []byte(strings.TrimLeft(`
test: raised to SEV1 in the middle
runbook: service-outage
with: { service: payments }
severity: SEV3
mock:   { deploy.rollback: [{ fail: timeout }, { ok: {} }] }
script:
  - { at: 2m,  ack: first, by: ana }
  - { at: 6m,  severity: SEV1, by: ana }
  - { at: 20m, answer: stop, choice: rollback, by: ana }
expect:
  steps: { bridge: done, rollback: done }
  paged: [payments-oncall, sre-oncall, support-oncall, vp-engineering]
  ends:  { state: resolved, within: 3h }
`, "\n")))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	at := func(line, column int) Mark { return Mark{File: "service-outage.test.yaml", Line: line, Column: column} }
	want := []Rehearsal{{
		Mark: at(1, 1), Name: "raised to SEV1 in the middle", Runbook: "service-outage", With: map[string]any{"service": "payments"}, Severity: "SEV3",
		Mocks: []Mock{{Mark: at(5, 11), Of: "deploy.rollback", Outcomes: []MockOutcome{
			{Mark: at(5, 29), Timeout: true}, {Mark: at(5, 48), OK: map[string]any{}},
		}}},
		Script: []ScriptAct{
			{Mark: at(7, 5), At: 2 * time.Minute, Does: "ack", What: "first", By: "ana"},
			{Mark: at(8, 5), At: 6 * time.Minute, Does: "severity", What: "SEV1", By: "ana"},
			{Mark: at(9, 5), At: 20 * time.Minute, Does: "answer", What: "stop", Choice: "rollback", By: "ana"},
		},
		Expect: &Expect{
			Mark:  at(11, 3),
			Steps: []StepExpected{{Mark: at(11, 12), Step: "bridge", State: "done"}, {Mark: at(11, 26), Step: "rollback", State: "done"}},
			Paged: []PersonPaged{
				{Mark: at(12, 11), Who: "payments-oncall"},
				{Mark: at(12, 28), Who: "sre-oncall"},
				{Mark: at(12, 40), Who: "support-oncall"},
				{Mark: at(12, 56), Who: "vp-engineering"},
			},
			PagedChecked: true,
			PagedAt:      at(12, 3),
			Ends:         &EndExpected{Mark: at(13, 10), State: "resolved", Within: 3 * time.Hour},
		},
	}}
	if diff := cmp.Diff(want, all, cmpopts.IgnoreFields(Rehearsal{}, "Places")); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if got := all[0].Places["script/2.choice"]; got != at(9, 38) {
		t.Errorf("the choice stands at %s", got)
	}
}

// What is written in more than one way, or by a word with a meaning of its own.
func TestRehearsalValues(t *testing.T) {
	t.Parallel()
	read := func(t *testing.T, name string) []Rehearsal {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(rehearsalFixtures, name))
		if err != nil {
			t.Fatal(err)
		}
		all, problems := ParseRehearsals(name, text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		return all
	}
	everything, short := read(t, "good-everything.test.yaml")[0], read(t, "good-short.test.yaml")
	acts := map[string]ScriptAct{}
	for _, act := range everything.Script {
		acts[act.Does] = act // the last of its kind
	}
	empty, burns := "", "it burns"
	tests := []struct {
		name      string
		got, want any
	}{
		{"runbook of the file's name", short[0].Runbook, "good-short"},
		{"runbook of the document", short[1].Runbook, "another"},
		{"nobody is called", short[0].Expect.PagedChecked && len(short[0].Expect.Paged) == 0, true},
		{"it must be called about", short[1].Expect.FirstPage.Within, time.Duration(0)},
		{"line of a second document", short[1].Line, 4},
		{"phones", everything.Phones, []Habit{{Person: "ana", Does: PhoneAnswers, After: 20 * time.Second}, {Person: "ben", Does: PhoneBusy}, {Person: "cleo", Does: PhoneSilent}, {Person: "dan", Does: PhoneOff}}},
		{"people", everything.People, []Standin{{Name: "payments-oncall", Person: "ana"}, {Name: "sre-oncall", Person: "ben"}}},
		{"one outcome, with null", everything.Mocks[1].Outcomes, []MockOutcome{{OK: map[string]any{"status": 200.0, "body": map[string]any{"error": nil, "rows": []any{1.0, map[string]any{"a": "b"}}}}, After: 30 * time.Second}}},
		{"refusal", everything.Mocks[2].Outcomes, []MockOutcome{{Refuse: "gone"}}},
		{"whatever rings", acts["ack"].What, ""},
		{"reason as the value", acts["resolve"], ScriptAct{At: 3 * time.Hour, Does: "resolve", What: "it works again", By: "ana", Undo: "revert"}},
		{"reason beside true", short[1].Script[0], ScriptAct{At: time.Minute, Does: "resolve", By: "ana", Reason: "it works"}},
		{"note of done", acts["done"], ScriptAct{At: 10 * time.Minute, Does: "done", What: "write", By: "cleo", Note: "written"}},
		{"list to take back", acts["revert"].Fields, map[string]any{"what": []any{"back", "first"}}},
		{"refused for any reason", acts["stop"].Refused, &empty},
		{"refused for a reason", acts["cancel"].Refused, &burns},
		{"severity", everything.Severity, incident.Severity("SEV3")},
		{"start", everything.Start.Format(time.RFC3339), "2026-10-25T01:30:00+02:00"},
		{"horizon", everything.For, 4 * time.Hour},
		{"ending in a word", short[1].Expect.Ends.State, "false_alarm"},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got, cmpopts.IgnoreTypes(Mark{})); diff != "" {
			t.Errorf("%s (-want +got)\n%s", tt.name, diff)
		}
	}
}

func TestParseStart(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, want string }{
		{"2026-10-25T01:30 Europe/Berlin", "2026-10-25T01:30:00+02:00 Europe/Berlin"},
		{"2026-10-25 01:30 Europe/Berlin", "2026-10-25T01:30:00+02:00 Europe/Berlin"},
		{"2026-10-25T01:30:15 Europe/Berlin", "2026-10-25T01:30:15+02:00 Europe/Berlin"},
		{"2026-10-25T01:30", "2026-10-25T01:30:00Z UTC"},
		{"2026-10-25T01:30Z", "2026-10-25T01:30:00Z UTC"},
		{"2026-10-25T01:30:00.5-03:30", "2026-10-25T01:30:00-03:30 "},
		{"2026-10-25T02:30 Europe/Berlin", "2026-10-25T02:30:00+02:00 Europe/Berlin"}, // the earlier of two
		{"2026-10-25T02:30+01:00 Europe/Berlin", "2026-10-25T02:30:00+01:00 Europe/Berlin"},
		{"2026-03-29T03:00 Europe/Berlin", "2026-03-29T03:00:00+02:00 Europe/Berlin"},
	}
	for _, tt := range tests {
		got, err := ParseStart(tt.text)
		if text := got.Format(time.RFC3339) + " " + got.Location().String(); err != nil || text != tt.want {
			t.Errorf("%s: %s, error %v; want %s", tt.text, text, err, tt.want)
		}
	}
	for _, text := range []string{"", " ", "noon", "2026-10-25", "2026-10-25T25:00", "2026-10-25T01:30 Local", "2026-10-25T01:30 Mars", "1969-01-01T00:00", "2026-10-25T01:30+01:00 Asia/Tokyo"} {
		if got, err := ParseStart(text); err == nil {
			t.Errorf("%q is %s", text, got)
		}
	}
	if _, err := ParseStart("2026-03-29T02:00 Europe/Berlin"); !errors.Is(err, errNeverShown) {
		t.Errorf("error %v", err)
	}
}

// The table of verbs is that of ScriptVerbs, in its order, and says what each is for.
func TestScriptVerbsAreExplained(t *testing.T) {
	t.Parallel()
	var names []string
	for _, verb := range scriptVerbs {
		names = append(names, verb.name)
		if !strings.HasSuffix(verb.about, ".") {
			t.Errorf("%s: %q", verb.name, verb.about)
		}
	}
	if diff := cmp.Diff(ScriptVerbs(), names); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}
