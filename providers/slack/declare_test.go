package slack_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// offers is a small configuration: two services with a runbook each.
func offers(of slack.Draft) (slack.Offer, error) {
	o := slack.Offer{
		Services: []string{"checkout", "search"}, Runbooks: []string{"outage", "slow", "breach"}, Runbook: of.Runbook,
		Severities: []incident.Severity{"SEV1", "SEV2"}, Roles: []string{"commander", "comms"}, Targets: []string{"ana", "ben", "sre"},
		People: []oncall.Person{{ID: "ana", Name: "Ana Ruiz"}, {ID: "ben", Name: "Ben Okoye"}},
	}
	if o.Runbook == "" {
		o.Runbook = map[string]string{"": "outage", "checkout": "outage", "search": "slow"}[of.Service]
	}
	switch o.Runbook {
	case "outage":
		o.Inputs = []incident.FormField{
			{Name: "region", Type: "string", Enum: []string{"eu", "us"}, Required: true, Description: "Where?"},
			{Name: "pods", Type: "int", Default: 3.0},
			{Name: "owner", Type: "user"},
			{Name: "hosts", Type: "list<string>"},
			{Name: "drain", Type: "bool"},
			{Name: "budget", Type: "duration"},
		}
	case "slow":
		o.Inputs = []incident.FormField{{Name: "pods", Type: "string"}, {Name: "query", Type: "string", Required: true}}
	case "breach":
		o.Private = true
	default:
		return slack.Offer{}, &incident.Refusal{What: "unknown service " + of.Service}
	}
	return o, nil
}

// seen waits until the modal that somebody looks at holds a word.
func (h house) seen(t *testing.T, user, word string) fakeslack.View {
	t.Helper()
	for range 500 {
		if v, ok := h.ViewOf(user); ok && strings.Contains(string(v.JSON), word) {
			return v
		}
		time.Sleep(5 * time.Millisecond)
	}
	v, ok := h.ViewOf(user)
	t.Fatalf("%s never sees %q; open: %t, now %s", user, word, ok, v.JSON)
	return v
}

// submit sends the modal that Ana looks at.
func (h house) submit(t *testing.T, values map[string]string) fakeslack.Reply {
	t.Helper()
	reply, err := h.Submit(t.Context(), h.url+"/slack/actions", fakeslack.SubmitRequest{User: h.ana.ID, Values: values})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the submission gives %d %s, %v", reply.Status, reply.Body, err)
	}
	return reply
}

func (h house) choose(t *testing.T, block, value string) {
	t.Helper()
	_, err := h.Choose(t.Context(), h.url+"/slack/actions", fakeslack.ChooseRequest{User: h.ana.ID, BlockID: block, Value: value})
	if err != nil {
		t.Fatal(err)
	}
}

func TestDeclareModal(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, declareModal)
}

