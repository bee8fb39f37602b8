package workflows_test

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// vacation is what Ana has written beside her name herself.
var vacation = contract.ChatStatus{Text: "On a train", Symbol: "steam_locomotive", Until: start.Add(14 * time.Hour)}

// commanded is a scenario in which Ana and Ben have connected their chat statuses, Cleo and Dan have not. Ben takes command
// after a minute, Ana after five, and it ends after ten.
func commanded(t *testing.T, rb string) *scenario {
	t.Helper()
	s := newScenario(t, parse(t, rb))
	s.in.Declaration.Statuses = true
	ana := vacation
	s.world.Statuses = map[oncall.PersonID]*contract.ChatStatus{"ana": &ana, "ben": {}}
	s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
	s.act(30*time.Second, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"})
	s.command(time.Minute, "ben")
	s.command(5*time.Minute, "ana")
	s.act(10*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "fix"})
	return s
}

// command lets somebody take command.
func (s *scenario) command(after time.Duration, who oncall.PersonID) {
	by := person(who, incident.DoorSlack)
	s.act(after, contract.VerbAssign, contract.Act{By: by, Role: "commander", Person: string(who), PersonName: by.Name})
}

// entries are the texts of a kind on the timeline that speak of chat statuses.
func (s *scenario) statusEntries(kind incident.EntryKind) (out []string) {
	for _, e := range s.timeline() {
		if e.Kind == kind && strings.Contains(e.Text, "chat status") {
			out = append(out, e.Text)
		}
	}
	return out
}

// The status names the incident while its person has command, and afterwards says again what it said before.
func TestStatusFollowsCommand(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]time.Duration{"in one run": 0, "over a cut": 3 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := commanded(t, pager)
			if cut > 0 {
				s.cut(cut)
			}
			s.run()
			want := []string{
				"status of ben: rotating_light INC-1 until Mon 01:31",
				"status of ana: rotating_light INC-1 until Mon 01:35",
				"status of ben: none",
				"status of ana: steam_locomotive On a train until Sun 15:30",
			}
			if diff := gocmp.Diff(want, did(s.world, "status")); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			if told := append(s.statusEntries(incident.EntrySkipped), s.statusEntries(incident.EntryProblem)...); told != nil {
				t.Errorf("told: %q", told)
			}
			if cut == 0 {
				s.golden()
			}
		})
	}
}

// Whoever has connected nothing is told of once, on the timeline alone.
func TestStatusNotConnected(t *testing.T) {
	t.Parallel()
	s := commanded(t, pager)
	s.world.Statuses["ana"] = nil
	s.command(6*time.Minute, "ben")
	s.command(7*time.Minute, "ana")
	s.run()
	if diff := gocmp.Diff([]string{"Ana has connected no chat status, so it does not show INC-1"}, s.statusEntries(incident.EntrySkipped)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
	if strings.Contains(strings.Join(did(s.world, "post"), "\n"), "chat status") {
		t.Errorf("the room hears %q", did(s.world, "post"))
	}
	if got := did(s.world, "status"); len(got) != 4 { // ben's, set and taken back twice
		t.Errorf("statuses: %q", got)
	}
}

// What is nobody's business, or nobody's command, stands beside nobody's name.
func TestStatusNotShown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		change func(*scenario)
		rb     string
	}{
		{name: "private", rb: strings.Replace(pager, "runbook: pager", "runbook: pager\nprivate: true", 1)},
		{name: "drill", change: func(s *scenario) { s.in.Declaration.Drill = true }},
		{name: "statuses are not used", change: func(s *scenario) { s.in.Declaration.Statuses = false }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := commanded(t, cmp.Or(tt.rb, pager))
			if tt.change != nil {
				tt.change(s)
			}
			asked := 0
			s.world.Fail = func(a memory.Act) error {
				if a.Kind == "status" {
					asked++
				}
				return nil
			}
			s.stopAt(time.Hour)
			s.run()
			if asked > 0 {
				t.Errorf("the chat was asked %d times for statuses", asked)
			}
		})
	}
}

// A role that is only offered is not held.
func TestStatusOffered(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, containing(offering+"    - task: Work\n      id: work\n")))
	s.in.Declaration.Statuses = true
	s.world.Statuses = map[oncall.PersonID]*contract.ChatStatus{"ana": {}}
	s.act(2*time.Minute, contract.VerbAck, by("ana", contract.Act{}))
	s.act(5*time.Minute, contract.VerbDone, by("ana", contract.Act{Step: "work"}))
	s.ends(incident.Resolved)
	want := []string{"status of ana: rotating_light INC-1 until Mon 01:32", "status of ana: none"}
	if diff := gocmp.Diff(want, did(s.world, "status")); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

// A status is prolonged as long as its person has command, and left alone once they have changed it themselves.
func TestStatusIsRenewed(t *testing.T) {
	t.Parallel()
	for name, changed := range map[string]bool{"left as it is": false, "changed by its owner": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newScenario(t, parse(t, pager))
			s.in.Declaration.Statuses = true
			s.world.Statuses = map[oncall.PersonID]*contract.ChatStatus{"ben": {}}
			s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
			s.act(30*time.Second, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"})
			s.command(time.Minute, "ben")
			if changed {
				s.at(20*time.Hour, func() { *s.world.Statuses["ben"] = contract.ChatStatus{Text: "asleep"} })
			}
			s.cut(14 * time.Hour)
			s.act(30*time.Hour, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "fix"})
			s.run()
			want := []string{
				"status of ben: rotating_light INC-1 until Mon 01:31", "status of ben: rotating_light INC-1 until Mon 13:31",
				"status of ben: rotating_light INC-1 until Tue 01:31", "status of ben: none",
			}
			if changed {
				want = want[:2]
			}
			if diff := gocmp.Diff(want, did(s.world, "status")); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			if changed && s.world.Statuses["ben"].Text != "asleep" {
				t.Errorf("the status is %+v", s.world.Statuses["ben"])
			}
		})
	}
}

