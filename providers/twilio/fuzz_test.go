package twilio

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

func TestParseReply(t *testing.T) {
	t.Parallel()
	ack := func(key incident.Key) command { return command{verb: contract.VerbAck, key: key} }
	decline := func(key incident.Key) command { return command{verb: contract.VerbQuiet, key: key} }
	escalate := func(key incident.Key) command { return command{verb: contract.VerbEscalate, key: key} }
	for _, test := range []struct {
		body string
		want command
		ok   bool
	}{
		{"12a", ack("INC-12"), true},
		{" 12 A. ", ack("INC-12"), true},
		{"12e", escalate("INC-12"), true},
		{"INC-12 ack", ack("INC-12"), true},
		{"inc 12 escalate!", escalate("INC-12"), true},
		{"12d", decline("INC-12"), true},
		{"Decline INC-12", decline("INC-12"), true},
		{"ack INC-3", ack("INC-3"), true},
		{"e 3", escalate("INC-3"), true},
		{"12", command{}, false},
		{"a", command{}, false},
		{"a 12 e", command{}, false},
		{"12x", command{}, false},
		{"0a", command{}, false},
		{"12a 13a", command{}, false},
		{"9999999999a", command{}, false},
		{"please ack 12", command{}, false},
		{"", command{}, false},
	} {
		if got, ok := parseReply(test.body); got != test.want || ok != test.ok {
			t.Errorf("%q: %+v %t", test.body, got, ok)
		}
	}
}

func FuzzParseReply(f *testing.F) {
	for _, seed := range []string{"12a", "INC-12 ack", "e 3", "", "12", "\x00", "１２a", strings.Repeat("1", 100) + "a"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		cmd, ok := parseReply(body)
		if !ok {
			if cmd != (command{}) {
				t.Errorf("%q: refused, but %+v", body, cmd)
			}
			return
		}
		digits := strings.TrimPrefix(string(cmd.key), "INC-")
		if !strings.Contains(body, digits) || !slices.Contains([]contract.Verb{contract.VerbAck, contract.VerbEscalate, contract.VerbQuiet}, cmd.verb) {
			t.Errorf("%q: %+v", body, cmd)
		}
	})
}

func FuzzUnseal(f *testing.F) {
	c := &Client{seal: contract.Seal{Keys: [][]byte{[]byte("a secret of sixteen bytes")}, Use: callbackUse}}
	good := c.seal.Wrap(ticket{Callback: contract.Callback{WorkflowID: "incident/abc", Key: "INC-1", Page: "p/1", Attempt: 3}, Person: "ana"})
	for _, seed := range []string{good, "", ".", "a.b", good[1:], good + "A", strings.ToUpper(good)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, word string) {
		got, err := c.unseal(word)
		if err == nil && c.seal.Wrap(got) != word {
			t.Errorf("%q was accepted and was not made here", word)
		}
	})
}

func FuzzReadStatus(f *testing.F) {
	for _, seed := range []string{
		"CallSid=CA1&CallStatus=ringing", "MessageSid=SM1&MessageStatus=undelivered&ErrorCode=30003",
		"CallSid=CA1&CallStatus=failed&SipResponseCode=404", "", "CallSid=CA1", "CallStatus=busy", "CallSid=&MessageStatus=sent",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		form, err := url.ParseQuery(body)
		if err != nil {
			return
		}
		at := contract.Callback{WorkflowID: "w", Key: "INC-1", Page: "p", Attempt: 1}
		s, err := readStatus(webhook{form: form, ticket: ticket{Callback: at}})
		if err == nil && (s.Provider == "" || s.Callback != at) {
			t.Errorf("%q: %+v", body, s)
		}
		if s.Detail != "" && s.Status != incident.CallFailed {
			t.Errorf("%q: detail %q of %s", body, s.Detail, s.Status)
		}
	})
}

func FuzzFit(f *testing.F) {
	f.Add("INC-1 needs you", "INC-1")
	f.Add(strings.Repeat("ä", 1700), "INC-1")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, text, reference string) {
		if !utf8.ValidString(text) || !utf8.ValidString(reference) || utf8.RuneCountInString(reference) > 100 {
			return
		}
		text += " " + reference
		got := fit(text, reference)
		if utf8.RuneCountInString(got) > longestText || !strings.Contains(got, reference) {
			t.Errorf("%d characters, reference %q kept: %t", utf8.RuneCountInString(got), reference, strings.Contains(got, reference))
		}
	})
}

func FuzzNextPage(f *testing.F) {
	for _, seed := range []string{"/2010-04-01/Accounts/AC1/Messages.json?PageSize=100&Page=1&PageToken=PASM1", "", "?", "%zz", "?PageToken=%00&Page=-1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		token, number := nextPage(&address)
		if (token != "" || number != "") && !strings.Contains(address, "?") {
			t.Errorf("%q: page %q of %q", address, number, token)
		}
	})
}

func FuzzReplyTo(f *testing.F) {
	for _, seed := range []string{"INC-12", "INC-X0198ab", "INC-", "", "12", "INC-0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, key string) {
		reply, ok := replyTo(key)
		if !ok {
			return
		}
		if cmd, understood := parseReply(reply); !understood || cmd.verb != contract.VerbAck {
			t.Errorf("%q: the reply %q is not understood", key, reply)
		}
	})
}