// declareModal is the whole of it: no text, a modal, another service and back,
// faults at the fields, the declaration, the link.
func declareModal(t *testing.T, h house) {
	h.door.offer = offers
	room := h.room(t)
	h.door.shown.Incident.Room = incident.Room{ID: room, URL: "https://example.slack.com/archives/" + room}
	h.door.answer.Text = "INC-7 is declared"
	if said := h.command(t, ""); said != "" {
		t.Errorf("the command says %q", said)
	}
	h.seen(t, h.ana.ID, "input:outage:region")
	if err := h.Enter(h.ana.ID, map[string]string{"title": "Checkout <!channel> fails", "input:outage:pods": "5"}); err != nil {
		t.Fatal(err)
	}
	h.choose(t, "service", "search")
	h.seen(t, h.ana.ID, "input:slow:query")
	if v := h.seen(t, h.ana.ID, `"initial_value":"5"`); strings.Contains(string(v.JSON), "region") {
		t.Errorf("the other runbook's fields are still there: %s", v.JSON)
	}
	h.choose(t, "service", "checkout")
	h.seen(t, h.ana.ID, "input:outage:region")
	if _, err := h.Submit(t.Context(), h.url+"/slack/actions", fakeslack.SubmitRequest{User: h.ana.ID}); !errors.Is(err, fakeslack.ErrNotSent) {
		t.Errorf("without a region: %v", err)
	}
	filled := map[string]string{
		"input:outage:region": "eu", "severity": "SEV2", "private": "yes", "summary": "It began at nine.",
		"input:outage:owner": h.ben.ID, "input:outage:hosts": "a, b", "input:outage:drain": "true", "input:outage:budget": "soon",
	}
	h.submit(t, filled)
	if v := h.seen(t, h.ana.ID, "region"); !strings.Contains(v.Errors["input:outage:budget"], "a duration such as 30m") {
		t.Errorf("the faults shown are %q", v.Errors)
	}
	if got := h.door.all(); len(got) != 0 {
		t.Fatalf("a faulty sheet was declared: %+v", got)
	}
	filled["input:outage:budget"] = "4h"
	h.submit(t, filled)
	want := slack.Declaration{
		Title: "Checkout <!channel> fails", Summary: "It began at nine.", Service: "checkout", Runbook: "outage", Severity: "SEV2", Private: true,
		Room: room, By: anaActor,
		Inputs: map[string]any{"region": "eu", "pods": 5.0, "owner": "ben", "hosts": []any{"a", "b"}, "drain": true, "budget": "4h"},
	}
	got := h.door.all()[0].Declared
	want.ID = got.ID
	if diff := cmp.Diff(&want, got); diff != "" || !strings.HasPrefix(got.ID, "slack/view/") {
		t.Errorf("declared as %s (-want +got):\n%s", got.ID, diff)
	}
	h.seen(t, h.ana.ID, "archives/"+room)
	until(t, "a message with the link", func() bool {
		for _, r := range h.Rooms() {
			for _, m := range h.Messages(r.ID) {
				if r.Direct && strings.Contains(m.Text, "INC-7 is declared. Its room: https://example.slack.com/archives/"+room) {
					return true
				}
			}
		}
		return false
	})
	if r, _ := h.RoomByID(room); !strings.Contains(strings.Join(r.Members, " "), h.ana.ID) {
		t.Error("whoever declared it is not in its room")
	}
}

func TestDeclareModalIsOneDeclaration(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.offer = offers
		h.door.shown.Incident.Room = incident.Room{ID: h.room(t)}
		h.command(t, "declare service=search severity=sev1")
		h.seen(t, h.ana.ID, "input:slow:query")
		sent := h.submit(t, map[string]string{"title": "Search is slow", "input:slow:query": "q"}).Sent
		for range 2 {
			if _, err := h.Resend(t.Context(), sent); err != nil {
				t.Fatal(err)
			}
		}
		got := h.door.all()
		if len(got) != 3 || got[0].Declared.ID != got[2].Declared.ID || got[0].Declared.Severity != "SEV1" || got[0].Declared.Service != "search" {
			t.Errorf("declared as %+v", got)
		}
	})
}

// A refusal stays in the modal, at the field that it speaks of.
func TestDeclareModalShowsRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		refusal error
		block   string
	}{
		{"an input", &incident.Refusal{What: `input pods: "x" does not match [a-z]+`}, "input:slow:pods"},
		{"a missing input", &incident.Refusal{What: "runbook slow needs more inputs: query (string)"}, "input:slow:query"},
		{"a severity", &incident.Refusal{What: `unknown severity "SEV9"`, Hint: "one of: SEV1"}, "severity"},
		{"a service", &incident.Refusal{What: `unknown service "search"`}, "service"},
		{"a runbook", &incident.Refusal{What: `runbook "slow" cannot be used`}, "runbook:search"},
		{"anything", &incident.Refusal{What: "you may not declare"}, "title"},
		{"trouble", errors.New("Temporal is away"), "title"},
	}
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.offer = offers
		h.room(t)
		h.command(t, "declare service=search")
		h.seen(t, h.ana.ID, "input:slow:query")
		for _, test := range tests {
			h.door.refusal = test.refusal
			h.submit(t, map[string]string{"title": "Search is slow", "input:slow:query": "q", "input:slow:pods": "x"})
			v := h.seen(t, h.ana.ID, "query")
			if len(v.Errors) != 1 || v.Errors[test.block] == "" {
				t.Errorf("%s: the faults shown are %q", test.name, v.Errors)
			}
		}
	})
}

