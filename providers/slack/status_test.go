package slack_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

var _ activities.Presence = (*slack.Client)(nil)

// TestPresenceAcceptance runs the suite that every chat with statuses passes.
func TestPresenceAcceptance(t *testing.T) {
	t.Parallel()
	activitiestest.Presence(t, presenceWorld)
}

// presenceWorld is a workspace in which Ana has connected her status, with the real client in front of it.
func presenceWorld(t *testing.T) *activitiestest.PresenceWorld {
	t.Helper()
	fake := fakeslack.New(fakeslack.Options{SigningSecret: secret})
	line := &line{t: t, fake: fake}
	server := httptest.NewServer(line)
	t.Cleanup(func() {
		server.Close()
		judge(t, fake.Requests())
	})
	user := fake.AddUser(fakeslack.User{Name: "ana", RealName: "Ana Ruiz", Email: "ana@example.com"}).ID
	tokens := connected(t, fake, user, slack.PersonalScopes()...)
	client := func() activities.Presence {
		return slack.New(slack.Options{
			Token: fakeslack.DefaultToken, APIURL: server.URL + "/api", People: people(), Tokens: tokens, Log: slog.New(slog.DiscardHandler),
		})
	}
	return &activitiestest.PresenceWorld{
		Trouble: line, Presence: client(), Restarted: client, Person: "ana", Outsider: "ben",
		Status: func() contract.ChatStatus {
			s := fake.StatusOf(user)
			out := contract.ChatStatus{Text: s.Text, Symbol: strings.Trim(s.Emoji, ":")}
			if s.Expires > 0 {
				out.Until = time.Unix(s.Expires, 0).UTC()
			}
			return out
		},
		Write: func(s contract.ChatStatus) {
			written := fakeslack.Status{Text: s.Text, Emoji: ":" + s.Symbol + ":"}
			if !s.Until.IsZero() {
				written.Expires = s.Until.Unix()
			}
			fake.SetStatus(user, written)
		},
	}
}

// connected gives Ana a token of her own.
func connected(t *testing.T, fake *fakeslack.Server, user string, scopes ...string) func(oncall.PersonID) string {
	t.Helper()
	token, err := fake.Connect(user, scopes...)
	if err != nil {
		t.Fatal(err)
	}
	return func(who oncall.PersonID) string {
		if who == "ana" {
			return token
		}
		return ""
	}
}

// statusWorld is a workspace in which Ana's token is what change makes of it.
func statusWorld(t *testing.T, change func(fake *fakeslack.Server, ana, token string), scopes ...string) world {
	t.Helper()
	var tokens func(oncall.PersonID) string
	w := startWith(t, slack.Options{Tokens: func(who oncall.PersonID) string { return tokens(who) }})
	tokens = connected(t, w.Server, w.ana.ID, scopes...)
	if change != nil {
		change(w.Server, w.ana.ID, tokens("ana"))
	}
	return w
}

// TestStatusRefusals: whatever is wrong with a person's token concerns that person, says what they can do, and shows nothing
// of the token.
func TestStatusRefusals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		scopes []string
		change func(fake *fakeslack.Server, ana, token string)
		says   string
	}{
		{name: "revoked", scopes: slack.PersonalScopes(), change: func(fake *fakeslack.Server, _, token string) { fake.Revoke(token) }, says: "token_revoked"},
		{name: "may not write", scopes: []string{"users.profile:read"}, says: "missing_scope"},
		{name: "may not read", scopes: []string{"users.profile:write"}, says: "missing_scope"},
		{name: "account deactivated", scopes: slack.PersonalScopes(), says: "account_inactive", change: func(fake *fakeslack.Server, ana, _ string) {
			fake.AddUser(fakeslack.User{ID: ana, Name: "ana", Deleted: true})
		}},
		{name: "token of another kind", scopes: slack.PersonalScopes(), says: "not_allowed_token_type", change: func(fake *fakeslack.Server, _, _ string) {
			fake.Break(fakeslack.Fault{Method: "users.profile.get", Kind: fakeslack.Refuse, Error: "not_allowed_token_type"})
		}},
		{name: "the workspace forbids it", scopes: slack.PersonalScopes(), says: "profile_set_failed", change: func(fake *fakeslack.Server, _, _ string) {
			fake.Break(fakeslack.Fault{Method: "users.profile.set", Kind: fakeslack.Refuse, Error: "profile_set_failed"})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := statusWorld(t, tt.change, tt.scopes...)
			_, err := w.ShowStatus(t.Context(), contract.ShowStatusRequest{Effect: effect("k"), Person: "ana", Text: "INC-1", Until: time.Now().Add(time.Hour)})
			if class(err) != "never" || !strings.Contains(err.Error(), tt.says) || strings.Contains(err.Error(), "xoxp-U") {
				t.Errorf("it gives %v", err)
			}
			if tt.says != "profile_set_failed" && !strings.Contains(err.Error(), "people.ana.slack_token") {
				t.Errorf("no remedy: %v", err)
			}
			if got := w.StatusOf(w.ana.ID); got != (fakeslack.Status{}) {
				t.Errorf("the status is %+v", got)
			}
		})
	}
}

// TestTokensAreLookedUpEachTime: a token that is connected or taken away counts from then on, without a restart.
func TestTokensAreLookedUpEachTime(t *testing.T) {
	t.Parallel()
	token := ""
	w := startWith(t, slack.Options{Tokens: func(oncall.PersonID) string { return token }})
	req := contract.ShowStatusRequest{Effect: effect("k"), Person: "ana", Text: "INC-1", Until: time.Now().Add(time.Hour)}
	for _, connect := range []bool{false, true, false} {
		if token = ""; connect {
			token = connected(t, w.Server, w.ana.ID, slack.PersonalScopes()...)("ana")
		}
		if got, err := w.ShowStatus(t.Context(), req); err != nil || got.Shown != connect {
			t.Errorf("connected %t: shown %t, %v", connect, got.Shown, err)
		}
	}
}

