package oncall_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/musterbook/musterbook/oncall"
)

// manyZones are twenty places: both hemispheres, halves and quarters of hours, skipped days and midnights, no summer time.
func manyZones() []string {
	return []string{
		"UTC", "Europe/Berlin", "Europe/London", "Europe/Dublin", "America/New_York", "America/Los_Angeles", "America/Sao_Paulo", "America/St_Johns",
		"America/Santiago", "America/Havana", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tehran", "Asia/Beirut", "Asia/Tokyo", "Australia/Sydney",
		"Australia/Lord_Howe", "Pacific/Chatham", "Pacific/Apia", "Africa/Casablanca",
	}
}

// tenYears is where the properties are looked at.
func tenYears() (from, to time.Time) {
	return time.Date(2018, time.January, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, time.January, 1, 0, 0, 0, 0, time.UTC)
}

// drawRotation is a rotation of a few people, whose names begin with a prefix.
func drawRotation(t *rapid.T, prefix string) oncall.Rotation {
	r := oncall.Rotation{
		Start: oncall.Date{Year: rapid.IntRange(2015, 2029).Draw(t, "year"), Month: time.Month(rapid.IntRange(1, 12).Draw(t, "month")), Day: rapid.IntRange(1, 28).Draw(t, "day")},
		At:    oncall.ClockTime{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.SampledFrom([]int{0, 15, 30}).Draw(t, "minute")},
	}
	switch rapid.IntRange(0, 2).Draw(t, "unit") {
	case 0:
		r.Hours = rapid.SampledFrom([]int{6, 8, 12, 36}).Draw(t, "hours")
	case 1:
		r.Days = rapid.IntRange(1, 10).Draw(t, "days")
	case 2:
		r.Weeks = rapid.IntRange(1, 4).Draw(t, "weeks")
	}
	for n := range rapid.IntRange(1, 4).Draw(t, "members") {
		r.Members = append(r.Members, oncall.Member{Person: oncall.PersonID(fmt.Sprint(prefix, n))})
	}
	return r
}

// drawWindow is a restriction that no clock change can swallow whole.
func drawWindow(t *rapid.T) oncall.Window {
	w := oncall.Window{
		From: oncall.ClockTime{Hour: rapid.IntRange(0, 23).Draw(t, "from")},
		To:   oncall.ClockTime{Hour: rapid.IntRange(0, 23).Draw(t, "to"), Minute: 30},
	}
	for _, day := range []time.Weekday{time.Sunday, time.Monday, time.Tuesday, time.Wednesday, time.Thursday, time.Friday, time.Saturday} {
		if rapid.Bool().Draw(t, day.String()) {
			w.Days = append(w.Days, day)
		}
	}
	return w
}

// within is the restriction as people read it: by what their clock shows.
func within(w oncall.Window, local time.Time) bool {
	minutes := func(c oncall.ClockTime) int { return c.Hour*60 + c.Minute }
	now, from, to := local.Hour()*60+local.Minute(), minutes(w.From), minutes(w.To)
	on := func(day time.Weekday) bool { return len(w.Days) == 0 || slices.Contains(w.Days, day) }
	if from < to {
		return on(local.Weekday()) && from <= now && now < to
	}
	return on(local.Weekday()) && from <= now || on((local.Weekday()+6)%7) && now < to
}

// calm says whether no clock is changed within two days.
func calm(local time.Time) bool {
	_, before := local.AddDate(0, 0, -2).Zone()
	_, now := local.Zone()
	_, after := local.AddDate(0, 0, 2).Zone()
	return before == now && now == after
}

// In ten years and in every zone the spans lie one after the other, each holds what OnCall says anywhere in it, and they
// have exactly the gaps that the definition has.
func TestCoverage(t *testing.T) {
	t.Parallel()
	for _, name := range manyZones() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			zone := mustZone(t, name)
			rapid.Check(t, func(t *rapid.T) {
				restricted := drawWindow(t)
				layers := []oncall.Layer{{Name: "first", Rotation: drawRotation(t, "a"), Only: []oncall.Window{restricted}}}
				behind := rapid.Bool().Draw(t, "behind")
				if behind {
					layers = append(layers, oncall.Layer{Name: "second", Rotation: drawRotation(t, "b")})
				}
				s := oncall.Schedule{Name: "s", Zone: name, Layers: layers}
				begin, _ := tenYears()
				from := begin.Add(time.Duration(rapid.IntRange(0, 10*365*24).Draw(t, "from")) * time.Hour)
				to := from.AddDate(0, 0, 20)
				spans, err := s.Spans(from, to)
				if err != nil {
					t.Fatal(err)
				}
				tiles(t, spans, from, to)
				for _, span := range spans {
					for _, at := range []time.Time{span.Since, span.Since.Add(span.Until.Sub(span.Since) / 2), span.Until.Add(-time.Nanosecond)} {
						turns, err := s.OnCall(at)
						if err != nil || !slices.Equal(people(turns), people(span.Turns)) {
							t.Fatalf("%s: %v (%v), and the span %s - %s has %v", at, people(turns), err, span.Since, span.Until, people(span.Turns))
						}
						if local := at.In(zone); calm(local) {
							asDefined(t, turns, within(restricted, local), behind, local)
						}
					}
				}
			})
		})
	}
}

