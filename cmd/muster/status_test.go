//go:build !noengine

package main

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/gateway"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// TestStatusFromTheFileToSlack is the whole way on a real engine: a token behind the file, the declaration, who takes
// command, Slack, and what stood there before. The token stands in nothing that is kept.
func TestStatusFromTheFileToSlack(t *testing.T) {
	t.Parallel()
	v := newTown(t)
	token, err := v.slack.Connect("UANA", slack.PersonalScopes()...)
	if err != nil {
		t.Fatal(err)
	}
	thinking := fakeslack.Status{Text: "Thinking", Emoji: ":thinking_face:"}
	v.slack.SetStatus("UANA", thinking)
	secret := v.write("ana-slack-token", token+"\n")
	v.write("musterbook.yaml", strings.Replace(v.settings(), "email: ana@town.example,", "email: ana@town.example, slack_token: \"file:"+secret+"\",", 1))
	s := v.serve(t)
	in, err := s.Incidents.Declare(t.Context(), gateway.NewIncident{Title: "Checkout is slow", Service: "payments"})
	if err != nil {
		t.Fatal(err)
	}
	do := func(who oncall.PersonID, verb contract.Verb, act contract.Act) {
		t.Helper()
		by := incident.Actor{Person: who, Name: string(who), Door: incident.DoorCLI, Verified: true}
		act.By = by
		if _, err := s.Incidents.Act(t.Context(), in.Key, gateway.Deed{Verb: verb, Act: act}); err != nil {
			t.Fatal(err)
		}
	}
	do("ana", contract.VerbAssign, contract.Act{Role: incident.Commander, Person: "ana"})
	shown := statusBecomes(t, v.slack, "UANA", func(s fakeslack.Status) bool { return s.Text == string(in.Key) })
	if left := time.Until(time.Unix(shown.Expires, 0)); shown.Emoji != ":rotating_light:" || left < 23*time.Hour || left > 24*time.Hour {
		t.Errorf("the status is %+v, for another %s", shown, left)
	}
	do("ben", contract.VerbAssign, contract.Act{Role: incident.Commander, Person: "ben"})
	got := statusBecomes(t, v.slack, "UANA", func(s fakeslack.Status) bool { return s.Text != string(in.Key) })
	if diff := cmp.Diff(thinking, got); diff != "" {
		t.Errorf("after the hand-over (-want +got):\n%s", diff)
	}
	do("ana", contract.VerbAssign, contract.Act{Role: incident.Commander, Person: "ana"})
	statusBecomes(t, v.slack, "UANA", func(s fakeslack.Status) bool { return s.Text == string(in.Key) })
	do("ana", contract.VerbResolve, contract.Act{})
	statusBecomes(t, v.slack, "UANA", func(s fakeslack.Status) bool { return s == thinking })
	untold(t, v.dir, token, secret)
}

// statusBecomes waits until a status fits.
func statusBecomes(t *testing.T, fake *fakeslack.Server, user string, fits func(fakeslack.Status) bool) fakeslack.Status {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		got := fake.StatusOf(user)
		if fits(got) {
			return got
		}
		if ctx.Err() != nil {
			t.Fatalf("the status stays %+v", got)
		}
		pause(ctx, 20*time.Millisecond)
	}
}

// untold checks that no file below a directory holds a secret, but the one that is there for it.
func untold(t *testing.T, dir, secret, except string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || path == except {
			return err
		}
		content, err := os.ReadFile(path)
		if strings.Contains(string(content), secret) {
			t.Errorf("the secret stands in %s", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}
