package email

import (
	"errors"
	"net/url"
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

// linkUse separates this use of the secret from any other.
const linkUse = "musterbook mail link 1"

// Refusals of a ticket.
var (
	errTicket  = errors.New("this link was not made here, or has been changed since")
	errExpired = errors.New("this link is too old")
)

// seal is what keeps tickets as they were.
func (c *Client) seal() contract.Seal {
	return contract.Seal{Keys: [][]byte{c.config.Secret}, Use: linkUse}
}

// link is the absolute address of a ticket's page.
func (c *Client) link(t ticket) string {
	return c.public + pagePath + "?" + url.Values{queryTicket: {c.seal().Wrap(t)}}.Encode()
}

// unseal checks and reads a ticket. One that is too old is given all the same, so that its page can say what to do.
func (c *Client) unseal(word string) (ticket, error) {
	var t ticket
	if c.seal().Open(word, &t) != nil {
		return ticket{}, errTicket
	}
	if !c.config.Now().Before(time.Unix(t.Until, 0)) {
		return t, errExpired
	}
	return t, nil
}
