package oncall_test

import (
	"errors"
	"testing"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// TestUnreadCalendar: nobody knows who is on call, which is told, and is no gap; whom an override puts there is called.
func TestUnreadCalendar(t *testing.T) {
	t.Parallel()
	b := book(t)
	imported := oncall.Schedule{Name: "imported", Calendar: true, Unread: "it answers 404 Not Found"}
	b.Schedules = append(b.Schedules, imported)
	b.Policies = append(b.Policies,
		oncall.Policy{Name: "unread", Levels: []oncall.Level{{Targets: []string{"imported"}}}},
		oncall.Policy{Name: "half", Levels: []oncall.Level{{Targets: []string{"imported", "ana"}}}},
	)
	at := mustTime(t, "2026-01-12T08:00:00Z")
	for _, name := range []string{"imported", "unread"} {
		duties, err := b.Duties(name, at)
		if unread := new(oncall.UnreadCalendar); !errors.As(err, &unread) || len(duties) > 0 ||
			err.Error() != "the calendar of imported cannot be read: it answers 404 Not Found" {
			t.Errorf("%s: %v, %v", name, duties, err)
		}
	}
	if duties, err := b.Duties("half", at); err != nil || len(duties) != 1 || duties[0].Person != "ana" {
		t.Errorf("a policy with somebody else on its first level: %v, %v", duties, err)
	}
	taken := oncall.Override{
		ID: "1", Schedule: "imported", Kind: oncall.OverrideReplace, Person: "cem", Since: at, Until: at.Add(time.Hour),
	}
	if duties, err := b.Duties("imported", at, taken); err != nil || len(duties) != 1 || duties[0].Person != "cem" {
		t.Errorf("somebody has taken it: %v, %v", duties, err)
	}
	if spans, err := imported.Spans(at, at.Add(time.Hour)); err != nil || len(spans) != 1 || len(spans[0].Turns) != 0 {
		t.Errorf("spans: %v, %v", spans, err)
	}
}
