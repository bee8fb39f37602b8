package slack

import (
	"context"
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// openDoor takes everything, and checks that it makes sense.
type openDoor struct {
	refusingDoor
	t *testing.T
}

func (d openDoor) Act(_ context.Context, _ Target, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	if !slices.Contains(contract.Verbs(), verb) || !strings.HasPrefix(act.ID, "slack/view/") || act.By.Door != incident.DoorSlack {
		d.t.Errorf("the act %q %+v got through", verb, act)
	}
	if verb == contract.VerbReject && act.Reason == "" {
		d.t.Error("a rejection without a reason got through")
	}
	return contract.Receipt{Text: "done"}, nil
}

func (d openDoor) Declare(_ context.Context, n Declaration) (Declared, error) {
	if strings.TrimSpace(n.Title) == "" || n.ID == "slack/view/" {
		d.t.Errorf("the declaration %+v got through", n)
	}
	return Declared{Text: "declared"}, nil
}

// FuzzSubmission checks what must hold for anything that comes as a submitted
// modal: nothing breaks, the answer is one that Slack takes, and errors stand at
// fields that were sent.
func FuzzSubmission(f *testing.F) {
	state := func(values string) string { return `{"values":` + values + `}` }
	f.Add("declare", `{"b":"outage"}`, state(`{"title":{"text":{"type":"plain_text_input","value":"It burns"}},"runbook:":{"r":{"type":"static_select","selected_option":{"value":"outage"}}}}`))
	f.Add("declare", `{"b":"outage"}`, state(`{"title":{"text":{"type":"plain_text_input","value":"x"}},"input:outage:pods":{"int":{"type":"number_input","value":"many"}},"input:outage:who":{"user":{"type":"users_select","selected_user":"U1"}}}`))
	f.Add("declare", `{}`, `{"values":{"title":null}}`)
	f.Add("act", `{"v":"reject","n":"1"}`, state(`{"reason":{"text":{"type":"plain_text_input","value":" "}}}`))
	f.Add("act", `{"v":"answer","n":"1","c":"filled"}`, state(`{"field:a":{"map":{"type":"plain_text_input","value":"{"}},"field:b":{"list<int>":{"type":"plain_text_input","value":"1,x"}}}`))
	f.Add("act", `{"v":"assign","n":"1"}`, state(`{"role":{"value":{"selected_option":{"value":"c"}}}}`))
	f.Add("act", `[]`, `null`)
	f.Add("other", `{}`, `{}`)
	f.Fuzz(func(t *testing.T, callback, metadata, state string) {
		payload, err := json.Marshal(map[string]any{
			"type": "view_submission", "user": map[string]string{"id": "U1", "name": "ana"},
			"view": map[string]any{"id": "V1", "hash": "1", "callback_id": callback, "private_metadata": metadata, "state": rawOr(state)},
		})
		if err != nil {
			return
		}
		desk := NewDesk(New(Options{Token: "xoxb-none", APIURL: "http://127.0.0.1:1", People: nobody{}}), openDoor{t: t})
		a, err := desk.interact(t.Context(), payload)
		if err != nil {
			if err.Error() == "" || len(a.body) > 0 {
				t.Errorf("an error that says %q, and the answer %s", err, a.body)
			}
			return
		}
		checkSubmissionAnswer(t, a.body, state)
	})
}

// rawOr is JSON as it is, and anything else as a text.
func rawOr(text string) any {
	if json.Valid([]byte(text)) {
		return json.RawMessage(text)
	}
	return text
}

func checkSubmissionAnswer(t *testing.T, body []byte, state string) {
	t.Helper()
	if len(body) == 0 {
		return
	}
	var said struct {
		Action string            `json:"response_action"`
		Errors map[string]string `json:"errors"`
	}
	if err := json.Unmarshal(body, &said); err != nil || len(body) >= maxAnswer {
		t.Fatalf("%d bytes that Slack does not take: %v", len(body), err)
	}
	if said.Action != "errors" {
		return
	}
	given, err := readEntered(json.RawMessage(state))
	if err != nil {
		t.Fatal(err)
	}
	if len(said.Errors) == 0 {
		t.Error("errors that name no field")
	}
	for block, text := range said.Errors {
		if _, there := given[block]; !there || text == "" {
			t.Errorf("the error %q stands at %q, which was not sent", text, block)
		}
	}
}

// FuzzFields checks that any field of a runbook becomes a block that Slack takes.
func FuzzFields(f *testing.F) {
	f.Add("region", "string", "Where?", "eu,us", "eu")
	f.Add("pods", "int", "", "", "3")
	f.Add("labels", "map", strings.Repeat("x", 5000), "", `{"a":1}`)
	f.Add("hosts", "list<string>", "<!channel>", "a,a", strings.Repeat("é", 4000))
	f.Add("drain", "bool", "", strings.Repeat("y", 200), "true")
	f.Fuzz(func(t *testing.T, name, kind, about, enum, first string) {
		if name == "" || kind == "" || utf8.RuneCountInString(name) > 100 || utf8.RuneCountInString(kind) > 100 || !utf8.ValidString(name+kind+about+enum+first) {
			return // no runbook has it
		}
		field := incident.FormField{Name: name, Type: kind, Description: about, Default: first}
		if enum != "" {
			field.Enum = strings.Split(enum, ",")
		}
		view, err := asking(frame("A title that is longer than Slack takes", fieldBlock("field:", field, nil)), "x", "Send", map[string]string{})
		if err != nil {
			t.Fatal(err)
		}
		fake := fakeslack.New(fakeslack.Options{})
		server := httptest.NewServer(fake)
		defer server.Close()
		c := New(Options{Token: fakeslack.DefaultToken, APIURL: server.URL + "/api", People: nobody{}})
		user := fake.AddUser(fakeslack.User{Name: "ana"})
		if _, err := c.api.OpenViewContext(t.Context(), fake.Trigger(user.ID), view); err != nil {
			t.Errorf("%+v: %v", field, classify("open", err))
		}
	})
}
