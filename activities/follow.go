package activities

import (
	"context"
	"errors"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/musterbook/musterbook/contract"
)

// Follower is a telephone that can be asked how far a call or a message got. One that places what can be followed says so
// in its results.
type Follower interface {
	// Follow looks once; it has no effect. What the telephone does not know is refused.
	Follow(ctx context.Context, provider string) (contract.FollowResult, error)
}

// Bounds of looking.
const (
	oneLook      = 5 * time.Second
	longestPause = 15 * time.Second // between two looks of which the first has failed
)

// RegisterFollow binds the following of calls and messages, for the worker of its task queue. Sleep lets time pass between
// two looks; nil = it really passes.
func RegisterFollow(r Registry, phone Phone, sleep func(context.Context, time.Duration) error) {
	f := follow{sleep: sleep}
	f.phone, _ = phone.(Follower)
	register(r, contract.FollowAttempt, f.until)
}

// follow looks at attempts.
type follow struct {
	phone Follower // nil = the telephone cannot be asked
	sleep func(context.Context, time.Duration) error
}

// until looks again and again, in one activity, until there is news or the time is over; it beats at each look. A look that
// fails is repeated, ever more slowly; only what is refused for ever ends it. Access that was revoked may come back.
func (f follow) until(ctx context.Context, req contract.FollowRequest) (contract.FollowResult, error) {
	if f.phone == nil {
		return contract.FollowResult{}, &contract.Refused{What: "this telephone cannot be asked how far an attempt got"}
	}
	known := contract.FollowResult{Status: req.Known}
	every := max(req.Every, time.Second)
	pause := every
	for waited := time.Duration(0); waited < req.For; {
		if err := f.rest(ctx, pause); err != nil {
			return known, err
		}
		waited += pause
		out, err := f.look(ctx, req.Provider)
		var refused *contract.Refused
		var later *contract.Later
		switch {
		case err == nil && out.Status.Beyond(req.Known):
			return out, nil
		case err == nil:
			pause = every
		case errors.As(err, &refused) && !refused.Installation:
			return known, err
		case errors.As(err, &later):
			pause = min(max(later.After, every), longestPause)
		default:
			pause = min(2*pause, longestPause)
		}
	}
	return known, nil
}

// look looks once and beats.
func (f follow) look(ctx context.Context, provider string) (contract.FollowResult, error) {
	ctx, cancel := context.WithTimeout(ctx, oneLook)
	defer cancel()
	out, err := f.phone.Follow(ctx, provider)
	if activity.IsActivity(ctx) {
		said := string(out.Status)
		if err != nil {
			said = err.Error()
		}
		activity.RecordHeartbeat(ctx, said)
	}
	return out, err
}

// errStopping hands an activity over: it is tried again, by another worker or by this one when it is back.
var errStopping = errors.New("this worker stops")

// rest lets time pass between two looks. A worker that stops is not held up.
func (f follow) rest(ctx context.Context, d time.Duration) error {
	if f.sleep != nil {
		return f.sleep(ctx, d)
	}
	var stops <-chan struct{}
	if activity.IsActivity(ctx) {
		stops = activity.GetWorkerStopChannel(ctx)
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-stops:
		return errStopping
	case <-timer.C:
		return nil
	}
}
