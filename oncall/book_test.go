package oncall_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
)

func book(t *testing.T) *oncall.Book {
	t.Helper()
	return &oncall.Book{
		People: []oncall.Person{
			{ID: "ana", Name: "Ana Ruiz", Email: "Ana@example.com", Phone: "+34600000001", Slack: "U01"},
			{ID: "ben", Name: "Ben Ito", Phone: "+34600000002"},
			{ID: "cem", Name: "Cem Kaya", Slack: "U03"},
		},
		Teams: []oncall.Team{
			{Name: "sre", Members: []oncall.PersonID{"cem", "ana", "cem"}},
			{Name: "ghosts", Members: []oncall.PersonID{"casper"}},
		},
		Schedules: []oncall.Schedule{berlin(t), {Name: "cto", Person: "cem"}, {Name: "haunted", Person: "casper"}, {Name: "empty"}},
		Policies: []oncall.Policy{
			{Name: "checkout", Levels: []oncall.Level{
				{Targets: []string{"checkout-oncall", "sre", "ben"}, Ack: 5 * time.Minute}, {Targets: []string{"cto"}, Ack: 5 * time.Minute},
			}},
			{Name: "in-turn", Levels: []oncall.Level{{Targets: []string{"ana", "ben"}, Strategy: oncall.StrategyRoundRobin}}},
			{Name: "nested", Levels: []oncall.Level{{Targets: []string{"nested"}}}},
			{Name: "flat"},
		},
		Fallback: []oncall.PersonID{"ben", "ana"},
	}
}