// tiles checks that spans follow one another without a gap.
func tiles(t *rapid.T, spans []oncall.Span, from, to time.Time) {
	at := from
	for _, span := range spans {
		if !span.Since.Equal(at) || !span.Until.After(span.Since) {
			t.Fatalf("after %s comes the span %s - %s", at, span.Since, span.Until)
		}
		at = span.Until
	}
	if !at.Equal(to) {
		t.Fatalf("the spans end at %s, want %s", at, to)
	}
}

// asDefined checks that somebody of the right layer has the duty.
func asDefined(t *rapid.T, turns []oncall.Turn, inWindow, behind bool, local time.Time) {
	want := ""
	switch {
	case inWindow:
		want = "a"
	case behind:
		want = "b"
	}
	got := people(turns)
	if want == "" && len(got) == 0 || len(got) == 1 && want != "" && got[0][:1] == want {
		return
	}
	t.Fatalf("%s: on call is %v, want %q of the layers", local, got, want)
}

// people are the people of turns.
func people(turns []oncall.Turn) []string {
	out := []string{}
	for _, turn := range turns {
		out = append(out, string(turn.Person))
	}
	return out
}

// Whoever joins or leaves moves nobody's turn before that day, wherever in the list they stand.
func TestMembersMoveNobodysPast(t *testing.T) {
	t.Parallel()
	for _, name := range manyZones() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				r := drawRotation(t, "a")
				begin, end := tenYears()
				day := begin.AddDate(0, 0, rapid.IntRange(100, 3500).Draw(t, "day"))
				date := oncall.Date{Year: day.Year(), Month: day.Month(), Day: day.Day()}
				changed := r
				changed.Members = slices.Clone(r.Members)
				place := rapid.IntRange(0, len(r.Members)-1).Draw(t, "place")
				if rapid.Bool().Draw(t, "joins") {
					changed.Members = slices.Insert(changed.Members, place, oncall.Member{Person: "new", From: date})
				} else {
					changed.Members[place].Until = date
				}
				from := day.AddDate(0, 0, -60)
				before := history(t, name, r, from, day.AddDate(0, 0, -1))
				after := history(t, name, changed, from, day.AddDate(0, 0, -1))
				if diff := cmp.Diff(before, after); diff != "" {
					t.Fatalf("the past has moved (-before +after):\n%s", diff)
				}
				follows(t, name, changed, day, end)
			})
		})
	}
}

// history is who had the duty when.
func history(t *rapid.T, zone string, r oncall.Rotation, from, to time.Time) []string {
	spans, err := oncall.Schedule{Name: "s", Zone: zone, Rotation: &r}.Spans(from, to)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, span := range spans {
		out = append(out, fmt.Sprint(span.Since, span.Until, people(span.Turns)))
	}
	return out
}

// follows checks that after a change the members follow one another in the order of the list, and nobody has a turn who
// has left.
func follows(t *rapid.T, zone string, r oncall.Rotation, day, end time.Time) {
	var order []string
	for _, m := range r.Members {
		if m.Until == (oncall.Date{}) {
			order = append(order, string(m.Person))
		}
	}
	from := day.AddDate(0, 4, 0) // when everybody's turn has come
	to := from.AddDate(0, 6, 0)
	if to.After(end) || len(order) == 0 {
		return
	}
	spans, err := oncall.Schedule{Name: "s", Zone: zone, Rotation: &r}.Spans(from, to)
	if err != nil {
		t.Fatal(err)
	}
	last := -1
	for _, span := range spans {
		now := slices.Index(order, people(span.Turns)[0])
		if now < 0 || last >= 0 && len(order) > 1 && now != (last+1)%len(order) {
			t.Fatalf("after %d comes %v of %v", last, people(span.Turns), order)
		}
		last = now
	}
}
