package faketwilio

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// element is one verb or noun of a TwiML document.
type element struct {
	XMLName  xml.Name
	Attrs    []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e element) attr(name, otherwise string) string {
	for _, a := range e.Attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return otherwise
}

// seconds reads an attribute in whole seconds; what is no span of at most a day is otherwise.
func (e element) seconds(name string, otherwise int) time.Duration {
	n, err := strconv.Atoi(e.attr(name, strconv.Itoa(otherwise)))
	if err != nil || n < 0 || n > 24*60*60 {
		n = otherwise
	}
	return time.Duration(n) * time.Second
}

// words is the text of an element and of the speech markup in it, on one line.
func (e element) words() string {
	text := e.Text
	for _, child := range e.Children {
		text += " " + child.words()
	}
	return strings.Join(strings.Fields(text), " ")
}

// parseTwiML reads a document. An empty one is legal and says nothing.
func parseTwiML(body []byte) ([]element, error) {
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	var root element
	decoder := xml.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&root); err != nil {
		return nil, fmt.Errorf("12100: document parse failure: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("12100: document parse failure: something follows the root element")
	}
	if root.XMLName.Local != "Response" {
		return nil, fmt.Errorf("12102: root element must be Response, not %s", root.XMLName.Local)
	}
	return root.Children, nil
}

// mostHops bounds the documents of one call; Twilio's bound is the call's
// four hours.
const mostHops = 200

// instructions is where a call's next TwiML comes from.
type instructions struct {
	url    string
	method string
	inline string
	keys   string // The digits of the Gather that leads there.
}

// converse obtains and performs TwiML until the call is over.
func (s *Server) converse(c *call) {
	next := &instructions{url: c.URL, method: c.Form.Get("Method")}
	if c.URL == "" {
		next.inline = c.TwiML
	}
	here := ""
	for hop := 0; next != nil && hop < mostHops; hop++ {
		if next.url != "" {
			here = next.url
		}
		verbs, err := s.obtain(c, *next)
		if c.ctx.Err() != nil {
			return
		}
		if err != nil {
			s.hear(c, "We are sorry, an application error has occurred. Goodbye.")
			break
		}
		next = s.perform(c, here, verbs)
		if c.ctx.Err() != nil {
			return
		}
	}
	s.end(c, Completed)
}

// obtain fetches and parses one document. A failure is recorded.
func (s *Server) obtain(c *call, from instructions) ([]element, error) {
	body := []byte(from.inline)
	if from.inline == "" {
		s.mu.Lock()
		params := s.callParams(c.Call)
		s.mu.Unlock()
		if from.keys != "" {
			params.Set("Digits", from.keys)
			params.Set("msg", "Gather End")
		}
		got, err := s.post(webhook{url: from.url, method: from.method, params: params, call: c})
		if err != nil {
			return nil, err
		}
		body = got.body
	}
	verbs, err := parseTwiML(body)
	if err != nil {
		s.problem(c, err.Error())
	}
	return verbs, err
}

// perform speaks one document and returns where to go next; nil means that the
// document ended and with it the call.
func (s *Server) perform(c *call, here string, verbs []element) *instructions {
	for _, v := range verbs {
		if c.ctx.Err() != nil {
			return nil
		}
		switch v.XMLName.Local {
		case "Say", "Play", "Pause":
			s.speak(c, v)
		case "Gather":
			if next := s.gather(c, here, v); next != nil {
				return next
			}
		case "Redirect":
			return s.leadTo(c, here, v.words(), v.attr("method", ""))
		case "Hangup", "Reject":
			return nil
		default:
			s.problem(c, "12200: schema validation warning: "+v.XMLName.Local+" is not simulated")
		}
	}
	return nil
}

// leadTo resolves an address against the current document's. A bad one ends
// the call.
func (s *Server) leadTo(c *call, here, target, method string) *instructions {
	base, err := url.Parse(here)
	if err == nil {
		base, err = base.Parse(target)
	}
	if err != nil || base.Host == "" {
		s.problem(c, "11100: invalid URL format: "+target)
		s.hear(c, "We are sorry, an application error has occurred. Goodbye.")
		s.end(c, Completed)
		return nil
	}
	return &instructions{url: base.String(), method: method}
}

// speak performs the verbs that may also stand inside a Gather.
func (s *Server) speak(c *call, v element) {
	switch v.XMLName.Local {
	case "Say":
		s.hear(c, v.words())
	case "Play":
		s.hear(c, "♪ "+v.words())
	case "Pause":
		if c.behaviour.Reaction != Manual {
			s.sleep(c.ctx, v.seconds("length", 1))
		}
	default:
		s.problem(c, "12200: schema validation warning: "+v.XMLName.Local+" cannot stand inside Gather")
	}
}

func (s *Server) hear(c *call, words string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if words == "" || c.Status.Over() {
		return
	}
	c.Heard = append(c.Heard, words)
	s.announce(Event{Kind: CallHeard, Call: c.snapshot(), Text: words})
}

// gather speaks its nested verbs and waits for keys. It returns nil when none
// was pressed, so that the document goes on below it.
func (s *Server) gather(c *call, here string, v element) *instructions {
	for _, child := range v.Children {
		s.speak(c, child)
	}
	if input := v.attr("input", "dtmf"); !strings.Contains(input, "dtmf") {
		s.problem(c, "12200: schema validation warning: Gather input "+input+" is not simulated")
		return nil
	}
	keys := s.collect(c, v)
	if keys == "" {
		return nil
	}
	next := s.leadTo(c, here, v.attr("action", here), v.attr("method", ""))
	if next != nil {
		next.keys = keys
	}
	return next
}

// collect waits for the keys of one Gather: until numDigits, the finishing key
// or the timeout.
func (s *Server) collect(c *call, v element) string {
	limit, err := strconv.Atoi(v.attr("numDigits", "0"))
	if err != nil || limit < 0 {
		limit = 0
	}
	finish := v.attr("finishOnKey", "#")
	listener := s.listen(c, v.seconds("timeout", 5))
	defer listener.stop()
	keys := ""
	for limit == 0 || len(keys) < limit {
		pressed, ok := listener.next()
		if !ok {
			break
		}
		for _, key := range pressed {
			if finish != "" && strings.ContainsRune(finish, key) {
				return keys
			}
			if keys += string(key); limit > 0 && len(keys) == limit {
				return keys
			}
		}
	}
	return keys
}
