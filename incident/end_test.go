package incident_test

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
)

func TestNote(t *testing.T) {
	t.Parallel()
	i := declared()
	must(t, i.Note(at(time.Minute), person("ana"), "the cache is full"))
	want := incident.Entry{Seq: 2, At: at(time.Minute), Kind: incident.EntryNote, By: person("ana"), Written: true, Text: "the cache is full"}
	differs(t, "the line", want, i.Timeline[1])
	for _, blank := range []string{"", " ", "\n\t"} {
		refused(t, i.Note(start, person("ana"), blank), "an empty note says nothing")
	}
	if len(i.Timeline) != 2 {
		t.Errorf("an empty note was written: %q", news(i, 2))
	}
	must(t, finished(t).Note(at(2*time.Hour), person("ana"), "seen later"))
}

// TestEnterPhase: the impact counts as over when the incident comes past containment, once.
func TestEnterPhase(t *testing.T) {
	t.Parallel()
	i := declared()
	for n, p := range incident.Phases() {
		i.EnterPhase(at(time.Duration(n)*time.Minute), p)
		i.EnterPhase(at(time.Hour), p) // being there already is nothing new
		if i.Phase != p || !i.PhaseAt.Equal(at(time.Duration(n)*time.Minute)) {
			t.Errorf("in %s since %s", i.Phase, i.PhaseAt)
		}
	}
	want := []string{"phase: identification", "phase: containment", "phase: eradication", "phase: recovery", "phase: lessons_learned"}
	differs(t, "lines", want, news(i, 1))
	if !i.MitigatedAt.Equal(at(2 * time.Minute)) {
		t.Errorf("mitigated at %s", i.MitigatedAt)
	}

	i = declared()
	i.EnterPhase(start, incident.Containment)
	if !i.MitigatedAt.IsZero() {
		t.Errorf("containment begins, and it counts as mitigated at %s", i.MitigatedAt)
	}
	i.EnterPhase(at(time.Minute), incident.Recovery)
	if !i.MitigatedAt.Equal(at(time.Minute)) {
		t.Errorf("recovery begins, and it was mitigated at %s", i.MitigatedAt)
	}
}

func TestFinish(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		by       incident.Actor
		end      incident.End
		line     string
		resolved bool
		refusal  string
	}{
		{name: "by the runbook", by: incident.RunbookActor(), end: incident.End{Ending: incident.Resolved}, line: "ended: resolved", resolved: true},
		{name: "by a person", by: person("ana"), end: incident.End{Ending: incident.Resolved, Reason: "rolled back"}, line: "ended: resolved by Ana – rolled back", resolved: true},
		{name: "false alarm", by: incident.RunbookActor(), end: incident.End{Ending: incident.FalseAlarm}, line: "ended: false alarm"},
		{name: "duplicate", by: person("ana"), end: incident.End{Ending: incident.Duplicate, Of: "INC-7"}, line: "ended: duplicate by Ana of INC-7"},
		{name: "cancelled", by: person("ana"), end: incident.End{Ending: incident.Cancelled, Reason: "a test"}, line: "ended: cancelled by Ana – a test"},
		{name: "cancelled without a reason", by: person("ana"), end: incident.End{Ending: incident.Cancelled, Reason: " "}, refusal: "cancelling INC-1 needs a reason (say why with a reason)"},
		{name: "no ending", by: person("ana"), end: incident.End{Reason: "x"}, refusal: `unknown ending "" (one of: resolved, false_alarm, duplicate, cancelled)`},
		{name: "unknown ending", by: person("ana"), end: incident.End{Ending: "given_up"}, refusal: `unknown ending "given_up" (one of: resolved, false_alarm, duplicate, cancelled)`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			i := asked(t, incident.Question{Kind: incident.QuestionAsk})
			i.StartPage(start, incident.Page{Key: "p", Levels: levels("ana")})
			before, lines := frozen(t, i), len(i.Timeline)
			checked := i.CheckEnd(test.end)
			if frozen(t, i) != before {
				t.Error("the check has changed something")
			}
			err := i.Finish(at(time.Hour), test.by, test.end)
			if test.refusal != "" {
				refused(t, checked, test.refusal)
				refused(t, err, test.refusal)
				if frozen(t, i) != before {
					t.Error("a refused end has changed something")
				}
				return
			}
			must(t, checked)
			must(t, err)
			differs(t, "lines", []string{test.line}, news(i, lines))
			if i.Open() || i.Ending != test.end.Ending || i.EndedBy != test.by || i.EndReason != test.end.Reason {
				t.Errorf("ended %q by %+v because %q", i.Ending, i.EndedBy, i.EndReason)
			}
			if i.Pages[0].State != incident.PageWithdrawn || i.Questions[0].State != incident.QuestionWithdrawn {
				t.Errorf("something still waits: page %q, question %q", i.Pages[0].State, i.Questions[0].State)
			}
			stamped := i.ResolvedAt.Equal(at(time.Hour)) && i.MitigatedAt.Equal(at(time.Hour))
			blank := i.ResolvedAt.IsZero() && i.MitigatedAt.IsZero()
			if test.resolved && !stamped || !test.resolved && !blank {
				t.Errorf("resolved at %s, mitigated at %s", i.ResolvedAt, i.MitigatedAt)
			}
			refused(t, i.Finish(at(2*time.Hour), test.by, test.end), "INC-1 is closed ("+string(test.end.Ending)+") (declare a new one if the trouble is back)")
		})
	}
}

// TestFinishKeepsWhatWasStamped before the end.
func TestFinishKeepsWhatWasStamped(t *testing.T) {
	t.Parallel()
	i, p := paged("call")
	_, err := i.Acknowledge(at(time.Minute), person("ana"), incident.AckScope{})
	must(t, err)
	i.EnterPhase(at(2*time.Minute), incident.Recovery)
	must(t, i.Finish(at(time.Hour), person("ana"), incident.End{Ending: incident.Resolved}))
	if p.State != incident.PageAcknowledged || !i.MitigatedAt.Equal(at(2*time.Minute)) || !i.AcknowledgedAt.Equal(at(time.Minute)) {
		t.Errorf("page %q, mitigated %s, acknowledged %s", p.State, i.MitigatedAt, i.AcknowledgedAt)
	}
}
