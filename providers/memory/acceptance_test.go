package memory_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

// The ports that workflow tests take from one world.
var (
	_ activities.Chat    = (*memory.World)(nil)
	_ activities.Phone   = (*memory.World)(nil)
	_ activities.People  = (*memory.World)(nil)
	_ activities.Archive = (*memory.World)(nil)
	_ activities.Numbers = (*memory.World)(nil)
)

// TestAcceptance runs the suites of all ports.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	for name, suite := range map[string]func(*testing.T){
		"chat":     func(t *testing.T) { activitiestest.Chat(t, chatWorld) },
		"direct":   func(t *testing.T) { activitiestest.Direct(t, directWorld) },
		"presence": func(t *testing.T) { activitiestest.Presence(t, presenceWorld) },
		"mail":     func(t *testing.T) { activitiestest.Mail(t, mailWorld) },
		"phone":    func(t *testing.T) { activitiestest.Phone(t, phoneWorld) },
		"people": func(t *testing.T) {
			activitiestest.People(t, func(_ *testing.T, book oncall.Book) activities.People { return memory.New(book, time.Now) })
		},
		"archive": func(t *testing.T) { activitiestest.Archive(t, archiveWorld) },
		"numbers": func(t *testing.T) {
			activitiestest.Numbers(t, func(*testing.T) activities.Numbers { return memory.New(oncall.Book{}, time.Now) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite(t)
		})
	}
}

// chatWorld shows rooms, guests and messages as the transcript tells them.
func chatWorld(*testing.T) *activitiestest.ChatWorld {
	b := breakable()
	return &activitiestest.ChatWorld{
		Trouble: b, Chat: b, Restarted: func() activities.Chat { return b }, Members: [2]oncall.PersonID{"ana", "ben"},
		Rooms:   func() []activitiestest.Room { return rooms(b.Transcript()) },
		Occupy:  func(name, _ string) { b.Taken = append(b.Taken, name) },
		Channel: "#incidents", Announced: func() []activitiestest.Post { return announced(b) },
		Dim: true,
	}
}

// rooms reads the transcript of a world in which everything is said in the newest room. Identifiers are counted, as the
// world does.
func rooms(lines []memory.Line) []activitiestest.Room {
	var out []activitiestest.Room
	posts := 0
	for _, l := range lines {
		kind, rest, _ := strings.Cut(l.What, " ")
		if kind == "room" {
			name, guests, _ := strings.Cut(strings.TrimPrefix(rest, "#"), ", invite ")
			r := activitiestest.Room{ID: fmt.Sprint("C", len(out)+1), Name: name, Ours: true}
			for guest := range strings.SplitSeq(guests, ", ") {
				if guest != "nobody" {
					r.Members = append(r.Members, oncall.PersonID(guest))
				}
			}
			out = append(out, r)
			continue
		}
		room := &out[len(out)-1]
		switch kind {
		case "post":
			posts++
			post := activitiestest.Post{ID: fmt.Sprint("M", posts), Text: rest}
			if words, answers, ok := strings.Cut(rest, " (answers "); ok {
				post.Text, post.Thread = words, strings.TrimSuffix(answers, ")")
			}
			room.Posts = append(room.Posts, post)
		case "topic":
			room.Topic = rest
		case "archive":
			_, words, _ := strings.Cut(rest, ": ")
			room.Archived, room.Posts = true, append(room.Posts, activitiestest.Post{Text: words})
		}
	}
	return out
}

// announced are the announcements as they stand; the world names each by its channel and key.
func announced(b *brittle) (posts []activitiestest.Post) {
	for _, l := range b.Transcript() {
		if l.Kind != "announce" {
			continue
		}
		post := activitiestest.Post{ID: l.Name + "/" + l.Key, Text: l.Text}
		n := slices.IndexFunc(posts, func(p activitiestest.Post) bool { return p.ID == post.ID })
		if n < 0 {
			n, posts = len(posts), append(posts, post)
		}
		posts[n] = post
	}
	return posts
}

// phoneWorld shows calls and messages as the transcript tells them. Calls of this world never end by themselves.
func phoneWorld(*testing.T) *activitiestest.PhoneWorld {
	b := breakable()
	var passed time.Duration
	return &activitiestest.PhoneWorld{
		Trouble: b, Phone: b, Restarted: func() activities.Phone { return b }, Person: "ana", Other: "ben",
		Calls: func() []activitiestest.Call { return calls(b) },
		Texts: func() []activitiestest.Text { return texts(b.Transcript()) },
		Finish: func(call string) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.finished = append(b.finished, call)
		},
		Now:  func() time.Time { return time.Now().Add(passed) },
		Pass: func(d time.Duration) { passed += d },
	}
}

// calls are those that were placed, with what has ended them.
func calls(b *brittle) []activitiestest.Call {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := slices.Clone(b.placed)
	for n := range out {
		hungUp := func(l memory.Line) bool { return l.What == "hang up "+out[n].ID }
		out[n].Over = slices.Contains(b.finished, out[n].ID) || slices.ContainsFunc(b.Transcript(), hungUp)
	}
	return out
}

