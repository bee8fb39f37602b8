package slack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// deed is one thing that an incident does in Slack. It gives the act, which may be repeated, on a workspace that is ready
// for it.
type deed func(t *testing.T, w world) func(ctx context.Context, again bool) error

// deeds are all of them, by what they are called in the ports.
func deeds() map[string]deed {
	return map[string]deed{
		"open a room": func(_ *testing.T, w world) func(context.Context, bool) error {
			return func(ctx context.Context, again bool) error {
				req := openRequest()
				req.Again = again
				_, err := w.OpenRoom(ctx, req)
				return err
			}
		},
		"post": func(t *testing.T, w world) func(context.Context, bool) error {
			room := w.room(t)
			return func(ctx context.Context, again bool) error {
				req := contract.PostRequest{Effect: effect("k"), Room: room, Message: contract.Message{
					Text: "Roll back?", Mention: []oncall.PersonID{"ana"}, Pin: true,
				}}
				req.Again = again
				_, err := w.Post(ctx, req)
				return err
			}
		},
		"answer in a thread": func(t *testing.T, w world) func(context.Context, bool) error {
			room := w.room(t)
			first, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("q"), Room: room, Message: contract.Message{Text: "Who looks?"}})
			if err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context, again bool) error {
				req := contract.PostRequest{Effect: effect("k"), Room: room, Message: contract.Message{Text: "Ana", Thread: first.Message}}
				req.Again = again
				_, err := w.Post(ctx, req)
				return err
			}
		},
		"show the room": showTheRoom,
		"announce": func(_ *testing.T, w world) func(context.Context, bool) error {
			w.AddRoom(fakeslack.Room{Name: "incidents"})
			return func(ctx context.Context, again bool) error {
				req := announcement("INC-1 declared")
				req.Again = again
				_, err := w.Announce(ctx, req)
				return err
			}
		},
		"close the room": func(t *testing.T, w world) func(context.Context, bool) error {
			room := w.room(t)
			return func(ctx context.Context, again bool) error {
				req := contract.CloseRoomRequest{Effect: effect("bye"), Room: room, Goodbye: contract.Message{Text: "Goodbye"}}
				req.Again = again
				return w.CloseRoom(ctx, req)
			}
		},
		"tell a person": func(_ *testing.T, w world) func(context.Context, bool) error {
			return func(ctx context.Context, again bool) error {
				req := telling("ana")
				req.Again = again
				_, err := w.Tell(ctx, req)
				return err
			}
		},
		"tell a person that it is over": func(t *testing.T, w world) func(context.Context, bool) error {
			told, err := w.Tell(t.Context(), telling("ana"))
			if err != nil {
				t.Fatal(err)
			}
			return func(ctx context.Context, _ bool) error {
				return w.Retell(ctx, contract.RetellPersonRequest{Provider: told.Provider, Message: contract.Message{Text: "Ben has it"}})
			}
		},
	}
}

// errBookmarks says that a room is shown without its bookmarks, which are not worth the rest.
var errBookmarks = errors.New("the bookmarks are to be tried again")

// showTheRoom shows everything at once that a room shows: a card that is new, a question that is over, people, links.
func showTheRoom(t *testing.T, w world) func(context.Context, bool) error {
	room := w.room(t)
	question, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("q"), Room: room, Message: contract.Message{Text: "Roll back?"}})
	if err != nil {
		t.Fatal(err)
	}
	return func(ctx context.Context, again bool) error {
		req := contract.ShowRoomRequest{
			Effect: effect("card"), Room: room, Topic: "SEV1", Card: &contract.Message{Text: "SEV1", Pin: true}, Invite: []oncall.PersonID{"ben"}, Bookmarks: links(),
			Settled: []contract.SettledPost{{Message: question.Message, Now: contract.Message{Text: "Roll back? Yes"}}},
		}
		req.Again = again
		got, err := w.ShowRoom(ctx, req)
		if err == nil && !got.Bookmarked {
			return errBookmarks
		}
		return err
	}
}

// passing are the ways in which Slack fails for a moment, and final those in which it refuses for good.
func passing() []fakeslack.Fault {
	return []fakeslack.Fault{
		{Kind: fakeslack.WorkThenDrop},
		{Kind: fakeslack.DropBeforeWork},
		{Kind: fakeslack.RateLimited},
		{Kind: fakeslack.RateLimitedBare},
		{Kind: fakeslack.ServerError},
		{Kind: fakeslack.ServerError, Status: 503},
		{Kind: fakeslack.HTMLPage},
		{Kind: fakeslack.HTMLPage, Status: 502},
		{Kind: fakeslack.Refuse, Error: "ratelimited"},
		{Kind: fakeslack.Refuse, Error: "internal_error"},
		{Kind: fakeslack.Refuse, Error: "fatal_error"},
		{Kind: fakeslack.Refuse, Error: "service_unavailable"},
		{Kind: fakeslack.Refuse, Error: "request_timeout"},
	}
}

