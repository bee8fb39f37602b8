package slack

import (
	"context"
	"errors"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// mostTries is how often something is tried that goes on after an answer, before
// it is given up.
const mostTries = 4

// insist tries an effect again where Slack is away, until the context ends. What
// Slack refuses is not tried again.
func (d *Desk) insist(ctx context.Context, e contract.Effect, do func(contract.Effect) error) error {
	return d.tryOn(ctx, func(again bool) error {
		e.Again = e.Again || again
		return do(e)
	})
}

// tryOn likewise does what is idempotent by nature. Again says that it was tried
// before.
func (d *Desk) tryOn(ctx context.Context, do func(again bool) error) error {
	var err error
	for try := range mostTries {
		if try > 0 && !sleep(ctx, d.pace<<try) {
			break
		}
		if err = do(try > 0); err == nil || contract.IsRefused(err) {
			return err
		}
		var later *contract.Later
		if errors.As(err, &later) && !sleep(ctx, later.After) {
			break
		}
	}
	return err
}

// sleep waits and reports false when the context ends before.
func sleep(ctx context.Context, span time.Duration) bool {
	timer := time.NewTimer(span)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
