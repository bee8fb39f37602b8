package slack_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// acted is one thing that came through the door.
type acted struct {
	To       slack.Target
	Verb     contract.Verb
	Act      contract.Act
	Declared *slack.Declaration
	Told     *slack.Topic
}

// door records what comes through it, and answers.
type door struct {
	mu      sync.Mutex
	acts    []acted
	answer  contract.Receipt
	refusal error

	offer  func(slack.Draft) (slack.Offer, error)
	shown  contract.Snapshot
	unseen error         // of what is shown
	card   contract.Card // where the incident stands
	room   string        // of the incident; "" = none
	away   error         // nobody answers about rooms
	asked  []slack.Target

	home      func(incident.Actor, time.Time) (slack.Home, error) // what concerns somebody; nil = nothing
	meanwhile func(acted)                                         // told of each act while it is carried out; nil = nobody
	again     bool                                                // what is declared was declared before
}

func (d *door) Standing(_ context.Context, to slack.Target) (contract.Card, bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, to)
	return d.card, to.Room == d.room, d.away
}

func (d *door) take(a acted) (contract.Receipt, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acts = append(d.acts, a)
	if d.meanwhile != nil {
		d.meanwhile(a)
	}
	return d.answer, d.refusal
}

func (d *door) Act(_ context.Context, to slack.Target, verb contract.Verb, act contract.Act) (contract.Receipt, error) {
	return d.take(acted{To: to, Verb: verb, Act: act})
}

func (d *door) Declare(_ context.Context, n slack.Declaration) (slack.Declared, error) {
	receipt, err := d.take(acted{Declared: &n})
	return slack.Declared{Text: receipt.Text, Key: "INC-7", WorkflowID: "incident/7", Again: d.again}, err
}

func (d *door) Offer(_ context.Context, of slack.Draft) (slack.Offer, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.offer == nil {
		return slack.Offer{}, &incident.Refusal{What: "nothing can be declared"}
	}
	return d.offer(of)
}

func (d *door) Show(_ context.Context, to slack.Target) (contract.Snapshot, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.shown, d.unseen
}

// shows changes what the door shows.
func (d *door) shows(s contract.Snapshot) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.shown = s
}

func (d *door) Tell(_ context.Context, to slack.Target, about slack.Topic) (string, error) {
	receipt, err := d.take(acted{To: to, Told: &about})
	return receipt.Text, err
}

func (d *door) all() []acted {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]acted(nil), d.acts...)
}

// house is a workspace with an app behind it.
type house struct {
	world
	door *door
	url  string // of the app; fakeslack.OverSocket when it has none
}

// startHouse is a house whose app is reached over the web.
func startHouse(t *testing.T) house {
	t.Helper()
	h := house{world: start(t), door: &door{answer: contract.Receipt{Text: "done & noted"}}}
	h.url = h.serve(t, slack.NewDesk(h.Client, h.door))
	return h
}

// serve opens the desk's door on the web, and returns its address.
func (w world) serve(t *testing.T, desk *slack.Desk) string {
	t.Helper()
	handler := slack.NewHandler(secret, desk)
	mux := http.NewServeMux()
	mux.HandleFunc("/slack/actions", handler.Actions)
	mux.HandleFunc("/slack/commands", handler.Commands)
	mux.HandleFunc("/slack/events", handler.Events)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// plug opens the desk's other door, and returns what stands for its address and
// what closes it.
func (w world) plug(t *testing.T, desk *slack.Desk) (string, func()) {
	t.Helper()
	socket := slack.NewSocket(fakeslack.DefaultAppToken, desk)
	socket.Hurry()
	ctx, leave := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		socket.Run(ctx)
	}()
	unplug := func() {
		leave()
		<-ended
	}
	t.Cleanup(unplug)
	return fakeslack.OverSocket, unplug
}

// throughEachDoor runs a test with an app that is reached over the web, and with
// one that is reached through its socket.
func throughEachDoor(t *testing.T, test func(t *testing.T, h house)) {
	t.Helper()
	t.Run("web", func(t *testing.T) {
		t.Parallel()
		test(t, startHouse(t))
	})
	t.Run("socket", func(t *testing.T) {
		t.Parallel()
		h := house{world: start(t), door: &door{answer: contract.Receipt{Text: "done & noted"}}}
		h.url, _ = h.plug(t, slack.NewDesk(h.Client, h.door))
		test(t, h)
	})
}

