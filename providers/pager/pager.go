// Package pager passes calls and messages on to any web service that can make them, by one documented POST: the last link
// of the telephone chain, or the only one. It is the telephone of whoever has a provider that is not spoken natively.
package pager

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// People knows the people of the roster as they are now. It answers from memory.
type People interface {
	Person(id oncall.PersonID) (oncall.Person, bool)
}

// Config is one receiver. URL, Secret and People are required.
type Config struct {
	URL       string // whoever knows it can call people: it is never told to anybody
	Secret    string // signs each request
	People    People
	Transport http.RoundTripper // nil = one with a fresh connection for each request
	Now       func() time.Time  // nil = the system's clock
}

// requestTime bounds one request; an activity has 15 seconds for all telephones.
const requestTime = 10 * time.Second

// Client is the telephone of an installation. It implements the port of the activities. It may be used concurrently.
type Client struct {
	config Config
	http   *http.Client
}

// New checks the configuration, and makes no request.
func New(config Config) (*Client, error) {
	if config.Now == nil {
		config.Now = time.Now
	}
	var problems []error
	if u, err := url.Parse(config.URL); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		problems = append(problems, errors.New("pager: the url is no web address"))
	}
	if config.Secret == "" {
		problems = append(problems, errors.New("pager: the secret is required"))
	}
	if config.People == nil {
		problems = append(problems, errors.New("pager: the people of the roster are required"))
	}
	if config.Transport == nil {
		// Pages are rare: a connection that was kept would be dead by the next one, and the library would repeat a request
		// with an Idempotency-Key by itself.
		config.Transport = &http.Transport{Proxy: http.ProxyFromEnvironment, DisableKeepAlives: true}
	}
	return &Client{config: config, http: &http.Client{
		Timeout: requestTime, Transport: config.Transport,
		// What is signed for one address is not sent to another.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, errors.Join(problems...)
}

// Kind is what is asked for.
type Kind string

// The kinds.
const (
	KindCall   Kind = "call"
	KindSMS    Kind = "sms"
	KindCancel Kind = "cancel" // nobody needs to be told of this id any more
)

// Page is the body of every request.
type Page struct {
	Version int    `json:"version"` // 1
	Kind    Kind   `json:"kind"`
	ID      string `json:"id"` // of the attempt; a repetition has the same one
	// What follows is not there in a cancel.
	Person      *Person `json:"person,omitempty"`
	Text        string  `json:"text,omitempty"`        // what is to be spoken or sent
	Incident    string  `json:"incident,omitempty"`    // INC-1; empty: it belongs to none
	Acknowledge string  `json:"acknowledge,omitempty"` // the command by which it is acknowledged
}

// Person is who is to be told.
type Person struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Phone string `json:"phone,omitempty"` // E.164
	Email string `json:"email,omitempty"`
}

// Call asks for a call. It is idempotent by Key, which is the Idempotency-Key: a repetition is sent again, and the receiver
// knows it. No word about the call comes back, so its result is silent.
func (c *Client) Call(ctx context.Context, req contract.CallRequest) (contract.CallResult, error) {
	id, err := c.tell(ctx, asked{kind: KindCall, key: req.Key, person: req.Person, text: req.Say, incident: req.Callback.Key})
	if err != nil {
		return contract.CallResult{}, err
	}
	return contract.CallResult{Provider: id, Silent: true}, nil
}

// Text asks for a message. It is idempotent by Key, as a call is. Its words are those of a call where the request has them:
// a reply to another's number would reach nobody.
func (c *Client) Text(ctx context.Context, req contract.TextRequest) (contract.TextResult, error) {
	text := req.Say
	if text == "" {
		text = req.Text
	}
	id, err := c.tell(ctx, asked{kind: KindSMS, key: req.Key, person: req.Person, text: text, incident: req.Callback.Key})
	if err != nil {
		return contract.TextResult{}, err
	}
	return contract.TextResult{Provider: id}, nil
}

// HangUp tells the receiver that nobody needs to be called any more. What a receiver does not know, or cannot end, is
// success there. It is idempotent by the call's id.
func (c *Client) HangUp(ctx context.Context, req contract.HangUpRequest) error {
	key, ours := keyOf(req.Provider)
	if !ours {
		// Plain, so that it does not keep another telephone from trying again.
		return errors.New("the pager has placed no call of this id")
	}
	_, err := c.post(ctx, Page{Version: 1, Kind: KindCancel, ID: key}, key+"/cancel")
	return err
}

// asked is what is asked of the receiver.
type asked struct {
	kind                Kind
	key, text, incident string
	person              oncall.PersonID
}

// tell asks for one attempt and gives its id.
func (c *Client) tell(ctx context.Context, a asked) (string, error) {
	p, known := c.config.People.Person(a.person)
	if !known {
		return "", &contract.Refused{What: string(a.person) + " is not in the configuration any more"}
	}
	page := Page{
		Version: 1, Kind: a.kind, ID: a.key, Text: a.text, Incident: a.incident,
		Person: &Person{ID: string(p.ID), Name: p.Name, Phone: p.Phone, Email: p.Email},
	}
	if a.incident != "" {
		page.Acknowledge = "muster ack " + a.incident
	}
	theirs, err := c.post(ctx, page, a.key)
	if err != nil {
		return "", err
	}
	return idOf(a.key, theirs), nil
}

// IDPrefix begins the ids of what the pager has taken.
const IDPrefix = "pager:"

// idOf is the id under which an attempt is known here: our key, and what the receiver calls it, where it says so.
func idOf(key, theirs string) string { return strings.TrimSpace(IDPrefix + key + " " + theirs) }

// keyOf reads our key back.
func keyOf(id string) (key string, ours bool) {
	rest, ours := strings.CutPrefix(id, IDPrefix)
	key, _, _ = strings.Cut(rest, " ")
	return key, ours && key != ""
}
