package roster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

// weekly is a week each, handed over on Monday at nine in Berlin.
func weekly() oncall.Schedule {
	return oncall.Schedule{Name: "checkout-oncall", Zone: "Europe/Berlin", Rotation: &oncall.Rotation{
		Members: oncall.Members("ana", "ben", "cem"), Start: oncall.Date{Year: 2026, Month: time.January, Day: 5},
		At: oncall.ClockTime{Hour: 9}, Weeks: 1,
	}}
}

// office is only on weekdays from nine to five, in UTC.
func office() oncall.Schedule {
	s := weekly()
	s.Name, s.Zone = "office", ""
	s.Layers = []oncall.Layer{{Name: "day", Rotation: *s.Rotation, Only: []oncall.Window{{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: oncall.ClockTime{Hour: 9}, To: oncall.ClockTime{Hour: 17},
	}}}}
	s.Rotation = nil
	return s
}

// during is an override of checkout-oncall.
func during(t testing.TB, kind oncall.OverrideKind, person oncall.PersonID, since, until string) oncall.Override {
	return oncall.Override{ID: "o-" + since, Schedule: "checkout-oncall", Kind: kind, Person: person, Since: utc(t, since), Until: utc(t, until)}
}

func TestStints(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		schedule oncall.Schedule
		from, to string
		changed  []oncall.Override
		want     []string
	}{
		{
			name: "a rotation", schedule: weekly(), from: "2026-01-05 12:00", to: "2026-01-20 00:00",
			want: []string{"01-05 12:00 01-12 08:00 ana", "01-12 08:00 01-19 08:00 ben", "01-19 08:00 01-20 00:00 cem"},
		},
		{
			name: "somebody comes to help, and who is there stays", schedule: weekly(), from: "2026-01-05 08:00", to: "2026-01-12 08:00",
			changed: []oncall.Override{during(t, oncall.OverrideAdd, "ben", "2026-01-06 00:00", "2026-01-06 02:00")},
			want:    []string{"01-05 08:00 01-12 08:00 ana", "01-06 00:00 01-06 02:00 ben*"},
		},
		{
			name: "somebody takes over before it is their turn", schedule: weekly(), from: "2026-01-05 08:00", to: "2026-01-19 08:00",
			changed: []oncall.Override{during(t, oncall.OverrideReplace, "ben", "2026-01-11 08:00", "2026-01-12 08:00")},
			want:    []string{"01-05 08:00 01-11 08:00 ana", "01-11 08:00 01-12 08:00 ben*", "01-12 08:00 01-19 08:00 ben"},
		},
		{
			name: "an override that changes nothing is none", schedule: weekly(), from: "2026-01-05 08:00", to: "2026-01-12 08:00",
			changed: []oncall.Override{during(t, oncall.OverrideReplace, "ana", "2026-01-06 00:00", "2026-01-06 02:00")},
			want:    []string{"01-05 08:00 01-12 08:00 ana"},
		},
		{
			name: "gaps", schedule: office(), from: "2026-01-05 00:00", to: "2026-01-06 17:00",
			want: []string{
				"01-05 00:00 01-05 09:00 -", "01-05 09:00 01-05 17:00 ana", "01-05 17:00 01-06 09:00 -", "01-06 09:00 01-06 17:00 ana",
			},
		},
		{
			name: "removed", schedule: weekly(), from: "2026-01-05 08:00", to: "2026-01-12 08:00",
			changed: []oncall.Override{during(t, oncall.OverrideRemove, "ana", "2026-01-06 00:00", "2026-01-06 02:00")},
			want:    []string{"01-05 08:00 01-06 00:00 ana", "01-06 00:00 01-06 02:00 -", "01-06 02:00 01-12 08:00 ana"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			stints, err := roster.Stints(test.schedule, utc(t, test.from), utc(t, test.to), test.changed)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range stints {
				who := string(s.Person)
				if s.Gap() {
					who = "-"
				}
				if s.Override {
					who += "*"
				}
				got = append(got, fmt.Sprintf("%s %s %s", s.Since.Format("01-02 15:04"), s.Until.Format("01-02 15:04"), who))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("stints (-want +got):\n%s", diff)
			}
		})
	}
}

// calendar is a calendar of three weeks from a day on.
func calendar(t testing.TB, s oncall.Schedule, from string, changed ...oncall.Override) roster.Calendar {
	at := utc(t, from)
	return roster.Calendar{
		Schedule: s, People: crew, Overrides: changed, From: at, To: at.AddDate(0, 0, 21), Stamp: utc(t, "2026-01-01 00:00"),
	}
}

