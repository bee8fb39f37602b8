package incident_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// move is one random act, decided before it is done, so that it can be done to several incidents alike.
type move struct {
	name string
	do   func(*incident.Incident) error
}

// draws makes one draw of a move for each kind of act; what they draw from holds right and wrong values alike.
func draws(now time.Time) map[string]func(*rapid.T) move {
	person := rapid.Custom(actor)
	text := rapid.StringN(0, 30, 3000)
	page := rapid.SampledFrom([]string{"", "p0", "p1", "p0", "p1", "nowhere"})
	step := rapid.SampledFrom([]string{"", "s0", "s1", "s0", "s1", "nowhere"})
	choice := rapid.SampledFrom([]string{"yes", "yes", "yes", "no", "done", "rollback", "pray", ""})
	severity := rapid.SampledFrom([]incident.Severity{"", "SEV1", "SEV2", "SEV3", "SEV9"})
	role := rapid.SampledFrom([]incident.Role{"", incident.Commander, "comms", "lead"})
	kind := rapid.SampledFrom([]incident.QuestionKind{
		incident.QuestionAsk, incident.QuestionApprove, incident.QuestionApprove, incident.QuestionTask, incident.QuestionAssign, incident.QuestionSeverity, incident.QuestionHold,
	})
	status := rapid.SampledFrom(append(statuses(), "waving"))
	some := func(t *rapid.T, label string) []oncall.PersonID {
		return rapid.SliceOfN(rapid.SampledFrom(ids("ana", "ben", "cem")), 0, 3).Draw(t, label)
	}
	return map[string]func(*rapid.T) move{
		"alerts": func(t *rapid.T) move {
			alerts := rapid.SliceOfN(rapid.Custom(alert), 0, 3).Draw(t, "alerts")
			return move{"alerts", func(i *incident.Incident) error { i.TakeAlerts(now, alerts); return nil }}
		},
		"severity": func(t *rapid.T) move {
			by, c := person.Draw(t, "by"), incident.SeverityChange{To: severity.Draw(t, "to"), Reason: text.Draw(t, "reason")}
			return move{"severity", func(i *incident.Incident) error { return i.SetSeverity(now, by, c) }}
		},
		"assign": func(t *rapid.T) move {
			by, to, as := person.Draw(t, "by"), person.Draw(t, "to"), role.Draw(t, "role")
			h := incident.Holder{Person: to.Person, Name: to.Name, Accepted: rapid.Bool().Draw(t, "accepted")}
			return move{"assign", func(i *incident.Incident) error { return i.Assign(now, by, as, h) }}
		},
		"note": func(t *rapid.T) move {
			by, words := person.Draw(t, "by"), text.Draw(t, "note")
			return move{"note", func(i *incident.Incident) error { return i.Note(now, by, words) }}
		},
		"phase": func(t *rapid.T) move {
			p := rapid.SampledFrom(incident.Phases()).Draw(t, "phase")
			return move{"phase", func(i *incident.Incident) error { i.EnterPhase(now, p); return nil }}
		},
		"finish": func(t *rapid.T) move {
			endings := []incident.Ending{"", "", "", "", incident.Resolved, incident.FalseAlarm, incident.Duplicate, incident.Cancelled, "bored"}
			by, e := person.Draw(t, "by"), incident.End{Ending: rapid.SampledFrom(endings).Draw(t, "ending"), Reason: text.Draw(t, "reason")}
			return move{"finish", func(i *incident.Incident) error { return i.Finish(now, by, e) }}
		},
		"start page": func(t *rapid.T) move {
			p := incident.Page{Key: page.Draw(t, "page"), Levels: levels("sre", "boss")[:rapid.IntRange(1, 2).Draw(t, "levels")]}
			return move{"start page", func(i *incident.Incident) error { i.StartPage(now, p); return nil }}
		},
		"page by hand": func(t *rapid.T) move {
			by, target, words := person.Draw(t, "by"), text.Draw(t, "target"), text.Draw(t, "message")
			return move{"page by hand", func(i *incident.Incident) error { return i.PageByHand(now, by, target, words) }}
		},
		"plan": func(t *rapid.T) move {
			key, who, via := page.Draw(t, "page"), person.Draw(t, "who"), rapid.SampledFrom([]string{"call", "sms", "slack"}).Draw(t, "via")
			return move{"plan", func(i *incident.Incident) error {
				if p := i.Page(key); p != nil {
					p.Plan(now, oncall.Duty{Person: who.Person, Name: who.Name}, via)
				}
				return nil
			}}
		},
		"progress": func(t *rapid.T) move {
			c := incident.CallProgress{
				Provider: rapid.SampledFrom([]string{"", "CA1"}).Draw(t, "provider"), Page: page.Draw(t, "page"), Attempt: rapid.IntRange(-1, 4).Draw(t, "attempt"), Status: status.Draw(t, "status"), Detail: text.Draw(t, "detail"),
			}
			return move{"progress", func(i *incident.Incident) error { i.Progress(now, c); return nil }}
		},
		"acknowledge": func(t *rapid.T) move {
			by, scope := person.Draw(t, "by"), incident.AckScope{Page: page.Draw(t, "page"), All: rapid.Bool().Draw(t, "all")}
			return move{"acknowledge", func(i *incident.Incident) error { _, err := i.Acknowledge(now, by, scope); return err }}
		},
		"escalate": func(t *rapid.T) move {
			by, key := person.Draw(t, "by"), page.Draw(t, "page")
			return move{"escalate", func(i *incident.Incident) error { return i.EscalateNow(now, by, key) }}
		},
		"decline": func(t *rapid.T) move {
			as := role.Draw(t, "role")
			return move{"decline", func(i *incident.Incident) error { i.Decline(as); return nil }}
		},
		"quiet": func(t *rapid.T) move {
			by := person.Draw(t, "by")
			return move{"quiet", func(i *incident.Incident) error { return i.StopCalling(now, by) }}
		},
		"ask": func(t *rapid.T) move {
			q := incident.Question{
				Key: step.Draw(t, "key"), Step: step.Draw(t, "step"), Kind: kind.Draw(t, "kind"), Text: text.Draw(t, "text"), Chain: some(t, "chain"),
				Also: some(t, "also"), Quorum: rapid.IntRange(0, 3).Draw(t, "quorum"), Role: role.Draw(t, "role"), Not: []incident.Role{role.Draw(t, "not")},
				Choices: append(verdicts(), incident.Choice{Key: "done", Label: "Done"}, incident.Choice{Key: "rollback"}),
			}
			return move{"ask", func(i *incident.Incident) error { i.Ask(now, q); return nil }}
		},
		"answer": func(t *rapid.T) move {
			by, a := person.Draw(t, "by"), incident.Answer{Key: step.Draw(t, "key"), Step: step.Draw(t, "step"), Choice: choice.Draw(t, "choice"), Reason: text.Draw(t, "reason")}
			return move{"answer", func(i *incident.Incident) error { _, err := i.Answer(now, by, a); return err }}
		},
		"settle": func(t *rapid.T) move {
			by, key := person.Draw(t, "by"), step.Draw(t, "key")
			states := []incident.QuestionState{incident.QuestionAnswered, incident.QuestionTimedOut, incident.QuestionWithdrawn}
			s := incident.Settlement{State: rapid.SampledFrom(states).Draw(t, "state"), Choice: choice.Draw(t, "choice"), Reason: text.Draw(t, "reason")}
			return move{"settle", func(i *incident.Incident) error { i.Settle(now, by, key, s); return nil }}
		},
		"review": func(*rapid.T) move {
			return move{"review", func(i *incident.Incident) error { i.Reviewing = !i.Open(); return nil }}
		},
	}
}

