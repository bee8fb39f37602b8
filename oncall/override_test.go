package oncall_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/oncall"
)

func TestOverrides(t *testing.T) {
	t.Parallel()
	s := oncall.Schedule{Name: "sre", Layers: []oncall.Layer{
		{Rotation: daily(t, oncall.Members("ana", "ben")...)}, {Name: "behind", Rotation: daily(t, oncall.Members("cem")...)},
	}}
	made := 0
	override := func(kind oncall.OverrideKind, person, instead, since, until string) oncall.Override {
		made++
		return oncall.Override{
			Schedule: "sre", Kind: kind, Person: oncall.PersonID(person), Instead: oncall.PersonID(instead),
			Since: mustTime(t, "2026-03-"+since+":00Z"), Until: mustTime(t, "2026-03-"+until+":00Z"), Made: mustTime(t, "2026-03-01T00:00:00Z").AddDate(0, 0, made),
		}
	}
	add, remove, replace := oncall.OverrideAdd, oncall.OverrideRemove, oncall.OverrideReplace
	for name, test := range map[string]struct {
		changed []oncall.Override
		want    []string
	}{
		"none": {want: []string{"Mon 2 Mar 09:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben"}},
		"of another schedule": {
			changed: []oncall.Override{{Schedule: "cto", Kind: add, Person: "dora", Since: mustTime(t, "2026-03-02T09:00:00Z"), Until: mustTime(t, "2026-03-04T09:00:00Z")}},
			want:    []string{"Mon 2 Mar 09:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben"},
		},
		"two hours taken": {
			changed: []oncall.Override{override(replace, "dora", "", "02T12:00", "02T14:00")},
			want: []string{
				"Mon 2 Mar 09:00 - Mon 12:00 ana", "Mon 2 Mar 12:00 - Mon 14:00 dora", "Mon 2 Mar 14:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben",
			},
		},
		"one is replaced, through a hand-over": {
			changed: []oncall.Override{override(replace, "dora", "ana", "02T12:00", "03T14:00")},
			want:    []string{"Mon 2 Mar 09:00 - Mon 12:00 ana", "Mon 2 Mar 12:00 - Tue 09:00 dora", "Tue 3 Mar 09:00 - Wed 09:00 ben"},
		},
		"somebody more": {
			changed: []oncall.Override{override(add, "dora", "", "03T00:00", "03T12:00")},
			want: []string{
				"Mon 2 Mar 09:00 - Tue 00:00 ana", "Tue 3 Mar 00:00 - Tue 09:00 ana+dora", "Tue 3 Mar 09:00 - Tue 12:00 ben+dora", "Tue 3 Mar 12:00 - Wed 09:00 ben",
			},
		},
		"whoever is removed leaves the duty to the layer behind": {
			changed: []oncall.Override{override(remove, "ana", "", "02T20:00", "03T12:00")},
			want:    []string{"Mon 2 Mar 09:00 - Mon 20:00 ana", "Mon 2 Mar 20:00 - Tue 09:00 cem", "Tue 3 Mar 09:00 - Wed 09:00 ben"},
		},
		"all are removed": {
			changed: []oncall.Override{override(remove, "ana", "", "02T20:00", "02T21:00"), override(remove, "cem", "", "02T20:00", "02T21:00")},
			want:    []string{"Mon 2 Mar 09:00 - Mon 20:00 ana", "Mon 2 Mar 20:00 - Mon 21:00 nobody", "Mon 2 Mar 21:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben"},
		},
		"of two that overlap the later one counts": {
			changed: []oncall.Override{override(replace, "dora", "", "02T12:00", "02T16:00"), override(replace, "eve", "", "02T14:00", "02T18:00")},
			want: []string{
				"Mon 2 Mar 09:00 - Mon 12:00 ana", "Mon 2 Mar 12:00 - Mon 14:00 dora", "Mon 2 Mar 14:00 - Mon 18:00 eve", "Mon 2 Mar 18:00 - Tue 09:00 ana",
				"Tue 3 Mar 09:00 - Wed 09:00 ben",
			},
		},
		"a substitute is substituted": {
			changed: []oncall.Override{override(replace, "dora", "ana", "02T12:00", "02T16:00"), override(replace, "eve", "dora", "02T13:00", "02T14:00")},
			want: []string{
				"Mon 2 Mar 09:00 - Mon 12:00 ana", "Mon 2 Mar 12:00 - Mon 13:00 dora", "Mon 2 Mar 13:00 - Mon 14:00 eve", "Mon 2 Mar 14:00 - Mon 16:00 dora",
				"Mon 2 Mar 16:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben",
			},
		},
		"whoever was added and removed later is not there": {
			changed: []oncall.Override{override(add, "dora", "", "02T12:00", "02T16:00"), override(remove, "dora", "", "02T13:00", "02T16:00")},
			want: []string{
				"Mon 2 Mar 09:00 - Mon 12:00 ana", "Mon 2 Mar 12:00 - Mon 13:00 ana+dora", "Mon 2 Mar 13:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben",
			},
		},
		"whoever has the duty anyway is not there twice": {
			changed: []oncall.Override{override(add, "ana", "", "02T12:00", "02T16:00")},
			want:    []string{"Mon 2 Mar 09:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben"},
		},
		"one that ends before it begins is none": {
			changed: []oncall.Override{override(replace, "dora", "", "02T16:00", "02T12:00")},
			want:    []string{"Mon 2 Mar 09:00 - Tue 09:00 ana", "Tue 3 Mar 09:00 - Wed 09:00 ben"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, spans(t, s, "2026-03-02T09:00:00Z", "2026-03-04T09:00:00Z", test.changed...)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Whoever takes the pager hears since when, until when and for whom; a gap can be taken, too.
func TestOverrideSaysWhy(t *testing.T) {
	t.Parallel()
	take := oncall.Override{Schedule: "sre", Kind: oncall.OverrideReplace, Person: "dora", Since: mustTime(t, "2026-03-02T12:00:00Z"), Until: mustTime(t, "2026-03-02T14:00:00Z")}
	want := oncall.Turn{Person: "dora", Why: "sre in place of ana", Since: take.Since, Until: take.Until}
	s := oncall.Schedule{Name: "sre", Person: "ana"}
	for name, test := range map[string]struct {
		schedule oncall.Schedule
		why      string
	}{
		"for somebody": {schedule: s, why: "sre in place of ana"},
		"in a gap":     {schedule: oncall.Schedule{Name: "sre", Calendar: true}, why: "sre, override"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want.Why = test.why
			got, err := test.schedule.OnCall(mustTime(t, "2026-03-02T13:00:00Z"), take)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]oncall.Turn{want}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
