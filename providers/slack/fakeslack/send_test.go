package fakeslack_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// app is a receiver of interactions that verifies as a real one does.
type app struct {
	url string

	mu       sync.Mutex
	payloads []string
	commands []slack.SlashCommand
	forms    []url.Values // of the commands
}

func startApp(t *testing.T) *app {
	t.Helper()
	a := &app{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		verifier, err := slack.NewSecretsVerifier(r.Header, secret)
		if err == nil {
			_, err = verifier.Write(raw)
		}
		if err == nil {
			err = verifier.Ensure()
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(raw)))
		command, err := slack.SlashCommandParse(r)
		if err != nil {
			t.Error(err)
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if payload := r.PostForm.Get("payload"); payload != "" {
			a.payloads = append(a.payloads, payload)
			return
		}
		a.commands, a.forms = append(a.commands, command), append(a.forms, r.PostForm)
		_, _ = io.WriteString(w, `{"response_type":"ephemeral","text":"done"}`)
	}))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// ask posts a message with two buttons.
func (w world) ask(t *testing.T, room string) string {
	t.Helper()
	button := func(value string) slack.BlockElement {
		return slack.NewButtonBlockElement("choose-"+value, value, slack.NewTextBlockObject("plain_text", value, false, false))
	}
	_, ts, err := w.client.PostMessageContext(t.Context(), room, slack.MsgOptionText("which?", false),
		slack.MsgOptionBlocks(slack.NewActionBlock("", button("left"), button("right"))))
	if err != nil {
		t.Fatal(err)
	}
	return ts
}

func TestClickIsSignedAndAnswerable(t *testing.T) {
	t.Parallel()
	w, a := start(t, fakeslack.Options{}), startApp(t)
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	room := w.create(t, "inc-1")
	ts := w.ask(t, room.ID)

	click := fakeslack.ClickRequest{User: ana.ID, Room: room.ID, MessageTS: ts, ActionID: "choose-right"}
	reply, err := w.Click(t.Context(), a.url, click)
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the click gives %+v, %v", reply, err)
	}
	var got slack.InteractionCallback
	if err := json.Unmarshal([]byte(a.payloads[0]), &got); err != nil {
		t.Fatal(err)
	}
	action := got.ActionCallback.BlockActions[0]
	if got.User.ID != ana.ID || got.Channel.ID != room.ID || got.Container.MessageTs != ts || action.Value != "right" || action.BlockID == "" {
		t.Errorf("the payload is %s", a.payloads[0])
	}

	say := func(msg slack.WebhookMessage) error {
		return slack.PostWebhookContext(t.Context(), got.ResponseURL, &msg)
	}
	if err := say(slack.WebhookMessage{Text: "thank you", ResponseType: "ephemeral"}); err != nil {
		t.Fatal(err)
	}
	if err := say(slack.WebhookMessage{Text: "it was right", ReplaceOriginal: true}); err != nil {
		t.Fatal(err)
	}
	if m := w.Messages(room.ID)[0]; m.Text != "it was right" || len(m.Buttons()) != 0 {
		t.Errorf("the message was not replaced: %+v", m)
	}
	if err := say(slack.WebhookMessage{DeleteOriginal: true}); err != nil {
		t.Fatal(err)
	}
	if left := w.Messages(room.ID); len(left) != 0 {
		t.Errorf("the message was not deleted: %+v", left)
	}
	for range 2 {
		if err := say(slack.WebhookMessage{Text: "all may see", ResponseType: "in_channel"}); err != nil {
			t.Fatal(err)
		}
	}
	if err := say(slack.WebhookMessage{Text: "sixth"}); err == nil {
		t.Error("a response URL works more than five times")
	}
	if got := w.Responses(); len(got) != 5 || got[0].Text != "thank you" || got[0].User != ana.ID || !got[4].InChannel {
		t.Errorf("responses are %+v", got)
	}
}

