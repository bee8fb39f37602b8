package slack

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
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
			if strings.TrimSpace(o.declaration.Title) == "" {
				t.Errorf("%q declares something without a title", text)
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
