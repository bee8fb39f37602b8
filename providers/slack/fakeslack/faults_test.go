package fakeslack_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// fault describes what the real client makes of a failure.
func describe(err error) string {
	var limited *slack.RateLimitedError
	var status slack.StatusCodeError
	var refused slack.SlackErrorResponse
	var syntax *json.SyntaxError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &limited):
		return "limited " + limited.RetryAfter.String()
	case errors.As(err, &status):
		return "status " + http.StatusText(status.Code)
	case errors.As(err, &refused):
		return "refused " + refused.Err + " " + refused.Needed
	case errors.As(err, &syntax):
		return "not JSON"
	case errors.Is(err, io.EOF):
		return "dropped"
	case errors.Is(err, context.DeadlineExceeded):
		return "too late"
	}
	return err.Error()
}

func TestFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault fakeslack.Fault
		want  string
		done  bool // the work was done all the same
	}{
		{"work, then drop", fakeslack.Fault{Kind: fakeslack.WorkThenDrop}, "dropped", true},
		{"drop before", fakeslack.Fault{Kind: fakeslack.DropBeforeWork}, "dropped", false},
		{"limited", fakeslack.Fault{Kind: fakeslack.RateLimited, RetryAfter: 7 * time.Second}, "limited 7s", false},
		{"limited, bare", fakeslack.Fault{Kind: fakeslack.RateLimitedBare}, "status Too Many Requests", false},
		{"server error", fakeslack.Fault{Kind: fakeslack.ServerError}, "status Internal Server Error", false},
		{"maintenance page", fakeslack.Fault{Kind: fakeslack.HTMLPage, Status: 503}, "status Service Unavailable", false},
		{"page of a proxy", fakeslack.Fault{Kind: fakeslack.HTMLPage}, "not JSON", false},
		{"slow", fakeslack.Fault{Kind: fakeslack.Slow, Delay: time.Hour}, "too late", true},
		{"revoked", fakeslack.Fault{Kind: fakeslack.RevokeToken}, "refused token_revoked ", false},
		{"scope", fakeslack.Fault{Kind: fakeslack.Refuse, Error: "missing_scope", Needed: "channels:manage"}, "refused missing_scope channels:manage", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := start(t, fakeslack.Options{})
			test.fault.Method, test.fault.Times = "conversations.create", 1
			w.Break(test.fault)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if test.fault.Kind == fakeslack.Slow {
				ctx, cancel = context.WithTimeout(t.Context(), 400*time.Millisecond)
			}
			defer cancel()
			_, err := w.client.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: "inc-1"})
			if got := describe(err); got != test.want {
				t.Errorf("the client sees %q, want %q", got, test.want)
			}
			if _, done := w.RoomByName("inc-1"); done != test.done {
				t.Errorf("the room exists: %v, want %v", done, test.done)
			}
			if log := w.Requests(); test.fault.Kind != fakeslack.Slow && log[0].Fault != test.fault.Kind {
				t.Errorf("the log says %+v", log)
			}
			// The fault is used up.
			if _, err := w.client.CreateConversationContext(t.Context(), slack.CreateConversationParams{ChannelName: "inc-2"}); err != nil {
				t.Errorf("the second call gives %v", err)
			}
		})
	}
}

func TestFaultsLastUntilMended(t *testing.T) {
	t.Parallel()
	w := start(t, fakeslack.Options{})
	w.Break(fakeslack.Fault{Kind: fakeslack.RevokeToken})
	for range 3 {
		if _, err := w.client.AuthTestContext(t.Context()); code(err) != "token_revoked" {
			t.Errorf("auth.test gives %v", err)
		}
	}
	w.Mend()
	if _, err := w.client.AuthTestContext(t.Context()); err != nil {
		t.Error(err)
	}
	type line struct {
		Method, Error string
		Status        int
	}
	var got []line
	for _, r := range w.Requests() {
		got = append(got, line{r.Method, r.Error, r.Status})
	}
	want := []line{
		{"auth.test", "token_revoked", 200},
		{"auth.test", "token_revoked", 200},
		{"auth.test", "token_revoked", 200},
		{"auth.test", "", 200},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
}
