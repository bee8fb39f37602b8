package memory_test

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/musterbook/musterbook/activities"
	"github.com/musterbook/musterbook/activities/activitiestest"
	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/memory"
)

var _ activities.Direct = (*memory.World)(nil)

// directWorld shows messages to one person as the transcript tells them.
func directWorld(*testing.T) *activitiestest.DirectWorld {
	b := breakable()
	var attempts []int
	b.Told = func(req contract.TellPersonRequest, _ string) { attempts = append(attempts, req.Callback.Attempt) }
	return &activitiestest.DirectWorld{
		Trouble: b, Direct: b, Restarted: func() activities.Direct { return b }, Person: "ana",
		Messages: func(person oncall.PersonID) []activitiestest.Post { return directs(b.Transcript(), person, attempts) },
	}
}

// button is one as the transcript writes it.
var button = regexp.MustCompile(` \[([^\]]+)\]`)

// directs reads the messages to a person; the world names them by person and attempt.
func directs(lines []memory.Line, person oncall.PersonID, attempts []int) (posts []activitiestest.Post) {
	for _, l := range lines {
		if changed, is := strings.CutPrefix(l.What, "settle "); is {
			id, words, _ := strings.Cut(changed, ": ")
			n := slices.IndexFunc(posts, func(p activitiestest.Post) bool { return p.ID == id })
			posts[n] = activitiestest.Post{ID: id, Text: words}
			continue
		}
		rest, is := strings.CutPrefix(l.What, "dm ")
		if !is {
			continue
		}
		post := activitiestest.Post{
			ID: "DM-" + string(person) + "-" + strconv.Itoa(attempts[len(posts)]), Text: strings.TrimPrefix(rest, string(person)+": "),
		}
		for _, found := range button.FindAllStringSubmatch(post.Text, -1) {
			post.Buttons = append(post.Buttons, found[1])
		}
		posts = append(posts, post)
	}
	return posts
}

func (b *brittle) Tell(ctx context.Context, req contract.TellPersonRequest) (contract.TellPersonResult, error) {
	out, err := b.World.Tell(ctx, req)
	return answer(b, out, err)
}

func (b *brittle) Retell(ctx context.Context, req contract.RetellPersonRequest) error {
	_, err := answer(b, contract.None{}, b.World.Retell(ctx, req))
	return err
}