// ask posts a question and returns a click on its button.
func (h house) ask(t *testing.T, b contract.Button) fakeslack.ClickRequest {
	t.Helper()
	room := h.room(t)
	posted, err := h.Post(t.Context(), contract.PostRequest{
		Effect: effect("q"), Room: room, Message: contract.Message{Text: "?", Buttons: []contract.Button{b}},
	})
	if err != nil {
		t.Fatal(err)
	}
	buttons := h.Messages(room)[0].Buttons()
	return fakeslack.ClickRequest{User: h.ana.ID, Room: room, MessageTS: posted.Message, ActionID: buttons[0].ActionID}
}

// responses waits for what the app tells the one who clicked, after it has answered.
func (h house) responses(t *testing.T, n int) []fakeslack.Response {
	t.Helper()
	for range 500 {
		if got := h.Responses(); len(got) >= n {
			return got
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("the app told %d things, want %d", len(h.Responses()), n)
	return nil
}

var anaActor = incident.Actor{Person: "ana", Name: "Ana Ruiz", Door: incident.DoorSlack, Verified: true}

func TestClick(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, click)
}

func click(t *testing.T, h house) {
	click := h.ask(t, contract.Button{
		Label: "Roll back", Verb: contract.VerbAnswer, Incident: `incident/{"a"}`, Key: "INC-1", Question: "stop/2", Value: "rollback",
	})
	reply, err := h.Click(t.Context(), h.url+"/slack/actions", click)
	if err != nil || reply.Status != http.StatusOK || len(reply.Body) != 0 {
		t.Fatalf("the click gives %+v, %v", reply, err)
	}
	got := h.door.all()
	if len(got) != 1 || !strings.HasPrefix(got[0].Act.ID, "slack/") {
		t.Fatalf("the door saw %+v", got)
	}
	want := acted{
		To:   slack.Target{WorkflowID: `incident/{"a"}`, Key: "INC-1", Room: click.Room, RoomName: "inc-1"},
		Verb: contract.VerbAnswer,
		Act:  contract.Act{ID: got[0].Act.ID, By: anaActor, Key: "INC-1", Value: "rollback", Question: "stop/2"},
	}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("act (-want +got):\n%s", diff)
	}
	told := h.responses(t, 1)[0]
	if told.User != h.ana.ID || told.Text != "done &amp; noted" || told.Replace || told.InChannel {
		t.Errorf("Ana was told %+v", told)
	}

	// The very same request again carries the same id, so that the incident recognises it.
	if reply, err := h.Resend(t.Context(), reply.Sent); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the replay gives %+v, %v", reply, err)
	}
	if got := h.door.all(); len(got) != 2 || got[0].Act.ID != got[1].Act.ID {
		t.Errorf("the replay is not recognisable: %+v", got)
	}
	// Another click on the same button is another act.
	if _, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil {
		t.Fatal(err)
	}
	if got := h.door.all(); got[2].Act.ID == got[0].Act.ID {
		t.Error("two clicks look like one")
	}
}

func TestWhoActs(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, whoActs)
}

