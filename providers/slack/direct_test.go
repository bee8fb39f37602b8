package slack_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

var _ activities.Direct = (*slack.Client)(nil)

// TestDirectAcceptance runs the suite that every chat passes that writes to single people.
func TestDirectAcceptance(t *testing.T) {
	t.Parallel()
	activitiestest.Direct(t, directWorld)
}

// directWorld is a workspace of its own with the real client in front of it.
func directWorld(t *testing.T) *activitiestest.DirectWorld {
	t.Helper()
	fake := fakeslack.New(fakeslack.Options{SigningSecret: secret})
	line := &line{t: t, fake: fake}
	server := httptest.NewServer(line)
	fake.ServedAt(server.URL)
	t.Cleanup(func() {
		server.Close()
		judge(t, fake.Requests())
		judgeMarkup(t, fake)
		judgeScopes(t, fake.Requests())
	})
	user := fake.AddUser(fakeslack.User{Name: "ana", RealName: "Ana Ruiz", Email: "ana@example.com"}).ID
	client := func() activities.Direct {
		return slack.New(slack.Options{Token: fakeslack.DefaultToken, APIURL: server.URL + "/api", People: people()})
	}
	return &activitiestest.DirectWorld{
		Trouble: line, Direct: client(), Restarted: client, Person: "ana", Outsider: "lost",
		Messages: func(oncall.PersonID) []activitiestest.Post { return directs(fake, user) },
		Delete: func(id string) {
			room, ts, _ := strings.Cut(id, "/")
			fake.Delete(room, ts)
		},
	}
}

// directs are the messages that the app has written to a user.
func directs(fake *fakeslack.Server, user string) (posts []activitiestest.Post) {
	for _, r := range fake.Rooms() {
		if !r.Direct || !slices.Contains(r.Members, user) {
			continue
		}
		for _, m := range fake.Messages(r.ID) {
			post := activitiestest.Post{ID: r.ID + "/" + m.TS, Text: m.Text}
			for _, b := range m.Buttons() {
				post.Buttons = append(post.Buttons, b.Text)
			}
			posts = append(posts, post)
		}
	}
	return posts
}

// telling is a request that tells somebody of a page.
func telling(person oncall.PersonID) contract.TellPersonRequest {
	button := func(label string, verb contract.Verb) contract.Button {
		return contract.Button{Label: label, Verb: verb, Incident: "incident/x", Key: "INC-1", Page: "x/page/1", Attempt: 3}
	}
	return contract.TellPersonRequest{Effect: effect("x/page/1/3"), Person: person, Message: contract.Message{
		Text: "checkout fails",
		Buttons: []contract.Button{
			button("Acknowledge", contract.VerbAck), button("Escalate", contract.VerbEscalate), button("Not me", contract.VerbQuiet),
		},
	}}
}

// TestDirectButtons: each button becomes its verb with the page's key, by whoever pressed it, in time; afterwards the
// message says who has it and there is nothing left to press.
func TestDirectButtons(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	told, err := h.Tell(t.Context(), telling("ana"))
	if err != nil {
		t.Fatal(err)
	}
	room, ts, _ := strings.Cut(told.Provider, "/")
	for n, b := range h.Messages(room)[0].Buttons() {
		verb := []contract.Verb{contract.VerbAck, contract.VerbEscalate, contract.VerbQuiet}[n]
		if !strings.Contains(b.Value, `"a":3`) {
			t.Errorf("%s does not know its attempt: %s", b.Text, b.Value)
		}
		began := time.Now()
		reply, err := h.Click(t.Context(), h.url+"/slack/actions", fakeslack.ClickRequest{
			User: h.ana.ID, Room: room, MessageTS: ts, ActionID: b.ActionID,
		})
		if err != nil || reply.Status != http.StatusOK || time.Since(began) > 3*time.Second {
			t.Fatalf("%s gives %+v, %v after %s", b.Text, reply, err, time.Since(began))
		}
		got := h.door.all()[n]
		want := acted{
			To: slack.Target{WorkflowID: "incident/x", Key: "INC-1", Room: room, RoomName: "directmessage"}, Verb: verb,
			Act: contract.Act{ID: got.Act.ID, By: anaActor, Key: "INC-1", Page: "x/page/1"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", b.Text, diff)
		}
	}
	h.responses(t, 3)
	if err := h.Retell(t.Context(), contract.RetellPersonRequest{Provider: told.Provider, Message: contract.Message{Text: "Ben has it"}}); err != nil {
		t.Fatal(err)
	}
	if m := h.Messages(room)[0]; m.Text != "Ben has it" || len(m.Buttons()) != 0 || m.Metadata == nil {
		t.Errorf("the message is %+v", m)
	}
}

// TestDirectFaults strikes each request of a message before, during and after its work; the repetition sends it once.
func TestDirectFaults(t *testing.T) {
	t.Parallel()
	kinds := map[fakeslack.FaultKind]string{
		fakeslack.DropBeforeWork: "again", fakeslack.WorkThenDrop: "again", fakeslack.ServerError: "again", fakeslack.HTMLPage: "again",
		fakeslack.RateLimited: "later 7s", fakeslack.RateLimitedBare: "later 30s",
	}
	for _, method := range []string{"users.lookupByEmail", "conversations.open", "chat.postMessage", "chat.update"} {
		for kind, want := range kinds {
			t.Run(method+" "+string(kind), func(t *testing.T) {
				t.Parallel()
				w := start(t)
				w.Break(fakeslack.Fault{Method: method, Kind: kind, Times: 1, RetryAfter: 7 * time.Second})
				req := telling("ana")
				told, err := w.Tell(t.Context(), req)
				if method != "chat.update" {
					if got := class(err); got != want {
						t.Fatalf("the class is %q, want %q: %v", got, want, err)
					}
					req.Again = true
					if told, err = w.Tell(t.Context(), req); err != nil {
						t.Fatal(err)
					}
				}
				change := contract.RetellPersonRequest{Provider: told.Provider, Message: contract.Message{Text: "Ben has it"}}
				err = w.Retell(t.Context(), change)
				if method == "chat.update" {
					if got := class(err); got != want {
						t.Fatalf("the class is %q, want %q: %v", got, want, err)
					}
					err = w.Retell(t.Context(), change)
				}
				posts := directs(w.Server, w.ana.ID)
				if err != nil || len(posts) != 1 || posts[0].ID != told.Provider || posts[0].Text != "Ben has it" {
					t.Errorf("the messages are %+v, the result %+v, %v", posts, told, err)
				}
			})
		}
	}
}

// TestDirectToNobody: whoever cannot be written to is refused with a remedy, so that the page goes on at once; when the
// roster or Slack has been mended, the next message arrives.
func TestDirectToNobody(t *testing.T) {
	t.Parallel()
	w := start(t)
	for person, says := range map[oncall.PersonID]string{
		"lost": "put their Slack user id into the roster", "mute": "neither a Slack user nor an e-mail", "nobody": "not in the roster",
	} {
		if _, err := w.Tell(t.Context(), telling(person)); !contract.IsRefused(err) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", person, err)
		}
	}
	gone := fakeslack.User{ID: "U0CEM00000", Name: "cem", Deleted: true}
	w.AddUser(gone)
	if _, err := w.Tell(t.Context(), telling("cem")); !contract.IsRefused(err) || !strings.Contains(err.Error(), "deactivated") {
		t.Errorf("a deactivated user gives %v", err)
	}
	gone.Deleted = false
	w.AddUser(gone)
	if _, err := w.Tell(t.Context(), telling("cem")); err != nil {
		t.Error(err)
	}
}

