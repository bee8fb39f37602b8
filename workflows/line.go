package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
)

// What one person's line bears within its window: past it a page goes to the next person. The figures are those of GoAlert.
const (
	lineWindow = 15 * time.Minute
	mostCalls  = 3
	mostTexts  = 5
	lineIdle   = 2 * lineWindow // after this long without a request the line has nothing to remember
	lineCut    = 2000
)

// Line bounds how often one person is called and texted, whatever the number of incidents, and lets one call speak of
// several. It ends when nothing was asked for a while; whoever asks next begins it anew.
func Line(ctx workflow.Context, st contract.LineState) (contract.None, error) {
	asked := 0
	l := &line{st: &st}
	use := func(ctx workflow.Context, req contract.LineRequest) (contract.LineResult, error) {
		asked++
		if err := l.untilPlaced(ctx, req); err != nil {
			return contract.LineResult{}, err
		}
		return l.use(req, now(ctx)), nil
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, string(contract.LineUpdate), use, workflow.UpdateHandlerOptions{
		Description: "Ask whether the person may be called or texted now; asking again with the same key gives the same answer.",
	})
	if err != nil {
		return contract.None{}, fmt.Errorf("handle %s: %w", contract.LineUpdate, err)
	}
	if err := l.listen(ctx); err != nil {
		return contract.None{}, err
	}
	full := func() bool { return grown(ctx, lineCut) }
	for {
		seen := asked
		if _, err := workflow.AwaitWithTimeout(ctx, lineIdle, full); err != nil {
			return contract.None{}, fmt.Errorf("line: %w", err)
		}
		if err := workflow.Await(ctx, func() bool { return workflow.AllHandlersFinished(ctx) }); err != nil {
			return contract.None{}, fmt.Errorf("line: %w", err)
		}
		switch {
		case full():
			return contract.None{}, workflow.NewContinueAsNewError(ctx, string(contract.Line), st)
		case asked == seen:
			return contract.None{}, nil
		}
	}
}

// line keeps what is known of one person.
type line struct{ st *contract.LineState }

// use answers a request and remembers it. What is older than the window is forgotten. A call that is under way bears
// whatever comes meanwhile: it is one call.
func (l *line) use(req contract.LineRequest, at time.Time) contract.LineResult {
	st := l.st
	st.Uses = slices.DeleteFunc(st.Uses, func(u contract.LineUse) bool { return at.Sub(u.At) >= lineWindow })
	known := slices.IndexFunc(st.Uses, func(u contract.LineUse) bool { return u.Key == req.Key && u.Via == req.Via })
	if known < 0 && l.joins(req, at) {
		return contract.LineResult{Allowed: true, Within: lineWindow, Joined: st.Call.Provider}
	}
	used := 0
	for _, u := range st.Uses {
		if u.Via == req.Via && u.Allowed {
			used++
		}
	}
	most := mostCalls
	if req.Via == "sms" {
		most = mostTexts
	}
	out := contract.LineResult{Allowed: req.First || used < most, Within: lineWindow}
	if known >= 0 {
		out.Allowed = st.Uses[known].Allowed
	}
	if !out.Allowed {
		out.Uses = used
	}
	if known >= 0 {
		return out
	}
	st.Uses = append(st.Uses, contract.LineUse{Key: req.Key, Via: req.Via, At: at, Allowed: out.Allowed})
	if out.Allowed {
		l.begins(req, at)
	}
	return out
}