func whoActs(t *testing.T, h house) {
	click := h.ask(t, contract.Button{Label: "Ack", Verb: contract.VerbAck, Incident: "i", Key: "INC-1"})
	visitor := h.AddUser(fakeslack.User{Name: "visitor", Email: "visitor@example.com"})
	unknown := incident.Actor{Name: "visitor", Door: incident.DoorSlack, Verified: true}
	tests := []struct {
		name, user string
		fault      *fakeslack.Fault
		want       incident.Actor
	}{
		{"by e-mail", h.ana.ID, nil, anaActor},
		{"by Slack id", "U0CEM00000", nil, incident.Actor{Person: "cem", Name: "Cem", Door: incident.DoorSlack, Verified: true}},
		{"not in the roster", visitor.ID, nil, unknown},
		{"remembered while Slack is away", h.ana.ID, &fakeslack.Fault{Kind: fakeslack.ServerError}, anaActor},
		{"not known while Slack is away", h.ben.ID, &fakeslack.Fault{Kind: fakeslack.ServerError}, incident.Actor{Name: "ben", Door: incident.DoorSlack, Verified: true}},
		{"Slack hangs", h.ben.ID, &fakeslack.Fault{Kind: fakeslack.Slow, Delay: time.Minute}, incident.Actor{Name: "ben", Door: incident.DoorSlack, Verified: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.fault != nil {
				test.fault.Method = "users.info"
				h.Break(*test.fault)
				defer h.Mend()
			}
			click.User = test.user
			before := len(h.door.all())
			if _, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, h.door.all()[before].Act.By); diff != "" {
				t.Errorf("actor (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRefusalsAreToldInTheirOwnWords(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, refusalsAreToldInTheirOwnWords)
}

func refusalsAreToldInTheirOwnWords(t *testing.T, h house) {
	click := h.ask(t, contract.Button{Label: "SEV1", Verb: contract.VerbSeverity, Incident: "i", Key: "INC-1", Value: "SEV1"})
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"of the incident", &incident.Refusal{What: "INC-1 is closed", Hint: "declare a new one"}, "INC-1 is closed (declare a new one)"},
		{"of a provider", &contract.Refused{What: "no"}, "no"},
		{"trouble", errors.New("dial tcp 10.0.0.1: secret"), "That did not get through"},
	}
	for n, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h.door.mu.Lock()
			h.door.refusal = test.err
			h.door.mu.Unlock()
			if reply, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil || reply.Status != http.StatusOK {
				t.Fatalf("the click gives %+v, %v", reply, err)
			}
			if told := h.responses(t, n+1)[n]; !strings.HasPrefix(told.Text, test.want) || strings.Contains(told.Text, "secret") {
				t.Errorf("the person was told %q, want %q", told.Text, test.want)
			}
			if got := h.command(t, "ack"); !strings.HasPrefix(got, test.want) {
				t.Errorf("the command says %q, want %q", got, test.want)
			}
		})
	}
}

// command types a slash command in the incident's room and returns the answer.
func (h house) command(t *testing.T, text string) string {
	t.Helper()
	room, ok := h.RoomByName("inc-1")
	if !ok {
		h.room(t)
		room, _ = h.RoomByName("inc-1")
	}
	reply, err := h.Command(t.Context(), h.url+"/slack/commands",
		fakeslack.CommandRequest{User: h.ana.ID, Room: room.ID, Command: "/muster", Text: text})
	if err != nil || reply.Status != http.StatusOK {
		t.Fatalf("the command gives %d %s, %v", reply.Status, reply.Body, err)
	}
	if len(reply.Body) == 0 { // it is answered in a modal
		return ""
	}
	var answer struct {
		Text string `json:"text"`
		Type string `json:"response_type"`
	}
	if err := json.Unmarshal(reply.Body, &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Type != "ephemeral" {
		t.Errorf("the answer is of type %q", answer.Type)
	}
	return answer.Text
}

func TestCommands(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, commands)
}

