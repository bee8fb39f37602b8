package activitiestest

import (
	"slices"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// DirectWorld is a chat service that writes to single people, with the port in front of it.
type DirectWorld struct {
	Trouble
	Direct activities.Direct
	// Restarted is the port of another process, which remembers nothing, to the same service.
	Restarted func() activities.Direct
	// Person is somebody whom the service knows; Outsider is one of the roster whom it does not. Empty = it knows everybody.
	Person, Outsider oncall.PersonID
	// Messages are what a person has been written, oldest first; their ids are those of the port's results.
	Messages func(person oncall.PersonID) []Post
	// Delete takes a message away, as its reader may; nil = nobody can.
	Delete func(id string)
}

// Direct runs the acceptance test of messages to one person.
func Direct(t *testing.T, open func(t *testing.T) *DirectWorld) {
	t.Helper()
	suite := directSuite{open}
	for name, test := range map[string]func(*testing.T){
		"Tell":                   suite.tells,
		"TellConverges":          func(t *testing.T) { converges(t, suite.telling) },
		"TellKnowsItsKey":        suite.tellKnowsItsKey,
		"TellNoOutsider":         suite.tellsNoOutsider,
		"TellAnswersWithClass":   func(t *testing.T) { classes(t, suite.telling, nil) },
		"Retell":                 suite.retells,
		"RetellConverges":        func(t *testing.T) { converges(t, suite.retelling) },
		"RetellAnswersWithClass": func(t *testing.T) { classes(t, suite.retelling, nil) },
		"RetellOfADeletedOne":    suite.retellsDeleted,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type directSuite struct {
	open func(t *testing.T) *DirectWorld
}

// port is the one that has worked so far, or that of a new process.
func (w *DirectWorld) port(restarted bool) activities.Direct {
	if restarted {
		return w.Restarted()
	}
	return w.Direct
}

// look is what the person sees, without the service's own identifiers.
func (w *DirectWorld) look() any {
	posts := w.Messages(w.Person)
	for n := range posts {
		posts[n].ID = ""
	}
	return posts
}

// page is a request that tells the person of a page.
func (w *DirectWorld) page(key string) contract.TellPersonRequest {
	back := contract.Callback{WorkflowID: "incident/" + owner, Key: "INC-1", Page: owner + "/page", Attempt: 2}
	button := func(label string, verb contract.Verb) contract.Button {
		return contract.Button{Label: label, Verb: verb, Incident: back.WorkflowID, Key: back.Key, Page: back.Page, Attempt: back.Attempt}
	}
	return contract.TellPersonRequest{
		Effect: effect(key), Callback: back, Person: w.Person, Message: contract.Message{
			Text: "checkout fails", Buttons: []contract.Button{button("Acknowledge", contract.VerbAck), button("Not me", contract.VerbQuiet)},
		},
	}
}

// telling is a message that is sent.
func (s directSuite) telling(t *testing.T) stage {
	w := s.open(t)
	req := w.page(owner + "/page/2")
	return stage{trouble: w, look: w.look, act: func(again, restarted bool) (any, error) {
		req.Again = again
		return w.port(restarted).Tell(t.Context(), req)
	}}
}

// retelling is a message that is changed.
func (s directSuite) retelling(t *testing.T) stage {
	w := s.open(t)
	told, err := w.Direct.Tell(t.Context(), w.page(owner+"/page/2"))
	must(t, err)
	req := contract.RetellPersonRequest{Provider: told.Provider, Message: contract.Message{Text: "Ben has it"}}
	return stage{trouble: w, look: w.look, act: func(_, restarted bool) (any, error) {
		return nil, w.port(restarted).Retell(t.Context(), req)
	}}
}

// tells: the person has the message once, with its buttons, and the result names it.
func (s directSuite) tells(t *testing.T) {
	w := s.open(t)
	got, err := w.Direct.Tell(t.Context(), w.page("k"))
	must(t, err)
	posts := w.Messages(w.Person)
	if len(posts) != 1 || posts[0].ID != got.Provider || got.Provider == "" || !strings.Contains(posts[0].Text, "checkout fails") ||
		!slices.Equal(posts[0].Buttons, []string{"Acknowledge", "Not me"}) {
		t.Errorf("the messages are %s, the result %s", text(posts), text(got))
	}
}

// tellKnowsItsKey: what is adopted carries the very same key; the same words prove nothing.
func (s directSuite) tellKnowsItsKey(t *testing.T) {
	w := s.open(t)
	seen := map[string]bool{}
	for n, key := range []string{owner + "/page/11", owner + "/page/1", owner + "/page/1/1", "/page/1"} {
		req := w.page(key)
		req.Again, req.Callback.Attempt = true, n+1
		got, err := w.Restarted().Tell(t.Context(), req)
		must(t, err)
		if seen[got.Provider] {
			t.Errorf("%s has adopted another's message %q", key, got.Provider)
		}
		seen[got.Provider] = true
		repeated, err := w.Direct.Tell(t.Context(), req)
		must(t, err)
		same(t, "the repetition of "+key, got, repeated)
	}
	if posts := w.Messages(w.Person); len(posts) != len(seen) {
		t.Errorf("%d messages were sent, want %d: %s", len(posts), len(seen), text(posts))
	}
}

// tellsNoOutsider: somebody whom the service does not know is refused, and so is nobody at all.
func (s directSuite) tellsNoOutsider(t *testing.T) {
	w := s.open(t)
	if w.Outsider == "" {
		t.Skip("this world knows everybody")
	}
	for _, who := range []oncall.PersonID{w.Outsider, "nobody-of-that-name"} {
		req := w.page("k")
		req.Person = who
		if _, err := w.Direct.Tell(t.Context(), req); !contract.IsRefused(err) || !strings.Contains(err.Error(), string(who)) {
			t.Errorf("a message to %s gives %v, want a refusal that names them", who, err)
		}
	}
}

// retells: the message says something else and has no buttons any more; another message stays.
func (s directSuite) retells(t *testing.T) {
	w := s.open(t)
	first, err := w.Direct.Tell(t.Context(), w.page("k/1"))
	must(t, err)
	further := w.page("k/2")
	further.Callback.Attempt = 3
	second, err := w.Direct.Tell(t.Context(), further)
	must(t, err)
	for range 2 {
		must(t, w.Restarted().Retell(t.Context(), contract.RetellPersonRequest{
			Provider: first.Provider, Message: contract.Message{Text: "Ben has it"},
		}))
	}
	posts := w.Messages(w.Person)
	if len(posts) != 2 || posts[0].ID != first.Provider || !strings.Contains(posts[0].Text, "Ben has it") || len(posts[0].Buttons) > 0 ||
		posts[1].ID != second.Provider || len(posts[1].Buttons) != 2 {
		t.Errorf("the messages are %s", text(posts))
	}
}

// retellsDeleted: what is not there any more has nothing left to press.
func (s directSuite) retellsDeleted(t *testing.T) {
	w := s.open(t)
	if w.Delete == nil {
		t.Skip("nobody deletes messages in this world")
	}
	told, err := w.Direct.Tell(t.Context(), w.page("k"))
	must(t, err)
	w.Delete(told.Provider)
	must(t, w.Direct.Retell(t.Context(), contract.RetellPersonRequest{Provider: told.Provider, Message: contract.Message{Text: "Ben has it"}}))
	same(t, "messages", 0, len(w.Messages(w.Person)))
}
