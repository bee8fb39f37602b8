package fakeslack_test

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestModalsAreJudged: what Slack would refuse is refused.
func TestModalsAreJudged(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	const title = `"type":"modal","title":{"type":"plain_text","text":"x"}`
	input := func(element string) string {
		return `{` + title + `,"submit":{"type":"plain_text","text":"Send"},"blocks":[{"type":"input","block_id":"a","label":{"type":"plain_text","text":"A"},"element":` + element + `}]}`
	}
	long := func(n int) string { return strings.Repeat("é", n) }
	tests := []struct {
		name, view, fault string // fault is empty for what Slack takes
	}{
		{"good", `{` + title + `,"blocks":[{"type":"divider"}]}`, ""},
		{"no blocks", `{` + title + `}`, "missing required field: blocks"},
		{"a home", `{"type":"home","blocks":[]}`, "must be a modal"},
		{"a long title", `{"type":"modal","title":{"type":"plain_text","text":"` + long(25) + `"},"blocks":[]}`, "less than 25"},
		{"much to carry", `{` + title + `,"private_metadata":"` + long(3001) + `","blocks":[]}`, "/view/private_metadata"},
		{"too many blocks", `{` + title + `,"blocks":[` + strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 101), ",") + `]}`, "no more than 100"},
		{"no way to send it", strings.Replace(input(`{"type":"plain_text_input"}`), `"submit"`, `"close"`, 1), "needs submit"},
		{"text", input(`{"type":"plain_text_input","initial_value":"` + long(3000) + `"}`), ""},
		{"a long text", input(`{"type":"plain_text_input","initial_value":"` + long(3001) + `"}`), "initial_value"},
		{"a number of no kind", input(`{"type":"number_input"}`), "is_decimal_allowed"},
		{"no choice", input(`{"type":"static_select","options":[]}`), "between 1 and 100"},
		{"the same twice", input(`{"type":"static_select","options":[{"text":{"type":"plain_text","text":"a"},"value":"a"},{"text":{"type":"plain_text","text":"b"},"value":"a"}]}`), "duplicate value"},
		{"chosen and not there", input(`{"type":"radio_buttons","options":[{"text":{"type":"plain_text","text":"a"},"value":"a"}],"initial_option":{"text":{"type":"plain_text","text":"b"},"value":"b"}}`), "must be one of the options"},
		{"an element of messages", input(`{"type":"button"}`), "unsupported type"},
	}
	for _, test := range tests {
		out := w.call(t, "views.open", url.Values{"trigger_id": {w.Trigger(ana.ID)}, "view": {test.view}})
		raw, err := json.Marshal(out)
		if err != nil {
			t.Fatal(err)
		}
		if ok, _ := out["ok"].(bool); ok != (test.fault == "") || !strings.Contains(string(raw), test.fault) {
			t.Errorf("%s: %s, want %q", test.name, raw, test.fault)
		}
	}
}

// TestModalsLieUponOneAnother: three at the most, each under its own id.
func TestModalsLieUponOneAnother(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	show := func(method, external string) any {
		view := `{"type":"modal","title":{"type":"plain_text","text":"x"},"external_id":"` + external + `","blocks":[]}`
		return w.call(t, method, url.Values{"trigger_id": {w.Trigger(ana.ID)}, "view": {view}})["error"]
	}
	if got := show("views.push", "first"); got != "not_found" {
		t.Errorf("upon nothing: %v", got)
	}
	for n, step := range []struct {
		method, external string
		want             any
	}{
		{"views.open", "a", nil},
		{"views.push", "a", "duplicate_external_id"},
		{"views.push", "b", nil},
		{"views.push", "c", nil},
		{"views.push", "d", "push_limit_reached"},
		{"views.open", "e", nil},
	} {
		if got := show(step.method, step.external); got != step.want {
			t.Errorf("step %d gives %v, want %v", n, got, step.want)
		}
	}
	if v, open := w.ViewOf(ana.ID); !open || v.ExternalID != "e" {
		t.Errorf("Ana sees %+v", v)
	}
}
