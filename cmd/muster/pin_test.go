//go:build !noengine

package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
	"github.com/musterbook/musterbook/record"
)

// notedOn are the notes on the timeline of an incident, by their numbers.
func notedOn(t *testing.T, s *stack, key incident.Key) (seqs []int, said []string) {
	t.Helper()
	part, err := s.Incidents.Timeline(t.Context(), key, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range part.Entries {
		if e.Kind == incident.EntryNote {
			seqs, said = append(seqs, e.Seq), append(said, e.By.String()+": "+strings.Split(e.Sentence(), "» – ")[0])
		}
	}
	return seqs, said
}

// TestPinnedInTheRoom is the whole way on a real engine: a message is pinned by two, one event comes again because its
// acknowledgement was lost, a shortcut says where it stands, and when both pins are gone the words are gone from the record.
func TestPinnedInTheRoom(t *testing.T) {
	t.Parallel()
	v := plugged(t)
	s := v.serve(t)
	if _, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"}); err != nil {
		t.Fatal(err)
	}
	room := roomOf(t, s, "INC-1").ID
	parent, err := v.slack.Say(room, v.benUserID, "what do we know?", "")
	if err != nil {
		t.Fatal(err)
	}
	said, err := v.slack.Say(room, v.benUserID, "the password is hunter2, <@UANA>", parent.TS)
	if err != nil {
		t.Fatal(err)
	}
	react := func(do func(fakeslack.ReactRequest) (fakeslack.Reply, error), user string) {
		t.Helper()
		reply, err := do(fakeslack.ReactRequest{User: user, Room: room, MessageTS: said.TS, Emoji: "pushpin"})
		if err != nil || reply.Status != http.StatusOK {
			t.Fatalf("Slack hears %d, %v", reply.Status, err)
		}
	}
	add := func(r fakeslack.ReactRequest) (fakeslack.Reply, error) {
		return v.slack.React(t.Context(), fakeslack.OverSocket, r)
	}
	remove := func(r fakeslack.ReactRequest) (fakeslack.Reply, error) {
		return v.slack.Unreact(t.Context(), fakeslack.OverSocket, r)
	}
	v.slack.Break(fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Method: fakeslack.Socket, Times: 1})
	react(add, "UANA")
	react(add, v.benUserID)
	seqs, got := notedOn(t, s, "INC-1")
	if diff := cmp.Diff([]string{"Ana: «the password is hunter2, @Ana"}, got); diff != "" {
		t.Fatalf("the notes are (-want +got):\n%s", diff)
	}

	before := len(v.slack.Responses())
	choice := fakeslack.ShortcutRequest{User: "UANA", CallbackID: slack.ShortcutTimeline, Room: room, MessageTS: said.TS}
	if reply, err := v.slack.Shortcut(t.Context(), fakeslack.OverSocket, choice); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the shortcut gives %d, %v", reply.Status, err)
	}
	want := fmt.Sprintf("it is on the timeline already, as line %d; /muster withdraw INC-1 %d takes it away", seqs[0], seqs[0])
	for end := time.Now().Add(10 * time.Second); ; pause(t.Context(), 20*time.Millisecond) {
		if told := v.slack.Responses(); len(told) > before && told[len(told)-1].Text == want {
			break
		} else if time.Now().After(end) {
			t.Fatalf("Ana is told %+v, want %q", told, want)
		}
	}

	react(remove, "UANA")
	if _, got := notedOn(t, s, "INC-1"); len(got) != 1 {
		t.Errorf("with one 📌 left the notes are %q", got)
	}
	react(remove, v.benUserID)
	_, got = notedOn(t, s, "INC-1")
	lines := []string{
		"Ana: a message of Ben that Ana had pinned was withdrawn by Ben",
		fmt.Sprintf("Ben: Ben withdraws line %d, a message of Ben that Ana had pinned", seqs[0]),
	}
	if diff := cmp.Diff(lines, got); diff != "" {
		t.Errorf("the notes are (-want +got):\n%s", diff)
	}
	part, err := s.Incidents.Timeline(t.Context(), "INC-1", 0)
	if err != nil {
		t.Fatal(err)
	}
	shown, err := s.Incidents.Show(t.Context(), "INC-1")
	if err != nil {
		t.Fatal(err)
	}
	shown.Incident.Timeline = part.Entries
	if text := string(record.Markdown(shown.Incident)); strings.Contains(text, "hunter2") {
		t.Errorf("the record still has the words:\n%s", text)
	}
}
