package slack_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

var _ activities.Chat = (*slack.Client)(nil)

// TestAcceptance runs the suite that every chat passes, in public and in private rooms.
func TestAcceptance(t *testing.T) {
	t.Parallel()
	for name, private := range map[string]bool{"public": false, "private": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			activitiestest.Chat(t, func(t *testing.T) *activitiestest.ChatWorld { return chatWorld(t, private) })
		})
	}
}

// chatWorld is a workspace of its own with the real client in front of it.
func chatWorld(t *testing.T, private bool) *activitiestest.ChatWorld {
	t.Helper()
	fake := fakeslack.New(fakeslack.Options{SigningSecret: secret})
	line := &line{t: t, fake: fake}
	server := httptest.NewServer(line)
	fake.ServedAt(server.URL)
	t.Cleanup(func() {
		server.Close()
		judge(t, fake.Requests())
		judgeMarkup(t, fake)
	})
	users := map[string]oncall.PersonID{}
	for _, p := range people() {
		if p.ID == "ana" || p.ID == "ben" {
			users[fake.AddUser(fakeslack.User{Name: string(p.ID), RealName: p.Name, Email: strings.ToLower(p.Email)}).ID] = p.ID
		}
	}
	channel := fake.AddRoom(fakeslack.Room{Name: "incidents"}).ID
	client := func() activities.Chat {
		return slack.New(slack.Options{
			Token: fakeslack.DefaultToken, APIURL: server.URL + "/api", People: people(), Private: private, Log: slog.New(slog.DiscardHandler),
		})
	}
	return &activitiestest.ChatWorld{
		Trouble: line, Chat: client(), Restarted: client, Members: [2]oncall.PersonID{"ana", "ben"}, Outsider: "lost",
		Rooms: func() []activitiestest.Room { return rooms(t, fake, users) },
		Occupy: func(name, owner string) {
			fake.AddRoom(fakeslack.Room{Name: name, Purpose: "Checkout id:" + owner, Private: private})
		},
		Talk: func(room, text string) {
			for id := range users {
				if _, err := fake.Say(room, id, text, ""); err != nil {
					t.Fatal(err)
				}
				return
			}
		},
		Channel:   "#incidents",
		Announced: func() []activitiestest.Post { return announcements(fake, channel) },
		Withdraw:  func(id string) { fake.Delete(channel, strings.TrimPrefix(id, channel+"/")) },
		Delete: func(room, message string) {
			if !fake.Delete(room, message) {
				t.Fatalf("there is no message %q to delete", message)
			}
		},
	}
}

// rooms shows the workspace in the words of the suite.
func rooms(t *testing.T, fake *fakeslack.Server, users map[string]oncall.PersonID) (out []activitiestest.Room) {
	t.Helper()
	for _, r := range fake.Rooms() {
		if r.Name == "incidents" {
			continue // the channel of announcements
		}
		room := activitiestest.Room{ID: r.ID, Name: r.Name, Topic: r.Topic, Ours: r.Creator == fakeslack.BotUser, Archived: r.Archived}
		for _, m := range r.Members {
			if id, known := users[m]; known {
				room.Members = append(room.Members, id)
			}
		}
		for _, m := range fake.Messages(r.ID) {
			post := activitiestest.Post{ID: m.TS, Text: m.Text, Pinned: slices.Contains(r.Pins, m.TS), Thread: m.ThreadTS}
			for _, b := range m.Buttons() {
				post.Buttons = append(post.Buttons, b.Text)
			}
			room.Posts = append(room.Posts, post)
		}
		out = append(out, room)
	}
	return out
}

// announcements are what the app has posted in the channel for everybody.
func announcements(fake *fakeslack.Server, channel string) (posts []activitiestest.Post) {
	for _, m := range fake.Messages(channel) {
		posts = append(posts, activitiestest.Post{ID: channel + "/" + m.TS, Text: m.Text})
	}
	return posts
}

// line is the connection to the workspace: it breaks at one request, of whichever method, or lets all of them through.
type line struct {
	t    *testing.T
	fake *fakeslack.Server

	mu     sync.Mutex
	breaks activitiestest.Mishap // Lost, Away or none
	skip   int
	struck bool
}

// Break lets the line break, or the workspace refuse.
func (l *line) Break(m activitiestest.Mishap, skip int) (struck func() bool) {
	l.t.Helper()
	switch m {
	case activitiestest.Lost, activitiestest.Away:
		l.mu.Lock()
		defer l.mu.Unlock()
		l.breaks, l.skip, l.struck = m, skip, false
		return func() bool {
			l.mu.Lock()
			defer l.mu.Unlock()
			return l.struck
		}
	case activitiestest.Busy:
		l.fake.Break(fakeslack.Fault{Kind: fakeslack.RateLimitedBare})
	case activitiestest.Refuses:
		l.fake.Break(fakeslack.Fault{Kind: fakeslack.Refuse, Error: "restricted_action"})
	case activitiestest.Revoked:
		l.fake.Break(fakeslack.Fault{Kind: fakeslack.RevokeToken})
	default:
		l.t.Fatalf("no workspace knows the mishap %q", m)
	}
	return func() bool { return true }
}

// Mend ends every mishap.
func (l *line) Mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.breaks = ""
	l.fake.Mend()
}

// ServeHTTP passes a request on, unless it is the one that is struck.
func (l *line) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch l.take() {
	case activitiestest.Lost:
		l.fake.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case activitiestest.Away:
		panic(http.ErrAbortHandler)
	default:
		l.fake.ServeHTTP(w, r)
	}
}

// take counts a request and says what happens to it.
func (l *line) take() activitiestest.Mishap {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.breaks == "" || l.struck {
		return ""
	}
	l.skip--
	l.struck = l.skip < 0
	if !l.struck {
		return ""
	}
	return l.breaks
}
