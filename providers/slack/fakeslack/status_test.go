package fakeslack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestStatusThroughTheRealClient: a person's own token sets their own status and nothing else; the bot's sets nobody's.
func TestStatusThroughTheRealClient(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)
	w := start(t, fakeslack.Options{Now: func() time.Time { return now }})
	ana := w.AddUser(fakeslack.User{Name: "ana"})
	token, err := w.Connect(ana.ID, "users.profile:read", "users.profile:write")
	if err != nil {
		t.Fatal(err)
	}
	as := func(token string) *slack.Client { return slack.New(token, slack.OptionAPIURL(w.url+"/api/")) }
	own := as(token)
	until := now.Add(time.Hour).Unix()
	if err := own.SetUserCustomStatusContext(t.Context(), "INC-1", ":rotating_light:", until); err != nil {
		t.Fatal(err)
	}
	profile, err := own.GetUserProfileContext(t.Context(), &slack.GetUserProfileParameters{})
	if err != nil || profile.StatusText != "INC-1" || profile.StatusEmoji != ":rotating_light:" || int64(profile.StatusExpiration) != until {
		t.Errorf("the profile is %+v, %v", profile, err)
	}
	who, err := own.AuthTestContext(t.Context())
	if err != nil || who.UserID != ana.ID || who.Header.Get("X-OAuth-Scopes") != "users.profile:read,users.profile:write" {
		t.Errorf("the token is %+v, %v", who, err)
	}
	_, _, posted := own.PostMessageContext(t.Context(), "C1", slack.MsgOptionText("x", false))
	reader, err := w.Connect(ana.ID, "users.profile:read")
	if err != nil {
		t.Fatal(err)
	}
	refused := map[string]error{
		"not_allowed_token_type": posted,
		"missing_scope":          as(reader).SetUserCustomStatusContext(t.Context(), "x", ":tada:", 0),
		"too_long":               own.SetUserCustomStatusContext(t.Context(), strings.Repeat("é", 101), ":tada:", 0),
		"not_admin":              own.SetUserCustomStatusContextWithUser(t.Context(), fakeslack.BotUser, "x", ":tada:", 0),
		"profile_status_set_failed_not_valid_emoji": own.SetUserCustomStatusContext(t.Context(), "x", "tada", 0),
	}
	for want, err := range refused {
		if code(err) != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if got := code(w.client.SetUserCustomStatusContext(t.Context(), "x", ":tada:", 0)); got != "not_allowed_token_type" {
		t.Errorf("the bot hears %q", got)
	}
	if diff := cmp.Diff(fakeslack.Status{Text: "INC-1", Emoji: ":rotating_light:", Expires: until}, w.StatusOf(ana.ID)); diff != "" {
		t.Errorf("the status (-want +got):\n%s", diff)
	}
	now = now.Add(time.Hour)
	if got := w.StatusOf(ana.ID); got != (fakeslack.Status{}) {
		t.Errorf("its time is over, and it is %+v", got)
	}
	w.Revoke(token)
	if got := code(own.SetUserCustomStatusContext(t.Context(), "x", ":tada:", 0)); got != "token_revoked" {
		t.Errorf("a revoked token hears %q", got)
	}
	if _, err := w.Connect("U0NOBODY00"); err == nil {
		t.Error("nobody has a token")
	}
}
