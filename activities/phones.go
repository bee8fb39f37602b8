package activities

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// NamedPhone is one of several telephones.
type NamedPhone struct {
	Name string // as people know it: "twilio", "twilio second"
	Phone
}

// Phones are telephones in order of preference. When one is refused as a whole, or cannot be reached, the next one makes
// the same attempt; a number that is wrong is wrong everywhere. Each is idempotent as its own port promises. A first one
// that has called although it did not say so means a second call, which is harmless.
type Phones []NamedPhone

// Call places the call with the first telephone that can.
func (p Phones) Call(ctx context.Context, req contract.CallRequest) (contract.CallResult, error) {
	return firstThatCan(ctx, p, func(ctx context.Context, one NamedPhone) (contract.CallResult, error) { return one.Call(ctx, req) },
		func(out *contract.CallResult, n int, note string) {
			out.Provider, out.Note = mark(n, out.Provider), note
		})
}

// Text sends the message with the first telephone that can.
func (p Phones) Text(ctx context.Context, req contract.TextRequest) (contract.TextResult, error) {
	return firstThatCan(ctx, p, func(ctx context.Context, one NamedPhone) (contract.TextResult, error) { return one.Text(ctx, req) },
		func(out *contract.TextResult, n int, note string) {
			out.Provider, out.Note = mark(n, out.Provider), note
		})
}

// HangUp ends a call at the telephone that placed it. A call whose status came before its own answer has no mark: then
// each is asked, and one that knows it is enough.
func (p Phones) HangUp(ctx context.Context, req contract.HangUpRequest) error {
	if n, id, marked := unmark(req.Provider); marked && n < len(p) {
		req.Provider = id
		return p[n].HangUp(ctx, req)
	}
	var problems []error
	for _, one := range p {
		err := one.HangUp(ctx, req)
		if err == nil {
			return nil
		}
		problems = append(problems, err)
	}
	return errors.Join(problems...)
}

// Follow asks the telephone that has placed the call or sent the message. Without a mark that is the first one.
func (p Phones) Follow(ctx context.Context, provider string) (contract.FollowResult, error) {
	n, id, _ := unmark(provider)
	if n < len(p) {
		if one, ok := p[n].Phone.(Follower); ok {
			return one.Follow(ctx, id)
		}
	}
	return contract.FollowResult{}, &contract.Refused{What: "look at " + provider + ": no telephone here can be asked for it"}
}

// firstThatCan asks one telephone after the other. What only one of them refuses is told with the answer of the next.
// When all of them fail, the most hopeful error counts: what may be tried again is.
// None may use up the time of those behind it.
func firstThatCan[Out any](
	ctx context.Context, phones Phones, ask func(context.Context, NamedPhone) (Out, error), note func(*Out, int, string),
) (Out, error) {
	var none Out
	var notes []string
	var worth, last error
	for n, one := range phones {
		own, done := share(ctx, len(phones)-n)
		out, err := ask(own, one)
		done()
		if err == nil {
			note(&out, n, strings.Join(notes, "; "))
			return out, nil
		}
		var refused *contract.Refused
		if errors.As(err, &refused) && !refused.Installation {
			return none, err
		}
		if refused == nil && worth == nil {
			worth = err
		}
		last = err
		notes = append(notes, fmt.Sprintf("%s failed: %v", one.Name, err))
	}
	if worth != nil {
		return none, worth
	}
	return none, last
}

// share is the time for the first of several that are asked one after the other: its part of what is left.
func share(ctx context.Context, among int) (context.Context, context.CancelFunc) {
	end, limited := ctx.Deadline()
	if !limited {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(among))
}

// mark says which telephone a call belongs to; those of the first one have none.
func mark(n int, id string) string {
	if n == 0 {
		return id
	}
	return strconv.Itoa(n) + "/" + id
}

// unmark takes a mark off. Without one it is the first telephone's, or nobody knows whose.
func unmark(id string) (n int, plain string, marked bool) {
	digits, plain, found := strings.Cut(id, "/")
	n, err := strconv.Atoi(digits)
	if !found || err != nil || n < 1 {
		return 0, id, false
	}
	return n, plain, true
}
