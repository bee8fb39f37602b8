package slack

import (
	"cmp"
	"context"
	"fmt"

	"github.com/slack-go/slack"

	"github.com/musterbook/musterbook/contract"
)

// maxBookmark bounds a bookmark's title, in characters.
const maxBookmark = 80

// showBookmarks sets the links on top of a room. Adding one is not idempotent,
// so what stands there is read first: a bookmark of the same title is left as
// it is, or led to the new address, and only what is missing is added. Others
// are left alone.
//
// Bookmarks are the least of what a room shows. What Slack refuses is told in
// problems, and done says that there is nothing to be tried again; a failure of
// any other kind is logged, and the caller comes back later.
func (c *Client) showBookmarks(ctx context.Context, room string, wanted []contract.Link) (problems []string, done bool) {
	standing, err := c.bookmarks(ctx, room)
	if err != nil {
		return c.lostBookmark(room, "read the room's bookmarks", err)
	}
	for _, l := range wanted {
		l = contract.Link{Name: shorten(cmp.Or(oneLine(l.Name), l.URL), maxBookmark), URL: webAddress(l.URL)}
		if l.URL == "" {
			continue
		}
		if err := c.showBookmark(ctx, room, standing, l); err != nil {
			told, goOn := c.lostBookmark(room, fmt.Sprintf("bookmark %q", l.Name), err)
			problems = append(problems, told...)
			if !goOn || code(err) == missingScope {
				return problems, goOn
			}
		}
	}
	return problems, true
}

// lostBookmark says what becomes of a bookmark that could not be set. When
// trying again is pointless that is told: Slack refuses it, or the app was
// installed without the scopes of bookmarks. Everything else is logged, and
// done is false.
func (c *Client) lostBookmark(room, doing string, err error) (problems []string, done bool) {
	classified := classify(doing, err)
	if _, refused := refusal(classified); refused || code(err) == missingScope {
		return []string{classified.Error()}, true
	}
	c.log.Warn("bookmarks are not set; they are tried again later", "room", room, "error", classified)
	return nil, false
}

// bookmarks are those that stand in the room, by title.
func (c *Client) bookmarks(ctx context.Context, room string) (map[string]slack.Bookmark, error) {
	var list []slack.Bookmark
	err := c.inside(ctx, room, func() (err error) {
		list, err = c.api.ListBookmarksContext(ctx, room)
		return err
	})
	if err != nil {
		return nil, err
	}
	standing := map[string]slack.Bookmark{}
	for _, b := range list {
		if _, twice := standing[b.Title]; !twice {
			standing[b.Title] = b
		}
	}
	return standing, nil
}

// showBookmark adds one, or leads it to its address.
func (c *Client) showBookmark(ctx context.Context, room string, standing map[string]slack.Bookmark, l contract.Link) error {
	known, stands := standing[l.Name]
	switch {
	case !stands:
		_, err := c.api.AddBookmarkContext(ctx, room, slack.AddBookmarkParameters{Title: l.Name, Type: "link", Link: l.URL})
		return err
	case known.Link != l.URL:
		_, err := c.api.EditBookmarkContext(ctx, room, known.ID, slack.EditBookmarkParameters{Link: l.URL})
		return err
	}
	return nil
}
