package gateway

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
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
	away := func() (look, error) {
		return look{began: d.now()}, &Away{What: "look at the open incidents", Err: context.Cause(ctx)}
	}
	select {
	case l.seat <- struct{}{}:
	case <-ctx.Done():
		return away()
	}
	if known := l.latest; !known.began.IsZero() && !known.began.Before(at) {
		<-l.seat
		return known, known.err
	}
	made := make(chan look, 1)
	go func() { // ends with the look, which is bounded
		found := d.look(ctx)
		l.latest = found
		<-l.seat
		made <- found
	}()
	select {
	case found := <-made:
		return found, found.err
	case <-ctx.Done():
		return away()
	}
}

// roomShared is how old a look may be that knows whose a room is. One that does not know it is made anew.
const roomShared = 2 * time.Second

// InRoom is the open incident of a chat room; of several drills in one room the newest. Empty = every open incident has
// said that it is not its room. It has no effect, and answers when ctx ends. Errors: *Away, when it is not known.
func (d *Incidents) InRoom(ctx context.Context, room string) (incident.Key, error) {
	var silent int
	for _, since := range []time.Time{d.now().Add(-roomShared), d.now()} {
		l, err := d.looks.since(ctx, d, since)
		if err != nil {
			return "", err
		}
		if key := l.in(room); key != "" {
			return key, nil
		}
		silent = l.silent
	}
	if silent > 0 {
		return "", &Away{What: "find out whose room it is", Err: fmt.Errorf("%d open incidents do not answer", silent)}
	}
	return "", nil
}

// in is the newest open incident of a room.
func (l look) in(room string) (key incident.Key) {
	var newest time.Time
	for _, s := range l.seen {
		if room != "" && s.inc.Room.ID == room && !s.inc.DeclaredAt.Before(newest) {
			key, newest = s.inc.Key, s.inc.DeclaredAt
		}
	}
	return key
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
