package activities

import (
	"context"
	"fmt"
	"time"

	"github.com/musterbook/musterbook/contract"
)

// Lines know how often each person is told, across all incidents.
type Lines interface {
	// Use asks whether somebody may be told now, and counts it. It is idempotent by the request's key.
	Use(ctx context.Context, req contract.LineRequest) (contract.LineResult, error)
}

// lineTime is how long a line is waited for. Whoever hears nothing from it calls directly: a page is never dropped because
// somebody counts.
const lineTime = 2 * time.Second

// bear asks a person's line before they are told. Past what it bears the attempt is refused, so that the page goes to the
// next person.
func bear(ctx context.Context, lines Lines, req contract.LineRequest) error {
	if lines == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, lineTime)
	defer cancel()
	out, err := lines.Use(ctx, req)
	if err != nil || out.Allowed {
		return nil //nolint:nilerr // a line that cannot be asked must not keep anybody from being called
	}
	what := "called"
	if req.Via == "sms" {
		what = "texted"
	}
	return &contract.Refused{What: fmt.Sprintf("%s %d times within %s already; the page goes on to the next person", what, out.Uses, out.Within)}
}