// actor is a person of the roster or a visitor.
func actor(t *rapid.T) incident.Actor {
	id := rapid.SampledFrom([]string{"ana", "ben", "cem", "dan", ""}).Draw(t, "person")
	if id == "" {
		return visitor(rapid.StringN(0, 10, 40).Draw(t, "name"), "zoe")
	}
	return person(id)
}

// alert is one of three, firing or cleared, with or without words.
func alert(t *rapid.T) incident.Alert {
	a := incident.Alert{
		Source: "grafana", Fingerprint: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "fingerprint"), Title: rapid.StringN(0, 10, 3000).Draw(t, "title"),
		Summary: rapid.StringN(0, 10, 40).Draw(t, "summary"), Cleared: rapid.Bool().Draw(t, "cleared"),
	}
	if rapid.Bool().Draw(t, "dated") {
		a.StartsAt = at(time.Duration(rapid.IntRange(-100, 100).Draw(t, "starts")) * time.Minute)
	}
	return a
}

// TestRandomLives lives through random incidents. No act panics; one that is refused changes nothing; the timeline only
// grows; the two copies of a state behave alike and never touch one another; what has ended stays ended.
func TestRandomLives(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		i := declared()
		for n := range rapid.IntRange(1, 40).Draw(t, "length") {
			now := at(time.Duration(n) * time.Second)
			kinds := draws(now)
			m := kinds[rapid.SampledFrom(sorted(kinds)).Draw(t, "act")](t)
			before, ended := frozen(t, i), i.Ending

			copied := i.Clone()
			err := m.do(copied)
			if frozen(t, i) != before {
				t.Fatalf("%s on the copy shows in the original", m.name)
			}
			if err != nil && frozen(t, copied) != before {
				t.Fatalf("%s was refused (%v) and has changed something", m.name, err)
			}
			var refusal *incident.Refusal
			if err != nil && !errors.As(err, &refusal) {
				t.Fatalf("%s gives %v, which is no refusal", m.name, err)
			}
			acted := frozen(t, copied)
			if again := m.do(i); fmt.Sprint(again) != fmt.Sprint(err) || frozen(t, i) != acted {
				t.Fatalf("%s on the original gives another result: %v, then %v", m.name, err, again)
			}
			if frozen(t, copied) != acted {
				t.Fatalf("%s on the original shows in the copy", m.name)
			}
			if ended != "" && i.Ending != ended {
				t.Fatalf("%s has changed the end from %q to %q", m.name, ended, i.Ending)
			}
			consistent(t, i)
		}
	})
}

