// Package memory is every port in memory. It writes all outward acts into one transcript, so that tests assert what
// was done and, as much, what was not.
package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
)

// Line is one outward act that was done, in words.
type Line struct {
	Act
	What string
}

// Act is one outward act before it is done.
type Act struct {
	Kind string // "room", "post", "show", "card", "bookmark", "announce", "close", "status", "settle", "dm", "mail", "call", "text", "hangup", "follow", "record", "bridge", "ticket", "sync", "update", "http", "run", "action"
	Name string // of an action, a command, a request, an audience
	Who  oncall.PersonID
	Text string // what is said to people; of a room its topic
	Key  string // the effect's idempotency key, where it has one
	At   time.Time
}

// World is all ports at once. Now is the clock of the transcript (a workflow test's skipped time). The zero maps are
// ready; every field that is set from outside must be set before the first use.
type World struct {
	Book oncall.Book
	Now  func() time.Time
	// Fail, when set, is asked before each act; an error that it returns is the act's result.
	Fail func(Act) error
	// Lose, when set, is asked after each call, hang-up, status and message to one person that was done; an error that it returns is
	// what the caller hears all the same.
	Lose func(Act) error
	// Taken lists room names that a stranger has: a room of that name gets a suffix.
	Taken []string
	// Placed, when set, hears of each call that was placed, so that a test can let people answer.
	Placed func(call contract.CallRequest, provider string)
	// Sent, when set, hears of each message that was sent, so that a test can let it arrive.
	Sent func(text contract.TextRequest, provider string)
	// Reached, when set, makes an installation to which no word of a telephone comes by itself: attempts are followed, and it
	// answers how far one got by the provider's id.
	Reached func(provider string) contract.FollowResult
	// Told, when set, hears of each message to one person in chat, so that a test can let people press its buttons.
	Told func(req contract.TellPersonRequest, provider string)

	// Mailed, when set, hears of each mail, so that a test can let people press its button.
	Mailed func(req contract.MailRequest, provider string)

	// Statuses are what stands beside the names of those people who have connected theirs; nobody else's can be set.
	Statuses map[oncall.PersonID]*contract.ChatStatus

	// The answers of systems; nil = an empty success.
	HTTP    func(req contract.HTTPRequest) contract.HTTPResult
	Command func(req contract.CommandRequest) contract.CommandResult
	Action  func(name string, with map[string]any) (map[string]any, error)

	done   map[string]bool // effects on systems, by key
	mu     sync.Mutex
	lines  []Line
	rooms  map[string]incident.Room // by owner
	posts  map[string]string        // message id by key
	calls  map[string]string        // provider id by key
	number int
	keys   map[string]incident.Key // by run
	files  map[string][]byte
	marks  map[string]string // bookmarks: address by room and name
}

// New makes a world with a roster and a clock.
func New(book oncall.Book, now func() time.Time) *World {
	return &World{
		Book: book, Now: now, rooms: map[string]incident.Room{}, posts: map[string]string{}, calls: map[string]string{},
		keys: map[string]incident.Key{}, files: map[string][]byte{}, done: map[string]bool{}, marks: map[string]string{},
	}
}

// Transcript lists all outward acts in the order of their time.
func (w *World) Transcript() []Line {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.lines)
}

// File gives an archived file.
func (w *World) File(name string) []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.files[name]
}

// begin locks the world and asks whether the act fails.
func (w *World) begin(a Act) (unlock func(), err error) {
	w.mu.Lock()
	a.At = w.Now()
	if w.Fail != nil {
		err = w.Fail(a)
	}
	return w.mu.Unlock, err
}

// lost is what the caller hears of an act that was done.
func (w *World) lost(a Act) error {
	if w.Lose == nil {
		return nil
	}
	return w.Lose(a)
}

// write adds a line.
func (w *World) write(a Act, format string, args ...any) {
	a.At = w.Now()
	w.lines = append(w.lines, Line{Act: a, What: fmt.Sprintf(format, args...)})
}

// Call is idempotent by Key.
func (w *World) Call(_ context.Context, req contract.CallRequest) (contract.CallResult, error) {
	act := Act{Kind: "call", Who: req.Person, Text: req.Say, Key: req.Key}
	unlock, err := w.begin(act)
	if err != nil {
		unlock()
		return contract.CallResult{}, err
	}
	id, known := w.calls[req.Key]
	if !known {
		id = fmt.Sprintf("CA-%s-%d", req.Person, req.Callback.Attempt)
		w.calls[req.Key] = id
		w.write(act, "call %s: %s", req.Person, req.Say)
	}
	placed := w.Placed
	unlock()
	if placed != nil && !known {
		placed(req, id)
	}
	if err := w.lost(act); err != nil {
		return contract.CallResult{}, err
	}
	return contract.CallResult{Provider: id, Silent: w.Reached != nil, Follow: w.Reached != nil}, nil
}