// TestPersonalAccess says whose token it is and what it lacks.
func TestPersonalAccess(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		scopes []string
		ben    bool // the token is Ben's
		want   slack.PersonalAccess
	}{
		{name: "good", scopes: slack.PersonalScopes(), want: slack.PersonalAccess{User: "ana", Theirs: true}},
		{name: "lacks a scope", scopes: []string{"users.profile:write"}, want: slack.PersonalAccess{User: "ana", Theirs: true, Missing: []string{"users.profile:read"}}},
		{name: "another's", scopes: slack.PersonalScopes(), ben: true, want: slack.PersonalAccess{User: "ben"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var tokens func(oncall.PersonID) string
			w := startWith(t, slack.Options{Tokens: func(who oncall.PersonID) string { return tokens(who) }})
			tokens = connected(t, w.Server, cmp.Or(map[bool]string{true: w.ben.ID}[tt.ben], w.ana.ID), tt.scopes...)
			got, err := w.PersonalAccess(t.Context(), "ana")
			if len(got.Missing) == 0 {
				got.Missing = nil
			}
			if diff := gocmp.Diff(tt.want, got); diff != "" || err != nil {
				t.Errorf("%v (-want +got):\n%s", err, diff)
			}
			if _, err := w.PersonalAccess(t.Context(), "ben"); !contract.IsRefused(err) {
				t.Errorf("who has connected none gives %v", err)
			}
		})
	}
}

// TestStatusNamesNobodyElse: the request never names a user, so that a token of an administrator changes its owner's alone.
func TestStatusNamesNobodyElse(t *testing.T) {
	t.Parallel()
	w := statusWorld(t, nil, slack.PersonalScopes()...)
	req := contract.ShowStatusRequest{Effect: effect("k"), Person: "ana", Text: "INC-1", Until: time.Now().Add(time.Hour)}
	if _, err := w.ShowStatus(t.Context(), req); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(w.Requests(), func(r fakeslack.Request) bool { return r.Method == "users.profile.set" }) {
		t.Error("nothing was set")
	}
	for _, r := range w.Requests() {
		if _, named := r.Args["user"]; named {
			t.Errorf("%s names a user: %v", r.Method, r.Args)
		}
	}
}

// TestStatusInEveryFailure lets Slack fail in each passing way at each call: a repetition brings the status to what is
// wanted, and nothing is refused.
func TestStatusInEveryFailure(t *testing.T) {
	t.Parallel()
	own := fakeslack.Status{Text: "Fish & chips", Emoji: ":fish:"}
	until := time.Now().Add(time.Hour).Truncate(time.Second)
	set := contract.ShowStatusRequest{Effect: effect("k"), Person: "ana", Text: "INC-1", Until: until}
	clearing := contract.ShowStatusRequest{
		Effect: effect("k"), Person: "ana", Text: "INC-1", Clear: true, Before: contract.ChatStatus{Text: own.Text, Symbol: "fish"},
	}
	ours := fakeslack.Status{Text: "INC-1", Emoji: ":rotating_light:", Expires: until.Unix()}
	for _, method := range []string{"users.profile.get", "users.profile.set"} {
		for _, fault := range passing() {
			t.Run(strings.Join([]string{method, string(fault.Kind), fault.Error}, " "), func(t *testing.T) {
				t.Parallel()
				w := statusWorld(t, func(fake *fakeslack.Server, ana, _ string) { fake.SetStatus(ana, own) }, slack.PersonalScopes()...)
				for _, step := range []struct {
					req  contract.ShowStatusRequest
					want fakeslack.Status
				}{{set, ours}, {clearing, own}} {
					fault.Method, fault.Times = method, 1
					w.Break(fault)
					if _, err := w.ShowStatus(t.Context(), step.req); err == nil || contract.IsRefused(err) {
						t.Errorf("the first attempt gives %v", err)
					}
					step.req.Again = true
					if _, err := w.ShowStatus(t.Context(), step.req); err != nil {
						t.Errorf("the second attempt gives %v", err)
					}
					if diff := gocmp.Diff(step.want, w.StatusOf(w.ana.ID)); diff != "" {
						t.Errorf("the status (-want +got):\n%s", diff)
					}
				}
			})
		}
	}
}

// TestStatusOfSeveralAtOnce: incidents that come and go in the same moment do not overwrite one another in their person's
// status.
func TestStatusOfSeveralAtOnce(t *testing.T) {
	t.Parallel()
	const several = 8
	w := statusWorld(t, nil, slack.PersonalScopes()...)
	all := func(change bool) {
		t.Helper()
		var together sync.WaitGroup
		for n := range several {
			together.Go(func() {
				req := contract.ShowStatusRequest{
					Effect: effect("k"), Person: "ana", Text: fmt.Sprintf("INC-%d", n+1), Until: time.Now().Add(time.Hour), Clear: change,
				}
				if _, err := w.ShowStatus(t.Context(), req); err != nil {
					t.Error(err)
				}
			})
		}
		together.Wait()
	}
	all(false)
	if got := w.StatusOf(w.ana.ID).Text; strings.Count(got, "INC-") != several {
		t.Errorf("%d at once: the status is %q", several, got)
	}
	all(true)
	if got := w.StatusOf(w.ana.ID); got != (fakeslack.Status{}) {
		t.Errorf("nothing goes on, and the status is %+v", got)
	}
}