func TestOnlyButtonsThatExistCanBePressed(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	room := w.create(t, "inc-1")
	ts := w.ask(t, room.ID)
	tests := []struct {
		name  string
		click fakeslack.ClickRequest
	}{
		{"no such button", fakeslack.ClickRequest{User: ana.ID, Room: room.ID, MessageTS: ts, ActionID: "other"}},
		{"no such value", fakeslack.ClickRequest{User: ana.ID, Room: room.ID, MessageTS: ts, ActionID: "choose-left", Value: "up"}},
		{"no such message", fakeslack.ClickRequest{User: ana.ID, Room: room.ID, MessageTS: "1.0", ActionID: "choose-left"}},
		{"no such person", fakeslack.ClickRequest{User: "U404", Room: room.ID, MessageTS: ts, ActionID: "choose-left"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if _, err := w.Click(t.Context(), "http://127.0.0.1:1", test.click); err == nil || strings.Contains(err.Error(), "connection") {
				t.Errorf("the click gives %v", err)
			}
		})
	}
}

func TestCommandsAndForgeries(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var answered []string
	w, a := start(t, fakeslack.Options{OnEvent: func(e fakeslack.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind == fakeslack.Answered {
			answered = append(answered, e.UserName+": "+e.Text)
		}
	}}), startApp(t)
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	room := w.create(t, "inc-1")
	command := fakeslack.CommandRequest{User: ana.ID, Room: room.ID, Command: "/muster", Text: "severity SEV1"}

	right, err := w.Command(t.Context(), a.url, command)
	if err != nil || right.Status != http.StatusOK {
		t.Fatalf("the command gives %+v, %v", right, err)
	}
	if got := a.commands[0]; got.Text != "severity SEV1" || got.UserName != "ana" || got.ChannelName != "inc-1" || got.TriggerID == "" {
		t.Errorf("the command is %+v", got)
	}
	mu.Lock()
	if diff := cmp.Diff([]string{"ana: done"}, answered); diff != "" {
		t.Errorf("answers (-want +got):\n%s", diff)
	}
	mu.Unlock()

	forgeries := map[string]fakeslack.Signing{
		"wrong secret": {Secret: "guessed"}, "too old": {Age: 6 * time.Minute}, "from the future": {Age: -6 * time.Minute}, "unsigned": {None: true},
	}
	for name, signing := range forgeries {
		command.Signing = signing
		reply, err := w.Command(t.Context(), a.url, command)
		if err != nil || reply.Status != http.StatusUnauthorized {
			t.Errorf("%s: %d, %v", name, reply.Status, err)
		}
	}
	again, err := w.Resend(t.Context(), right.Sent)
	if err != nil || again.Status != http.StatusOK {
		t.Fatalf("the replay gives %+v, %v", again, err)
	}
	if diff := cmp.Diff(a.commands[0], a.commands[1]); diff != "" {
		t.Errorf("the replay differs:\n%s", diff)
	}
}

