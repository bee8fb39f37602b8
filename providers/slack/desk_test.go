package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// desk is a desk with nobody behind it, and tables of its own.
func desk(t *testing.T, r routes) *Desk {
	t.Helper()
	d := NewDesk(New(Options{Token: "xoxb-none", APIURL: "http://127.0.0.1:1"}), nil)
	d.routes = r
	return d
}

func TestEachKindOfInteractionHasItsTable(t *testing.T) {
	t.Parallel()
	var took []string
	note := func(name string) taker {
		return func(_ context.Context, in interaction) (answer, error) {
			took = append(took, name)
			for _, a := range in.Actions {
				took = append(took, a.ActionID)
			}
			return answer{body: []byte(`"` + name + `"`)}, nil
		}
	}
	d := desk(t, routes{
		buttons:   map[string]taker{"form": note("button")},
		submitted: map[string]taker{"severity": note("submitted")},
		closed:    map[string]taker{"severity": note("closed")},
		shortcuts: map[string]taker{"note": note("shortcut")},
	})
	tests := []struct {
		payload string
		want    []string
	}{
		{`{"type":"block_actions","actions":[{"action_id":"other.form"},{"action_id":"form.severity"},{"action_id":"form.b"}]}`, []string{"button", "form.severity"}},
		{`{"type":"view_submission","view":{"callback_id":"severity","state":{"values":{}}}}`, []string{"submitted"}},
		{`{"type":"view_closed","view":{"callback_id":"severity"}}`, []string{"closed"}},
		{`{"type":"message_action","callback_id":"note"}`, []string{"shortcut"}},
		{`{"type":"shortcut","callback_id":"note"}`, []string{"shortcut"}},
		{`{"type":"shortcut","callback_id":"severity"}`, nil},
		{`{"type":"block_suggestion","action_id":"form.x"}`, nil},
	}
	for _, test := range tests {
		took = nil
		a, err := d.interact(t.Context(), []byte(test.payload))
		if err != nil || (len(a.body) > 0) != (test.want != nil) {
			t.Errorf("%s gives %s, %v", test.payload, a.body, err)
		}
		if diff := cmp.Diff(test.want, took); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.payload, diff)
		}
	}
}

func TestEventsAreTakenOnceAndAgainAfterTrouble(t *testing.T) {
	t.Parallel()
	var took []string
	var trouble error
	d := desk(t, routes{events: map[string]eventTaker{"app_home_opened": func(_ context.Context, e event) (answer, error) {
		took = append(took, e.ID)
		return answer{}, trouble
	}}})
	send := func(id string) error {
		_, err := d.notice(t.Context(), fmt.Appendf(nil, `{"type":"event_callback","event_id":%q,"event":{"type":"app_home_opened"}}`, id))
		return err
	}
	trouble = errors.New("Temporal is away")
	var again unhandled
	if err := send("Ev1"); !errors.As(err, &again) || !errors.Is(err, trouble) {
		t.Errorf("trouble gives %v; Slack must send it again", err)
	}
	trouble = nil
	for _, id := range []string{"Ev1", "Ev1", "Ev2", "Ev1"} {
		if err := send(id); err != nil {
			t.Error(err)
		}
	}
	if diff := cmp.Diff([]string{"slack/Ev1", "slack/Ev1", "slack/Ev2"}, took); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	a, err := d.notice(t.Context(), []byte(`{"type":"url_verification","challenge":"abc"}`))
	if err != nil || string(a.body) != `{"challenge":"abc"}` {
		t.Errorf("the challenge gives %s, %v", a.body, err)
	}
}

func TestMemoryOfEventsIsBounded(t *testing.T) {
	t.Parallel()
	var r recent
	for n := range 3 * remembered {
		if !r.add(fmt.Sprint(n)) {
			t.Fatalf("%d is known", n)
		}
	}
	if len(r.known) != remembered || len(r.order) != remembered || r.add(fmt.Sprint(3*remembered-1)) {
		t.Errorf("%d known, %d in order", len(r.known), len(r.order))
	}
}

