package slack

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

func (refusingDoor) Home(context.Context, incident.Actor, time.Time) (Home, error) {
	return Home{}, &contract.Refused{What: "no"}
}

// FuzzHome: whatever stands in an alert, a name or an answer, nothing in a home mentions anybody, no link leads elsewhere
// than it says, and Slack takes it.
func FuzzHome(f *testing.F) {
	f.Add("checkout <!channel> @here", "https://example.com/?a=b&c=d|<", 3)
	f.Add("*bold* `code` ~~ __", "javascript:alert(1)", 40)
	f.Add("<https://evil.example|Runbook>", "https://example.com/>|x<!here>", 1)
	f.Add("\u2028|\n> quote\n```", "http://", 12)
	f.Add("", "https://a.example/\u202e", 0)
	f.Add("", "", 14)
	f.Add(strings.Repeat("&", 5000), "https://a.example/"+strings.Repeat("x", 3000), 200)
	f.Fuzz(func(t *testing.T, text, address string, size int) {
		size = min(max(size, 0), 200)
		at := time.Unix(1772328600, 0)
		room := contract.Link{Name: text, URL: address}
		q := &incident.Question{Key: text, Kind: incident.QuestionTask}
		for range size % 60 {
			q.Choices = append(q.Choices, incident.Choice{Key: text, Label: text})
		}
		home := Home{At: at, Silent: size % 3, Away: size%5 == 4}
		for n := range size {
			home.Notes = append(home.Notes, text)
			home.Tasks = append(home.Tasks, contract.HomeTask{
				Incident: text, Rings: n%2 == 0, Drill: n%3 == 0, Room: room, What: contract.CardLine{Text: text, Word: text, At: at, Then: text},
				Buttons: contract.Reach{Incident: text, Key: incident.Key(text)}.Answers(q),
			})
			home.Incidents = append(home.Incidents, contract.HomeIncident{
				Severity: incident.Severity(text), Key: incident.Key(text), Title: text, Phase: incident.Phase(text), Manager: text, Since: at,
				Room: room, Drill: n%2 == 0, Private: n%3 == 0,
			})
			home.Duties = append(home.Duties, HomeDuty{Schedule: text, Now: n%2 == 0, Since: at, Until: at})
		}
		for _, who := range []incident.Actor{{}, {Person: "ana"}} {
			checkHome(t, homeView("U1", who, home, text).Blocks.BlockSet)
		}
		checkHome(t, plainHome(text).Blocks.BlockSet)
	})
}

// checkHome looks at every text of a home, and at its size.
func checkHome(t *testing.T, blocks any) {
	t.Helper()
	raw, err := json.Marshal(blocks)
	if err != nil {
		t.Fatal(err)
	}
	var seen []struct {
		Type     string
		Text     *piece
		Elements []struct {
			Text  json.RawMessage
			Value string
			piece
		}
	}
	if err := json.Unmarshal(raw, &seen); err != nil {
		t.Fatal(err)
	}
	if len(raw) > maxHome || len(seen) > maxViewBlocks || len(seen) == 0 {
		t.Errorf("%d bytes in %d blocks", len(raw), len(seen))
	}
	for _, b := range seen {
		if b.Text != nil {
			b.Text.check(t, b.Type, map[string]int{"section": maxSection, "header": maxHeader}[b.Type])
		}
		if n := len(b.Elements); b.Type == "actions" && (n == 0 || n > maxRow) {
			t.Errorf("%d buttons in a row", n)
		}
		for _, e := range b.Elements {
			p := e.piece
			if b.Type == "actions" {
				if err := json.Unmarshal(e.Text, &p); err != nil {
					t.Fatal(err)
				}
				if n := utf8.RuneCountInString(p.Text); p.Type != "plain_text" || n == 0 || n > maxLabel {
					t.Errorf("a button with the %s %q", p.Type, p.Text)
				}
				continue
			}
			if err := json.Unmarshal(e.Text, &p.Text); err != nil {
				t.Fatal(err)
			}
			p.check(t, b.Type, maxField)
		}
	}
}