func TestDeclareFromAMessage(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.offer = offers
		room := h.room(t)
		h.door.shown.Incident.Room = incident.Room{ID: room}
		m, err := h.Say(room, h.ben.ID, "Checkout &lt;fails&gt; for <@"+h.ana.ID+">, see <https://x.example/d|the dashboard>\nsince nine", "")
		if err != nil {
			t.Fatal(err)
		}
		_, err = h.Shortcut(t.Context(), h.url+"/slack/actions", fakeslack.ShortcutRequest{
			User: h.ana.ID, CallbackID: slack.ShortcutFromMessage, Room: room, MessageTS: m.TS,
		})
		if err != nil {
			t.Fatal(err)
		}
		h.seen(t, h.ana.ID, "input:outage:region")
		h.submit(t, map[string]string{"input:outage:region": "us"})
		got := h.door.all()[0].Declared
		if !strings.HasPrefix(got.Title, "Checkout <fails> for @") || strings.Contains(got.Title, "since") ||
			!strings.Contains(got.Summary, "the dashboard (https://x.example/d)\nsince nine\n") || !strings.Contains(got.Summary, "/archives/"+room+"/p") {
			t.Errorf("declared as %+v", got)
		}
		_, err = h.Shortcut(t.Context(), h.url+"/slack/actions", fakeslack.ShortcutRequest{User: h.ana.ID, CallbackID: slack.ShortcutDeclare})
		if err != nil {
			t.Fatal(err)
		}
		if v := h.seen(t, h.ana.ID, "input:outage:region"); strings.Contains(string(v.JSON), "dashboard") {
			t.Errorf("a blank sheet is not blank: %s", v.JSON)
		}
	})
}

// Slack's faults leave nobody without a word, and open nothing twice.
func TestDeclareModalSurvivesSlack(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault fakeslack.Fault
		fills bool   // the modal is there in the end
		says  string // the command's answer
	}{
		{"the answer to the opening gets lost", fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Method: "views.open", Times: 1}, true, ""},
		{"the answer to the filling gets lost", fakeslack.Fault{Kind: fakeslack.WorkThenDrop, Method: "views.update", Times: 1}, true, ""},
		{"the filling fails at first", fakeslack.Fault{Kind: fakeslack.ServerError, Method: "views.update", Times: 2}, true, ""},
		{"the filling has to wait", fakeslack.Fault{Kind: fakeslack.RateLimited, Method: "views.update", Times: 1, RetryAfter: time.Second}, true, ""},
		{"it was too late", fakeslack.Fault{Kind: fakeslack.Refuse, Method: "views.open", Error: "expired_trigger_id"}, false, "Write it so: /muster declare"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := startHouse(t)
			h.door.offer = offers
			h.room(t)
			h.Break(test.fault)
			if said := h.command(t, "declare"); !strings.Contains(said, test.says) {
				t.Errorf("the command says %q", said)
			}
			if test.fills {
				h.seen(t, h.ana.ID, "input:outage:region")
			}
			if views := h.Views(); len(views) > 1 {
				t.Errorf("%d modals", len(views))
			}
		})
	}
}

// A modal that cannot be filled says why.
func TestDeclareModalSaysWhyItIsEmpty(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	h.room(t)
	h.command(t, "")
	h.seen(t, h.ana.ID, "nothing can be declared")
}
