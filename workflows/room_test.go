package workflows_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/sdk/testsuite"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
	"github.com/musterbook/musterbook/workflows"
)

// did lists what was done of a kind, in words.
func did(w *memory.World, kind string) (out []string) {
	for _, l := range w.Transcript() {
		if l.Kind == kind {
			out = append(out, l.What)
		}
	}
	return out
}

// announced is a scenario whose incident is announced.
func announced(t *testing.T, rb string) *scenario {
	t.Helper()
	s := newScenario(t, parse(t, rb))
	s.in.Declaration.Announce = "#incidents"
	s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
	s.act(time.Minute, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"})
	s.act(5*time.Minute, contract.VerbNote, contract.Act{By: person("ana", incident.DoorSlack), Value: "nothing that everybody must hear"})
	s.act(10*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "fix"})
	return s
}

// One message a channel hears: posted at the declaration, changed with the severity and at the end.
func TestAnnouncement(t *testing.T) {
	t.Parallel()
	s := announced(t, pager)
	s.cut(3 * time.Minute) // the next run knows what is posted
	s.run()
	want := []string{
		"announce in #incidents: [red] INC-1 · severity not set · payments · error rate above 5 % · declared",
		"announcement in #incidents: [red] INC-1 · severity not set · payments · error rate above 5 % · declared / https://chat.example/inc-1",
		"announcement in #incidents: [red] INC-1 · SEV2 · payments · error rate above 5 % · declared / https://chat.example/inc-1",
		"announcement in #incidents: INC-1 · SEV2 · payments · error rate above 5 % · resolved",
	}
	if diff := cmp.Diff(want, did(s.world, "announce")); diff != "" {
		t.Errorf("announced (-want +got):\n%s", diff)
	}
}

// Private incidents and drills are nobody's business outside their rooms.
func TestNotAnnounced(t *testing.T) {
	t.Parallel()
	private := announced(t, strings.Replace(pager, "runbook: pager", "runbook: pager\nprivate: true", 1))
	drill := announced(t, pager)
	drill.in.Declaration.Drill = true
	for name, s := range map[string]*scenario{"private": private, "drill": drill} {
		s.stopAt(time.Hour)
		s.run()
		if got := did(s.world, "announce"); got != nil {
			t.Errorf("%s: announced %q", name, got)
		}
	}
}

// A channel that fails is told later, once, and holds nothing up; one that refuses is not asked again.
func TestAnnouncementFails(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		err      error
		until    time.Duration // it fails so long
		lose     bool          // it is done all the same
		want     int           // how often the channel was told
		problems int           // lines of the timeline about it
	}{
		{name: "away for a while", err: errors.New("503"), until: 4 * time.Minute, want: 3},
		{name: "away for an hour", err: errors.New("503"), until: time.Hour, want: 1},
		{name: "too many requests", err: &contract.Later{After: 20 * time.Second, Err: errors.New("429")}, until: 2 * time.Minute, want: 3},
		{name: "the answer is lost", err: errors.New("connection reset"), until: 30 * time.Second, lose: true, want: 4},
		{name: "revoked", err: &contract.Refused{What: "token_revoked", Installation: true}, until: 4 * time.Minute, want: 2},
		{name: "refused", err: &contract.Refused{What: "not_in_channel"}, until: 24 * time.Hour, want: 0, problems: 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := announced(t, pager)
			fail := func(a memory.Act) error {
				if a.Kind == "announce" && s.world.Now().Before(start.Add(tt.until)) {
					return tt.err
				}
				return nil
			}
			if s.world.Fail = fail; tt.lose {
				s.world.Fail, s.world.Lose = nil, fail
			}
			s.run()
			got := did(s.world, "announce")
			first := slices.DeleteFunc(slices.Clone(got), func(l string) bool { return !strings.HasPrefix(l, "announce ") })
			if len(got) != tt.want || len(first) != min(tt.want, 1) {
				t.Errorf("announced %d times, want %d: %q", len(got), tt.want, got)
			}
			problems := slices.DeleteFunc(s.timeline(), func(e incident.Entry) bool { return e.Kind != incident.EntryProblem })
			if len(problems) != tt.problems {
				t.Errorf("problems: %+v, want %d", problems, tt.problems)
			}
			if cards := did(s.world, "card"); len(cards) < 3 {
				t.Errorf("the room has waited for the channel: %q", cards)
			}
		})
	}
}

// linked is a runbook with addresses.
var linked = strings.Replace(pager, "runbook: pager", "runbook: pager\nlinks: { Dashboard: https://grafana.example/d/1 }", 1)

