package twilio

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

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

// macContext separates this use of the secret from any other.
const macContext = "musterbook twilio callback 1\x00"

// seals are the keys of tickets. Those derived from the auth tokens hold through a rotation, because the other token's
// key still opens what was sealed before it.
func (c *Config) seals() [][]byte {
	if len(c.Secret) > 0 {
		return [][]byte{c.Secret}
	}
	var keys [][]byte
	for _, token := range []string{c.AuthToken, c.OtherAuthToken} {
		if token != "" {
			keys = append(keys, mac([]byte(token), c.AccountSID))
		}
	}
	return keys
}

// longestTicket bounds what is decoded, in bytes of the address.
const longestTicket = 3000

func mac(secret []byte, payload string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(macContext + payload))
	return h.Sum(nil)
}

// seal writes a ticket as one word of an address: payload, dot, MAC, both in base64url.
func (c *Client) seal(t ticket) string {
	text, err := json.Marshal(t)
	if err != nil {
		// A struct of texts and a number always marshals.
		panic("twilio: marshal ticket: " + err.Error())
	}
	payload := base64.RawURLEncoding.EncodeToString(text)
	return payload + "." + base64.RawURLEncoding.EncodeToString(mac(c.seals[0], payload))
}

var errTicket = errors.New("the address was not made here, or the secret has changed")

// unseal checks and reads a ticket.
func (c *Client) unseal(word string) (ticket, error) {
	payload, sum, ok := strings.Cut(word, ".")
	if !ok || len(word) > longestTicket {
		return ticket{}, errTicket
	}
	given, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	genuine := func(key []byte) bool { return hmac.Equal(given, mac(key, payload)) }
	if err != nil || !slices.ContainsFunc(c.seals, genuine) {
		return ticket{}, errTicket
	}
	text, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		return ticket{}, errTicket
	}
	var t ticket
	if err := json.Unmarshal(text, &t); err != nil {
		return ticket{}, fmt.Errorf("read the ticket: %w", err)
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
