//go:build !noengine

package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// modalRunbook asks for an input, and then stands still.
const modalRunbook = `
runbook: town
title: An incident that asks
roles: { commander: sre-oncall }
inputs:
  region: { type: string, enum: [eu, us], required: true }
  pods: { type: int, default: 3 }
severities:
  SEV1: {}
  SEV2: {}
phases:
  identification:
    - channel: inc-${{ incident.key }}-town
    - note: ${{ inputs.pods }} pods in ${{ inputs.region }}
    - page: commander
      ack: 1m
      background: true
    - task: Drain
      id: drain
      who: commander
    - task: Watch
      id: watch
      who: commander
  lessons_learned: []
`

// asking is a town whose runbook asks for something.
func asking(t *testing.T, v *town) (*town, *stack) {
	t.Helper()
	v.write("runbooks/town.yaml", modalRunbook)
	config, err := os.ReadFile(v.config)
	if err != nil {
		t.Fatal(err)
	}
	v.write("musterbook.yaml", strings.ReplaceAll(string(config), "runbook: town }", "runbook: town, inputs: { region: us } }"))
	return v, v.serve(t)
}

// looksAt waits until the modal that somebody looks at holds a word.
func (v *town) looksAt(t *testing.T, user, word string) fakeslack.View {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		view, open := v.slack.ViewOf(user)
		if open && strings.Contains(string(view.JSON), word) {
			return view
		}
		if ctx.Err() != nil {
			t.Fatalf("%s never sees %q: %t %s", user, word, open, view.JSON)
		}
		pause(ctx, 10*time.Millisecond)
	}
}

// submits sends the modal that somebody looks at; it is answered in time.
func (v *town) submits(t *testing.T, url, user string, values map[string]string) {
	t.Helper()
	reply, err := v.slack.Submit(t.Context(), url, fakeslack.SubmitRequest{User: user, Values: values})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the submission gives %d %s, %v", reply.Status, reply.Body, err)
	}
}

// cardButton waits for a button of the pinned card, and is a press of it.
func (v *town) cardButton(t *testing.T, user string, room incident.Room, label string) fakeslack.ClickRequest {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		for _, m := range v.slack.Messages(room.ID) {
			for _, b := range m.Buttons() {
				if b.Text == label {
					return fakeslack.ClickRequest{User: user, Room: room.ID, MessageTS: m.TS, ActionID: b.ActionID, Value: b.Value}
				}
			}
		}
		pause(ctx, 20*time.Millisecond)
	}
	t.Fatalf("no message has the button %q", label)
	return fakeslack.ClickRequest{}
}

// TestDeclaredAndLoweredInModals is the whole way on a real engine, over both doors: an incident is declared in a modal
// that follows its runbook, and its severity is lowered in another one, which wants a reason.
func TestDeclaredAndLoweredInModals(t *testing.T) {
	t.Parallel()
	doors := map[string]func(*testing.T) (v *town, actions, commands string){
		"web": func(t *testing.T) (*town, string, string) {
			t.Helper()
			v := newTown(t)
			return v, v.gateway() + "/slack/actions", v.gateway() + "/slack/commands"
		},
		"socket": func(t *testing.T) (*town, string, string) {
			t.Helper()
			return plugged(t), fakeslack.OverSocket, fakeslack.OverSocket
		},
	}
	for name, open := range doors {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, actions, commands := open(t)
			_, s := asking(t, v)
			lobby := v.lobby(t)
			if _, err := v.slack.Command(t.Context(), commands, fakeslack.CommandRequest{User: "UANA", Room: lobby, Command: "/muster"}); err != nil {
				t.Fatal(err)
			}
			v.looksAt(t, "UANA", "input:town:region")
			v.submits(t, actions, "UANA", map[string]string{
				"title": "Checkout is slow", "service": "payments", "severity": "SEV1", "input:town:region": "eu", "input:town:pods": "7",
			})
			// It was sent with another service than it showed the fields of: they are shown, and it is sent again.
			v.looksAt(t, "UANA", "runbook:payments")
			v.submits(t, actions, "UANA", nil)
			room := roomOf(t, s, "INC-1")
			v.looksAt(t, "UANA", room.ID)
			if !slices.Contains(membersOf(v.slack, room.ID), "UANA") {
				t.Error("whoever declared it is not in its room")
			}
			directMessage(t, v.slack, "UANA", func(m fakeslack.Message) bool { return strings.Contains(m.Text, "INC-1 is declared. Its room: ") })

			press := v.cardButton(t, "UANA", room, "Severity…")
			if _, err := v.slack.Click(t.Context(), actions, press); err != nil {
				t.Fatal(err)
			}
			v.looksAt(t, "UANA", "What are customers seeing?")
			v.submits(t, actions, "UANA", map[string]string{"value": "SEV2"})
			if view, _ := v.slack.ViewOf("UANA"); !strings.Contains(view.Errors["reason"], "needs a reason") {
				t.Errorf("without a reason the modal shows %q", view.Errors)
			}
			v.submits(t, actions, "UANA", map[string]string{"reason": "one region only"})
			shown, err := s.Incidents.Show(t.Context(), "INC-1")
			if err != nil || shown.Incident.Severity != "SEV2" || shown.Incident.Title != "Checkout is slow" || shown.Incident.DeclaredBy.Person != "ana" {
				t.Errorf("it stands at %+v, %v", shown.Incident, err)
			}
			lines := timelineText(t, s, "INC-1")
			for _, want := range []string{"7 pods in eu", "changes SEV1 to SEV2 – one region only"} {
				if !strings.Contains(lines, want) {
					t.Errorf("the timeline lacks %q:\n%s", want, lines)
				}
			}
		})
	}
}

