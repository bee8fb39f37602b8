package slack_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// burning is an incident in which every kind of question is open.
func burning() contract.Snapshot {
	ask := func(key string, kind incident.QuestionKind) *incident.Question {
		return &incident.Question{Key: key + "/1", Step: key, Kind: kind, Text: "Question " + key + " <!here>?"}
	}
	form := ask("reach", incident.QuestionForm)
	form.Form = []incident.FormField{
		{Name: "scope", Type: "string", Enum: []string{"none", "all"}, Required: true},
		{Name: "cases", Type: "int", Default: 2.0},
		{Name: "seen_by", Type: "user"},
		{Name: "labels", Type: "map"},
	}
	hold := ask("rollback", incident.QuestionHold)
	hold.Choices = []incident.Choice{{Key: "retry", Label: "Retry"}, {Key: "skip", Label: "Skip"}, {Key: "stop", Label: "Stop"}}
	text := ask("update", incident.QuestionApprove)
	text.Form = []incident.FormField{{Name: "message", Type: "string", Default: "We are looking into it."}}
	over := ask("over", incident.QuestionApprove)
	over.State, over.Choice, over.By = incident.QuestionAnswered, "yes", incident.Actor{Person: "ben", Name: "Ben Okoye"}
	signal := ask("deploy", incident.QuestionSignal)
	signal.Signal, signal.Form = "deployed", []incident.FormField{{Name: "version", Type: "string", Required: true}}
	return contract.Snapshot{
		Incident: incident.Incident{
			Key: "INC-1", Title: "Checkout fails", Severity: "SEV1", Severities: []incident.Severity{"SEV1", "SEV2"}, Runbook: "outage",
			Holders:   map[incident.Role]incident.Holder{"comms": {Person: "ben", Name: "Ben Okoye"}},
			Questions: []*incident.Question{ask("failover", incident.QuestionApprove), ask("drain", incident.QuestionTask), form, hold, text, over, signal},
		},
		Undo: []contract.UndoRecord{{Address: "scale"}, {Address: "drained", Reverted: true}},
	}
}

