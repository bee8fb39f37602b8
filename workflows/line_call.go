package workflows

import (
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
)

// Several incidents that call one person at once are told in one call: who comes while it is under way joins it. The
// provider alone knows whether a call is over; so whoever joins looks there, and asks again for a call of its own where it
// is.

const (
	// placingTime is how long a request waits until a call that is just being placed has its id. It is shorter than the time
	// after which whoever asks calls without us.
	placingTime = 1500 * time.Millisecond
	// longestCall is after how long nobody joins a call any more.
	longestCall = 3 * time.Minute
)

// listen answers what else a line is asked.
func (l *line) listen(ctx workflow.Context) error {
	placed := func(_ workflow.Context, in contract.LinePlaced) (contract.None, error) {
		l.placed(in)
		return contract.None{}, nil
	}
	err := workflow.SetUpdateHandlerWithOptions(ctx, string(contract.LinePlacedUpdate), placed, workflow.UpdateHandlerOptions{
		Description: "What became of a call that was allowed.",
	})
	if err != nil {
		return fmt.Errorf("handle %s: %w", contract.LinePlacedUpdate, err)
	}
	leave := func(_ workflow.Context, in contract.LineLeave) (contract.LineLeft, error) { return l.leave(in), nil }
	err = workflow.SetUpdateHandlerWithOptions(ctx, string(contract.LineLeaveUpdate), leave, workflow.UpdateHandlerOptions{
		Description: "Nobody needs to be told of an attempt any more; the answer says whether the call goes on for others.",
	})
	if err != nil {
		return fmt.Errorf("handle %s: %w", contract.LineLeaveUpdate, err)
	}
	ending := func(_ workflow.Context, in contract.LineEnding) (contract.LineEnded, error) { return l.ending(in), nil }
	err = workflow.SetUpdateHandlerWithOptions(ctx, string(contract.LineEndingUpdate), ending, workflow.UpdateHandlerOptions{
		Description: "A call says goodbye: nobody joins it any more; the answer says for what it was made.",
	})
	if err != nil {
		return fmt.Errorf("handle %s: %w", contract.LineEndingUpdate, err)
	}
	err = workflow.SetQueryHandler(ctx, string(contract.LineQuery), func(contract.None) (contract.LineState, error) { return *l.st, nil })
	if err != nil {
		return fmt.Errorf("handle %s: %w", contract.LineQuery, err)
	}
	return nil
}

// untilPlaced lets a request wait while another attempt's call is just being placed, so that it can join it.
func (l *line) untilPlaced(ctx workflow.Context, req contract.LineRequest) error {
	c := l.st.Call
	if c == nil || !joinable(req) || c.Key == req.Key || c.Provider != "" {
		return nil
	}
	_, err := wait(ctx, waiting{
		summary: "wait until a call is placed",
		done:    func() bool { return l.st.Call != c || c.Provider != "" },
		until:   timeAt(c.At.Add(placingTime)),
	})
	return err
}

// share is the place of an attempt among those that a call is made for; -1 = it is not.
func share(c *contract.LineCall, key string) int {
	return slices.IndexFunc(c.For, func(s contract.LineShare) bool { return s.Key == key })
}

// joinable says whether an attempt can be told by a call that another one has begun.
func joinable(req contract.LineRequest) bool {
	return req.Via == "call" && !req.Alone && req.Callback.WorkflowID != ""
}

// joins lets a call that may be under way speak of another attempt too, and answers whether it does.
func (l *line) joins(req contract.LineRequest, at time.Time) bool {
	c := l.st.Call
	if c == nil || !joinable(req) || c.Key == req.Key || c.Provider == "" || c.Ending || at.Sub(c.At) >= longestCall {
		return false
	}
	if share(c, req.Key) < 0 {
		c.For = append(c.For, contract.LineShare{Key: req.Key, Callback: req.Callback})
	}
	return true
}

// begins notes that a call is about to be placed.
func (l *line) begins(req contract.LineRequest, at time.Time) {
	if req.Via != "call" || req.Callback.WorkflowID == "" {
		return
	}
	l.st.Call = &contract.LineCall{Key: req.Key, At: at, For: []contract.LineShare{{Key: req.Key, Callback: req.Callback}}}
}

// placed notes the id of a call. One that nothing can be asked of is forgotten.
func (l *line) placed(in contract.LinePlaced) {
	switch c := l.st.Call; {
	case c == nil || c.Key != in.Key:
	case in.Provider == "":
		l.st.Call = nil
	default:
		c.Provider = in.Provider
	}
}

// leave takes an attempt off the call. It stays listed, so that asking again gives the same answer.
func (l *line) leave(in contract.LineLeave) contract.LineLeft {
	c := l.st.Call
	if c == nil || share(c, in.Key) < 0 {
		return contract.LineLeft{}
	}
	c.For[share(c, in.Key)].Left = true
	return contract.LineLeft{Others: slices.ContainsFunc(c.For, func(s contract.LineShare) bool { return !s.Left })}
}

// ending lets nobody join a call any more, and lists those that have.
func (l *line) ending(in contract.LineEnding) contract.LineEnded {
	c := l.st.Call
	if !c.Is(in.Provider) {
		return contract.LineEnded{}
	}
	c.Ending = true
	return contract.LineEnded{For: c.Standing()}
}
