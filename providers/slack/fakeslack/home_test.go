package fakeslack_test

import (
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestHomesAreJudged: what Slack refuses in a home is refused, and the home before stays.
func TestHomesAreJudged(t *testing.T) {
	t.Parallel()
	good := `{"type":"home","blocks":[{"type":"section","text":{"type":"mrkdwn","text":"so it is"}},` +
		`{"type":"actions","elements":[{"type":"button","action_id":"home.refresh","text":{"type":"plain_text","text":"Refresh"}}]}]}`
	tests := []struct{ name, user, view, hash, want string }{
		{name: "a good one", view: good},
		{name: "of nobody", user: "U0NOBODY", view: good, want: "invalid_arguments"},
		{name: "no view", want: "invalid_arguments"},
		{name: "a modal", view: `{"type":"modal","title":{"type":"plain_text","text":"x"},"blocks":[]}`, want: "invalid_arguments"},
		{name: "a title", view: `{"type":"home","title":{"type":"plain_text","text":"x"},"blocks":[]}`, want: "invalid_arguments"},
		{name: "no blocks", view: `{"type":"home"}`, want: "invalid_arguments"},
		{name: "too many blocks", view: `{"type":"home","blocks":[` + strings.Repeat(`{"type":"divider"},`, 100) + `{"type":"divider"}]}`, want: "invalid_arguments"},
		{name: "too large", view: `{"type":"home","blocks":[],"private_metadata":"` + strings.Repeat("x", 250_000) + `"}`, want: "view_too_large"},
		{name: "an empty text", view: `{"type":"home","blocks":[{"type":"section","text":{"type":"mrkdwn","text":""}}]}`, want: "invalid_arguments"},
		{name: "of an older state", view: good, hash: "1", want: "hash_conflict"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := start(t, fakeslack.Options{})
			user := f.AddUser(fakeslack.User{Name: "ana"}).ID
			args := url.Values{"user_id": {user}, "view": {good}}
			if answer := f.call(t, "views.publish", args); answer["ok"] != true {
				t.Fatal(answer)
			}
			args.Set("view", tt.view)
			args.Set("hash", tt.hash)
			args.Set("user_id", cmp.Or(tt.user, user))
			answer := f.call(t, "views.publish", args)
			if got, _ := answer["error"].(string); got != tt.want {
				t.Errorf("answered %v, want %q", answer, tt.want)
			}
			if home, ok := f.Home(user); !ok || !strings.Contains(string(home.JSON), "so it is") {
				t.Errorf("the home is %s", home.JSON)
			}
		})
	}
}

// TestHomeIsClickedOrNot: a press needs a home and a button in it.
func TestHomeIsClickedOrNot(t *testing.T) {
	t.Parallel()
	f := start(t, fakeslack.Options{})
	user := f.AddUser(fakeslack.User{Name: "ana"}).ID
	for _, c := range []fakeslack.HomeClick{{User: user, Text: "Refresh"}, {User: "U0NOBODY", Text: "Refresh"}} {
		if reply, err := f.ClickHome(t.Context(), "http://127.0.0.1:1/", c); err == nil || reply.Status == http.StatusOK {
			t.Errorf("%+v is answered %+v", c, reply)
		}
	}
}
