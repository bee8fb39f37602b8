package slack_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	"github.com/musterbook/musterbook/providers/slack/fakeslack"
)

// What Slack's markup may hold that we send: a link with its words, a moment, a person of the workspace. Everything else
// between angle brackets calls more people than we mean, or comes from somebody who is not to decide it.
var (
	marks    = regexp.MustCompile(`<[^<>]*>`)
	harmless = regexp.MustCompile(`^<(https?://[^<>|]*\|[^<>|]*|!date\^[0-9]+\^[^<>]*)>$`)
	mention  = regexp.MustCompile(`^<@([A-Z0-9]+)>$`)
	address  = regexp.MustCompile(`<https?://[^<>|]*\|`) // nobody is called by what an address holds
	shouts   = regexp.MustCompile(`(?i)<!(here|channel|everyone|subteam)|@(here|channel|everyone|group)\b`)
)

// judgeMarkup reads all that was sent into the workspace, as Slack would: nothing in it calls everybody, mentions
// somebody who is no user, breaks out of a link or opens a mark that it does not close.
func judgeMarkup(t *testing.T, w *fakeslack.Server) {
	t.Helper()
	var users []string
	for _, u := range w.Users() {
		users = append(users, u.ID)
	}
	for _, r := range w.Requests() {
		for name, value := range r.Args {
			for _, text := range marked(name, value) {
				if fault := markupFault(text, users); fault != "" {
					t.Errorf("%s sends %s: %s in %q", r.Method, name, fault, text)
				}
			}
		}
	}
}

// marked are the texts of an argument that Slack reads as markup.
func marked(name, value string) []string {
	switch name {
	case "text", "topic", "purpose":
		return []string{value}
	case "blocks", "view", "attachments":
		var parsed any
		if err := json.Unmarshal([]byte(value), &parsed); err != nil {
			return []string{fmt.Sprintf("<!no JSON: %v>", err)}
		}
		return markedIn(parsed)
	}
	return nil
}

func markedIn(value any) (texts []string) {
	switch v := value.(type) {
	case []any:
		for _, each := range v {
			texts = append(texts, markedIn(each)...)
		}
	case map[string]any:
		if text, ok := v["text"].(string); ok && v["type"] == "mrkdwn" {
			texts = append(texts, text)
		}
		for _, each := range v {
			texts = append(texts, markedIn(each)...)
		}
	}
	return texts
}

// markupFault is what is wrong with a text; empty = nothing.
func markupFault(text string, users []string) string {
	if found := shouts.FindString(address.ReplaceAllString(text, " ")); found != "" {
		return found
	}
	for _, mark := range marks.FindAllString(text, -1) {
		if m := mention.FindStringSubmatch(mark); m != nil && slices.Contains(users, m[1]) {
			continue
		}
		if !harmless.MatchString(mark) {
			return mark
		}
	}
	if rest := marks.ReplaceAllString(text, ""); strings.ContainsAny(rest, "<>") {
		return "half a mark"
	}
	return ""
}

func TestTheMarkupJudgeJudges(t *testing.T) {
	t.Parallel()
	for text, wrong := range map[string]bool{
		"plain & simple": false, "<@U1> look": false, "<https://a.example/?b=c|Runbook>": false, "<!date^1700000000^{time}|22:13>": false,
		"<https://a.example/@here|b>": false, "<https://a.example/|@here>": true, "<!channel>": true, "@here": true, "<@U2>": true, "<https://a.example>": true, "<https://a.example|a<b>": true, "a > b": true, "<!subteam^S1>": true,
		"<javascript:alert(1)|x>": true,
	} {
		if fault := markupFault(text, []string{"U1"}); (fault != "") != wrong {
			t.Errorf("%q: %q", text, fault)
		}
	}
}

// FuzzOutgoing sends whatever an alert or a person may have written through everything that an incident shows in Slack.
// Slack takes it, and the judge of the markup finds nothing in it.
func FuzzOutgoing(f *testing.F) {
	for _, seed := range []string{
		"", "checkout fails", "<!channel> @here <!subteam^S1|@all>", "<@U0CEM00000>", "a|b<https://evil.example|Runbook>", "*b* _i_ `c` ```d``` ~e~",
		"&lt;!here&gt; &amp;", "\u202e\x00\xff", strings.Repeat("<@U1>", 2000), strings.Repeat("é\n", 3000), ">", "<", "<<!date^1^{time}|x>>",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w := start(t)
		w.AddRoom(fakeslack.Room{Name: "incidents"})
		opened, err := w.OpenRoom(t.Context(), contract.OpenRoomRequest{
			Effect: effect("room"), Owner: "o", Name: "INC-1 " + text, Purpose: text, Topic: text, Invite: []oncall.PersonID{"ana"},
		})
		if err != nil {
			t.Fatal(err)
		}
		button := contract.Button{Label: text, Verb: contract.VerbAnswer, Incident: "incident/x", Key: "INC-1", Question: "q/1", Value: "yes"}
		message := contract.Message{Text: text, Mention: []oncall.PersonID{"ana", "lost"}, Buttons: []contract.Button{button}}
		said, err := w.Post(t.Context(), contract.PostRequest{Effect: effect("q"), Room: opened.Room.ID, Message: message})
		if err != nil {
			t.Fatal(err)
		}
		standing := contract.Standing(contract.Snapshot{
			Incident: incident.Incident{Key: "INC-1", Title: text, Summary: text, Service: text, Bridge: incident.Link{URL: "https://meet.example/" + text}},
			Links:    []contract.Link{{Name: text, URL: "https://wiki.example/"}, {Name: "Wiki", URL: text}},
		})
		card := contract.Message{Text: standing.Text(), Card: &standing, Pin: true}
		if _, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{
			Effect: effect("card"), Room: opened.Room.ID, Topic: text + "!", Card: &card, Bookmarks: []contract.Link{{Name: text, URL: "https://wiki.example/"}},
			Settled: []contract.SettledPost{{Message: said.Message, Now: contract.Message{Text: text + " → yes"}}},
		}); err != nil {
			t.Error(err)
		}
		if _, err := w.Announce(t.Context(), announcement(text)); err != nil {
			t.Error(err)
		}
		private := telling("ana")
		private.Message.Text, private.Message.Late = text, time.Now()
		if _, err := w.Tell(t.Context(), private); err != nil {
			t.Error(err)
		}
		if err := w.CloseRoom(t.Context(), contract.CloseRoomRequest{Effect: effect("bye"), Room: opened.Room.ID, Goodbye: contract.Message{Text: text}}); err != nil {
			t.Error(err)
		}
	})
}
