package twilio

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/musterbook/musterbook/contract"
	api "github.com/twilio/twilio-go/rest/api/v2010"
)

// Looking for a lost effect.
const (
	// lookPage is how many of a number's newest calls or messages are looked through.
	lookPage = 50
	// clockSlack is how far Twilio's clock, which shows whole seconds, may be behind ours.
	clockSlack = 2 * time.Second
	// settling is how long after an unknown outcome a list may still lack what was done. A look that found nothing
	// before that is repeated before the person is called again.
	settling = 3 * time.Second
	// lostWithin is how long after the decision another process can have placed a lost call: the least time that an
	// attempt has. What this process itself tried later is known to its ledger.
	lostWithin = time.Minute
)

// lost is an effect that may have been done already.
type lost struct {
	what      string
	effect    string // effectOf
	number    string
	since     time.Time
	text      bool   // a message, not a call
	reference string // of a message
}

// effectOf names an attempt for the ledger.
func effectOf(at contract.Callback) string {
	return fmt.Sprintf("%s %s %d", at.WorkflowID, at.Page, at.Attempt)
}

// adopt looks for a lost effect and returns its identifier, or "" when it must be done again. A Later asks to look once
// more first.
func (c *Client) adopt(ctx context.Context, l lost) (string, error) {
	look, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	find := c.findCall
	if l.text {
		find = c.findText
	}
	sid, err := find(look, l)
	var later *contract.Later
	switch {
	case sid != "":
		c.config.Log.Info("adopted what an earlier attempt has done", "what", l.what, "provider", sid)
		return sid, nil
	case errors.As(err, &later) || contract.IsRefused(err):
		return "", err
	case err != nil && ctx.Err() != nil:
		return "", err
	case err != nil:
		c.config.Log.Warn("could not look for an earlier attempt; it may be repeated", "what", l.what, "error", err)
	}
	if wait := c.ledger.settles(l.effect, c.config.Now()); wait > 0 {
		return "", &contract.Later{After: wait, Err: fmt.Errorf("%s: the outcome of an earlier attempt is not known yet", l.what)}
	}
	return "", nil
}

// findCall looks for the call of an attempt. Twilio shows neither the address nor the words of a call, so a call is
// known by person, time and exclusion: one that belongs to another attempt, as the ledger knows from our own requests
// and from callbacks, is passed over, and of the others the one nearest to the intent is taken that was created when an
// earlier attempt can have been made. Later ones are somebody else's, such as a direct page: to take one of them would be
// silence, and a second call is not. The list is not filtered by start time, because a call that waits in the queue has
// none.
func (c *Client) findCall(ctx context.Context, l lost) (string, error) {
	calls, err := c.callsTo(ctx, l)
	if err != nil {
		return "", err
	}
	nearest := ""
	for _, call := range calls { // Newest first, so the last one that fits is the nearest.
		if call.Sid == nil || !c.mayBeLost(call.DateCreated, l) {
			continue
		}
		switch c.ledger.effectOf(*call.Sid) {
		case l.effect:
			return *call.Sid, nil
		case "":
			nearest = *call.Sid
		}
	}
	if nearest != "" {
		c.ledger.placed(nearest, l.effect)
	}
	return nearest, nil
}

// mayBeLost says whether a call was created when an earlier attempt can have been made: within a minute of the decision, or
// while this process did not learn what came of a request for it. What shows no date counts.
func (c *Client) mayBeLost(created *string, l lost) bool {
	at, ok := wireTime(created)
	if !ok {
		return true
	}
	windows := append(c.ledger.doubtsOf(l.effect), doubt{l.since, l.since.Add(lostWithin)})
	return slices.ContainsFunc(windows, func(w doubt) bool {
		return !at.Before(w.since.Add(-clockSlack)) && !at.After(w.until.Add(settling))
	})
}

// findText looks for the message that holds the reference.
func (c *Client) findText(ctx context.Context, l lost) (string, error) {
	m, err := c.messageOf(ctx, l)
	if err != nil || m == nil {
		return "", err
	}
	return *m.Sid, nil
}

