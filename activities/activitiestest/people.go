package activitiestest

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/oncall"
)

// handOver is when the rotation of the tests changes hands: a Monday at nine, in UTC.
var handOver = time.Date(2026, 7, 13, 9, 0, 0, 0, time.UTC)

// book is the roster that the tests ask for. Dan has no telephone, so he is on no schedule.
func book() oncall.Book {
	return oncall.Book{
		People: []oncall.Person{
			{ID: "ana", Name: "Ana Ruiz", Phone: "+4915100000001", Email: "ana@example.com"},
			{ID: "ben", Name: "Ben Okoye", Phone: "+4915100000002", Email: "ben@example.com"},
			{ID: "dan", Name: "Dan Weber", Email: "dan@example.com"},
		},
		Teams: []oncall.Team{
			{Name: "payments", Members: []oncall.PersonID{"ben", "ana"}}, {Name: "office", Members: []oncall.PersonID{"dan"}},
		},
		Schedules: []oncall.Schedule{
			{Name: "boss", Person: "ben"},
			{Name: "sre", Rotation: &oncall.Rotation{
				Members: oncall.Members("ana", "ben"), Start: oncall.Date{Year: 2026, Month: time.July, Day: 6}, At: oncall.ClockTime{Hour: 9},
			}},
		},
		Policies: []oncall.Policy{{Name: "shop", Levels: []oncall.Level{
			{Targets: []string{"boss", "payments"}, Ack: 5 * time.Minute}, {Targets: []string{"dan"}, Ack: 5 * time.Minute},
		}}},
		Fallback: []oncall.PersonID{"ben", "ana"},
	}
}

// People runs the acceptance test of who is meant by a name; open gives a port that knows the book.
func People(t *testing.T, open func(t *testing.T, book oncall.Book) activities.People) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, activities.People){
		"Names":      peopleByNames,
		"Unknown":    peopleUnknown,
		"SideBySide": peopleSideBySide,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t, book()))
		})
	}
}

// peopleByNames resolves every kind of name, at instants on both sides of a hand-over.
func peopleByNames(t *testing.T, people activities.People) {
	tests := []struct {
		name  string
		at    time.Time
		want  []oncall.PersonID
		until time.Time
	}{
		{"ana", handOver, []oncall.PersonID{"ana"}, time.Time{}},
		{"payments", handOver, []oncall.PersonID{"ben", "ana"}, time.Time{}},
		{"office", handOver, []oncall.PersonID{"dan"}, time.Time{}},
		{"dan", handOver, []oncall.PersonID{"dan"}, time.Time{}},
		{"boss", handOver, []oncall.PersonID{"ben"}, time.Time{}},
		{"shop", handOver, []oncall.PersonID{"ben", "ana"}, time.Time{}},
		{"sre", handOver.Add(-time.Second), []oncall.PersonID{"ana"}, handOver},
		{"sre", handOver, []oncall.PersonID{"ben"}, handOver.AddDate(0, 0, 7)},
		{oncall.Fallback, handOver, []oncall.PersonID{"ben", "ana"}, time.Time{}},
	}
	names := map[oncall.PersonID]string{"ana": "Ana Ruiz", "ben": "Ben Okoye", "dan": "Dan Weber"}
	for _, test := range tests {
		for range 2 { // asking changes nothing
			got, err := people.Duties(test.name, test.at)
			must(t, err)
			var who []oncall.PersonID
			for _, d := range got {
				who = append(who, d.Person)
				if d.Name != names[d.Person] || d.Phone != (d.Person != "dan") || d.Why == "" || !d.Until.Equal(test.until) {
					t.Errorf("%s at %s has the duty %s", test.name, test.at, text(d))
				}
			}
			same(t, test.name, test.want, who)
		}
	}
}

// peopleUnknown: an unknown name is an error that says which, and means nobody. A role is no name of the book.
func peopleUnknown(t *testing.T, people activities.People) {
	for _, name := range []string{"anna", "", "ANA", "commander", "Ana Ruiz", "ana@example.com", " ana"} {
		duties, err := people.Duties(name, handOver)
		if err == nil || !strings.Contains(err.Error(), name) || len(duties) > 0 {
			t.Errorf("%q means %s, %v", name, text(duties), err)
		}
	}
	if _, err := people.Duties("anna", handOver); err == nil || !strings.Contains(err.Error(), `"ana"`) {
		t.Errorf("a slip of the pen gives %v, want a word about ana", err)
	}
}

// peopleSideBySide: many may ask at once. The race detector listens.
func peopleSideBySide(t *testing.T, people activities.People) {
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for _, name := range []string{"ana", "sre", "payments", "nobody"} {
				if duties, err := people.Duties(name, handOver); (err == nil) != (len(duties) > 0) {
					t.Errorf("%s means %s, %v", name, text(duties), err)
				}
			}
		})
	}
	all.Wait()
}