func TestICal(t *testing.T) {
	t.Parallel()
	got, err := calendar(t, weekly(), "2026-10-20 00:00", during(t, oncall.OverrideReplace, "cem", "2026-10-25 00:00", "2026-10-25 03:00")).ICal()
	if err != nil {
		t.Fatal(err)
	}
	want := `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Musterbook//On call//EN
CALSCALE:GREGORIAN
METHOD:PUBLISH
NAME:checkout-oncall
X-WR-CALNAME:checkout-oncall
REFRESH-INTERVAL;VALUE=DURATION:PT15M
X-PUBLISHED-TTL:PT15M
BEGIN:VEVENT
UID:20261019T070000Z.cem.checkout-oncall@musterbook
DTSTAMP:20260101T000000Z
DTSTART:20261019T070000Z
DTEND:20261026T080000Z
TRANSP:TRANSPARENT
SUMMARY:Cem Kaya - checkout-oncall
CATEGORIES:ON-CALL
DESCRIPTION:checkout-oncall since Mon 09:00
X-MUSTERBOOK-PERSON:cem
END:VEVENT
`
	if begin := strings.ReplaceAll(string(got), "\r\n", "\n"); !strings.HasPrefix(begin, want) {
		t.Errorf("the calendar begins otherwise (-want +got):\n%s", cmp.Diff(want, begin[:min(len(begin), len(want))]))
	}
}

// TestICalSurvivesReading: what is written is what is read, names that need escapes and long lines included.
func TestICalSurvivesReading(t *testing.T) {
	t.Parallel()
	people := []oncall.Person{
		{ID: "ana", Name: "Ruiz; de la Peña, \"Ana\" \\ " + strings.Repeat("日本語の名前 ", 12)}, {ID: "ben", Name: "Ben\r\nEND:VCALENDAR"}, {ID: "cem"},
	}
	for _, s := range []oncall.Schedule{weekly(), office(), {Name: "always", Person: "ana"}} {
		c := calendar(t, s, "2026-10-20 00:00")
		c.People = people
		data, err := c.ICal()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(data), "\r\n") {
			if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
				t.Errorf("%s: line of %d octets: %q", s.Name, len(line), line)
			}
		}
		shifts, problems := roster.ReadICal(data, roster.Feed{From: c.From, To: c.To, People: roster.FeedNames(people)})
		if len(problems) > 0 {
			t.Errorf("%s: %v", s.Name, problems)
		}
		for at := c.From; at.Before(c.To); at = at.Add(time.Hour) {
			var now []oncall.PersonID
			for _, shift := range shifts {
				if !at.Before(shift.Since) && at.Before(shift.Until) {
					now = append(now, shift.Person)
				}
			}
			turns, err := s.OnCall(at)
			if err != nil {
				t.Fatal(err)
			}
			var want []oncall.PersonID
			for _, turn := range turns {
				want = append(want, turn.Person)
			}
			if diff := cmp.Diff(want, now); diff != "" {
				t.Fatalf("%s at %s (-want +got):\n%s", s.Name, at, diff)
			}
		}
	}
}

// TestICalKeepsItsEvents: a day later, the same stints are the same events.
func TestICalKeepsItsEvents(t *testing.T) {
	t.Parallel()
	for _, s := range []oncall.Schedule{weekly(), office(), {Name: "always", Person: "ana"}} {
		var before map[string]bool
		for _, from := range []string{"2026-10-20 00:00", "2026-10-21 00:00"} {
			data, err := calendar(t, s, from).ICal()
			if err != nil {
				t.Fatal(err)
			}
			uids := map[string]bool{}
			for line := range strings.SplitSeq(strings.ReplaceAll(string(data), "\r\n ", ""), "\r\n") {
				if uid, ok := strings.CutPrefix(line, "UID:"); ok {
					if uids[uid] {
						t.Errorf("%s: two events are called %s", s.Name, uid)
					}
					uids[uid] = true
				}
			}
			fresh := 0
			for uid := range uids {
				if before != nil && !before[uid] {
					fresh++
				}
			}
			if fresh > 2 { // the day that came into view: a shift and a gap
				t.Errorf("%s: %d of %d events have another name a day later", s.Name, fresh, len(uids))
			}
			before = uids
		}
	}
}
