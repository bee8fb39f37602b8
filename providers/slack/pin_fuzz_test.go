package slack

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/slack-go/slack"
)

// FuzzReaction holds for both events: what is ours names a person and a message, and whatever else is there is left alone.
func FuzzReaction(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"type":"reaction_added","user":"U1","reaction":"pushpin","item_user":"U2","item":{"type":"message","channel":"C1","ts":"1700000000.000100"},"event_ts":"1700000001.000100"}`,
		`{"type":"reaction_removed","user":"U1","reaction":"pushpin","item":{"type":"message","channel":"C1","ts":""}}`,
		`{"type":"reaction_added","user":"U1","reaction":"thumbsup","item":null}`, `{"reaction":"pushpin","item":{"type":"file","file":"F1"}}`,
		`{"reaction":7}`, `{"reaction":"pushpin","item":[]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		in, ours, err := readReaction(raw)
		switch {
		case err != nil && ours:
			t.Errorf("%+v is ours, and %v", in, err)
		case ours && (in.User == "" || in.Item.Channel == "" || in.Item.TS == "" || in.Reaction != pinEmoji || in.Item.Type != "message"):
			t.Errorf("%+v is ours", in)
		}
		if at := instantOf(in.Item.TS); !at.IsZero() && (at.Before(time.Unix(1, 0)) || at.Year() > 5000) {
			t.Errorf("%q is %s", in.Item.TS, at)
		}
	})
}

// FuzzPinnedMessage holds for every message: it is read leniently, and what is attached to it is told without ids.
func FuzzPinnedMessage(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `{"ts":"1.2","text":"<@U1> <#C1|x> <!here>","files":[{"name":"a"}],"attachments":[{"fallback":"b"}],"bot_profile":{"name":"c"}}`,
		`{"files":null,"attachments":[null],"bot_profile":null}`, `{"text":"<@U1|a|b>"}`, `{"text":"<<@U1>>"}`, `{"blocks":[{"type":7}]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var m message
		if json.Unmarshal(raw, &m) != nil {
			return
		}
		var theirs slack.Message
		if json.Unmarshal(raw, &theirs) == nil {
			if got := messageOf(&theirs); got.Text != m.Text || got.attached() != m.attached() {
				t.Errorf("read as %+v and as %+v", m, got)
			}
		}
		if left := linked.FindString(withoutMarkup(m.Text)); left != "" && !strings.Contains(m.Text, "&lt;") {
			t.Errorf("%q keeps the link %q", m.Text, left)
		}
	})
}
