package activitiestest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// ChatWorld is a chat service with the port in front of it.
type ChatWorld struct {
	Trouble
	Chat activities.Chat
	// Restarted is the port of another process, which remembers nothing, to the same service.
	Restarted func() activities.Chat
	// Members are two people whom the service knows, and Outsider is one of the roster whom it does not.
	Members  [2]oncall.PersonID
	Outsider oncall.PersonID
	// Rooms shows all rooms, oldest first.
	Rooms func() []Room
	// Occupy lets a stranger make a room of a name, which looks as much like the owner's as a stranger can make it.
	Occupy func(name, owner string)
	// Talk lets a person say something in a room, and Delete takes a message away.
	Talk   func(room, text string)
	Delete func(room, message string)
	// Channel is where announcements go, by its name; it is none of the rooms. Announced is what the port has posted there,
	// its ids those of the results, and Withdraw deletes one as a person may; nil = nobody can.
	Channel   string
	Announced func() []Post
	Withdraw  func(id string)
	// Dim marks a world that shows no more than rooms, their first guests and the texts of messages, and in which
	// people do nothing. The port of the workflows' own tests is such a world.
	Dim bool
}

// Room is a room as the service has it.
type Room struct {
	ID, Name, Topic string
	Ours            bool // our bot made it
	Archived        bool
	Members         []oncall.PersonID // people of the roster, in any order
	Posts           []Post            // oldest first
}

// Post is a message as the service has it.
type Post struct {
	ID, Text string
	Buttons  []string // labels
	Pinned   bool
	Thread   string // the message that it answers
}

// Owner and name of the rooms that the suite opens. Every service takes the name as it is.
const (
	owner    = "0198-ab"
	roomName = "inc-1-checkout"
)

// Chat runs the acceptance test of the chat.
func Chat(t *testing.T, open func(t *testing.T) *ChatWorld) {
	t.Helper()
	suite := chatSuite{open}
	for name, test := range map[string]func(*testing.T){
		"OpenRoom":                      suite.opens,
		"OpenRoomConverges":             suite.opensConverges,
		"OpenRoomTakesNoStrangersRoom":  suite.takesNoStrangersRoom,
		"OpenRoomForEachOwner":          suite.opensForEachOwner,
		"OpenRoomWithoutAnOutsider":     suite.opensWithoutOutsider,
		"OpenRoomAnswersWithItsClass":   func(t *testing.T) { classes(t, suite.opening, nil) },
		"Post":                          suite.posts,
		"PostConverges":                 suite.postConverges,
		"PostKnowsItsKey":               suite.postKnowsItsKey,
		"PostAnswersWithItsClass":       func(t *testing.T) { classes(t, suite.posting, nil) },
		"PostIntoAThread":               suite.postsIntoAThread,
		"PostIntoAThreadConverges":      func(t *testing.T) { converges(t, suite.replying) },
		"PostIntoAThreadWithItsClass":   func(t *testing.T) { classes(t, suite.replying, nil) },
		"PostIntoNoThread":              suite.postsIntoNoThread,
		"ShowRoom":                      suite.shows,
		"ShowRoomConverges":             suite.showConverges,
		"ShowRoomAfterALostCard":        suite.showsAfterALostCard,
		"ShowRoomOfADeletedCard":        suite.showsDeletedCard,
		"ShowRoomSettles":               suite.settles,
		"ShowRoomInvites":               suite.showInvites,
		"ShowRoomLeavesWhatIsNotNamed":  suite.showLeaves,
		"ShowRoomAnswersWithItsClass":   func(t *testing.T) { classes(t, suite.showing, hasProblems) },
		"ShowRoomAgainAnswersWithClass": func(t *testing.T) { classes(t, suite.changing, hasProblems) },
		"Announce":                      suite.announces,
		"AnnounceConverges":             suite.announceConverges,
		"AnnounceForEachKey":            suite.announcesForEachKey,
		"AnnounceOfADeletedOne":         suite.announcesDeleted,
		"AnnounceAnswersWithItsClass":   func(t *testing.T) { classes(t, suite.announcing, nil) },
		"AnnounceAgainAnswersWithClass": func(t *testing.T) { classes(t, suite.announcingChange, nil) },
		"CloseRoom":                     suite.closes,
		"CloseRoomConverges":            func(t *testing.T) { converges(t, suite.closing) },
		"CloseRoomOfAClosedOne":         suite.closesClosed,
		"CloseRoomAnswersWithItsClass":  func(t *testing.T) { classes(t, suite.closing, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type chatSuite struct {
	open func(t *testing.T) *ChatWorld
}

// hasProblems says whether a result of ShowRoom tells of what could not be done.
func hasProblems(result any) bool { return len(result.(contract.ShowRoomResult).Problems) > 0 }

// effect is one that is intended now.
func effect(key string) contract.Effect { return contract.Effect{Key: key, Intended: time.Now()} }

// opening is a request for a room.
func (w *ChatWorld) opening() contract.OpenRoomRequest {
	return contract.OpenRoomRequest{
		Effect: effect(owner + "/room/1"), Owner: owner, Name: roomName, Purpose: "checkout fails", Topic: "INC-1 - SEV1", Invite: w.Members[:],
	}
}

// room opens the room of a test.
func (w *ChatWorld) room(t *testing.T) string {
	t.Helper()
	got, err := w.Chat.OpenRoom(t.Context(), contract.OpenRoomRequest{Effect: effect(owner + "/room/1"), Owner: owner, Name: roomName})
	must(t, err)
	return got.Room.ID
}

// post posts a message and answers its id.
func (w *ChatWorld) post(t *testing.T, room, key, words string) string {
	t.Helper()
	got, err := w.Chat.Post(t.Context(), contract.PostRequest{Effect: effect(key), Room: room, Message: contract.Message{Text: words}})
	must(t, err)
	return got.Message
}

// port is the one that acts, or the one of a process that has just started.
func (w *ChatWorld) port(restarted bool) activities.Chat {
	if restarted {
		return w.Restarted()
	}
	return w.Chat
}

// byID finds a room.
func (w *ChatWorld) byID(t *testing.T, id string) Room {
	t.Helper()
	rooms := w.Rooms()
	n := slices.IndexFunc(rooms, func(r Room) bool { return r.ID == id })
	if n < 0 {
		t.Fatalf("there is no room %q among %s", id, text(rooms))
	}
	return rooms[n]
}

// look is the world without what each world makes up for itself.
func (w *ChatWorld) look() any {
	rooms := w.Rooms()
	for n := range rooms {
		rooms[n].ID = ""
		slices.Sort(rooms[n].Members)
		posts := rooms[n].Posts
		for m := range posts {
			if first := slices.IndexFunc(posts, func(p Post) bool { return p.ID == posts[m].Thread }); first >= 0 {
				posts[m].Thread = posts[first].Text
			}
		}
		for m := range posts {
			posts[m].ID = ""
		}
	}
	return rooms
}

// foreign are the rooms that are not ours.
func foreign(rooms []Room) []Room {
	var theirs []Room
	for _, r := range rooms {
		if !r.Ours {
			theirs = append(theirs, r)
		}
	}
	return theirs
}

// saying are the posts that hold a text.
func saying(r Room, words string) []Post {
	return slices.DeleteFunc(slices.Clone(r.Posts), func(p Post) bool { return !strings.Contains(p.Text, words) })
}

// one is the only post that holds a text.
func one(t *testing.T, r Room, words string) Post {
	t.Helper()
	found := saying(r, words)
	if len(found) != 1 {
		t.Fatalf("%d messages hold %q, want one: %s", len(found), words, text(r.Posts))
	}
	return found[0]
}
