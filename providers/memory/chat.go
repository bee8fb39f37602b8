package memory

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// OpenRoom is idempotent by Owner.
func (w *World) OpenRoom(_ context.Context, req contract.OpenRoomRequest) (contract.OpenRoomResult, error) {
	act := Act{Kind: "room", Name: req.Name, Text: req.Topic, Key: req.Key}
	unlock, err := w.begin(act)
	defer unlock()
	if err != nil {
		return contract.OpenRoomResult{}, err
	}
	room, known := w.rooms[req.Owner]
	if !known {
		name := req.Name
		if slices.Contains(w.Taken, name) {
			name += "-2"
		}
		room = incident.Room{ID: "C" + fmt.Sprint(len(w.rooms)+1), Name: name, URL: "https://chat.example/" + name}
		w.rooms[req.Owner] = room
		w.write(act, "room #%s, invite %s", name, people(req.Invite))
	}
	return contract.OpenRoomResult{Room: room}, nil
}

// Post is idempotent by Key.
func (w *World) Post(_ context.Context, req contract.PostRequest) (contract.PostResult, error) {
	act := Act{Kind: "post", Text: req.Message.Text, Key: req.Key}
	unlock, err := w.begin(act)
	defer unlock()
	if err != nil {
		return contract.PostResult{}, err
	}
	id, known := w.posts[req.Key]
	if !known {
		id = fmt.Sprintf("M%d", len(w.posts)+1)
		w.posts[req.Key] = id
		w.write(act, "post %s", message(req.Message))
	}
	return contract.PostResult{Message: id}, nil
}

// ShowRoom sets what is given.
func (w *World) ShowRoom(_ context.Context, req contract.ShowRoomRequest) (contract.ShowRoomResult, error) {
	act := Act{Kind: "show", Text: req.Topic, Key: req.Key}
	unlock, err := w.begin(act)
	defer unlock()
	if err != nil {
		return contract.ShowRoomResult{}, err
	}
	if req.Topic != "" {
		w.write(act, "topic %s", req.Topic)
	}
	if req.Card != nil && req.Card.Card != nil {
		w.write(Act{Kind: "card", Text: req.Card.Text}, "card %s", card(*req.Card))
	}
	for _, s := range req.Settled {
		w.write(Act{Kind: "settle", Text: s.Now.Text}, "settle %s", message(s.Now))
	}
	out := contract.ShowRoomResult{CardID: "card", Bookmarked: true}
	for _, l := range req.Bookmarks {
		switch err := w.bookmark(req.Room, l); {
		case contract.IsRefused(err):
			out.Problems = append(out.Problems, err.Error())
		case err != nil:
			out.Bookmarked = false
		}
	}
	return out, nil
}

// bookmark writes a link that the room does not have yet, or has with another address.
func (w *World) bookmark(room string, l contract.Link) error {
	act, at := Act{Kind: "bookmark", Name: l.Name, Text: l.URL, At: w.Now()}, room+"/"+l.Name
	if w.marks[at] == l.URL {
		return nil
	}
	if w.Fail != nil {
		if err := w.Fail(act); err != nil {
			return err
		}
	}
	w.marks[at] = l.URL
	w.write(act, "bookmark %s %s", l.Name, l.URL)
	return nil
}

// Announce is idempotent by Key, and changes what is posted.
func (w *World) Announce(_ context.Context, req contract.AnnounceRequest) (contract.AnnounceResult, error) {
	act := Act{Kind: "announce", Name: req.Channel, Text: req.Message.Text, Key: req.Key}
	unlock, err := w.begin(act)
	defer unlock()
	if err != nil {
		return contract.AnnounceResult{}, err
	}
	posted := req.Channel + "/" + req.Key
	if said := w.posts[posted]; said != req.Message.Text {
		w.posts[posted] = req.Message.Text
		word := "announce in"
		if said != "" {
			word = "announcement in"
		}
		w.write(act, "%s %s: %s", word, req.Channel, message(req.Message))
	}
	return contract.AnnounceResult{Posted: posted}, w.lost(act)
}

// CloseRoom is idempotent by Room.
func (w *World) CloseRoom(_ context.Context, req contract.CloseRoomRequest) error {
	act := Act{Kind: "close", Name: req.Room, Text: req.Goodbye.Text, Key: req.Key}
	unlock, err := w.begin(act)
	defer unlock()
	if err != nil {
		return err
	}
	if at := "close/" + req.Room; !w.done[at] {
		w.done[at] = true
		w.write(act, "archive %s: %s", req.Room, message(req.Goodbye))
	}
	return w.lost(act)
}

// card is a card in one line: what it tells, and its buttons.
func card(m contract.Message) string {
	var parts []string
	for _, line := range strings.Split(m.Card.Text(), "\n") {
		parts = append(parts, strings.TrimPrefix(line, "• "))
	}
	text := strings.Join(parts, " / ")
	for _, b := range m.Buttons {
		text += " [" + b.Label + "]"
	}
	return text
}
