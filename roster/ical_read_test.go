package roster_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/roster"
)

var crew = []oncall.Person{
	{ID: "ana", Name: "Ana Ruiz", Email: "ana@example.com"},
	{ID: "ben", Name: "Ben Ito", Email: "ben@example.com"},
	{ID: "cem", Name: "Cem Kaya", Email: "cem@example.com"},
}

func utc(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// read reads a feed of 2026 with the crew's names.
func read(t testing.TB, data []byte) (shifts, problems []string) {
	t.Helper()
	got, faults := roster.ReadICal(data, roster.Feed{
		Name: "feed", From: utc(t, "2026-01-01 00:00"), To: utc(t, "2027-01-01 00:00"), People: roster.FeedNames(crew),
	})
	for _, s := range got {
		shifts = append(shifts, fmt.Sprintf("%s %s %s", s.Since.Format("01-02 15:04"), s.Until.Format("01-02 15:04"), s.Person))
	}
	for _, p := range faults {
		problems = append(problems, p.String())
	}
	return shifts, problems
}

func TestReadICalOfOtherPagers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		file           string
		want, problems []string
	}{
		{
			file:     "pagerduty.ics",
			want:     []string{"01-05 08:00 01-12 08:00 ana", "01-12 08:00 01-19 08:00 ben"},
			problems: []string{`feed: nobody is known by "On Call - Zoe Long - Checkout primary", in 1 event (add the text to the names of a person)`},
		},
		{
			file: "opsgenie.ics",
			want: []string{"01-05 08:00 01-05 16:00 ana", "01-05 16:00 01-06 08:00 ben", "01-05 16:00 01-06 08:00 cem"},
		},
		{
			file: "grafana.ics",
			want: []string{
				"01-05 00:00 01-05 12:00 ana", "01-05 12:00 01-06 00:00 ben", "01-06 00:00 01-06 12:00 ana",
				"01-06 12:00 01-07 00:00 ben", "01-07 00:00 01-07 12:00 ana",
			},
		},
		{
			file: "google.ics",
			want: []string{
				"10-05 07:00 10-12 07:00 ana", "10-19 10:00 10-26 08:00 ben", "10-23 22:00 10-25 23:00 cem",
				"10-27 17:00 10-27 19:00 ana", "11-30 08:00 12-07 08:00 ana",
			},
		},
	}
	for _, test := range tests {
		t.Run(test.file, func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(filepath.Join("testdata", "ical", test.file))
			if err != nil {
				t.Fatal(err)
			}
			got, problems := read(t, data)
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("shifts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// event is a calendar with one event.
func event(lines ...string) []byte {
	return []byte("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\n" + strings.Join(lines, "\r\n") + "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n")
}

func TestReadICal(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name           string
		lines          []string
		want, problems []string
	}{
		{
			name:  "a week begins and ends by the wall clock, also when the clocks change",
			lines: []string{"DTSTART;TZID=Europe/Berlin:20261012T090000", "DTEND;TZID=Europe/Berlin:20261019T090000", "RRULE:FREQ=WEEKLY;COUNT=3", "SUMMARY:ana"},
			want:  []string{"10-12 07:00 10-19 07:00 ana", "10-19 07:00 10-26 08:00 ana", "10-26 08:00 11-02 08:00 ana"},
		},
		{
			name:  "so does a night",
			lines: []string{"DTSTART;TZID=Europe/Berlin:20261023T210000", "DURATION:P1D", "RRULE:FREQ=DAILY;COUNT=2", "SUMMARY:ana"},
			want:  []string{"10-23 19:00 10-24 19:00 ana", "10-24 19:00 10-25 20:00 ana"},
		},
		{
			name:  "hours are hours",
			lines: []string{"DTSTART;TZID=Europe/Berlin:20261024T210000", "DURATION:PT24H", "SUMMARY:ana"},
			want:  []string{"10-24 19:00 10-25 19:00 ana"},
		},
		{
			name:  "all days, one without an end, and one less",
			lines: []string{"DTSTART;VALUE=DATE:20260105", "RRULE:FREQ=WEEKLY;BYDAY=MO,TU;COUNT=4", "EXDATE;VALUE=DATE:20260106", "SUMMARY:ana"},
			want:  []string{"01-05 00:00 01-06 00:00 ana", "01-12 00:00 01-13 00:00 ana", "01-13 00:00 01-14 00:00 ana"},
		},
		{
			name:  "a date leaves out what begins on it",
			lines: []string{"DTSTART;TZID=America/New_York:20260105T200000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2", "EXDATE;VALUE=DATE;TZID=America/New_York:20260106", "SUMMARY:ana"},
			want:  []string{"01-06 01:00 01-06 02:00 ana"},
		},
		{
			name:  "further dates",
			lines: []string{"DTSTART:20260105T000000Z", "DURATION:PT1H", "RDATE:20260107T000000Z,20260108T000000Z", "SUMMARY:ana"},
			want:  []string{"01-05 00:00 01-05 01:00 ana", "01-07 00:00 01-07 01:00 ana", "01-08 00:00 01-08 01:00 ana"},
		},
		{
			name:  "what reaches into the time is whole",
			lines: []string{"DTSTART:20251229T000000Z", "DTEND:20260105T000000Z", "RRULE:FREQ=WEEKLY;UNTIL=20260105", "SUMMARY:ana"},
			want:  []string{"12-29 00:00 01-05 00:00 ana", "01-05 00:00 01-12 00:00 ana"},
		},
		{
			name:     "a list with somebody unknown",
			lines:    []string{"DTSTART:20260105T000000Z", "DURATION:PT1H", "SUMMARY:On call: Ana Ruiz / Zoe & ben"},
			want:     []string{"01-05 00:00 01-05 01:00 ana", "01-05 00:00 01-05 01:00 ben"},
			problems: []string{`feed: nobody is known by "Zoe", in 1 event (add the text to the names of a person)`},
		},
		{
			name:  "the organizer, where nothing else names anybody",
			lines: []string{"DTSTART:20260105T000000Z", "DURATION:PT1H", "SUMMARY:Pager", "ORGANIZER;CN=Cem Kaya:mailto:c.kaya@example.org"},
			want:  []string{"01-05 00:00 01-05 01:00 cem"},
		},
		{
			name:     "nobody's name",
			lines:    []string{"DTSTART:20260105T000000Z", "DURATION:PT1H"},
			problems: []string{`feed: event "1" of 20260105T000000Z says nobody's name (give it a person's name as its title)`},
		},
		{
			name:  "a vendor's name of a zone",
			lines: []string{"DTSTART;TZID=/citadel.org/20260101_1/America/Argentina/Ushuaia:20260105T000000", "DURATION:PT1H", "SUMMARY:ana"},
			want:  []string{"01-05 03:00 01-05 04:00 ana"},
		},
		{
			name:     "a zone that nobody knows",
			lines:    []string{"DTSTART;TZID=Kitchen:20260105T000000", "DURATION:PT1H", "SUMMARY:ana"},
			problems: []string{`feed: event "ana" of 20260105T000000: DTSTART: "Kitchen" is no time zone that is known here`},
		},
		{
			name:     "a rule that cannot be read leaves the first one",
			lines:    []string{"DTSTART:20260105T000000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY", "SUMMARY:ana"},
			want:     []string{"01-05 00:00 01-05 01:00 ana"},
			problems: []string{`feed: event "ana" of 20260105T000000Z: RRULE: SECONDLY is too often`},
		},
		{
			name:     "a rule that names no time",
			lines:    []string{"DTSTART:20260105T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY;INTERVAL=24;BYHOUR=5", "SUMMARY:ana"},
			want:     []string{"01-05 00:00 01-05 01:00 ana"},
			problems: []string{`feed: event "ana" of 20260105T000000Z: RRULE: it names no time`},
		},
		{
			name:     "no length",
			lines:    []string{"DTSTART:20260105T000000Z", "SUMMARY:ana"},
			problems: []string{`feed: event "ana" of 20260105T000000Z has no length (give it an end)`},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, problems := read(t, event(test.lines...))
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("shifts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.problems, problems); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

func TestReadICalRefusesHalfAFeed(t *testing.T) {
	t.Parallel()
	whole := event("DTSTART:20260105T000000Z", "DURATION:PT1H", "SUMMARY:ana")
	for _, data := range []string{"", "<html>Sign in</html>", string(whole[:len(whole)-20]), strings.Repeat("x", 5<<20)} {
		shifts, problems := read(t, []byte(data))
		if len(shifts) > 0 || len(problems) != 1 || !strings.Contains(problems[0], "this is no iCalendar") {
			t.Errorf("%.20q gives %v and %v", data, shifts, problems)
		}
	}
	if shifts, problems := read(t, append([]byte("\ufeff"), whole...)); len(shifts) != 1 || len(problems) > 0 {
		t.Errorf("with a byte order mark: %v and %v", shifts, problems)
	}
	deep := strings.Repeat("BEGIN:X\n", 400_000)
	if _, problems := read(t, []byte("BEGIN:VCALENDAR\n"+deep+"END:VCALENDAR")); len(problems) == 0 {
		t.Error("400,000 components within one another are no problem")
	}
}

func TestNamesThatTwoPeopleHaveMeanNeither(t *testing.T) {
	t.Parallel()
	names := roster.FeedNames([]oncall.Person{
		{ID: "ana", Name: "Ana", Email: "ANA@example.com"},
		{ID: "ana2", Name: "Sam"},
		{ID: "sam", Name: "Sam"},
	})
	want := map[string]oncall.PersonID{"ana": "ana", "ana@example.com": "ana", "ana2": "ana2"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("names (-want +got):\n%s", diff)
	}
}

// FuzzReadICal: whatever comes, it ends, and every shift has somebody and a length.
func FuzzReadICal(f *testing.F) {
	files, err := filepath.Glob("testdata/ical/*.ics")
	if err != nil || len(files) == 0 {
		f.Fatal("no feeds to begin with", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add(event("DTSTART;TZID=Europe/Berlin:20260329T023000", "DURATION:P1D", "RRULE:FREQ=HOURLY;BYHOUR=2;BYSETPOS=-1", "SUMMARY:ana"))
	f.Add(event("DTSTART:20260105T000000Z", "DTEND:20260104T000000Z", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2", "SUMMARY:ana & ben"))
	f.Add(event("DTSTART:20260105T000000Z", "DURATION:P9999W", "RRULE:FREQ=YEARLY;BYWEEKNO=53;BYDAY=-53MO", "SUMMARY:ana"))
	f.Fuzz(func(t *testing.T, data []byte) {
		shifts, _ := roster.ReadICal(data, roster.Feed{
			From: utc(t, "2026-01-01 00:00"), To: utc(t, "2026-02-01 00:00"), People: roster.FeedNames(crew),
		})
		for _, s := range shifts {
			if s.Person == "" || !s.Since.Before(s.Until) {
				t.Fatalf("shift %+v", s)
			}
		}
	})
}
