package slack

import (
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// alive is markup that Slack would act upon: a mention, a channel, a link. Of ours there is none in an answer.
var alive = regexp.MustCompile(`<[^>]*>|(?i)@(here|channel|everyone|group)\b`)

// FuzzMention says anything to the app: it never fails for good, and nothing of what was said comes alive in an answer.
func FuzzMention(f *testing.F) {
	for _, seed := range []string{
		"<@UBOT>", "<@UBOT> declare x", "<@UBOT|musterbook> sev1 <!channel>", "hey <@UBOT> <!here>", "<@UBOT> <https://x|<!channel>>", "<@UBOT> @here ack",
		"<@UBOT> note &lt;!channel&gt;", "<@UBOT> page <@U1> now", "<@UBOT> answer a b=c", "<@U1> <@UBOT>", "", "<@UBOT", "\xff<@UBOT>\xff", "<@UBOT> declare service=" + strings.Repeat("é", 3000),
	} {
		f.Add(seed, `"1.000002"`)
	}
	f.Add("<@UBOT> help", `null`)
	f.Add("<@UBOT> help", `"<!channel>"`)
	var posted []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		posted = append(posted, r.FormValue("text"), r.FormValue("blocks"))
		answer := map[string]any{"ok": true, "user_id": "UBOT", "url": "https://x.slack.com/", "channel": "C1", "ts": "1.000003"}
		if strings.HasPrefix(r.URL.Path, "/conversations.") {
			answer["channel"] = map[string]any{"id": "C1", "name": "ops"}
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	f.Cleanup(server.Close)
	client := New(Options{Token: "xoxb-none", APIURL: server.URL, People: nobody{}, Log: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, text, thread string) {
		posted = nil
		desk := NewDesk(client, refusingDoor{})
		said, err := json.Marshal(text)
		if err != nil || !json.Valid([]byte(thread)) {
			t.Skip()
		}
		payload := `{"type":"event_callback","event_id":"Ev1","event":{"type":"app_mention","user":"U1","channel":"C1","ts":"1.000001","thread_ts":` +
			thread + `,"text":` + string(said) + `}}`
		a, err := desk.notice(t.Context(), []byte(payload))
		if err != nil || len(a.body) > 0 {
			t.Fatalf("%q gives %s, %v", text, a.body, err)
		}
		a.finish(t.Context())
		for _, shown := range posted {
			if found := alive.FindString(inMarkup(shown)); found != "" {
				t.Errorf("%q is answered with %q: %s", text, found, shown)
			}
		}
	})
}

// inMarkup is what of a text, or of blocks, Slack reads as markup.
func inMarkup(shown string) string {
	if !strings.HasPrefix(shown, "[{") {
		return shown
	}
	var blocks []struct {
		Text struct{ Type, Text string }
	}
	if json.Unmarshal([]byte(shown), &blocks) != nil {
		return shown
	}
	var out strings.Builder
	for _, b := range blocks {
		if b.Text.Type == "mrkdwn" {
			out.WriteString(b.Text.Text + "\n")
		}
	}
	return out.String()
}

// FuzzSpoken clicks on buttons: what we put on one fits and is read again, and what we did not is refused.
func FuzzSpoken(f *testing.F) {
	for _, seed := range []string{``, `{}`, `{"w":"severity"}`, `{"w":"ack"}`, `{"t":"x","m":"1.000001","h":"1.000001"}`, `{"w":7}`, `null`, `{"w":"declare service=x"}`} {
		f.Add(seed)
	}
	desk := NewDesk(New(Options{Token: "xoxb-none", APIURL: "http://127.0.0.1:1", People: nobody{}, Log: slog.New(slog.DiscardHandler)}), refusingDoor{})
	f.Fuzz(func(t *testing.T, value string) {
		s := spoken{Text: strings.ToValidUTF8(value, ""), TS: "1.000001"}
		raw, err := s.value()
		var back spoken
		if err != nil || utf8.RuneCountInString(raw) > maxValue || json.Unmarshal([]byte(raw), &back) != nil || back.TS != s.TS {
			t.Errorf("%q stands on a button as %s, %v", value, raw, err)
		}
		in := interaction{Type: "block_actions", TriggerID: "1.2.3", Actions: []action{{ActionID: mentionPrefix + ".open", Value: value}}}
		in.User.ID = "U1"
		a, err := desk.openSpoken(t.Context(), in)
		if err != nil && (a.then != nil || len(a.body) > 0) {
			t.Errorf("%q gives an answer and %v", value, err)
		}
	})
}
