package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// standing is a Temporal of open incidents that answer queries and count them.
type standing struct {
	client.Client
	snapshots map[string]contract.Snapshot // by workflow id; an incident that is numbered and not here does not answer
	numbers   contract.NumbersState
	takes     time.Duration // to answer
	away      atomic.Bool
	queries   atomic.Int64
	atOnce    atomic.Int64
	most      atomic.Int64
}

// answered is the answer to a query.
type answered []byte

func (answered) HasValue() bool       { return true }
func (a answered) Get(into any) error { return json.Unmarshal(a, into) }

func (s *standing) QueryWorkflow(ctx context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
	s.queries.Add(1)
	s.most.Store(max(s.most.Load(), s.atOnce.Add(1)))
	defer s.atOnce.Add(-1)
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var of any = s.numbers
	if shown, ok := s.snapshots[id]; ok {
		of = shown
	} else if id != contract.NumbersID || s.away.Load() {
		return nil, serviceerror.NewUnavailable("no poller")
	}
	raw, err := json.Marshal(of)
	return answered(raw), err
}

func (s *standing) DescribeWorkflowExecution(context.Context, string, string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
	if s.away.Load() {
		return nil, serviceerror.NewUnavailable("away")
	}
	return nil, serviceerror.NewNotFound("nobody has made an override")
}

func (s *standing) GetWorkflowHistory(context.Context, string, string, bool, enumspb.HistoryEventFilterType) client.HistoryEventIterator {
	return noHistory{}
}

// stands adds an open incident.
func (s *standing) stands(inc incident.Incident) {
	if s.snapshots == nil {
		s.snapshots = map[string]contract.Snapshot{}
	}
	id := "incident/" + strings.ToLower(string(inc.Key))
	inc.Severities = []incident.Severity{"SEV1", "SEV2", "SEV3"}
	s.snapshots[id] = contract.Snapshot{Incident: inc}
	s.numbers.Entries = append(s.numbers.Entries, contract.NumberEntry{Key: inc.Key, WorkflowID: id, Title: inc.Title, Drill: inc.Drill})
}

func (s *standing) door(t *testing.T) *Incidents {
	t.Helper()
	d, err := New(Options{Client: s})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func slackPerson(id oncall.PersonID) incident.Actor {
	return incident.Actor{Person: id, Name: string(id), Door: incident.DoorSlack, Verified: true}
}

var night = time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)

// anaLeads is an incident that Ana leads, in which a page calls Ben, who has something to do besides.
func anaLeads() incident.Incident {
	return incident.Incident{
		Key: "INC-2", Title: "error rate", Severity: "SEV2", Phase: incident.Containment, DeclaredAt: night, AcknowledgedAt: night,
		Room:    incident.Room{ID: "C2", Name: "inc-2", URL: "https://example.slack.com/archives/C2"},
		Holders: map[incident.Role]incident.Holder{incident.Commander: {Person: "ana", Name: "Ana"}},
		Pages: []*incident.Page{{
			Key: "p/1", Step: "first", Message: "come", Levels: []incident.PageLevel{{Target: "ben"}}, Ack: 5 * time.Minute, LevelAt: night, ClockAt: night,
			Attempts: []incident.Attempt{{Number: 1, Person: "ben", Name: "Ben", Via: "call"}},
		}},
		Questions: []*incident.Question{
			{
				Key: "drain/1", Step: "drain", Kind: incident.QuestionTask, Text: "Drain eu", Checklist: []string{"stop", "look"}, Addressed: []oncall.PersonID{"ben"},
				Choices: []incident.Choice{{Key: "done", Label: "Done"}},
			},
			{
				Key: "stop/1", Step: "stop", Kind: incident.QuestionAsk, Text: "What stops it?", Who: []string{"commander"}, Addressed: []oncall.PersonID{"ana"},
				Choices: []incident.Choice{{Key: "wait", Label: "Wait"}}, Deadline: night.Add(time.Hour), OnTimeout: "escalate",
			},
		},
	}
}

