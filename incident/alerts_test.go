package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// fires is an alert that fires since the start.
func fires(fingerprint string) incident.Alert {
	return incident.Alert{
		Source: "alertmanager", Fingerprint: fingerprint, Title: "Errors", Summary: "5 % of " + fingerprint,
		Labels: map[string]string{"service": fingerprint}, URL: "https://graph.example/" + fingerprint, StartsAt: start,
	}
}

// clears is the same alert's end, with all of its words.
func clears(fingerprint string) incident.Alert {
	a := fires(fingerprint)
	a.Cleared, a.EndsAt = true, at(time.Minute)
	return a
}

// TestDeclare is about the first line and the stamps.
func TestDeclare(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		before   incident.Incident
		text     string
		detected time.Time
	}{
		{"by an alert", incident.Incident{Title: "errors", Service: "payments", Source: "alertmanager"}, "declared · payments · errors · severity not set · by Ana", start},
		{"by a person", incident.Incident{Title: "errors", Source: "person", Severity: "SEV2"}, "declared · errors · SEV2 · by Ana", time.Time{}},
		{"detected before", incident.Incident{Title: "errors", Source: "grafana", DetectedAt: at(-time.Hour)}, "declared · errors · severity not set · by Ana", at(-time.Hour)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := test.before
			i.DeclaredBy = person("ana")
			i.Declare(start)
			want := []incident.Entry{{Seq: 1, At: start, Kind: incident.EntryDeclared, By: person("ana"), Text: test.text}}
			differs(t, "timeline", want, i.Timeline)
			if !i.DeclaredAt.Equal(start) || !i.DetectedAt.Equal(test.detected) || i.Seq != 1 {
				t.Errorf("declared %s, detected %s, seq %d", i.DeclaredAt, i.DetectedAt, i.Seq)
			}
		})
	}
}

// delivery is what a source sends at once, and what is to come of it.
type delivery struct {
	alerts  []incident.Alert
	news    bool
	lines   []string
	cleared bool // no alert fires any more
	count   int
}

// TestAlertsMerge follows the deliveries of one group through its life.
func TestAlertsMerge(t *testing.T) {
	t.Parallel()
	const allClear = "cleared: every alert has cleared; the incident stays open until a person or the runbook resolves it"
	firingA, firingB := "alert: Errors: 5 % of a · firing", "alert: Errors: 5 % of b · firing"
	clearedA, clearedB := "cleared: Errors: 5 % of a · cleared", "cleared: Errors: 5 % of b · cleared"
	tests := []struct {
		name       string
		deliveries []delivery
	}{
		{"nothing", []delivery{{count: 0}}},
		{"a repeat is counted and not told", []delivery{
			{alerts: []incident.Alert{fires("a")}, news: true, lines: []string{firingA}, count: 1},
			{alerts: []incident.Alert{fires("a")}, count: 2},
			{alerts: []incident.Alert{fires("a"), fires("a")}, count: 4},
		}},
		{"another one joins", []delivery{
			{alerts: []incident.Alert{fires("a")}, news: true, lines: []string{firingA}, count: 1},
			{alerts: []incident.Alert{fires("a"), fires("b")}, news: true, lines: []string{firingB}, count: 3},
		}},
		{"all clear only after the last", []delivery{
			{alerts: []incident.Alert{fires("a"), fires("b")}, news: true, lines: []string{firingA, firingB}, count: 2},
			{alerts: []incident.Alert{clears("a"), fires("b")}, news: true, lines: []string{clearedA}, count: 4},
			{alerts: []incident.Alert{clears("b")}, news: true, lines: []string{clearedB, allClear}, cleared: true, count: 5},
			{alerts: []incident.Alert{clears("a"), clears("b")}, cleared: true, count: 7},
		}},
		{"an alert returns, and clears again", []delivery{
			{alerts: []incident.Alert{fires("a")}, news: true, lines: []string{firingA}, count: 1},
			{alerts: []incident.Alert{clears("a")}, news: true, lines: []string{clearedA, allClear}, cleared: true, count: 2},
			{alerts: []incident.Alert{fires("a")}, news: true, lines: []string{firingA}, count: 3},
			{alerts: []incident.Alert{clears("a")}, news: true, lines: []string{clearedA, allClear}, cleared: true, count: 4},
		}},
		{"a clearing of what never fired", []delivery{
			{alerts: []incident.Alert{clears("a")}, count: 1},
			{alerts: []incident.Alert{fires("b"), clears("c")}, news: true, lines: []string{firingB}, count: 3},
		}},
		{"on and off in one delivery", []delivery{
			{alerts: []incident.Alert{fires("a"), clears("a")}, news: true, lines: []string{firingA, clearedA, allClear}, cleared: true, count: 2},
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			for n, d := range test.deliveries {
				before, now := len(i.Timeline), at(time.Duration(n)*time.Minute)
				wasCleared := i.ClearedAt
				if got := i.TakeAlerts(now, d.alerts); got != d.news {
					t.Errorf("delivery %d: news is %t, want %t", n, got, d.news)
				}
				differs(t, "lines", d.lines, news(i, before))
				if i.AlertCount != d.count {
					t.Errorf("delivery %d: %d alerts are counted, want %d", n, i.AlertCount, d.count)
				}
				want := time.Time{}
				if d.cleared {
					want = now
				}
				if d.cleared && !wasCleared.IsZero() {
					want = wasCleared // the first moment stands
				}
				if !i.ClearedAt.Equal(want) {
					t.Errorf("delivery %d: cleared at %s, want %s", n, i.ClearedAt, want)
				}
				if !i.Open() {
					t.Errorf("delivery %d has ended the incident", n)
				}
			}
		})
	}
}

