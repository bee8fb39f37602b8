//go:build !noengine

package main

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
	"github.com/musterbook/musterbook/rehearsal"
)

// TestRehearsalIsProduction lets one incident happen twice, by one runbook and one script: in skipped time, and on the
// real engine with the real worker, and the real providers in front of simulated vendors. Both must tell the same: what
// the incident says of itself, and what the world has seen of it.
//
// Production has a real clock: on a machine that is busy with other things a second may take two. So what differs once is
// tried a second time, and only what differs both times is a drift.
func TestRehearsalIsProduction(t *testing.T) {
	t.Parallel()
	for range 2 {
		drift := newDriftWorlds(t).compare(t)
		if drift == "" || t.Failed() {
			return
		}
		t.Log(drift)
	}
	t.Error("the rehearsal and production drift apart, see above")
}

// compare lets the incident happen in both worlds, and says how they differ; "" = they do not.
func (w *driftWorlds) compare(t *testing.T) string {
	t.Helper()
	live := w.live(t)
	played := w.played(t, live.began)
	live.forget(played.brief("topic"))
	played.forget(played.brief("topic"))
	told := cmp.Diff(played.inLanes(played), live.inLanes(played), cmp.Comparer(driftLine.same))
	ended := cmp.Diff(played.final, live.final)
	if told == "" && ended == "" {
		return ""
	}
	return fmt.Sprintf("they tell (-rehearsal +production):\n%s\nthey end (-rehearsal +production):\n%s\nrehearsal:\n%s\nproduction:\n%s", told, ended, played, live)
}

// played plays the script in rehearsal, with the people of the same configuration.
func (w *driftWorlds) played(t *testing.T, start time.Time) *driftStory {
	t.Helper()
	books, live, _, err := openConfiguration(sources{config: w.config, books: filepath.Join(w.dir, "runbooks")}, w.getenv)
	if err != nil {
		t.Fatal(err)
	}
	runbook, _, err := books.Runbook("drift")
	if err != nil {
		t.Fatal(err)
	}
	script := w.script
	script.Start = start
	options, err := castOf(live.Config(), rehearsal.Options{Runbook: &runbook, Script: script})
	if err != nil {
		t.Fatal(err)
	}
	result, err := rehearsal.Run(options)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range result.Faults {
		t.Errorf("%s: %s", fault.Mark, fault.Text)
	}
	if !result.Over {
		t.Error("the rehearsal has not come to its end")
	}
	return w.rehearsed(result)
}

// rehearsed is what the rehearsal's world has seen, in the words in which the real one is told.
func (w *driftWorlds) rehearsed(r *rehearsal.Result) *driftStory {
	s := newDriftStory(r.Final, r.Entries)
	for _, a := range r.Acts {
		switch a.Kind {
		case "call":
			s.add("telephone", a.At, "calls %s: %s", a.Who, w.heardBy(string(a.Who), a.Text))
		case "hangup": // "hang up CA-ana-2"
			s.add("hang up", a.At, "hangs up on %s", strings.Split(a.Name, "-")[1])
		case "text":
			s.add("messages", a.At, "texts %s: %s", a.Who, a.Text)
		case "room":
			s.add("room", a.At, "%s", a.What)
			s.add("topic", a.At, "topic %s", a.Text)
		case "post":
			s.add("room", a.At, "%s", a.What)
		case "settle":
			s.add("settled", a.At, "%s", a.What)
		case "show":
			s.add("topic", a.At, "%s", a.What)
		case "http", "action", "update":
			s.add("systems", a.At, "%s", a.What)
		case "card", "bookmark": // they show what is so; the real ones, whose addresses are other ones, are not told either
		case "record", "run": // the end names the records, and the timeline says what a command has done
		default:
			s.add("systems", a.At, "%s", a.What)
		}
	}
	return s
}

// heardBy is what somebody hears who is called: nothing, unless they answer.
func (w *driftWorlds) heardBy(person, words string) string {
	if driftPhone(w.script, person).Reaction != faketwilio.Answers {
		return ""
	}
	return words
}