// TestDirectAsksOnce: who somebody is and where they are written to is asked once.
func TestDirectAsksOnce(t *testing.T) {
	t.Parallel()
	w := start(t)
	for n := range 3 {
		req := telling("ana")
		req.Key += string(rune('a' + n))
		if _, err := w.Tell(t.Context(), req); err != nil {
			t.Fatal(err)
		}
	}
	if asked, opened := w.calls("users.lookupByEmail"), w.calls("conversations.open"); asked != 1 || opened != 1 {
		t.Errorf("Slack was asked %d times who Ana is, and %d conversations were opened", asked, opened)
	}
}

// TestDirectPressWhileSlackIsAway: whom this process has written to it knows, also when Slack cannot say who pressed.
func TestDirectPressWhileSlackIsAway(t *testing.T) {
	t.Parallel()
	h := startHouse(t)
	told, err := h.Tell(t.Context(), telling("ana"))
	if err != nil {
		t.Fatal(err)
	}
	room, ts, _ := strings.Cut(told.Provider, "/")
	h.Break(fakeslack.Fault{Method: "users.info", Kind: fakeslack.ServerError})
	click := fakeslack.ClickRequest{User: h.ana.ID, Room: room, MessageTS: ts, ActionID: h.Messages(room)[0].Buttons()[0].ActionID}
	if _, err := h.Click(t.Context(), h.url+"/slack/actions", click); err != nil {
		t.Fatal(err)
	}
	if got := h.door.all()[0].Act.By; !cmp.Equal(got, anaActor) {
		t.Errorf("it was pressed by %+v", got)
	}
}

// judgeScopes checks that the app, as the guide sets it up, may make the requests of direct messages.
func judgeScopes(t *testing.T, requests []fakeslack.Request) {
	t.Helper()
	guide, err := os.ReadFile(filepath.Join("..", "..", "docs", "first-incident.md"))
	if err != nil {
		t.Fatal(err)
	}
	folder := os.Getenv("MUSTERBOOK_CONTRACTS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "contracts")
	}
	if _, err := os.Stat(filepath.Join(folder, "slack")); err != nil {
		t.Log("the published descriptions of Slack are not here, so the scopes are not judged; set MUSTERBOOK_CONTRACTS to their folder")
		return
	}
	for _, r := range requests {
		raw, err := os.ReadFile(filepath.Join(folder, "slack", r.Method+".json"))
		if err != nil {
			t.Errorf("%s is no published method: %v", r.Method, err)
			continue
		}
		var p struct {
			Scope struct{ Bot []string }
		}
		if err := json.Unmarshal(raw, &p); err != nil {
			t.Fatal(err)
		}
		scopes := p.Scope.Bot
		if direct := slices.IndexFunc(scopes, func(s string) bool { return strings.HasPrefix(s, "im:") }); direct >= 0 {
			scopes = scopes[direct : direct+1] // of the kinds of conversations, this one
		}
		granted := func(s string) bool { return strings.Contains(string(guide), "      - "+s+"\n") }
		if len(scopes) > 0 && !slices.ContainsFunc(scopes, granted) {
			t.Errorf("%s needs one of the scopes %q, which the guide does not give the app", r.Method, scopes)
		}
	}
}