// lobby is a room of no incident.
func (v *town) lobby(t *testing.T) string {
	t.Helper()
	return v.slack.AddRoom(fakeslack.Room{Name: "lobby", Members: []string{"UANA", "UBEN"}}).ID
}

func membersOf(slack *fakeslack.Server, room string) []string {
	r, _ := slack.RoomByID(room)
	return r.Members
}

// timelineText is the whole timeline as text.
func timelineText(t *testing.T, s *stack, key incident.Key) string {
	t.Helper()
	part, err := s.Incidents.Timeline(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, e := range part.Entries {
		fmt.Fprintf(&b, "%s: %s\n", e.Kind, e.Text)
	}
	return b.String()
}

// TestTwentyPeopleAtOnce: twenty people act in one room at once, half of them in modals. Each gets an answer in three
// seconds, or Slack's fake says so, and what they did is in the incident once.
func TestTwentyPeopleAtOnce(t *testing.T) {
	t.Parallel()
	v, s := asking(t, newTown(t))
	actions, commands := v.gateway()+"/slack/actions", v.gateway()+"/slack/commands"
	lobby := v.lobby(t)
	if _, err := v.slack.Command(t.Context(), commands, fakeslack.CommandRequest{User: "UANA", Room: lobby, Command: "/muster", Text: "declare service=payments"}); err != nil {
		t.Fatal(err)
	}
	v.looksAt(t, "UANA", "input:town:region")
	v.submits(t, actions, "UANA", map[string]string{"title": "Checkout is slow", "input:town:region": "us"})
	room := roomOf(t, s, "INC-1")
	severe, done := v.cardButton(t, "", room, "SEV1"), v.cardButton(t, "", room, "Done, with a note…")
	var people sync.WaitGroup
	for n := range 20 {
		user := v.slack.AddUser(fakeslack.User{Name: fmt.Sprintf("person%d", n)}).ID
		if n == 1 {
			user = "UBEN" // alone may say that the task is done
		}
		people.Go(func() {
			press := severe
			if n%2 == 1 {
				press = done
			}
			press.User = user
			if reply, err := v.slack.Click(t.Context(), actions, press); err != nil || reply.Status != http.StatusOK {
				t.Errorf("person %d is answered %d, %v", n, reply.Status, err)
			}
			if n%2 == 0 {
				return
			}
			word := map[bool]string{true: "worth knowing", false: "note"}[n%4 == 1]
			if n%4 == 3 { // a note on the timeline, by word
				v.slack.CloseView(user)
				if _, err := v.slack.Command(t.Context(), commands, fakeslack.CommandRequest{User: user, Room: room.ID, Command: "/muster", Text: "note"}); err != nil {
					t.Errorf("person %d: %v", n, err)
				}
				word = `"block_id":"value"`
			}
			view := v.eventually(t, user, word)
			if view.Closed || !strings.Contains(string(view.JSON), `"submit"`) {
				return // somebody was faster: the modal says who
			}
			field := map[bool]string{true: "reason", false: "value"}[n%4 == 1]
			reply, err := v.slack.Submit(t.Context(), actions, fakeslack.SubmitRequest{User: user, Values: map[string]string{field: fmt.Sprintf("said by %d", n)}})
			if err != nil || reply.Status != http.StatusOK {
				t.Errorf("person %d's modal is answered %d %s, %v", n, reply.Status, reply.Body, err)
			}
		})
	}
	people.Wait()
	lines := timelineText(t, s, "INC-1")
	if n := strings.Count(lines, "severity: "); n != 1 {
		t.Errorf("the severity was set %d times:\n%s", n, lines)
	}
	if n := strings.Count(lines, "Done – said by 1\n"); n != 1 || strings.Count(lines, "Done – ") != 1 {
		t.Errorf("the task was done %d times:\n%s", n, lines)
	}
	if n := strings.Count(lines, "note: said by"); n != 5 {
		t.Errorf("%d notes of 5:\n%s", n, lines)
	}
}

// eventually is looksAt for a test with many people: it waits for a modal that is filled, whatever with.
func (v *town) eventually(t *testing.T, user, word string) fakeslack.View {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		view, open := v.slack.ViewOf(user)
		text := string(view.JSON)
		if open && (strings.Contains(text, word) || !strings.Contains(text, "Loading") && strings.Contains(text, "already")) {
			return view
		}
		if ctx.Err() != nil {
			t.Errorf("%s never sees %q: %t %s", user, word, open, text)
			return fakeslack.View{Closed: true}
		}
		pause(ctx, 10*time.Millisecond)
	}
}
