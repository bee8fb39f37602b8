package fakeslack

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
	case args.text("link") == "":
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