// errands are all modals of acts, by button.
func errands(benID string) []struct {
	name   string
	button contract.Button
	sees   string
	enter  map[string]string
	want   acted
} {
	return []struct {
		name   string
		button contract.Button
		sees   string // something in the modal
		enter  map[string]string
		want   acted
	}{
		{
			"reject",
			contract.Button{Verb: contract.VerbReject, Value: "no", Question: "failover/1"},
			"Question failover",
			map[string]string{"reason": "too risky"},
			acted{Verb: contract.VerbReject, Act: contract.Act{Question: "failover/1", Value: "no", Reason: "too risky"}},
		},
		{
			"done with a note",
			contract.Button{Verb: contract.VerbDone, Value: "done", Question: "drain/1", Form: true},
			"worth knowing",
			map[string]string{"reason": "pods 3 and 4"},
			acted{Verb: contract.VerbDone, Act: contract.Act{Question: "drain/1", Value: "done", Reason: "pods 3 and 4"}},
		},
		{
			"severity",
			contract.Button{Verb: contract.VerbSeverity, Form: true},
			"What are customers seeing?",
			map[string]string{"value": "SEV2", "reason": "one region"},
			acted{Verb: contract.VerbSeverity, Act: contract.Act{Value: "SEV2", Reason: "one region"}},
		},
		{
			"resolve",
			contract.Button{Verb: contract.VerbResolve},
			"scale",
			map[string]string{"undo": "leave", "reason": "it works"},
			acted{Verb: contract.VerbResolve, Act: contract.Act{Undo: "leave", Reason: "it works"}},
		},
		{
			"a form",
			contract.Button{Verb: contract.VerbAnswer, Value: "filled", Question: "reach/1"},
			"Question reach",
			map[string]string{"field:scope": "all", "field:cases": "7", "field:seen_by": benID, "field:labels": `{"a": "b"}`},
			acted{Verb: contract.VerbAnswer, Act: contract.Act{Question: "reach/1", Value: "filled", Fields: map[string]any{
				"scope": "all", "cases": 7.0, "seen_by": "ben", "labels": map[string]any{"a": "b"},
			}}},
		},
		{
			"skip",
			contract.Button{Verb: contract.VerbAnswer, Value: "skip", Question: "rollback/1", Form: true},
			"Question rollback",
			map[string]string{"reason": "not needed"},
			acted{Verb: contract.VerbAnswer, Act: contract.Act{Question: "rollback/1", Value: "skip", Reason: "not needed"}},
		},
		{
			"another text",
			contract.Button{Verb: contract.VerbApprove, Value: "yes", Question: "update/1", Form: true},
			"We are looking into it.",
			map[string]string{"field:message": "We know what it is."},
			acted{Verb: contract.VerbApprove, Act: contract.Act{Question: "update/1", Value: "yes", Fields: map[string]any{"message": "We know what it is."}}},
		},
		{
			"a signal",
			contract.Button{Verb: contract.VerbSend, Value: "deployed", Question: "deploy/1", Form: true},
			"field:version",
			map[string]string{"field:version": "1.2"},
			acted{Verb: contract.VerbSend, Act: contract.Act{Question: "deploy/1", Value: "deployed", Fields: map[string]any{"version": "1.2"}}},
		},
		{
			"page",
			contract.Button{Verb: contract.VerbPage, Form: true},
			"sre",
			map[string]string{"value": "sre", "reason": "come quickly"},
			acted{Verb: contract.VerbPage, Act: contract.Act{Value: "sre", Reason: "come quickly"}},
		},
		{
			"hand over",
			contract.Button{Verb: contract.VerbAssign, Form: true},
			"comms, now Ben Okoye",
			map[string]string{"role": "commander", "person": "ben"},
			acted{Verb: contract.VerbAssign, Act: contract.Act{Role: "commander", Person: "ben"}},
		},
		{
			"take a role",
			contract.Button{Verb: contract.VerbAssign, Form: true},
			"Yourself",
			map[string]string{"role": "comms"},
			acted{Verb: contract.VerbAssign, Act: contract.Act{Role: "comms", Person: "ana", PersonName: "Ana Ruiz"}},
		},
	}
}

func TestModalsOfActs(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.offer, h.door.shown = offers, burning()
		for _, test := range errands(h.ben.ID) {
			t.Run(test.name, func(t *testing.T) {
				before, told := len(h.door.all()), len(h.Responses())
				test.button.Label, test.button.Incident, test.button.Key = "Press", "incident/1", "INC-1"
				click := h.press(t, test.button)
				h.seen(t, h.ana.ID, test.sees)
				if got := len(h.door.all()); got != before {
					t.Fatal("the click alone did something")
				}
				h.submit(t, test.enter)
				got := h.door.all()[before]
				test.want.To = slack.Target{WorkflowID: "incident/1", Key: "INC-1", Room: click.Room, RoomName: "inc-1"}
				test.want.Act.ID, test.want.Act.Key, test.want.Act.By = got.Act.ID, "INC-1", anaActor
				if diff := cmp.Diff(test.want, got); diff != "" || !strings.HasPrefix(got.Act.ID, "slack/view/") {
					t.Errorf("act (-want +got):\n%s", diff)
				}
				if _, open := h.ViewOf(h.ana.ID); open {
					t.Error("the modal stays open")
				}
				if said := h.responses(t, told+1)[told]; said.Text != "done &amp; noted" || said.User != h.ana.ID {
					t.Errorf("Ana is told %+v", said)
				}
			})
		}
	})
}

