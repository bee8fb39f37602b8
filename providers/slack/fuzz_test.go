package slack

import (
	"context"
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

func FuzzClick(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"type":"block_actions"}`, `{"type":"view_submission","view":{}}`,
		`{"type":"block_actions","trigger_id":"1.2.3","user":{"id":"U1","name":"ana"},"channel":{"id":"C1","name":"inc-1"},"response_url":"https://hooks.slack.com/x","actions":[{"action_id":"musterbook.0","value":"{\"v\":\"ack\",\"i\":\"incident/x\",\"k\":\"INC-1\"}"}]}`,
		`{"type":"block_actions","trigger_id":"1","user":{"id":"U1"},"actions":[{"action_id":"musterbook.7","value":"{\"v\":\"severity\",\"c\":\"SEV1\"}"},{"action_id":"other"}]}`,
		`{"type":"block_actions","user":null,"actions":[null]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		in, err := readInteraction(payload)
		if err != nil {
			return
		}
		c, err := readClick(in)
		switch {
		case err != nil:
			return
		case in.User.ID == "" || c.act.ID == actID("") || !slices.Contains(contract.Verbs(), c.verb):
			t.Errorf("a click without user, id or verb: %+v", c)
		case c.act.By.Verified:
			t.Errorf("a payload named its own actor: %+v", c)
		}
	})
}

func FuzzEvent(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"type":"url_verification","challenge":"c"}`, `{"type":"event_callback","event_id":"Ev1","event":{"type":"app_home_opened","user":"U1"}}`,
		`{"type":"event_callback","event_id":"Ev1","event":null}`, `{"type":"event_callback","event":{"type":7}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		e, challenge, err := readEvent(payload)
		switch {
		case err != nil || challenge != "":
			return
		case e.ID == actID("") || (e.ID == "") != (e.Type == ""):
			t.Errorf("an event without id or type: %+v", e)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	for _, seed := range []string{
		``, `{}`, `null`, `[]`, `{"type":"hello","num_connections":1}`, `{"type":"disconnect","reason":"warning"}`, `{"type":"slash_commands"}`,
		`{"envelope_id":"E1","type":"slash_commands","accepts_response_payload":true,"payload":{"command":"/muster","text":"ack","trigger_id":"1","user_id":"U1"}}`,
		`{"envelope_id":"E1","type":"interactive","payload":{"type":"block_actions","actions":[null]}}`,
		`{"envelope_id":"E1","type":"events_api","payload":{"type":"event_callback","event_id":"Ev1","event":{"type":"x"}},"retry_attempt":1,"retry_reason":"timeout"}`,
		`{"envelope_id":"E1","type":"new_kind","payload":7}`, `{"envelope_id":"E1","type":"interactive","payload":"text"}`,
	} {
		f.Add([]byte(seed))
	}
	desk := NewDesk(New(Options{Token: "xoxb-none", APIURL: "http://127.0.0.1:1", People: nobody{}}), refusingDoor{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		e, err := readEnvelope(raw)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		if e.Type == saysHello || e.Type == saysDisconnect {
			return
		}
		if e.ID == "" {
			t.Fatalf("%s cannot be acknowledged", raw)
		}
		a, err := desk.unpack(t.Context(), e)
		if err != nil && len(a.body) > 0 {
			t.Errorf("an error and an answer: %v", err)
		}
		frame, _, err := acknowledgement(e, a.body)
		if err != nil || len(frame) >= max(maxFrame, 2*len(raw)) {
			t.Errorf("acknowledged with %d bytes, %v", len(frame), err)
		}
	})
}

// nobody is an empty roster.
type nobody struct{}

func (nobody) Person(oncall.PersonID) (oncall.Person, bool) { return oncall.Person{}, false }
func (nobody) PersonByEmail(string) (oncall.Person, bool)   { return oncall.Person{}, false }
func (nobody) PersonBySlack(string) (oncall.Person, bool)   { return oncall.Person{}, false }

// refusingDoor does nothing for anybody.
type refusingDoor struct{}

func (refusingDoor) Act(context.Context, Target, contract.Verb, contract.Act) (contract.Receipt, error) {
	return contract.Receipt{}, &contract.Refused{What: "no"}
}

func (refusingDoor) Standing(context.Context, Target) (contract.Card, bool, error) {
	return contract.Card{}, false, &contract.Refused{What: "no"}
}

func (refusingDoor) Tell(context.Context, Target, Topic) (string, error) {
	return "", &contract.Refused{What: "no"}
}

func (refusingDoor) Declare(context.Context, Declaration) (Declared, error) {
	return Declared{}, &contract.Refused{What: "no"}
}

func (refusingDoor) Offer(context.Context, Draft) (Offer, error) {
	return Offer{}, &contract.Refused{What: "no"}
}

func (refusingDoor) Show(context.Context, Target) (contract.Snapshot, error) {
	return contract.Snapshot{}, &contract.Refused{What: "no"}
}

func FuzzCommand(f *testing.F) {
	for _, seed := range []string{
		"", "help", "ack", "ack INC-1 all", "severity SEV1 because", "declare service=checkout severity=sev2 it burns", "declare a=b",
		"note INC-1", "note  two  spaces ", "page <@U1|ana> now", "assign comms <@U1>", "answer a b c", "\u00a0ack", "INC-1 ack", "=", "declare =x =",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		o, err := parseCommand(text)
		if err != nil {
			if err.Error() == "" {
				t.Error("an error that says nothing")
			}
			return
		}
		switch o.kind {
		case orderDeclare:
			if o.declaration.Title != "" && strings.TrimSpace(o.declaration.Title) == "" {
				t.Errorf("%q declares something with a blank title", text)
			}
		case orderAct:
			if !slices.Contains(contract.Verbs(), o.verb) {
				t.Errorf("%q is the unknown verb %q", text, o.verb)
			}
			if o.act.ID != "" || o.act.By.Verified {
				t.Errorf("%q sets what only Slack may: %+v", text, o.act)
			}
		case orderHelp:
		}
	})
}