func TestAnswersFitThroughEitherDoor(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"short": "done", "long": strings.Repeat("line of help\n", 5000), "escapes": strings.Repeat("<&>", 9000), "quotes": strings.Repeat("\x01\"", 9000),
	} {
		a, err := reply(text)
		var said struct{ Text string }
		if err != nil || json.Unmarshal(a.body, &said) != nil || len(a.body) >= maxAnswer {
			t.Errorf("%s: %d bytes, %v", name, len(a.body), err)
		}
		if cut := strings.Contains(said.Text, "muster show has all of it"); cut != (name != "short") {
			t.Errorf("%s: the cut is told: %t", name, cut)
		}
	}
}

// An event whose taker failed is not acknowledged over the socket, and comes
// again.
func TestFailedEventsComeAgainOverTheSocket(t *testing.T) {
	t.Parallel()
	fake := fakeslack.New(fakeslack.Options{Patience: 200 * time.Millisecond})
	server := httptest.NewServer(fake)
	defer server.Close()
	var took atomic.Int32
	d := NewDesk(New(Options{Token: fakeslack.DefaultToken, APIURL: server.URL + "/api", Log: slog.New(slog.NewTextHandler(t.Output(), nil))}), nil)
	d.routes = routes{events: map[string]eventTaker{"app_home_opened": func(context.Context, event) (answer, error) {
		switch took.Add(1) {
		case 1:
			return answer{}, errors.New("Temporal is away")
		case 2:
			panic("a fault") // ends neither the process nor the connection
		}
		return answer{}, nil
	}}}
	ctx, leave := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { NewSocket(fakeslack.DefaultAppToken, d).Run(ctx) })
	defer running.Wait()
	defer leave()
	for range 2 { // the second one is the same event
		if _, err := fake.Event(t.Context(), fakeslack.OverSocket, "Ev1", map[string]any{"type": "app_home_opened"}); err != nil {
			t.Fatal(err)
		}
	}
	if got := took.Load(); got != 3 {
		t.Errorf("it was handled %d times, want twice in vain and once", got)
	}
}

func TestAcknowledgementsStayBelowSlacksLimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", maxFrame)
	tests := []struct {
		name    string
		accepts bool
		body    string
		want    string
		cut     bool
	}{
		{"nothing", true, "", `{"envelope_id":"E1"}`, false},
		{"an answer", true, `{"text":"done"}`, `{"envelope_id":"E1","payload":{"text":"done"}}`, false},
		{"not wanted", false, `{"text":"done"}`, `{"envelope_id":"E1"}`, false},
		{"long and not wanted", false, `{"text":"` + long + `"}`, `{"envelope_id":"E1"}`, false},
		{"a long text", true, `{"text":"` + long + `"}`, `{"envelope_id":"E1"}`, true},
		{"a long modal", true, `{"response_action":"push","view":{"title":"` + long + `"}}`, `{"envelope_id":"E1","payload":` + tooLongView + `}`, true},
	}
	for _, test := range tests {
		frame, cut, err := acknowledgement(envelope{ID: "E1", AcceptsPayload: test.accepts}, []byte(test.body))
		if err != nil || cut != test.cut {
			t.Errorf("%s: cut %t, %v", test.name, cut, err)
		}
		if diff := cmp.Diff(test.want, string(frame)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// Where the API is spoken to over TLS, so is the socket.
func TestSocketIsEncryptedLikeTheAPI(t *testing.T) {
	t.Parallel()
	fake := fakeslack.New(fakeslack.Options{})
	server := httptest.NewTLSServer(fake)
	defer server.Close()
	fake.ServedAt("http" + strings.TrimPrefix(server.URL, "https")) // so that it names an address without TLS
	c := New(Options{Token: fakeslack.DefaultToken, APIURL: server.URL + "/api"})
	c.http = server.Client()
	if _, err := NewSocket(fakeslack.DefaultAppToken, NewDesk(c, nil)).address(t.Context()); err == nil || !strings.Contains(err.Error(), "wss://") {
		t.Errorf("an address without TLS gives %v", err)
	}
}