// texts reads the messages of a transcript. The world names them by person and attempt.
func texts(lines []memory.Line) []activitiestest.Text {
	var out []activitiestest.Text
	for _, l := range lines {
		rest, is := strings.CutPrefix(l.What, "text ")
		if !is {
			continue
		}
		who, body, _ := strings.Cut(rest, ": ")
		_, number, _ := strings.Cut(body, "[1-100")
		id := "SM-" + who + "-" + strings.TrimSuffix(number, "]")
		out = append(out, activitiestest.Text{ID: id, Person: oncall.PersonID(who), Body: body})
	}
	return out
}

// archiveWorld is the files of a world.
func archiveWorld(*testing.T) *activitiestest.ArchiveWorld {
	b := breakable()
	return &activitiestest.ArchiveWorld{
		Archive: b.World, Restarted: func() activities.Archive { return b.World },
		Read: func(place string) ([]byte, error) { return slices.Clone(b.File(place)), nil },
		Obstruct: func() (restore func()) {
			b.Break(activitiestest.Away, 0)
			b.forGood = true
			return b.Mend
		},
	}
}

// brittle is a world that can be broken: it fails before an act, as the world lets its tests decide, or its answer is
// lost on the way back.
type brittle struct {
	*memory.World

	mu       sync.Mutex
	mishap   activitiestest.Mishap
	skip     int
	forGood  bool // not one request but all
	struck   bool
	placed   []activitiestest.Call
	finished []string
}

// breakable makes a world that works.
func breakable() *brittle {
	b := &brittle{World: memory.New(oncall.Book{}, time.Now)}
	b.Fail = func(memory.Act) error { return b.fails(false) }
	b.Placed = func(call contract.CallRequest, provider string) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.placed = append(b.placed, activitiestest.Call{ID: provider, Person: call.Person})
	}
	return b
}

// Break lets the world fail.
func (b *brittle) Break(m activitiestest.Mishap, skip int) (struck func() bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mishap, b.skip, b.struck = m, skip, false
	b.forGood = m != activitiestest.Lost && m != activitiestest.Away
	return func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return b.struck
	}
}

// Mend ends every mishap.
func (b *brittle) Mend() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mishap, b.forGood = "", false
}

// fails says whether an act fails, before it is done or on its way back.
func (b *brittle) fails(onTheWayBack bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	late := b.mishap == activitiestest.Lost
	if b.mishap == "" || late != onTheWayBack || b.struck && !b.forGood {
		return nil
	}
	if b.skip--; b.skip >= 0 {
		return nil
	}
	b.struck = true
	switch b.mishap {
	case activitiestest.Busy:
		return &contract.Later{After: time.Second, Err: errors.New("too many")}
	case activitiestest.Refuses, activitiestest.Revoked:
		return &contract.Refused{What: "not allowed", Hint: "ask", Installation: b.mishap == activitiestest.Revoked}
	case activitiestest.Lost, activitiestest.Away:
	}
	return errors.New("the connection broke off")
}

// answer loses an answer on its way back.
func answer[Out any](b *brittle, out Out, err error) (Out, error) {
	if err == nil {
		err = b.fails(true)
	}
	if err != nil {
		var none Out
		return none, err
	}
	return out, nil
}

// The ports, with a way back that can break.

func (b *brittle) OpenRoom(ctx context.Context, req contract.OpenRoomRequest) (contract.OpenRoomResult, error) {
	out, err := b.World.OpenRoom(ctx, req)
	return answer(b, out, err)
}

func (b *brittle) Post(ctx context.Context, req contract.PostRequest) (contract.PostResult, error) {
	out, err := b.World.Post(ctx, req)
	return answer(b, out, err)
}

func (b *brittle) ShowRoom(ctx context.Context, req contract.ShowRoomRequest) (contract.ShowRoomResult, error) {
	out, err := b.World.ShowRoom(ctx, req)
	return answer(b, out, err)
}

func (b *brittle) Announce(ctx context.Context, req contract.AnnounceRequest) (contract.AnnounceResult, error) {
	out, err := b.World.Announce(ctx, req)
	return answer(b, out, err)
}

func (b *brittle) CloseRoom(ctx context.Context, req contract.CloseRoomRequest) error {
	_, err := answer(b, contract.None{}, b.World.CloseRoom(ctx, req))
	return err
}

func (b *brittle) Call(ctx context.Context, req contract.CallRequest) (contract.CallResult, error) {
	out, err := b.World.Call(ctx, req)
	return answer(b, out, err)
}

func (b *brittle) HangUp(ctx context.Context, req contract.HangUpRequest) error {
	_, err := answer(b, contract.None{}, b.World.HangUp(ctx, req))
	return err
}

func (b *brittle) Text(ctx context.Context, req contract.TextRequest) (contract.TextResult, error) {
	out, err := b.World.Text(ctx, req)
	return answer(b, out, err)
}
