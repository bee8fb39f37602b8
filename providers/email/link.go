package email

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// The page of a mail, below the public address, and where its address carries the ticket.
const (
	pagePath    = "/mail/page"
	queryTicket = "t"
)

// linkLife is how long a link works. Whoever reads the mail later finds the incident elsewhere; a link that works for ever
// would lie in mailboxes and their copies.
const linkLife = 24 * time.Hour

// ticket is what a link carries: which attempt of which page it is about, whom it was written to, and until when it works.
// It is readable and sealed: whoever changes it is refused.
type ticket struct {
	contract.Callback
	Person oncall.PersonID `json:"person"`
	Until  int64           `json:"until"` // Unix seconds
}

// macContext separates this use of the secret from any other.
const macContext = "musterbook mail link 1\x00"

// longestTicket bounds what is decoded, in bytes of the address.
const longestTicket = 3000

// Refusals of a ticket.
var (
	errTicket  = errors.New("this link was not made here, or has been changed since")
	errExpired = errors.New("this link is too old")
)

func (c *Client) mac(payload string) []byte {
	h := hmac.New(sha256.New, c.config.Secret)
	h.Write([]byte(macContext + payload))
	return h.Sum(nil)
}

// link is the absolute address of a ticket's page: payload, dot, MAC, both in base64url.
func (c *Client) link(t ticket) string {
	text, err := json.Marshal(t)
	if err != nil {
		// A struct of texts and numbers always marshals.
		panic("email: marshal ticket: " + err.Error())
	}
	payload := base64.RawURLEncoding.EncodeToString(text)
	word := payload + "." + base64.RawURLEncoding.EncodeToString(c.mac(payload))
	return c.public + pagePath + "?" + url.Values{queryTicket: {word}}.Encode()
}

// unseal checks and reads a ticket. One that is too old is given all the same, so that its page can say what to do.
func (c *Client) unseal(word string) (ticket, error) {
	payload, sum, ok := strings.Cut(word, ".")
	if !ok || len(word) > longestTicket || len(c.config.Secret) == 0 {
		return ticket{}, errTicket
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	if err != nil || !hmac.Equal(given, c.mac(payload)) {
		return ticket{}, errTicket
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return ticket{}, errTicket
	}
	var t ticket
	if err := json.Unmarshal(text, &t); err != nil {
		return ticket{}, fmt.Errorf("read the ticket: %w", err)
	}
	if !c.config.Now().Before(time.Unix(t.Until, 0)) {
		return t, errExpired
	}
	return t, nil
}
