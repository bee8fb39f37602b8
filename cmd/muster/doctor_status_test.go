package main

import (
	"strings"
	"testing"

	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// connectWard gives Ana and Ben a Slack status; Ana's token has the scopes.
func connectWard(t *testing.T, w *ward, scopes ...string) (ana, ben string) {
	t.Helper()
	for _, who := range []string{"ana", "ben"} {
		user := w.slack.AddUser(fakeslack.User{Name: who, Email: who + "@example.com"}).ID
		if who == "ben" {
			scopes = slack.PersonalScopes()
		}
		token, err := w.slack.Connect(user, scopes...)
		if err != nil {
			t.Fatal(err)
		}
		w.env[strings.ToUpper(who)+"_SLACK_TOKEN"] = token
		w.change(who+"@example.com,", who+"@example.com, slack_token: \"${"+strings.ToUpper(who)+"_SLACK_TOKEN}\",")
	}
	return w.env["ANA_SLACK_TOKEN"], w.env["BEN_SLACK_TOKEN"]
}

// TestDoctorLooksAtStatuses: each token is looked at, none is shown, and no incident is called in danger because of one.
func TestDoctorLooksAtStatuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		scopes  []string // of Ana's token; nil = all
		spoil   func(w *ward, ana, ben string)
		verdict verdict
		says    string
		remedy  string
	}{
		{name: "both work", verdict: verdictOK, says: "the Slack status of ana and ben shows"},
		{name: "one is revoked", spoil: func(w *ward, ana, _ string) { w.slack.Revoke(ana) }, verdict: verdictWarn, says: "token_revoked", remedy: "people.ana.slack_token"},
		{name: "the other still works", spoil: func(w *ward, ana, _ string) { w.slack.Revoke(ana) }, verdict: verdictOK, says: "the Slack status of ben shows"},
		{name: "a scope is missing", scopes: []string{"users.profile:write"}, verdict: verdictWarn, says: "lacks scopes: users.profile:read", remedy: "--personal"},
		{name: "Slack is away", spoil: func(w *ward, _, _ string) {
			w.slack.Break(fakeslack.Fault{Kind: fakeslack.ServerError})
		}, verdict: verdictWarn, says: "could not be asked", remedy: "slack.com"},
		{name: "another's", spoil: func(w *ward, ana, ben string) { w.env["ANA_SLACK_TOKEN"], w.env["BEN_SLACK_TOKEN"] = ben, ana }, verdict: verdictWarn, says: "belongs to another Slack user, ben", remedy: "people.ana"},
		{name: "one is not set", spoil: func(w *ward, _, _ string) { delete(w.env, "ANA_SLACK_TOKEN") }, verdict: verdictFail, says: "without people.ana.slack_token", remedy: "above"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWard(t)
			if tt.scopes == nil {
				tt.scopes = slack.PersonalScopes()
			}
			ana, ben := connectWard(t, w, tt.scopes...)
			if tt.spoil != nil {
				tt.spoil(w, ana, ben)
			}
			found, out, _ := w.examined(false)
			if strings.Contains(out, ana) || strings.Contains(out, ben) {
				t.Errorf("a token is shown:\n%s", out)
			}
			for _, d := range found {
				if d.Group == "slack status" && d.Verdict == tt.verdict && strings.Contains(d.What, tt.says) && strings.Contains(d.Remedy, tt.remedy) {
					return
				}
			}
			t.Errorf("no %s with %q and %q in:\n%s", tt.verdict, tt.says, tt.remedy, out)
		})
	}
}

// TestDoctorIsSilentWithoutStatuses: where nobody has connected one there is nothing to say.
func TestDoctorIsSilentWithoutStatuses(t *testing.T) {
	t.Parallel()
	found, _, _ := newWard(t).examined(false)
	for _, d := range found {
		if d.Group == "slack status" {
			t.Errorf("%+v", d)
		}
	}
}
