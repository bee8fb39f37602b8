package slack_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// class is what an error tells the one who asked.
func class(err error) string {
	var later *contract.Later
	var refused *contract.Refused
	switch {
	case err == nil:
		return "done"
	case errors.As(err, &later):
		return "later " + later.After.String()
	case errors.As(err, &refused) && refused.Installation:
		return "never, for the installation"
	case refused != nil:
		return "never"
	}
	return "again"
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	refuse := func(code string) fakeslack.Fault { return fakeslack.Fault{Kind: fakeslack.Refuse, Error: code} }
	tests := []struct {
		name  string
		fault fakeslack.Fault
		want  string
		says  string // a piece of the error that a person reads
	}{
		{"429 with Retry-After", fakeslack.Fault{Kind: fakeslack.RateLimited, RetryAfter: 42 * time.Second}, "later 42s", ""},
		{"429 without", fakeslack.Fault{Kind: fakeslack.RateLimitedBare}, "later 30s", ""},
		{"429 that says zero", fakeslack.Fault{Kind: fakeslack.RateLimited}, "later 1s", ""},
		{"ratelimited", refuse("ratelimited"), "later 30s", ""},
		{"rate_limited", refuse("rate_limited"), "later 30s", ""},
		{"500", fakeslack.Fault{Kind: fakeslack.ServerError}, "again", ""},
		{"503 with a page", fakeslack.Fault{Kind: fakeslack.HTMLPage, Status: 503}, "again", ""},
		{"200 with a page", fakeslack.Fault{Kind: fakeslack.HTMLPage}, "again", "no JSON"},
		{"403 of a proxy", fakeslack.Fault{Kind: fakeslack.HTMLPage, Status: 403}, "again", ""},
		{"dropped before", fakeslack.Fault{Kind: fakeslack.DropBeforeWork}, "again", ""},
		{"dropped after", fakeslack.Fault{Kind: fakeslack.WorkThenDrop}, "again", ""},
		{"service_unavailable", refuse("service_unavailable"), "again", ""},
		{"request_timeout", refuse("request_timeout"), "again", ""},
		{"internal_error", refuse("internal_error"), "again", ""},
		{"fatal_error", refuse("fatal_error"), "again", ""},
		{"channel_not_found", refuse("channel_not_found"), "never", "the room was deleted"},
		{"is_archived", refuse("is_archived"), "never", "unarchive"},
		{"restricted_action", refuse("restricted_action"), "never", "administrator"},
		{"invalid_blocks", refuse("invalid_blocks"), "never", "invalid_blocks"},
		{"msg_too_long", refuse("msg_too_long"), "never", ""},
		{"message_limit_exceeded", refuse("message_limit_exceeded"), "never", "plan"},
		{"expired_trigger_id", refuse("expired_trigger_id"), "never", ""},
		{"a code of tomorrow", refuse("moon_in_wrong_phase"), "never", "moon_in_wrong_phase"},
		{"revoked", fakeslack.Fault{Kind: fakeslack.RevokeToken}, "never, for the installation", "install the app again"},
		{"invalid_auth", refuse("invalid_auth"), "never, for the installation", "xoxb-"},
		{"not_authed", refuse("not_authed"), "never, for the installation", ""},
		{"account_inactive", refuse("account_inactive"), "never, for the installation", ""},
		{"token_expired", refuse("token_expired"), "never, for the installation", ""},
		{"not_allowed_token_type", refuse("not_allowed_token_type"), "never, for the installation", "bot token"},
		{
			"missing_scope",
			fakeslack.Fault{Kind: fakeslack.Refuse, Error: "missing_scope", Needed: "chat:write"},
			"never, for the installation", "chat:write",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := start(t)
			room := w.room(t)
			test.fault.Method = "chat.postMessage"
			w.Break(test.fault)
			_, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("k"), Room: room, Message: contract.Message{Text: "hi"}})
			if got := class(err); got != test.want {
				t.Errorf("the class is %q, want %q: %v", got, test.want, err)
			}
			if err != nil && (!strings.Contains(err.Error(), test.says) || !strings.Contains(err.Error(), "post to the room")) {
				t.Errorf("the error does not say %q: %v", test.says, err)
			}
			if err != nil && strings.Contains(err.Error(), fakeslack.DefaultToken) {
				t.Errorf("the error holds the token: %v", err)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	w := start(t)
	w.Break(fakeslack.Fault{Kind: fakeslack.RevokeToken, Times: 1})
	if err := w.Check(t.Context()); class(err) != "never, for the installation" {
		t.Errorf("a revoked token gives %v", err)
	}
	for range 2 {
		if err := w.Check(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
