package twilio

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Account is what Twilio says about the account of the configuration.
type Account struct {
	Status string // "active", "suspended" or "closed"
	Trial  bool   // it calls verified numbers only, and a notice is spoken first
	Clock  Clock
}

// Active says whether the account can call and text.
func (a Account) Active() bool { return a.Status == "active" }

// Clock is Twilio's clock beside ours, at the moment of an answer.
type Clock struct {
	Theirs time.Time // in whole seconds; zero = the answer does not say
	Ours   time.Time
}

// Number is what Twilio says about a number of the account.
type Number struct {
	Voice, SMS bool   // what it can do
	SMSURL     string // where messages that people send to it are posted; empty = nowhere
	SMSMethod  string // "POST" or "GET"
	SMSApp     string // a TwiML app that takes the messages in place of SMSURL; mostly empty
}

// Account asks whether the credentials are good, and what the account may do. It has no effect, and its errors have the
// classes of every request (https://www.twilio.com/docs/iam/api/account).
func (c *Client) Account(ctx context.Context) (Account, error) {
	var found *api.ApiV2010Account
	x, _, err := c.exchange(ctx, "fetch account", func(s *api.ApiService) error {
		var err error
		found, err = s.FetchAccount(c.config.AccountSID)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	if found.Status == nil {
		return Account{}, fmt.Errorf("fetch account: Twilio's answer names no status")
	}
	return Account{
		Status: *found.Status, Trial: strings.EqualFold(told(found.Type), "trial"), Clock: Clock{Theirs: x.date, Ours: c.config.Now()},
	}, nil
}

// Number asks what the number that calls can do; false means that it is none of the account's. It has no effect
// (https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource).
func (c *Client) Number(ctx context.Context) (Number, bool, error) {
	var found *api.ListIncomingPhoneNumberResponse
	_, err := c.request(ctx, "look up "+c.config.From, func(s *api.ApiService) error {
		var err error
		found, err = s.PageIncomingPhoneNumber((&api.ListIncomingPhoneNumberParams{}).SetPhoneNumber(c.config.From), "", "")
		return err
	})
	if err != nil {
		return Number{}, false, err
	}
	for _, n := range found.IncomingPhoneNumbers {
		if told(n.PhoneNumber) != c.config.From { // the filter also finds numbers that merely contain it
			continue
		}
		out := Number{SMSURL: told(n.SmsUrl), SMSMethod: told(n.SmsMethod), SMSApp: told(n.SmsApplicationSid)}
		if n.Capabilities != nil {
			out.Voice, out.SMS = n.Capabilities.Voice, n.Capabilities.Sms
		}
		return out, true, nil
	}
	return Number{}, false, nil
}

// SMSAddress is where the number's messages must be posted; empty without a public address.
func (c *Client) SMSAddress() string {
	if c.public == "" {
		return ""
	}
	return c.public + pathSMS
}

// ReplyingAt says whether messages that people send to the number reach an address. The fragment of the number's own
// address only says how Twilio connects.
func (n Number) ReplyingAt(address string) bool {
	u, err := url.Parse(n.SMSURL)
	if err != nil || n.SMSApp != "" || n.SMSMethod != "" && n.SMSMethod != "POST" {
		return false
	}
	u.Fragment, u.RawFragment = "", ""
	return u.String() == address
}

// told is a text of Twilio's that may be null.
func told(text *string) string {
	if text == nil {
		return ""
	}
	return *text
}
