package twilio

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
)

// The verbs of TwiML that are used (https://www.twilio.com/docs/voice/twiml). encoding/xml escapes every text and
// attribute, so no alert can add a verb.
type (
	document struct {
		XMLName xml.Name `xml:"Response"`
		Verbs   []any
	}
	say struct {
		XMLName xml.Name `xml:"Say"`
		Text    string   `xml:",chardata"`
	}
	pauseFor struct {
		XMLName xml.Name `xml:"Pause"`
		Seconds int      `xml:"length,attr"`
	}
	gather struct {
		XMLName xml.Name `xml:"Gather"`
		Input   string   `xml:"input,attr"`
		Digits  int      `xml:"numDigits,attr"`
		Finish  string   `xml:"finishOnKey,attr"` // empty: every key, * and # too, is an answer
		Timeout int      `xml:"timeout,attr"`
		Action  string   `xml:"action,attr"`
		Method  string   `xml:"method,attr"`
		Verbs   []any
	}
	redirect struct {
		XMLName xml.Name `xml:"Redirect"`
		Method  string   `xml:"method,attr"`
		URL     string   `xml:",chardata"`
	}
	hangup struct {
		XMLName xml.Name `xml:"Hangup"`
	}
	message struct {
		XMLName xml.Name `xml:"Message"`
		Text    string   `xml:",chardata"`
	}
)

// render writes a document.
func render(verbs ...any) []byte {
	body, err := xml.Marshal(document{Verbs: verbs})
	if err != nil {
		// Only the types above are rendered, and they always marshal.
		panic("twilio: marshal TwiML: " + err.Error())
	}
	return append([]byte(xml.Header), body...)
}

// Times of a call.
const (
	keyTimeout  = 8 // seconds to press a key
	waitPause   = 2 // seconds of "one moment please"
	mostWaits   = 3
	mostRounds  = 3
	briefWithin = 4 * time.Second // for the incident to say what it is about
	actWithin   = 10 * time.Second
)

// longestSpeech bounds one spoken text, in characters; nobody listens longer.
const longestSpeech = 1000

// longestTwiML is the limit of inline TwiML, in characters (https://www.twilio.com/docs/voice/api/call-resource).
const longestTwiML = 4000

// spoken makes a sentence of a text: on one line, begun with a capital, ended with a full stop, not endless.
func spoken(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	runes := []rune(text)
	if len(runes) == 0 {
		return ""
	}
	if len(runes) > longestSpeech {
		runes = append(runes[:longestSpeech], '…')
	}
	runes[0] = unicode.ToUpper(runes[0])
	if !strings.ContainsRune(".!?…", runes[len(runes)-1]) {
		runes = append(runes, '.')
	}
	return string(runes)
}

// speak is a document that says sentences and hangs up.
func speak(sentences ...string) []byte {
	var verbs []any
	for _, s := range sentences {
		if s = spoken(s); s != "" {
			verbs = append(verbs, say{Text: s})
		}
	}
	return render(append(verbs, hangup{})...)
}

// recording is what a call says when no key can come back: twice, because the first words are often lost. Messages to the
// number that calls are read all the same, so that is said. A call for no incident says its own words and no more.
func (c *Client) recording(req contract.CallRequest) string {
	words, how := spoken(req.Say), ""
	if req.Callback.WorkflowID != "" { // Without an incident there is nothing to acknowledge.
		words, how = cmp.Or(words, spoken("incident "+req.Callback.Key+" needs you")), howToAcknowledge(req.Callback.Key)
	}
	for {
		once := []any{say{Text: words}}
		if how != "" {
			once = append(once, say{Text: how})
		}
		text := string(render(slices.Concat(once, []any{pauseFor{Seconds: 1}}, once, []any{hangup{}})...))
		runes := []rune(words)
		if utf8.RuneCountInString(text) <= longestTwiML || len(runes) < 2 {
			return text
		}
		words = string(runes[:len(runes)*3/4]) + "…" // signs that must be escaped take more room than they have
	}
}

// howToAcknowledge is said where no key can be pressed.
func howToAcknowledge(key string) string {
	elsewhere := fmt.Sprintf("cknowledge it in the chat room, or with the command: muster ack %s.", key)
	reply, ok := replyTo(key)
	if !ok {
		return "A" + elsewhere
	}
	return fmt.Sprintf("To acknowledge, answer the text message, or write to this number: %s. Or a%s", reply, elsewhere)
}

// menu speaks what it is about and asks for a key. Without a key it asks again, from the top, so that somebody who comes
// late to the telephone hears the first words, and an acknowledgement made meanwhile is told.
func (c *Client) menu(sealed string, about string, round int, more url.Values) []byte {
	k := c.config.Keys
	ask := fmt.Sprintf("Press %s to acknowledge. Press %s to escalate now. Press %s to hear this again. "+
		"Press %s to stop being called for this incident.", k.Ack, k.Escalate, k.Repeat, k.Quiet)
	listen := c.listen(sealed, more, say{Text: spoken(about)}, say{Text: ask})
	if round+1 >= mostRounds {
		return render(listen, say{Text: "No key was pressed. Goodbye."}, hangup{})
	}
	again := redirect{Method: "POST", URL: c.address(pathVoice, sealed, url.Values{queryRounds: {fmt.Sprint(round + 1)}})}
	return render(listen, again)
}

// listen speaks and takes one key.
func (c *Client) listen(sealed string, more url.Values, verbs ...any) gather {
	return gather{
		Input: "dtmf", Digits: 1, Timeout: keyTimeout, Method: "POST", Action: c.address(pathGather, sealed, more), Verbs: verbs,
	}
}

// oneMoment lets the caller wait and comes back.
func (c *Client) oneMoment(path, sealed string, more url.Values, waits int) []byte {
	more.Set(queryWaits, fmt.Sprint(waits+1))
	return render(say{Text: "One moment please."}, pauseFor{Seconds: waitPause},
		redirect{Method: "POST", URL: c.address(path, sealed, more)})
}
