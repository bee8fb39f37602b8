package twilio

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"net/url"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// The paths below the public address.
const (
	pathVoice  = "/twilio/voice"
	pathGather = "/twilio/gather"
	pathStatus = "/twilio/status"
	pathSMS    = "/twilio/sms"
)

// The query of a callback address.
const (
	queryTicket = "t"
	queryWaits  = "wait"  // how often the caller was asked for a moment
	queryRounds = "round" // how often the menu was spoken
	queryKeys   = "keys"  // keys that were pressed and could not be passed on yet
	querySure   = "sure"  // "stop calling me" was asked once
)

// persistence asks Twilio to repeat a webhook that found nobody or was answered 5xx, so that a gateway that restarts
// loses no key (https://www.twilio.com/docs/usage/webhooks/webhooks-connection-overrides).
const persistence = "#rc=3&rp=ct,rt,5xx"

// ticket is what a callback address carries: which attempt of which page it is about, and whom it called. It is
// readable and sealed: whoever changes it is refused.
type ticket struct {
	contract.Callback
	Person oncall.PersonID `json:"person"`
}

// callbackUse separates this use of the secret from any other.
const callbackUse = "musterbook twilio callback 1"

// seal is what keeps tickets as they were. Keys derived from the auth tokens hold through a rotation, because the other
// token's key still opens what was sealed before it.
func (c *Config) seal() contract.Seal {
	seal := contract.Seal{Use: callbackUse}
	if len(c.Secret) > 0 {
		seal.Keys = [][]byte{c.Secret}
		return seal
	}
	for _, token := range []string{c.AuthToken, c.OtherAuthToken} {
		if token != "" {
			seal.Keys = append(seal.Keys, derived(token, c.AccountSID))
		}
	}
	return seal
}

// derived is a key that an auth token gives, for this use alone.
func derived(token, account string) []byte {
	h := hmac.New(sha256.New, []byte(token))
	h.Write([]byte(callbackUse + "\x00" + account))
	return h.Sum(nil)
}

var errTicket = errors.New("the address was not made here, or the secret has changed")

// unseal checks and reads a ticket.
func (c *Client) unseal(word string) (ticket, error) {
	var t ticket
	if err := c.seal.Open(word, &t); err != nil {
		return ticket{}, errTicket
	}
	return t, nil
}

// address is an absolute callback address.
func (c *Client) address(path, sealed string, more url.Values) string {
	query := url.Values{queryTicket: {sealed}}
	for key, values := range more {
		query[key] = values
	}
	return c.public + path + "?" + query.Encode() + persistence
}
