package twilio

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/oncall"
	sdk "github.com/twilio/twilio-go/client"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Limits of the requests (https://www.twilio.com/docs/voice/api/call-resource#create-a-call-resource).
const (
	shortestRing  = 5 * time.Second
	longestRing   = 600 * time.Second
	defaultRing   = 25 * time.Second // short of most answering machines
	longestText   = 1600             // characters
	longestValid  = 36000            // seconds
	statusAtOnce  = "initiated"
	statusRinging = "ringing"
	statusPickUp  = "answered"
	statusAtEnd   = "completed"
)

// Call telephones a person. It is idempotent by the attempt named in the callback: on Again a call that was placed for
// it is adopted. When that cannot be known the person is called again, because a second call is harmless and silence is
// not.
func (c *Client) Call(ctx context.Context, req contract.CallRequest) (contract.CallResult, error) {
	what, number, err := c.recipient("call", req.Person)
	if err != nil {
		return contract.CallResult{}, err
	}
	silent := c.public == ""
	if req.Again {
		sid, err := c.adopt(ctx, lost{what: what, effect: effectOf(req.Callback), number: number, since: req.Intended})
		if sid != "" || err != nil {
			return contract.CallResult{Provider: sid, Silent: silent, Follow: silent}, err
		}
	}
	params := (&api.CreateCallParams{}).SetTo(number).SetFrom(c.config.From).SetTimeout(ringSeconds(req.Ring))
	if silent {
		params.SetTwiml(c.recording(req))
	} else {
		tag := c.seal.Wrap(ticket{Callback: req.Callback, Person: req.Person})
		params.SetUrl(c.address(pathVoice, tag, nil)).SetMethod("POST").
			SetStatusCallback(c.address(pathStatus, tag, nil)).SetStatusCallbackMethod("POST").
			SetStatusCallbackEvent([]string{statusAtOnce, statusRinging, statusPickUp, statusAtEnd})
	}
	began := c.config.Now()
	var made *api.ApiV2010Call
	unknown, err := c.request(ctx, what, func(s *api.ApiService) error {
		var err error
		made, err = s.CreateCall(params)
		return err
	})
	if err != nil {
		if unknown {
			c.remember(req.Callback, began)
		}
		return contract.CallResult{}, err
	}
	if made.Sid == nil {
		c.remember(req.Callback, began)
		return contract.CallResult{}, fmt.Errorf("%s: Twilio's answer names no call", what)
	}
	c.ledger.placed(*made.Sid, effectOf(req.Callback))
	return contract.CallResult{Provider: *made.Sid, Silent: silent, Follow: silent}, nil
}

// HangUp ends a call. One that is over, or that Twilio does not know any more, is success.
func (c *Client) HangUp(ctx context.Context, req contract.HangUpRequest) error {
	if !strings.HasPrefix(req.Provider, "CA") {
		return &contract.Refused{What: fmt.Sprintf("hang up %q: that is not a call", req.Provider)}
	}
	// "canceled" reaches a call that waits or rings, "completed" one that was answered meanwhile.
	for _, status := range []string{string(incident.CallCanceled), string(incident.CallCompleted)} {
		var now *api.ApiV2010Call
		var rest *sdk.TwilioRestError
		_, err := c.request(ctx, "hang up "+req.Provider, func(s *api.ApiService) error {
			var err error
			now, err = s.UpdateCall(req.Provider, (&api.UpdateCallParams{}).SetStatus(status))
			_ = errors.As(err, &rest)
			return err
		})
		switch {
		case rest != nil && rest.Code == codeNoSuchCall:
			return nil // Twilio has forgotten it: it rings no more
		case errors.Is(err, errOver):
		case err != nil:
			return err
		case now.Status == nil || callStatus(*now.Status).Final():
			return nil
		}
	}
	return nil
}

// codeNoSuchCall is Twilio's answer to a call that it does not know (https://www.twilio.com/docs/api/errors/20404).
const codeNoSuchCall = 20404

// Text sends a message. It is idempotent by the reference in its body: on Again a message to the person that holds it
// is adopted.
func (c *Client) Text(ctx context.Context, req contract.TextRequest) (contract.TextResult, error) {
	what, number, err := c.recipient("text", req.Person)
	if err != nil {
		return contract.TextResult{}, err
	}
	if req.Again {
		sid, err := c.adopt(ctx, lost{
			what: what, effect: effectOf(req.Callback), number: number, since: req.Intended, text: true, reference: req.Reference,
		})
		if sid != "" || err != nil {
			return contract.TextResult{Provider: sid, Follow: c.public == ""}, err
		}
	}
	params := (&api.CreateMessageParams{}).SetTo(number).SetFrom(c.config.From).SetBody(fit(req.Text, req.Reference)).
		SetSmartEncoded(true) // One GSM-7 segment where typographic characters are all that stands in its way.
	if req.Validity > 0 {
		params.SetValidityPeriod(int(min(math.Ceil(req.Validity.Seconds()), longestValid)))
	}
	if c.public != "" {
		params.SetStatusCallback(c.address(pathStatus, c.seal.Wrap(ticket{Callback: req.Callback, Person: req.Person}), nil))
	}
	began := c.config.Now()
	var made *api.ApiV2010Message
	unknown, err := c.request(ctx, what, func(s *api.ApiService) error {
		var err error
		made, err = s.CreateMessage(params)
		return err
	})
	if err != nil {
		if unknown {
			c.remember(req.Callback, began)
		}
		return contract.TextResult{}, err
	}
	if made.Sid == nil {
		c.remember(req.Callback, began)
		return contract.TextResult{}, fmt.Errorf("%s: Twilio's answer names no message", what)
	}
	return contract.TextResult{Provider: *made.Sid, Follow: c.public == ""}, nil
}

// recipient finds the number of a person. Nobody without a number is called, and that is said at once.
func (c *Client) recipient(verb string, id oncall.PersonID) (what, number string, err error) {
	p, ok := c.config.People.Person(id)
	what = verb + " " + p.Name
	switch {
	case !ok:
		return "", "", &contract.Refused{
			What: fmt.Sprintf("%s %s: nobody of that name is in the roster", verb, id),
			Hint: "the roster has changed since the page began",
		}
	case p.Phone == "":
		return "", "", &contract.Refused{What: what + ": no telephone number is known", Hint: "add one to the roster"}
	case !phoneForm.MatchString(p.Phone):
		return "", "", &contract.Refused{
			What: fmt.Sprintf("%s: %q is not a telephone number", what, p.Phone),
			Hint: "write it in the roster as +, country code and number without spaces",
		}
	}
	return what, p.Phone, nil
}

// remember notes a request whose outcome is unknown.
func (c *Client) remember(at contract.Callback, began time.Time) {
	c.ledger.doubted(effectOf(at), doubt{since: began, until: c.config.Now()})
}

// ringSeconds is how long it rings, in whole seconds and within Twilio's limits.
func ringSeconds(ring time.Duration) int {
	if ring <= 0 {
		ring = defaultRing
	}
	return int(math.Ceil(min(max(ring, shortestRing), longestRing).Seconds()))
}

// fit shortens a text to what Twilio takes, and never loses the reference, by which the message is found again and
// which people reply to.
func fit(text, reference string) string {
	if utf8.RuneCountInString(text) <= longestText {
		return text
	}
	runes := []rune(text)
	short := string(runes[:longestText-1]) + "…"
	if reference == "" || strings.Contains(short, reference) {
		return short
	}
	tail := "… " + reference
	return string(runes[:longestText-utf8.RuneCountInString(tail)]) + tail
}
