package gateway

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/oncall"
)

// lookTime bounds one look at all open incidents. What has not answered by then is counted.
const lookTime = 8 * time.Second

// look is what stood at an instant: shared by all who ask for it, and not changed.
type look struct {
	began     time.Time
	seen      []sighted // worst first
	silent    int
	overrides []oncall.Override
	stale     bool
	err       error // nothing is known of the incidents
}

// looks keeps the latest look, and lets one be made at a time. However many people ask, Temporal is asked for each
// incident once.
type looks struct {
	seat   chan struct{} // taken by whoever looks
	latest look          // of whoever has the seat
}

func newLooks() *looks { return &looks{seat: make(chan struct{}, 1)} }

// since is a look that began at an instant or later. Whoever waits for the seat finds what the one before has brought; a
// look that failed counts, too, so that a crowd does not wait for as many failures. A look outlasts whoever asked for it.
func (l *looks) since(ctx context.Context, d *Incidents, at time.Time) (look, error) {
	select {
	case l.seat <- struct{}{}:
		defer func() { <-l.seat }()
	case <-ctx.Done():
		return look{began: d.now()}, &Away{What: "look at the open incidents", Err: context.Cause(ctx)}
	}
	if l.latest.began.IsZero() || l.latest.began.Before(at) {
		l.latest = d.look(ctx)
	}
	return l.latest, l.latest.err
}

// look asks for all open incidents and for the overrides, once.
func (d *Incidents) look(ctx context.Context) look {
	out := look{began: d.now()}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() {
		known, err := d.Overrides(ctx)
		if out.overrides, out.stale = known, err != nil; err != nil {
			d.log.Warn("people are told who is on call by the overrides that were read last", "error", err)
		}
	})
	both.Go(func() { out.seen, out.silent, out.err = d.sight(ctx) })
	both.Wait()
	return out
}

// sight asks every open incident how it stands.
func (d *Incidents) sight(ctx context.Context) (seen []sighted, silent int, err error) {
	numbers, err := d.numbers(ctx, 0)
	if err != nil {
		return nil, 0, err
	}
	open := slices.DeleteFunc(numbers.Entries, func(e contract.NumberEntry) bool { return e.Ending != "" })
	answers, faults := make([]sighted, len(open)), make([]error, len(open))
	err = eachOf(open, func(n int, e contract.NumberEntry) error {
		shown, err := d.Show(ctx, e.Key)
		answers[n], faults[n] = sighted{workflowID: e.WorkflowID, inc: &shown.Incident}, err
		return nil
	})
	for n, s := range answers {
		switch {
		case faults[n] != nil:
			if silent++; silent == 1 { // one stands for all: in an outage they are many, and alike
				d.log.Warn("an open incident does not answer; it is counted and not shown", "incident", open[n].Key, "error", faults[n])
			}
		case s.inc.Open():
			seen = append(seen, s)
		}
	}
	slices.SortStableFunc(seen, worstFirst)
	return seen, silent, err
}