// press posts a message with a button and presses the first one on it.
func (h house) press(t *testing.T, b contract.Button) fakeslack.ClickRequest {
	t.Helper()
	room, ok := h.RoomByName("inc-1")
	if !ok {
		h.room(t)
		room, _ = h.RoomByName("inc-1")
	}
	posted, err := h.Post(t.Context(), contract.PostRequest{
		Effect: effect(t.Name()), Room: room.ID, Message: contract.Message{Text: "What now?", Buttons: []contract.Button{b}},
	})
	if err != nil {
		t.Fatal(err)
	}
	click := fakeslack.ClickRequest{User: h.ana.ID, Room: room.ID, MessageTS: posted.Message, ActionID: "musterbook.0"}
	if reply, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the click gives %+v, %v", reply, err)
	}
	return click
}

// A modal is one act, however often it is sent; a refusal stays in it with what
// was typed, and then it can be sent again.
func TestRefusedModalsCanBeMended(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.offer, h.door.shown = offers, burning()
		tests := []struct {
			button  contract.Button
			refusal error
			enter   map[string]string
			block   string
		}{
			{contract.Button{Verb: contract.VerbSeverity, Form: true}, &incident.Refusal{What: "lowering SEV1 to SEV2 needs a reason"}, map[string]string{"value": "SEV2"}, "reason"},
			{contract.Button{Verb: contract.VerbResolve}, &incident.Refusal{What: "some steps can still be taken back: scale"}, map[string]string{"undo": "leave"}, "undo"},
			{contract.Button{Verb: contract.VerbAnswer, Value: "filled", Question: "reach/1"}, &incident.Refusal{What: "scope cannot be all"}, map[string]string{"field:scope": "all"}, "field:scope"},
			{contract.Button{Verb: contract.VerbAnswer, Value: "filled", Question: "reach/1"}, &incident.Refusal{What: "ana may not answer"}, map[string]string{"field:scope": "all"}, "field:cases"},
			{contract.Button{Verb: contract.VerbPage, Form: true}, errors.New("Temporal is away"), map[string]string{"value": "sre"}, "value"},
		}
		for _, test := range tests {
			before := len(h.door.all())
			test.button.Label, test.button.Incident, test.button.Key = "Press", "incident/1", "INC-1"
			h.door.refusal = test.refusal
			h.press(t, test.button)
			h.seen(t, h.ana.ID, `"submit"`)
			h.submit(t, test.enter)
			v, _ := h.ViewOf(h.ana.ID)
			if len(v.Errors) != 1 || v.Errors[test.block] == "" {
				t.Errorf("%v is shown as %q", test.refusal, v.Errors)
			}
			h.door.refusal = nil
			sent := h.submit(t, nil).Sent
			if _, err := h.Resend(t.Context(), sent); err != nil {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, a := range h.door.all()[before:] {
				ids[a.Act.ID] = true
			}
			if got := h.door.all()[before:]; len(got) != 3 || len(ids) != 1 {
				t.Errorf("the act came as %+v", got)
			}
		}
	})
}

// What a modal must hold is held back by Slack, or by us.
func TestModalsWantTheirReasons(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	h.door.shown = burning()
	for _, b := range []contract.Button{
		{Verb: contract.VerbReject, Question: "failover/1"},
		{Verb: contract.VerbCancel},
		{Verb: contract.VerbAnswer, Question: "rollback/1", Value: "skip", Form: true},
	} {
		b.Label, b.Incident, b.Key = "Press", "incident/1", "INC-1"
		h.press(t, b)
		h.seen(t, h.ana.ID, `"submit"`)
		given := map[string]string{}
		if b.Verb == contract.VerbCancel {
			given["undo"] = "leave"
		}
		_, err := h.Submit(t.Context(), h.url+"/slack/actions", fakeslack.SubmitRequest{User: h.ana.ID, Values: given})
		if !errors.Is(err, fakeslack.ErrNotSent) {
			t.Errorf("%s without a reason: %v", b.Verb, err)
		}
		h.submit(t, map[string]string{"reason": "   "}) // Slack lets blanks through
		if v, _ := h.ViewOf(h.ana.ID); v.Errors["reason"] == "" {
			t.Errorf("%s with a blank reason shows %q", b.Verb, v.Errors)
		}
	}
	if got := h.door.all(); len(got) != 0 {
		t.Errorf("something was done: %+v", got)
	}
}

