package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
	"github.com/musterbook/musterbook/runbooks"
)

// asked is a book of a few people that is asked at an instant, and what it prints.
func asked(t *testing.T, at string, width int) (*dutyBook, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	b := &dutyBook{printer: printer{w: &out}, config: &roster.Config{}, wide: width}
	var err error
	if b.at, err = runbooks.ParseStart(at); err != nil {
		t.Fatal(err)
	}
	b.zone = b.at.Location()
	b.book = oncall.Book{
		People: []oncall.Person{
			{ID: "ana", Name: "Ana Ruiz"},
			{ID: "ben", Name: "Ben Ito"},
			{ID: "cem", Name: "Cem Kaya"},
			{ID: "hana", Name: "佐々木 花子"},
			{ID: "longest", Name: "Wolfeschlegelsteinhausenbergerdorff"},
		},
		Fallback: []oncall.PersonID{"ana", "hana"},
	}
	return b, &out
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := runbooks.ParseStart(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// turns is a rotation that begins on Monday, 5 January 2026.
func turns(hour, days int, members ...oncall.PersonID) oncall.Rotation {
	return oncall.Rotation{
		Members: oncall.Members(members...), Start: oncall.Date{Year: 2026, Month: time.January, Day: 5},
		At: oncall.ClockTime{Hour: hour}, Days: days,
	}
}

// schedules are one of each kind, with overrides of the first.
func schedules(t *testing.T) ([]oncall.Schedule, []oncall.Override) {
	week := []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday}
	eight, twenty := oncall.ClockTime{Hour: 8}, oncall.ClockTime{Hour: 20}
	override := func(kind oncall.OverrideKind, person oncall.PersonID, since, until string) oncall.Override {
		return oncall.Override{
			ID: since, Schedule: "checkout-oncall", Kind: kind, Person: person,
			Since: instant(t, since+" Europe/Berlin"), Until: instant(t, until+" Europe/Berlin"),
		}
	}
	weekly := turns(9, 7, "ana", "ben", "cem")
	schedules := []oncall.Schedule{
		{Name: "checkout-oncall", Zone: "Europe/Berlin", Rotation: &weekly},
		{Name: "sun", Zone: "Europe/Berlin", Layers: []oncall.Layer{
			{Name: "day", Rotation: turns(8, 1, "ana", "ben"), Only: []oncall.Window{{From: eight, To: twenty}}},
			{Name: "night", Rotation: turns(20, 1, "cem", "hana", "longest"), Only: []oncall.Window{{Days: week, From: twenty, To: eight}}},
		}},
		{Name: "always", Person: "ben"},
		{Name: "feed", Calendar: true},
	}
	return schedules, []oncall.Override{
		override(oncall.OverrideReplace, "hana", "2026-10-25T01:00", "2026-10-25T06:00"),
		override(oncall.OverrideAdd, "ben", "2026-10-28T18:00", "2026-10-29T18:00"),
		override(oncall.OverrideRemove, "ana", "2026-10-31T18:00", "2026-10-31T18:30"),
	}
}

// TestOnCallScreens: what the screens look like on the night on which the clocks change.
func TestOnCallScreens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file     string
		schedule string // empty: all of them
		width    int
	}{
		{file: "list.txt", width: 80},
		{file: "week.txt", schedule: "checkout-oncall", width: 80},
		{file: "sun.txt", schedule: "sun", width: 100},
		{file: "narrow.txt", schedule: "sun", width: 60},
		{file: "always.txt", schedule: "always", width: 80},
		{file: "nobody.txt", schedule: "feed", width: 80},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			b, out := asked(t, "2026-10-25T01:30 Europe/Berlin", test.width)
			b.book.Schedules, b.overrides = schedules(t)
			err := b.listDuties
			if test.schedule != "" {
				s, unknown := b.schedule(test.schedule)
				if unknown != nil {
					t.Fatal(unknown)
				}
				err = func() error { return b.showCalendar(s, 2) }
			}
			if err := err(); err != nil {
				t.Fatal(err)
			}
			want, fault := os.ReadFile(filepath.Join("testdata", "oncall", test.file))
			if fault != nil {
				t.Error(fault)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("screen (-want +got):\n%s\nnow:\n%s", diff, out)
			}
			grid, _, _ := strings.Cut(out.String(), "\nHand-overs:")
			for line := range strings.SplitSeq(grid, "\n") {
				if test.schedule != "" && lipgloss.Width(line) > min(test.width, 80) && strings.ContainsAny(line, "█!▒") {
					t.Errorf("%d cells: %s", lipgloss.Width(line), line)
				}
			}
		})
	}
}

