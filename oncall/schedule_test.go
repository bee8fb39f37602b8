package oncall_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/musterbook/musterbook/oncall"
)

// berlin rotates three people weekly on Mondays at nine.
func berlin(t *testing.T) oncall.Schedule {
	t.Helper()
	return oncall.Schedule{Name: "checkout-oncall", Zone: "Europe/Berlin", Rotation: &oncall.Rotation{
		Members: oncall.Members("ana", "ben", "cem"), Start: mustDate(t, "2026-01-05"), At: mustClock(t, "09:00"),
	}}
}

func TestOnCall(t *testing.T) {
	t.Parallel()
	night := func(start, at string) func(*oncall.Schedule) {
		return func(s *oncall.Schedule) { s.Rotation.Start, s.Rotation.At = mustDate(t, start), mustClock(t, at) }
	}
	tests := []struct {
		name         string
		change       func(*oncall.Schedule)
		at           string
		person       oncall.PersonID
		why          string
		since, until string
	}{
		{
			name: "first instant", at: "2026-01-05T08:00:00Z", person: "ana", why: "checkout-oncall since Mon 09:00",
			since: "2026-01-05T08:00:00Z", until: "2026-01-12T08:00:00Z",
		},
		{
			name: "last instant", at: "2026-01-12T07:59:59Z", person: "ana", why: "checkout-oncall since Mon 09:00",
			since: "2026-01-05T08:00:00Z", until: "2026-01-12T08:00:00Z",
		},
		{
			name: "hand-over", at: "2026-01-12T08:00:00Z", person: "ben", why: "checkout-oncall since Mon 09:00",
			since: "2026-01-12T08:00:00Z", until: "2026-01-19T08:00:00Z",
		},
		{
			name: "once around", at: "2026-01-28T12:00:00Z", person: "ana", why: "checkout-oncall since Mon 09:00",
			since: "2026-01-26T08:00:00Z", until: "2026-02-02T08:00:00Z",
		},
		{
			name: "before the start it rotates backwards", at: "2026-01-05T07:59:59Z", person: "cem",
			why: "checkout-oncall since Mon 09:00", since: "2025-12-29T08:00:00Z", until: "2026-01-05T08:00:00Z",
		},
		{
			name: "long before the start", at: "2025-12-10T12:00:00Z", person: "cem", why: "checkout-oncall since Mon 09:00",
			since: "2025-12-08T08:00:00Z", until: "2025-12-15T08:00:00Z",
		},
		{
			name: "summer time keeps the wall clock", at: "2026-04-01T12:00:00Z", person: "ana",
			why: "checkout-oncall since Mon 09:00", since: "2026-03-30T07:00:00Z", until: "2026-04-06T07:00:00Z",
		},
		{
			name: "turn with the spring night is an hour short", at: "2026-03-29T12:00:00Z", person: "cem",
			why: "checkout-oncall since Mon 09:00", since: "2026-03-23T08:00:00Z", until: "2026-03-30T07:00:00Z",
		},
		{
			name: "several weeks", change: func(s *oncall.Schedule) { s.Rotation.Weeks = 2 }, at: "2026-01-13T00:00:00Z", person: "ana",
			why: "checkout-oncall since Mon 5 Jan 09:00", since: "2026-01-05T08:00:00Z", until: "2026-01-19T08:00:00Z",
		},
		{
			name: "several weeks, next", change: func(s *oncall.Schedule) { s.Rotation.Weeks = 2 }, at: "2026-01-19T08:00:00Z", person: "ben",
			why: "checkout-oncall since Mon 19 Jan 09:00", since: "2026-01-19T08:00:00Z", until: "2026-02-02T08:00:00Z",
		},
		{
			name: "hand-over in the hour that is left out, before", change: night("2026-03-29", "02:30"), at: "2026-03-29T00:59:59Z",
			person: "cem", why: "checkout-oncall since Sun 02:30", since: "2026-03-22T01:30:00Z", until: "2026-03-29T01:00:00Z",
		},
		{
			name: "hand-over in the hour that is left out, after", change: night("2026-03-29", "02:30"), at: "2026-03-29T01:00:00Z",
			person: "ana", why: "checkout-oncall since Sun 03:00", since: "2026-03-29T01:00:00Z", until: "2026-04-05T00:30:00Z",
		},
		{
			name: "hand-over in the hour shown twice, before", change: night("2026-10-25", "02:30"), at: "2026-10-25T00:29:59Z",
			person: "cem", why: "checkout-oncall since Sun 02:30", since: "2026-10-18T00:30:00Z", until: "2026-10-25T00:30:00Z",
		},
		{
			name: "hand-over in the hour shown twice, first", change: night("2026-10-25", "02:30"), at: "2026-10-25T00:30:00Z",
			person: "ana", why: "checkout-oncall since Sun 02:30", since: "2026-10-25T00:30:00Z", until: "2026-11-01T01:30:00Z",
		},
		{
			name: "hand-over in the hour shown twice, second", change: night("2026-10-25", "02:30"), at: "2026-10-25T01:29:00Z",
			person: "ana", why: "checkout-oncall since Sun 02:30", since: "2026-10-25T00:30:00Z", until: "2026-11-01T01:30:00Z",
		},
		{
			name: "no zone means UTC", change: func(s *oncall.Schedule) { s.Zone = "" }, at: "2026-01-05T09:00:00Z", person: "ana",
			why: "checkout-oncall since Mon 09:00", since: "2026-01-05T09:00:00Z", until: "2026-01-12T09:00:00Z",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := berlin(t)
			if tt.change != nil {
				tt.change(&s)
			}
			got, err := s.OnCall(mustTime(t, tt.at))
			if err != nil {
				t.Fatal(err)
			}
			want := []oncall.Turn{{Person: tt.person, Why: tt.why, Since: mustTime(t, tt.since), Until: mustTime(t, tt.until)}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("turn (-want +got):\n%s", diff)
			}
		})
	}
}

