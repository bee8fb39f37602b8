package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/musterbook/musterbook/contract"
	"github.com/musterbook/musterbook/incident"
	"github.com/musterbook/musterbook/runbooks"
)

// goAttempt makes one attempt in the background.
func (r *run) goAttempt(ctx workflow.Context, p *incident.Page, number int, again bool) {
	workflow.Go(ctx, func(ctx workflow.Context) {
		if p.State != incident.PageOpen {
			return
		}
		r.effects++
		r.attempt(ctx, p, number, again)
		r.effects--
	})
}

// attempt calls or writes to one person and records what became of it. What is refused is told at once and the page goes
// on; what was placed although the page has ended meanwhile is hung up by callPeople.
func (r *run) attempt(ctx workflow.Context, p *incident.Page, number int, again bool) {
	a := *p.Attempt(number)
	out, err := r.place(ctx, p, a, again)
	defer func() { r.retimes++ }()
	switch {
	case err == nil:
		if out.note != "" {
			r.problem(ctx, p.Step, out.note)
		}
		r.inc.Progress(now(ctx), incident.CallProgress{Page: p.Key, Attempt: number, Provider: out.provider, Status: firstStatus(a), Follow: out.follow})
		r.tellJoined(ctx, p, a, out)
		if out.silent && !out.follow && a.Level == p.Level && a.Round == p.Round && p.ClockAt.IsZero() {
			p.ClockAt = now(ctx)
		}
	case temporal.IsCanceledError(err):
		r.inc.Progress(now(ctx), incident.CallProgress{
			Page: p.Key, Attempt: number, Status: incident.CallCanceled, Detail: "the page had ended",
		})
	case !isType(err, contract.RefusedType) && !isType(err, contract.InstallationType):
		// It may have been placed all the same: the level's clock goes on, and the provider's word still counts.
		r.problem(ctx, p.Step, fmt.Sprintf("it is not known whether %s was reached (%s): %s", a.Name, a.Via, plain(err)))
	default:
		r.inc.Progress(now(ctx), incident.CallProgress{Page: p.Key, Attempt: number, Status: incident.CallRefused, Detail: plain(err)})
		p.Hasten(now(ctx), a.Person)
		if p.State == incident.PageOpen {
			r.post(ctx, posting{message: contract.Message{
				Text: fmt.Sprintf("%s cannot be reached (%s): %s", a.Name, a.Via, plain(err)), Tone: contract.ToneRed,
			}})
		}
	}
}

// tellJoined writes down that somebody is told by a call that was under way already, and how far that had got.
func (r *run) tellJoined(ctx workflow.Context, p *incident.Page, a incident.Attempt, out placed) {
	if !out.joined {
		return
	}
	r.log(ctx, incident.Entry{
		Kind: incident.EntryCall, Step: p.Step, Text: a.Name + " is being called for another incident; that call tells of this one too",
	})
	r.inc.Progress(now(ctx), incident.CallProgress{Page: p.Key, Attempt: a.Number, Status: out.status})
}

// placed is an attempt that was made.
type placed struct {
	provider string
	silent   bool   // no word about it will come by itself
	follow   bool   // it can be asked for
	note     string // what failed before
	joined   bool   // a call that was under way speaks of it too
	status   incident.CallStatus
}

// place asks the provider of the telephone, of the chat or of mail for one attempt.
func (r *run) place(ctx workflow.Context, p *incident.Page, a incident.Attempt, again bool) (placed, error) {
	if r.callsNobody() { // whatever has led here
		return placed{}, temporal.NewNonRetryableApplicationError("this drill calls nobody", contract.RefusedType, nil)
	}
	effect := contract.Effect{Key: effectKey(p, a.Number), Intended: a.At, Again: again}
	back := contract.Callback{
		WorkflowID: workflow.GetInfo(ctx).WorkflowExecution.ID, Key: string(r.inc.Key), Page: p.Key, Attempt: a.Number,
	}
	if written(a) {
		return r.placeWritten(ctx, p, a, wanted{effect: effect, back: back})
	}
	if a.Via == string(runbooks.ViaSMS) {
		text, reference := r.shortMessage(p, a.Number)
		out, err := call(phoneOptions(ctx, p, "text "+a.Name), contract.SendText, contract.TextRequest{
			Effect: effect, Callback: back, Person: a.Person, Text: text, Reference: reference, Say: r.words(p),
			First: r.inc.FirstFor(p, a), Validity: max(p.Patience(), leastValidity),
		})
		return placed{provider: out.Provider, follow: out.Follow, note: out.Note}, err
	}
	out, err := call(phoneOptions(ctx, p, "page "+a.Name+" by telephone"), contract.PlaceCall, contract.CallRequest{
		Effect: effect, Callback: back, Person: a.Person, Say: r.words(p), First: r.inc.FirstFor(p, a), Ring: ringTime(p.Patience()),
	})
	return placed{
		provider: out.Provider, silent: out.Silent, follow: out.Follow, note: out.Note, joined: out.Joined, status: out.Status,
	}, err
}

// effectKey is the idempotency key of an attempt.
func effectKey(p *incident.Page, number int) string { return fmt.Sprintf("%s/%d", p.Key, number) }

// Bounds of a call. A telephone rings shorter than it takes for voicemail to answer.
const (
	shortestRing  = 5 * time.Second
	longestRing   = 25 * time.Second
	leastValidity = time.Minute
	leastAck      = time.Second // of a level, whatever the runbook computes
)

// ringTime is how long a telephone rings: below the time until the next level is called, where that is possible.
func ringTime(ack time.Duration) time.Duration {
	return min(max(ack-5*time.Second, shortestRing), longestRing)
}

// phoneOptions gives an attempt about as long as its level has: after that the page has gone on. A page that ends
// takes back what has not been placed yet, and waits for what has, so that it can be hung up.
func phoneOptions(ctx workflow.Context, p *incident.Page, summary string) workflow.Context {
	return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue: contract.QueuePhone, StartToCloseTimeout: 15 * time.Second,
		ScheduleToCloseTimeout: max(p.Patience(), time.Minute), WaitForCancellation: true, Summary: summary,
		Priority: temporal.Priority{PriorityKey: 1},
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 1.5, MaximumInterval: 10 * time.Second,
		},
	})
}