func commands(t *testing.T, h house) {
	room := h.room(t)
	tests := []struct {
		text string
		want acted
	}{
		{"ack", acted{Verb: contract.VerbAck}},
		{"ACK inc-12 all", acted{Verb: contract.VerbAck, Act: contract.Act{Key: "INC-12", All: true}}},
		{"severity sev1", acted{Verb: contract.VerbSeverity, Act: contract.Act{Value: "SEV1"}}},
		{"severity critical it  got worse", acted{Verb: contract.VerbSeverity, Act: contract.Act{Value: "critical", Reason: "it  got worse"}}},
		{"resolve", acted{Verb: contract.VerbResolve}},
		{"resolve it is over", acted{Verb: contract.VerbResolve, Act: contract.Act{Reason: "it is over"}}},
		{"withdraw 12", acted{Verb: contract.VerbWithdraw, Act: contract.Act{Value: "12"}}},
		{"withdraw inc-1 12", acted{To: slack.Target{Key: "INC-1"}, Verb: contract.VerbWithdraw, Act: contract.Act{Key: "INC-1", Value: "12"}}},
		{"note restarted a < b & c", acted{Verb: contract.VerbNote, Act: contract.Act{Value: "restarted a < b & c"}}},
		{
			"note <@" + h.ben.ID + "|ben> restarts <#C1|ops>, see <https://x.example/d|board>",
			acted{Verb: contract.VerbNote, Act: contract.Act{Value: "@Ben Okoye restarts #ops, see board (https://x.example/d)"}},
		},
		{"note <https://x.example/d> says <!here>", acted{Verb: contract.VerbNote, Act: contract.Act{Value: "https://x.example/d says @here"}}},
		{"cancel <@UNOBODY99|gone> was wrong", acted{Verb: contract.VerbCancel, Act: contract.Act{Reason: "@gone was wrong"}}},
		{"answer impact owner=<@" + h.ben.ID + "|ben> note=ask <@" + h.ben.ID + ">", acted{Verb: contract.VerbAnswer, Act: contract.Act{
			Step: "impact", Value: incident.ChoiceFilled, Fields: map[string]any{"owner": "ben", "note": "ask @Ben Okoye"},
		}}},
		{"page <@" + h.ben.ID + "|ben> come quickly", acted{Verb: contract.VerbPage, Act: contract.Act{Value: "ben", Reason: "come quickly"}}},
		{"assign comms <@" + h.ben.ID + ">", acted{Verb: contract.VerbAssign, Act: contract.Act{Role: "comms", Person: "ben", PersonName: "Ben Okoye"}}},
		{"assign comms ben", acted{Verb: contract.VerbAssign, Act: contract.Act{Role: "comms", Person: "ben"}}},
		{"answer stop rollback", acted{Verb: contract.VerbAnswer, Act: contract.Act{Step: "stop", Value: "rollback"}}},
		{"approve failover", acted{Verb: contract.VerbApprove, Act: contract.Act{Step: "failover"}}},
		{"reject failover too risky", acted{Verb: contract.VerbReject, Act: contract.Act{Step: "failover", Reason: "too risky"}}},
		{"done INC-3 drain", acted{Verb: contract.VerbDone, Act: contract.Act{Key: "INC-3", Step: "drain"}}},
		{"cancel a mistake", acted{Verb: contract.VerbCancel, Act: contract.Act{Reason: "a mistake"}}},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			before := len(h.door.all())
			typed := strings.NewReplacer("a < b & c", "a &lt; b &amp; c").Replace(test.text)
			if got := h.command(t, typed); got != "done &amp; noted" {
				t.Errorf("the answer is %q", got)
			}
			got := h.door.all()[before]
			test.want.Act.ID, test.want.Act.By = got.Act.ID, anaActor
			test.want.To = slack.Target{Key: test.want.Act.Key, Room: room, RoomName: "inc-1"}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("act (-want +got):\n%s", diff)
			}
		})
	}
}

func TestCommandsThatAreNotUnderstood(t *testing.T) {
	t.Parallel()
	throughEachDoor(t, commandsThatAreNotUnderstood)
}

func commandsThatAreNotUnderstood(t *testing.T, h house) {
	stranger := h.AddUser(fakeslack.User{Name: "visitor"})
	tests := []struct{ text, want string }{
		{"help", "/muster severity [INC-1] SEV1 [reason]"},
		{"help", "/muster declare"},
		{"explode", `"explode" is not a command`},
		{"ack everything", "write it so: ack"},
		{"answer", "write it so: answer"},
		{"approve two words", "write it so: approve"},
		{"reject", "write it so: reject"},
		{"assign comms <@" + stranger.ID + ">", "not in the roster"},
		{"page <@" + stranger.ID + ">", "not in the roster"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			if got := h.command(t, test.text); !strings.Contains(got, test.want) {
				t.Errorf("the answer is %q, want %q", got, test.want)
			}
		})
	}
	if got := h.door.all(); len(got) != 0 {
		t.Errorf("something was done: %+v", got)
	}
}