// TestHome: the worst first, drills last, and to each person what waits for them, with the buttons that do it.
func TestHome(t *testing.T) {
	t.Parallel()
	s := &standing{}
	s.stands(incident.Incident{Key: "INC-1", Title: "slow", Severity: "SEV3", DeclaredAt: night})
	s.stands(anaLeads())
	s.stands(incident.Incident{Key: "INC-3", Title: "unknown yet", DeclaredAt: night})
	s.stands(incident.Incident{Key: "INC-4", Title: incident.AsDrill("practice"), Severity: "SEV1", DeclaredAt: night, Drill: true})
	s.stands(incident.Incident{Key: "INC-5", Title: "newer", Severity: "SEV2", DeclaredAt: night.Add(time.Minute)})
	s.stands(incident.Incident{Key: "INC-6", Title: "over", Severity: "SEV1", DeclaredAt: night, Ending: incident.Resolved, Reviewing: true})
	d := s.door(t)
	home, err := d.Home(t.Context(), slackPerson("ben"), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, i := range home.Incidents {
		lines = append(lines, fmt.Sprintf("%s %s %s drill=%t", i.Key, i.Severity, i.Title, i.Drill))
	}
	want := []string{
		"INC-3  unknown yet drill=false", "INC-5 SEV2 newer drill=false", "INC-2 SEV2 error rate drill=false", "INC-1 SEV3 slow drill=false", "INC-4 SEV1 practice drill=true",
	}
	if diff := cmp.Diff(want, lines); diff != "" {
		t.Errorf("incidents (-want +got):\n%s", diff)
	}
	room := contract.Link{Name: "#inc-2", URL: "https://example.slack.com/archives/C2"}
	first := contract.HomeIncident{
		Severity: "SEV2", Key: "INC-2", Title: "error rate", Phase: incident.Containment, Since: night, Manager: "Ana", Acknowledged: true, Room: room,
	}
	if diff := cmp.Diff(first, home.Incidents[2]); diff != "" {
		t.Errorf("INC-2 (-want +got):\n%s", diff)
	}
	to := contract.Reach{Incident: "incident/inc-2", Key: "INC-2"}
	done := to.Button("Done", contract.VerbDone, "done")
	done.Question = "drain/1"
	tasks := []contract.HomeTask{
		{
			Incident: "INC-2 · SEV2 · error rate", Rings: true, Room: room, Buttons: to.Ringing("p/1", 0),
			What: contract.CardLine{Text: "You are being called (first): come", Word: "until", At: night.Add(5 * time.Minute), Then: "then the next are called"},
		},
		{Incident: "INC-2 · SEV2 · error rate", Room: room, Buttons: []contract.Button{done}, What: contract.CardLine{Text: "Drain eu (stop; look)"}},
	}
	if diff := cmp.Diff(tasks, home.Tasks); diff != "" {
		t.Errorf("Ben's tasks (-want +got):\n%s", diff)
	}
	ana, err := d.Home(t.Context(), slackPerson("ana"), time.Now().Add(-time.Minute))
	if err != nil || len(ana.Tasks) != 1 || ana.Tasks[0].What.Then != "then: escalate" || len(ana.Tasks[0].Buttons) != 1 {
		t.Errorf("Ana's tasks are %+v, %v", ana.Tasks, err)
	}
}

// TestHomeKeepsSecrets: a private incident is told to those alone who are in it, and never by its title.
func TestHomeKeepsSecrets(t *testing.T) {
	t.Parallel()
	s := &standing{}
	private := anaLeads()
	private.Private, private.Title, private.Codename = true, "payroll was stolen", "amber-anchor"
	s.stands(private)
	s.numbers.Entries = append(s.numbers.Entries, contract.NumberEntry{Key: "INC-7", WorkflowID: "incident/silent", Title: "a secret, too"})
	d := s.door(t)
	for _, tt := range []struct {
		who   incident.Actor
		tasks int
		shown bool
	}{
		{who: slackPerson("ana"), tasks: 1, shown: true},
		{who: slackPerson("ben"), tasks: 2, shown: true},
		{who: slackPerson("zoe")},
		{who: incident.Actor{Name: "ana", Door: incident.DoorSlack, Verified: true}},
	} {
		home, err := d.Home(t.Context(), tt.who, time.Now().Add(-time.Minute))
		if err != nil || len(home.Tasks) != tt.tasks || (len(home.Incidents) == 1) != tt.shown || home.Silent != 1 {
			t.Errorf("%s is told %+v, %v", tt.who, home, err)
		}
		told := fmt.Sprintf("%+v", home)
		if strings.Contains(told, "payroll") || strings.Contains(told, "secret") || strings.Contains(told, "INC-7") || strings.Contains(told, "amber") != tt.shown {
			t.Errorf("%s is told %s", tt.who, told)
		}
	}
}

// TestHomeOfACrowd: two hundred people who open theirs at once cost one look, a dozen requests of it at once.
func TestHomeOfACrowd(t *testing.T) {
	t.Parallel()
	const open, people = 30, 200
	s := &standing{takes: 20 * time.Millisecond}
	for n := range open {
		s.stands(incident.Incident{Key: incident.Key(fmt.Sprintf("INC-%d", n+1)), Title: "slow", DeclaredAt: night})
	}
	d := s.door(t)
	var crowd sync.WaitGroup
	began := time.Now()
	for n := range people {
		since := began.Add(-2 * time.Second)
		crowd.Go(func() {
			home, err := d.Home(t.Context(), slackPerson(oncall.PersonID(fmt.Sprint("p", n))), since)
			if err != nil || len(home.Incidents) != open {
				t.Errorf("person %d sees %d incidents, %v", n, len(home.Incidents), err)
			}
		})
	}
	crowd.Wait()
	t.Logf("%d people, %d open incidents: %s, %d queries, at most %d at once", people, open, time.Since(began).Round(time.Millisecond), s.queries.Load(), s.most.Load())
	if n := s.queries.Load(); n != open+1 {
		t.Errorf("%d queries, want one for the numbering and one for each incident", n)
	}
	if n := s.most.Load(); n > parallel {
		t.Errorf("%d queries at once, want at most %d", n, parallel)
	}
	// What somebody has just done must be in what they see: their look is a new one, and all who wait for it share it.
	s.queries.Store(0)
	after := time.Now()
	for range people {
		crowd.Go(func() {
			if home, err := d.Home(t.Context(), slackPerson("ana"), after); err != nil || home.At.Before(after) {
				t.Errorf("told as of %s, %v", home.At, err)
			}
		})
	}
	crowd.Wait()
	if n := s.queries.Load(); n != open+1 {
		t.Errorf("%d queries after an act, want one more look", n)
	}
}

// TestHomeWithoutTemporal: nothing is told as true, a crowd does not wait for one failure after the other, and the next look
// is a new one.
func TestHomeWithoutTemporal(t *testing.T) {
	t.Parallel()
	s := &standing{}
	s.stands(anaLeads())
	d := s.door(t)
	if _, err := d.Home(t.Context(), slackPerson("ana"), time.Now()); err != nil {
		t.Fatal(err)
	}
	s.away.Store(true)
	s.queries.Store(0)
	since := time.Now()
	var crowd sync.WaitGroup
	for range 50 {
		crowd.Go(func() {
			home, err := d.Home(t.Context(), slackPerson("ana"), since)
			var away *Away
			if !errors.As(err, &away) || len(home.Incidents)+len(home.Tasks) > 0 || !home.Stale {
				t.Errorf("told %+v, %v", home, err)
			}
		})
	}
	crowd.Wait()
	if n := s.queries.Load(); n != 1 {
		t.Errorf("%d tries for fifty people", n)
	}
	s.away.Store(false)
	if home, err := d.Home(t.Context(), slackPerson("ana"), time.Now()); err != nil || len(home.Incidents) != 1 || home.Stale {
		t.Errorf("when it is back %+v, %v", home, err)
	}
}

// TestHomeOutlastsWhoAsks: whoever gives up waiting spoils nobody else's look.
func TestHomeOutlastsWhoAsks(t *testing.T) {
	t.Parallel()
	s := &standing{takes: 50 * time.Millisecond}
	s.stands(anaLeads())
	d := s.door(t)
	gone, leave := context.WithCancel(t.Context())
	leave()
	if home, err := d.Home(gone, slackPerson("ana"), time.Now()); err != nil && len(home.Incidents) > 0 {
		t.Errorf("%+v, %v", home, err)
	}
	if home, err := d.Home(t.Context(), slackPerson("ana"), time.Now().Add(-time.Minute)); err != nil || len(home.Incidents) != 1 {
		t.Errorf("%+v, %v", home, err)
	}
}

// TestDuties: the present duty and the next on each schedule, and nothing of others'.
func TestDuties(t *testing.T) {
	t.Parallel()
	day := func(d, hour int) time.Time { return time.Date(2026, 3, d, hour, 0, 0, 0, time.UTC) }
	weekly := func(name string, members ...oncall.PersonID) oncall.Schedule {
		return oncall.Schedule{Name: name, Zone: "UTC", Rotation: &oncall.Rotation{
			Members: oncall.Members(members...), Start: oncall.Date{Year: 2026, Month: 3, Day: 2}, At: oncall.ClockTime{Hour: 9}, Weeks: 1,
		}}
	}
	book := &oncall.Book{Schedules: []oncall.Schedule{
		weekly("payments", "ana", "ben"), weekly("search", "ben", "cem"),
		{Name: "always", Person: "ana"},
		weekly("many", "a", "b", "c", "d", "e", "f", "g", "h", "ana"),
		{Name: "feed", Calendar: true, Unread: "404"},
	}}
	now := day(4, 12) // Wednesday of the first week
	took := oncall.Override{ID: "1", Schedule: "search", Kind: oncall.OverrideReplace, Person: "ana", Since: day(4, 10), Until: day(4, 18)}
	before := oncall.Override{ID: "2", Schedule: "payments", Kind: oncall.OverrideReplace, Person: "ana", Since: day(9, 9), Until: day(10, 9)}
	tests := []struct {
		name    string
		person  oncall.PersonID
		changed []oncall.Override
		want    []HomeDuty
	}{
		{name: "as it is planned", person: "ana", want: []HomeDuty{
			{Schedule: "always", Now: true},
			{Schedule: "payments", Now: true, Since: day(2, 9), Until: day(9, 9)},
			{Schedule: "payments", Since: day(16, 9), Until: day(23, 9)},
		}},
		{name: "taken over", person: "ana", changed: []oncall.Override{took, before}, want: []HomeDuty{
			{Schedule: "always", Now: true},
			{Schedule: "payments", Now: true, Since: day(2, 9), Until: day(10, 9)}, // without a break
			{Schedule: "search", Now: true, Since: day(4, 10), Until: day(4, 18)},
			{Schedule: "payments", Since: day(16, 9), Until: day(23, 9)},
		}},
		{name: "given away", person: "ben", changed: []oncall.Override{took}, want: []HomeDuty{
			{Schedule: "search", Since: day(4, 18), Until: day(9, 9)},
			{Schedule: "payments", Since: day(9, 9), Until: day(16, 9)},
		}},
		{name: "on none", person: "zoe"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, problems := Duties(book, tt.person, now, tt.changed)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			var unread *oncall.UnreadCalendar
			if !slices.ContainsFunc(problems, func(err error) bool { return errors.As(err, &unread) }) || len(problems) != 1 {
				t.Errorf("problems %v", problems)
			}
		})
	}
}

// BenchmarkDuties is what an opened home costs of reckoning, with forty schedules that rotate every eight hours.
func BenchmarkDuties(b *testing.B) {
	book := &oncall.Book{}
	for n := range 40 {
		book.Schedules = append(book.Schedules, oncall.Schedule{Name: fmt.Sprint("s", n), Zone: "Europe/Berlin", Rotation: &oncall.Rotation{
			Members: oncall.Members("ana", "ben", "cem"), Start: oncall.Date{Year: 2026, Month: 3, Day: 2}, Hours: 8,
		}})
	}
	for b.Loop() {
		if _, problems := Duties(book, "ana", night, nil); problems != nil {
			b.Fatal(problems)
		}
	}
}

// noHistory is a history that cannot be read.
type noHistory struct{}

func (noHistory) HasNext() bool { return true }
func (noHistory) Next() (*historypb.HistoryEvent, error) {
	return nil, serviceerror.NewUnavailable("away")
}
