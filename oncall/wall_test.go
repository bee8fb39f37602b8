package oncall_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/musterbook/musterbook/oncall"
)

func TestWallClock(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		zone       string
		date       string
		clock      string
		start, end string // RFC 3339, UTC
	}{
		{name: "ordinary winter", zone: "Europe/Berlin", date: "2026-01-05", clock: "09:00", start: "2026-01-05T08:00:00Z", end: "2026-01-05T08:00:00Z"},
		{name: "ordinary summer", zone: "Europe/Berlin", date: "2026-07-06", clock: "09:00", start: "2026-07-06T07:00:00Z", end: "2026-07-06T07:00:00Z"},
		{name: "no zone changes", zone: "Asia/Kathmandu", date: "2026-01-05", clock: "09:00", start: "2026-01-05T03:15:00Z", end: "2026-01-05T03:15:00Z"},
		{name: "UTC", zone: "", date: "2026-01-05", clock: "09:00", start: "2026-01-05T09:00:00Z", end: "2026-01-05T09:00:00Z"},
		{name: "jumped over", zone: "Europe/Berlin", date: "2026-03-29", clock: "02:30", start: "2026-03-29T01:00:00Z", end: "2026-03-29T01:00:00Z"},
		{name: "the jump itself", zone: "Europe/Berlin", date: "2026-03-29", clock: "02:00", start: "2026-03-29T01:00:00Z", end: "2026-03-29T01:00:00Z"},
		{name: "before the jump", zone: "Europe/Berlin", date: "2026-03-29", clock: "01:59", start: "2026-03-29T00:59:00Z", end: "2026-03-29T00:59:00Z"},
		{name: "after the jump", zone: "Europe/Berlin", date: "2026-03-29", clock: "03:00", start: "2026-03-29T01:00:00Z", end: "2026-03-29T01:00:00Z"},
		{name: "shown twice", zone: "Europe/Berlin", date: "2026-10-25", clock: "02:30", start: "2026-10-25T00:30:00Z", end: "2026-10-25T01:30:00Z"},
		{name: "first minute shown twice", zone: "Europe/Berlin", date: "2026-10-25", clock: "02:00", start: "2026-10-25T00:00:00Z", end: "2026-10-25T01:00:00Z"},
		{name: "first minute shown once", zone: "Europe/Berlin", date: "2026-10-25", clock: "03:00", start: "2026-10-25T02:00:00Z", end: "2026-10-25T02:00:00Z"},
		{name: "west of Greenwich, jumped over", zone: "America/New_York", date: "2026-03-08", clock: "02:30", start: "2026-03-08T07:00:00Z", end: "2026-03-08T07:00:00Z"},
		{name: "west of Greenwich, shown twice", zone: "America/New_York", date: "2026-11-01", clock: "01:30", start: "2026-11-01T05:30:00Z", end: "2026-11-01T06:30:00Z"},
		{name: "half an hour, jumped over", zone: "Australia/Lord_Howe", date: "2026-10-04", clock: "02:15", start: "2026-10-03T15:30:00Z", end: "2026-10-03T15:30:00Z"},
		{name: "half an hour, shown twice", zone: "Australia/Lord_Howe", date: "2026-04-05", clock: "01:45", start: "2026-04-04T14:45:00Z", end: "2026-04-04T15:15:00Z"},
		{name: "midnight jumped over", zone: "America/Sao_Paulo", date: "2018-11-04", clock: "00:00", start: "2018-11-04T03:00:00Z", end: "2018-11-04T03:00:00Z"},
		{name: "a whole day left out", zone: "Pacific/Apia", date: "2011-12-30", clock: "09:00", start: "2011-12-30T10:00:00Z", end: "2011-12-30T10:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, c, zone := mustDate(t, tt.date), mustClock(t, tt.clock), mustZone(t, tt.zone)
			got := []string{
				oncall.Start(d, c, zone).UTC().Format(time.RFC3339),
				oncall.End(d, c, zone).UTC().Format(time.RFC3339),
			}
			if diff := cmp.Diff([]string{tt.start, tt.end}, got); diff != "" {
				t.Errorf("start and end (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWallClockShowsTheTime holds for every zone and day: either both instants show the wanted time, or neither does
// and the minute before them shows an earlier one.
func TestWallClockShowsTheTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone := drawZone(t)
		d := drawDate(t)
		c := oncall.ClockTime{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")}
		start, end := oncall.Start(d, c, zone), oncall.End(d, c, zone)
		if end.Before(start) {
			t.Fatalf("%s %s in %s ends at %s before it starts at %s", d, c, zone, end, start)
		}
		want := d.String() + " " + c.String()
		shown := start.Format("2006-01-02 15:04")
		if shown == want {
			if got := end.Format("2006-01-02 15:04"); got != want {
				t.Fatalf("the end of %s in %s shows %s", want, zone, got)
			}
			return
		}
		before := start.Add(-time.Minute).Format("2006-01-02 15:04")
		if !start.Equal(end) || shown < want || before >= want {
			t.Fatalf("%s in %s: start shows %s, the minute before %s, end %s", want, zone, shown, before, end)
		}
	})
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"2026-1-5", "05.01.2026", "2026-02-30", "", "2026-01-05T00:00:00Z"} {
		if d, err := oncall.ParseDate(text); err == nil {
			t.Errorf("date %q was read as %s", text, d)
		}
	}
	for _, text := range []string{"9:00", "24:00", "09:60", "0900", "", "09:00:00"} {
		if c, err := oncall.ParseClockTime(text); err == nil {
			t.Errorf("time %q was read as %s", text, c)
		}
	}
	if got := mustDate(t, "2026-01-05").String(); got != "2026-01-05" {
		t.Errorf("date prints as %s", got)
	}
	if got := mustClock(t, "07:05").String(); got != "07:05" {
		t.Errorf("time prints as %s", got)
	}
}

// zones are those whose clocks do the oddest things.
func zones() []string {
	return []string{
		"", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "America/Sao_Paulo",
		"Asia/Kathmandu", "Africa/Casablanca", "Antarctica/Troll", "Europe/Dublin", "America/St_Johns", "Asia/Gaza",
	}
}

func drawZone(t *rapid.T) *time.Location {
	name := rapid.SampledFrom(zones()).Draw(t, "zone")
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatalf("zone %s: %v", name, err)
	}
	return zone
}

func drawDate(t *rapid.T) oncall.Date {
	day := time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "day"), 0).UTC()
	return oncall.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
}

func mustDate(t *testing.T, text string) oncall.Date {
	t.Helper()
	d, err := oncall.ParseDate(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func mustClock(t *testing.T, text string) oncall.ClockTime {
	t.Helper()
	c, err := oncall.ParseClockTime(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func mustTime(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}
