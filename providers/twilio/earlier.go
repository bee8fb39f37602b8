package twilio

import (
	"context"
	"time"

	"github.com/musterbook/musterbook/oncall"
)

// besideText is how far a call and the message that was sent with it may lie apart.
const besideText = 90 * time.Second

// Sought is a call and a message that another process may have placed together.
type Sought struct {
	Person    oncall.PersonID
	Reference string // in the message, and in no other one
	Since     time.Time
}

// Earlier is what was found; what was not is empty.
type Earlier struct {
	Call, Text string
}

// Earlier looks for a message by its reference, and for the call beside it. Twilio shows no words of a call, so a call is
// known only by the time of the message that belongs to it: without the message no call is found, because a call that
// was placed for something else must not keep anybody from being called.
func (c *Client) Earlier(ctx context.Context, s Sought) (Earlier, error) {
	what, number, err := c.recipient("look for a page of", s.Person)
	if err != nil {
		return Earlier{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	l := lost{what: what, number: number, since: s.Since, text: true, reference: s.Reference}
	m, err := c.messageOf(ctx, l)
	if err != nil || m == nil {
		return Earlier{}, err
	}
	found := Earlier{Text: *m.Sid}
	sent, ok := wireTime(m.DateCreated)
	if !ok {
		return found, nil
	}
	calls, err := c.callsTo(ctx, l)
	if err != nil {
		return found, err
	}
	nearest := besideText + 1
	for _, call := range calls {
		at, ok := wireTime(call.DateCreated)
		if apart := at.Sub(sent).Abs(); ok && call.Sid != nil && apart < nearest {
			nearest, found.Call = apart, *call.Sid
		}
	}
	return found, nil
}

// wireTime reads a date of Twilio's.
func wireTime(text *string) (time.Time, bool) {
	if text == nil {
		return time.Time{}, false
	}
	at, err := time.Parse(time.RFC1123Z, *text)
	return at, err == nil
}
