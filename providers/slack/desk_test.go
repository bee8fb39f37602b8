package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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
	d := desk(t, routes{events: map[string]eventTaker{"app_home_opened": func(_ context.Context, e event) error {
		took = append(took, e.ID)
		return trouble
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