// The links of an incident are the bookmarks of its room; a bookmark that cannot be set holds nothing up, and is tried
// again.
func TestBookmarks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		err      error
		until    time.Duration
		want     int // bookmarks
		problems int
	}{
		{name: "set", want: 2},
		{name: "away for a while", err: errors.New("503"), until: 3 * time.Minute, want: 2},
		{name: "refused", err: &contract.Refused{What: "bookmark: missing_scope"}, until: time.Hour, problems: 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, linked))
			s.world.Fail = func(a memory.Act) error {
				if a.Kind == "bookmark" && a.At.Before(start.Add(tt.until)) {
					return tt.err
				}
				return nil
			}
			s.at(time.Second, func() {
				s.env().SignalWorkflow(string(contract.AlertsSignal), contract.Alerts{Alerts: []incident.Alert{{
					Source: "alertmanager", Fingerprint: "f2", Title: "HighErrorRate", Runbook: "https://wiki.example/high-error-rate",
				}}})
			})
			s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
			s.act(time.Minute, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"})
			s.act(20*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "fix"})
			s.run()
			if got := did(s.world, "bookmark"); len(got) != tt.want {
				t.Errorf("bookmarks: %q, want %d", got, tt.want)
			}
			problems := slices.DeleteFunc(s.timeline(), func(e incident.Entry) bool { return e.Kind != incident.EntryProblem })
			if len(problems) != tt.problems {
				t.Errorf("problems: %+v", problems)
			}
		})
	}
}

// The review leaves the room to be archived, counted from its own end; the room of drills is kept.
func TestRoomIsLeft(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"wanted": true, "not wanted": false, "drill": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, pager+"  lessons_learned:\n    - task: Learn\n      id: learn\n"))
			s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
			if name != "not wanted" {
				s.in.Declaration.ArchiveAfter = 14 * 24 * time.Hour
			}
			s.in.Declaration.Drill = name == "drill"
			s.act(2*time.Minute, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"})
			s.act(10*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "fix"})
			s.actInReview(48*time.Hour, contract.VerbDone, contract.Act{By: person("ben", incident.DoorSlack), Step: "learn"})
			s.run()
			left := s.stage.Left()
			if (left != nil) != want {
				t.Fatalf("left is %+v", left)
			}
			if want && (left.At.Before(start.Add(16*24*time.Hour)) || left.Room.ID != "C1" || left.Key != "INC-1" || len(left.Record) == 0) {
				t.Errorf("left is %+v", left)
			}
		})
	}
}

// The farewell waits, says goodbye and archives, once, whatever chat does in between.
func TestFarewell(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		err   error
		until time.Duration // chat fails so long after the room's time has come
		lose  bool
		want  int
	}{
		{name: "archived", want: 1},
		{name: "away for a day", err: errors.New("503"), until: 24 * time.Hour, want: 1},
		{name: "revoked for a day", err: &contract.Refused{What: "token_revoked", Installation: true}, until: 24 * time.Hour, want: 1},
		{name: "the answer is lost", err: errors.New("connection reset"), until: time.Second, lose: true, want: 1},
		{name: "away for ever", err: errors.New("503"), until: 1000 * time.Hour, want: 0},
		{name: "refused", err: &contract.Refused{What: "restricted_action"}, until: time.Second, want: 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			suite := &testsuite.WorkflowTestSuite{}
			suite.SetLogger(quietLogger{})
			env := suite.NewTestWorkflowEnvironment()
			env.SetStartTime(start)
			env.SetTestTimeout(time.Minute)
			world := memory.New(book(), env.Now)
			due := start.Add(14 * 24 * time.Hour)
			fail := func(a memory.Act) error {
				if a.Kind == "close" && env.Now().Before(due.Add(tt.until)) {
					return tt.err
				}
				return nil
			}
			if world.Fail = fail; tt.lose {
				world.Fail, world.Lose = nil, fail
			}
			workflows.Register(env, &workflows.Workflows{Plans: plans})
			activities.RegisterChat(env, world)
			env.ExecuteWorkflow(string(contract.Farewell), contract.FarewellInput{
				Key: "INC-1", ID: "i", Room: incident.Room{ID: "C1", Name: "inc-1"}, Record: []string{"records/INC-1.md"}, At: due,
			})
			lines := world.Transcript()
			if len(lines) != tt.want || tt.want == 1 && (lines[0].At.Before(due) || !strings.Contains(lines[0].What, "records/INC-1.md")) {
				t.Errorf("did %+v", lines)
			}
			if err := env.GetWorkflowError(); (err != nil) != (tt.name == "away for ever") {
				t.Errorf("the farewell ended with %v", err)
			}
		})
	}
}