// consistent checks what holds of every incident at every moment.
func consistent(t *rapid.T, i *incident.Incident) {
	if i.Seq != len(i.Timeline) { // too short a life for anything to be left out
		t.Fatalf("%d lines, and the newest is number %d", len(i.Timeline), i.Seq)
	}
	for n, e := range i.Timeline {
		if e.Seq != n+1 || len(e.Text) > longest || !utf8.ValidString(e.Text) {
			t.Fatalf("line %d is %+v", n+1, e)
		}
		if n > 0 && e.At.Before(i.Timeline[n-1].At) {
			t.Fatalf("line %d is older than the one before it", n+1)
		}
	}
	if !i.Open() && !i.Reviewing && len(i.OpenPages())+len(i.OpenQuestions()) > 0 && i.Timeline[len(i.Timeline)-1].Kind == incident.EntryEnded {
		t.Fatalf("it has just ended, and something still waits")
	}
	for _, p := range i.Pages {
		for n, a := range p.Attempts {
			if a.Number != n+1 {
				t.Fatalf("attempt %d of %s has number %d", n+1, p.Key, a.Number)
			}
		}
		if (p.State == incident.PageAcknowledged) != !p.AckedAt.IsZero() {
			t.Fatalf("page %s is %q and was acknowledged at %s", p.Key, p.State, p.AckedAt)
		}
	}
	for _, q := range i.Questions {
		if (q.State == incident.QuestionOpen) != q.ClosedAt.IsZero() {
			t.Fatalf("question %s is %q and was closed at %s", q.Key, q.State, q.ClosedAt)
		}
		if q.State == incident.QuestionOpen && len(q.Votes) >= max(1, q.Quorum) {
			t.Fatalf("question %s has its quorum and waits", q.Key)
		}
	}
	firing := false
	for _, a := range i.Alerts {
		firing = firing || !a.Cleared
	}
	if firing && !i.ClearedAt.IsZero() {
		t.Fatalf("an alert fires, and all is clear since %s", i.ClearedAt)
	}
}

// sorted lists the kinds of acts in a fixed order, so that a failure can be repeated.
func sorted(kinds map[string]func(*rapid.T) move) []string {
	var names []string
	for name := range kinds {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