// TestFarAway asks for instants that are further from the start than a time.Duration reaches.
func TestFarAway(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"0001-01-01T00:00:00Z", "9000-01-01T00:00:00Z"} {
		at := mustTime(t, text)
		turns, err := berlin(t).OnCall(at)
		if err != nil || len(turns) != 1 {
			t.Fatal(turns, err)
		}
		if turn := turns[0]; turn.Person == "" || turn.Since.After(at) || !turn.Until.After(at) {
			t.Errorf("%s does not lie in its turn %+v", text, turns)
		}
	}
}

func TestFixedPerson(t *testing.T) {
	t.Parallel()
	s := oncall.Schedule{Name: "cto", Person: "olga"}
	got, err := s.OnCall(mustTime(t, "2026-01-05T08:00:00Z"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]oncall.Turn{{Person: "olga", Why: "cto"}}, got); diff != "" {
		t.Errorf("turn (-want +got):\n%s", diff)
	}
}

func TestOnCallRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		schedule oncall.Schedule
		want     string
	}{
		{name: "nobody", schedule: oncall.Schedule{Name: "cto"}, want: "schedule cto has nobody on it"},
		{name: "no members", schedule: oncall.Schedule{Name: "sre", Rotation: &oncall.Rotation{}}, want: "schedule sre rotates among nobody"},
		{
			name: "no such zone", want: "zone of schedule sre: unknown time zone Europe/Atlantis",
			schedule: oncall.Schedule{Name: "sre", Zone: "Europe/Atlantis", Rotation: &oncall.Rotation{Members: oncall.Members("ana")}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := tt.schedule.OnCall(mustTime(t, "2026-01-05T08:00:00Z"))
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestChangeOfMembers is the recipe for adding and removing somebody: the start moves to the next hand-over and the
// members are listed in the order of the coming turns, the running one last.
func TestChangeOfMembers(t *testing.T) {
	t.Parallel()
	now := mustTime(t, "2026-01-14T12:00:00Z") // in ben's turn, cem is next
	tests := []struct {
		name    string
		members []oncall.PersonID
		want    string // this turn and the coming ones
	}{
		{name: "dora joins after cem", members: []oncall.PersonID{"cem", "dora", "ana", "ben"}, want: "ben cem dora ana ben"},
		{name: "ana leaves", members: []oncall.PersonID{"cem", "ben"}, want: "ben cem ben cem ben"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := berlin(t)
			s.Rotation.Members, s.Rotation.Start = oncall.Members(tt.members...), mustDate(t, "2026-01-19")
			if got := row(t, s, now, 5); got != tt.want {
				t.Errorf("turns are %s, want %s", got, tt.want)
			}
		})
	}
}

// row lists who is on call now and in the following turns.
func row(t *testing.T, s oncall.Schedule, at time.Time, turns int) string {
	t.Helper()
	var names []string
	for range turns {
		now, err := s.OnCall(at)
		if err != nil || len(now) != 1 {
			t.Fatal(now, err)
		}
		names, at = append(names, string(now[0].Person)), now[0].Until
	}
	return strings.Join(names, " ")
}

// TestTurnsTileTime holds for every rotation: the instant lies in its turn, the turn before ends where this one
// begins, the next begins where it ends, and the people follow one another in order.
func TestTurnsTileTime(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		members := make([]oncall.Member, rapid.IntRange(1, 5).Draw(t, "members"))
		for n := range members {
			members[n].Person = oncall.PersonID(fmt.Sprint(n))
		}
		weeks := rapid.IntRange(0, 6).Draw(t, "weeks")
		s := oncall.Schedule{Name: "s", Zone: drawZone(t).String(), Rotation: &oncall.Rotation{
			Members: members, Start: drawDate(t), Weeks: weeks,
			At: oncall.ClockTime{Hour: rapid.IntRange(0, 23).Draw(t, "hour"), Minute: rapid.IntRange(0, 59).Draw(t, "minute")},
		}}
		at := time.Unix(rapid.Int64Range(-1e9, 5e9).Draw(t, "at"), 0).UTC()
		turn := onCall(t, s, at)
		if len(members) == 1 {
			if !turn.Until.IsZero() {
				t.Fatalf("nobody takes over, and the duty ends: %+v", turn)
			}
			return
		}
		if at.Before(turn.Since) || !at.Before(turn.Until) {
			t.Fatalf("%s does not lie in its turn %+v", at, turn)
		}
		before, next := onCall(t, s, turn.Since.Add(-1)), onCall(t, s, turn.Until)
		if !before.Until.Equal(turn.Since) || !next.Since.Equal(turn.Until) {
			t.Fatalf("gap or overlap: %+v, %+v, %+v", before, turn, next)
		}
		if last := onCall(t, s, turn.Until.Add(-1)); last != turn {
			t.Fatalf("the turn changes before it ends: %+v, %+v", turn, last)
		}
		if want := fmt.Sprint((number(t, turn.Person) + 1) % len(members)); string(next.Person) != want {
			t.Fatalf("after %s comes %s, want %s", turn.Person, next.Person, want)
		}
		length := turn.Until.Sub(turn.Since)
		if nominal := time.Duration(max(weeks, 1)) * 7 * 24 * time.Hour; length < nominal-25*time.Hour || length > nominal+25*time.Hour {
			t.Fatalf("a turn of %d weeks takes %s", weeks, length)
		}
	})
}

func onCall(t *rapid.T, s oncall.Schedule, at time.Time) oncall.Turn {
	turns, err := s.OnCall(at)
	if err != nil || len(turns) != 1 {
		t.Fatal(turns, err)
	}
	return turns[0]
}

func number(t *rapid.T, p oncall.PersonID) int {
	var n int
	if _, err := fmt.Sscan(string(p), &n); err != nil {
		t.Fatal(err)
	}
	return n
}