func TestForgedRequestsAreRefused(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	click := h.ask(t, contract.Button{Label: "Ack", Verb: contract.VerbAck, Incident: "i", Key: "INC-1"})
	signings := map[string]fakeslack.Signing{
		"wrong secret": {Secret: "guessed"}, "recorded six minutes ago": {Age: 6 * time.Minute},
		"from the future": {Age: -6 * time.Minute}, "unsigned": {None: true},
	}
	for name, signing := range signings {
		click.Signing = signing
		if reply, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil || reply.Status != http.StatusUnauthorized {
			t.Errorf("click, %s: %d, %v", name, reply.Status, err)
		}
		command := fakeslack.CommandRequest{User: h.ana.ID, Room: click.Room, Command: "/muster", Text: "resolve", Signing: signing}
		if reply, err := h.Command(t.Context(), h.url+"/slack/commands", command); err != nil || reply.Status != http.StatusUnauthorized {
			t.Errorf("command, %s: %d, %v", name, reply.Status, err)
		}
	}
	good, err := h.Send(t.Context(), h.url+"/slack/actions", []byte("payload={}"), fakeslack.Signing{})
	if err != nil || good.Status != http.StatusOK {
		t.Fatalf("%+v, %v", good, err)
	}
	good.Sent.Body = []byte("payload={ }")
	if reply, err := h.Resend(t.Context(), good.Sent); err != nil || reply.Status != http.StatusUnauthorized {
		t.Errorf("a changed body: %d, %v", reply.Status, err)
	}
	if got := h.door.all(); len(got) != 0 {
		t.Errorf("a forged request got through: %+v", got)
	}
}

func TestNoSecretMeansNobody(t *testing.T) {
	t.Parallel()
	w := start(t)
	d := &door{}
	server := httptest.NewServer(http.HandlerFunc(slack.NewHandler("", slack.NewDesk(w.Client, d)).Actions))
	defer server.Close()
	reply, err := w.Send(t.Context(), server.URL, []byte("payload={}"), fakeslack.Signing{})
	if err != nil || reply.Status != http.StatusUnauthorized {
		t.Errorf("without a secret: %d, %v", reply.Status, err)
	}
}