func final() []fakeslack.Fault {
	return []fakeslack.Fault{
		{Kind: fakeslack.Refuse, Error: "channel_not_found"},
		{Kind: fakeslack.Refuse, Error: "restricted_action"},
		{Kind: fakeslack.Refuse, Error: "invalid_blocks"},
		{Kind: fakeslack.Refuse, Error: "missing_scope", Needed: "chat:write"},
		{Kind: fakeslack.Refuse, Error: "invalid_auth"},
		{Kind: fakeslack.RevokeToken},
	}
}

// TestSlackFailsAtEveryCall lets Slack fail in every class at each call of everything that an incident does there. What
// passes is tried again, as the engine does, until the workspace is as if nothing had happened: nothing is missing, and
// nothing is there twice. What Slack refuses for good is said at once, or is not worth the rest; done once more later it
// makes nothing twice either.
func TestSlackFailsAtEveryCall(t *testing.T) {
	t.Parallel()
	for name, do := range deeds() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			undisturbed := start(t)
			act := do(t, undisturbed)
			before := len(undisturbed.Requests())
			if err := act(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			want, calls := undisturbed.look(), undisturbed.Requests()[before:]
			for n, call := range calls {
				for _, f := range passing() {
					f.Skip, f.Times = n, 1
					t.Run(fmt.Sprintf("%d %s %s", n, call.Method, faultName(f)), func(t *testing.T) {
						t.Parallel()
						brokenThenMended(t, do, f, want)
					})
				}
				for _, f := range final() {
					f.Skip, f.Times = n, 1
					t.Run(fmt.Sprintf("%d %s %s", n, call.Method, faultName(f)), func(t *testing.T) {
						t.Parallel()
						refusedThenAgain(t, do, f)
					})
				}
			}
		})
	}
}

func faultName(f fakeslack.Fault) string { return fmt.Sprintf("%s %s%d", f.Kind, f.Error, f.Status) }

// mostTries is how often a deed is tried that meets one fault.
const mostTries = 3

// brokenThenMended does a deed through a fault that passes.
func brokenThenMended(t *testing.T, do deed, f fakeslack.Fault, want string) {
	t.Helper()
	w := start(t)
	act := do(t, w)
	w.Break(f)
	var err error
	for try := range mostTries {
		if err = act(t.Context(), try > 0); err == nil {
			break
		}
		if contract.IsRefused(err) {
			t.Fatalf("what passes is refused for ever: %v", err)
		}
	}
	if err != nil {
		t.Fatalf("it does not recover: %v", err)
	}
	if diff := cmp.Diff(want, w.look()); diff != "" {
		t.Errorf("the workspace differs from one where nothing failed (-want +got):\n%s", diff)
	}
}

// refusedThenAgain does a deed that Slack refuses, and once more when somebody has mended what was wrong.
func refusedThenAgain(t *testing.T, do deed, f fakeslack.Fault) {
	t.Helper()
	w := start(t)
	act := do(t, w)
	w.Break(f)
	if err := act(t.Context(), false); err != nil && f.Kind == fakeslack.RevokeToken && !contract.IsRefused(err) && !errors.Is(err, errBookmarks) {
		t.Errorf("a token that is no longer good is to be tried again: %v", err)
	}
	w.Mend()
	if err := act(t.Context(), true); err != nil && !contract.IsRefused(err) {
		t.Errorf("the second time: %v", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(w.look()) {
		if seen[line] {
			t.Errorf("there is twice:\n%s", line)
		}
		seen[line] = true
	}
}

// look is the whole workspace as a text, without what differs from one to the next: one line for everything.
func (w world) look() string {
	var lines []string
	named := strings.NewReplacer("<@"+w.ana.ID+">", "Ana Ruiz") // a mention becomes a name where Slack cannot say whose it is
	for _, r := range w.Rooms() {
		name := r.Name
		if r.Direct {
			name = "direct"
		}
		about := fmt.Sprintf("%s archived:%t topic:%q purpose:%q", name, r.Archived, r.Topic, r.Purpose)
		lines = append(lines, about)
		members := slices.Clone(r.Members)
		slices.Sort(members)
		for _, m := range members {
			lines = append(lines, name+" member "+w.nameOf(m))
		}
		for _, m := range w.Messages(r.ID) {
			lines = append(lines, fmt.Sprintf("%s post %q pinned:%t", name, named.Replace(m.Text), slices.Contains(r.Pins, m.TS)))
		}
		for _, b := range r.Bookmarks {
			lines = append(lines, name+" bookmark "+b.Title+" "+b.Link)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// nameOf is a user's name in the workspace.
func (w world) nameOf(id string) string {
	for _, u := range w.Users() {
		if u.ID == id {
			return u.Name
		}
	}
	return id
}
