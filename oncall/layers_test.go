package oncall_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
)

// spans writes who is on call when, in the schedule's zone.
func spans(t *testing.T, s oncall.Schedule, from, to string, changed ...oncall.Override) []string {
	t.Helper()
	all, err := s.Spans(mustTime(t, from), mustTime(t, to), changed...)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, span := range all {
		names := []string{}
		for _, turn := range span.Turns {
			names = append(names, string(turn.Person))
		}
		if len(names) == 0 {
			names = []string{"nobody"}
		}
		zone := mustZone(t, s.Zone)
		out = append(out, fmt.Sprintf("%s - %s %s", span.Since.In(zone).Format("Mon 2 Jan 15:04"), span.Until.In(zone).Format("Mon 15:04"), strings.Join(names, "+")))
	}
	return out
}

// daily is a rotation that hands over every day at nine.
func daily(t *testing.T, members ...oncall.Member) oncall.Rotation {
	t.Helper()
	return oncall.Rotation{Members: members, Start: mustDate(t, "2026-03-02"), At: mustClock(t, "09:00"), Days: 1}
}

// office are the hours of work.
func office(t *testing.T) []oncall.Window {
	t.Helper()
	return []oncall.Window{{
		Days: []time.Weekday{time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday},
		From: mustClock(t, "09:00"), To: mustClock(t, "17:00"),
	}}
}