func TestMalformedRequests(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	payload := func(text string) string { return "payload=" + url.QueryEscape(text) }
	button := func(value string) string {
		raw, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return payload(`{"type":"block_actions","trigger_id":"1","user":{"id":"U1"},"actions":[{"action_id":"musterbook.0","value":` + string(raw) + `}]}`)
	}
	tests := []struct {
		name, path, body string
		want             int
	}{
		{"no payload", "/slack/actions", "", http.StatusBadRequest},
		{"broken JSON", "/slack/actions", payload(`{"type":`), http.StatusBadRequest},
		{"wrong types", "/slack/actions", payload(`{"type":7}`), http.StatusBadRequest},
		{"no form", "/slack/actions", "payload=%zz", http.StatusBadRequest},
		{"too large", "/slack/actions", payload(strings.Repeat("x", 3<<20)), http.StatusRequestEntityTooLarge},
		{"broken value", "/slack/actions", button("{"), http.StatusBadRequest},
		{"unknown verb", "/slack/actions", button(`{"v":"explode"}`), http.StatusBadRequest},
		{"nobody", "/slack/actions", payload(`{"type":"block_actions","trigger_id":"1","actions":[{"action_id":"musterbook.0","value":"{\"v\":\"ack\"}"}]}`), http.StatusBadRequest},
		{"no trigger", "/slack/actions", payload(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"musterbook.0","value":"{\"v\":\"ack\"}"}]}`), http.StatusBadRequest},
		{"another app's button", "/slack/actions", payload(`{"type":"block_actions","actions":[{"action_id":"x","value":"?"}]}`), http.StatusOK},
		{"another kind", "/slack/actions", payload(`{"type":"view_closed"}`), http.StatusOK},
		{"empty command", "/slack/commands", "", http.StatusBadRequest},
		{"broken event", "/slack/events", `{"type":`, http.StatusBadRequest},
		{"event without id", "/slack/events", `{"type":"event_callback","event":{"type":"x"}}`, http.StatusBadRequest},
		{"event without type", "/slack/events", `{"type":"event_callback","event_id":"Ev1","event":{}}`, http.StatusBadRequest},
		{"event of nobody", "/slack/events", `{"type":"event_callback","event_id":"Ev1","event":{"type":"x"}}`, http.StatusOK},
		{"another envelope", "/slack/events", `{"type":"app_rate_limited"}`, http.StatusOK},
		{"a modal of nobody", "/slack/actions", payload(`{"type":"view_submission","view":{"callback_id":"x"}}`), http.StatusOK},
		{"a shortcut of nobody", "/slack/actions", payload(`{"type":"shortcut","callback_id":"x"}`), http.StatusOK},
		{"certificate check", "/slack/commands", "ssl_check=1&token=x", http.StatusOK},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			reply, err := h.Send(t.Context(), h.url+test.path, []byte(test.body), fakeslack.Signing{})
			if err != nil || reply.Status != test.want {
				t.Errorf("%d %s, %v; want %d", reply.Status, reply.Body, err, test.want)
			}
			if got := h.door.all(); len(got) != 0 {
				t.Errorf("something was done: %+v", got)
			}
		})
	}
	res, err := http.Get(h.url + "/slack/actions")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != http.MethodPost {
		t.Errorf("GET gives %d", res.StatusCode)
	}
}

// TestSlowDoorStillAnswersInTime: Slack gives three seconds, and the door is
// told about it by its context.
func TestSlowDoorStillAnswersInTime(t *testing.T) {
	t.Parallel()
	w := start(t)
	slow := slowDoor{}
	desk := slack.NewDesk(w.Client, slow)
	socket, _ := w.plug(t, desk)
	for _, url := range []string{w.serve(t, desk) + "/slack/commands", socket} {
		began := time.Now()
		reply, err := w.Command(t.Context(), url, fakeslack.CommandRequest{User: w.ana.ID, Room: w.room(t), Command: "/muster", Text: "ack"})
		if err != nil || reply.Status != http.StatusOK || !strings.Contains(string(reply.Body), "did not get through") {
			t.Errorf("after %s: %d %s, %v", time.Since(began), reply.Status, reply.Body, err)
		}
	}
}

type slowDoor struct{}

func (slowDoor) Act(ctx context.Context, _ slack.Target, _ contract.Verb, _ contract.Act) (contract.Receipt, error) {
	<-ctx.Done()
	return contract.Receipt{}, ctx.Err()
}

func (slowDoor) Tell(ctx context.Context, _ slack.Target, _ slack.Topic) (string, error) {
	<-ctx.Done()
	return "", ctx.Err()
}

func (slowDoor) Standing(ctx context.Context, _ slack.Target) (contract.Card, bool, error) {
	<-ctx.Done()
	return contract.Card{}, false, ctx.Err()
}

func (slowDoor) Declare(ctx context.Context, _ slack.Declaration) (slack.Declared, error) {
	<-ctx.Done()
	return slack.Declared{}, ctx.Err()
}

func (slowDoor) Offer(ctx context.Context, _ slack.Draft) (slack.Offer, error) {
	<-ctx.Done()
	return slack.Offer{}, ctx.Err()
}

func (slowDoor) Show(ctx context.Context, _ slack.Target) (contract.Snapshot, error) {
	<-ctx.Done()
	return contract.Snapshot{}, ctx.Err()
}

func TestAnswersGoToSlackOnly(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	var strangers []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { strangers = append(strangers, r.URL.Path) }))
	defer elsewhere.Close()
	payload, err := json.Marshal(map[string]any{
		"type": "block_actions", "trigger_id": "1", "user": map[string]string{"id": h.ana.ID}, "response_url": elsewhere.URL + "/steal",
		"actions": []map[string]string{{"action_id": "musterbook.0", "value": `{"v":"ack"}`}},
	})
	if err != nil {
		t.Fatal(err)
	}
	form := url.Values{"payload": {string(payload)}}
	if reply, err := h.Send(t.Context(), h.url+"/slack/actions", []byte(form.Encode()), fakeslack.Signing{}); err != nil || reply.Status != http.StatusOK {
		t.Fatalf("%+v, %v", reply, err)
	}
	// A second act is answered after the first, so the first one's answer is through.
	click := h.ask(t, contract.Button{Label: "Ack", Verb: contract.VerbAck, Incident: "i", Key: "INC-1"})
	if _, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil {
		t.Fatal(err)
	}
	h.responses(t, 1)
	if strangers != nil {
		t.Errorf("an answer went elsewhere: %v", strangers)
	}
	if got := h.door.all(); len(got) != 2 || got[0].Act.By.Person != oncall.PersonID("ana") {
		t.Errorf("the acts are %+v", got)
	}
}
