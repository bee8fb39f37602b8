package activitiestest

import (
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// PresenceWorld is a chat service that shows statuses beside people's names, with the port in front of it.
type PresenceWorld struct {
	Trouble
	Presence activities.Presence
	// Restarted is the port of another process, which remembers nothing, to the same service.
	Restarted func() activities.Presence
	// Person has connected their status; Outsider is one of the roster who has not.
	Person, Outsider oncall.PersonID
	// Status is what stands beside the person's name, and Write is how they change it themselves.
	Status func() contract.ChatStatus
	Write  func(contract.ChatStatus)
}

// Presence runs the acceptance test of chat statuses.
func Presence(t *testing.T, open func(t *testing.T) *PresenceWorld) {
	t.Helper()
	suite := presenceSuite{open}
	for name, test := range map[string]func(*testing.T){
		"Reads":                   suite.reads,
		"ReadAnswersWithClass":    func(t *testing.T) { classes(t, suite.reading, nil) },
		"ShowsAndClears":          suite.showsAndClears,
		"ShowConverges":           func(t *testing.T) { converges(t, suite.showing) },
		"ShowAnswersWithClass":    func(t *testing.T) { classes(t, suite.showing, nil) },
		"RenewConverges":          func(t *testing.T) { converges(t, suite.renewing) },
		"ClearConverges":          func(t *testing.T) { converges(t, suite.clearing) },
		"ClearAnswersWithClass":   func(t *testing.T) { classes(t, suite.clearing, nil) },
		"LeavesWhatWasChanged":    suite.leavesWhatWasChanged,
		"SeveralIncidents":        suite.several,
		"KnowsNobodyElse":         suite.knowsNobodyElse,
		"WhatWasOverStaysAway":    suite.overStaysAway,
		"ClearsWhatNeverStood":    suite.clearsNothing,
		"ForgetsWhatIsNoIncident": suite.readsIncidentsAsNone,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type presenceSuite struct {
	open func(t *testing.T) *PresenceWorld
}

// The statuses of the suite, far ahead, in whole seconds.
var (
	statusUntil = time.Date(2090, 1, 2, 3, 4, 5, 0, time.UTC)
	ownStatus   = contract.ChatStatus{Text: "On a train & away", Symbol: "steam_locomotive", Until: statusUntil.Add(-time.Hour)}
)

// port is the one that has worked so far, or that of a new process.
func (w *PresenceWorld) port(restarted bool) activities.Presence {
	if restarted {
		return w.Restarted()
	}
	return w.Presence
}

// names is a status that names incidents.
func names(text string) contract.ChatStatus {
	return contract.ChatStatus{Text: text, Symbol: contract.StatusSymbol, Until: statusUntil}
}

// showOf is a request that lets the person's status name an incident, and clearOf one that takes it away.
func (w *PresenceWorld) showOf(key string) contract.ShowStatusRequest {
	return contract.ShowStatusRequest{Effect: effect(owner + "/status"), Person: w.Person, Text: key, Until: statusUntil}
}

func (w *PresenceWorld) clearOf(key string) contract.ShowStatusRequest {
	return contract.ShowStatusRequest{Effect: effect(owner + "/status"), Person: w.Person, Text: key, Clear: true, Before: ownStatus}
}

// opened is a world in which the person has written something.
func (s presenceSuite) opened(t *testing.T) *PresenceWorld {
	t.Helper()
	w := s.open(t)
	w.Write(ownStatus)
	return w
}

// shown is a world in which an incident stands there in place of it.
func (s presenceSuite) shown(t *testing.T, keys ...string) *PresenceWorld {
	t.Helper()
	w := s.opened(t)
	for _, key := range keys {
		_, err := w.Presence.ShowStatus(t.Context(), w.showOf(key))
		must(t, err)
	}
	return w
}

// doing is a request, prepared.
func (s presenceSuite) doing(t *testing.T, w *PresenceWorld, req contract.ShowStatusRequest) stage {
	t.Helper()
	return stage{trouble: w, single: true, look: func() any { return w.Status() }, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).ShowStatus(t.Context(), req)
	}}
}

func (s presenceSuite) reading(t *testing.T) stage {
	w := s.opened(t)
	return stage{trouble: w, single: true, look: func() any { return w.Status() }, act: func(_, restarted bool) (any, error) {
		return w.port(restarted).ReadStatus(t.Context(), contract.ReadStatusRequest{Person: w.Person})
	}}
}

func (s presenceSuite) showing(t *testing.T) stage {
	w := s.opened(t)
	return s.doing(t, w, w.showOf("INC-1"))
}

func (s presenceSuite) renewing(t *testing.T) stage {
	w := s.shown(t, "INC-1")
	req := w.showOf("INC-1")
	req.Until, req.Renew = statusUntil.Add(12*time.Hour), true
	return s.doing(t, w, req)
}

func (s presenceSuite) clearing(t *testing.T) stage {
	w := s.shown(t, "INC-1")
	return s.doing(t, w, w.clearOf("INC-1"))
}

// reads: what stands there is answered as it is, and stays.
func (s presenceSuite) reads(t *testing.T) {
	w := s.opened(t)
	got, err := w.Presence.ReadStatus(t.Context(), contract.ReadStatusRequest{Person: w.Person})
	must(t, err)
	same(t, "the answer", contract.ReadStatusResult{Connected: true, Status: ownStatus}, got)
	same(t, "the status", ownStatus, w.Status())
}

// readsIncidentsAsNone: an incident that stands there is nothing to be put back one day.
func (s presenceSuite) readsIncidentsAsNone(t *testing.T) {
	w := s.shown(t, "INC-1")
	got, err := w.Restarted().ReadStatus(t.Context(), contract.ReadStatusRequest{Person: w.Person})
	must(t, err)
	same(t, "the answer", contract.ReadStatusResult{Connected: true}, got)
}

// showsAndClears: the incident stands there, and afterwards what stood there before.
func (s presenceSuite) showsAndClears(t *testing.T) {
	w := s.opened(t)
	got, err := w.Presence.ShowStatus(t.Context(), w.showOf("INC-1"))
	must(t, err)
	same(t, "the answer", contract.ShowStatusResult{Shown: true}, got)
	same(t, "the status", names("INC-1"), w.Status())
	got, err = w.Restarted().ShowStatus(t.Context(), w.clearOf("INC-1"))
	must(t, err)
	same(t, "the answer to the clearing", contract.ShowStatusResult{Shown: true}, got)
	same(t, "the status afterwards", ownStatus, w.Status())
}

// leavesWhatWasChanged: whoever writes something else in place of the incident has the last word.
func (s presenceSuite) leavesWhatWasChanged(t *testing.T) {
	w := s.shown(t, "INC-1")
	theirs := contract.ChatStatus{Text: "Back soon", Symbol: "coffee"}
	w.Write(theirs)
	renew := w.showOf("INC-1")
	renew.Renew = true
	for what, req := range map[string]contract.ShowStatusRequest{"renewal": renew, "clearing": w.clearOf("INC-1")} {
		got, err := w.Presence.ShowStatus(t.Context(), req)
		must(t, err)
		same(t, "the answer to the "+what, contract.ShowStatusResult{}, got)
		same(t, "the status after the "+what, theirs, w.Status())
	}
}

// several: each incident comes and goes by itself, the newest in front, and the last one leaves what stood before.
func (s presenceSuite) several(t *testing.T) {
	w := s.shown(t, "INC-1", "INC-2", "INC-3")
	same(t, "three", names("INC-3, INC-2, INC-1"), w.Status())
	for _, step := range []struct {
		clear string
		want  contract.ChatStatus
	}{{"INC-2", names("INC-3, INC-1")}, {"INC-3", names("INC-1")}, {"INC-3", names("INC-1")}, {"INC-1", ownStatus}} {
		_, err := w.Presence.ShowStatus(t.Context(), w.clearOf(step.clear))
		must(t, err)
		same(t, "without "+step.clear, step.want, w.Status())
	}
}

// knowsNobodyElse: somebody who has connected nothing is an answer, and nothing happens.
func (s presenceSuite) knowsNobodyElse(t *testing.T) {
	w := s.opened(t)
	for _, who := range []oncall.PersonID{w.Outsider, "nobody-of-that-name"} {
		read, err := w.Presence.ReadStatus(t.Context(), contract.ReadStatusRequest{Person: who})
		must(t, err)
		same(t, "the answer about "+string(who), contract.ReadStatusResult{}, read)
		req := w.showOf("INC-1")
		req.Person = who
		shown, err := w.Presence.ShowStatus(t.Context(), req)
		must(t, err)
		same(t, "the answer to "+string(who), contract.ShowStatusResult{}, shown)
	}
	same(t, "the person's status", ownStatus, w.Status())
}

// overStaysAway: what stood before is not put back when its own time is over.
func (s presenceSuite) overStaysAway(t *testing.T) {
	w := s.shown(t, "INC-1")
	req := w.clearOf("INC-1")
	req.Before.Until = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	_, err := w.Presence.ShowStatus(t.Context(), req)
	must(t, err)
	same(t, "the status", contract.ChatStatus{}, w.Status())
}

// clearsNothing: a clearing of what was never set is no failure.
func (s presenceSuite) clearsNothing(t *testing.T) {
	w := s.opened(t)
	got, err := w.Presence.ShowStatus(t.Context(), w.clearOf("INC-1"))
	must(t, err)
	same(t, "the answer", contract.ShowStatusResult{}, got)
	same(t, "the status", ownStatus, w.Status())
}
