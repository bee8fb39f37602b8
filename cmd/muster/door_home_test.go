//go:build !noengine

package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/providers/twilio/faketwilio"
)

// atHome waits until somebody's home holds all of the words and none of those behind a minus.
func (v *town) atHome(t *testing.T, user string, words ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for {
		home, _ := v.slack.Home(user)
		if text := string(home.JSON); holdsAll(text, words) {
			return text
		} else if ctx.Err() != nil {
			t.Fatalf("the home of %s never shows %q: %s", user, words, text)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

func holdsAll(text string, words []string) bool {
	for _, w := range words {
		hidden, not := strings.CutPrefix(w, "-")
		if strings.Contains(text, hidden) == not {
			return false
		}
	}
	return text != ""
}

// opensHome opens somebody's home; Slack is answered at once.
func (v *town) opensHome(t *testing.T, url, id, user string) {
	t.Helper()
	if reply, err := v.slack.OpenHome(t.Context(), url, id, user); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("opening is answered %d, %v", reply.Status, err)
	}
}

// opensHomeUntil opens it again and again, as people do, until it shows what is waited for.
func (v *town) opensHomeUntil(t *testing.T, url, user, word string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for n := 0; ; n++ {
		v.opensHome(t, url, fmt.Sprint(user, word, n), user)
		home, _ := v.slack.Home(user)
		if strings.Contains(string(home.JSON), word) {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("the home of %s never shows %q: %s", user, word, home.JSON)
		}
		pause(ctx, 200*time.Millisecond)
	}
}

func (v *town) pressesHome(t *testing.T, url string, c fakeslack.HomeClick) {
	t.Helper()
	if reply, err := v.slack.ClickHome(t.Context(), url, c); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%q is answered %d, %v", c.Text, reply.Status, err)
	}
}

// TestHomeFromRingToDone is the whole way on a real engine, over both doors: somebody who is called finds it in their home,
// acknowledges there, does a task there with a note, and declares another incident there. Who is in none of it sees the
// incident and no task, and a private one not at all.
func TestHomeFromRingToDone(t *testing.T) {
	t.Parallel()
	doors := map[string]func(*testing.T) (v *town, actions, events string){
		"web": func(t *testing.T) (*town, string, string) {
			t.Helper()
			v := newTown(t)
			v.twilio.Phone(townBen, faketwilio.Behaviour{Reaction: faketwilio.RingsOut})
			return v, v.gateway() + "/slack/actions", v.gateway() + "/slack/events"
		},
		"socket": func(t *testing.T) (*town, string, string) {
			t.Helper()
			return plugged(t), fakeslack.OverSocket, fakeslack.OverSocket
		},
	}
	for name, open := range doors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, actions, events := open(t)
			_, s := asking(t, v)
			v.opensHome(t, events, "Ev1", "UBEN")
			v.atHome(t, "UBEN", "None is open", "sre-oncall", "no end in sight", "-Waiting for you")
			if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout <!channel> is slow", Service: "payments", Severity: "SEV2"}); err != nil {
				t.Fatal(err)
			}
			v.opensHomeUntil(t, events, "UBEN", "You are being called")
			v.atHome(t, "UBEN", "INC-1", "SEV2", "not acknowledged", "Drain", "#inc-1-town", "-<!channel>", `-\u003c!channel`)
			v.pressesHome(t, actions, fakeslack.HomeClick{User: "UBEN", Text: "Acknowledge", After: "being called"})
			v.atHome(t, "UBEN", "→", "-You are being called", "-not acknowledged", "Drain")
			if by := acknowledgements(t, s, "INC-1"); len(by) != 1 || by[0].Person != "ben" || !by[0].Verified {
				t.Errorf("it was acknowledged by %+v", by)
			}

			v.pressesHome(t, actions, fakeslack.HomeClick{User: "UBEN", Text: "Done, with a note…", After: "Drain"})
			v.looksAt(t, "UBEN", `"block_id":"reason"`)
			v.submits(t, actions, "UBEN", map[string]string{"reason": "eu is empty"})
			v.atHome(t, "UBEN", "-Drain", "Watch")
			if lines := timelineText(t, s, "INC-1"); !strings.Contains(lines, "eu is empty") {
				t.Errorf("the note is not on the timeline:\n%s", lines)
			}

			v.pressesHome(t, actions, fakeslack.HomeClick{User: "UBEN", Text: "Declare an incident"})
			v.looksAt(t, "UBEN", "input:town:region")
			v.submits(t, actions, "UBEN", map[string]string{"title": "Payroll was stolen", "private": "yes", "input:town:region": "eu"})
			v.atHome(t, "UBEN", "INC-2 is declared", "(private)", "-Payroll")

			v.opensHome(t, events, "Ev2", "UANA")
			v.atHome(t, "UANA", "INC-1", "payments-oncall", "-INC-2", "-Waiting for you", "-Payroll")
		})
	}
}

// TestHomeWhileTemporalIsAway: a gateway that has lost its Temporal says so in the home, instead of what stood there before.
func TestHomeWhileTemporalIsAway(t *testing.T) {
	t.Parallel()
	v := plugged(t)
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	v.replica(t, s)
	v.opensHomeUntil(t, fakeslack.OverSocket, "UBEN", "INC-1 ")
	if err := s.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Fatal(err)
	}
	v.opensHomeUntil(t, fakeslack.OverSocket, "UBEN", "does not reach") // a look that was made while it stopped may be shown for two seconds
	v.atHome(t, "UBEN", "does not reach its incidents", "-INC-1", "-None is open", "sre-oncall")
}

// TestTwoHundredHomes: two hundred people who open theirs during an outage all see it, each answered in time, and soon.
func TestTwoHundredHomes(t *testing.T) {
	t.Parallel()
	const open, people = 10, 200
	v, s := asking(t, newTown(t))
	for n := range open {
		if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: fmt.Sprint("Trouble ", n), Service: "payments"}); err != nil {
			t.Fatal(err)
		}
	}
	v.opensHomeUntil(t, v.gateway()+"/slack/events", "UANA", fmt.Sprintf("INC-%d ", open))
	var users []string
	for n := range people {
		users = append(users, v.slack.AddUser(fakeslack.User{Name: fmt.Sprint("person", n)}).ID)
	}
	began := time.Now()
	var crowd sync.WaitGroup
	for _, user := range users {
		crowd.Go(func() {
			if reply, err := v.slack.OpenHome(t.Context(), v.gateway()+"/slack/events", "Ev"+user, user); err != nil || reply.Status != http.StatusOK {
				t.Errorf("%s is answered %d, %v", user, reply.Status, err)
			}
		})
	}
	crowd.Wait()
	answered := time.Since(began)
	for _, user := range users {
		v.atHome(t, user, "INC-1 ", fmt.Sprintf("INC-%d ", open), "does not know you")
	}
	t.Logf("%d people, %d open incidents: Slack was answered after %s, all homes stood after %s", people, open, answered, time.Since(began))
}
