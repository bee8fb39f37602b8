package workflows

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
)

// Where no callback reaches us, the way of a call and of a message is asked for. Each attempt is followed by a coroutine
// of its own, from the state alone, so that the next run goes on with it. Nothing waits for it: neither a cut nor the end
// of the incident, because a look has no effect, and whoever looks again sees the same.

// How often an attempt is looked at. Whoever waits for the next level waits for calls.
const (
	followCallEvery = 2 * time.Second
	followTextEvery = 5 * time.Second
)

// followBeat is how long nothing may be heard from whoever looks: longer than a look that fails and its pause.
const followBeat = 30 * time.Second

// leastFollow is the shortest time for which it is worth looking.
const leastFollow = time.Second

// followAttempts follows every attempt of which no word comes by itself.
func (r *run) followAttempts(ctx workflow.Context) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		for {
			err := workflow.Await(ctx, func() bool { p, _ := r.unfollowed(ctx); return p != nil })
			if err != nil {
				return
			}
			p, a := r.unfollowed(ctx)
			number, provider := a.Number, a.Provider
			r.following[provider] = true
			workflow.Go(ctx, func(ctx workflow.Context) {
				r.followAttempt(ctx, p, number)
				delete(r.following, provider)
			})
		}
	})
}

// unfollowed is an attempt that is to be followed and is not; nil = there is none.
func (r *run) unfollowed(ctx workflow.Context) (*incident.Page, *incident.Attempt) {
	at := now(ctx).Add(leastFollow)
	for _, p := range r.inc.Pages {
		for n := range p.Attempts {
			if a := &p.Attempts[n]; p.Followed(at, a) && !r.following[a.Provider] {
				return p, a
			}
		}
	}
	return nil, nil
}

// follows says whether an attempt is still of interest. A page forgets attempts when it has very many.
func (r *run) follows(ctx workflow.Context, p *incident.Page, number int) bool {
	a := p.Attempt(number)
	return a != nil && p.Followed(now(ctx).Add(leastFollow), a)
}

// followAttempt asks for one attempt until it is over or of no interest any more. When it cannot be asked for, the page goes on by
// its clock alone, as if nothing had been heard.
func (r *run) followAttempt(ctx workflow.Context, p *incident.Page, number int) {
	for r.follows(ctx, p, number) {
		out, err := r.lookAt(ctx, p, number)
		if err == nil && r.inc.Progress(now(ctx), incident.CallProgress{
			Page: p.Key, Attempt: number, Status: out.Status, Detail: out.Detail,
		}) {
			r.retimes++
			continue
		}
		if a := p.Attempt(number); a != nil {
			a.Follow = false
		}
		if err != nil && !temporal.IsCanceledError(err) {
			workflow.GetLogger(ctx).Warn("it is not known how far an attempt got; the page goes on by its clock", "page", p.Key, "attempt", number, "error", err)
		}
	}
}

// lookAt waits until something has happened to an attempt. It is given up when the attempt is of no interest any more, and
// the activity ends at its next beat.
func (r *run) lookAt(ctx workflow.Context, p *incident.Page, number int) (out contract.FollowResult, err error) {
	a := *p.Attempt(number)
	req := contract.FollowRequest{
		Provider: a.Provider, Known: a.Status, Every: followTextEvery, For: a.At.Add(incident.FollowTime).Sub(now(ctx)),
	}
	summary := "how far the message to " + a.Name + " gets"
	if a.Via == "call" {
		req.Every, summary = followCallEvery, "how far the call to "+a.Name+" gets"
	}
	lane, stop := workflow.WithCancel(followOptions(ctx, req.For, summary))
	defer stop()
	asked := workflow.ExecuteActivity(lane, string(contract.FollowAttempt), req)
	err = workflow.Await(ctx, func() bool { return asked.IsReady() || !r.follows(ctx, p, number) })
	if err == nil && !asked.IsReady() {
		err = temporal.NewCanceledError()
	}
	if err != nil {
		return out, err
	}
	err = asked.Get(ctx, &out)
	return out, err
}

// followOptions are those of a look that lasts. Whoever looks beats at each try; when nothing is heard from it, another
// worker looks on. It is not waited for when it is taken back.
func followOptions(ctx workflow.Context, limit time.Duration, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueueFollow, StartToCloseTimeout: limit + time.Minute, ScheduleToCloseTimeout: limit + time.Minute,
		HeartbeatTimeout: followBeat, Summary: summary,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 10 * time.Second,
		},
	})
}
