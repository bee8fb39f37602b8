package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
)

const (
	dialFirstPause = 50 * time.Millisecond
	dialLastPause  = 2 * time.Second
)

// Dial connects to any Temporal server and is patient with one that does not serve yet: it tries until ctx ends, with
// growing pauses, and says so to the options' Logger once. A server that refuses (a wrong key, say) ends it at once.
func Dial(ctx context.Context, options client.Options) (client.Client, error) {
	pause := dialFirstPause
	for attempt := 1; ; attempt++ {
		c, err := client.DialContext(ctx, options)
		if err == nil {
			return c, nil
		}
		if !worthRetrying(err) {
			return nil, fmt.Errorf("connect to Temporal at %s: %w", options.HostPort, err)
		}
		if attempt == 1 && options.Logger != nil {
			options.Logger.Warn("Temporal does not answer yet; trying on", "address", options.HostPort, "error", err)
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to Temporal at %s: nobody served there in time: %w (last answer: %w)",
				options.HostPort, context.Cause(ctx), err)
		case <-time.After(pause):
		}
		pause = min(2*pause, dialLastPause)
	}
}

// worthRetrying tells a server that is not there yet from one that says no.
func worthRetrying(err error) bool {
	var (
		unavailable *serviceerror.Unavailable
		deadline    *serviceerror.DeadlineExceeded
		exhausted   *serviceerror.ResourceExhausted
	)
	return errors.As(err, &unavailable) || errors.As(err, &deadline) || errors.As(err, &exhausted) ||
		errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