// HangUp ends a call.
func (w *World) HangUp(_ context.Context, req contract.HangUpRequest) error {
	act := Act{Kind: "hangup", Name: req.Provider}
	unlock, err := w.begin(act)
	defer unlock()
	if err == nil {
		w.write(act, "hang up %s", req.Provider)
		err = w.lost(act)
	}
	return err
}

// Text is idempotent by Key.
func (w *World) Text(_ context.Context, req contract.TextRequest) (contract.TextResult, error) {
	act := Act{Kind: "text", Who: req.Person, Text: req.Text, Key: req.Key}
	unlock, err := w.begin(act)
	if err != nil {
		unlock()
		return contract.TextResult{}, err
	}
	id, known := w.calls[req.Key]
	if !known {
		id = fmt.Sprintf("SM-%s-%d", req.Person, req.Callback.Attempt)
		w.calls[req.Key] = id
		w.write(act, "text %s: %s", req.Person, req.Text)
	}
	sent := w.Sent
	unlock()
	if sent != nil && !known {
		sent(req, id)
	}
	if err := w.lost(act); err != nil {
		return contract.TextResult{}, err
	}
	return contract.TextResult{Provider: id, Follow: w.Reached != nil}, nil
}

// Follow answers how far a call or a message got. It is no outward act.
func (w *World) Follow(_ context.Context, provider string) (contract.FollowResult, error) {
	if w.Reached == nil {
		return contract.FollowResult{}, &contract.Refused{What: "nobody follows " + provider}
	}
	unlock, err := w.begin(Act{Kind: "follow", Name: provider})
	if unlock(); err != nil {
		return contract.FollowResult{}, err
	}
	return w.Reached(provider), nil
}

// Duties resolves names from the book.
func (w *World) Duties(name string, at time.Time, changed ...oncall.Override) ([]oncall.Duty, error) {
	return w.Book.Duties(name, at, changed...)
}

// Policy finds a policy in the book.
func (w *World) Policy(name string) (oncall.Policy, bool) { return w.Book.Policy(name) }

// OldCalendar finds it in the book.
func (w *World) OldCalendar(name string, at time.Time) (oncall.OldCalendar, bool) {
	return w.Book.OldCalendar(name, at)
}

// Put keeps a file.
func (w *World) Put(_ context.Context, name string, content []byte) (string, error) {
	act := Act{Kind: "record", Name: name}
	unlock, err := w.begin(act)
	defer unlock()
	if err != nil {
		return "", err
	}
	w.files[name] = content
	w.write(act, "record %s", name)
	return name, nil
}

// Take gives keys, the same for the same run.
func (w *World) Take(_ context.Context, req contract.TakeNumberRequest) (contract.TakeNumberResult, error) {
	unlock, err := w.begin(Act{Kind: "number"})
	defer unlock()
	if err != nil {
		return contract.TakeNumberResult{}, err
	}
	key, known := w.keys[req.RunID]
	if !known {
		w.number++
		key = incident.Key(fmt.Sprintf("INC-%d", w.number))
		w.keys[req.RunID] = key
	}
	return contract.TakeNumberResult{Key: key}, nil
}

// people lists ids in words.
func people(ids []oncall.PersonID) string {
	if len(ids) == 0 {
		return "nobody"
	}
	words := make([]string, 0, len(ids))
	for _, id := range ids {
		words = append(words, string(id))
	}
	return strings.Join(words, ", ")
}

// message is a message in one line.
func message(m contract.Message) string {
	text := strings.ReplaceAll(m.Text, "\n", " / ")
	if m.Tone == contract.ToneRed {
		text = "[red] " + text
	}
	for _, b := range m.Buttons {
		text += " [" + b.Label + "]"
	}
	if !m.Late.IsZero() {
		text += " (meant at " + m.Late.UTC().Format("15:04:05") + ")"
	}
	if len(m.Mention) > 0 {
		text += " @" + people(m.Mention)
	}
	if m.Thread != "" {
		text += " (answers " + m.Thread + ")"
	}
	return text
}
