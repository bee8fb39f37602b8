package slack_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/musterbook/musterbook/contract"
)

// fullCard is a card with something of everything.
func fullCard() contract.Card {
	at := time.Date(2026, 3, 1, 1, 30, 0, 0, time.UTC)
	return contract.Card{
		Title: "INC-1 · error rate above 5 % <!channel>",
		Fields: []contract.CardField{
			{Name: "Severity", Lines: []contract.CardLine{{Text: "SEV1"}}},
			{Name: "Phase", Lines: []contract.CardLine{{Text: "containment", Word: "since", At: at}}},
			{Name: "Waiting for", Wide: true, Left: 2, Lines: []contract.CardLine{
				{Text: "Roll *back*? (commander: Ana)", Word: "until", At: at, Then: "then: the next person is asked"},
			}},
		},
		Links: []contract.Link{
			{Name: "Runbook", URL: "https://wiki.example/run?a=1&b=2"}, {Name: "no address", URL: "records/INC-1.md"}, {Name: "a|b", URL: "https://b.example/x|y>"},
		},
	}
}

// TestCard is how a card looks to people: one message, judged by Slack's limits, with its times as Slack's dates.
func TestCard(t *testing.T) {
	t.Parallel()
	w := start(t)
	room, card := w.room(t), fullCard()
	buttons := []contract.Button{{Label: "Acknowledge", Verb: contract.VerbAck}, {Label: "Resolve", Verb: contract.VerbResolve, Danger: true}}
	got, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{
		Effect: effect("card"), Room: room, Card: &contract.Message{Text: card.Text(), Card: &card, Buttons: buttons},
	})
	if err != nil || got.Problems != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	m := w.Messages(room)[0]
	var blocks []struct {
		Type   string
		Text   struct{ Text string }
		Fields []struct{ Text string }
		Pieces []struct{ Text any } `json:"elements"`
	}
	if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	var seen []string
	for _, b := range blocks {
		if b.Text.Text != "" {
			seen = append(seen, b.Type+": "+b.Text.Text)
		}
		for _, f := range b.Fields {
			seen = append(seen, "field: "+f.Text)
		}
		for _, p := range b.Pieces {
			if text, ok := p.Text.(string); ok {
				seen = append(seen, b.Type+": "+text)
			}
		}
	}
	date := "<!date^1772328600^{date_short_pretty}, {time}|2026-03-01 01:30 UTC>"
	want := []string{
		"header: INC-1 · error rate above 5 % <!channel>", // a header knows no markup
		"field: *Severity*\nSEV1",
		"field: *Phase*\ncontainment since " + date,
		"section: *Waiting for*\n• Roll *\u2060back*\u2060? (commander: Ana) until " + date + ", then: the next person is asked\n… and 2 more",
		"context: <https://wiki.example/run?a=1&amp;b=2|Runbook> · <https://b.example/x%7Cy%3E|a/b>",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !strings.HasPrefix(m.Text, "INC-1 · error rate above 5 % &lt;!channel&gt;") || len(m.Buttons()) != 2 {
		t.Errorf("notifications show %q, the buttons are %+v", m.Text, m.Buttons())
	}
}

// TestCardOfALongNight: however much there is to tell, Slack takes the card, and what is left out is counted.
func TestCardOfALongNight(t *testing.T) {
	t.Parallel()
	w := start(t)
	room := w.room(t)
	card := contract.Card{Title: strings.Repeat("long & winding ", 40)}
	for n := range 60 {
		f := contract.CardField{Name: fmt.Sprint("field ", n), Wide: n%2 == 0}
		for range 100 {
			f.Lines = append(f.Lines, contract.CardLine{Text: strings.Repeat("<&>", 200), Word: "until", At: time.Unix(1e9, 0), Then: strings.Repeat("x", 900)})
		}
		card.Fields = append(card.Fields, f)
		card.Links = append(card.Links, contract.Link{Name: strings.Repeat("n", 300), URL: "https://example.com/" + strings.Repeat("x", 900)})
	}
	var buttons []contract.Button
	for range 60 {
		buttons = append(buttons, contract.Button{Label: "press", Verb: contract.VerbAck})
	}
	got, err := w.ShowRoom(t.Context(), contract.ShowRoomRequest{
		Effect: effect("card"), Room: room, Card: &contract.Message{Text: card.Text(), Card: &card, Buttons: buttons},
	})
	if err != nil || got.Problems != nil {
		t.Fatalf("%+v, %v", got, err)
	}
	if text := string(w.Messages(room)[0].Blocks); !strings.Contains(text, "… and 28 more") || !strings.Contains(text, "… and 99 more") {
		t.Error("it is not said how much is left out")
	}
}