func TestDuties(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		named string
		want  []oncall.Duty
		fails string
	}{
		{name: "person", named: "ana", want: []oncall.Duty{{Person: "ana", Name: "Ana Ruiz", Why: "named", Phone: true}}},
		{name: "person without a telephone", named: "cem", want: []oncall.Duty{{Person: "cem", Name: "Cem Kaya", Why: "named"}}},
		{name: "rotation", named: "checkout-oncall", want: []oncall.Duty{{
			Person: "ben", Name: "Ben Ito", Why: "checkout-oncall since Mon 09:00", Until: mustTime(t, "2026-01-19T08:00:00Z"), Phone: true,
		}}},
		{name: "fixed person", named: "cto", want: []oncall.Duty{{Person: "cem", Name: "Cem Kaya", Why: "cto"}}},
		{name: "team, nobody twice", named: "sre", want: []oncall.Duty{
			{Person: "cem", Name: "Cem Kaya", Why: "team sre"}, {Person: "ana", Name: "Ana Ruiz", Why: "team sre", Phone: true},
		}},
		{name: "fallback", named: "fallback", want: []oncall.Duty{
			{Person: "ben", Name: "Ben Ito", Why: "fallback", Phone: true}, {Person: "ana", Name: "Ana Ruiz", Why: "fallback", Phone: true},
		}},
		{name: "policy: its first level, nobody twice", named: "checkout", want: []oncall.Duty{
			{Person: "ben", Name: "Ben Ito", Why: "checkout-oncall since Mon 09:00", Until: mustTime(t, "2026-01-19T08:00:00Z"), Phone: true},
			{Person: "cem", Name: "Cem Kaya", Why: "team sre"},
			{Person: "ana", Name: "Ana Ruiz", Why: "team sre", Phone: true},
		}},
		{name: "policy that takes turns: whoever may be first", named: "in-turn", want: []oncall.Duty{
			{Person: "ana", Name: "Ana Ruiz", Why: "named", Phone: true}, {Person: "ben", Name: "Ben Ito", Why: "named", Phone: true},
		}},
		{name: "policy of itself", named: "nested", fails: "policy nested calls the policy nested; only people, schedules and teams can be called"},
		{name: "policy without levels", named: "flat", fails: "policy flat has no level"},
		{name: "slip", named: "chekcout-oncall", fails: `no person, schedule, team or policy is called "chekcout-oncall" (did you mean "checkout-oncall"?)`},
		{name: "unknown", named: "legal", fails: `no person, schedule, team or policy is called "legal"`},
		{name: "nothing", named: "", fails: `no person, schedule, team or policy is called ""`},
		{name: "team of a stranger", named: "ghosts", fails: `team ghosts: nobody has the id "casper"`},
		{name: "schedule of a stranger", named: "haunted", fails: `haunted: nobody has the id "casper"`},
		{name: "schedule of nobody", named: "empty", fails: "schedule empty has nobody on it"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := book(t).Duties(tt.named, mustTime(t, "2026-01-14T12:00:00Z"))
			if diff := cmp.Diff(tt.fails, text(err)); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("duties (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUnknownNameIsTyped(t *testing.T) {
	t.Parallel()
	_, err := book(t).Duties("srr", mustTime(t, "2026-01-14T12:00:00Z"))
	var unknown *oncall.UnknownName
	if !errors.As(err, &unknown) {
		t.Fatalf("got %v, want an UnknownName", err)
	}
	if diff := cmp.Diff(&oncall.UnknownName{Name: "srr", Near: "sre"}, unknown); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	b := book(t)
	tests := []struct {
		name string
		find func(string) (oncall.Person, bool)
		by   string
		want oncall.PersonID // empty = nobody
	}{
		{name: "id", find: func(s string) (oncall.Person, bool) { return b.Person(oncall.PersonID(s)) }, by: "ben", want: "ben"},
		{name: "unknown id", find: func(s string) (oncall.Person, bool) { return b.Person(oncall.PersonID(s)) }, by: "sre"},
		{name: "telephone", find: b.PersonByPhone, by: "+34600000002", want: "ben"},
		{name: "unknown telephone", find: b.PersonByPhone, by: "+34600000009"},
		{name: "no telephone is nobody's", find: b.PersonByPhone, by: ""},
		{name: "Slack", find: b.PersonBySlack, by: "U03", want: "cem"},
		{name: "no Slack id is nobody's", find: b.PersonBySlack, by: ""},
		{name: "e-mail in other case", find: b.PersonByEmail, by: "ana@EXAMPLE.com", want: "ana"},
		{name: "no e-mail is nobody's", find: b.PersonByEmail, by: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := tt.find(tt.by)
			if got.ID != tt.want || ok != (tt.want != "") {
				t.Errorf("found %q (%t), want %q", got.ID, ok, tt.want)
			}
		})
	}
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	b := book(t)
	if p, ok := b.Policy("checkout"); !ok || len(p.Levels) != 2 {
		t.Errorf("found %+v (%t)", p, ok)
	}
	if p, ok := b.Policy("cto"); ok {
		t.Errorf("a schedule is the policy %+v", p)
	}
	want := []string{
		"ana", "ben", "cem", "checkout", "checkout-oncall", "cto", "empty", "fallback", "flat", "ghosts", "haunted", "in-turn", "nested", "sre",
	}
	if diff := cmp.Diff(want, b.Names()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// TestPick takes one target after the other by the incident's number, also by one that is no number of an incident.
func TestPick(t *testing.T) {
	t.Parallel()
	targets := []string{"ana", "ben", "cem"}
	tests := []struct {
		name  string
		level oncall.Level
		page  int
		want  []string
	}{
		{name: "all", level: oncall.Level{Targets: targets}, page: 7, want: targets},
		{name: "the first", level: oncall.Level{Targets: targets, Strategy: oncall.StrategyRoundRobin}, page: 6, want: []string{"ana"}},
		{name: "the next", level: oncall.Level{Targets: targets, Strategy: oncall.StrategyRoundRobin}, page: 7, want: []string{"ben"}},
		{name: "below zero", level: oncall.Level{Targets: targets, Strategy: oncall.StrategyRoundRobin}, page: -1, want: []string{"cem"}},
		{name: "none", level: oncall.Level{Strategy: oncall.StrategyRoundRobin}, page: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.level.Pick(tt.page)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"ana", "checkout-oncall", "payments-oncall", "sre"}
	tests := []struct{ name, word, want string }{
		{name: "swapped letters", word: "srer", want: "sre"},
		{name: "swap is one slip", word: "payemnts-oncall", want: "payments-oncall"},
		{name: "three slips in a long word", word: "chekout-oncal", want: "checkout-oncall"},
		{name: "too far", word: "billing"},
		{name: "nothing in common", word: "xyz"},
		{name: "empty", word: ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok := oncall.Nearest(tt.word, names)
			if got != tt.want || ok != (tt.want != "") {
				t.Errorf("got %q (%t), want %q", got, ok, tt.want)
			}
		})
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