// TestOnCallForPrograms: the same, as JSON.
func TestOnCallForPrograms(t *testing.T) {
	t.Parallel()
	b, out := asked(t, "2026-10-25T01:30 Europe/Berlin", 80)
	b.book.Schedules, b.overrides = schedules(t)
	b.json = true
	if err := b.showCalendar(b.book.Schedules[0], 1); err != nil {
		t.Fatal(err)
	}
	var got scheduleCalendar
	if err := json.Unmarshal(out.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time { return instant(t, text) }
	want := scheduleCalendar{
		scheduleNow: scheduleNow{
			Schedule: "checkout-oncall", Zone: "Europe/Berlin", Until: at("2026-10-25T05:00Z"), Next: []oncall.PersonID{"cem"},
			OnCall: []personNow{{
				Person: "hana", Name: "佐々木 花子", Since: at("2026-10-24T23:00Z"), Until: at("2026-10-25T05:00Z"),
				Why: "checkout-oncall in place of cem", Override: true,
			}},
		},
		From: at("2026-10-18T22:00Z"), To: at("2026-10-25T23:00Z"), Gaps: []roster.Stint{},
		Stints: []roster.Stint{
			{Person: "ben", Since: at("2026-10-12T07:00Z"), Until: at("2026-10-19T07:00Z"), Why: "checkout-oncall since Mon 09:00"},
			{Person: "cem", Since: at("2026-10-19T07:00Z"), Until: at("2026-10-24T23:00Z"), Why: "checkout-oncall since Mon 09:00"},
			{Person: "hana", Since: at("2026-10-24T23:00Z"), Until: at("2026-10-25T05:00Z"), Why: "checkout-oncall in place of cem", Override: true},
			{Person: "cem", Since: at("2026-10-25T05:00Z"), Until: at("2026-10-26T08:00Z"), Why: "checkout-oncall since Mon 09:00"},
		},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(scheduleCalendar{})); diff != "" {
		t.Errorf("calendar (-want +got):\n%s", diff)
	}
}

// TestCalendarsFollowTheConfiguration: the gateway's calendars are those of the file in force and of the overrides made.
func TestCalendarsFollowTheConfiguration(t *testing.T) {
	t.Parallel()
	var made []oncall.Override
	var fault error
	config := &roster.Config{}
	config.Book.Schedules, _ = schedules(t)
	now := instant(t, "2026-10-25T06:30 Europe/Berlin")
	c := calendars{
		config:    func() *roster.Config { return config },
		overrides: func(context.Context) ([]oncall.Override, error) { return made, fault },
		now:       func() time.Time { return now },
	}
	ask := func(name string) string {
		data, ok, err := c.Calendar(t.Context(), name)
		if err != nil || !ok {
			t.Fatalf("%s: %v %v", name, ok, err)
		}
		return string(data)
	}
	first := ask("checkout-oncall")
	if now = now.Add(4 * time.Hour); ask("checkout-oncall") != first {
		t.Error("it is another one four hours later, and nothing has changed")
	}
	if !strings.Contains(first, "UID:20260921T070000Z.ben.checkout-oncall@musterbook\r\nDTSTAMP:20261025T000000Z") || strings.Contains(first, "20260914T") {
		t.Errorf("it does not begin four weeks ago:\n%s", first)
	}
	_, made = schedules(t)
	if changed := ask("checkout-oncall"); changed == first || !strings.Contains(changed, "UID:20261024T230000Z.hana.") {
		t.Error("the override is not in it")
	}
	if _, ok, err := c.Calendar(t.Context(), "nothing"); ok || err != nil {
		t.Errorf("a schedule that nobody has: %v %v", ok, err)
	}
	if diff := cmp.Diff([]string{"checkout-oncall", "sun", "always", "feed"}, c.Schedules()); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
	fault = os.ErrDeadlineExceeded
	if _, _, err := c.Calendar(t.Context(), "checkout-oncall"); err == nil {
		t.Error("a calendar without its overrides would be wrong, and is given")
	}
}

// TestWhoIsCalledByAPolicy: level by level, with a gap and with turns.
func TestWhoIsCalledByAPolicy(t *testing.T) {
	t.Parallel()
	b, out := asked(t, "2026-10-25T01:30 Europe/Berlin", 80)
	b.book.Schedules, b.overrides = schedules(t)
	b.book.People[0].Phone = "+12025550101"
	b.book.Policies = []oncall.Policy{{Name: "checkout-policy", Repeat: 2, Levels: []oncall.Level{
		{Targets: []string{"sun"}, Ack: 5 * time.Minute},
		{Targets: []string{"checkout-oncall", "ana"}, Strategy: oncall.StrategyRoundRobin, Ack: 10 * time.Minute},
	}}}
	calls, err := b.callsTo(serviceCalls{Service: "checkout", Owner: "checkout-policy", Kind: "policy", Runbook: "service-outage"})
	if err != nil {
		t.Fatal(err)
	}
	b.showWho(calls, "musterbook.yaml")
	want := `checkout · Sun 25 Oct 2026 01:30 CEST (Europe/Berlin)
Owner: checkout-policy, a policy

First:
  NOBODY    sun has a gap: the next level is called at once

Level 2, 5m later, one of these in turn:
  佐々木 花子  no telephone  checkout-oncall in place of cem, until Sun 25 Oct 06:00
  Ana Ruiz     +12025550101  named

If nobody answers, after 3 rounds, again and again:
  Ana Ruiz     +12025550101  fallback
  佐々木 花子  no telephone  fallback

The runbook is service-outage. Whom it pages besides, and when:
  muster simulate service-outage --config musterbook.yaml --service checkout --nobody-answers
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("screen (-want +got):\n%s", diff)
	}
}
