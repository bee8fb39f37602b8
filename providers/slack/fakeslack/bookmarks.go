package fakeslack

import "strings"

func (s *Server) bookmarksAdd(args arguments) (body, error) {
	if err := args.require("title", "type"); err != nil {
		return nil, err
	}
	r := s.room(args.text("channel_id"))
	switch {
	case r == nil:
		return nil, refuse("channel_not_found")
	case !r.member(BotUser):
		return nil, refuse("permission_denied")
	case args.text("type") != "link":
		return nil, refuse("invalid_bookmark_type")
	case !strings.HasPrefix(args.text("link"), "http://") && !strings.HasPrefix(args.text("link"), "https://"):
		return nil, refuse("invalid_link")
	case len(r.Bookmarks) == 100:
		return nil, refuse("too_many_bookmarks")
	}
	// Slack keeps no watch over duplicates, and neither does this.
	b := Bookmark{ID: s.newID("Bk"), Title: args.text("title"), Link: args.text("link"), Emoji: args.text("emoji")}
	r.Bookmarks = append(r.Bookmarks, b)
	s.happened(Event{Kind: Bookmarked, Room: r.ID, User: BotUser, Text: b.Title + " " + b.Link})
	return body{"bookmark": b.wire(r)}, nil
}

// bookmarksEdit changes what the call names; the rest stays.
func (s *Server) bookmarksEdit(args arguments) (body, error) {
	r := s.room(args.text("channel_id"))
	switch {
	case r == nil:
		return nil, refuse("channel_not_found")
	case !r.member(BotUser):
		return nil, refuse("permission_denied")
	}
	for i := range r.Bookmarks {
		b := &r.Bookmarks[i]
		if b.ID != args.text("bookmark_id") {
			continue
		}
		for field, to := range map[string]*string{"title": &b.Title, "link": &b.Link, "emoji": &b.Emoji} {
			if args.has(field) {
				*to = args.text(field)
			}
		}
		s.happened(Event{Kind: Bookmarked, Room: r.ID, User: BotUser, Text: b.Title + " " + b.Link})
		return body{"bookmark": b.wire(r)}, nil
	}
	return nil, refuse("not_found")
}

func (s *Server) bookmarksList(args arguments) (body, error) {
	r := s.room(args.text("channel_id"))
	if r == nil {
		return nil, refuse("channel_not_found")
	}
	out := []body{}
	for _, b := range r.Bookmarks {
		out = append(out, b.wire(r))
	}
	return body{"bookmarks": out}, nil
}

func (b Bookmark) wire(r *room) body {
	return body{"id": b.ID, "channel_id": r.ID, "title": b.Title, "link": b.Link, "emoji": b.Emoji, "type": "link"}
}
