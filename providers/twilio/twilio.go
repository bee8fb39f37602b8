// Package twilio is the telephone: it places calls and sends messages through Twilio, ends them, and answers Twilio's
// webhooks, in which people press keys and reply. It speaks through twilio-go and knows incidents only by the messages
// of the contract; who is on call, when the next level is due and what an acknowledgement ends is decided elsewhere.
//
// Published sources: https://www.twilio.com/docs/voice/api/call-resource,
// https://www.twilio.com/docs/messaging/api/message-resource, https://www.twilio.com/docs/usage/webhooks.
package twilio

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// People knows the people of the roster as they are now; the roster may be read again at any time. It answers from
// memory.
type People interface {
	Person(id oncall.PersonID) (oncall.Person, bool)
	PersonByPhone(number string) (oncall.Person, bool) // E.164
}

// Keys are the digits of the telephone menu. They must differ from one another.
type Keys struct {
	Ack, Escalate, Repeat, Quiet string
}

// DefaultKeys are 1 acknowledge, 2 escalate now, 3 repeat, 9 stop calling me for this incident.
func DefaultKeys() Keys { return Keys{Ack: "1", Escalate: "2", Repeat: "3", Quiet: "9"} }

// Config is what the telephone needs. AccountSID, AuthToken, From and People are required.
type Config struct {
	AccountSID string // "AC…"
	AuthToken  string // authenticates our requests and checks Twilio's
	// OtherAuthToken is also accepted in Twilio's signatures: the secondary token while the two are being exchanged.
	OtherAuthToken string
	From           string // the account's own number, E.164
	// PublicURL is where Twilio reaches the gateway, "https://pager.example.com" or with a path in front of /twilio/.
	// Empty: calls only speak, how far they get can be asked for, and the Inbox has what people write.
	PublicURL string
	// Secret seals what travels through callback addresses; at least 16 bytes. It must be the same in all processes and
	// outlive restarts, or the keys pressed in a call that rings meanwhile are refused. Empty: it is derived from the
	// auth tokens, which fulfils both.
	Secret []byte
	// BaseURL replaces https://api.twilio.com: another region of Twilio's, or a simulation.
	BaseURL   string
	Keys      Keys // zero = DefaultKeys
	People    People
	Transport http.RoundTripper // nil = http.DefaultTransport
	Log       *slog.Logger      // nil = nothing is logged
	Now       func() time.Time  // nil = time.Now
}

var (
	accountForm = regexp.MustCompile(`^AC[0-9a-fA-F]{32}$`)
	phoneForm   = regexp.MustCompile(`^\+[1-9][0-9]{6,14}$`)
	digitForm   = regexp.MustCompile(`^[0-9*]$`)
	tokenForm   = regexp.MustCompile(`^[0-9A-Za-z]+$`)
)

// smallestSecret is the least length of Config.Secret in bytes.
const smallestSecret = 16

// Client is the telephone. It implements the port of the activities, and Handler gives the door for the way back. It
// may be used concurrently.
type Client struct {
	config Config
	base   *url.URL      // nil = Twilio itself
	public string        // without a trailing slash
	seal   contract.Seal // of tickets
	ledger *ledger
}

// New checks the configuration, all of it at once, and makes no request.
func New(config Config) (*Client, error) {
	if config.Keys == (Keys{}) {
		config.Keys = DefaultKeys()
	}
	if config.Transport == nil {
		config.Transport = http.DefaultTransport
	}
	if config.Log == nil {
		config.Log = slog.New(slog.DiscardHandler)
	}
	if config.Now == nil {
		config.Now = time.Now
	}
	c := &Client{config: config, seal: config.seal(), ledger: newLedger()}
	problems := config.problems()
	if config.BaseURL != "" {
		base, err := absolute("base url", config.BaseURL)
		problems = append(problems, err)
		c.base = base
	}
	if config.PublicURL != "" {
		public, err := absolute("public url", config.PublicURL)
		problems = append(problems, err)
		if err == nil {
			c.public = public.String()
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return c, nil
}

// problems are what is wrong with the configuration, addresses apart.
func (c *Config) problems() []error {
	var problems []error
	add := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }
	if !accountForm.MatchString(c.AccountSID) {
		add("twilio: account sid must be AC and 32 hexadecimal digits (copy it from the Twilio console)")
	}
	if !tokenForm.MatchString(c.AuthToken) {
		add("twilio: auth token must be letters and digits only (is there a line break at its end?)")
	}
	if !phoneForm.MatchString(c.From) {
		add("twilio: number %q is not in E.164 form (write +, country code and number without spaces)", c.From)
	}
	if c.People == nil {
		add("twilio: the people of the roster are required")
	}
	if n := len(c.Secret); n > 0 && n < smallestSecret {
		add("twilio: the secret for callbacks has %d bytes, and needs at least %d", n, smallestSecret)
	}
	return append(problems, c.Keys.check())
}

func (k Keys) check() error {
	seen := map[string]bool{}
	for _, digit := range []string{k.Ack, k.Escalate, k.Repeat, k.Quiet} {
		if !digitForm.MatchString(digit) || seen[digit] {
			return fmt.Errorf("twilio: keys %q, %q, %q, %q must be four different single digits",
				k.Ack, k.Escalate, k.Repeat, k.Quiet)
		}
		seen[digit] = true
	}
	return nil
}

// absolute reads an address that paths are appended to.
func absolute(what, raw string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(raw, "/"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.RawQuery != "" || u.Fragment != "" ||
		u.User != nil {
		return nil, fmt.Errorf("twilio: %s %q must be an absolute http or https address without query", what, raw)
	}
	return u, nil
}