func TestModals(t *testing.T) {
	t.Parallel()
	now := time.Now()
	w := start(t, fakeslack.Options{Now: func() time.Time { return now }})
	a := startApp(t)
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	room := w.create(t, "inc-1")
	trigger := func() string {
		if _, err := w.Command(t.Context(), a.url, fakeslack.CommandRequest{User: ana.ID, Room: room.ID, Command: "/muster"}); err != nil {
			t.Fatal(err)
		}
		return a.commands[len(a.commands)-1].TriggerID
	}
	modal := slack.ModalViewRequest{Type: slack.VTModal, Title: slack.NewTextBlockObject("plain_text", "Loading", false, false)}
	modal.Blocks.BlockSet = []slack.Block{slack.NewDividerBlock()}
	first := trigger()
	opened, err := w.client.OpenViewContext(t.Context(), first, modal)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.OpenViewContext(t.Context(), first, modal); code(err) != "exchanged_trigger_id" {
		t.Errorf("the second use gives %v", err)
	}
	second := trigger()
	now = now.Add(4 * time.Second)
	if _, err := w.client.OpenViewContext(t.Context(), second, modal); code(err) != "expired_trigger_id" {
		t.Errorf("a late use gives %v", err)
	}
	modal.Title.Text = "Ready"
	if _, err := w.client.UpdateViewContext(t.Context(), modal, "", opened.Hash, opened.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.UpdateViewContext(t.Context(), modal, "", opened.Hash, opened.ID); code(err) != "hash_conflict" {
		t.Errorf("an update of an older view gives %v", err)
	}
	if views := w.Views(); len(views) != 1 || !strings.Contains(string(views[0].JSON), "Ready") || views[0].User != ana.ID {
		t.Errorf("views are %+v", views)
	}
}

// TestPayloadsHaveTheRecordedShape compares the keys of what we send with
// recorded payloads of the real Slack: we may send fewer, never others.
func TestPayloadsHaveTheRecordedShape(t *testing.T) {
	t.Parallel()
	w, a := start(t, fakeslack.Options{}), startApp(t)
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	room := w.create(t, "inc-1")
	if _, err := w.Click(t.Context(), a.url, fakeslack.ClickRequest{User: ana.ID, Room: room.ID, MessageTS: w.ask(t, room.ID), ActionID: "choose-left"}); err != nil {
		t.Fatal(err)
	}
	compare(t, "", read(t, []byte(a.payloads[0])), recorded(t, "block-actions.shape.json"))

	const modal = `{"type":"modal","callback_id":"c","title":{"type":"plain_text","text":"x"},"submit":{"type":"plain_text","text":"Send"},"blocks":[
		{"type":"input","block_id":"a","label":{"type":"plain_text","text":"A"},"element":{"type":"plain_text_input","action_id":"text"}}]}`
	if out := w.call(t, "views.open", url.Values{"trigger_id": {w.Trigger(ana.ID)}, "view": {modal}}); out["ok"] != true {
		t.Fatal(out)
	}
	if _, err := w.Submit(t.Context(), a.url, fakeslack.SubmitRequest{User: ana.ID, Values: map[string]string{"a": "why"}}); err != nil {
		t.Fatal(err)
	}
	shape := recorded(t, "view-submission.shape.json")
	// Slack documents both, and the record has neither (https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload).
	shape["response_urls"], shape["view"].(map[string]any)["blocks"] = []any{}, []any{}
	compare(t, "", read(t, []byte(a.payloads[1])), shape)

	if _, err := w.Command(t.Context(), a.url, fakeslack.CommandRequest{User: ana.ID, Room: room.ID, Command: "/muster", Text: "help"}); err != nil {
		t.Fatal(err)
	}
	form := map[string]any{}
	for key := range a.forms[0] {
		form[key] = a.forms[0].Get(key)
	}
	shape = recorded(t, "slash-command.shape.json")
	shape["is_enterprise_install"] = "" // a form has only texts
	compare(t, "", form, shape)
}

// recorded reads a recorded payload.
func recorded(t *testing.T, name string) map[string]any {
	t.Helper()
	folder := os.Getenv("MUSTERBOOK_FIXTURES")
	if folder == "" {
		t.Skip("recorded payloads are not here; set MUSTERBOOK_FIXTURES to their folder")
	}
	raw, err := os.ReadFile(filepath.Join(folder, "alerts", "slack", name))
	if err != nil {
		t.Fatal(err)
	}
	return read(t, raw)
}

func read(t *testing.T, raw []byte) (payload map[string]any) {
	t.Helper()
	if err := json.Unmarshal(raw, &payload); err != nil {
		t.Fatal(err)
	}
	return payload
}

func compare(t *testing.T, place string, sent, recorded any) {
	t.Helper()
	switch s := sent.(type) {
	case map[string]any:
		r, ok := recorded.(map[string]any)
		if !ok {
			t.Errorf("%s is an object, recorded %T", place, recorded)
			return
		}
		for key, value := range s {
			if _, known := r[key]; !known && len(r) > 0 {
				t.Errorf("%s.%s is not in the recorded payload", place, key)
				continue
			}
			if len(r) > 0 {
				compare(t, place+"."+key, value, r[key])
			}
		}
	case []any:
		r, ok := recorded.([]any)
		if !ok {
			t.Errorf("%s is a list, recorded %T", place, recorded)
			return
		}
		for _, value := range s {
			if len(r) > 0 {
				compare(t, place+"[]", value, r[0])
			}
		}
	case string:
		if _, ok := recorded.(string); !ok {
			t.Errorf("%s is a text, recorded %T", place, recorded)
		}
	}
}
