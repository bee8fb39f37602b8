package roster_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// fed is small with two schedules that are calendars.
func fed(t *testing.T) []byte {
	t.Helper()
	return edited(t, "  cto: {person: ben}\n", `  cto: {person: ben}
  search: {zone: Europe/Berlin, calendar: {url: "${FEED}", people: {"the boss": ben}}}
  desk: {zone: Europe/Berlin, calendar: {file: desk.ics}}
`)
}

// TestShiftsOfALiveRoster: what is known of a calendar is in force at once, outlasts a reload, and changes nothing of what
// somebody has asked for already.
func TestShiftsOfALiveRoster(t *testing.T) {
	t.Parallel()
	t0 := utc(t, "2026-03-02 08:00")
	config, problems := roster.Parse("m.yaml", fed(t), roster.Outside{ReadFile: outside().ReadFile})
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	if got := config.CalendarNames("search")["the boss"]; got != "ben" {
		t.Errorf("the boss is %q", got)
	}
	var f changing
	f.set([]byte(strings.ReplaceAll(string(fed(t)), "${FEED}", "https://calendar.example.com/a.ics")))
	live := f.open(t)
	unread := new(oncall.UnreadCalendar)
	if _, err := live.Duties("search", t0); !errors.As(err, &unread) || unread.Schedule != "search" {
		t.Errorf("before it was read: %v", err)
	}
	before := live.Config()
	live.SetShifts("search", roster.Shifts{List: []oncall.Shift{
		{Person: "ana", Since: t0, Until: t0.AddDate(0, 0, 7)}, {Person: "left", Since: t0, Until: t0.AddDate(0, 0, 7)},
	}})
	if s, _ := before.Book.Schedule("search"); len(s.Shifts) != 0 || s.Unread == "" {
		t.Errorf("a configuration that somebody holds has changed: %+v", s)
	}
	who := func() string {
		duties, err := live.Duties("search", t0)
		if err != nil || len(duties) != 1 {
			t.Fatalf("duties are %v, %v", duties, err)
		}
		return duties[0].Name
	}
	if who() != "Ana Ruiz" {
		t.Errorf("on call is %s", who())
	}
	f.set([]byte(strings.ReplaceAll(string(*f.content.Load()), "Ana Ruiz", "Ana R.")))
	if restart, problems := live.Reload(); len(restart)+len(problems) > 0 {
		t.Errorf("reload: %v, %v", restart, problems)
	}
	if who() != "Ana R." {
		t.Errorf("after a reload on call is %s", who())
	}
	live.SetShifts("search", roster.Shifts{Unread: "it answers 500"})
	if _, err := live.Duties("search", t0); !errors.As(err, &unread) || unread.Why != "it answers 500" {
		t.Errorf("unread: %v", err)
	}
}

// TestLoadCalendars follows the secrets of calendars and no others, and each on its own.
func TestLoadCalendars(t *testing.T) {
	t.Parallel()
	from := roster.Outside{
		ReadFile: func(string) ([]byte, error) { return fed(t), nil },
		Getenv:   func(name string) string { return map[string]string{"FEED": "https://calendar.example.com/a.ics"}[name] },
	}
	sources, faults := roster.LoadCalendars("m.yaml", from)
	if len(faults) > 0 || sources["search"].URL.Reveal() != "https://calendar.example.com/a.ics" || sources["desk"].File != "desk.ics" {
		t.Errorf("%v, %v", sources, faults)
	}
	if diff := cmp.Diff(map[string]oncall.PersonID{"the boss": "ben"}, sources["search"].People); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	from.Getenv = func(string) string { return "" }
	sources, faults = roster.LoadCalendars("m.yaml", from)
	if len(sources) != 1 || len(faults["search"]) != 1 || !strings.Contains(faults["search"][0].Message, "FEED is not set") {
		t.Errorf("without the variable: %v, %v", sources, faults)
	}
}