// TestAlertsClearWhileAPageCalls: the page goes on, and the timeline says so.
func TestAlertsClearWhileAPageCalls(t *testing.T) {
	t.Parallel()
	goesOn := "cleared: every alert has cleared before anybody acknowledged; the page goes on and says so"
	stays := "cleared: every alert has cleared; the incident stays open until a person or the runbook resolves it"
	tests := []struct {
		name string
		do   func(*testing.T, *incident.Incident)
		want string
	}{
		{"nobody has acknowledged", func(*testing.T, *incident.Incident) {}, goesOn},
		{"somebody has acknowledged", func(t *testing.T, i *incident.Incident) {
			_, err := i.Acknowledge(at(time.Second), person("ana"), incident.AckScope{})
			must(t, err)
		}, stays},
		{"acknowledged, and another page calls", func(t *testing.T, i *incident.Incident) {
			_, err := i.Acknowledge(at(time.Second), person("ana"), incident.AckScope{})
			must(t, err)
			must(t, i.PageByHand(at(2*time.Second), person("ana"), "ben", ""))
		}, stays},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := declared()
			i.TakeAlerts(start, []incident.Alert{fires("a")})
			i.StartPage(start, incident.Page{Key: "p", Levels: []incident.PageLevel{{Target: "ana"}}})
			test.do(t, i)
			open := len(i.OpenPages())
			i.TakeAlerts(at(time.Minute), []incident.Alert{clears("a")})
			if got := news(i, len(i.Timeline)-1); got[0] != test.want {
				t.Errorf("the last line is %q, want %q", got[0], test.want)
			}
			if len(i.OpenPages()) != open {
				t.Errorf("%d pages call, there were %d", len(i.OpenPages()), open)
			}
		})
	}
}

// TestAlertsKeepTheirWords: a clearing may come without annotations, and what the alert said while it fired is kept.
func TestAlertsKeepTheirWords(t *testing.T) {
	t.Parallel()
	i := declared()
	fired := fires("a")
	fired.Runbook = "https://wiki.example/errors"
	i.TakeAlerts(start, []incident.Alert{fired})
	before := len(i.Timeline)
	i.TakeAlerts(at(time.Minute), []incident.Alert{{Source: "alertmanager", Fingerprint: "a", Cleared: true, EndsAt: at(time.Minute)}})
	want := fired
	want.Cleared, want.EndsAt = true, at(time.Minute)
	differs(t, "the kept alert", want, i.Alerts["a"])
	if got := news(i, before); got[0] != "cleared: Errors: 5 % of a · cleared" {
		t.Errorf("the line is %q", got[0])
	}

	renamed := clears("a")
	renamed.Title, renamed.Labels = "Errors are gone", map[string]string{"service": "z"}
	i.TakeAlerts(at(2*time.Minute), []incident.Alert{fires("a"), renamed})
	if got := i.Alerts["a"]; got.Title != "Errors are gone" || got.Labels["service"] != "z" || got.Runbook != "" {
		t.Errorf("what a clearing says itself counts: %+v", got)
	}
}

// TestAlertsSayWhenTheTroubleBegan: the earliest beginning counts, and an unknown one never.
func TestAlertsSayWhenTheTroubleBegan(t *testing.T) {
	t.Parallel()
	i := declared()
	late, early, unknown := fires("a"), fires("b"), fires("c")
	late.StartsAt, early.StartsAt, unknown.StartsAt = at(-time.Minute), at(-time.Hour), time.Time{}
	for _, step := range []struct {
		alert incident.Alert
		want  time.Time
	}{{unknown, time.Time{}}, {late, late.StartsAt}, {early, early.StartsAt}, {late, early.StartsAt}} {
		i.TakeAlerts(start, []incident.Alert{step.alert})
		if !i.StartedAt.Equal(step.want) {
			t.Errorf("after %s it began at %s, want %s", step.alert.Fingerprint, i.StartedAt, step.want)
		}
	}
}

// TestAlertSentence: the title, and the summary where it says more.
func TestAlertSentence(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ title, summary, want string }{
		{"Errors", "", "alert: Errors · firing"},
		{"Errors", "Errors", "alert: Errors · firing"},
		{"Errors", "too many", "alert: Errors: too many · firing"},
	} {
		i := declared()
		i.TakeAlerts(start, []incident.Alert{{Source: "grafana", Fingerprint: "f", Title: test.title, Summary: test.summary}})
		if got := news(i, 1); len(got) != 1 || got[0] != test.want {
			t.Errorf("lines are %q, want %q", got, test.want)
		}
		if by := i.Timeline[1].By; by.Name != "grafana" || by.Door != incident.DoorAlert {
			t.Errorf("it is said by %+v", by)
		}
	}
}

// TestQuiet: somebody asks not to be called again, and only a person of the roster can.
func TestQuiet(t *testing.T) {
	t.Parallel()
	i := declared()
	must(t, i.StopCalling(at(time.Minute), person("ana")))
	differs(t, "quiet", map[oncall.PersonID]bool{"ana": true}, i.Quiet)
	differs(t, "lines", []string{"note: Ana asked not to be called again for this incident"}, news(i, 1))
	refused(t, i.StopCalling(start, visitor("Zoe", "zoe")), "only a person of the roster can be taken off the calls")
	refused(t, finished(t).StopCalling(start, person("ana")), "INC-1 is closed (resolved) (declare a new one if the trouble is back)")
}