// Words that lack something open the same modals.
func TestWordsOpenModals(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.offer, h.door.shown = offers, burning()
		room := h.room(t)
		tests := []struct {
			text  string
			enter map[string]string
			want  contract.Act
		}{
			{"severity", map[string]string{"value": "SEV2"}, contract.Act{Value: "SEV2"}},
			{"severity inc-1", map[string]string{"value": "SEV2"}, contract.Act{Value: "SEV2"}},
			{"page", map[string]string{"value": "ben"}, contract.Act{Value: "ben"}},
			{"assign comms", map[string]string{"person": "ben"}, contract.Act{Role: "comms", Person: "ben"}},
			{"note", map[string]string{"value": "cold"}, contract.Act{Value: "cold"}},
			{"cancel INC-1", map[string]string{"reason": "a test"}, contract.Act{Reason: "a test"}},
			{"reject failover", map[string]string{"reason": "no"}, contract.Act{Step: "failover", Question: "failover/1", Reason: "no"}},
			{"answer reach", map[string]string{"field:scope": "none"}, contract.Act{Step: "reach", Question: "reach/1", Fields: map[string]any{"scope": "none", "cases": 2.0}}},
			{"answer rollback", map[string]string{"value": "retry"}, contract.Act{Step: "rollback", Question: "rollback/1", Value: "retry"}},
		}
		for _, test := range tests {
			before := len(h.door.all())
			if said := h.command(t, test.text); said != "" {
				t.Fatalf("%s says %q", test.text, said)
			}
			h.seen(t, h.ana.ID, `"submit"`)
			h.submit(t, test.enter)
			got := h.door.all()[before]
			test.want.ID, test.want.Key, test.want.By = got.Act.ID, "INC-1", anaActor
			if diff := cmp.Diff(test.want, got.Act); diff != "" || got.To.Room != room {
				t.Errorf("%s in %s (-want +got):\n%s", test.text, got.To.Room, diff)
			}
		}
		h.command(t, "reject over")
		h.seen(t, h.ana.ID, "over is answered already")
		h.command(t, "answer nowhere")
		h.seen(t, h.ana.ID, "nothing waits for an answer there")
	})
}

// Every control of a question that is over answers with who decided what, and the
// message loses its buttons.
func TestStaleControls(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, func(t *testing.T, h house) {
		h.door.shown = burning()
		over := h.door.shown.Incident.Question("over/1")
		h.door.refusal = over.Over()
		for _, verb := range []contract.Verb{contract.VerbApprove, contract.VerbAnswer, contract.VerbDone, contract.VerbSeverity, contract.VerbReject} {
			told := len(h.Responses())
			click := h.press(t, contract.Button{Label: "Press", Verb: verb, Value: "yes", Question: "over/1", Incident: "incident/1", Key: "INC-1"})
			if verb == contract.VerbReject { // opens a modal, which says so
				h.seen(t, h.ana.ID, "over is answered already: yes by Ben Okoye")
			} else if said := h.responses(t, told+1)[told]; !strings.Contains(said.Text, "over is answered already: yes by Ben Okoye") {
				t.Errorf("%s: Ana is told %q", verb, said.Text)
			}
			until(t, "the buttons are gone", func() bool {
				for _, m := range h.Messages(click.Room) {
					if m.TS == click.MessageTS {
						return len(m.Buttons()) == 0 && strings.Contains(m.Text, "What now?") && strings.Contains(string(m.Blocks), "by Ben Okoye")
					}
				}
				return false
			})
		}
	})
}