// messageOf is the message that holds the reference, or nil.
func (c *Client) messageOf(ctx context.Context, l lost) (*api.ApiV2010Message, error) {
	if l.reference == "" {
		return nil, nil
	}
	params := (&api.ListMessageParams{}).SetTo(l.number).SetFrom(c.config.From).SetPageSize(lookPage)
	var page *api.ListMessageResponse
	_, err := c.request(ctx, l.what+": look for an earlier message", func(s *api.ApiService) error {
		var err error
		page, err = s.PageMessage(params, "", "")
		return err
	})
	if err != nil {
		return nil, err
	}
	for n, m := range page.Messages {
		if m.Sid != nil && m.Body != nil && notBefore(m.DateCreated, l.since) && strings.Contains(*m.Body, l.reference) {
			return &page.Messages[n], nil
		}
	}
	return nil, nil
}

// callsTo are the newest calls to a number, the newest first.
func (c *Client) callsTo(ctx context.Context, l lost) ([]api.ApiV2010Call, error) {
	params := (&api.ListCallParams{}).SetTo(l.number).SetFrom(c.config.From).SetPageSize(lookPage)
	var page *api.ListCallResponse
	_, err := c.request(ctx, l.what+": look for an earlier call", func(s *api.ApiService) error {
		var err error
		page, err = s.PageCall(params, "", "")
		return err
	})
	if err != nil {
		return nil, err
	}
	return page.Calls, nil
}

// notBefore says whether something was created since the intent. What shows no date counts, because a wrong adoption is
// rarer than a lost date.
func notBefore(created *string, since time.Time) bool {
	at, ok := wireTime(created)
	return !ok || !at.Before(since.Add(-clockSlack))
}

// ledger remembers which call belongs to which attempt, and which attempts are in doubt. It lives in this process only
// and forgets the oldest: it makes looking sharper, and nothing depends on it.
type ledger struct {
	mu     sync.Mutex
	calls  *recent[string]  // call → attempt
	doubts *recent[[]doubt] // attempt → its requests of which nobody knows the outcome
}

// doubt is the time of a request whose outcome is unknown.
type doubt struct{ since, until time.Time }

const (
	ledgerSize = 4096 // entries of each kind that are kept
	mostDoubts = 16   // of one attempt; the newest ones are kept
)

func newLedger() *ledger {
	return &ledger{calls: newRecent[string](ledgerSize), doubts: newRecent[[]doubt](ledgerSize)}
}

func (l *ledger) placed(sid, effect string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.calls.put(sid, effect)
}

func (l *ledger) effectOf(sid string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	effect, _ := l.calls.get(sid)
	return effect
}

func (l *ledger) doubted(effect string, d doubt) {
	l.mu.Lock()
	defer l.mu.Unlock()
	before, _ := l.doubts.get(effect)
	l.doubts.put(effect, append(slices.Clone(before[max(0, len(before)+1-mostDoubts):]), d))
}

func (l *ledger) doubtsOf(effect string) []doubt {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, _ := l.doubts.get(effect)
	return slices.Clone(known)
}

// settles is how long to wait until a list can be trusted to show an attempt whose outcome is unknown; 0 = it can.
func (l *ledger) settles(effect string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	known, _ := l.doubts.get(effect)
	if len(known) == 0 {
		return 0
	}
	return max(0, settling-now.Sub(known[len(known)-1].until))
}

// recent is a map that forgets its oldest entries.
type recent[V any] struct {
	limit  int
	order  []string
	values map[string]V
}

func newRecent[V any](limit int) *recent[V] { return &recent[V]{limit: limit, values: map[string]V{}} }

func (r *recent[V]) get(key string) (V, bool) {
	v, ok := r.values[key]
	return v, ok
}

func (r *recent[V]) put(key string, v V) {
	if _, known := r.values[key]; !known {
		r.order = append(r.order, key)
	}
	r.values[key] = v
	for len(r.order) > r.limit {
		delete(r.values, r.order[0])
		r.order = r.order[1:]
	}
}