// Whoever takes command again while their status is being taken back has it again.
func TestStatusOfWhoComesBack(t *testing.T) {
	t.Parallel()
	s := newScenario(t, parse(t, pager))
	s.in.Declaration.Statuses = true
	s.world.Statuses = map[oncall.PersonID]*contract.ChatStatus{"ben": {Text: "Thinking"}}
	s.phones(map[oncall.PersonID]time.Duration{"ana": 5 * time.Second})
	s.slow(string(contract.ShowStatus), 10*time.Second)
	s.act(30*time.Second, contract.VerbSeverity, contract.Act{By: person("ana", incident.DoorSlack), Value: "SEV2"})
	s.command(time.Minute, "ben")
	s.command(5*time.Minute, "ana") // who has connected none
	s.command(5*time.Minute+5*time.Second, "ben")
	s.act(10*time.Minute, contract.VerbDone, contract.Act{By: person("ana", incident.DoorSlack), Step: "fix"})
	s.run()
	want := []string{
		"status of ben: rotating_light INC-1 until Mon 01:31", "status of ben: Thinking",
		"status of ben: rotating_light INC-1 until Mon 01:35", "status of ben: Thinking",
	}
	if diff := gocmp.Diff(want, did(s.world, "status")); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

// A chat that fails holds nothing up and is tried again later; what it refuses is written down once.
func TestStatusFails(t *testing.T) {
	t.Parallel()
	refused := &contract.Refused{What: "Slack says token_revoked", Hint: "make a new token"}
	all := []string{"ana INC-1", "ana On a train", "ben", "ben INC-1"}
	tests := []struct {
		name     string
		err      error
		only     string // whose status alone fails; empty = everybody's
		call     string // what alone fails: read, show
		until    time.Duration
		lose     bool // it is done all the same
		want     []string
		problems int
	}{
		{name: "away for a while", err: errors.New("503"), until: 2 * time.Minute, want: all[:2]},
		{name: "too many requests", err: &contract.Later{After: 20 * time.Second, Err: errors.New("429")}, until: 90 * time.Second, want: all},
		{name: "the answers are lost", err: errors.New("connection reset"), until: 70 * time.Second, lose: true, want: all},
		{name: "all answers are lost", err: errors.New("connection reset"), until: 48 * time.Hour, lose: true, want: all},
		{name: "the predecessor's is away", err: errors.New("503"), only: "ben", call: "show", until: 48 * time.Hour, want: all[:2]},
		{name: "away for ever", err: errors.New("503"), until: 1000 * time.Hour},
		{name: "refused", err: refused, until: 1000 * time.Hour, problems: 2},
		{name: "refused to be set", err: refused, call: "show", until: 1000 * time.Hour, problems: 2},
		{name: "everything revoked", err: &contract.Refused{What: "no", Installation: true}, until: 1000 * time.Hour, problems: 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			calm := commanded(t, pager)
			calm.run()
			s := commanded(t, pager)
			fail := func(a memory.Act) error {
				if a.Kind == "status" && a.At.Before(start.Add(tt.until)) && (tt.only == "" || a.Who == oncall.PersonID(tt.only)) && (tt.call == "" || a.Name == tt.call) {
					return tt.err
				}
				return nil
			}
			if s.world.Fail = fail; tt.lose {
				s.world.Fail, s.world.Lose = nil, func(a memory.Act) error { a.At = s.world.Now(); return fail(a) }
			}
			s.run()
			if diff := gocmp.Diff(tt.want, statusesSet(s.world)); diff != "" {
				t.Errorf("statuses (-want +got):\n%s", diff)
			}
			if got := s.statusEntries(incident.EntryProblem); len(got) != tt.problems {
				t.Errorf("told: %q, want %d", got, tt.problems)
			}
			if diff := gocmp.Diff(ends(calm), ends(s)); diff != "" {
				t.Errorf("the incident has waited for the chat (-calm +got):\n%s", diff)
			}
		})
	}
}

// statusesSet lists which statuses were set, each once.
func statusesSet(w *memory.World) (out []string) {
	for _, l := range did(w, "status") {
		who, what, _ := strings.Cut(strings.TrimPrefix(l, "status of "), ": ")
		what, _, _ = strings.Cut(what, " until ")
		for _, symbol := range []string{"rotating_light", "steam_locomotive", "none"} {
			what = strings.TrimSpace(strings.TrimPrefix(what, symbol))
		}
		out = append(out, strings.TrimSpace(who+" "+what))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// ends is when everything of an incident happened that is neither a status nor told of one.
func ends(s *scenario) (out []string) {
	for _, e := range s.timeline() {
		if !strings.Contains(e.Text, "chat status") {
			out = append(out, e.At.Sub(start).Round(time.Second).String()+" "+e.Text)
		}
	}
	return out
}