func FuzzCommandForm(f *testing.F) {
	f.Add("command=%2Fmuster&user_id=U1&trigger_id=1&text=ack")
	f.Add("command=%2Fmuster")
	f.Add("%zz")
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		c := commandIn(form)
		if c.check() == nil && (c.User == "" || c.Name == "" || c.TriggerID == "") {
			t.Errorf("accepted without its parts: %+v", c)
		}
	})
}

// FuzzText checks what must hold for any text that an alert may bring: nothing
// of it is markup, nothing calls everybody, and no piece outgrows Slack's limit.
func FuzzText(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a & b < c > d", "<!channel> @here @EVERYONE", "&amp;&lt;", strings.Repeat("<", 4000), strings.Repeat("line\n", 3000), "\xff\xfe", "@@here", "@group",
	} {
		f.Add(seed, 10)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit = 8 + min(max(limit, 0), 3000)
		safe := escape(text)
		if strings.ContainsAny(safe, "<>") || loud.MatchString(safe) {
			t.Errorf("%q is not harmless: %q", text, safe)
		}
		if short := shorten(safe, limit); utf8.RuneCountInString(short) > limit {
			t.Errorf("%q is longer than %d", short, limit)
		}
		for _, piece := range pieces(safe, limit, 3) {
			if utf8.RuneCountInString(piece) > limit || strings.TrimSpace(piece) == "" {
				t.Errorf("a piece is empty or longer than %d: %q", limit, piece)
			}
			if strings.HasSuffix(strings.TrimSuffix(piece, "…"), "&") || strings.HasSuffix(piece, "&am") || strings.HasSuffix(piece, "&l") {
				t.Errorf("a piece ends inside an escape: %q", piece)
			}
		}
		if name := roomName(text); utf8.RuneCountInString(name)+3 > maxRoomName || name == "" {
			t.Errorf("%q makes the room name %q", text, name)
		}
	})
}

// marks are what Slack's markup gives a meaning to.
var marks = regexp.MustCompile(`<[^>]*>`)

// FuzzCard: whatever stands in a card, nothing in it mentions anybody, no link leads elsewhere than it says, and Slack
// takes the blocks.
func FuzzCard(f *testing.F) {
	f.Add("checkout <!channel> @here", "https://example.com/?a=b&c=d|<", 3)
	f.Add("*bold* `code` ~~ __", "javascript:alert(1)", 40)
	f.Add("<https://evil.example|Runbook>", "https://example.com/>|x<!here>", 1)
	f.Add("\u2028|\n> quote\n```", "http://", 12)
	f.Add("", "https://a.example/\u202e", 0)
	f.Fuzz(func(t *testing.T, text, address string, lines int) {
		card := contract.Card{Title: text, Links: []contract.Link{{Name: text, URL: address}, {Name: address, URL: "https://ok.example"}}}
		for n := range min(max(lines, 0), 60) {
			l := contract.CardLine{Text: text, Word: text, Then: text}
			if n%2 == 0 {
				l.At = time.Unix(int64(n), 0)
			}
			card.Fields = append(card.Fields, contract.CardField{Name: text, Wide: n%3 == 0, Lines: []contract.CardLine{l, l, {Text: address}}, Left: n})
		}
		blocks := cardBlocks(card)
		if len(blocks) > 30 {
			t.Errorf("%d blocks leave no room for buttons", len(blocks))
		}
		raw, err := json.Marshal(blocks)
		if err != nil {
			t.Fatal(err)
		}
		var seen []struct {
			Type   string
			Text   *piece
			Fields []piece
			Pieces []piece `json:"elements"`
		}
		if err := json.Unmarshal(raw, &seen); err != nil {
			t.Fatal(err)
		}
		for _, b := range seen {
			if b.Text != nil {
				b.Text.check(t, b.Type, map[string]int{"section": maxSection, "header": maxHeader}[b.Type])
			}
			for _, p := range b.Fields {
				p.check(t, "field", maxField)
			}
			for _, p := range b.Pieces {
				p.check(t, b.Type, maxField)
			}
		}
	})
}

// piece is a text object of a block.
type piece struct {
	Type, Text string
	Verbatim   bool
}

func (p piece) check(t *testing.T, where string, most int) {
	t.Helper()
	if n := utf8.RuneCountInString(p.Text); n == 0 || n > most {
		t.Errorf("a %s has %d characters, want 1 to %d", where, n, most)
	}
	if loud.MatchString(p.Text) {
		t.Errorf("a %s calls everybody: %q", where, p.Text)
	}
	if p.Type == "plain_text" {
		return
	}
	if !p.Verbatim {
		t.Errorf("a %s lets Slack find links and mentions by itself: %q", where, p.Text)
	}
	for _, mark := range marks.FindAllString(p.Text, -1) {
		if !strings.HasPrefix(mark, "<https://") && !strings.HasPrefix(mark, "<http://") && !strings.HasPrefix(mark, "<!date^") {
			t.Errorf("a %s has the mark %q", where, mark)
		}
		if strings.Count(mark, "|") != 1 || strings.Count(mark, "<") != 1 {
			t.Errorf("a %s has a mark that breaks out: %q", where, mark)
		}
	}
	if strings.ContainsAny(marks.ReplaceAllString(p.Text, ""), "<>") {
		t.Errorf("a %s has half a mark: %q", where, p.Text)
	}
}