func TestSpans(t *testing.T) {
	t.Parallel()
	member := func(id, from, until string) oncall.Member {
		m := oncall.Member{Person: oncall.PersonID(id)}
		if from != "" {
			m.From = mustDate(t, from)
		}
		if until != "" {
			m.Until = mustDate(t, until)
		}
		return m
	}
	whole := oncall.Window{Days: []time.Weekday{time.Saturday, time.Sunday}}
	night := oncall.Window{From: mustClock(t, "22:00"), To: mustClock(t, "06:00")}
	twice := oncall.Window{From: mustClock(t, "02:15"), To: mustClock(t, "02:45")}
	one := func(id oncall.PersonID) oncall.Rotation { return daily(t, oncall.Members(id)...) }
	for name, test := range map[string]struct {
		layers   []oncall.Layer
		from, to string
		want     []string
	}{
		"a layer in hours of work, and one behind it": {
			layers: []oncall.Layer{{Name: "office", Rotation: one("ana"), Only: office(t)}, {Rotation: one("ben")}},
			from:   "2026-03-06T08:00:00Z", to: "2026-03-09T12:00:00Z", // Friday to Monday
			want: []string{"Fri 6 Mar 09:00 - Fri 17:00 ana", "Fri 6 Mar 17:00 - Mon 09:00 ben", "Mon 9 Mar 09:00 - Mon 13:00 ana"},
		},
		"a gap where no layer is in force": {
			layers: []oncall.Layer{{Rotation: one("ana"), Only: office(t)}},
			from:   "2026-03-05T15:00:00Z", to: "2026-03-06T09:00:00Z",
			want: []string{"Thu 5 Mar 16:00 - Thu 17:00 ana", "Thu 5 Mar 17:00 - Fri 09:00 nobody", "Fri 6 Mar 09:00 - Fri 10:00 ana"},
		},
		"whole days in a row are one stretch": {
			layers: []oncall.Layer{{Rotation: one("ana"), Only: []oncall.Window{whole}}, {Rotation: one("ben")}},
			from:   "2026-03-06T12:00:00Z", to: "2026-03-09T12:00:00Z",
			want: []string{"Fri 6 Mar 13:00 - Sat 00:00 ben", "Sat 7 Mar 00:00 - Mon 00:00 ana", "Mon 9 Mar 00:00 - Mon 13:00 ben"},
		},
		"a window over midnight, in the night that is an hour short": {
			layers: []oncall.Layer{{Rotation: one("ana"), Only: []oncall.Window{night}}},
			from:   "2026-03-28T20:00:00Z", to: "2026-03-29T10:00:00Z",
			want: []string{"Sat 28 Mar 21:00 - Sat 22:00 nobody", "Sat 28 Mar 22:00 - Sun 06:00 ana", "Sun 29 Mar 06:00 - Sun 12:00 nobody"},
		},
		"a window that the clock leaves out": {
			layers: []oncall.Layer{{Rotation: one("ana"), Only: []oncall.Window{twice}}},
			from:   "2026-03-28T23:00:00Z", to: "2026-03-29T10:00:00Z",
			want: []string{"Sun 29 Mar 00:00 - Sun 12:00 nobody"},
		},
		"a window that the clock shows twice: from the first begin to the last end": {
			layers: []oncall.Layer{{Rotation: one("ana"), Only: []oncall.Window{twice}}},
			from:   "2026-10-24T23:00:00Z", to: "2026-10-25T10:00:00Z",
			want: []string{"Sun 25 Oct 01:00 - Sun 02:15 nobody", "Sun 25 Oct 02:15 - Sun 02:45 ana", "Sun 25 Oct 02:45 - Sun 11:00 nobody"},
		},
		"the leap day is a day": {
			layers: []oncall.Layer{{Rotation: daily(t, oncall.Members("ana", "ben", "cem")...)}},
			from:   "2028-02-28T08:00:00Z", to: "2028-03-01T20:00:00Z",
			want: []string{"Mon 28 Feb 09:00 - Tue 09:00 cem", "Tue 29 Feb 09:00 - Wed 09:00 ana", "Wed 1 Mar 09:00 - Wed 21:00 ben"},
		},
		"twelve hours each, by the wall clock": {
			layers: []oncall.Layer{{Rotation: oncall.Rotation{Members: oncall.Members("ana", "ben"), Start: mustDate(t, "2026-03-27"), At: mustClock(t, "08:00"), Hours: 12}}},
			from:   "2026-03-28T07:00:00Z", to: "2026-03-29T18:00:00Z",
			want: []string{"Sat 28 Mar 08:00 - Sat 20:00 ana", "Sat 28 Mar 20:00 - Sun 08:00 ben", "Sun 29 Mar 08:00 - Sun 20:00 ana"},
		},
		"every hour, also through the hour that does not exist": {
			layers: []oncall.Layer{{Rotation: oncall.Rotation{Members: oncall.Members("ana", "ben", "cem"), Start: mustDate(t, "2026-03-29"), At: mustClock(t, "00:00"), Hours: 1}}},
			from:   "2026-03-28T23:00:00Z", to: "2026-03-29T03:00:00Z",
			want: []string{"Sun 29 Mar 00:00 - Sun 01:00 ana", "Sun 29 Mar 01:00 - Sun 03:00 ben", "Sun 29 Mar 03:00 - Sun 04:00 ana", "Sun 29 Mar 04:00 - Sun 05:00 ben"},
		},
		"somebody joins, and nobody else's turn moves": {
			layers: []oncall.Layer{{Rotation: daily(t, member("ana", "", ""), member("ben", "", ""), member("cem", "2026-03-05", ""))}},
			from:   "2026-03-02T08:00:00Z", to: "2026-03-09T08:00:00Z",
			want: []string{
				"Mon 2 Mar 09:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben", "Wed 4 Mar 09:00 - Thu 09:00 ana",
				"Thu 5 Mar 09:00 - Fri 09:00 ben", "Fri 6 Mar 09:00 - Sat 09:00 cem", "Sat 7 Mar 09:00 - Sun 09:00 ana", "Sun 8 Mar 09:00 - Mon 09:00 ben",
			},
		},
		"somebody leaves, and the next one follows": {
			layers: []oncall.Layer{{Rotation: daily(t, member("ana", "", ""), member("ben", "", "2026-03-06"), member("cem", "", ""))}},
			from:   "2026-03-05T08:00:00Z", to: "2026-03-09T08:00:00Z",
			want: []string{"Thu 5 Mar 09:00 - Fri 09:00 ana", "Fri 6 Mar 09:00 - Sat 09:00 cem", "Sat 7 Mar 09:00 - Sun 09:00 ana", "Sun 8 Mar 09:00 - Mon 09:00 cem"},
		},
		"somebody leaves in the middle of a turn of a week": {
			layers: []oncall.Layer{{Rotation: oncall.Rotation{
				Members: []oncall.Member{member("ana", "", ""), member("ben", "", "2026-03-12"), member("cem", "", "")},
				Start:   mustDate(t, "2026-03-02"), At: mustClock(t, "09:00"), Weeks: 1,
			}}},
			from: "2026-03-02T08:00:00Z", to: "2026-03-30T07:00:00Z",
			want: []string{"Mon 2 Mar 09:00 - Mon 09:00 ana", "Mon 9 Mar 09:00 - Thu 09:00 ben", "Thu 12 Mar 09:00 - Mon 09:00 cem", "Mon 23 Mar 09:00 - Mon 09:00 ana"},
		},
		"all have left, and one comes back": {
			layers: []oncall.Layer{{Rotation: daily(t, member("ana", "", "2026-03-04"), member("ben", "2026-03-06", ""))}},
			from:   "2026-03-03T08:00:00Z", to: "2026-03-08T08:00:00Z",
			want: []string{"Tue 3 Mar 09:00 - Wed 09:00 ana", "Wed 4 Mar 09:00 - Fri 09:00 nobody", "Fri 6 Mar 09:00 - Sun 09:00 ben"},
		},
		"a layer whose members have all left lets the next one through": {
			layers: []oncall.Layer{{Rotation: daily(t, member("ana", "", "2026-03-04"))}, {Rotation: one("ben")}},
			from:   "2026-03-03T08:00:00Z", to: "2026-03-05T08:00:00Z",
			want: []string{"Tue 3 Mar 09:00 - Wed 09:00 ana", "Wed 4 Mar 09:00 - Thu 09:00 ben"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := oncall.Schedule{Name: "s", Zone: "Europe/Berlin", Layers: test.layers}
			if diff := cmp.Diff(test.want, spans(t, s, test.from, test.to)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// A calendar's shifts are all there is: several at once are all on call, and between them nobody is.
func TestCalendarShifts(t *testing.T) {
	t.Parallel()
	shift := func(person, since, until string) oncall.Shift {
		return oncall.Shift{Person: oncall.PersonID(person), Since: mustTime(t, since), Until: mustTime(t, until), Why: "PagerDuty"}
	}
	s := oncall.Schedule{Name: "imported", Calendar: true, Shifts: []oncall.Shift{
		shift("ana", "2026-03-02T08:00:00Z", "2026-03-02T20:00:00Z"), shift("ben", "2026-03-02T18:00:00Z", "2026-03-03T08:00:00Z"),
		shift("cem", "2026-03-03T09:00:00Z", "2026-03-03T10:00:00Z"),
	}}
	want := []string{
		"Mon 2 Mar 08:00 - Mon 18:00 ana", "Mon 2 Mar 18:00 - Mon 20:00 ana+ben", "Mon 2 Mar 20:00 - Tue 08:00 ben",
		"Tue 3 Mar 08:00 - Tue 09:00 nobody", "Tue 3 Mar 09:00 - Tue 10:00 cem",
	}
	if diff := cmp.Diff(want, spans(t, s, "2026-03-02T08:00:00Z", "2026-03-03T10:00:00Z")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	turns, err := s.OnCall(mustTime(t, "2026-03-02T19:00:00Z"))
	if err != nil || len(turns) != 2 {
		t.Fatal(turns, err)
	}
	if turns[0].Why != "imported (PagerDuty)" || !turns[0].Until.Equal(mustTime(t, "2026-03-02T20:00:00Z")) || !turns[1].Until.Equal(mustTime(t, "2026-03-03T08:00:00Z")) {
		t.Errorf("got %+v", turns)
	}
	empty := oncall.Schedule{Name: "imported", Calendar: true}
	if turns, err := empty.OnCall(mustTime(t, "2026-03-02T19:00:00Z")); err != nil || len(turns) > 0 {
		t.Errorf("an empty calendar has %v, %v", turns, err)
	}
}
